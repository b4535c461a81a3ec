"""What a configuration must hold beyond the type of each value: the issuer, secrets, TLS, proxies.

Each rule raises `ConfigError` with the key as the operator named it, so the first line they read is what to change.
"""

import os
import re
import ssl
import stat
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from gatelodge.config.mail_rules import check_mail
from gatelodge.config.policies import Config, ConfigError, KeyPolicy, LooksPolicy
from gatelodge.config.values import SQLITE, SettingName

MAX_LOOKS_FILE = 1_048_576  # bytes
MIN_SECRET_KEY = 32  # characters; the vault asks for the same
_PATH_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")
_HOST_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.:[]")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_PICTURES = (".svg", ".png", ".jpg", ".jpeg", ".webp")
_LOOKS_FILES = {"logo": _PICTURES, "background": _PICTURES, "stylesheet": (".css",)}
_DEFAULT_PORTS = {"https": 443, "http": 80}

_STRANGERS = stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP  # a group may read: that is how secrets are mounted

Name = Callable[[str, str], str]


def check(config: Config, named: Mapping[SettingName, str]) -> None:
    """Check the values against each other and against the machine. `named` is how the operator wrote each key."""

    def name(section: str, key: str) -> str:
        return named.get((section, key), f"{section}.{key}")

    if config.server.issuer:
        check_issuer(config.server.issuer, name("server", "issuer"))
    _check_database_url(config.database.url, name("database", "url"))
    _check_places(config.database.places, name("database", "places"))
    _check_tls(config, name)
    _check_proxies(config.server.proxies, name("server", "proxies"))
    _check_ports(config, name)
    _check_secret_key(config.keys, name)
    _check_looks(config.looks, name)
    check_mail(config.mail, named)
    _check_logout_hosts(config.sessions.logout_hosts, name("sessions", "logout_hosts"))


def _check_looks(looks: LooksPolicy, name: Name) -> None:
    for key in ("brand", "brand_dark"):
        if (colour := getattr(looks, key)) and not _COLOUR.fullmatch(colour):
            raise ConfigError(name("looks", key), "must be a colour with six digits, such as #1d5c45")
    for key, kinds in _LOOKS_FILES.items():
        if path := getattr(looks, key):
            _check_file(Path(path), kinds, name("looks", key))
    if looks.templates and not Path(looks.templates).is_dir():
        raise ConfigError(name("looks", "templates"), "there is no such folder")
    for link in looks.links:
        label, equals, url = link.partition("=")
        if not (equals and label.strip() and url.strip().startswith(("https://", "http://", "mailto:", "/"))):
            raise ConfigError(
                name("looks", "links"), "each must be LABEL=URL, such as Privacy=https://example.com/privacy"
            )


def _check_file(file: Path, kinds: tuple[str, ...], name: str) -> None:
    if file.suffix.lower() not in kinds:
        raise ConfigError(name, f"must be a file that ends in {' or '.join(kinds)}")
    try:
        with file.open("rb") as opened:
            size = len(opened.read(MAX_LOOKS_FILE + 1))
    except OSError as error:
        raise ConfigError(name, f"cannot be read: {error.strerror}") from None
    if size > MAX_LOOKS_FILE:
        raise ConfigError(name, "is larger than 1 MiB: people wait for it on every page")


def _check_places(places: int, name: str) -> None:
    if places not in (1, 1_024):
        raise ConfigError(name, "must be 1 or 1024")


def _check_logout_hosts(hosts: tuple[str, ...], name: str) -> None:
    for host in hosts:
        if not host or not set(host.lower()) <= _HOST_LETTERS or (":" in host and not host.startswith("[")):
            raise ConfigError(name, "each must be a host alone, such as shop.internal: no scheme, no port, no star")


def complete(config: Config) -> None:
    """Check that nothing is missing that serving needs. Raises `ConfigError`."""
    if not config.server.issuer:
        raise ConfigError(
            "server.issuer", "is missing: set it to the URL this server is known by, here or in GATELODGE_ISSUER"
        )
    secret_keys(config.keys)


def secret_keys(keys: KeyPolicy) -> tuple[str, ...]:
    """Return the secret keys, the one that seals first. Raises `ConfigError` if there is none or it cannot be read."""
    if keys.secret_key:
        return (keys.secret_key,)
    if not keys.secret_key_file:
        raise ConfigError(
            "keys.secret_key_file",
            "is missing: run `gatelodge init`, or set GATELODGE_SECRET_KEY_FILE or GATELODGE_SECRET_KEY",
        )
    return _read_secret_keys(keys.secret_key_file, "keys.secret_key_file")


def check_issuer(issuer: str, name: str = "server.issuer") -> None:
    """Check the issuer (OpenID Connect Discovery 3, RFC 8414 2; http is for loopback only). Raises `ConfigError`."""
    try:
        url = urlsplit(issuer)
        port = url.port
    except ValueError:
        raise ConfigError(name, "is not a URL: write it as https://HOST or https://HOST/PATH") from None
    if problem := _issuer_problem(issuer, url, port):
        raise ConfigError(name, problem)


def _issuer_problem(issuer: str, url: SplitResult, port: int | None) -> str | None:
    host = url.hostname or ""
    problems = (
        (not host or url.scheme not in _DEFAULT_PORTS, "is not a URL: write it as https://HOST or https://HOST/PATH"),
        ("@" in url.netloc, "must not hold a user name or password: remove everything up to @"),
        ("?" in issuer, "must not have a query: remove the ? and what follows"),
        ("#" in issuer, "must not have a fragment: remove the # and what follows"),
        (issuer.endswith("/"), "must not end with a slash: clients compare it letter by letter; remove it"),
        (not _HOST_LETTERS.issuperset(url.netloc) or url.scheme != issuer[: len(url.scheme)],
         "must write scheme and host in lower case ASCII (an international name in its xn-- form)"),
        (port in (0, _DEFAULT_PORTS.get(url.scheme)), "must leave out the scheme's own port: remove it"),
        (not _is_plain_path(url.path), "must have a plain path: letters, digits and -._~ between single slashes"),
        (url.scheme == "http" and not is_loopback(host),
         "must be https: plain http is only for loopback (http://localhost:8000)"),
    )  # fmt: skip
    return next((advice for found, advice in problems if found), None)


def is_loopback(host: str) -> bool:
    """Return whether a host name or address can only be this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_plain_path(path: str) -> bool:
    segments = path.split("/")[1:]
    return _PATH_LETTERS.issuperset(path) and not {"", ".", ".."}.intersection(segments)


def _check_database_url(url: str, name: str) -> None:
    if not url:
        raise ConfigError(name, "is empty: set it here or in GATELODGE_DATABASE")
    if url.startswith(SQLITE):
        _check_sqlite_file(url.removeprefix(SQLITE), name)
    elif not url.startswith("postgresql://") or not _has_readable_port(url):
        raise ConfigError(name, "must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")


def _check_sqlite_file(path: str, name: str) -> None:
    file = Path(path)
    if not file.name or path.startswith(":") or "?" in path:
        raise ConfigError(name, "must name a file, as in sqlite:///gatelodge.db")
    if file.is_dir():
        raise ConfigError(name, f"must name a file, and {file} is a folder")
    if not file.parent.is_dir():
        raise ConfigError(name, f"the folder {file.parent} does not exist: create it")


def _has_readable_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _check_tls(config: Config, name: Name) -> None:
    server = config.server
    if bool(server.tls_cert) != bool(server.tls_key):
        given, missing = ("tls_cert", "tls_key") if server.tls_cert else ("tls_key", "tls_cert")
        raise ConfigError(name("server", given), f"needs server.{missing} too: give both or neither")
    for key, path in (("tls_cert", server.tls_cert), ("tls_key", server.tls_key)):
        if path:
            _read(path, name("server", key))
    if server.tls_cert and server.issuer.startswith("http:"):
        raise ConfigError(name("server", "tls_cert"), "does not go with an http issuer: make server.issuer https")
    if server.tls_cert:
        _check_certificate(server.tls_cert, server.tls_key, name)


def _check_certificate(cert: str, key: str, name: Name) -> None:
    """Check that the two files are what they are to be: a worker that finds out later could only die of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_verify_locations(cert)
    except ssl.SSLError:
        raise ConfigError(name("server", "tls_cert"), f"{cert} holds no certificate in PEM") from None
    try:
        context.load_cert_chain(cert, key, password="")  # with none at all, it would be asked for at the terminal
    except ssl.SSLError as error:
        why = "is not the key of that certificate" if error.reason == "KEY_VALUES_MISMATCH" else "holds no usable key"
        advice = "give the certificate's private key, in PEM and without a password"
        raise ConfigError(name("server", "tls_key"), f"{key} {why}: {advice}") from None


def _check_proxies(proxies: tuple[str, ...], name: str) -> None:
    for proxy in proxies:
        try:
            network = ip_network(proxy, strict=False)
        except ValueError:
            raise ConfigError(name, "must list addresses or networks such as 10.0.0.7 or 10.0.0.0/24") from None
        if network.prefixlen == 0:
            raise ConfigError(name, "would believe the whole internet: list only your own proxies")


def _check_ports(config: Config, name: Name) -> None:
    if config.server.management_port == config.server.port:
        raise ConfigError(name("server", "management_port"), "must not be server.port: choose another, or 0 for none")


def _check_secret_key(keys: KeyPolicy, name: Name) -> None:
    key_name, file_name = name("keys", "secret_key"), name("keys", "secret_key_file")
    if keys.secret_key and keys.secret_key_file:
        raise ConfigError(key_name, f"is given twice, also by {file_name}: keep one of them")
    if keys.secret_key and len(keys.secret_key) < MIN_SECRET_KEY:
        raise ConfigError(
            key_name, f"must have at least {MIN_SECRET_KEY} random characters: try `openssl rand -hex 32`"
        )
    if keys.secret_key_file:
        _read_secret_keys(keys.secret_key_file, file_name)


def _read_secret_keys(path: str, name: str) -> tuple[str, ...]:
    found = tuple(line.strip() for line in _read(path, name).splitlines() if line.strip())
    check_private(path, name)
    if not found or min(map(len, found)) < MIN_SECRET_KEY:
        raise ConfigError(name, f"{path} must hold a line of at least {MIN_SECRET_KEY} random characters")
    return found


def check_private(path: str, name: str) -> None:
    """Check that no stranger on this machine can read or change a file with a secret. Raises `ConfigError`."""
    if os.name == "posix" and os.stat(path).st_mode & _STRANGERS:
        raise ConfigError(name, f"{path} is open to everyone on this machine: chmod 600 {path}")


def _read(path: str, name: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise ConfigError(name, f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(name, f"{path} is not text") from None
