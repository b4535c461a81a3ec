"""Standard claims as an operator writes them, `name=value`, read into what is kept (OpenID Connect Core 5.1)."""

from collections.abc import Iterable

from msgspec import DecodeError
from msgspec.json import decode

from gatelodge.ops.refusals import OperationRefused, meant
from gatelodge.protocol.claims import CLAIMS_OF_SCOPE

ADDRESS_MEMBERS = ("formatted", "street_address", "locality", "region", "postal_code", "country")
_OWN_OPTIONS = {
    "name": "--name",
    "email": "--email",
    "email_verified": "--email-verified",
    "preferred_username": "--username",
    "updated_at": "nothing: it is kept for you",
}
_TRUTHS = ("phone_number_verified",)

KNOWN = tuple(name for names in CLAIMS_OF_SCOPE.values() for name in names if name not in _OWN_OPTIONS)


def read(pairs: Iterable[str]) -> dict[str, object]:
    """Return the claims that `name=value` pairs say.

    `address.locality=Paris` sets a member of the address, `address={...}` all of them at once.
    Raises `OperationRefused`.
    """
    claims: dict[str, object] = {}
    address: dict[str, object] = {}
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not found:
            raise OperationRefused("a claim is written name=value")
        if name.startswith("address."):
            address[_member(name.removeprefix("address."))] = value
        elif name == "address":
            address |= _address(value)
        else:
            claims[_known(name)] = _truth(name, value) if name in _TRUTHS else value
    return claims | {"address": address} if address else claims


def _known(name: str) -> str:
    if name in _OWN_OPTIONS:
        raise OperationRefused(f"the claim {name} is set by {_OWN_OPTIONS[name]}")
    if name not in KNOWN:
        raise OperationRefused(f"there is no standard claim {name!r}{meant(name, list(KNOWN))}")
    return name


def _member(name: str) -> str:
    if name not in ADDRESS_MEMBERS:
        raise OperationRefused(f"an address has no {name!r}{meant(name, list(ADDRESS_MEMBERS))}")
    return name


def _truth(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise OperationRefused(f"the claim {name} is true or false")
    return text == "true"


def _address(text: str) -> dict[str, str]:
    try:
        members = decode(text, type=dict[str, str])
    except DecodeError:
        raise OperationRefused(
            "the claim address is a JSON object of texts, or use address.locality=... and so on"
        ) from None
    return {_member(name): value for name, value in members.items()}
