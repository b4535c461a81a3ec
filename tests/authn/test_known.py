"""A browser is known to the accounts that signed in there, and to no other."""

from tests.cost import seconds_of

from gatelodge.authn.known import KnownBrowsers
from gatelodge.clock import SystemEntropy
from gatelodge.keys.secrets import b64

ALICE, BOB = 1, 2
KNOWN_BROWSERS = KnownBrowsers([b"k" * 32], SystemEntropy())


def test_a_browser_is_known_to_who_signed_in_there() -> None:
    cookie = KNOWN_BROWSERS.remember(None, ALICE)
    assert KNOWN_BROWSERS.recognise(cookie, ALICE) is not None
    assert KNOWN_BROWSERS.recognise(cookie, BOB) is None


def test_a_second_account_is_known_beside_the_first_under_the_same_name() -> None:
    first = KNOWN_BROWSERS.remember(None, ALICE)
    both = KNOWN_BROWSERS.remember(first, BOB)
    names = {KNOWN_BROWSERS.recognise(both, ALICE), KNOWN_BROWSERS.recognise(both, BOB)}
    assert names == {KNOWN_BROWSERS.recognise(first, ALICE)}


def test_signing_in_again_changes_nothing() -> None:
    value = KNOWN_BROWSERS.remember(None, ALICE)
    assert KNOWN_BROWSERS.remember(value, ALICE) == value


def test_every_browser_has_a_name_of_its_own() -> None:
    one, other = (KNOWN_BROWSERS.remember(None, ALICE) for _ in range(2))
    assert KNOWN_BROWSERS.recognise(one, ALICE) != KNOWN_BROWSERS.recognise(other, ALICE)


def test_a_cookie_of_nothing_but_dots_is_not_taken_apart() -> None:
    dots = "." * 30_000
    assert KNOWN_BROWSERS.recognise(dots, ALICE) is None
    assert seconds_of(lambda: KNOWN_BROWSERS.recognise(dots, ALICE)) < 0.005


def test_the_cookie_stays_small_and_forgets_the_oldest_account_first() -> None:
    value = None
    for user_id in range(1, 11):
        value = KNOWN_BROWSERS.remember(value, user_id)
    assert value is not None
    assert len(value) < 200
    assert [user_id for user_id in range(1, 11) if KNOWN_BROWSERS.recognise(value, user_id)] == list(range(3, 11))


def test_ACC_21_a_mark_moved_to_another_name_is_worth_nothing() -> None:
    mine, yours = (KNOWN_BROWSERS.remember(None, ALICE).split(".") for _ in range(2))
    assert KNOWN_BROWSERS.recognise(f"{mine[0]}.{yours[1]}", ALICE) is None


def test_what_is_not_ours_is_nobodys_browser() -> None:
    short, name = b64(b"x" * 11), b64(b"n" * 12)
    for value in (None, "", ".", "x", name, f"{name}.", f"{name}.{short}", f"{name}.{name}", ".".join([name] * 12)):
        assert KNOWN_BROWSERS.recognise(value, ALICE) is None
        remembered = KNOWN_BROWSERS.remember(value, ALICE)
        assert KNOWN_BROWSERS.recognise(remembered, ALICE) is not None


def test_a_cookie_that_was_added_to_is_not_ours_any_more() -> None:
    value = KNOWN_BROWSERS.remember(None, ALICE)
    name = value.split(".")[0]
    for added in (".junk", "." + b64(b"x" * 11), f".{name}" * 8):
        assert KNOWN_BROWSERS.recognise(value + added, ALICE) is None


def test_a_browser_stays_known_when_the_secret_key_changes() -> None:
    older = KNOWN_BROWSERS.remember(None, ALICE)
    changed = KnownBrowsers([b"new" * 11, b"k" * 32], SystemEntropy())
    assert changed.recognise(older, ALICE) == KNOWN_BROWSERS.recognise(older, ALICE)
    assert KnownBrowsers([b"new" * 11], SystemEntropy()).recognise(older, ALICE) is None
