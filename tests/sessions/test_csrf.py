"""Only our own pages can submit our forms."""

import pytest

from gatelodge.endpoints.request import Request
from gatelodge.protocol.params import EMPTY, Params
from gatelodge.sessions import cookies, csrf
from gatelodge.sessions.csrf import Forged, Key, key_of
from gatelodge.telemetry.events import Origin

KEY = key_of([b"newest" * 6, b"older" * 6], "https://id.test/tenant")
ALICE = "alices-browser"
PURPOSE = "login:handle"

OURS = "https://id.test"
BROWSERS_SAY = [
    ({}, True),
    ({"origin": OURS}, True),
    ({"sec-fetch-site": "same-origin"}, True),
    ({"sec-fetch-site": "same-origin", "origin": OURS}, True),
    ({"sec-fetch-site": "same-origin", "origin": "null"}, True),  # our pages say no-referrer
    ({"origin": "null"}, False),
    ({"origin": "https://evil.test"}, False),
    ({"origin": "http://id.test"}, False),
    ({"origin": "https://id.test:8443"}, False),
    ({"origin": "https://id.test.evil.test"}, False),
    ({"origin": f"{OURS}, https://evil.test"}, False),
    ({"origin": ""}, False),
    ({"sec-fetch-site": "cross-site"}, False),
    ({"sec-fetch-site": "cross-site", "origin": OURS}, False),
    ({"sec-fetch-site": "cross-site", "origin": "null"}, False),  # sandboxed frame, data: URL, foreign 307
    ({"sec-fetch-site": "same-site", "origin": "https://other.id.test"}, False),
    ({"sec-fetch-site": "same-site"}, False),
    ({"sec-fetch-site": "same-site", "origin": "null"}, False),
    ({"sec-fetch-site": "same-site", "origin": OURS}, False),
    ({"sec-fetch-site": "same-origin", "origin": "https://evil.test"}, False),
    ({"sec-fetch-site": "none"}, False),
    ({"sec-fetch-site": ""}, False),
    ({"sec-fetch-site": "same-origin, same-origin"}, False),
]


def named(browser: str) -> dict[str, str]:
    """The cookie by which a browser says its name."""
    cookie = cookies.browser(browser)
    return {cookie.name: cookie.value}


def posted(token: str | None, browser: str | None = ALICE, headers: dict[str, str] | None = None) -> Request:
    form = EMPTY if token is None else Params.of([(csrf.FIELD, token)])
    brought = {} if browser is None else named(browser)
    return Request("POST", "/login", EMPTY, form, headers or {}, brought, Origin())


@pytest.mark.parametrize(("headers", "ours"), BROWSERS_SAY)
def test_a_right_token_passes_only_from_where_our_pages_are(headers: dict[str, str], ours: bool) -> None:
    request = posted(csrf.token(KEY, ALICE, PURPOSE), headers=headers)
    if ours:
        csrf.check(KEY, request, PURPOSE)
    else:
        with pytest.raises(Forged):
            csrf.check(KEY, request, PURPOSE)


@pytest.mark.parametrize("token", [None, "", "x", "ü", csrf.token(KEY, ALICE, PURPOSE)[:-1]])
@pytest.mark.parametrize("headers", [headers for headers, ours in BROWSERS_SAY if ours])
def test_no_header_makes_up_for_a_wrong_token(token: str | None, headers: dict[str, str]) -> None:
    with pytest.raises(Forged):
        csrf.check(KEY, posted(token, headers=headers), PURPOSE)


def test_WEB_02_a_token_of_the_attackers_browser_is_worth_nothing_in_the_victims() -> None:
    mallorys = csrf.token(KEY, "mallorys-browser", PURPOSE)
    with pytest.raises(Forged):
        csrf.check(KEY, posted(mallorys), PURPOSE)


def test_WEB_02_a_form_without_the_browser_cookie_is_refused() -> None:
    for browser in (None, ""):
        with pytest.raises(Forged):
            csrf.check(KEY, posted(csrf.token(KEY, "", PURPOSE), browser), PURPOSE)


def test_a_token_is_good_for_one_purpose() -> None:
    with pytest.raises(Forged):
        csrf.check(KEY, posted(csrf.token(KEY, ALICE, "consent:handle")), PURPOSE)


def test_browser_and_purpose_cannot_be_shifted_into_each_other() -> None:
    assert csrf.token(KEY, "ab", "c") != csrf.token(KEY, "a", "bc")


def test_a_token_that_is_given_twice_is_refused() -> None:
    token = csrf.token(KEY, ALICE, PURPOSE)
    form = Params.of([(csrf.FIELD, token), (csrf.FIELD, token)])
    request = Request("POST", "/login", EMPTY, form, {}, named(ALICE), Origin())
    with pytest.raises(Forged):
        csrf.check(KEY, request, PURPOSE)


def test_a_form_shown_before_the_secret_key_changed_still_passes() -> None:
    before = Key(KEY.secrets[1:], KEY.origin)
    csrf.check(KEY, posted(csrf.token(before, ALICE, PURPOSE)), PURPOSE)


def test_a_form_made_with_a_key_that_is_gone_is_refused() -> None:
    gone = Key((b"gone" * 8,), KEY.origin)
    with pytest.raises(Forged):
        csrf.check(KEY, posted(csrf.token(gone, ALICE, PURPOSE)), PURPOSE)


def test_our_own_origin_has_no_path_and_keeps_its_port() -> None:
    assert KEY.origin == "https://id.test"
    assert key_of([b"x"], "http://localhost:8000") == Key((b"x",), "http://localhost:8000")


def test_a_key_never_shows_its_secrets() -> None:
    assert "newest" not in repr(KEY)


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.test"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({}, False),
    ],
)
def test_TAB_03_only_a_form_that_the_browser_vouches_for_is_out_of_date_and_not_forged(
    headers: dict[str, str], ours: bool
) -> None:
    assert csrf.is_out_of_date(KEY, posted("an old token", headers=headers)) is ours
    assert not csrf.is_out_of_date(KEY, posted(None, headers=headers))
