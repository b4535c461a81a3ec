"""Settings that work and are not safe, or not yet: pure questions to a configuration."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from importlib.metadata import version as installed
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from gatelodge.config.colours import READABLE, contrast
from gatelodge.config.policies import Config, LooksPolicy
from gatelodge.config.rules import is_loopback
from gatelodge.config.values import SQLITE
from gatelodge.ops.findings import Finding, note, warning

OWASP_MEMORY_KIB, OWASP_PASSES = 19_456, 2
_OTHERS = stat.S_IRWXO | stat.S_IWGRP
_MADE_FOR = re.compile(r"\{#-?\s*gatelodge (\S+)\s*-?#\}")
_PORT = re.compile(r":\d*$")
_LACKS = {
    "require": "is encrypted, but with anybody: sslmode=require does not look at the certificate",
    "verify-ca": "is with a server of the right authority, but perhaps another one: sslmode=verify-ca checks no name",
}
_LEGACY = {
    "password": "applications collect passwords: move them to the authorization code grant with PKCE",
    "implicit": "tokens travel in URLs: move clients to response type code with PKCE",
    "hybrid": "tokens travel in URLs: move clients to response type code with PKCE",
    "session_management": "browsers keep cookies from it: tell clients by back-channel logout",
}


def unsafe_settings(config: Config) -> Iterator[Finding]:
    """Return what is unsafe in `config` and in the files it names."""
    yield from _legacy(config)
    yield from _transport(config)
    yield from _database(config.database.url, os.environ)
    yield from _secrets(config)
    yield from _files(config)
    yield from _looks(config.looks)
    yield from _mail(config)


def _looks(looks: LooksPolicy) -> Iterator[Finding]:
    """Say which colour cannot be read, and which of the operator's templates were made from older ones of ours."""
    for key, colour, page in (("brand", looks.brand, "#ffffff"), ("brand_dark", looks.brand_dark, "#161e1a")):
        if colour and contrast(colour, page) < READABLE:
            yield warning(
                f"looks.{key}",
                f"links in {colour} are hard to read on a page in {page}",
                "take a colour of more contrast: 4.5 to 1 at least (WCAG 2.2, 1.4.3)",
            )
    release = installed("gatelodge")
    for file in sorted(Path(looks.templates).rglob("*.html")) if looks.templates else ():
        made_for = _MADE_FOR.match(file.read_text("utf-8", errors="replace"))
        if made_for is None or made_for[1] != release:
            yield warning(
                "looks.templates",
                f"{file.name} was made for {f'version {made_for[1]}' if made_for else 'a version it does not name'}",
                f"compare it with ours, then let it begin with {{# gatelodge {release} #}}",
            )


def _legacy(config: Config) -> Iterator[Finding]:
    for key, advice in _LEGACY.items():
        if getattr(config.legacy, key):
            removed = "browsers take away" if key == "session_management" else "OAuth 2.1 removed"
            yield warning(f"legacy.{key}", f"legacy.{key} is on, which {removed}", advice)


def _transport(config: Config) -> Iterator[Finding]:
    server = config.server
    open_to_others = not is_loopback(server.host)
    if server.issuer.startswith("http:"):
        yield note("issuer", "the issuer is plain http", "fine on this machine; an https issuer is needed for others")
    if open_to_others and not server.tls_cert:
        yield warning(
            "tls",
            f"the server listens on {server.host} in plain http",
            "let it listen on a private address behind a reverse proxy, or set server.tls_cert and server.tls_key",
        )
    if server.issuer.startswith("https:") and not server.tls_cert and not server.proxies:
        yield note(
            "proxies",
            "something in front must end TLS, and no proxy is named",
            "name it in server.proxies, or throttling sees one address for everybody",
        )
    if server.management_port and not is_loopback(server.management_host):
        yield warning(
            "management",
            f"/metrics and /readyz listen on {server.management_host}",
            "set server.management_host to an address only your monitoring reaches",
        )


def _database(url: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Say what a connection to PostgreSQL over a network lacks; what the URL leaves open, libpq's variables say."""
    parts = urlsplit(url)
    if not parts.scheme.startswith("postgres"):
        return
    options = parse_qs(parts.query)
    named = _hosts(parts.netloc) or options.get("hostaddr") or options.get("host") or [environ.get("PGHOST", "")]
    far = [host for host in ",".join(named).split(",") if host and not host.startswith(("/", "@"))]
    far = [host for host in far if not is_loopback(host)]
    mode = (options.get("sslmode") or [environ.get("PGSSLMODE", "")])[-1]
    if far and mode != "verify-full":
        lacks = _LACKS.get(mode, f"may be in clear: sslmode is {mode or 'not set'}")
        advice = "add ?sslmode=verify-full&sslrootcert=FILE to database.url, with the authority of its certificate"
        yield warning("database_tls", f"the connection to PostgreSQL at {', '.join(far)} {lacks}", advice)


def _hosts(netloc: str) -> list[str]:
    """Return the hosts of a URL; there may be several, each with a port."""
    hosts = netloc.rpartition("@")[2].split(",")
    return [unquote(_PORT.sub("", host)) for host in hosts if host]


def _secrets(config: Config) -> Iterator[Finding]:
    if config.keys.secret_key:
        yield note(
            "secret_key",
            "the secret key is given as text",
            "a file with mode 0600 is harder to leak: set keys.secret_key_file instead",
        )
    weak = config.sign_in.argon2_memory_kib < OWASP_MEMORY_KIB or config.sign_in.argon2_passes < OWASP_PASSES
    if weak:
        yield warning(
            "argon2",
            "passwords are hashed with less than OWASP asks for",
            f"set sign_in.argon2_memory_kib to {OWASP_MEMORY_KIB} and sign_in.argon2_passes to {OWASP_PASSES} or more",
        )
    if config.log.level == "debug":
        yield note("log", "the log says everything", "set log.level to info unless you are looking for something")


def _files(config: Config) -> Iterator[Finding]:
    paths = [config.server.tls_key]
    if config.database.url.startswith(SQLITE):
        database = config.database.url.removeprefix(SQLITE)
        paths += [database, f"{database}-wal"]
    for path in filter(None, paths):
        if os.name == "posix" and Path(path).exists() and os.stat(path).st_mode & _OTHERS:
            yield warning("permissions", f"{path} is open to others on this machine", f"chmod 600 {path}")


def _mail(config: Config) -> Iterator[Finding]:
    if not config.mail.url and config.accounts.registration != "off":
        yield warning(
            "mail",
            f"accounts.registration is {config.accounts.registration}, and without mail nobody can register",
            "set mail.url and mail.sender",
        )
    parts = urlsplit(config.mail.url)
    if parts.scheme == "smtp" and config.mail.starttls != "required" and not is_loopback(parts.hostname or ""):
        yield note(
            "mail",
            f"mail to {parts.hostname} is encrypted only if nobody between says that it cannot be",
            "set mail.starttls to required, or use smtps",
        )
