"""What `[passkeys]` must hold: a domain that browsers take for this issuer, origins they may be used at, AAGUIDs."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from gatelodge.config.policies import Config, ConfigError
from gatelodge.config.values import SettingName

_AAGUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def check(config: Config, named: Mapping[SettingName, str]) -> None:
    """Check `[passkeys]` against the issuer (WebAuthn L3 5.1.2, 5.11), naming each key as the operator wrote it.

    Raises `ConfigError`.
    """

    def name(key: str) -> str:
        return named.get(("passkeys", key), f"passkeys.{key}")

    policy, host = config.passkeys, urlsplit(config.server.issuer).hostname or ""
    if policy.rp_id and not _is_suffix(policy.rp_id, host):
        advice = "must be the issuer's host or a parent domain of it, which browsers demand"
        raise ConfigError(name("rp_id"), advice)
    for origin in policy.origins:
        if not _ORIGIN.fullmatch(origin):
            raise ConfigError(name("origins"), "must list origins such as https://shop.example, no path")
    for key, aaguids in (("allow", policy.allow), ("deny", policy.deny)):
        if not all(_AAGUID.fullmatch(aaguid) for aaguid in aaguids):
            raise ConfigError(name(key), "must list AAGUIDs in lower case, such as 8 hex digits-4-4-4-12")


def rp_id_of(config: Config) -> str | None:
    """Return the domain passkeys are made for here, `None` if the issuer's host is an address, which has none."""
    if config.passkeys.rp_id:
        return config.passkeys.rp_id
    host = urlsplit(config.server.issuer).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host or None
    return None


def _is_suffix(rp_id: str, host: str) -> bool:
    if not host:  # no issuer yet: `complete` says so
        return bool(_DOMAIN.fullmatch(rp_id))
    if not _DOMAIN.fullmatch(rp_id) or ("." not in rp_id and rp_id != "localhost"):
        return False
    return host == rp_id or host.endswith(f".{rp_id}")
