"""Keycloak: a realm export, or the users of one (`kc.sh export --users same_file`)."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import BinaryIO, cast

from gatelodge.keys import foreign_hashes
from gatelodge.ops.imports.contract import (
    BroughtFactors,
    Entry,
    ImportedPerson,
    Read,
    UnreadableRow,
    claims,
    entries,
    inner,
    seconds,
    text,
)
from gatelodge.ops.imports.factors import checked_seed, seed_of

_DIGESTS = {"pbkdf2": "sha1", "pbkdf2-sha256": "sha256", "pbkdf2-sha512": "sha512"}


def read(file: BinaryIO, options: Mapping[str, str]) -> Iterator[Read]:
    """Yield the people of a realm; it takes no options."""
    return map(_person, entries(file, "users"))


def _person(entry: Entry) -> Read:
    sub, username = text(entry, "id"), text(entry, "username")
    if sub is None or username is None:
        return UnreadableRow("has no id or no username")
    try:
        password = _password(entry)
    except (ValueError, TypeError, KeyError, IndexError):
        return UnreadableRow("has a password whose hash cannot be read")
    try:
        factors = _factors(entry)
    except (ValueError, TypeError, KeyError):
        return UnreadableRow("has the seed of an authenticator app that cannot be read")
    given, family = text(entry, "firstName"), text(entry, "lastName")
    own = inner(entry, "attributes")
    return ImportedPerson(
        sub=sub,
        username=username,
        email=text(entry, "email"),
        email_verified=entry.get("emailVerified") is True,
        name=" ".join(filter(None, (given, family))) or None,
        claims=claims(
            (
                ("given_name", given),
                ("family_name", family),
                ("locale", _first(own, "locale")),
                ("phone_number", _first(own, "phoneNumber")),
                ("picture", _first(own, "picture")),
            )
        ),
        attributes=claims((name, _value(own, name)) for name in own),
        enabled=entry.get("enabled") is not False,
        created_at=seconds(entry.get("createdTimestamp"), 1_000),
        password=password,
        factors=factors,
    )


def _password(entry: Entry) -> str | None:
    found = cast("list[Entry]", entry.get("credentials") or [])
    kept = next((one for one in found if one.get("type") == "password"), None)
    if kept is None:
        return None
    about, secret = json.loads(str(kept["credentialData"])), json.loads(str(kept["secretData"]))
    salt, key = b64decode(secret["salt"]), b64decode(secret["value"])
    rounds = int(about["hashIterations"])
    if about["algorithm"] == "argon2":
        more = {name: str(values[0]) for name, values in about["additionalParameters"].items()}
        return foreign_hashes.argon2(more["type"], int(more["memory"]), rounds, int(more["parallelism"]), salt, key)
    return foreign_hashes.pbkdf2(_DIGESTS[about["algorithm"]], rounds, salt, key)


def _factors(entry: Entry) -> BroughtFactors:
    """Return the first authenticator app that makes the codes we know.

    Of a passkey Keycloak does not say whether it may be backed up, which must never change, so none comes.
    """
    found = cast("list[Entry]", entry.get("credentials") or [])
    apps = [one for one in found if one.get("type") == "otp" and one.get("secretData")]
    seeds = [seed for app in apps if (seed := _seed(app)) is not None]
    keys = [one for one in found if str(one.get("type", "")).startswith("webauthn")]
    return BroughtFactors(seed=next(iter(seeds), None), left=len(apps) - min(len(seeds), 1) + len(keys))


def _seed(app: Entry) -> bytes | None:
    about, secret = json.loads(str(app["credentialData"])), json.loads(str(app["secretData"]))["value"]
    usual = {"subType": "totp", "digits": 6, "period": 30, "algorithm": "HmacSHA1"}
    if any(about.get(name) != value for name, value in usual.items()):
        return None
    return seed_of(secret) if about.get("secretEncoding") == "BASE32" else checked_seed(str(secret).encode())


def _value(attributes: Entry, name: str) -> object:
    """Return what an attribute says, which is a list there: of one value, that."""
    values = attributes.get(name)
    several = cast("list[object]", values) if isinstance(values, list) else []
    return several if len(several) > 1 else _first(attributes, name)


def _first(attributes: Entry, name: str) -> object:
    values = attributes.get(name)
    return next(iter(cast("list[object]", values)), None) if isinstance(values, list) else values
