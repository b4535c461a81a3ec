"""Which client a program is, found where such things are kept: arguments, the environment, the profile file.

The first place that names a client is taken whole: a secret from one place never goes with an issuer from another.
"""

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from gatelodge.client.errors import CredentialsMissing, ProfileRefused, shown
from gatelodge.client.machine.httpx2_auth import ClientCredentials
from gatelodge.client.machine.tokens import MachineTokens
from gatelodge.client.messages.registration import ClientConfig, secret_auth
from gatelodge.client.sending.bearer import narrowed_to
from gatelodge.client.sending.route import NetworkRoute

PREFIX = "GATELODGE_"
MAX_FILE = 65_536  # bytes
_MEMBERS = frozenset({"issuer", "client_id", "client_secret", "client_secret_file", "ca_file", "proxy"})
_ALLOW = "allow_private"
_VARIABLE = PREFIX + _ALLOW.upper()
_TRUTH = {"true": True, "1": True, "false": False, "0": False, "": False}


@dataclass(frozen=True, slots=True)
class Credentials:
    """One client at one server. Without a secret it is a public one.

    `allow_private` lets the server be inside your own network; `remedy` is what to set for that, where it was found.
    `ca_file` and `proxy` are as in `NetworkRoute`.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    allow_private: bool = False
    remedy: str = field(default="credentials.default(..., allow_private=True)", compare=False, repr=False)
    ca_file: str | None = None
    proxy: str | None = field(default=None, repr=False)

    @property
    def route(self) -> NetworkRoute:
        """Which way to the server. Raises `ProfileRefused` for certificates or a proxy that cannot be used."""
        try:
            return NetworkRoute(
                allow_private=self.allow_private, remedy=self.remedy, ca_file=self.ca_file, proxy=self.proxy
            )
        except ValueError as error:
            raise ProfileRefused(str(error)) from None


def default(
    *,
    resource: str | tuple[str, ...] = (),
    scope: str = "",
    issuer: str | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    profile: str | None = None,
    allow_private: bool = False,
) -> ClientCredentials:
    """Return authentication for httpx2 clients, as the client this program is. Raises as `find` does.

    For httpx, give what `find` returns to `gatelodge.client.httpx_auth.ClientCredentials`.
    """
    found = find(
        issuer=issuer,
        client_id=client_id,
        client_secret=client_secret,
        profile=profile,
        allow_private=allow_private,
    )
    config = ClientConfig(issuer=found.issuer, client_id=found.client_id, auth=secret_auth(found.client_secret))
    wanted = narrowed_to(scope, resource)
    tokens = MachineTokens(config, wanted, route=found.route)
    return ClientCredentials(found.issuer, found.client_id, tokens=tokens)


def find(
    *,
    issuer: str | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    profile: str | None = None,
    allow_private: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Credentials:
    """Return who this program is.

    Looks at the arguments, then at `GATELODGE_ISSUER`, `GATELODGE_CLIENT_ID` and `GATELODGE_CLIENT_SECRET` (or
    `GATELODGE_CLIENT_SECRET_FILE`), then at the profile named `profile`, `GATELODGE_PROFILE` or `default` in
    `~/.config/gatelodge/profiles.toml`. Given alone, `issuer` is whose client is looked for, and `profile` skips the
    environment. That the server may be inside your own network is said by `allow_private`, or beside the issuer: by
    `GATELODGE_ALLOW_PRIVATE=true`, or `allow_private = true` in the profile. In the same places are a file of
    certificates and a proxy: `GATELODGE_CA_FILE` and `GATELODGE_PROXY`, `ca_file` and `proxy`.

    Raises `CredentialsMissing`, and `ProfileRefused` for a file that others can read.
    """
    found = _found(issuer, client_id, client_secret, profile, environ)
    return replace(found, allow_private=True) if allow_private else found


def _found(
    issuer: str | None,
    client_id: str | None,
    client_secret: str | None,
    profile: str | None,
    environ: Mapping[str, str],
) -> Credentials:
    if client_id is not None:
        return _whole("who calls", issuer, client_id, client_secret)
    if profile is None and (named := environ.get(PREFIX + "CLIENT_ID")):
        found = _whole("the environment", environ.get(PREFIX + "ISSUER"), named, _secret_of(environ))
        if issuer in (None, found.issuer):
            way = _way(environ.get(PREFIX + "CA_FILE"), environ.get(PREFIX + "PROXY"))
            return replace(found, allow_private=_truth(environ), remedy=f"{_VARIABLE}=true", **way)
    wanted = profile or environ.get(PREFIX + "PROFILE") or "default"
    return _from_profile(profiles_file(environ), wanted, issuer)


def profiles_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where profiles are kept."""
    home = environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "gatelodge" / "profiles.toml"


def _whole(where: str, issuer: str | None, client_id: str, secret: str | None) -> Credentials:
    if not issuer:
        raise CredentialsMissing(f"{where} names a client and no issuer")
    return Credentials(issuer, client_id, secret or None)


def _truth(environ: Mapping[str, str]) -> bool:
    value = _TRUTH.get(environ.get(_VARIABLE, "").lower())
    if value is None:
        raise ProfileRefused(f"{_VARIABLE} must be true or false")
    return value


def _way(ca_file: str | None, proxy: str | None) -> dict[str, Any]:
    return {"ca_file": str(Path(ca_file).expanduser()) if ca_file else None, "proxy": proxy or None}


def _secret_of(environ: Mapping[str, str]) -> str | None:
    file = environ.get(PREFIX + "CLIENT_SECRET_FILE")
    return _read_secret(Path(file)) if file else environ.get(PREFIX + "CLIENT_SECRET")


def _read_secret(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsMissing(f"the file of the client secret cannot be read: {type(error).__name__}") from None


def _from_profile(file: Path, name: str, issuer: str | None) -> Credentials:
    try:
        raw = read_private(file)
    except FileNotFoundError:
        raise CredentialsMissing(
            f"no client is named: give client_id, set {PREFIX}CLIENT_ID, or write {file}"
        ) from None
    profile = _profile(raw, name, file)
    found = _whole(
        f"the profile {shown(name)}", profile.get("issuer"), profile.get("client_id", ""), _secret_in(profile)
    )
    if not found.client_id or issuer not in (None, found.issuer):
        raise CredentialsMissing(f"the profile {shown(name)} in {file} names no client of this issuer")
    allowed = bool(profile.get(_ALLOW))
    way = _way(profile.get("ca_file"), profile.get("proxy"))
    return replace(found, allow_private=allowed, remedy=f"{_ALLOW} = true for {shown(name)} in {file}", **way)


def read_private(file: Path) -> bytes:
    """Return the content of a file that only we can read. Raises `ProfileRefused`, `FileNotFoundError`."""
    try:
        with file.open("rb") as opened:
            _refuse_public(os.fstat(opened.fileno()), file)
            raw = opened.read(MAX_FILE + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ProfileRefused(f"{file} cannot be read: {type(error).__name__}") from None
    if len(raw) > MAX_FILE:
        raise ProfileRefused(f"{file} is too large")
    return raw


def _refuse_public(status: os.stat_result, file: Path) -> None:
    """The open file itself is looked at, so that nobody can put another in its place meanwhile."""
    if os.name != "posix":
        return
    if status.st_uid not in (os.geteuid(), 0) or stat.S_IMODE(status.st_mode) & 0o077:
        raise ProfileRefused(f"{file} may be read or written by others: chmod 600 it")


def _profile(raw: bytes, name: str, file: Path) -> Mapping[str, Any]:
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise ProfileRefused(f"{file} is not TOML") from None
    profile: Any = document.get(name)
    if profile is None:
        raise CredentialsMissing(f"{file} has no profile {shown(name)}")
    if not isinstance(profile, dict):
        raise ProfileRefused(f"{file}: {shown(name)} is not a table")
    members = cast("dict[str, Any]", profile)
    if odd := members.keys() - _MEMBERS - {_ALLOW}:
        raise ProfileRefused(f"{file}: {shown(name)} has members nobody knows: {shown(', '.join(sorted(odd)))}")
    if not all(isinstance(value, bool if member == _ALLOW else str) for member, value in members.items()):
        raise ProfileRefused(f"{file}: {_ALLOW} of {shown(name)} is true or false, every other member is a text")
    return members


def _secret_in(profile: Mapping[str, Any]) -> str | None:
    secret_file = profile.get("client_secret_file")
    return _read_secret(Path(secret_file).expanduser()) if secret_file else profile.get("client_secret")
