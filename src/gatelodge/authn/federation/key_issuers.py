"""For whom the keys of a provider of many tenants sign: Entra ID writes it beside each."""

from collections.abc import Mapping
from typing import Any, cast

from gatelodge.protocol.strict_json import BadJson, read_object

_MAX_KEYS = 262_144  # bytes


def issuers_of_keys(raw: bytes) -> Mapping[str, str]:
    """Return the `issuer` of each key of a JWK set that has one, by `kid`; nothing of what is no JWK set."""
    try:
        listed: Any = read_object(raw, _MAX_KEYS, 1_000).get("keys")
    except BadJson:
        return {}
    entries = cast("list[object]", listed) if isinstance(listed, list) else []
    return dict(pair for entry in entries if (pair := _issuer_of(entry)) is not None)


def _issuer_of(entry: object) -> tuple[str, str] | None:
    if not isinstance(entry, dict):
        return None
    kid, issuer = (cast("dict[str, object]", entry).get(name) for name in ("kid", "issuer"))
    return (kid, issuer) if isinstance(kid, str) and isinstance(issuer, str) else None
