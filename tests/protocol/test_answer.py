"""Answers bring `state` back byte for byte and say who gives them, in every response mode."""

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.protocol import answer as answers
from gatelodge.protocol.authorize import Recipient
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply
from gatelodge.protocol.response_type import ResponseMode

ISSUER = "https://id.test/tenant"
CB = "https://rp.test/cb"
HARD = "\"'><svg onload=1>%00+%20é&a=b#c\u2028€ " * 60
CLIENT = Client("web1", "Web", "web", "client_secret_basic", redirect_uris=(CB,))
DENIED = OAuthError("access_denied", "the person refused")
MODES: list[ResponseMode] = ["query", "fragment", "form_post"]


class Form(HTMLParser):
    """What a browser makes of the page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.action, self.method = "", ""
        self.fields: list[tuple[str, str]] = []
        self.tags: list[str] = []
        self.scripts: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        match tag:
            case "form":
                self.action, self.method = values["action"], values["method"]
            case "input":
                self.fields.append((values["name"], values["value"]))
            case "script":
                self.scripts.append(values["src"])
            case "button":
                # A control of that name would hide the form's own `submit()` from the script.
                assert "submit" not in (values.get("id"), values.get("name"))
            case _:
                pass


def sealed(recipient: Recipient, members: Mapping[str, str]) -> str:
    """A seal that can be read through."""
    return json.dumps(answers.sealed_claims(recipient, members, 1_000))


def answer(recipient: Recipient, members: Mapping[str, str]) -> Reply:
    return answers.answer(recipient, members, sealed)


def error_answer(recipient: Recipient, error: OAuthError) -> Reply:
    return answers.error_answer(recipient, error, sealed)


def recipient(mode: ResponseMode, state: str | None = "s", redirect_uri: str = CB, issuer: str = ISSUER) -> Recipient:
    return Recipient(CLIENT, redirect_uri, mode, state, issuer)


def members(reply: Reply, mode: ResponseMode) -> list[tuple[str, str]]:
    """Return what the client receives."""
    if mode == "form_post":
        return Form(reply.body).fields
    url = urlsplit(dict(reply.headers)["location"])
    return parse_qsl(url.query if mode == "query" else url.fragment, keep_blank_values=True, strict_parsing=True)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("state", ["s", HARD, " ", "+", "%20"])
def test_AZ_04_06_a_code_comes_with_state_and_issuer_once(mode: ResponseMode, state: str):
    reply = answer(recipient(mode, state), {"code": "c0de"})

    assert members(reply, mode) == [("code", "c0de"), ("state", state), ("iss", ISSUER)]


@pytest.mark.parametrize("mode", MODES)
def test_AZ_04_06_so_does_an_error(mode: ResponseMode):
    reply = error_answer(recipient(mode, HARD), DENIED)

    assert members(reply, mode) == [
        ("error", "access_denied"),
        ("error_description", "the person refused"),
        ("state", HARD),
        ("iss", ISSUER),
    ]


@pytest.mark.parametrize("mode", MODES)
def test_AZ_05_without_state_there_is_none(mode: ResponseMode):
    assert members(answer(recipient(mode, None), {"code": "c"}), mode) == [("code", "c"), ("iss", ISSUER)]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.sampled_from(MODES))
def test_AZ_04_every_state_comes_back_as_it_came(state: str, mode: ResponseMode):
    assert dict(members(answer(recipient(mode, state), {"code": "c"}), mode))["state"] == state


@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_a_space_is_never_written_as_a_plus(mode: ResponseMode):
    assert "state=a%20b%2Bc&" in dict(answer(recipient(mode, "a b+c"), {"code": "c"}).headers)["location"]


def test_our_own_reader_reads_what_we_write():
    location = dict(answer(recipient("query", HARD), {"code": "c"}).headers)["location"]

    assert Params.parse(urlsplit(location).query.encode()).get("state") == HARD


@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_RED_22_a_redirect_is_303_and_kept_from_caches_and_referrers(mode: ResponseMode):
    reply = answer(recipient(mode), {"code": "c"})
    headers = dict(reply.headers)

    assert reply.status == 303
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("mode", "redirect_uri", "location"),
    [
        ("query", CB, f"{CB}?code=c&state=s&iss="),
        ("query", CB + "?a=b", f"{CB}?a=b&code=c&state=s&iss="),
        ("query", "http://127.0.0.1:51004/cb", "http://127.0.0.1:51004/cb?code=c&state=s&iss="),
        ("query", "com.example.app:/cb", "com.example.app:/cb?code=c&state=s&iss="),
        ("fragment", CB, f"{CB}#code=c&state=s&iss="),
        ("fragment", CB + "?a=b", f"{CB}?a=b#code=c&state=s&iss="),
    ],
)
def test_RED_07_09_the_redirect_uri_keeps_port_and_query(mode: ResponseMode, redirect_uri: str, location: str):
    reply = answer(recipient(mode, redirect_uri=redirect_uri), {"code": "c"})

    assert dict(reply.headers)["location"] == location + "https%3A%2F%2Fid.test%2Ftenant"


def test_a_hybrid_answer_has_all_its_members():
    reply = answer(recipient("fragment"), {"code": "c", "id_token": "i", "access_token": "a"})

    assert [name for name, _ in members(reply, "fragment")] == ["code", "id_token", "access_token", "state", "iss"]


def test_WEB_08_a_form_holds_nothing_but_its_fields():
    page = Form(answer(recipient("form_post", HARD, CB + "?a=b&c='\"<x>"), {"code": "c"}).body)

    assert page.method == "post"
    assert page.action == CB + "?a=b&c='\"<x>"
    assert page.tags.count("script") == 1
    assert "svg" not in page.tags
    assert "x" not in page.tags
    assert "button" in page.tags


@pytest.mark.parametrize(
    ("issuer", "script"),
    [(ISSUER, "/tenant/static/form_post.js"), ("http://localhost:8000", "/static/form_post.js")],
)
def test_a_form_is_posted_by_our_script_and_no_other(issuer: str, script: str):
    reply = answer(recipient("form_post", issuer=issuer), {"code": "c"})
    policy = dict(reply.headers)["content-security-policy"]

    assert Form(reply.body).scripts == [script]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_form_looks_like_our_other_pages_and_says_where_the_browser_goes():
    reply = answer(recipient("form_post"), {"code": "c"})
    page = reply.body.decode()

    assert '<link rel="stylesheet" href="/tenant/static/style.css">' in page
    assert "style-src 'self'; img-src 'self'" in dict(reply.headers)["content-security-policy"]
    assert f"<strong>{urlsplit(CB).netloc}</strong>" in page


@pytest.mark.parametrize(
    ("redirect_uri", "target"),
    [(CB, "https:"), ("http://[::1]:51004/cb", "http:"), ("com.example.app:/cb", "com.example.app:")],
)
def test_a_form_may_go_where_the_client_is(redirect_uri: str, target: str):
    reply = answer(recipient("form_post", redirect_uri=redirect_uri), {"code": "c"})

    assert f"form-action {target};" in dict(reply.headers)["content-security-policy"]


def test_WEB_13_a_form_is_kept_from_caches_and_referrers():
    reply = answer(recipient("form_post"), {"code": "c"})
    headers = dict(reply.headers)

    assert (reply.status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize("mode", MODES)
def test_AZ_06_in_a_signed_answer_everything_stands_within(mode: ResponseMode):
    signed: dict[ResponseMode, ResponseMode] = {
        "query": "query.jwt",
        "fragment": "fragment.jwt",
        "form_post": "form_post.jwt",
    }
    reply = answer(recipient(signed[mode], HARD), {"code": "c0de"})

    ((name, value),) = members(reply, mode)
    assert name == "response"
    assert json.loads(value) == {"code": "c0de", "state": HARD, "iss": ISSUER, "aud": "web1", "exp": 1_300}
