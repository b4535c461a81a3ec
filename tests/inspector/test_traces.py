"""Every request leaves a trace: what it went through, who it was, what happened, and never a secret."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.inspector.conftest import held, trace_of, traced, tracing_of
from tests.world import (
    RP,
    VERIFIER,
    World,
    assert_error,
    assert_page400,
    exchange,
    open_world,
    refresh,
    request_for,
    secret_of,
)

from gatelodge.clock import Clock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.tx import Tx
from gatelodge.inspector import room, traces
from gatelodge.inspector import tracing as tracing_module
from gatelodge.inspector.checked import steps_of
from gatelodge.inspector.trace import LONGEST
from gatelodge.inspector.tracing import ANSWERED_WAITING, REFUSED_WAITING
from gatelodge.protocol.params import Params
from gatelodge.server import lay_foundation
from gatelodge.telemetry.events import Origin
from gatelodge.telemetry.notes import Notes

pytestmark = pytest.mark.anyio


async def count(tx: Tx) -> int:
    row = await tx.one("select count(*) from traces")
    assert row is not None
    return int(row[0])


async def everything(tx: Tx) -> list[str]:
    return [row[0] for row in await tx.all("select trace from traces order by id")]


# What a request went through


async def test_an_exchange_shows_the_checks_that_held(world: World):
    trace = await trace_of(world, await exchange(world, await world.browser().code()))

    assert (trace.endpoint, trace.flow, trace.client_id, trace.status) == ("token", "authorization_code", "web1", 200)
    assert not trace.refused
    assert held(trace)[:20] == [
        *("params.printable", "params.bounded", "params.utf_8", "token.body", "params.once", "params.required"),
        *("client.basic", "client.one_method", "client.proven", "client.enabled", "grant.known", "grant.allowed"),
        *("params.required", "code.valid", "code.once", "code.owner", "code.redirect", "pkce.downgrade"),
        *("pkce.verifier_syntax", "pkce.verifier"),
    ]
    assert held(trace)[-2:] == ["account.enabled", "consent.stands"]
    assert [one.event for one in trace.happened] == ["token_issued"]
    assert trace.sent == ("Authorization", "code", "code_verifier", "grant_type", "redirect_uri")


async def test_a_refusal_shows_what_held_until_the_check_that_refused(world: World):
    answer = await exchange(world, await world.browser().code(), code_verifier="w" * 50)
    trace = await trace_of(world, answer)

    assert (trace.status, trace.error, trace.rule) == (400, "invalid_grant", "pkce.verifier")
    assert held(trace)[-3:] == ["code.redirect", "pkce.downgrade", "pkce.verifier_syntax"]
    assert [step.rule.id for step in steps_of(trace) if not step.held] == ["pkce.verifier"]
    assert "another sign-in in the same browser" in trace.explanation


async def test_RED_06_a_trailing_slash_is_named_to_the_developer_and_not_on_the_page(world: World):
    async with world.http() as http:
        answer = await http.get("/authorize", params=request_for(redirect_uri=RP + "/"))
    trace = await trace_of(world, answer)

    assert_page400(answer)
    assert "slash" not in answer.text
    assert trace.rule == "redirect.exact"
    assert trace.explanation == (
        f"{RP}/ is not registered for web1. The closest that is registered is {RP}: yours has a trailing slash."
    )


async def test_a_replayed_code_tells_what_was_ended(world: World):
    code = await world.browser().code()
    await exchange(world, code)
    trace = await trace_of(world, await exchange(world, code))

    assert trace.rule == "code.once"
    assert [one.event for one in trace.happened] == ["code_replayed"]
    assert "code.valid" not in held(trace)  # perhaps it has expired, too: nobody looked


async def test_every_step_of_a_sign_in_is_about_its_client(world: World):
    browser = world.browser()
    steps = [await browser.http.get("/authorize", params=request_for(prompt="consent"))]
    while steps[-1].status_code == 303 and browser.is_ours(steps[-1].headers["location"]):
        page = await browser.http.get(steps[-1].headers["location"])
        steps.append(page)
        if page.url.path == "/login":
            steps.append(await browser.post_form(page, username="alice", password="wonderland"))
        elif page.url.path == "/consent":
            steps.append(await browser.post_form(page, scope=["openid"], decision="allow"))
    found = [await trace_of(world, step) for step in steps]

    assert {trace.client_id for trace in found} == {"web1"}
    assert {trace.flow for trace in found} == {"code"}
    assert found[-1].endpoint == "authorization"
    assert "decide.consent" in held(found[-1])
    assert "decide.consent" not in held(found[0])


async def test_a_refusal_that_travels_to_the_client_is_a_refusal(world: World):
    async with world.http() as http:
        for mode in ("query", "form_post"):
            answer = await http.get("/authorize", params=request_for(prompt="none", response_mode=mode))
            trace = await trace_of(world, answer)

            assert answer.status_code in (200, 303)
            assert trace.refused
            assert (trace.error, trace.rule, trace.client_id) == ("login_required", "decide.login", "web1")


async def test_whom_a_token_belongs_to_is_known_at_every_endpoint(world: World):
    tokens = await world.browser().tokens("spa1")
    answers = [await world.userinfo(tokens["access_token"]), await refresh_spa(world, tokens["refresh_token"])]
    answers += [await world.direct("/introspect", "web1", token=tokens["access_token"])]
    found = [await trace_of(world, answer) for answer in answers]

    assert [trace.client_id for trace in found] == ["spa1", "spa1", "web1"]
    assert [trace.refused for trace in found] == [False, False, False]
    assert "client.proven" not in held(found[1])  # a public client proves nothing
    assert "client.enabled" in held(found[1])


async def refresh_spa(world: World, token: str):
    return await world.token(None, grant_type="refresh_token", refresh_token=token, client_id="spa1")


async def test_of_a_client_nobody_knows_no_name_is_kept(world: World):
    answer = await world.token(None, grant_type="client_credentials", client_id="who-is-this", client_secret="x")
    trace = await trace_of(world, answer)

    assert (trace.client_id, trace.rule) == ("", "client.proven")
    assert "who-is-this" not in (await world.foundation.db.read(everything))[-1]


async def test_what_http_itself_refuses_claims_no_check(world: World):
    async with world.http() as http:
        refused = [
            await http.get("/nowhere"),
            await http.get("/token"),
            await http.get("/", headers={"host": "evil.test"}),
            await http.post("/token", content=b"x" * 70_000),
            await http.get("/login?interaction=unknown"),
        ]
    found = [await trace_of(world, answer) for answer in refused]

    assert [trace.status for trace in found] == [404, 405, 421, 413, 403]
    assert [trace.endpoint for trace in found] == ["none", "token", "home", "token", "login"]
    assert all(trace.refused and not steps_of(trace) and trace.reason for trace in found)
    assert "server.hosts" in found[2].explanation


async def test_a_failed_sign_in_is_told_as_one(world: World):
    browser = world.browser()
    answer = await browser.post_form(await browser.authorize(), username="alice", password="wrong")
    trace = await trace_of(world, answer)

    assert (trace.endpoint, trace.status, trace.client_id) == ("login", 400, "web1")
    assert [(one.event, one.members["reason"]) for one in trace.happened] == [("sign_in_failed", "wrong")]


async def test_too_many_failures_and_a_lost_database_are_told_apart(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gatelodge.client_auth.throttle.LIMIT", 1)
    await world.token(None, grant_type="client_credentials", client_id="daemon1", client_secret="x")
    slow = await trace_of(
        world, await world.token(None, grant_type="client_credentials", client_id="daemon1", client_secret="x")
    )

    assert (slow.status, slow.error, slow.rule) == (429, "temporarily_unavailable", "")
    assert "Retry-After" in slow.explanation


# Never a secret


async def walk(world: World) -> Iterator[str]:
    """Do everything there is to do, also wrongly, and return every secret that was part of it."""
    browser = world.browser()
    state, nonce = "the-state-of-this-client", "the-nonce-of-this-client"
    asked = {"state": state, "nonce": nonce}
    login = await browser.authorize(**asked)
    await browser.post_form(login, username="alice", password="a-wrong-password")
    code = (await browser.answer(**asked))["code"]
    tokens = (await exchange(world, code)).json()
    renewed = (await refresh(world, tokens["refresh_token"])).json()
    await exchange(world, code, code_verifier="another-verifier-" + "v" * 40)
    await refresh(world, tokens["refresh_token"])
    await world.userinfo(renewed["access_token"])
    await world.introspect(renewed["access_token"])
    await world.direct("/revoke", "web1", token=renewed["access_token"])
    await world.token(None, grant_type="client_credentials", client_id="daemon1", client_secret="a-wrong-secret")
    await world.token("legacy1", grant_type="password", username="alice", password="wonderland", scope="openid")
    await world.token("legacy1", grant_type="password", username="alice", password="another-wrong-password")
    await lose_names(world, renewed["access_token"])
    cookies = [value for _, value in browser.http.cookies.items()]
    handles = re.findall(r"interaction=([\w-]+)", str(login.url))
    assert cookies
    assert handles
    return iter(
        [
            *(state, nonce, code, VERIFIER, "another-verifier-", "a-wrong-secret", "a-wrong-password", "wonderland"),
            *("another-wrong-password", secret_of("web1"), secret_of("legacy1"), *cookies, *handles),
            *(value for answer in (tokens, renewed) for name, value in answer.items() if name.endswith("_token")),
            *(value.rpartition(".")[2] for value in (tokens["access_token"], renewed["id_token"])),
        ]
    )


async def lose_names(world: World, token: str) -> None:
    """Send secrets where names and addresses belong."""
    async with world.http() as http:
        form = {"content-type": "application/x-www-form-urlencoded"}
        await http.post("/token", content=f"{token}=&grant_type=authorization_code", headers=form)
        await http.post("/token", content=token, headers=form)
        await http.get("/authorize", params=request_for(redirect_uri=f"{RP}?access_token={token}#{token}"))
        await http.get("/authorize", params=request_for(redirect_uri=f"https://u:{token}@rp.test/cb?{token}"))
        await http.get("/authorize", params=request_for(client_id=token))
        await http.get(f"/userinfo?access_token={token}")
        await http.get(f"/{token[:60]}")
        await http.request(token[:16].replace("_", "x").replace("-", "x"), "/token")


async def test_HTTP_11_no_trace_holds_a_secret(world: World):
    secrets = list(await walk(world))
    waiting = repr(vars(tracing_of(world)))
    await tracing_of(world).flush()
    kept = await world.foundation.db.read(everything)

    assert len(kept) > 20
    assert [secret for secret in secrets if secret in waiting or any(secret in trace for trace in kept)] == []


def test_HTTP_11_notes_show_nothing_of_what_they_note():
    notes = Notes()
    notes.read(
        Params.of([("code", "the-code")]), Params.of([("password", "the-password")]), {"authorization": "Basic x"}
    )

    assert repr(notes) == repr(Origin(notes=notes).notes) == "Notes(0 events)"
    assert "the-" not in repr(Origin(notes=notes))


# Bounded, and nobody's burden


async def test_a_flood_leaves_a_fixed_number_of_rows(world: World, monkeypatch: pytest.MonkeyPatch):
    async with world.http() as http:
        for _ in range(REFUSED_WAITING + 40):
            await http.get("/authorize")
        for _ in range(ANSWERED_WAITING + 40):
            await http.get("/jwks")
    before = world.foundation.db.transactions
    await tracing_of(world).flush()

    assert world.foundation.db.transactions == before + 1
    assert await world.foundation.db.read(count) == REFUSED_WAITING + ANSWERED_WAITING


async def test_a_flood_of_requests_pushes_no_refusal_out(world: World):
    async with world.http() as http:
        refused = await http.get("/authorize")
        for _ in range(3 * ANSWERED_WAITING):
            await http.get("/jwks")

    assert (await trace_of(world, refused)).refused


async def test_a_trace_is_small_whatever_was_sent(world: World):
    long = "x" * 15_000
    async with world.http() as http:
        form = "&".join(f"name{number}={number}" for number in range(90)) + f"&client_id=web1&redirect_uri={long}"
        answer = await http.post(
            "/authorize", content=form, headers={"content-type": "application/x-www-form-urlencoded"}
        )
    trace = await trace_of(world, answer)

    assert trace.rule == "redirect.exact"
    assert len(trace.explanation) <= LONGEST
    assert len((await world.foundation.db.read(everything))[-1]) < 2_500


async def test_a_token_request_costs_no_statement_more(world: World):
    form = {"grant_type": "client_credentials", "scope": "orders:read"}
    await world.token("daemon1", **form)
    before = world.foundation.db.statements
    await world.token("daemon1", **form)

    assert world.foundation.db.statements == before


async def test_what_cannot_be_explained_is_answered_all_the_same(world: World, monkeypatch: pytest.MonkeyPatch):
    def broken(*_args: object) -> str:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(tracing_module, "explain", broken)

    assert_error(await world.token("daemon1", grant_type="client_credentials", scope="no"), "invalid_scope")


async def test_what_waits_is_written_when_the_server_stops(database_policy: DatabasePolicy, clock: Clock):
    config = traced(database_policy.url)
    async with open_world(config, clock) as world, world.http() as http:
        answer = await http.get("/authorize")
    again = await lay_foundation(config, clock, watching=False)
    found = await again.db.read(traces.find, answer.headers["x-request-id"])
    await again.close()

    assert found is not None


async def test_every_worker_finds_what_another_one_answered(world: World, clock: Clock):
    async with world.http() as http:
        answer = await http.get("/authorize")
    await tracing_of(world).flush()
    other = await lay_foundation(world.foundation.config, clock, watching=False)
    tracing = room.open(other)
    assert tracing is not None
    found = await tracing.find(answer.headers["x-request-id"])
    await other.close()

    assert found is not None


# Off


async def test_off_nothing_is_noted(database_policy: DatabasePolicy, clock: Clock):
    async with open_world(traced(database_policy.url, inspector=False), clock) as world:
        assert world.server.tracing is None
        await world.browser().tokens()
        async with world.http() as http:
            await http.get("/authorize")

        assert await world.foundation.db.read(count) == 0


def test_it_is_off_unless_it_is_switched_on(tmp_path: Path):
    from gatelodge.config.policies import Config

    assert Config().server.inspector is False
