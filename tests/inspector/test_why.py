"""`gatelodge why`: the same from the command line, beside a running server and after it."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Answered, Gatelodge, gatelodge
from tests.inspector.conftest import traced, tracing_of
from tests.world import RP, World, open_world, request_for

from gatelodge.clock import SystemClock
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database import migrate
from gatelodge.inspector.tracing import INTERVAL
from gatelodge.telemetry.watches import Watch, Watches

pytestmark = pytest.mark.anyio
__all__ = ["gatelodge"]
Why = Callable[..., Awaitable[Answered]]
UNKNOWN = "0123456789abcdef"


async def refused(world: World) -> str:
    """The id of a request that was refused, whose trace is written."""
    async with world.http() as http:
        answer = await http.get("/authorize", params=request_for(redirect_uri=RP + "/"))
    await tracing_of(world).flush()
    return answer.headers["x-request-id"]


async def leave_a_trace(url: str) -> str:
    policy = DatabasePolicy(url=url)
    migrate.up(policy)
    async with open_world(traced(url), SystemClock()) as world:
        return await refused(world)


@pytest.fixture
def why(gatelodge: Gatelodge) -> Why:
    """`gatelodge why ...` in a thread of its own: the command line has an event loop of its own, too."""

    def ask(*words: str, env: dict[str, str | None] | None = None) -> Awaitable[Answered]:
        return asyncio.to_thread(gatelodge, "why", *words, env=env)

    return ask


@pytest.fixture
async def request_id(why: Why, tmp_path: Path, anyio_backend: str) -> str:
    """The id of a request to a server that has ended."""
    return await leave_a_trace(f"sqlite:///{tmp_path / 'test.db'}")


async def test_a_person_reads_what_held_and_what_refused(why: Why, request_id: str):
    said = await why(request_id)

    assert said.code == 0
    assert "✓ client_id names a client that is known and enabled  RFC 6749 4.1.2.1  client.known" in said.out
    assert "✗ redirect_uri equals a registered value, byte for byte  RFC 9700 4.1.3  redirect.exact" in said.out
    assert "yours has a trailing slash" in said.out
    assert said.out.startswith("GET authorization code web1  400 invalid_request  ")


async def test_a_program_reads_the_same(why: Why, request_id: str):
    said = (await why(request_id, "--json")).json

    assert (said["request_id"], said["outcome"], said["rule"]) == (request_id, "refused", "redirect.exact")
    assert said["section"] == "RFC 9700 4.1.3"
    assert [check["outcome"] for check in said["checks"]] == ["held"] * 5 + ["refused"]
    assert said["parameters"] == sorted(request_for())
    assert said["events"] == []


async def test_it_works_beside_a_running_server(why: Why, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.up(DatabasePolicy(url=url))
    async with open_world(traced(url), SystemClock()) as world:
        name = await refused(world)
        said = await why(name, "--json")

    assert said.json["request_id"] == name


async def test_a_request_of_a_moment_ago_is_waited_for(why: Why, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'test.db'}"
    migrate.up(DatabasePolicy(url=url))
    async with open_world(traced(url), SystemClock()) as world:
        writing = Watches(SystemClock())
        writing.start(Watch("traces", tracing_of(world).flush, INTERVAL))
        for _ in range(3):
            async with world.http() as http:
                answer = await http.get("/authorize", params=request_for(redirect_uri=RP + "/"))
            said = await why(answer.headers["x-request-id"], env={"GATELODGE_SERVER_INSPECTOR": "true"})
            assert said.code == 0
        await writing.end()


async def test_an_unknown_request_is_said_to_be_unknown(why: Why, request_id: str):
    on = {"GATELODGE_SERVER_INSPECTOR": "on"}
    said = await why(UNKNOWN, "--json", env=on)

    assert (said.code, said.failure["error"]) == (1, "not_found")
    assert "the last 1,000 refusals and 500 other requests" in said.failure["message"]


async def test_it_says_when_the_inspector_is_off(why: Why, request_id: str):
    said = await why(UNKNOWN, "--json")

    assert (said.code, said.failure["error"]) == (1, "not_found")
    assert "server.inspector is off" in said.failure["message"]


@pytest.mark.parametrize("name", ["x", "", "0123456789ABCDEF", UNKNOWN + "0", "'; drop table traces; --", "cli"])
async def test_what_can_be_no_request_id_is_refused(why: Why, name: str):
    assert (await why("--json", "--", name)).failure["error"] == "refused"


async def test_a_demo_is_asked_where_nothing_is_configured(why: Why, tmp_path: Path):
    bare = {name: None for name in os.environ if name.startswith("GATELODGE_")}
    bare |= dict.fromkeys(
        ("GATELODGE_ISSUER", "GATELODGE_DATABASE", "GATELODGE_SECRET_KEY", "GATELODGE_SIGN_IN_ARGON2_MEMORY_KIB")
    )
    bare["GATELODGE_SIGN_IN_ARGON2_PASSES"] = None
    folder = tmp_path / "var" / "demo"
    folder.mkdir(parents=True)
    name = await leave_a_trace(f"sqlite:///{folder / 'demo.db'}")

    assert (await why(name, "--json", env=bare)).json["request_id"] == name
    assert (await why(name, "--json", "--data", "var/demo")).json["request_id"] == name
    assert (await why(name, "--json")).failure["error"] == "not_found"  # something is configured: that is asked
    assert (await why(name, "--json", "--data", "other")).failure["error"] == "not_found"


async def test_the_example_in_the_docs_is_what_is_said(why: Why, tmp_path: Path):
    from tests.docs.examples import ROOT

    shown = (ROOT / "docs" / "inspector.md").read_text("utf-8")
    name = await leave_a_trace(f"sqlite:///{tmp_path / 'test.db'}")
    lines = [line for line in (await why(name)).out.splitlines() if line.startswith(("✓", "✗"))]

    assert [line for line in lines if line not in shown] == []
