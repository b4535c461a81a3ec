"""The attack catalogue for the client library, row by row: whatever does not fit never reaches a token endpoint."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Thread
from urllib.parse import quote, urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from tests.client.conftest import (
    ISSUER,
    REDIRECT_URI,
    Begun,
    Server,
    at_another,
    form_of,
    json_answer,
    metadata_of,
)

from gatelodge.client import (
    AddressRefused,
    AsyncOAuthClient,
    AuthorizationRefused,
    CallbackRejected,
    ClientConfig,
    DiscoveryFailed,
    HttpResponse,
    Moment,
    NoAuth,
    OAuthClient,
    PrivateKeyJwt,
    SecretBasic,
    ServerUnavailable,
    TokenRefused,
    UnexpectedAnswer,
    Wanted,
)
from gatelodge.client.messages.discovery import discovery_request, read_discovery_response

ATTACKER = "https://evil.test"


def rejected(client: OAuthClient, server: Server, begun: Begun, answer: object) -> str:
    """Hand an answer in, and return why it was rejected; nothing was sent to the token endpoint."""
    with pytest.raises(CallbackRejected) as caught:
        client.finish(begun.transaction, answer)  # type: ignore[arg-type]
    assert server.asked("/token") == []
    return caught.value.cause


@pytest.mark.parametrize(
    ("state", "cause"),
    [(None, "state_missing"), ("", "state_missing"), ("another", "state_mismatch"), ("ü", "state_mismatch")],
)
def test_CL_01_a_callback_without_its_own_state_is_rejected(
    client: OAuthClient, server: Server, begun: Begun, state: str | None, cause: str
):
    assert rejected(client, server, begun, begun.answer(state=state)) == cause


def test_CL_01_the_state_of_another_sign_in_is_rejected(client: OAuthClient, server: Server, begun: Begun):
    other = client.begin()
    assert rejected(client, server, begun, begun.answer(state=other.transaction.state)) == "state_mismatch"


def test_CL_01_an_answer_works_once(client: OAuthClient, server: Server, begun: Begun):
    client.finish(begun.transaction, begun.answer())
    server.requests.clear()

    assert rejected(client, server, begun, begun.answer(code="another-code")) == "state_reused"


@pytest.mark.parametrize("state", [None, "another"])
def test_CL_01_an_error_with_a_wrong_state_is_not_believed(
    client: OAuthClient, server: Server, begun: Begun, state: str | None
):
    answer = begun.answer(code=None, error="access_denied", state=state)
    assert rejected(client, server, begun, answer) in ("state_missing", "state_mismatch")


def test_CL_01_an_error_with_the_right_state_is_the_answer(client: OAuthClient, server: Server, begun: Begun):
    with pytest.raises(AuthorizationRefused) as refused:
        client.finish(begun.transaction, begun.answer(code=None, error="access_denied"))
    assert refused.value.error == "access_denied"
    assert server.asked("/token") == []


def test_CL_01_a_sign_in_that_took_too_long_is_rejected(client: OAuthClient, server: Server, begun: Begun, clock):
    clock.advance(3_601)
    assert rejected(client, server, begun, begun.answer()) == "expired"


def test_CL_02_an_issuer_that_is_promised_and_missing_is_noticed(client: OAuthClient, server: Server, begun: Begun):
    assert rejected(client, server, begun, begun.answer(iss=None)) == "issuer_missing"


@pytest.mark.parametrize("iss", [ATTACKER, ISSUER + "/", ISSUER.upper(), ISSUER + ".evil.test"])
def test_CL_02_a_wrong_issuer_is_rejected(client: OAuthClient, server: Server, begun: Begun, iss: str):
    assert rejected(client, server, begun, begun.answer(iss=iss)) == "issuer_mismatch"


def test_CL_02_a_wrong_issuer_is_rejected_also_where_none_was_promised(
    config: ClientConfig, server: Server, moment: Moment
):
    server.metadata["authorization_response_iss_parameter_supported"] = False
    client = OAuthClient(config, send=server, moment=moment)
    begun = Begun(server, client.begin().transaction, "")
    assert rejected(client, server, begun, begun.answer(iss=ATTACKER)) == "issuer_mismatch"


@pytest.mark.parametrize("name", ["iss", "state", "code", "error", "anything"])
def test_CL_02_a_parameter_given_twice_is_rejected(client: OAuthClient, server: Server, begun: Begun, name: str):
    answer = [*begun.answer().items(), (name, "again"), (name, "and again")]
    assert rejected(client, server, begun, answer) == "duplicate_parameter"
    assert rejected(client, server, begun, f"{REDIRECT_URI}?{urlencode(answer)}") == "duplicate_parameter"


def test_CL_03_a_code_of_an_honest_server_never_goes_to_the_attackers_token_endpoint(
    config: ClientConfig, server: Server, moment: Moment
):
    """The attacker's metadata names the honest authorization endpoint, and a token endpoint of their own."""
    attacker = at_another(server, ATTACKER)
    attacker.metadata["authorization_endpoint"] = f"{ISSUER}/authorize"
    fooled = OAuthClient(replace(config, issuer=ATTACKER), send=attacker, moment=moment)
    begun = Begun(attacker, fooled.begin().transaction, "")

    assert rejected(fooled, attacker, begun, begun.answer(iss=ISSUER)) == "issuer_mismatch"
    assert rejected(fooled, attacker, begun, begun.answer(iss=None)) == "issuer_missing"


def test_CL_03_a_code_of_the_attacker_does_not_end_a_sign_in_at_the_honest_server(
    client: OAuthClient, server: Server, begun: Begun
):
    assert rejected(client, server, begun, begun.answer(iss=ATTACKER)) == "issuer_mismatch"


def test_CL_03_an_attacker_who_promises_no_issuer_is_betrayed_by_the_redirect_uri(
    config: ClientConfig, server: Server, moment: Moment
):
    """Each server has a redirect URI of its own, so the honest server's answer arrives at another one."""
    attacker = at_another(server, ATTACKER)
    attacker.metadata |= {
        "authorization_endpoint": f"{ISSUER}/authorize",
        "authorization_response_iss_parameter_supported": False,
    }
    there = replace(config, issuer=ATTACKER, redirect_uri="https://rp.test/callback/evil")
    fooled = OAuthClient(there, send=attacker, moment=moment)
    begun = Begun(attacker, fooled.begin().transaction, "")

    answer = f"{REDIRECT_URI}?{urlencode(begun.answer(iss=None))}"
    assert rejected(fooled, attacker, begun, answer) == "redirect_uri_mismatch"


def test_CL_03_a_callback_is_not_exchanged_with_the_metadata_of_another_server(
    client: OAuthClient, config: ClientConfig, server: Server, begun: Begun, moment: Moment
):
    attacker = at_another(server, ATTACKER)
    other = OAuthClient(replace(config, issuer=ATTACKER), send=attacker, moment=moment)
    assert rejected(other, attacker, begun, begun.answer()) == "issuer_mismatch"


@pytest.mark.parametrize("uri", ["https://rp.test/callback/b", "https://rp.test/callback?toolkit=b"])
def test_CL_04_the_callback_of_one_connection_is_rejected_by_another(
    config: ClientConfig, server: Server, moment: Moment, uri: str
):
    """Two connections of one application at one server: told apart by path or by query of the redirect URI."""
    base = uri.replace("/b", "/a").replace("=b", "=a")
    first = OAuthClient(replace(config, redirect_uri=base), send=server, moment=moment)
    second = OAuthClient(replace(config, redirect_uri=uri), send=server, moment=moment)
    of_first = Begun(server, first.begin().transaction, "")
    of_second = Begun(server, second.begin().transaction, "")

    joint = "&" if "?" in base else "?"
    answer = f"{base}{joint}{urlencode(of_first.answer())}"
    assert rejected(second, server, of_second, answer) in ("redirect_uri_mismatch", "state_mismatch")
    grafted = f"{base}{joint}{urlencode(of_first.answer(state=of_second.transaction.state))}"
    assert rejected(second, server, of_second, grafted) == "redirect_uri_mismatch"


def test_CL_04_a_sign_in_is_ended_by_the_client_that_began_it(
    client: OAuthClient, config: ClientConfig, server: Server, begun: Begun, moment: Moment
):
    other = OAuthClient(replace(config, client_id="another-app"), send=server, moment=moment)
    assert rejected(other, server, begun, begun.answer()) == "client_mismatch"


@pytest.mark.parametrize("issuer", [ISSUER + "/", ATTACKER, ISSUER.upper(), "", None, 7])
def test_CL_06_metadata_of_another_issuer_is_rejected(issuer: object):
    with pytest.raises(DiscoveryFailed):
        read_discovery_response(ISSUER, json_answer(metadata_of() | {"issuer": issuer}))


def test_CL_06_a_slash_too_many_is_named():
    with pytest.raises(DiscoveryFailed, match="slash at the end"):
        read_discovery_response(ISSUER, json_answer(metadata_of() | {"issuer": ISSUER + "/"}))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_CL_06_metadata_elsewhere_is_not_followed(config: ClientConfig, server: Server, status: int):
    path = "/.well-known/openid-configuration"
    server.answers[path] = lambda _: HttpResponse(status, {"location": f"{ATTACKER}{path}"})
    with pytest.raises(DiscoveryFailed, match=str(status)):
        OAuthClient(config, send=server).metadata()
    assert [request.url for request in server.requests] == [f"{ISSUER}{path}"]


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.test",
        "http://10.0.0.1",
        "ftp://id.test",
        "file:///etc/passwd",
        "https://id.test?a=b",
        "https://id.test#a",
        "https://user@id.test",
        "https://id.test\\@evil.test",
        "javascript:alert(1)",
        "",
    ],
)
def test_CL_06_an_issuer_that_is_no_safe_url_is_not_asked(issuer: str):
    with pytest.raises(AddressRefused):
        discovery_request(issuer)


@pytest.mark.parametrize(
    "url",
    [
        "http://id.test/token",
        "https://10.0.0.1/token",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00::1]/token",
        "https://[::ffff:10.0.0.1]/token",
        "https://[64:ff9b::a00:1]/token",
        "https://127.0.0.1/token",
        "http://127.0.0.1:8080/token",
        "https://localhost/token",
        "http://localhost/token",
        "https://0.0.0.0/token",
        "https://id.test@10.0.0.1/token",
        "file:///etc/passwd",
        ["https://id.test/token"],
    ],
)
@pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_CL_06_no_endpoint_leads_into_a_private_network(url: object, endpoint: str):
    with pytest.raises(DiscoveryFailed, match=endpoint):
        read_discovery_response(ISSUER, json_answer(metadata_of() | {endpoint: url}))


def test_CL_06_a_server_in_our_own_network_is_allowed_by_name():
    document = metadata_of() | {"token_endpoint": "https://10.0.0.1/token"}
    metadata = read_discovery_response(ISSUER, json_answer(document), allow_private=True)
    assert metadata.token_endpoint == "https://10.0.0.1/token"


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/token",
        "http://127.0.0.1:8080/token",
        "http://localhost/token",
        "https://localhost/token",
        "https://[::1]/token",
        "https://[::ffff:127.0.0.1]/token",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/token",
    ],
)
def test_CL_06_a_server_in_our_own_network_leads_neither_to_this_machine_nor_to_metadata(url: str):
    document = metadata_of() | {"token_endpoint": url}
    with pytest.raises(DiscoveryFailed, match="token_endpoint"):
        read_discovery_response(ISSUER, json_answer(document), allow_private=True)


def test_CL_10_an_assertion_is_for_the_issuer_and_for_nobody_else(
    config: ClientConfig, server: Server, moment: Moment, clock
):
    key = ECKey.generate_key("P-256", private=True)
    client = OAuthClient(replace(config, auth=PrivateKeyJwt(key, "our-key")), send=server, moment=moment)
    client.client_credentials()
    client.client_credentials()

    sent = [form_of(request) for request in server.asked("/token")]
    tokens = [jwt.decode(form["client_assertion"], key, algorithms=["ES256"]) for form in sent]
    assert [token.claims["aud"] for token in tokens] == [ISSUER, ISSUER]
    assert tokens[0].claims["jti"] != tokens[1].claims["jti"]
    assert tokens[0].claims["iss"] == tokens[0].claims["sub"] == "app"
    assert 0 < tokens[0].claims["exp"] - clock.now() <= 60
    assert tokens[0].header == {"alg": "ES256", "kid": "our-key", "typ": "JWT"}
    assert all("client_secret" not in form for form in sent)


def test_CL_10_a_proof_is_not_sent_to_the_server_of_another_issuer(config: ClientConfig, server: Server):
    metadata = OAuthClient(config, send=server).metadata()
    with pytest.raises(ValueError, match="another"):
        OAuthClient(replace(config, issuer=ATTACKER), send=server, metadata=metadata)


def at_once(count: int, act: Callable[[], object]) -> None:
    """Let threads act at the same moment; what one of them raises is raised."""
    barrier, failures = Barrier(count), list[BaseException]()

    def run() -> None:
        barrier.wait()
        try:
            act()
        except BaseException as failure:  # noqa: BLE001 - it is raised below
            failures.append(failure)

    threads = [Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure


def test_CL_11_twenty_threads_that_refresh_at_once_send_one_request(client: OAuthClient, server: Server):
    server.answers["/token"] = lambda _: json_answer(server.granted(refresh_token="the-next", id_token=None))
    results: list[str | None] = []

    at_once(20, lambda: results.append(client.refresh("the-first").refresh_token))

    assert results == ["the-next"] * 20
    assert len(server.asked("/token")) == 1


@pytest.mark.anyio
async def test_CL_11_twenty_tasks_that_refresh_at_once_send_one_request(
    config: ClientConfig, server: Server, moment: Moment
):
    async def slow(request):
        await asyncio.sleep(0.01)
        return server(request)

    server.answers["/token"] = lambda _: json_answer(server.granted(refresh_token="the-next", id_token=None))
    client = AsyncOAuthClient(config, send=slow, moment=moment)
    results = await asyncio.gather(*(client.refresh("the-first") for _ in range(20)))

    assert {one.refresh_token for one in results} == {"the-next"}
    assert len(server.asked("/token")) == 1


def test_CL_11_a_server_that_fails_is_asked_once_more_to_refresh(client: OAuthClient, server: Server):
    answers = iter([HttpResponse(502), json_answer(server.granted(id_token=None))])
    server.answers["/token"] = lambda _: next(answers)

    assert client.refresh("a-refresh-token").access_token == "an-access-token"
    assert len(server.asked("/token")) == 2


def test_CL_11_a_server_that_goes_on_failing_is_not_asked_a_third_time(client: OAuthClient, server: Server):
    server.answers["/token"] = lambda _: HttpResponse(500)
    with pytest.raises(ServerUnavailable) as failure:
        client.refresh("a-refresh-token")
    assert failure.value.status == 500
    assert len(server.asked("/token")) == 2


def test_CL_11_a_server_that_asks_for_patience_is_left_alone(client: OAuthClient, server: Server):
    server.answers["/token"] = lambda _: HttpResponse(503, {"retry-after": "30"})
    with pytest.raises(ServerUnavailable) as failure:
        client.refresh("a-refresh-token")
    assert failure.value.retry_after == 30
    assert len(server.asked("/token")) == 1


def test_CL_11_a_refused_refresh_is_not_repeated(client: OAuthClient, server: Server):
    server.answers["/token"] = lambda _: json_answer({"error": "invalid_grant"}, 400)
    with pytest.raises(TokenRefused):
        client.refresh("a-refresh-token")
    assert len(server.asked("/token")) == 1


def test_CL_11_a_server_that_asks_for_one_nonce_after_another_leads_into_no_loop(client: OAuthClient, server: Server):
    server.answers["/token"] = lambda _: json_answer({"error": "use_dpop_nonce"}, 400, **{"dpop-nonce": "again"})
    with pytest.raises(TokenRefused, match="use_dpop_nonce"):
        client.refresh("a-refresh-token")
    assert len(server.asked("/token")) == 1


@pytest.mark.parametrize("act", ["finish", "client_credentials", "password"])
@pytest.mark.filterwarnings("ignore:the password grant:DeprecationWarning")
def test_CL_11_no_other_token_request_is_sent_twice(client: OAuthClient, server: Server, begun: Begun, act: str):
    server.answers["/token"] = lambda _: HttpResponse(502)
    acts: dict[str, Callable[[], object]] = {
        "finish": lambda: client.finish(begun.transaction, begun.answer()),
        "client_credentials": client.client_credentials,
        "password": lambda: client.password("alice", "wonderland"),
    }
    with pytest.raises(ServerUnavailable):
        acts[act]()
    assert len(server.asked("/token")) == 1


def test_no_error_shows_a_secret(client: OAuthClient, server: Server, begun: Begun):
    """Whatever the server answers: no message, no repr holds a code, a verifier, a secret or a token."""
    secrets = ("a-code", begun.transaction.verifier, begun.transaction.state, "hush", "an-access-token", "a-refresh")
    for answer in (
        json_answer({"error": "invalid_grant", "error_description": "no"}, 400),
        json_answer(server.granted(token_type="mac")),
        json_answer(server.granted(expires_in="soon")),
        json_answer(server.granted(id_token=server.id_token(nonce="wrong"))),
        HttpResponse(200, {}, b"an-access-token"),
        HttpResponse(500, {}, b"an-access-token"),
    ):
        server.answers["/token"] = lambda _, answer=answer: answer
        again = client.begin()
        with pytest.raises(Exception) as caught:  # noqa: PT011 - each its own
            client.finish(again.transaction, Begun(server, again.transaction, "").answer())
        said = str(caught.value) + repr(caught.value) + repr(answer) + repr(server.requests) + repr(again)
        assert not [secret for secret in (*secrets, again.transaction.verifier) if secret in said]
    assert quote(begun.transaction.state) not in repr(begun.transaction)


def test_an_error_text_of_a_stranger_cannot_reach_a_terminal(client: OAuthClient, server: Server, begun: Begun):
    server.answers["/token"] = lambda _: json_answer({"error": "a\x1b[2J\n" + "b" * 9_000}, 400)
    with pytest.raises(TokenRefused) as refused:
        client.finish(begun.transaction, begun.answer())
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize(
    "answer", [HttpResponse(200, {}, b"<html>"), HttpResponse(200, {}, b"[]"), HttpResponse(302, {"location": "/"})]
)
def test_an_answer_that_is_none_is_not_a_token(client: OAuthClient, server: Server, begun: Begun, answer: HttpResponse):
    server.answers["/token"] = lambda _: answer
    with pytest.raises(UnexpectedAnswer):
        client.finish(begun.transaction, begun.answer())


def test_a_public_client_sends_no_secret(config: ClientConfig, server: Server, moment: Moment):
    client = OAuthClient(replace(config, auth=NoAuth()), send=server, moment=moment)
    client.refresh("a-refresh-token")
    (request,) = server.asked("/token")
    assert form_of(request)["client_id"] == "app"
    assert "authorization" not in request.headers


def test_what_was_asked_is_what_the_standards_ask(begun: Begun, config: ClientConfig):
    assert isinstance(config.auth, SecretBasic)
    assert begun.url.startswith(f"{ISSUER}/authorize?")
    assert begun.asked["code_challenge_method"] == "S256"
    assert len(begun.asked["state"]) == len(begun.asked["nonce"]) == len(begun.asked["code_challenge"]) == 43
    assert begun.asked["redirect_uri"] == REDIRECT_URI
    assert begun.transaction.verifier not in begun.url
    assert Wanted(scope="openid").scopes == ("openid",)
