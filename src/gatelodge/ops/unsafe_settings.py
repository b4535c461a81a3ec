"""Settings that work and are not safe, or not yet: pure questions to a configuration."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from gatelodge.config.policies import Config
from gatelodge.config.rules import is_loopback
from gatelodge.config.values import SQLITE
from gatelodge.ops.findings import Finding, note, warning

OWASP_MEMORY_KIB, OWASP_PASSES = 19_456, 2
_OTHERS = stat.S_IRWXO | stat.S_IWGRP
_LEGACY = {
    "password": "applications collect passwords: move them to the authorization code grant with PKCE",
    "implicit": "tokens travel in URLs: move clients to response type code with PKCE",
    "hybrid": "tokens travel in URLs: move clients to response type code with PKCE",
}


def unsafe_settings(config: Config) -> Iterator[Finding]:
    """Return what is unsafe in `config` and in the files it names."""
    yield from _legacy(config)
    yield from _transport(config)
    yield from _secrets(config)
    yield from _files(config)


def _legacy(config: Config) -> Iterator[Finding]:
    for key, advice in _LEGACY.items():
        if getattr(config.legacy, key):
            yield warning(f"legacy.{key}", f"legacy.{key} is on, which OAuth 2.1 removed", advice)


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
