"""What cookies are set and read, to the letter."""

from hashlib import sha256

from gatelodge.endpoints.request import Request
from gatelodge.protocol.params import EMPTY
from gatelodge.protocol.reply import Cookie
from gatelodge.sessions import cookies
from gatelodge.sessions.cookies import BROWSER, MOST_NAMES, POSTED
from gatelodge.telemetry.events import Origin

DAY = 86_400


def end(value: str) -> str:
    return sha256(value.encode()).hexdigest()[:8]


def bringing(brought: dict[str, str]) -> Request:
    return Request("GET", "/", EMPTY, EMPTY, {}, brought, Origin("req", "192.0.2.1"))


def test_each_cookie_has_its_name_its_value_and_its_time() -> None:
    assert cookies.browser("s") == Cookie(f"gatelodge-browser-{end('s')}", "s", None)
    assert cookies.posted("s") == Cookie(f"gatelodge-posted-{end('s')}", "s", 300)
    assert cookies.no_posted("s") == Cookie(f"gatelodge-posted-{end('s')}", "", 0)
    assert cookies.session("s", 60) == Cookie("gatelodge-session", "s", 60)
    assert cookies.no_session() == Cookie("gatelodge-session", "", 0)
    assert cookies.known("s") == Cookie("gatelodge-known", "s", 180 * DAY)


def test_only_values_of_that_kind_under_the_name_they_tell_themselves_are_read_in_the_order_of_names() -> None:
    names = sorted((cookies.browser(value).name, value) for value in ("a", "b", "c"))
    right = dict(reversed(names))
    wrong = {cookies.browser("d").name: "e", cookies.browser("").name: "", cookies.posted("f").name: "f", BROWSER: "g"}
    request = bringing(right | wrong)
    assert cookies.values(BROWSER, request) == tuple(value for _, value in names)
    assert cookies.values(POSTED, request) == ("f",)


def test_no_more_than_so_many_names_are_looked_at() -> None:
    many = {cookie.name: cookie.value for cookie in map(cookies.browser, map(str, range(MOST_NAMES + 6)))}
    read = cookies.values(BROWSER, bringing(many))
    assert read == tuple(many[name] for name in sorted(many)[:64])
