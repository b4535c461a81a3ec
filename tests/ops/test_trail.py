"""Reading the audit trail: newest first, narrowed, with people's names."""

import pytest

from gatelodge.mail.letters import Letters
from gatelodge.ops import trail, users
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.ops.trail import TrailFilter
from gatelodge.stores import audit
from gatelodge.stores.users import NewUser
from gatelodge.telemetry.events import ConsentGiven, Origin, SignedIn, SignInFailed

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
ORIGIN = Origin("r1", "192.0.2.7")


@pytest.fixture
async def ada(database) -> int:
    """Ada and what they did, a second apart."""
    ada = await database.write(users.add, NewUser(sub="s", username="ada"), None, ORIGIN, NOW)
    happened = (
        SignInFailed(user_id=ada.id, reason="password"),
        SignedIn(user_id=ada.id, amr="pwd"),
        ConsentGiven(user_id=ada.id, client_id="shop", scope="openid"),
        SignInFailed(reason="unknown"),
    )
    for second, event in enumerate(happened, 1):
        await database.write(audit.record, event, ORIGIN, NOW + second)
    return ada.id


async def events(database, limit: int = 100, **asked: str | int) -> list[str]:
    return [told.entry.event for told in await database.read(trail.read, TrailFilter(**asked), limit)]  # type: ignore[arg-type]


async def test_the_newest_comes_first_and_no_more_than_was_asked_for(database, ada) -> None:
    everything = ["sign_in_failed", "consent_given", "signed_in", "sign_in_failed", "user_added"]
    assert await events(database) == everything
    assert await events(database, 2) == everything[:2]


async def test_it_is_narrowed_by_person_client_event_and_time(database, ada) -> None:
    assert await events(database, login="ADA") == ["consent_given", "signed_in", "sign_in_failed", "user_added"]
    assert await events(database, client_id="shop") == ["consent_given"]
    assert await events(database, event="sign_in_failed") == ["sign_in_failed", "sign_in_failed"]
    assert await events(database, since=NOW + 3) == ["sign_in_failed", "consent_given"]
    assert await events(database, login="ada", event="sign_in_failed", since=NOW + 2) == []


async def test_a_person_is_named_and_one_who_is_gone_is_found_by_number(database, ada) -> None:
    (told,) = await database.read(trail.read, TrailFilter(client_id="shop"), 9)
    assert (told.username, trail.label(told)) == ("ada", "ada")

    await database.write(users.remove, "ada", Letters(None), ORIGIN, NOW + 9)
    (told,) = await database.read(trail.read, TrailFilter(client_id="shop"), 9)
    assert (told.username, trail.label(told)) == (None, f"#{ada}")
    assert (await events(database, login=f"#{ada}"))[0] == "user_removed"


async def test_nobody_is_no_person(database, ada) -> None:
    (told,) = await database.read(trail.read, TrailFilter(since=NOW + 4), 9)
    assert trail.label(told) == ""


@pytest.mark.parametrize("login", ["nobody", "7", "#", "#x", "#-1", "#" + "9" * 19, "#²"])
async def test_an_unknown_person_is_refused(database, login: str) -> None:
    with pytest.raises(NotThere):
        await database.read(trail.read, TrailFilter(login=login), 9)


@pytest.mark.parametrize(
    ("event", "says"), [("signin_failed", "did you mean sign_in_failed"), ("code_issued", "no event")]
)
async def test_an_event_that_is_never_kept_is_refused(database, event: str, says: str) -> None:
    with pytest.raises(OperationRefused, match=says):
        await database.read(trail.read, TrailFilter(event=event), 9)
