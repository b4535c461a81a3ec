"""Every grant's request, and every answer a token endpoint may give."""

from typing import Any

import pytest
from tests.client.conftest import ISSUER, Begun, Server, form_of, json_answer
from tests.conftest import FakeClock

from gatelodge.client import (
    AsyncOAuthClient,
    ClientConfig,
    Exchanged,
    HttpRequest,
    HttpResponse,
    IdTokenRejected,
    Moment,
    Narrowed,
    NotSupported,
    OAuthClient,
    ServerRefused,
    ServerUnavailable,
    TokenRefused,
    UnexpectedAnswer,
    Wanted,
)
from gatelodge.client.messages.tokens import password_request
from gatelodge.protocol.pkce import challenge

URN = "urn:ietf:params:oauth"


def sent(server: Server, path: str = "/token") -> dict[str, str]:
    """The form of the one request to a path."""
    (request,) = server.asked(path)
    return form_of(request)


def test_a_code_is_exchanged_with_what_began_the_sign_in(client: OAuthClient, server: Server, begun: Begun):
    tokens = client.finish(begun.transaction, begun.answer())
    assert sent(server) == {
        "grant_type": "authorization_code",
        "code": "a-code",
        "redirect_uri": begun.asked["redirect_uri"],
        "code_verifier": begun.transaction.verifier,
    }
    assert tokens.person is not None
    assert (tokens.person.issuer, tokens.person.sub) == (ISSUER, "alice")
    assert tokens.expires_at == tokens.issued_at + 600


def test_resources_go_to_both_endpoints(client: OAuthClient, server: Server):
    apis = ("https://a.test", "https://b.test")
    authorization = client.begin(Wanted(scope="read", resource=apis))
    assert authorization.url.count("resource=") == 2
    begun = Begun(server, authorization.transaction, authorization.url)
    client.finish(begun.transaction, begun.answer())
    (request,) = server.asked("/token")
    assert [value for name, value in request.form or () if name == "resource"] == list(apis)


def test_refreshing_may_ask_for_less(client: OAuthClient, server: Server):
    client.refresh("a-refresh-token", narrowed=Narrowed(scope="orders:read"))
    assert sent(server) == {
        "grant_type": "refresh_token",
        "refresh_token": "a-refresh-token",
        "scope": "orders:read",
    }


def test_a_token_is_exchanged_for_another(client: OAuthClient, server: Server):
    server.answers["/token"] = lambda _: json_answer(
        {"access_token": "other", "issued_token_type": f"{URN}:token-type:access_token", "token_type": "N_A"}
    )
    given = Exchanged(subject_token="theirs", actor_token="ours", audience=("orders",))
    assert client.token_exchange(given, Narrowed(scope="read")).access_token == "other"
    assert sent(server) == {
        "grant_type": f"{URN}:grant-type:token-exchange",
        "subject_token": "theirs",
        "subject_token_type": f"{URN}:token-type:access_token",
        "actor_token": "ours",
        "actor_token_type": f"{URN}:token-type:access_token",
        "audience": "orders",
        "scope": "read",
    }
    assert "theirs" not in repr(given)


def test_an_assertion_of_somebody_else_is_a_grant(client: OAuthClient, server: Server):
    client.jwt_bearer("their.assertion.signed")
    assert sent(server) == {"grant_type": f"{URN}:grant-type:jwt-bearer", "assertion": "their.assertion.signed"}


DEVICE = {
    "device_code": "a-device-code",
    "user_code": "WDJB-MJHT",
    "verification_uri": f"{ISSUER}/device",
    "verification_uri_complete": f"{ISSUER}/device?user_code=WDJB-MJHT",
    "expires_in": 1_800,
}


def test_a_device_shows_a_code_and_asks(client: OAuthClient, server: Server, clock: FakeClock):
    server.answers["/device"] = lambda _: json_answer(DEVICE)
    begun = client.begin_on_device(Narrowed(scope="openid"))
    assert (begun.user_code, begun.interval, begun.expires_at) == ("WDJB-MJHT", 5, clock.now() + 1_800)
    assert "a-device-code" not in repr(begun)

    server.answers["/token"] = lambda _: json_answer({"error": "authorization_pending"}, 400)
    with pytest.raises(TokenRefused, match="authorization_pending"):
        client.ask_on_device(begun)
    server.answers["/token"] = lambda _: json_answer(server.granted())
    tokens = client.ask_on_device(begun)
    assert tokens.person is not None
    asked, redeemed = form_of(server.asked("/device")[0]), form_of(server.asked("/token")[-1])
    assert redeemed["device_code"] == "a-device-code"
    assert (asked["code_challenge_method"], asked["code_challenge"]) == ("S256", challenge(redeemed["code_verifier"]))
    assert redeemed["code_verifier"] not in repr(begun)


def test_a_server_that_does_not_say_it_knows_S256_gets_no_challenge_from_a_device(client: OAuthClient, server: Server):
    del server.metadata["code_challenge_methods_supported"]
    server.answers["/device"] = lambda _: json_answer(DEVICE)
    client.ask_on_device(client.begin_on_device())
    sent = form_of(server.asked("/device")[0]) | form_of(server.asked("/token")[0])
    assert not [name for name in sent if name.startswith("code_")]


@pytest.mark.parametrize(
    "changes",
    [
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri": "file:///etc/passwd"},
        {"verification_uri": "http://id.test/device"},
        {"verification_uri_complete": "data:text/html,x"},
        {"user_code": "a\x1b[2Jb"},
        {"user_code": None},
        {"device_code": 7},
        {"expires_in": "soon"},
        {"interval": 0},
        {"interval": True},
    ],
)
def test_a_page_that_is_none_is_not_shown_to_anybody(client: OAuthClient, server: Server, changes: dict[str, Any]):
    server.answers["/device"] = lambda _: json_answer(DEVICE | changes)
    with pytest.raises(UnexpectedAnswer):
        client.begin_on_device()


@pytest.mark.parametrize(
    "changes",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": "two\nlines"},
        {"access_token": "a" * 70_000},
        {"token_type": None},
        {"token_type": "DPoP"},
        {"token_type": "mac"},
        {"expires_in": -1},
        {"expires_in": "soon"},
        {"expires_in": True},
        {"expires_in": 1e300},
        {"expires_in": [600]},
        {"refresh_token": ["a"]},
        {"id_token": 7},
    ],
)
def test_an_answer_that_is_wrong_in_one_thing_is_refused(client: OAuthClient, server: Server, changes: dict[str, Any]):
    server.answers["/token"] = lambda _: json_answer(server.granted(**changes))
    with pytest.raises(UnexpectedAnswer):
        client.client_credentials()


@pytest.mark.parametrize(
    ("changes", "lifetime", "scope"),
    [
        ({}, 600, None),
        ({"token_type": "bearer"}, 600, None),
        ({"expires_in": "600"}, 600, None),
        ({"expires_in": 600.9}, 600, None),
        ({"expires_in": None}, None, None),
        ({"scope": "a b"}, 600, ("a", "b")),
        ({"scope": "repo,gist"}, 600, ("repo", "gist")),
        ({"scope": "repo, gist, user"}, 600, ("repo", "gist", "user")),
        ({"scope": "openid urn:a,b"}, 600, ("openid", "urn:a,b")),
        ({"scope": ""}, 600, ()),
    ],
)
def test_servers_write_the_same_thing_in_different_ways(
    client: OAuthClient, server: Server, changes: dict[str, Any], lifetime: int | None, scope: tuple[str, ...] | None
):
    server.answers["/token"] = lambda _: json_answer(server.granted(**changes))
    tokens = client.client_credentials()
    assert tokens.expires_at == (None if lifetime is None else tokens.issued_at + lifetime)
    assert tokens.scope == scope


def test_an_error_that_calls_itself_200_is_an_error(client: OAuthClient, server: Server):
    server.answers["/token"] = lambda _: json_answer({"error": "bad_verification_code", "access_token": "x"})
    with pytest.raises(TokenRefused, match="bad_verification_code"):
        client.client_credentials()


def test_an_id_token_that_nobody_checked_is_not_handed_on(client: OAuthClient, server: Server):
    assert client.client_credentials().id_token is None
    assert client.refresh("a-refresh-token").id_token is None


def test_a_sign_in_without_an_id_token_is_none(client: OAuthClient, server: Server, begun: Begun):
    server.answers["/token"] = lambda _: json_answer(server.granted(id_token=None))
    with pytest.raises(IdTokenRejected, match="openid"):
        client.finish(begun.transaction, begun.answer())


def test_authorization_alone_needs_no_id_token(client: OAuthClient, server: Server):
    authorization = client.begin(Wanted(scope="orders:read"))
    assert "nonce" not in authorization.url
    server.answers["/token"] = lambda _: json_answer(server.granted(id_token="not.even.one"))
    begun = Begun(server, authorization.transaction, authorization.url)
    tokens = client.finish(begun.transaction, begun.answer())
    assert (tokens.id_token, tokens.person) == (None, None)


def test_a_renewed_id_token_is_about_the_same_person(client: OAuthClient, server: Server, begun: Begun):
    person = client.finish(begun.transaction, begun.answer()).person
    server.claims = {"sub": "mallory"}
    with pytest.raises(IdTokenRejected, match="same person"):
        client.refresh("a-refresh-token", person=person)
    server.answers["/token"] = lambda _: json_answer(server.granted(id_token=None, refresh_token=None))
    assert client.refresh("another-refresh-token", person=person).person == person


def test_userinfo_about_somebody_else_is_refused(client: OAuthClient, server: Server, begun: Begun):
    person = client.finish(begun.transaction, begun.answer()).person
    assert person is not None
    server.answers["/userinfo"] = lambda _: json_answer({"sub": "mallory", "email": "m@evil.test"})
    with pytest.raises(UnexpectedAnswer, match="somebody else"):
        client.userinfo("an-access-token", person)
    server.answers["/userinfo"] = lambda _: HttpResponse(200, {"content-type": "application/jwt"}, b"a.b.c")
    with pytest.raises(UnexpectedAnswer, match="signed token"):
        client.userinfo("an-access-token", person)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (json_answer({"active": True, "sub": "alice"}), True),
        (json_answer({"active": False, "sub": "alice"}), False),
        (json_answer({"active": "true"}), UnexpectedAnswer),
        (json_answer({}), UnexpectedAnswer),
        (json_answer([]), UnexpectedAnswer),
        (json_answer({"active": True}, 201), UnexpectedAnswer),
        (json_answer({"error": "invalid_client"}, 401), ServerRefused),
        (HttpResponse(503), ServerUnavailable),
    ],
)
def test_introspection_never_guesses(
    client: OAuthClient, server: Server, answer: HttpResponse, outcome: bool | type[Exception]
):
    server.answers["/introspect"] = lambda _: answer
    if isinstance(outcome, bool):
        found = client.introspect("a-token")
        assert (found.active, found.claims.get("sub")) == (outcome, "alice" if outcome else None)
    else:
        with pytest.raises(outcome):
            client.introspect("a-token")


def test_a_token_that_was_dead_already_is_revoked(client: OAuthClient, server: Server):
    server.answers["/revoke"] = lambda _: HttpResponse(200)
    client.revoke("a-token", "refresh_token")
    assert sent(server, "/revoke") == {"token": "a-token", "token_type_hint": "refresh_token"}
    server.answers["/revoke"] = lambda _: json_answer({"error": "unsupported_token_type"}, 400)
    with pytest.raises(ServerRefused, match="unsupported_token_type"):
        client.revoke("a-token")


def test_what_the_server_cannot_do_is_said_by_name(client: OAuthClient, server: Server):
    server.metadata.pop("introspection_endpoint")
    server.metadata["code_challenge_methods_supported"] = ["plain"]
    with pytest.raises(NotSupported, match="introspection_endpoint"):
        client.introspect("a-token")
    with pytest.raises(NotSupported, match="S256"):
        client.begin()


# The deprecated one


def test_the_warning_of_the_password_grant_is_about_the_line_that_uses_it(
    client: OAuthClient, config: ClientConfig, moment: Moment
):
    with pytest.warns(DeprecationWarning, match="authorization code grant") as through_the_client:
        client.password("alice", "wonderland")
    with pytest.warns(DeprecationWarning, match="authorization code grant") as by_hand:
        password_request(client.metadata(), config, ("alice", "wonderland"), moment)

    assert [warning.filename for warning in (*through_the_client, *by_hand)] == [__file__, __file__]


@pytest.mark.anyio
async def test_it_is_so_for_tasks_too(config: ClientConfig, server: Server, moment: Moment):
    async def send(request: HttpRequest) -> HttpResponse:
        return server(request)

    with pytest.warns(DeprecationWarning, match="authorization code grant") as warned:
        await AsyncOAuthClient(config, send=send, moment=moment).password("alice", "wonderland")

    assert [warning.filename for warning in warned] == [__file__]
