"""What every page has in common: its headers, its escaping, its sources, its contrast, its speed."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import UndefinedError
from tests.cost import seconds_of
from tests.web.samples import FORM, every_page

from gatelodge.protocol.languages import choose
from gatelodge.protocol.reply import Reply
from gatelodge.web.assets import STATIC, Assets
from gatelodge.web.pages import Allows, Pages, content_security_policy

PAGES = Pages("https://id.test", demo=True)
NAMES = sorted(every_page(PAGES))
ATTACKS = [
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "<svg onload=alert(1)>",
    "{{7*7}}",
    "${7*7}",
    "%(client)s",
    "%s%d%",
    "javascript:alert(1)",
    "</title><script>alert(1)</script>",
]


def text_of(reply: Reply) -> str:
    return reply.body.decode()


class Elements(HTMLParser):
    """Every element of a page with its attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def shape(self) -> list[tuple[str, set[str]]]:
        """Which elements there are, with which attributes, whatever is in them."""
        return [(tag, set(attributes)) for tag, attributes in self.found]


@pytest.mark.parametrize("name", NAMES)
def test_WEB_13_every_page_carries_the_headers_that_keep_it_private_and_whole(name: str) -> None:
    headers = dict(every_page(PAGES)[name].headers)

    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("name", NAMES)
def test_WEB_13_no_page_loads_anything_from_elsewhere(name: str) -> None:
    for tag, attributes in Elements(text_of(every_page(PAGES)[name])).found:
        source = attributes.get("src") or (attributes.get("href") if tag == "link" else None)
        assert source is None or re.fullmatch(r"/static/[a-z_]+\.(css|svg|js)\?v=[0-9a-f]{12}", source)


@pytest.mark.parametrize("name", NAMES)
def test_no_page_has_a_script_or_a_style_of_its_own(name: str) -> None:
    page = Elements(text_of(every_page(PAGES)[name]))

    for tag, attributes in page.found:
        assert tag != "style"
        assert tag != "script" or "src" in attributes
        assert "style" not in attributes
        assert not any(attribute.startswith("on") for attribute in attributes)


@pytest.mark.parametrize("attack", ATTACKS)
def test_WEB_06_and_WEB_07_whatever_is_said_or_stored_is_shown_and_not_obeyed(attack: str) -> None:
    harmless, attacked = (
        {name: Elements(text_of(reply)) for name, reply in every_page(PAGES, said).items()}
        for said in ("Orchard Shop", attack)
    )

    assert {name: page.shape for name, page in attacked.items()} == {
        name: page.shape for name, page in harmless.items()
    }
    shown = {name for name, page in harmless.items() if "Orchard Shop" in page.text}
    assert {name for name, page in attacked.items() if attack in page.text} == shown


def test_WEB_07_names_and_addresses_of_clients_never_become_links() -> None:
    page = Elements(text_of(every_page(PAGES, "javascript:alert(1)")["consent"]))

    assert not [a for _, a in page.found if a.get("href", "").startswith("javascript:")]


@pytest.mark.parametrize("wanted", ["../../etc/passwd", "xx", "", "en\0", "en/../de", "-en"])
def test_WEB_06_a_language_is_looked_up_in_a_list_and_never_used_as_a_name(wanted: str) -> None:
    assert choose([wanted]) is None


def test_WEB_06_no_policy_allows_inline_code_or_foreign_places() -> None:
    for scripts in (False, True):
        policy = content_security_policy(Allows(scripts=scripts))
        assert "unsafe" not in policy
        assert "*" not in policy
        assert "http" not in policy
        assert {"default-src 'none'", "object-src 'none'", "base-uri 'none'"} <= set(policy.split("; "))


def test_only_pages_that_need_a_script_may_run_one() -> None:
    assert "script-src" not in content_security_policy(Allows())
    assert "script-src 'self'" in content_security_policy(Allows(scripts=True))


def test_a_form_whose_answer_redirects_to_a_client_is_not_held_back_by_form_action() -> None:
    assert "form-action" not in content_security_policy(Allows(forms="anywhere"))
    assert "form-action 'none'" in content_security_policy(Allows())


def test_HTTP_12_the_page_of_a_failure_tells_a_request_id_and_nothing_else() -> None:
    page = Elements(text_of(PAGES.error("server_error", "something went wrong on our side", "feed0123", 500)))

    assert "feed0123" in page.text
    assert "server_error" in page.text
    assert not re.search(r"Traceback|select |sqlite|File \"|\d+\.\d+\.\d+", page.text)


def test_the_error_element_holds_the_code_and_the_request_id() -> None:
    html = text_of(PAGES.error("invalid_request", "redirect_uri is not registered", "feed0123"))

    inside = html.partition('id="error"')[2].partition("</dl>")[0]
    assert "invalid_request" in inside
    assert "feed0123" in inside


@pytest.mark.parametrize(
    ("status", "code", "title"),
    [
        (400, "invalid_request", "This request cannot go on"),
        (400, "invalid_client", "This application is not known here"),
        (400, "expired", "Start again"),
        (403, "expired", "Start again"),
        (403, "forged", "Start again"),
        (400, "insecure_transport", "This server has another address"),
        (404, "not_found", "Nothing is here"),
        (405, "invalid_request", "This address is not a page"),
        (413, "invalid_request", "That was too much"),
        (415, "invalid_request", "That cannot be read here"),
        (421, "invalid_request", "This server has another address"),
        (429, "temporarily_unavailable", "Too many tries"),
        (431, "invalid_request", "That was too much"),
        (500, "server_error", "This did not work"),
        (503, "temporarily_unavailable", "Not just now"),
    ],
)
def test_each_refusal_has_its_own_words_and_only_an_applications_mistake_is_called_one(
    status: int, code: str, title: str
) -> None:
    reply = PAGES.error(code, "", "feed0123", status)

    assert reply.status == status
    assert f"<h1>{title}</h1>" in text_of(reply)
    blamed = code in ("invalid_request", "invalid_client") and status == 400
    assert ("The application that sent you here" in text_of(reply)) is blamed


def test_at_an_address_that_is_not_ours_we_say_ours_and_not_that_one_is_there() -> None:
    page = Elements(text_of(every_page(PAGES)["wrong address"])).text

    assert "It answers at id.test, and not at the address you used." in page
    assert "You are at" not in page


def test_the_documented_element_ids_are_there() -> None:
    pages = every_page(PAGES)

    def ids(name: str) -> set[str]:
        return {attributes["id"] for _, attributes in Elements(text_of(pages[name])).found if "id" in attributes}

    assert {"username", "password", "submit"} <= ids("sign in")
    assert {"allow", "deny"} <= ids("consent")
    assert "error" in ids("error")


def test_every_field_has_a_label_and_every_refusal_is_announced() -> None:
    page = Elements(text_of(every_page(PAGES)["sign in, wrong"]))

    labelled = {attributes["for"] for tag, attributes in page.found if tag == "label"}
    shown = {a["id"] for tag, a in page.found if tag == "input" and a["type"] != "hidden"}
    assert shown == labelled
    assert any(attributes.get("role") == "alert" for _, attributes in page.found)


def test_a_template_that_lacks_a_value_fails_instead_of_showing_nothing() -> None:
    with pytest.raises(UndefinedError):
        PAGES.render("authn/password", **FORM)


def test_an_issuer_with_a_path_has_every_link_below_it() -> None:
    for name, reply in every_page(Pages("https://id.test/tenant")).items():
        for _, attributes in Elements(text_of(reply)).found:
            for link in (attributes.get(kind) for kind in ("href", "src", "action")):
                assert link is None or link.startswith(
                    ("/tenant/", "?language=", "https://shop.test/", "otpauth://", "data:text/plain;")
                ), name


def test_a_link_that_leads_away_takes_nothing_along() -> None:
    found = [at for reply in every_page(PAGES).values() for _, at in Elements(text_of(reply)).found]
    away = [attributes for attributes in found if (attributes.get("href") or "").startswith("https:")]

    assert away
    assert all(attributes.get("rel") == "noopener noreferrer" for attributes in away)


def test_a_static_file_is_kept_for_ever_under_the_address_of_its_content() -> None:
    assets = Assets()
    path, _, version = assets.url("style.css").partition("?v=")

    reply = assets.reply("style.css", version)

    assert path == "/static/style.css"
    assert reply is not None
    assert "immutable" in dict(reply.headers)["cache-control"]
    assert reply.body == (STATIC[0] / "style.css").read_bytes()


def test_a_static_file_asked_for_by_an_old_address_is_not_kept_for_ever() -> None:
    reply = Assets().reply("style.css", "0123456789ab")

    assert reply is not None
    assert "immutable" not in dict(reply.headers)["cache-control"]


@pytest.mark.parametrize("name", ["../pages.py", "..%2fpages.py", "/etc/passwd", "", ".", "style.css/", "STYLE.CSS"])
def test_HTTP_15_only_the_files_that_are_there_are_served(name: str) -> None:
    assert Assets().reply(name, None) is None


LOGIN: dict[str, Any] = {
    "client_name": "Shop",
    "given": {"username": ""},
    "action": "/login?interaction=handle-1",
    "entries": (),
    "page": "",
    "problem": None,
    "wait_minutes": 0,
}


def test_the_sign_in_page_is_drawn_in_less_than_a_millisecond() -> None:
    def draw() -> object:
        return PAGES.render("authn/password", **LOGIN, **FORM)

    assert seconds_of(draw, tries=50) < 0.001
