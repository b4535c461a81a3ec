"""Claims of a person as an operator writes them: standard ones, and custom ones that a scope releases.

`name=value` says a text, `name:=value` says any JSON, and `name=` takes a claim away (OpenID Connect Core 5.1).
"""

from collections.abc import Iterable, Mapping
from typing import cast
from zoneinfo import available_timezones

from msgspec import DecodeError
from msgspec.json import decode

from gatelodge.database.tx import Tx
from gatelodge.ops.refusals import OperationRefused, meant
from gatelodge.protocol import profile
from gatelodge.protocol.claim_scopes import CLAIMS_OF_SCOPE
from gatelodge.protocol.person_claims import ADDRESS_MEMBERS, COLUMNS, MAX_VALUE, NotThatClaim, check
from gatelodge.protocol.profile import NotThatValue
from gatelodge.protocol.strict_json import BadJson, read_object
from gatelodge.stores import claim_scopes

_OWN_OPTIONS = {
    "name": "--name",
    "email": "--email",
    "email_verified": "--email-verified",
    "preferred_username": "--username",
    "updated_at": "nothing: it is kept for you",
}
HELP = "locale=fr, address.locality=Paris, or a claim that a scope of yours releases; JSON is level:=3."
_TRUTHS = ("phone_number_verified",)
_MEMBER = "address."

STANDARD = tuple(name for names in CLAIMS_OF_SCOPE.values() for name in names if name not in COLUMNS)

Said = Mapping[str, object]
"""Claims that are said, `None` for those to be taken away; a member of the address is `address.` and its name."""


def read(pairs: Iterable[str]) -> dict[str, object]:
    """Return the claims that `name=value` and `name:=value` pairs say.

    `address.locality=Paris` sets a member of the address, `address={...}` all of them at once.
    Raises `OperationRefused`.
    """
    said: dict[str, object] = {}
    for pair in sorted(pairs, key=lambda pair: not pair.startswith("address=")):  # the whole, then its members
        name, found, value = pair.partition("=")
        if not found:
            raise OperationRefused("a claim is written name=value, or name:=value for JSON")
        bare = name.removesuffix(":")
        said |= _one(bare, value, as_json=bare != name)
    return said


def _one(name: str, value: str, *, as_json: bool) -> dict[str, object]:
    if name in _OWN_OPTIONS:
        raise OperationRefused(f"the claim {name} is set by {_OWN_OPTIONS[name]}")
    if name.startswith(_MEMBER):
        return {_MEMBER + _member(name.removeprefix(_MEMBER)): value or None}
    if name == "address" and value:
        return {**dict.fromkeys(_MEMBER + member for member in ADDRESS_MEMBERS), **_address(value)}
    if as_json:
        return {name: _json(name, value)}
    return {name: _truth(name, value) if name in _TRUTHS and value else value or None}


def applied(before: Mapping[str, object], said: Said) -> dict[str, object]:
    """Return the claims of a person after a change. Raises `OperationRefused` if one of them cannot be.

    A new phone number is not verified unless that is said, too; the lines of an address are written anew unless they
    are said.
    """
    _check_values(said)
    after = {name: value for name, value in before.items() if name not in said}
    after |= {name: value for name, value in said.items() if value is not None and not name.startswith(_MEMBER)}
    if "phone_number" in said and "phone_number_verified" not in said:
        after.pop("phone_number_verified", None)
    members = {name.removeprefix(_MEMBER): value for name, value in said.items() if name.startswith(_MEMBER)}
    if members and (address := _settled(after.pop("address", None), members)):
        after["address"] = address
    try:
        check(after)
    except NotThatClaim as error:
        raise OperationRefused(str(error)) from None
    return after


async def check_released(tx: Tx, said: Said) -> None:
    """Check that some scope releases each custom claim: one that is misspelt would be told to nobody.

    Raises `OperationRefused`. Reads nothing where only standard claims are said.
    """
    custom = [name for name, value in said.items() if value is not None and not _is_standard(name)]
    if not custom:
        return
    known = {name for scope in await claim_scopes.list_all(tx) for name in scope.claims}
    for name in custom:
        if name not in known:
            near = meant(name, [*STANDARD, *sorted(known)])
            raise OperationRefused(f"there is no standard claim {name!r} and no scope releases it{near}")


def _is_standard(name: str) -> bool:
    return name in STANDARD or name.startswith(_MEMBER)


def _check_values(said: Said) -> None:
    """Hold standard claims to the form that people are held to who write down their own."""
    told = {name: value for name, value in said.items() if name in profile.FIELDS and isinstance(value, str)}
    try:
        profile.check(told)
        if told.get("zoneinfo", "UTC") not in available_timezones():
            raise NotThatValue("zoneinfo")
    except NotThatValue as wrong:
        raise OperationRefused(f"the claim {wrong.field} cannot have that value{_FORMS.get(wrong.field, '')}") from None


_FORMS = {
    "locale": ": it is a language tag, such as fr or en-GB",
    "zoneinfo": ": it is a time zone, such as Europe/Paris",
    "birthdate": ": it is written 1999-12-31, or 1999",
    "website": ": it is an http or https URL",
    "phone_number": ": it is written +44 20 7946 0000",
}


def _settled(before: object, members: Mapping[str, object]) -> dict[str, object]:
    """Return an address after a change of some of its members."""
    kept = cast("dict[str, object]", before) if isinstance(before, dict) else {}
    whole = {name: value for name, value in (kept | dict(members)).items() if value is not None}
    return whole if members.get("formatted") else profile.address_of(whole)


def _member(name: str) -> str:
    if name not in ADDRESS_MEMBERS:
        raise OperationRefused(f"an address has no {name!r}{meant(name, list(ADDRESS_MEMBERS))}")
    return name


def _truth(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise OperationRefused(f"the claim {name} is true or false")
    return text == "true"


def _address(text: str) -> dict[str, object]:
    try:
        members = decode(text, type=dict[str, str])
    except DecodeError:
        raise OperationRefused(
            "the claim address is a JSON object of texts, or use address.locality=... and so on"
        ) from None
    return {_MEMBER + _member(name): value for name, value in members.items()}


def _json(name: str, text: str) -> object:
    try:
        read_ = read_object(f'{{"value":{text}}}'.encode(errors="replace"), MAX_VALUE + 10)
    except BadJson:
        raise OperationRefused(f"the claim {name} is not JSON of at most {MAX_VALUE} bytes") from None
    if read_.keys() != {"value"}:
        raise OperationRefused(f"the claim {name} is not one JSON value")
    return read_["value"]
