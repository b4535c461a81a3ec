"""The renewer, from threads and from tasks: in time, once, and right when things go wrong."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.client.conftest import Server, form_of, json_answer
from tests.client.keeping.conftest import CONFIG, Rotating, Told, lost
from tests.conftest import FakeClock

from gatelodge.client import (
    AsyncOAuthClient,
    HttpRequest,
    HttpResponse,
    Moment,
    OAuthClient,
    ServerUnavailable,
    TokenExpired,
)
from gatelodge.client.keeping import AsyncRenewer, Delayed, Lost, Renewed, Renewer, Seals, TokenStore, memory_store
from gatelodge.client.keeping.times import EARLIER, EARLY, LEASE

Make = Callable[[TokenStore], Renewer]


@pytest.fixture
def store() -> TokenStore:
    return memory_store()


@pytest.fixture
def renewer(renewer_of: Make, store: TokenStore) -> Renewer:
    return renewer_of(store)


@pytest.fixture
def alice(renewer: Renewer, rotating: Rotating) -> str:
    renewer.keep("alice", rotating.tokens())
    return "alice"


def test_a_token_is_handed_out_until_shortly_before_its_end(
    renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock
):
    clock.advance(600 - 11)
    assert renewer.access_token(alice) == "access-0"
    clock.advance(1)
    assert renewer.access_token(alice) == "access-1"
    assert renewer.access_token(alice) == "access-1"
    assert rotating.presented == ["refresh-0"]


def test_it_is_renewed_in_the_background_before_anybody_asks(
    renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock, told: Told
):
    clock.advance(600 - EARLY - EARLIER - 1)
    assert renewer.run_due() == 0
    clock.advance(EARLIER + 1)
    assert renewer.run_due() == 1
    assert renewer.run_due() == 0
    assert renewer.access_token(alice) == "access-1"
    assert told.events == [Renewed("alice")]


def test_what_was_granted_together_is_not_renewed_together(renewer: Renewer, rotating: Rotating, store: TokenStore):
    for number in range(30):
        renewer.keep(str(number), rotating.tokens())
    due = {held.row.due_at for held in store.rows._opened().__enter__().values()}  # type: ignore[attr-defined]
    assert len(due) > 10


def test_a_server_that_keeps_the_refresh_token_keeps_it(renewer: Renewer, alice: str, server: Server, clock: FakeClock):
    server.answers["/token"] = lambda _: json_answer(server.granted(refresh_token=None, id_token=None))
    for _ in range(3):
        clock.advance(600)
        assert renewer.access_token(alice) == "an-access-token"
    assert {form_of(request)["refresh_token"] for request in server.asked("/token")} == {"refresh-0"}


def test_a_token_an_api_refused_is_renewed_although_it_looks_good(renewer: Renewer, alice: str, rotating: Rotating):
    assert renewer.tokens(alice, refused="access-0").access_token == "access-1"
    assert renewer.tokens(alice, refused="access-0").access_token == "access-1"
    assert rotating.presented == ["refresh-0"]


def test_CL_11_many_threads_refresh_once(renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock):
    clock.advance(600)
    with ThreadPoolExecutor(20) as threads:
        assert set(threads.map(renewer.access_token, [alice] * 20)) == {"access-1"}
    assert rotating.presented == ["refresh-0"]


def test_CL_11_renewers_that_share_only_the_store_refresh_once(
    renewer_of: Make, store: TokenStore, alice: str, rotating: Rotating, clock: FakeClock
):
    rotating.forgives = False
    clock.advance(600)
    renewers = [renewer_of(store) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda one: one.access_token(alice), renewers)) == {"access-1"}
    assert rotating.presented == ["refresh-0"]


def test_a_grant_that_is_kept_anew_meanwhile_is_not_overwritten(
    renewer: Renewer, alice: str, rotating: Rotating, server: Server, clock: FakeClock
):
    """The person signs in again while the old grant is renewed: what the new sign-in brought stays."""
    clock.advance(600)
    answer = rotating.token

    def sign_in_meanwhile(request: HttpRequest) -> HttpResponse:
        first = answer(request)
        rotating.generation = 7
        renewer.keep(alice, rotating.tokens())
        return first

    server.answers["/token"] = sign_in_meanwhile
    assert renewer.access_token(alice) == "access-7"
    kept = renewer.find(alice)
    assert kept is not None
    assert kept.tokens.refresh_token == "refresh-7"


def test_a_grant_that_is_forgotten_meanwhile_stays_forgotten(
    renewer: Renewer, alice: str, rotating: Rotating, server: Server, clock: FakeClock
):
    clock.advance(600)
    answer = rotating.token

    def leave_meanwhile(request: HttpRequest) -> HttpResponse:
        renewer.forget(alice)
        return answer(request)

    server.answers["/token"] = leave_meanwhile
    assert renewer.run_due() == 1
    assert renewer.find(alice) is None


# When the answer was lost


def test_a_lost_answer_is_asked_for_again_at_once(renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock):
    clock.advance(600)
    rotating.on_the_way_back = [lost()]
    assert renewer.access_token(alice) == "access-1"
    assert rotating.presented == ["refresh-0", "refresh-0"]


def test_a_grant_whose_answers_stay_away_is_tried_again_with_the_same_token(
    renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock, told: Told
):
    clock.advance(600)
    rotating.on_the_way_back = [lost(), lost()]
    assert renewer.run_due() == 0
    (delayed,) = told.events
    assert isinstance(delayed, Delayed)

    clock.at = delayed.again_at
    assert renewer.run_due() == 1
    assert renewer.access_token(alice) == "access-1"
    assert set(rotating.presented) == {"refresh-0"}


def test_a_server_that_does_not_answer_twice_costs_the_grant_and_the_application_hears_why(
    renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock, told: Told
):
    rotating.forgives = False
    rotating.on_the_way_back = [lost()]
    clock.advance(590)
    rotating.instead = [lost(), lost()]
    assert renewer.run_due() == 0
    clock.advance(60)
    rotating.generation = 1
    assert renewer.run_due() == 0
    assert isinstance(told.events[-1], Lost)
    assert told.events[-1].answer_was_lost
    with pytest.raises(TokenExpired):
        renewer.access_token(alice)


def test_a_process_that_was_killed_while_it_renewed_is_taken_over_from_in_time(
    renewer_of: Make, store: TokenStore, alice: str, rotating: Rotating, clock: FakeClock
):
    """Its lease runs out sooner than the server forgets what it answered."""
    clock.advance(600 - EARLY)

    class Killed(BaseException):
        pass

    rotating.on_the_way_back = [Killed()]  # type: ignore[list-item]
    with pytest.raises(Killed):
        renewer_of(store).run_due()
    assert rotating.generation == 1

    survivor = renewer_of(store)
    clock.advance(LEASE - 1)
    assert survivor.run_due() == 0
    clock.advance(1)
    assert survivor.run_due() == 1
    assert LEASE < 30
    assert survivor.access_token(alice) == "access-1"


def test_a_lease_is_kept_while_somebody_renews_and_by_nobody_else(
    renewer_of: Make,
    store: TokenStore,
    alice: str,
    rotating: Rotating,
    server: Server,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
):
    """A slow server is waited for; another renewal in the same process keeps no lease of one that was stopped."""
    monkeypatch.setattr("gatelodge.client.keeping.reports.BEAT", 0.01)
    clock.advance(600)
    slow, other = renewer_of(store), renewer_of(store)
    answer = rotating.token

    def take_long(request: HttpRequest) -> HttpResponse:
        for _ in range(3):
            clock.advance(LEASE - 1)
            time.sleep(0.2)
            assert other.run_due() == 0
        return answer(request)

    server.answers["/token"] = take_long
    assert slow.run_due() == 1

    first, second = slow._grants.take(alice, "access-1"), None
    assert first is not None
    renewer_of(store).keep("bob", rotating.tokens())
    second = slow._grants.take("bob", "access-1")
    with slow._reports.holding(second):  # type: ignore[arg-type]
        clock.advance(LEASE - 1)
        time.sleep(0.2)
        clock.advance(1)
        assert other._grants.take("bob", "access-1") is None
        assert other._grants.take(alice, "access-1") is not None


def test_a_thousand_grants_that_do_not_open_stand_in_nobodys_way(
    renewer_of: Make, rotating: Rotating, clock: FakeClock, store: TokenStore
):
    """After the key was lost: what is kept under the new one goes on."""
    old = renewer_of(TokenStore(store.rows, Seals(["an old key that nobody has any more."])))
    for number in range(1200):
        old.keep(str(number), rotating.tokens())
    renewer = renewer_of(store)
    renewer.keep("alice", rotating.tokens())
    clock.advance(600)
    assert renewer.run_due() == 1


# When the refresh token is dead


def test_a_dead_grant_is_told_once_and_the_rest_goes_on(
    renewer: Renewer, alice: str, rotating: Rotating, server: Server, clock: FakeClock, told: Told
):
    bob = rotating.tokens()
    renewer.keep("bob", bob)

    def answer(request: HttpRequest) -> HttpResponse:
        if form_of(request)["refresh_token"] == "refresh-0" and len(server.asked("/token")) == 1:
            return json_answer({"error": "invalid_grant"}, 400)
        return json_answer(server.granted(id_token=None))

    server.answers["/token"] = answer
    clock.advance(600)
    assert renewer.run_due() == 1
    assert renewer.run_due() == 0
    gone, going = sorted(told.events, key=lambda event: type(event).__name__)
    assert isinstance(gone, Lost)
    assert isinstance(going, Renewed)
    assert (gone.error.error, gone.answer_was_lost) == ("invalid_grant", False)
    assert gone.name != going.name

    kept = renewer.find(gone.name)
    assert kept is not None
    assert kept.is_dead
    assert kept.tokens.refresh_token is None
    with pytest.raises(TokenExpired, match="sign in again"):
        renewer.access_token(gone.name)
    assert renewer.access_token(going.name) == "an-access-token"
    assert len(server.asked("/token")) == 2


def test_the_access_token_of_a_dead_grant_works_to_its_end(
    renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock
):
    rotating.generation = 9
    clock.advance(600 - EARLY)
    assert renewer.run_due() == 0
    assert renewer.access_token(alice) == "access-0"


def test_an_application_that_fails_when_it_is_told_stops_nothing(
    server: Server, moment: Moment, rotating: Rotating, clock: FakeClock, renewer_of: Make, store: TokenStore
):
    renewer = renewer_of(store)
    renewer._reports._tell = lambda event: 1 / 0
    renewer.keep("alice", rotating.tokens())
    clock.advance(600)
    assert renewer.run_due() == 1


def test_without_a_refresh_token_nothing_is_tried(
    renewer: Renewer, server: Server, clock: FakeClock, rotating: Rotating
):
    renewer.keep("alice", replace(rotating.tokens(), refresh_token=None))
    assert renewer.access_token("alice") == "access-0"
    clock.advance(600)
    assert renewer.run_due() == 0
    with pytest.raises(TokenExpired):
        renewer.access_token("alice")
    with pytest.raises(TokenExpired):
        renewer.access_token("nobody")
    assert server.asked("/token") == []


# When the server is down


def test_a_server_that_is_down_is_left_alone_for_longer_and_longer(
    renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock, told: Told
):
    clock.advance(600)
    rotating.instead = [HttpResponse(503)] * 40
    pauses: list[int] = []
    for _ in range(8):
        assert renewer.run_due() == 0
        delayed = told.events[-1]
        assert isinstance(delayed, Delayed)
        assert isinstance(delayed.error, ServerUnavailable)
        pauses.append(delayed.again_at - clock.now())
        asked = len(rotating.presented)
        with pytest.raises(ServerUnavailable, match="a moment ago"):
            renewer.access_token(alice)
        assert len(rotating.presented) == asked
        clock.at = delayed.again_at
    assert all(2 ** min(number, 6) <= pause * 1.07 for number, pause in enumerate(pauses, 1) if number < 6)
    assert max(pauses) <= 90

    rotating.instead = []
    assert renewer.run_due() == 1
    assert renewer.access_token(alice) == "access-1"


def test_one_grant_finds_out_that_the_server_is_down_for_all(
    renewer: Renewer, rotating: Rotating, clock: FakeClock, told: Told
):
    for number in range(50):
        renewer.keep(str(number), rotating.tokens())
    clock.advance(600)
    rotating.instead = [HttpResponse(503)] * 5
    assert renewer.run_due() == 0
    assert len(told.events) == 1
    assert len(rotating.presented) <= 2


def test_what_the_server_asks_for_is_waited(
    renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock, told: Told
):
    clock.advance(600)
    rotating.instead = [HttpResponse(429, {"retry-after": "300"})] * 2
    renewer.run_due()
    (delayed,) = told.events
    assert isinstance(delayed, Delayed)
    assert 300 <= delayed.again_at - clock.now() <= 450
    assert len(rotating.presented) == 1


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client", "invalid_request"])
def test_a_client_that_is_refused_loses_no_grant(
    renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock, told: Told, error: str
):
    clock.advance(600)
    rotating.instead = [json_answer({"error": error}, 401)]
    assert renewer.run_due() == 0
    assert isinstance(told.events[-1], Delayed)
    clock.advance(600)
    assert renewer.run_due() == 1


# In the background


def test_the_background_renews_by_itself_and_stops(renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock):
    clock.advance(600 - EARLY)
    with renewer:
        deadline = time.monotonic() + 10
        while rotating.generation == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert rotating.generation == 1
    assert renewer._hands
    assert not any(hand.is_alive() for hand in renewer._hands)


def test_a_store_that_fails_in_the_background_is_tried_again(
    renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("gatelodge.client.keeping.renewer.POLL", 0.02)
    failures = [OSError("no disk")] * 8
    real = renewer._grants.take_due

    def take_due() -> object:
        if failures:
            raise failures.pop()
        return real()

    monkeypatch.setattr(renewer._grants, "take_due", take_due)
    clock.advance(600 - EARLY)
    with renewer:
        deadline = time.monotonic() + 10
        while rotating.generation == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert rotating.generation == 1


# From tasks


@pytest.fixture
def awaiting(server: Server, store: TokenStore, moment: Moment, told: Told) -> Callable[[], AsyncRenewer]:
    return lambda: AsyncRenewer(AsyncOAuthClient(CONFIG, send=server.task, moment=moment), store, told, moment=moment)


@pytest.mark.anyio
async def test_CL_11_many_tasks_refresh_once(
    awaiting: Callable[[], AsyncRenewer], rotating: Rotating, clock: FakeClock
):
    rotating.forgives = False
    renewer, other = awaiting(), awaiting()
    await renewer.keep("alice", rotating.tokens())
    clock.advance(600)
    tokens = await asyncio.gather(*(one.access_token("alice") for one in (renewer, other) for _ in range(10)))
    assert set(tokens) == {"access-1"}
    assert rotating.presented == ["refresh-0"]


@pytest.mark.anyio
async def test_threads_and_tasks_that_share_the_store_refresh_once(
    awaiting: Callable[[], AsyncRenewer], renewer: Renewer, alice: str, rotating: Rotating, clock: FakeClock
):
    rotating.forgives = False
    clock.advance(600)
    asked = [asyncio.to_thread(renewer.access_token, alice), awaiting().access_token(alice)]
    assert await asyncio.gather(*asked) == ["access-1", "access-1"]
    assert rotating.presented == ["refresh-0"]


@pytest.mark.anyio
async def test_tasks_renew_in_the_background_and_hear_of_what_is_dead(
    awaiting: Callable[[], AsyncRenewer], rotating: Rotating, clock: FakeClock, told: Told
):
    renewer = awaiting()
    await renewer.keep("alice", rotating.tokens())
    rotating.generation = 5
    await renewer.keep("bob", rotating.tokens())
    clock.advance(600)
    async with renewer:
        for _ in range(1000):
            if len(told.events) == 2:
                break
            await asyncio.sleep(0.01)
    assert sorted(type(event).__name__ for event in told.events) == ["Lost", "Renewed"]
    assert await renewer.access_token("bob") == "access-6"
    with pytest.raises(TokenExpired):
        await renewer.access_token("alice")
    assert (await renewer.forget("bob")) is not None
    assert (await renewer.find("bob")) is None


def test_tokens_of_another_client_in_the_same_store_are_left_alone(
    renewer: Renewer, alice: str, store: TokenStore, server: Server, moment: Moment, clock: FakeClock
):
    other = Renewer(OAuthClient(replace(CONFIG, client_id="other"), send=server, moment=moment), store, moment=moment)
    clock.advance(600)
    assert other.find(alice) is None
    assert other.run_due() == 0
