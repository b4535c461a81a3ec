"""People come along from other products: who they are, what is known of them, and their passwords."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import bcrypt
import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type, hash_secret_raw

from gatelodge.database.tx import Database
from gatelodge.keys import foreign_hashes
from gatelodge.ops.imports import FORMATS
from gatelodge.ops.imports.bring import Import, ImportTerms, Report
from gatelodge.ops.imports.contract import ImportedPerson, UnreadableRow, WeakHash
from gatelodge.ops.imports.hand_out import people
from gatelodge.ops.refusals import OperationRefused
from gatelodge.stores import credentials
from gatelodge.stores import users as store
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
BCRYPT = bcrypt.hashpw(b"wonderland", bcrypt.gensalt(4)).decode()


def b64(raw: bytes) -> str:
    return b64encode(raw).decode()


def keycloak_password(kind: str) -> dict[str, str]:
    salt, about = b"sixteen bytes ok", {"algorithm": kind, "hashIterations": 1, "additionalParameters": {}}
    if kind == "argon2":
        key = hash_secret_raw(b"wonderland", salt, 1, 64, 1, 32, Type.ID)
        about["additionalParameters"] = {"type": ["id"], "memory": ["64"], "parallelism": ["1"], "version": ["1.3"]}
    else:
        key = hashlib.pbkdf2_hmac(kind.partition("-")[2], b"wonderland", salt, 1)
    secret = {"value": b64(key), "salt": b64(salt), "additionalParameters": {}}
    return {"type": "password", "secretData": json.dumps(secret), "credentialData": json.dumps(about)}


KEYCLOAK = {
    "realm": "r",
    "users": [
        {
            "id": "kc-1",
            "username": "Alice",
            "email": "alice@example.test",
            "emailVerified": True,
            "enabled": True,
            "createdTimestamp": 1_600_000_000_123,
            "firstName": "Alice",
            "lastName": "Liddell",
            "attributes": {"locale": ["de"], "phoneNumber": []},
            "credentials": [{"type": "otp"}, keycloak_password("pbkdf2-sha256")],
        },
        {"id": "kc-2", "username": "bob", "enabled": False, "credentials": [keycloak_password("argon2")]},
        {"id": "kc-3", "username": "carol"},
        {"id": "kc-4", "username": "dan", "credentials": [{"type": "password", "secretData": "{"}]},
        {"username": "nobody"},
    ],
}
AUTH0 = [
    {
        "user_id": "auth0|1",
        "email": "alice@example.test",
        "email_verified": True,
        "passwordHash": BCRYPT,
        "nickname": "al",
    },
    {"user_id": "auth0|2", "username": "bob", "blocked": True, "created_at": "2020-09-13T12:26:40.123Z"},
    {
        "user_id": "auth0|3",
        "username": "carol",
        "custom_password_hash": {
            "algorithm": "sha1",
            "hash": {"value": hashlib.sha1(b"wonderlandpepper").hexdigest(), "encoding": "hex"},
            "salt": {"value": "pepper", "position": "suffix"},
        },
    },
    {"email": "nobody@example.test"},
]
DJANGO = [
    {"model": "auth.permission", "pk": 1, "fields": {}},
    {
        "model": "auth.user",
        "pk": 7,
        "fields": {
            "username": "alice",
            "email": "alice@example.test",
            "first_name": "Alice",
            "last_name": "Liddell",
            "password": f"bcrypt${BCRYPT}",
            "date_joined": "2020-09-13T12:26:40Z",
        },
    },
    {"model": "auth.user", "pk": 8, "fields": {"username": "bob", "password": "!unusable", "is_active": False}},
    {
        "model": "shop.user",
        "pk": 9,
        "fields": {"username": "carol", "password": f"md5$pepper${hashlib.md5(b'pepperwonderland').hexdigest()}"},
    },
]
AUTHENTIK = [
    {
        "model": "authentik_core.user",
        "fields": {"uuid": "ak-1", "username": "alice", "name": "Alice Liddell", "password": f"bcrypt${BCRYPT}"},
    },
    {"model": "authentik_core.user", "fields": {"uuid": "ak-2", "username": "out", "type": "service_account"}},
]
SIGNER = b"s" * 64
FIREBASE = {
    "users": [
        {
            "localId": "fb-1",
            "email": "alice@example.test",
            "emailVerified": True,
            "passwordHash": "AAAA",
            "salt": "c2FsdA==",
            "createdAt": "1600000000123",
        },
        {"localId": "fb-2", "phoneNumber": "+420123456789"},
    ]
}
HASH_CONFIG = {
    "base64_signer_key": b64(SIGNER),
    "base64_salt_separator": "Bw==",
    "rounds": "8",
    "mem_cost": "14",
}


def read(product: str, document: Any, options: Mapping[str, str] = {}) -> list[ImportedPerson | UnreadableRow]:
    return list(FORMATS[product](BytesIO(json.dumps(document).encode()), options))


def lines(*entries: Any) -> BytesIO:
    return BytesIO("\n".join(json.dumps(entry) for entry in entries).encode())


async def bring(
    database: Database,
    product: str,
    file: BytesIO,
    trust: bool = True,
    apply: bool = True,
) -> Report:
    told: list[int] = []
    run = Import(database, CHEAP, ImportTerms(trust, apply), Origin("test"), told.append)
    report = await run.run(FORMATS[product](file, {}), NOW)
    assert told[-1:] == ([report.rows] if report.rows else [])
    return report


async def password_of(database: Database, sub: str) -> str:
    user = await database.read(store.find_by_sub, sub)
    assert user is not None
    return await database.read(credentials.password, user.id) or ""


def test_keycloak() -> None:
    alice, bob, carol, dan, nobody = read("keycloak", KEYCLOAK)
    assert isinstance(alice, ImportedPerson)
    assert (alice.sub, alice.username, alice.email, alice.email_verified) == (
        "kc-1",
        "Alice",
        "alice@example.test",
        True,
    )
    assert (alice.name, alice.created_at) == ("Alice Liddell", 1_600_000_000)
    assert alice.claims == {"given_name": "Alice", "family_name": "Liddell", "locale": "de"}
    assert foreign_hashes.proves(str(alice.password), b"wonderland")
    assert isinstance(bob, ImportedPerson)
    assert not bob.enabled
    assert foreign_hashes.proves(str(bob.password), b"wonderland")
    assert isinstance(carol, ImportedPerson)
    assert carol.password is None
    assert isinstance(dan, UnreadableRow)
    assert isinstance(nobody, UnreadableRow)


def test_auth0() -> None:
    alice, bob, carol, nobody = list(FORMATS["auth0"](lines(*AUTH0), {}))
    assert isinstance(alice, ImportedPerson)
    assert (alice.username, alice.password, alice.claims) == ("alice@example.test", BCRYPT, {"nickname": "al"})
    assert isinstance(bob, ImportedPerson)
    assert (bob.enabled, bob.created_at) == (False, 1_600_000_000)
    assert isinstance(carol, ImportedPerson)
    assert carol.password == WeakHash("sha1", "after", b"pepper", hashlib.sha1(b"wonderlandpepper").digest())
    assert isinstance(nobody, UnreadableRow)


def test_django_and_authentik() -> None:
    alice, bob, carol = read("django", DJANGO)
    assert isinstance(alice, ImportedPerson)
    assert (alice.sub, alice.name, alice.created_at, alice.email_verified) == (
        "7",
        "Alice Liddell",
        1_600_000_000,
        False,
    )
    assert isinstance(bob, ImportedPerson)
    assert (bob.enabled, bob.password) == (False, None)
    assert isinstance(carol, ImportedPerson)
    assert isinstance(carol.password, WeakHash)
    (person,) = read("authentik", AUTHENTIK)
    assert isinstance(person, ImportedPerson)
    assert (person.sub, person.name) == ("ak-1", "Alice Liddell")


def test_firebase_needs_the_parameters_of_its_project() -> None:
    alice, bob = read("firebase", FIREBASE, HASH_CONFIG)
    assert isinstance(alice, ImportedPerson)
    assert foreign_hashes.recognise(str(alice.password))
    assert alice.created_at == 1_600_000_000
    assert isinstance(bob, ImportedPerson)
    assert (bob.username, bob.password) == ("+420123456789", None)
    with pytest.raises(OperationRefused, match="rounds"):
        read("firebase", FIREBASE, {name: value for name, value in HASH_CONFIG.items() if name != "rounds"})


@pytest.mark.parametrize("raw", [b"", b"no json", b'{"users": 1}', b'{"a": 1}\nno json', b"[1, 2", b"\xff\xfe\x00"])
@pytest.mark.parametrize("product", ["keycloak", "auth0", "django"])
def test_what_is_no_export_is_refused_in_one_sentence(product: str, raw: bytes) -> None:
    try:
        rows = list(FORMATS[product](BytesIO(raw), {}))
    except OperationRefused:
        return
    assert all(isinstance(row, UnreadableRow) for row in rows)


async def test_the_first_run_judges_and_keeps_nothing(database: Database) -> None:
    report = await bring(database, "auth0", lines(*AUTH0), apply=False)
    assert (report.new, report.here_already, report.without_password, report.to_rehash) == (3, 0, 1, 2)
    assert [row.number for row in report.refused] == [4]
    assert await database.read(store.list_all) == []


async def test_people_come_with_their_passwords_and_a_second_run_passes_them_over(database: Database) -> None:
    report = await bring(database, "auth0", lines(*AUTH0))
    assert (report.new, report.unproved) == (3, 0)
    assert await password_of(database, "auth0|1") == BCRYPT
    weak = await password_of(database, "auth0|3")
    assert hashlib.sha1(b"wonderlandpepper").hexdigest() not in weak
    assert foreign_hashes.proves(weak, b"wonderland")
    again = await bring(database, "auth0", lines(*AUTH0, {"user_id": "auth0|5", "username": "dora"}))
    assert (again.new, again.here_already) == (1, 3)


async def test_ACC_19_no_address_is_proved_because_a_file_says_so(database: Database) -> None:
    report = await bring(database, "auth0", lines(AUTH0[0]), trust=False)
    user = await database.read(store.find_by_sub, "auth0|1")
    assert user is not None
    assert (report.unproved, user.email_verified) == (1, False)


async def test_nobody_is_taken_the_place_of(database: Database) -> None:
    await bring(database, "gatelodge", lines({"sub": "s1", "username": "ada", "email": "ada@example.test"}))
    report = await bring(
        database,
        "gatelodge",
        lines(
            {"sub": "s2", "username": "ADA@example.test", "email": "ada@example.test"},
            {"sub": "s3", "username": "bob"},
            {"sub": "s4", "username": "Bob"},
            {"sub": "s3", "username": "bobby"},
            {"sub": "s5", "username": "eve@example.test", "email": "other@example.test"},
            {"sub": "s6", "username": "x" * 300},
            {"sub": "s7", "username": "kim", "password_hash": "plaintext"},
            {"sub": "s8", "username": "lee", "password_hash": "$2b$31$" + "a" * 53},
        ),
    )
    assert report.new == 1
    assert [(row.number, row.why.split()[0]) for row in report.refused] == [
        (1, "'ada@example.test'"),
        (3, "has"),
        (4, "has"),
        (5, "a"),
        (6, "a"),
        (7, "has"),
        (8, "has"),
    ]


async def test_what_is_handed_out_can_be_brought_along(database: Database) -> None:
    await bring(database, "keycloak", BytesIO(json.dumps(KEYCLOAK).encode()))
    handed = [entry async for entry in people(database, with_hashes=True)]
    assert [isinstance(row, ImportedPerson) for row in FORMATS["gatelodge"](lines(*handed), {})] == [True] * 3
    back = {row.sub: row for row in FORMATS["gatelodge"](lines(*handed), {}) if isinstance(row, ImportedPerson)}
    first = {row.sub: row for row in read("keycloak", KEYCLOAK) if isinstance(row, ImportedPerson)}
    for sub, person in first.items():
        assert back[sub].password == person.password
        assert (back[sub].claims, back[sub].enabled) == (person.claims, person.enabled)
    assert not any("password_hash" in entry for entry in [e async for e in people(database, with_hashes=False)])
