"""The doctor finds what was broken on purpose, and nothing in a healthy house."""

import json
from collections.abc import Iterable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from gatelodge.config.policies import (
    Config,
    DatabasePolicy,
    KeyPolicy,
    LegacyPolicy,
    LogPolicy,
    LooksPolicy,
    ServerPolicy,
    SignInPolicy,
)
from gatelodge.ops.doctor import SeenDiscovery, Unreached, examine_database, examine_issuer
from gatelodge.ops.findings import Finding
from gatelodge.ops.setup import initialise, open_vault
from gatelodge.ops.unsafe_settings import unsafe_settings
from gatelodge.protocol.claim_scopes import ClaimScope
from gatelodge.protocol.client import Api, Client, ClientSecret
from gatelodge.protocol.provider import Provider
from gatelodge.stores import apis, claim_scopes, clients, providers
from gatelodge.stores.providers import StoredProvider

pytestmark = pytest.mark.anyio

ISSUER = "https://id.test"
SAFE = Config(
    server=ServerPolicy(issuer=ISSUER, proxies=("10.0.0.1",)),
    database=DatabasePolicy(url="postgresql://db/x?sslmode=verify-full"),
    keys=KeyPolicy(secret_key_file="/etc/gatelodge.key"),
)


def worse(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    return [(finding.check, finding.level) for finding in findings if finding.level != "good"]


def test_safe_settings_are_left_in_peace() -> None:
    assert list(unsafe_settings(SAFE)) == []


UNSAFE = {
    "legacy.password": replace(SAFE, legacy=LegacyPolicy(password=True)),
    "legacy.implicit": replace(SAFE, legacy=LegacyPolicy(implicit=True)),
    "legacy.hybrid": replace(SAFE, legacy=LegacyPolicy(hybrid=True)),
    "legacy.session_management": replace(SAFE, legacy=LegacyPolicy(session_management=True)),
    "tls": replace(SAFE, server=replace(SAFE.server, host="0.0.0.0")),
    "management": replace(SAFE, server=replace(SAFE.server, management_host="0.0.0.0", management_port=9000)),
    "proxies": replace(SAFE, server=replace(SAFE.server, proxies=())),
    "issuer": replace(SAFE, server=ServerPolicy(issuer="http://localhost:8000")),
    "argon2": replace(SAFE, sign_in=SignInPolicy(argon2_memory_kib=8192)),
    "secret_key": replace(SAFE, keys=KeyPolicy(secret_key="k" * 32)),
    "log": replace(SAFE, log=LogPolicy(level="debug")),
    "looks.brand": replace(SAFE, looks=LooksPolicy(brand="#ffee99")),
    "looks.brand_dark": replace(SAFE, looks=LooksPolicy(brand_dark="#222222")),
}


@pytest.mark.parametrize("check", UNSAFE)
def test_each_unsafe_setting_is_found_and_says_what_to_do(check: str) -> None:
    found = list(unsafe_settings(UNSAFE[check]))
    assert [finding.check for finding in found] == [check]
    assert found[0].advice


def test_a_template_that_was_made_for_another_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "foot.html").write_text(f"{{# gatelodge {version('gatelodge')} #}}")
    (tmp_path / "lodge.html").write_text("{# gatelodge 0.0.9 #}")
    (tmp_path / "again.html").write_text("<p>")
    found = list(unsafe_settings(replace(SAFE, looks=LooksPolicy(templates=str(tmp_path)))))
    assert [finding.says for finding in found] == [
        "again.html was made for a version it does not name",
        "lodge.html was made for version 0.0.9",
    ]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://u:hunter2@db.internal/x", "db.internal may be in clear: sslmode is not set"),
        ("postgresql://u:hunter2@db.internal/x?sslmode=prefer", "sslmode is prefer"),
        ("postgresql://u:hunter2@db.internal/x?sslmode=require", "does not look at the certificate"),
        ("postgresql://u:hunter2@db.internal/x?sslmode=verify-ca", "checks no name"),
        ("postgresql://u@127.0.0.1:5432,[2001:db8::7]:5433/x", "at [2001:db8::7] may be"),
        ("postgresql:///x?host=10.0.0.7", "at 10.0.0.7 may be"),
        ("postgresql:///x?host=/run/postgresql,db2", "at db2 may be"),
        ("postgresql:///x?host=db&hostaddr=127.0.0.1&sslmode=disable", ""),
        ("postgresql://u@[::1]:5432/x", ""),
        ("postgresql://localhost/x", ""),
        ("postgresql:///x?host=/run/postgresql", ""),
        ("postgresql:///x", ""),
        ("postgresql://db.internal/x?sslmode=verify-full", ""),
    ],
)
def test_a_connection_to_another_machine_says_what_it_lacks(url: str, says: str) -> None:
    found = list(unsafe_settings(replace(SAFE, database=DatabasePolicy(url=url))))
    assert [finding.check for finding in found] == ["database_tls"] * bool(says)
    for finding in found:
        assert says in finding.says
        assert "hunter2" not in f"{finding.says} {finding.advice}"


def test_what_the_url_leaves_open_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(SAFE, database=DatabasePolicy(url="postgresql:///x"))
    monkeypatch.setenv("PGHOST", "db.internal")
    assert worse(unsafe_settings(config)) == [("database_tls", "warning")]
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert worse(unsafe_settings(config)) == []


def test_a_database_that_others_may_read_is_found(tmp_path) -> None:
    file = tmp_path / "x.db"
    file.touch(0o644)
    file.chmod(0o644)
    config = replace(SAFE, database=DatabasePolicy(url=f"sqlite:///{file}"))
    assert worse(unsafe_settings(config)) == [("permissions", "warning")]
    file.chmod(0o600)
    assert worse(unsafe_settings(config)) == []


@pytest.fixture
async def house(database_policy, database, clock, entropy):
    """A house that was set up, and its vault."""
    config = Config(database=database_policy, keys=KeyPolicy(secret_key="k" * 32))
    vault = open_vault(config, entropy)
    await initialise(config, database, vault, clock, entropy)
    return database, vault, clock


async def test_a_healthy_house_is_left_in_peace(house) -> None:
    assert worse(await examine_database(*house)) == []


async def test_whom_a_provider_lets_in_and_connects_is_said_aloud(house) -> None:
    database, _, clock = house
    safe = Provider(name="one", kind="entra", label="Microsoft", client_id="c", tenants=("t",), trusts_address=True)
    for provider in (
        safe,
        replace(safe, name="everybody", tenants=("any",)),
        replace(safe, name="disbelieved", kind="oidc", tenants=(), trusts_address=False),
        replace(safe, name="off", tenants=("any",), trusts_address=False, enabled=False),
    ):
        await database.write(providers.add, StoredProvider(provider, None), clock.now())

    found = await examine_database(*house)
    assert worse(found) == [("providers", "warning"), ("providers", "note")]
    everybody, disbelieved = (finding for finding in found if finding.check == "providers")
    assert "everybody who has a Microsoft account" in everybody.says
    assert "--tenant ID" in everybody.advice
    assert disbelieved.says.startswith("provider disbelieved is not believed about addresses")


async def test_an_empty_database_is_broken(database, clock, entropy) -> None:
    vault = open_vault(Config(keys=KeyPolicy(secret_key="k" * 32)), entropy)
    assert worse(await examine_database(database, vault, clock)) == [("keys", "broken")]


async def test_a_wrong_secret_key_is_broken(house, entropy) -> None:
    database, _, clock = house
    other = open_vault(Config(keys=KeyPolicy(secret_key="x" * 32)), entropy)
    assert worse(await examine_database(database, other, clock)) == [("secret_key", "broken")]


async def test_a_missing_signing_key_is_broken(house) -> None:
    async def lose(tx) -> None:
        await tx.run("delete from signing_keys where alg = 'ES256'")

    await house[0].write(lose)
    assert worse(await examine_database(*house)) == [("keys", "broken")]


async def test_a_clock_that_went_back_is_broken(house) -> None:
    database, _, clock = house
    from gatelodge.ops import users
    from gatelodge.stores.users import NewUser
    from gatelodge.telemetry.events import Origin

    await database.write(users.add, NewUser(sub="s", username="ada"), None, Origin(), clock.now())
    clock.advance(-3600)
    assert ("clock", "broken") in worse(await examine_database(*house))


CLIENTS = {
    "need not use PKCE": {"pkce_exempt": True},
    "password grant": {"grants": frozenset({"password"})},
    "tokens in the URL": {"response_types": frozenset({"code id_token"})},
    "no secret that works": {"secrets": (ClientSecret(b"1", 5),)},
}


@pytest.mark.parametrize("says", CLIENTS)
async def test_each_risky_client_is_named(house, says: str) -> None:
    client = replace(Client("shop", "Shop", "web", "client_secret_basic", (ClientSecret(b"1"),)), **CLIENTS[says])
    await house[0].write(clients.add, client, 5)
    found = [finding for finding in await examine_database(*house) if finding.level != "good"]
    assert [(f.check, f.level) for f in found] == [("clients", "warning")]
    assert "shop" in found[0].says
    assert says in found[0].says


async def test_a_scheme_that_any_program_may_take_is_noted_with_what_its_name_should_be(house) -> None:
    uris = ("com.example.app:/cb", "cursor://cb", "http://127.0.0.1/cb", "https://app.example/cb")
    app = replace(Client("app", "App", "native", "none"), redirect_uris=uris, custom_schemes=frozenset({"cursor"}))
    await house[0].write(clients.add, app, 5)
    found = [finding for finding in await examine_database(*house) if finding.level != "good"]
    assert [(f.check, f.level) for f in found] == [("clients", "note")] * 2
    assert ["the scheme com.example.app:, " in found[0].says, "the scheme cursor:, " in found[1].says] == [True, True]
    assert ["https or loopback" in found[0].advice, "as in com.example.app:" in found[1].advice] == [True, True]


async def test_a_scope_that_no_api_has_is_noted(house) -> None:
    database = house[0]
    job = replace(Client("job", "Job", "service", "none"), scopes=frozenset({"openid", "orders:read", "order:write"}))
    await database.write(clients.add, job, 5)
    await database.write(apis.add, Api("https://api.test", "Orders", {"orders:read": "See your orders"}), 5)
    found = [finding for finding in await examine_database(*house) if finding.level != "good"]
    assert [(f.check, f.level) for f in found] == [("clients", "note")]
    assert "job may ask for order:write, which" in found[0].says


async def test_a_claim_in_id_tokens_that_no_scope_releases_is_warned_of(house) -> None:
    shop = replace(
        Client("shop", "Shop", "service", "none"),
        scopes=frozenset({"openid", "employment"}),
        id_token_claims=frozenset({"department", "email"}),
    )
    await house[0].write(clients.add, shop, 5)
    await house[0].write(claim_scopes.add, ClaimScope("employment", ("department",), "Where you work"), 5)
    assert [finding for finding in await examine_database(*house) if finding.level != "good"] == []
    await house[0].write(claim_scopes.remove, "employment")
    found = [finding for finding in await examine_database(*house) if finding.level != "good"]
    assert [(f.check, f.level) for f in found] == [("clients", "note"), ("clients", "warning")]
    assert "shop is to find department in its ID tokens" in found[1].says


async def asked(clock, status: int = 200, issuer: object = ISSUER, date: int | None = None) -> list[tuple[str, str]]:
    async def look(url: str) -> SeenDiscovery:
        assert url == f"{ISSUER}/.well-known/openid-configuration"
        return SeenDiscovery(status, json.dumps({"issuer": issuer}).encode(), date)

    return worse(await examine_issuer(ISSUER, look, clock))


async def test_an_issuer_that_calls_itself_so_is_left_in_peace(clock) -> None:
    assert await asked(clock, date=clock.now() + 5) == []


async def test_an_issuer_that_differs_in_one_letter_is_broken(clock) -> None:
    assert await asked(clock, issuer=f"{ISSUER}/") == [("issuer", "broken")]
    assert await asked(clock, issuer=None) == [("issuer", "broken")]


async def test_something_else_at_the_issuer_is_broken(clock) -> None:
    async def look(url: str) -> SeenDiscovery:
        return SeenDiscovery(200, b"<html>", None)

    assert worse(await examine_issuer(ISSUER, look, clock)) == [("issuer", "broken")]
    assert await asked(clock, status=404) == [("issuer", "broken")]


async def test_an_issuer_that_cannot_be_reached_is_a_warning(clock) -> None:
    async def look(url: str) -> SeenDiscovery:
        raise Unreached("no route")

    assert worse(await examine_issuer(ISSUER, look, clock)) == [("issuer", "warning")]


async def test_clocks_that_differ_are_a_warning(clock) -> None:
    assert await asked(clock, date=clock.now() + 60) == [("clock", "warning")]
