"""What may be kept of a person beside their names: standard claims of their kinds, and custom ones, any small JSON."""

from collections.abc import Callable, Mapping
from typing import cast

from msgspec.json import encode

from gatelodge.protocol.claim_scopes import CLAIMS_OF_SCOPE, defect
from gatelodge.protocol.strict_json import BadJson, read_object

MAX_VALUE = 2_048  # bytes of one value as JSON
MAX_CLAIMS = 16_384  # bytes of all of them
ADDRESS_MEMBERS = ("formatted", "street_address", "locality", "region", "postal_code", "country")

# Kept beside the claims, in columns of their own.
COLUMNS = frozenset({"name", "email", "email_verified", "preferred_username", "updated_at"})


class NotThatClaim(ValueError):
    """A claim cannot be kept of a person; the message names it and says why."""


def check(claims: Mapping[str, object]) -> None:
    """Judge all that is to be kept of a person. Raises `NotThatClaim`."""
    for name, value in claims.items():
        if name in COLUMNS:
            raise NotThatClaim(f"the claim {name} is no claim among others: it is what an account is made of")
        fits = _KINDS.get(name)
        if fits is None and (why := defect(name)):
            raise NotThatClaim(why)
        if not _is_small_json(value) or (fits is not None and not fits(value)):
            raise NotThatClaim(f"the claim {name} {_SAID.get(name, _OF_TEXT) if fits else _OF_JSON}")
    if len(encode(claims)) > MAX_CLAIMS:
        raise NotThatClaim(f"the claims of a person have at most {MAX_CLAIMS} bytes as JSON")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


def _is_address(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    members = cast("dict[str, object]", value)
    return members.keys() <= set(ADDRESS_MEMBERS) and all(map(_is_text, members.values()))


def _is_small_json(value: object) -> bool:
    """Whether a value is written and read again as what it is: what parsers disagree on is none (`strict_json`)."""
    try:
        written = encode(value)
        return value is not None and read_object(b'{"value":%s}' % written, MAX_VALUE + 10) == {"value": value}
    except (BadJson, TypeError, ValueError, RecursionError):
        return False


_KINDS: Mapping[str, Callable[[object], bool]] = {
    **{name: _is_text for names in CLAIMS_OF_SCOPE.values() for name in names if name not in COLUMNS},
    "phone_number_verified": _is_truth,
    "address": _is_address,
}
_OF_TEXT = f"is a text of at most {MAX_VALUE} bytes"
_OF_JSON = f"is a JSON value of at most {MAX_VALUE} bytes, not null, and without numbers of more than 18 digits"
_SAID = {
    "phone_number_verified": "is true or false",
    "address": f"is an object of texts named {', '.join(ADDRESS_MEMBERS)}",
}
