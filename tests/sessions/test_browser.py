"""Who is signed in in which browser, on both engines."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from tests.consenting import allow

from gatelodge.authn.contract import SignInRefused
from gatelodge.authn.known import KnownBrowsers
from gatelodge.clock import Entropy
from gatelodge.config.policies import SessionPolicy
from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES, unb64
from gatelodge.mail.letters import Letters
from gatelodge.protocol.client import Client
from gatelodge.protocol.params import EMPTY
from gatelodge.protocol.proof import AuthnEvent
from gatelodge.protocol.reply import Cookie
from gatelodge.sessions.browser import BrowserId, Browsers
from gatelodge.sessions.cookies import BROWSER, KNOWN, KNOWN_LIFETIME, SESSION
from gatelodge.sessions.cookies import browser as browser_cookie
from gatelodge.stores import audit, clients, credentials, endings, sessions, users
from gatelodge.stores.users import NewUser, UserRecord
from gatelodge.telemetry.events import Origin

MINT = Mint(b"epoch", b"m" * 32)

pytestmark = pytest.mark.anyio

POLICY = SessionPolicy()
ACR = "urn:gatelodge:acr:password"
MINUTE, HOUR = 60, 3_600
HEADERS = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 " + "x" * 1000}
PROVEN_AT = 1_700_000_000


class Visitor:
    """A browser: it keeps the cookies it is given and sends them back."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def request(self, headers: Mapping[str, str] = HEADERS) -> Request:
        return Request("GET", "/", EMPTY, EMPTY, headers, dict(self.cookies), Origin("req", "192.0.2.1"))

    def keep(self, given: Sequence[Cookie]) -> None:
        self.cookies |= {cookie.name: cookie.value for cookie in given}


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


@pytest.fixture
def browsers(database: Database, clock, entropy: Entropy) -> Browsers:
    return Browsers(database, MINT, KnownBrowsers([b"k" * 32], entropy), clock, entropy, POLICY, Letters(None))


@pytest.fixture
async def alice(database: Database, clock) -> UserRecord:
    return await database.write(users.add, NewUser(sub="sub-alice", username="alice"), clock.now())


@pytest.fixture
async def bob(database: Database, clock) -> UserRecord:
    return await database.write(users.add, NewUser(sub="sub-bob", username="bob"), clock.now())


def proven(user: UserRecord, amr: str = "pwd", password_hash: str | None = None) -> AuthnEvent:
    return AuthnEvent(user.id, user.sub, amr, ACR, PROVEN_AT, password_hash)


async def enter(browsers: Browsers, visitor: Visitor, user: UserRecord) -> str:
    _, cookies = await browsers.sign_in(visitor.request(), proven(user))
    visitor.keep(cookies)
    return visitor.cookies[SESSION]


def test_a_browser_gets_a_name_once_and_keeps_it(browsers: Browsers, visitor: Visitor) -> None:
    first = browsers.identify(visitor.request())
    assert [cookie.name.rpartition("-")[0] for cookie in first.cookies] == [BROWSER]
    visitor.keep(first.cookies)
    again = browsers.identify(visitor.request())
    assert (again.secret, again.cookies, again.digest) == (first.secret, (), first.digest)


def test_two_browsers_are_two(browsers: Browsers) -> None:
    one, other = (browsers.identify(Visitor().request()) for _ in range(2))
    assert one.secret != other.secret
    assert one.digest != other.digest
    assert one.secret not in one.digest
    assert one.secret not in repr(replace(one, cookies=()))


def test_a_browser_answers_to_each_of_its_names_and_to_no_other(browsers: Browsers, visitor: Visitor) -> None:
    *tabs, stranger = (browsers.identify(Visitor().request()) for _ in range(4))
    posts = [browsers.posting() for _ in range(2)]
    visitor.keep(posts[0].cookies)
    assert browsers.brings_nothing(visitor.request())
    assert browsers.identify(visitor.request()).called(posts[0].digest) == BrowserId(posts[0].secret, ())
    visitor.keep([cookie for one in (*tabs, posts[1]) for cookie in one.cookies])
    assert not browsers.brings_nothing(visitor.request())
    whole = browsers.identify(visitor.request())
    assert [whole.called(one.digest) for one in (*tabs, *posts)] == [
        BrowserId(one.secret, ()) for one in (*tabs, *posts)
    ]
    assert whole.called(stranger.digest) is None
    assert [len(unb64(one.secret) or b"") for one in posts] == [24, 24]


def test_a_browser_with_a_session_brings_something(browsers: Browsers, visitor: Visitor) -> None:
    visitor.cookies[SESSION] = "x"
    assert not browsers.brings_nothing(visitor.request())


@pytest.mark.parametrize("planted", ["", "x", "A" * 31, "A" * 33, "A" * 31 + "=", "é" * 32, "A" * 4000])
def test_a_name_that_is_not_of_our_making_is_replaced(browsers: Browsers, visitor: Visitor, planted: str) -> None:
    visitor.keep((browser_cookie(planted),))
    identified = browsers.identify(visitor.request())
    assert identified.secret != planted
    assert [cookie.value for cookie in identified.cookies] == [identified.secret]


async def test_a_person_is_signed_in_until_they_sign_out(
    browsers: Browsers, visitor: Visitor, alice: UserRecord
) -> None:
    assert await browsers.signed_in(visitor.request()) is None
    person, cookies = await browsers.sign_in(visitor.request(), proven(alice))
    visitor.keep(cookies)
    assert await browsers.signed_in(visitor.request()) == person
    assert (person.user_id, person.sub, person.amr, person.acr) == (alice.id, "sub-alice", "pwd", ACR)
    old = visitor.cookies[SESSION]
    [gone] = (await browsers.sign_out(visitor.request())).cookies
    assert (gone.name, gone.value, gone.max_age) == (SESSION, "", 0)
    visitor.cookies[SESSION] = old
    assert await browsers.signed_in(visitor.request()) is None


async def test_several_methods_come_back_in_their_order(
    browsers: Browsers, visitor: Visitor, alice: UserRecord
) -> None:
    _, cookies = await browsers.sign_in(visitor.request(), proven(alice, "pwd otp mfa"))
    visitor.keep(cookies)
    person = await browsers.signed_in(visitor.request())
    assert person is not None
    assert person.amr == "pwd otp mfa"


async def test_WEB_04_the_value_changes_at_every_sign_in_and_the_old_one_is_dead(
    browsers: Browsers, visitor: Visitor, alice: UserRecord
) -> None:
    first = await enter(browsers, visitor, alice)
    second = await enter(browsers, visitor, alice)
    assert first != second
    assert await browsers.signed_in(visitor.request()) is not None
    visitor.cookies[SESSION] = first
    assert await browsers.signed_in(visitor.request()) is None


async def test_WEB_04_a_planted_value_is_never_adopted(browsers: Browsers, visitor: Visitor, alice: UserRecord) -> None:
    planted = MINT.compose(1, b"p" * SECRET_BYTES)
    visitor.cookies[SESSION] = planted
    assert await enter(browsers, visitor, alice) != planted
    visitor.cookies[SESSION] = planted
    assert await browsers.signed_in(visitor.request()) is None


async def test_WEB_04_a_sign_in_ends_what_another_person_left_in_the_browser(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, bob: UserRecord
) -> None:
    alices = await enter(browsers, visitor, alice)
    await enter(browsers, visitor, bob)
    person = await browsers.signed_in(visitor.request())
    assert person is not None
    assert person.sub == "sub-bob"
    visitor.cookies[SESSION] = alices
    assert await browsers.signed_in(visitor.request()) is None


async def test_a_sign_in_leaves_other_browsers_alone(browsers: Browsers, visitor: Visitor, alice: UserRecord) -> None:
    await enter(browsers, visitor, alice)
    await enter(browsers, Visitor(), alice)
    assert await browsers.signed_in(visitor.request()) is not None


async def test_WEB_05_cookie_values_are_long_unguessable_and_small(
    browsers: Browsers, visitor: Visitor, alice: UserRecord
) -> None:
    _, cookies = await browsers.sign_in(visitor.request(), proven(alice))
    given = {cookie.name: cookie for cookie in (*browsers.identify(visitor.request()).cookies, *cookies)}
    (name,) = set(given) - {SESSION, KNOWN}
    assert name.startswith(BROWSER)
    assert len(unb64(given[name].value) or b"") * 8 >= 128
    assert SECRET_BYTES * 8 >= 128
    assert sum(len(cookie.value) for cookie in given.values()) < 4096
    assert given[SESSION].max_age == POLICY.lifetime
    assert given[KNOWN].max_age == KNOWN_LIFETIME


async def test_a_session_is_kept_as_a_digest(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, database: Database
) -> None:
    value = await enter(browsers, visitor, alice)
    rows = await database.read(lambda tx: _all(tx, "select digest, sid, address, browser, system from sessions"))
    raw = unb64(value) or b""
    (kept_digest, sid, *device) = rows[0]
    assert bytes(kept_digest) not in raw
    assert raw[:SECRET_BYTES] not in bytes(kept_digest)
    assert sid not in value
    assert device == ["192.0.2.1", "Firefox", "Linux"]


async def test_a_browser_that_says_nothing_of_itself_is_kept_as_that(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, database: Database
) -> None:
    await browsers.sign_in(visitor.request(headers={}), proven(alice))
    assert await database.read(lambda tx: _all(tx, "select browser, system from sessions")) == [("", "")]


async def test_a_browser_is_known_to_everybody_who_signed_in_there(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, bob: UserRecord, entropy: Entropy
) -> None:
    for person in (alice, bob):
        await enter(browsers, visitor, person)
    known = KnownBrowsers([b"k" * 32], entropy)
    names = {known.recognise(visitor.cookies[KNOWN], person.id) for person in (alice, bob)}
    assert len(names) == 1
    assert None not in names


@pytest.mark.parametrize("cut", [slice(1, None), slice(None, -1), slice(0, 0)])
async def test_a_value_that_was_tampered_with_names_nobody(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, cut: slice
) -> None:
    value = await enter(browsers, visitor, alice)
    visitor.cookies[SESSION] = value[cut]
    assert await browsers.signed_in(visitor.request()) is None


async def test_a_right_row_with_a_wrong_secret_names_nobody(
    browsers: Browsers, visitor: Visitor, alice: UserRecord
) -> None:
    person, _ = await browsers.sign_in(visitor.request(), proven(alice))
    visitor.cookies[SESSION] = MINT.compose(person.session_id, b"g" * SECRET_BYTES)
    assert await browsers.signed_in(visitor.request()) is None
    await browsers.sign_out(visitor.request())


async def test_a_value_of_another_epoch_names_nobody(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, database: Database, clock, entropy: Entropy
) -> None:
    await enter(browsers, visitor, alice)
    restored = Browsers(
        database,
        Mint(b"restored", b"m" * 32),
        KnownBrowsers([b"k" * 32], entropy),
        clock,
        entropy,
        POLICY,
        Letters(None),
    )
    assert await restored.signed_in(visitor.request()) is None


async def test_ACC_21_a_disabled_persons_session_is_dead_at_the_next_request(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, database: Database, clock
) -> None:
    await enter(browsers, visitor, alice)
    await database.write(endings.disable, alice.id, clock.now())
    assert await browsers.signed_in(visitor.request()) is None
    assert await browsers.standing(visitor.request(), "web1") == (None, None)


async def test_ASVS_7_3_1_an_unused_session_ends(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, clock
) -> None:
    await enter(browsers, visitor, alice)
    clock.advance(POLICY.idle_lifetime - 1)
    assert await browsers.signed_in(visitor.request()) is not None
    clock.advance(POLICY.idle_lifetime)
    assert await browsers.signed_in(visitor.request()) is None


async def test_ASVS_7_3_2_a_session_in_use_ends_when_it_is_too_old(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, clock
) -> None:
    await enter(browsers, visitor, alice)
    for _ in range(POLICY.lifetime // (12 * HOUR) - 1):
        clock.advance(12 * HOUR)
        assert await browsers.signed_in(visitor.request()) is not None
    clock.advance(12 * HOUR)
    assert await browsers.signed_in(visitor.request()) is None


async def test_a_session_in_use_is_written_to_once_a_minute_and_read_with_one_statement(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, database: Database, clock
) -> None:
    await enter(browsers, visitor, alice)

    async def statements() -> int:
        before = database.statements
        assert await browsers.signed_in(visitor.request()) is not None
        return database.statements - before

    assert [await statements() for _ in range(3)] == [1, 1, 1]
    clock.advance(59)
    assert await statements() == 1
    clock.advance(1)
    assert [await statements() for _ in range(3)] == [2, 1, 1]


async def test_ACC_07_a_password_that_was_replaced_meanwhile_signs_nobody_in(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, database: Database, clock
) -> None:
    await database.write(credentials.set_password, alice.id, "old hash", clock.now())
    old = proven(alice, password_hash="old hash")
    visitor.keep((await browsers.sign_in(visitor.request(), old))[1])
    await database.write(credentials.set_password, alice.id, "new hash", clock.now())

    with pytest.raises(SignInRefused):
        await browsers.sign_in(visitor.request(), old)
    assert await browsers.signed_in(visitor.request()) is not None  # what was there before is left alone


async def test_what_is_proven_for_a_session_counts_there_alone_and_while_it_is_there(
    browsers: Browsers, visitor: Visitor, alice: UserRecord
) -> None:
    person, cookies = await browsers.sign_in(visitor.request(), proven(alice))
    visitor.keep(cookies)
    more = replace(proven(alice, "pwd otp mfa"), session_id=person.session_id)
    elsewhere = Visitor()
    await enter(browsers, elsewhere, alice)
    for other in (elsewhere, Visitor()):
        with pytest.raises(SignInRefused):
            await browsers.sign_in(other.request(), more)
    again, cookies = await browsers.sign_in(visitor.request(), more)
    assert (again.session_id, again.sid, again.amr) == (person.session_id, person.sid, "pwd otp mfa")
    visitor.keep(cookies)
    await browsers.sign_out(visitor.request())
    with pytest.raises(SignInRefused):
        await browsers.sign_in(visitor.request(), more)


async def test_a_sign_in_whose_way_was_taken_already_signs_nobody_in(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, database: Database
) -> None:
    async def spent(_tx, _held, _now: int) -> bool:
        return False

    with pytest.raises(SignInRefused):
        await browsers.sign_in(visitor.request(), proven(alice), spent)
    assert await database.read(lambda tx: _all(tx, "select id from sessions")) == []


async def test_a_session_that_ends_while_it_is_read_names_nobody(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, database: Database, clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enter(browsers, visitor, alice)
    clock.advance(MINUTE)
    find = sessions.find

    async def find_then_end(tx, *args):
        row = await find(tx, *args)
        await sessions.end_all_of_user(tx, alice.id)
        return row

    monkeypatch.setattr(sessions, "find", find_then_end)
    monkeypatch.setattr(type(database), "read", type(database).write)
    assert await browsers.signed_in(visitor.request()) is None


async def test_standing_is_the_person_and_their_consent_in_one_statement(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, database: Database, clock
) -> None:
    assert await browsers.standing(visitor.request(), "web1") == (None, None)
    await database.write(clients.add, Client("web1", "Web", "web", "none"), clock.now())
    person, cookies = await browsers.sign_in(visitor.request(), proven(alice))
    visitor.keep(cookies)
    assert await browsers.standing(visitor.request(), "web1") == (person, None)
    await database.write(allow, alice.id, "web1", frozenset({"openid"}), frozenset(), clock.now())
    before = database.statements
    found, consent = await browsers.standing(visitor.request(), "web1")
    assert database.statements - before == 1
    assert found == person
    assert consent is not None
    assert consent.scopes == {"openid"}


async def test_signing_in_and_out_is_audited_and_told_once_each(
    browsers: Browsers, visitor: Visitor, alice: UserRecord, database: Database
) -> None:
    with capture_logs() as told:
        await enter(browsers, visitor, alice)
        await browsers.sign_out(visitor.request())
        await browsers.sign_out(visitor.request())
    trail = await database.read(audit.list_recent, 10)
    assert [(line.event, line.user_id, line.address, line.detail) for line in trail] == [
        ("signed_out", alice.id, "192.0.2.1", {}),
        ("signed_in", alice.id, "192.0.2.1", {"amr": "pwd", "sid": trail[-1].detail["sid"]}),
    ]
    assert [(line["event"], line["user_id"]) for line in told] == [("signed_in", alice.id), ("signed_out", alice.id)]


async def test_every_act_may_be_run_again(
    rerunning_database: Database, visitor: Visitor, alice: UserRecord, clock, entropy: Entropy
) -> None:
    browsers = Browsers(
        rerunning_database, MINT, KnownBrowsers([b"k" * 32], entropy), clock, entropy, POLICY, Letters(None)
    )
    await enter(browsers, visitor, alice)
    await enter(browsers, visitor, alice)
    clock.advance(MINUTE)
    assert await browsers.signed_in(visitor.request()) is not None
    await browsers.sign_out(visitor.request())
    trail = await rerunning_database.read(audit.list_recent, 10)
    assert [line.event for line in trail] == ["signed_out", "signed_in", "signed_in"]


async def test_a_browser_without_a_session_costs_no_statement(
    browsers: Browsers, visitor: Visitor, database: Database
) -> None:
    before = database.statements
    visitor.cookies[SESSION] = "nonsense"
    assert await browsers.signed_in(visitor.request()) is None
    await browsers.sign_out(visitor.request())
    assert database.statements == before


async def _all(tx, sql: str):
    return await tx.all(sql)
