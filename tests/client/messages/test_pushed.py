"""What is pushed, what the browser is sent with then, and which answers are believed."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.client.conftest import ISSUER, Server, form_of, json_answer

from gatelodge.client import (
    ClientConfig,
    HttpResponse,
    Moment,
    NotSupported,
    OAuthClient,
    ServerRefused,
    ServerUnavailable,
    UnexpectedAnswer,
    Wanted,
)

NAME = "urn:ietf:params:oauth:request_uri:abc-123"


@pytest.fixture
def pushing(server: Server, config: ClientConfig, moment: Moment) -> OAuthClient:
    server.metadata["pushed_authorization_request_endpoint"] = f"{ISSUER}/par"
    server.answers["/par"] = lambda _: json_answer({"request_uri": NAME, "expires_in": 60}, 201)
    return OAuthClient(replace(config, push=True), send=server, moment=moment)


def test_the_browser_carries_a_name_and_the_server_gets_the_request(pushing: OAuthClient, server: Server):
    begun = pushing.begin(Wanted(scope="openid", login_hint="alice@example.org"))

    (request,) = server.asked("/par")
    assert request.headers["authorization"].startswith("Basic ")
    asked = form_of(request)
    assert (asked["state"], asked["login_hint"]) == (begun.transaction.state, "alice@example.org")
    assert asked["client_id"] == "app"
    assert parse_qs(urlsplit(begun.url).query) == {"client_id": ["app"], "request_uri": [NAME]}
    assert begun.url.startswith(f"{ISSUER}/authorize?")


def test_a_server_that_demands_it_gets_it_from_everybody(client: OAuthClient, pushing: OAuthClient, server: Server):
    server.metadata["require_pushed_authorization_requests"] = True

    assert NAME.rpartition(":")[2] in client.begin().url


def test_whoever_does_not_want_it_is_not_pushed(client: OAuthClient, pushing: OAuthClient, server: Server):
    client.begin()

    assert server.asked("/par") == []


def test_a_server_without_it_is_named(pushing: OAuthClient, server: Server):
    server.metadata.pop("pushed_authorization_request_endpoint")
    with pytest.raises(NotSupported, match="pushed_authorization_request_endpoint"):
        pushing.begin()


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (json_answer({"error": "invalid_request"}, 400), ServerRefused),
        (json_answer({"request_uri": NAME}, 302), UnexpectedAnswer),
        (json_answer({"expires_in": 60}, 201), UnexpectedAnswer),
        (json_answer({"request_uri": "a b\n"}, 201), UnexpectedAnswer),
        (json_answer({"request_uri": ["a"]}, 201), UnexpectedAnswer),
        (HttpResponse(201, {"content-type": "text/html"}, b"<p>"), UnexpectedAnswer),
        (HttpResponse(503), ServerUnavailable),
    ],
    ids=["refused", "status", "no-name", "unprintable", "list", "page", "down"],
)
def test_any_other_answer_sends_no_browser_anywhere(
    pushing: OAuthClient, server: Server, answer: HttpResponse, raised: type[Exception]
):
    server.answers["/par"] = lambda _: answer
    with pytest.raises(raised):
        pushing.begin()
