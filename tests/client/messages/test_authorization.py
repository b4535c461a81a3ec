"""What a browser is sent with, what is kept meanwhile, and in which forms the answer may come back."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.client.conftest import ISSUER, REDIRECT_URI, Begun, Server, metadata_of

from gatelodge.client import CallbackRejected, ClientConfig, Moment, OAuthClient, Transaction, Wanted
from gatelodge.client.messages.callback import read_callback
from gatelodge.protocol.pkce import proves


def test_everything_wanted_is_asked(client: OAuthClient):
    wanted = Wanted(
        scope=("openid", "orders:read"),
        prompt="login",
        max_age=60,
        login_hint="alice@example.org",
        acr_values="phr",
        ui_locales="de",
        response_mode="form_post",
        extra={"audience": "orders & more"},
    )
    begun = client.begin(wanted)
    asked = {name: value for name, (value,) in parse_qs(urlsplit(begun.url).query).items()}
    assert asked.pop("state") == begun.transaction.state
    assert asked.pop("nonce") == begun.transaction.nonce
    assert proves(begun.transaction.verifier, asked.pop("code_challenge"))
    assert asked == {
        "response_type": "code",
        "client_id": "app",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid orders:read",
        "code_challenge_method": "S256",
        "prompt": "login",
        "max_age": "60",
        "login_hint": "alice@example.org",
        "acr_values": "phr",
        "ui_locales": "de",
        "response_mode": "form_post",
        "audience": "orders & more",
    }


@pytest.mark.parametrize("name", ["state", "code_challenge", "code_challenge_method", "client_id", "request", "nonce"])
def test_nothing_said_here_can_be_replaced(client: OAuthClient, name: str):
    with pytest.raises(ValueError, match=name):
        client.begin(Wanted(extra={name: "mine"}))


def test_a_scope_that_is_none_is_not_sent(client: OAuthClient):
    with pytest.raises(ValueError, match="scope"):
        client.begin(Wanted(scope=("openid", "a b")))


def test_the_query_of_the_endpoint_stays(client: OAuthClient, server: Server):
    server.metadata["authorization_endpoint"] = f"{ISSUER}/authorize?tenant=a"
    assert client.begin().url.startswith(f"{ISSUER}/authorize?tenant=a&response_type=code")


def test_no_two_sign_ins_share_anything(client: OAuthClient):
    first, second = client.begin().transaction, client.begin().transaction
    assert len({first.state, first.verifier, first.nonce, second.state, second.verifier, second.nonce}) == 6


def test_a_transaction_survives_as_text(begun: Begun):
    assert Transaction.decode(begun.transaction.encode()) == begun.transaction
    for text in ("", "{}", "null", begun.transaction.encode()[:-1], '{"state": 7}'):
        with pytest.raises(ValueError):  # noqa: PT011 - the decoder has words of its own
            Transaction.decode(text)


@pytest.mark.parametrize("form", ["url", "url with a fragment", "query", "query with its mark", "mapping", "pairs"])
def test_an_answer_may_come_in_any_form(client: OAuthClient, begun: Begun, moment: Moment, form: str):
    answer = begun.answer(code="a code & more", session_state="x.y")
    query = urlencode(answer)
    callback = {
        "url": f"{REDIRECT_URI}?{query}",
        "url with a fragment": f"{REDIRECT_URI}?{query}#_=_",
        "query": query,
        "query with its mark": f"?{query}",
        "mapping": answer,
        "pairs": list(answer.items()),
    }[form]
    assert read_callback(begun.transaction, client.metadata(), callback, moment.now()).code == "a code & more"


def test_an_issuer_written_plainly_in_a_bare_query_is_not_taken_for_a_url(
    client: OAuthClient, begun: Begun, moment: Moment
):
    query = f"iss={ISSUER}&code=a-code&state={begun.transaction.state}"
    assert read_callback(begun.transaction, client.metadata(), query, moment.now()).code == "a-code"


@pytest.mark.parametrize(
    ("callback", "cause"),
    [
        ("", "state_missing"),
        ("?", "state_missing"),
        (REDIRECT_URI, "state_missing"),
        (f"{REDIRECT_URI}#code=a&state=b", "state_missing"),
        ("https://rp.test/callback/id/?code=a", "redirect_uri_mismatch"),
        ("https://rp.test:443/callback/id?code=a", "redirect_uri_mismatch"),
        ("http://rp.test/callback/id?code=a", "redirect_uri_mismatch"),
        ("https://evil.test/callback/id?code=a", "redirect_uri_mismatch"),
        ("javascript:code=a", "redirect_uri_mismatch"),
        ("code=%ff", "unreadable"),
        ("code=%0a", "unreadable"),
        ("code=%2", "unreadable"),
        ("code=a\nb", "unreadable"),
        ("a=" + "b" * 70_000, "unreadable"),
        ("&".join(f"a{number}=b" for number in range(200)), "unreadable"),
    ],
)
def test_what_is_no_answer_is_rejected(client: OAuthClient, begun: Begun, moment: Moment, callback: str, cause: str):
    with pytest.raises(CallbackRejected) as rejected:
        read_callback(begun.transaction, client.metadata(), callback, moment.now())
    assert rejected.value.cause == cause


def test_neither_code_nor_error_is_no_answer(client: OAuthClient, begun: Begun, moment: Moment):
    with pytest.raises(CallbackRejected) as rejected:
        read_callback(begun.transaction, client.metadata(), begun.answer(code=None), moment.now())
    assert rejected.value.cause == "code_missing"


def test_a_native_application_names_the_port_it_listens_on(server: Server, moment: Moment):
    config = ClientConfig(issuer=ISSUER, client_id="app", redirect_uri="http://127.0.0.1/cb")
    client = OAuthClient(config, send=server, moment=moment)
    begun = client.begin(Wanted(redirect_uri="http://127.0.0.1:51004/cb"))
    answer = urlencode(Begun(server, begun.transaction, begun.url).answer())
    read_callback(begun.transaction, client.metadata(), f"http://127.0.0.1:51004/cb?{answer}", moment.now())
    with pytest.raises(CallbackRejected):
        read_callback(begun.transaction, client.metadata(), f"http://127.0.0.1:51005/cb?{answer}", moment.now())


@pytest.mark.parametrize("uri", ["http://rp.test/cb", "https://rp.test/cb#a", "https://a@rp.test/cb", "https://"])
def test_a_redirect_uri_that_is_not_safe_is_refused_at_once(uri: str):
    with pytest.raises(ValueError, match="redirect_uri"):
        ClientConfig(issuer=ISSUER, client_id="app", redirect_uri=uri)


def test_the_metadata_is_asked_for_once(client: OAuthClient, server: Server):
    for _ in range(3):
        client.begin()
    assert [request.url for request in server.requests] == [f"{ISSUER}/.well-known/openid-configuration"]
    assert metadata_of()["issuer"] == ISSUER
