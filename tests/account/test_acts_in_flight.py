"""Who takes an account back has it: what was on its way in by then gives nobody a way in (ACC-05, ACC-21, FLT-27)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from psycopg import AsyncConnection
from tests.account.test_api import call, token_of
from tests.account.test_frame import signed_in
from tests.account.test_passkeys import made
from tests.authenticator import SoftwareKey
from tests.authn.factors import code_of
from tests.authn.test_passkeys import kept_by
from tests.authn.test_totp import seed_on
from tests.grants.test_races import AT_THE_GATE, WAITING, count, held_up
from tests.world import Browser, World

from gatelodge.authn import passkey_acts
from gatelodge.authn.factor_acts import Occasion
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.engines import open_database
from gatelodge.database.tx import Database, Tx
from gatelodge.mail.letters import Letters
from gatelodge.protocol.passkey import NewPasskey
from gatelodge.stores import authenticators, credentials, endings, recovery_codes, users
from gatelodge.stores.users import NewUser
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NEW = "four old bicycles in the rain"
KEY = NewPasskey(
    credential_id=b"mallory's", public_key=b"key", sign_count=0, aaguid="", name="Key", transports=(),
    backup_eligible=False, backed_up=False, uv_seen=True, rp_id="id.test",
)  # fmt: skip


async def entrances_of(tx: Tx, user_id: int) -> tuple[bool, bool, int]:
    app = await authenticators.find(tx, user_id) is not None
    return await credentials.password(tx, user_id) is not None, app, (await recovery_codes.left(tx, user_id))[0]


async def add_passkey(world: World, browser: Browser) -> Callable[[], Awaitable[httpx2.Response]]:
    page = await browser.get("/account/passkeys")
    said = await made(browser, page, SoftwareKey())
    return lambda: browser.post_form(page, act="add", passkey=said)


async def add_app(world: World, browser: Browser) -> Callable[[], Awaitable[httpx2.Response]]:
    page = await browser.post_form(await browser.get("/account/second_step"), act="begin")
    code = code_of(world.foundation, seed_on(page))
    return lambda: browser.post_form(page, act="add", code=code)


async def make_codes(world: World, browser: Browser) -> Callable[[], Awaitable[httpx2.Response]]:
    page = await browser.get("/account/second_step")
    return lambda: browser.post_form(page, act="codes", csrf=page.text.split('name="csrf" value="')[1].split('"')[0])


async def choose_password(world: World, browser: Browser) -> Callable[[], Awaitable[httpx2.Response]]:
    await world.foundation.db.write(credentials.remove_password, world.people["alice"].id)
    page = await browser.get("/account/password")
    return lambda: browser.post_form(page, act="change", new_password=NEW, again=NEW)


def taken_back_before(world: World, monkeypatch: pytest.MonkeyPatch, bodies: set[str]) -> None:
    """Have alice's account taken back in the instant before one of these bodies is run."""
    db, at = world.foundation.db, world.foundation.db.at

    class Late:
        def __init__(self, place: int) -> None:
            self.there = at(place)
            self.read = self.there.read

        async def write(self, body: Any, *args: Any, **kwargs: Any) -> Any:
            if body.__name__ in bodies:
                await self.there.write(endings.empty, world.people["alice"].id, world.foundation.clock.now())
            return await self.there.write(body, *args, **kwargs)

    monkeypatch.setattr(db, "at", Late)


@pytest.mark.parametrize("begins", [add_passkey, add_app, make_codes, choose_password], ids=lambda one: one.__name__)
async def test_ACC_21_an_act_that_was_let_in_before_all_ended_gives_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, begins: Any
) -> None:
    acts = await begins(world, await signed_in(world))
    taken_back_before(world, monkeypatch, {"add", "add_authenticator", "<lambda>", "change"})

    answer = await acts()

    assert answer.status_code in (303, 400, 404)
    assert await kept_by(world) == ()
    assert await world.foundation.db.read(entrances_of, world.people["alice"].id) == (False, False, 0)


async def test_ACC_21_nor_does_one_of_a_program(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await token_of(world)
    options = (await call(world, token, "passkeys/begin", {})).json()["options"]
    said = SoftwareKey().create(options)
    taken_back_before(world, monkeypatch, {"add"})

    refused = await call(world, token, "passkeys/add", {"passkey": said})

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert await kept_by(world) == ()


@pytest.fixture
async def people_at(postgres_policy: DatabasePolicy, anyio_backend: str) -> AsyncIterator[tuple[list[Database], int]]:
    """Two servers on one database, and the id of alice there."""
    async with AsyncExitStack() as opened:
        servers = [open_database(postgres_policy) for _ in range(2)]
        for server in servers:
            await server.start()
            opened.push_async_callback(server.close)
        yield servers, (await servers[0].write(users.add, NewUser(sub="sub", username="alice"), 1)).id


async def test_FLT_27_who_takes_it_back_waits_for_a_passkey_that_is_being_written(
    postgres_policy: DatabasePolicy, people_at: tuple[list[Database], int]
) -> None:
    """Only PostgreSQL runs two transactions at once: see `tests/grants/test_races.py`."""
    servers, alice = people_at
    occasion = Occasion(Letters(None), Origin("r"), 1)
    async with await AsyncConnection.connect(postgres_policy.url, autocommit=True) as gate:
        try:
            async with held_up(gate, "passkeys"):
                adding = asyncio.create_task(servers[0].write(passkey_acts.add, alice, KEY, occasion, asked=True))
                while not await count(gate, AT_THE_GATE):
                    pass  # asking takes as long as it takes
                ending = asyncio.create_task(servers[1].write(endings.close_entrances, alice, 1))
                while not ending.done() and await count(gate, WAITING) < 2:
                    pass
            await asyncio.gather(adding, ending, return_exceptions=True)
        finally:
            await gate.execute("drop function if exists held_up() cascade")
        rows = await (await gate.execute("select (select count(*) from passkeys), count(*) from names")).fetchone()
    assert rows == (0, 1), "no passkey, and no name of one"
