"""People come along from other products: who they are, what is known of them, and their passwords."""

import hashlib
import json
from base64 import b32decode, b64encode
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import bcrypt
import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type, hash_secret_raw
from cbor2 import dumps
from tests.authenticator import SoftwareKey

from gatelodge.authn.totp_seeds import TotpSeeds
from gatelodge.clock import SystemEntropy
from gatelodge.database.tx import Database
from gatelodge.keys import foreign_hashes
from gatelodge.keys.secrets import b64 as b64url
from gatelodge.keys.vault import Vault
from gatelodge.ops.imports import FORMATS
from gatelodge.ops.imports.bring import Import, ImportTerms, Report
from gatelodge.ops.imports.contract import ImportedPerson, UnreadableRow, WeakHash
from gatelodge.ops.imports.hand_out import people
from gatelodge.ops.refusals import OperationRefused
from gatelodge.stores import authenticators, credentials, passkeys
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


KEYCLOAK_APP = {
    "type": "otp",
    "secretData": json.dumps({"value": "a seed of 20 letters"}),
    "credentialData": json.dumps({"subType": "totp", "digits": 6, "counter": 0, "period": 30, "algorithm": "HmacSHA1"}),
}
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
            "credentials": [{"type": "otp"}, keycloak_password("pbkdf2-sha256"), KEYCLOAK_APP],
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
    seeds: TotpSeeds | None = None,
    rp_id: str = "",
) -> Report:
    told: list[int] = []
    run = Import(database, CHEAP, ImportTerms(trust, apply, seeds, rp_id), Origin("test"), told.append)
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
    assert (alice.factors.seed, alice.factors.left) == (b"a seed of 20 letters", 0)
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


def with_attributes(product: str) -> list[ImportedPerson | UnreadableRow]:
    """Alice as each product keeps her, with fields of the operator's own."""
    kept = {"department": "Research", "groups": ["a", "b"], "email": "eve@evil.test", "sub": "eve", "": 1}
    listed = {name: value if isinstance(value, list) else [value] for name, value in kept.items()}
    entries: Mapping[str, Any] = {
        "keycloak": {"users": [{"id": "1", "username": "alice", "attributes": listed}]},
        "auth0": [{"user_id": "1", "username": "alice", "app_metadata": kept, "user_metadata": {"level": 9}}],
        "authentik": [
            {"model": "authentik_core.user", "fields": {"uuid": "1", "username": "alice", "attributes": kept}}
        ],
        "firebase": {"users": [{"localId": "1", "customAttributes": json.dumps(kept)}]},
    }
    return read(product, entries[product], HASH_CONFIG)


@pytest.mark.parametrize("product", ["keycloak", "auth0", "authentik", "firebase"])
async def test_what_a_scope_releases_comes_along_of_what_a_product_kept_and_nothing_else(
    database: Database, product: str
) -> None:
    terms = ImportTerms(trusts_addresses=True, apply=True, released=frozenset({"department", "groups", "level"}))
    run = Import(database, CHEAP, terms, Origin("test"), lambda _: None)
    assert (await run.run(with_attributes(product), NOW)).refused == []
    user = await database.read(store.find_by_sub, "1")
    assert user is not None
    assert (dict(user.claims), user.email) == ({"department": "Research", "groups": ["a", "b"]}, None)


async def test_claims_that_cannot_be_refuse_their_row(database: Database) -> None:
    wrong: list[dict[str, object]] = [
        {"sub": "x"},
        {"email": "a@b.test"},
        {"locale": 1},
        {"department": "x" * 3_000},
        {f"c{n}": "x" * 2_000 for n in range(9)},
        {"a b": 1},
    ]
    rows = [{"sub": f"s{n}", "username": f"u{n}", "claims": claims} for n, claims in enumerate(wrong)]
    fine = {"sub": "s9", "username": "u9", "claims": {"department": {"name": "Research"}, "locale": "fr"}}
    report = await bring(database, "gatelodge", lines(*rows, fine))
    assert (report.new, len(report.refused)) == (1, len(wrong))
    handed = [entry async for entry in people(database, with_hashes=False)]
    assert [entry["claims"] for entry in handed] == [fine["claims"]]


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


def test_keycloaks_other_factors_stay_behind_and_are_counted() -> None:
    def about(**more: object) -> dict[str, str]:
        return KEYCLOAK_APP | {"credentialData": json.dumps(json.loads(KEYCLOAK_APP["credentialData"]) | more)}

    base32 = about(secretEncoding="BASE32") | {"secretData": json.dumps({"value": "GATE LODG EDEM OBOB"})}
    people_of: dict[str, list[dict[str, str]]] = {
        "counter": [about(subType="hotp"), about(digits=8), about(period=60), about(algorithm="HmacSHA256")],
        "base32": [base32, KEYCLOAK_APP, {"type": "webauthn"}, {"type": "webauthn-passwordless"}],
        "short": [KEYCLOAK_APP | {"secretData": json.dumps({"value": "short"})}],
        "broken": [KEYCLOAK_APP | {"secretData": "{"}],
    }
    rows = read("keycloak", [{"id": name, "username": name, "credentials": kept} for name, kept in people_of.items()])
    told = [(row.factors.seed, row.factors.left) for row in rows if isinstance(row, ImportedPerson)]
    assert told == [(None, 4), (b32decode("GATELODGEDEMOBOB"), 3)]
    assert len([row for row in rows if isinstance(row, UnreadableRow)]) == 2
    assert "seed of 20" not in repr(rows)


SEEDS = TotpSeeds(b"k" * 32, Vault(("s" * 32,), SystemEntropy()), SystemEntropy())


def with_factors(**more: object) -> dict[str, object]:
    key = SoftwareKey(credential_id=b"ada's")
    passkey = {
        "credential_id": b64url(b"ada's"),
        "public_key": b64url(dumps(key.cose)),
        "backup_eligible": True,
        "backed_up": True,
        "rp_id": "id.test",
    }
    return {
        "sub": "s1",
        "username": "ada",
        "totp_secret": "gate lodg edem obob",
        "user_handle": b64url(b"handle"),
        "passkeys": [passkey],
    } | more


async def test_second_factors_come_along_sealed_and_go_out_as_they_came(database: Database) -> None:
    report = await bring(database, "gatelodge", lines(with_factors()), seeds=SEEDS, rp_id="id.test")

    assert (report.new, report.apps, report.passkeys, report.factors_left) == (1, 1, 1, 0)
    ada = await database.read(store.find_by_sub, "s1")
    assert ada is not None
    app = await database.read(authenticators.find, ada.id)
    assert app is not None
    assert SEEDS.unseal(ada.id, app.sealed) == b32decode("GATELODGEDEMOBOB")
    assert "GATELODG" not in app.sealed
    (key,) = await database.read(passkeys.list_of_user, ada.id)
    assert (key.credential_id, key.backup_eligible, key.uv_seen, key.rp_id) == (b"ada's", True, False, "id.test")
    assert await database.read(store.find_handle, ada.id) == b"handle"
    (whole,) = [entry async for entry in people(database, with_hashes=False, seeds=SEEDS)]
    assert whole["totp_secret"] == "GATELODGEDEMOBOB"
    (row,) = FORMATS["gatelodge"](lines(whole), {})
    assert isinstance(row, ImportedPerson)
    assert row.factors.handle == b"handle"
    (bare,) = [entry async for entry in people(database, with_hashes=True)]
    assert not {"totp_secret", "passkeys", "user_handle"} & set(bare)


async def test_no_passkey_comes_without_the_operators_word_or_of_another_domain(database: Database) -> None:
    for number, rp_id in enumerate(("", "other.test")):
        row = with_factors(sub=f"s{number}", username=f"ada{number}")
        report = await bring(database, "gatelodge", lines(row), seeds=SEEDS, rp_id=rp_id)
        assert (report.new, report.passkeys, report.factors_left) == (1, 0, 1)
    everybody = await database.read(store.list_all)
    assert [await database.read(passkeys.list_of_user, one.id) for one in everybody] == [[], []]


async def test_nobody_gets_the_passkey_of_another_or_a_factor_that_is_none(database: Database) -> None:
    await bring(database, "gatelodge", lines(with_factors()), seeds=SEEDS, rp_id="id.test")
    (good,) = with_factors()["passkeys"]  # type: ignore[misc]
    wrong: list[dict[str, object]] = [
        {},
        {"passkeys": [{**good, "public_key": b64url(b"no key")}]},
        {"passkeys": [{name: value for name, value in good.items() if name != "backup_eligible"}]},
        {"passkeys": [{**good, "backup_eligible": False}]},
        {"passkeys": [{**good, "sign_count": -1}]},
        {"passkeys": [good] * 21},
        {"passkeys": "all of them"},
        {"user_handle": ""},
        {"totp_secret": "8!"},
        {"totp_secret": "GATE"},
    ]
    rows = [with_factors(sub=f"t{n}", username=f"t{n}") | more for n, more in enumerate(wrong)]
    report = await bring(database, "gatelodge", lines(*rows), seeds=SEEDS, rp_id="id.test")
    assert (report.new, len(report.refused)) == (0, len(wrong))


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
