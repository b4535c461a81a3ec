"""Every refusal goes the way the answer would, from the first moment that way is known (MODE-01)."""

from html import unescape
from re import findall
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from msgspec import json
from tests.world import SCOPES, World

from gatelodge.keys.secrets import b64

pytestmark = pytest.mark.anyio

REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "a request object": ({"request": "eyJhbGciOiJub25lIn0.e30."}, "invalid_request_object"),
    "a request by reference": ({"request_uri": "https://rp.test/request"}, "request_uri_not_supported"),
    "a registration": ({"registration": "{}"}, "registration_not_supported"),
    "an unknown response type": ({"response_type": "bogus"}, "unsupported_response_type"),
    "a response type that is switched off": ({"response_type": "token"}, "unsupported_response_type"),
    "no response type": ({"response_type": None}, "invalid_request"),
    "no response type but a request object": ({"response_type": None, "request": "x"}, "invalid_request_object"),
    "a scope that is not allowed": ({"scope": "openid nothing"}, "invalid_scope"),
    "a malformed scope": ({"scope": 'a"b'}, "invalid_scope"),
    "an unknown API": ({"resource": "https://other.test"}, "invalid_target"),
    "no challenge": ({"code_challenge": None}, "invalid_request"),
    "a plain challenge": ({"code_challenge_method": "plain"}, "invalid_request"),
    "an unknown prompt": ({"prompt": "bogus"}, "invalid_request"),
    "a bad max_age": ({"max_age": "soon"}, "invalid_request"),
    "claims that are no JSON": ({"claims": "{"}, "invalid_request"),
    "a hint and nobody there": ({"id_token_hint": "x.y.z", "prompt": "none"}, "login_required"),
    "nobody there": ({"prompt": "none"}, "login_required"),
    "too long": ({"state": "&" * 3_000, "extra": "&" * 3_000}, "invalid_request"),
}


def way_of(response: httpx2.Response) -> tuple[str, dict[str, str]]:
    """Return how an answer travels, and what it says."""
    if response.status_code == 200:
        found = findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', response.text)
        return "form_post", {unescape(name): unescape(value) for name, value in found}
    assert response.status_code == 303, response.text[:500]
    parts = urlsplit(response.headers["location"])
    way = "fragment" if parts.fragment else "query"
    return way, {name: values[0] for name, values in parse_qs(parts.fragment or parts.query).items()}


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_MODE_01_a_refusal_goes_the_way_the_answer_would(world: World, mode: str, method: str):
    wrong: dict[str, object] = {}
    for name, (changes, error) in REFUSALS.items():
        browser = world.browser()
        if method == "GET":
            response = await browser.authorize(response_mode=mode, **changes)
        else:
            response = await browser.post_request(response_mode=mode, **changes)
        way, members = way_of(response)
        tokens_in_query = mode == "query" and changes.get("response_type") == "token"
        if (way, members.get("error")) != ("fragment" if tokens_in_query else mode, error):
            wrong[name] = way, members
    assert wrong == {}


@pytest.mark.parametrize("mode", ["fragment", "form_post"])
async def test_MODE_01_a_request_object_still_says_which_way_its_client_listens(world: World, mode: str):
    for alg, signature in (("none", b""), ("RS256", b"a signature")):
        sent = ".".join(map(b64, (json.encode({"alg": alg}), json.encode({"response_mode": mode}), signature)))

        way, members = way_of(await world.browser().authorize(request=sent))

        assert (way, members["error"]) == (mode, "invalid_request_object")


@pytest.mark.parametrize("sent", ["x", "e30.e30.", "e30.W10.", "a.b.c", "..", "e30.e30." * 9])
async def test_MODE_01_one_that_says_nothing_is_refused_in_the_usual_way(world: World, sent: str):
    way, members = way_of(await world.browser().authorize(request=sent))

    assert (way, members["error"]) == ("query", "invalid_request_object")


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
async def test_MODE_01_a_client_that_is_changed_meanwhile_is_told_in_its_way(world: World, mode: str):
    """What waits for a person is understood anew; a refusal by then is the client's to hear, not a page's to show."""
    for page in ("/login", "/consent"):
        await world.change_client("web1", scopes=SCOPES)
        browser = world.browser()
        shown = await browser.authorize(response_mode=mode)
        if page == "/consent":
            shown = await browser.sign_in(shown)
        assert shown.url.path == page
        await world.change_client("web1", scopes=frozenset({"openid"}))

        for response in (await browser.follow(await browser.get(str(shown.url))), await browser.submit(shown)):
            way, members = way_of(response)
            assert (way, members["error"]) == (mode, "invalid_scope")
