"""What a developer is told beyond the rule: the case at hand, and nothing that could be a secret."""

from dataclasses import replace
from itertools import product

import pytest
from tests.world import API, APIS, CLIENTS, RP

from gatelodge.inspector.advice import ADVICE
from gatelodge.inspector.explain import PARTICULAR, Case, explain
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.params import Params
from gatelodge.protocol.rules import Rule
from gatelodge.protocol.targets import Apis

WEB = next(client for client in CLIENTS if client.id == "web1")
SPA = next(client for client in CLIENTS if client.id == "spa1")
NATIVE = next(client for client in CLIENTS if client.id == "nat1")
DAEMON = next(client for client in CLIENTS if client.id == "daemon1")
LOCAL = replace(WEB, redirect_uris=("http://localhost:3000/cb",))
FIXED = replace(WEB, auth_fixed=True)
BY_KEY = replace(WEB, id="pkj1", auth_method="private_key_jwt", secrets=())

TWICE = Params.of([("state", "1"), ("state", "2")])


def case(client: Client | None = WEB, header: bool = False, **params: str) -> Case:
    return Case(Params.of(list(params.items())), header, client, Apis(APIS), "https://id.test")


@pytest.mark.parametrize(
    ("rule", "of", "said"),
    [
        (rules.REDIRECT_EXACT, case(redirect_uri=RP + "/"), f"registered is {RP}: yours has a trailing slash."),
        (rules.REDIRECT_EXACT, case(LOCAL, redirect_uri="http://localhost:1/cb"), "Only a native client may choose"),
        (rules.REDIRECT_EXACT, case(replace(WEB, redirect_uris=()), redirect_uri=RP), "None is registered."),
        (rules.REDIRECT_REQUIRED, case(), "redirect_uri was left out, and openid is asked for."),
        (rules.REDIRECT_REQUIRED, case(NATIVE), "3 are registered"),
        (rules.LOGOUT_REDIRECT, case(post_logout_redirect_uri="https://rp.test/bye/"), "yours has a trailing slash"),
        (rules.LOGOUT_REDIRECT, case(None, post_logout_redirect_uri=RP), "Send client_id or id_token_hint"),
        (rules.CODE_REDIRECT, case(), "redirect_uri was left out here"),
        (rules.CODE_REDIRECT, case(redirect_uri=RP), "the code was made for another one"),
        (rules.CODE_REDIRECT, case(redirect_uri=RP + "?a=1"), "yours has a query"),
        (rules.TARGET_KNOWN, case(resource=API + "/"), f"The closest that is registered is {API}"),
        (rules.CLIENT_KNOWN, case(None), "client_id is missing."),
        (rules.CLIENT_KNOWN, case(None, client_id=" web1"), "It has white space around it."),
        (rules.CLIENT_PROVEN, case(header=True), "The secret is not one that web1 has"),
        (rules.CLIENT_PROVEN, case(client_secret="x"), "The secret is not one that web1 has"),
        (rules.CLIENT_PROVEN, case(FIXED, client_secret="x"), "_basic, and this request used client_secret_post."),
        (rules.CLIENT_PROVEN, case(client_id="web1"), "_basic or client_secret_post, and this request proved nothing."),
        (rules.CLIENT_PROVEN, case(None, client_id="who"), "No client of this id"),
        (rules.CLIENT_PROVEN, case(None), "says nothing of which client"),
        (rules.CLIENT_ENABLED, case(client_id="web1"), "web1 is registered for client_secret_basic"),
        (rules.CLIENT_ONE_METHOD, case(header=True, client_secret="x"), "client_secret_basic and client_secret_post"),
        (rules.CLIENT_ONE_METHOD, case(header=True, client_id="x"), "another client than the one that proved itself"),
        (rules.GRANT_KNOWN, case(grant_type="password"), "legacy.password is off."),
        (rules.GRANT_KNOWN, case(grant_type="x"), "The metadata lists what there is in grant_types_supported"),
        (rules.GRANT_KNOWN, case(grant_type="authorisation_code"), "The closest that this server has is authoriz"),
        (rules.GRANT_KNOWN, case(grant_type="Client-Credentials "), "The closest that this server has is client_cred"),
        (rules.GRANT_ALLOWED, case(grant_type="password"), "registered for authorization_code, refresh_token."),
        (rules.GRANT_ALLOWED, case(SPA, grant_type="refresh_token"), "spa1 is public"),
        (rules.RESPONSE_TYPE_ALLOWED, case(response_type="token"), "web1 is registered for code."),
        (rules.RESPONSE_TYPE_ON, case(response_type="token"), "legacy.implicit"),
        (rules.SCOPE_ALLOWED, case(DAEMON, scope="orders:write made:up"), "orders:write and for 1 that no API here"),
        (rules.SCOPE_OF_RESOURCE, case(resource=API), f"{API} has orders:read, orders:write."),
        (rules.SCOPE_ONE_API, case(scope="orders:read things:read"), f"{API} has orders:read."),
        (rules.PKCE_METHOD, case(code_challenge="x"), "plain is meant, not S256"),
        (rules.PKCE_CHALLENGE, case(code_challenge="a" * 64), "It looks like hexadecimal"),
        (rules.PKCE_CHALLENGE, case(code_challenge="a" * 42 + "+="), "44 characters instead of 43. base64url has no"),
        (rules.PKCE_CHALLENGE, case(code_challenge="a" * 42 + "+"), "base64url has - and _"),
        (rules.PKCE_VERIFIER, case(), "code_verifier was not sent."),
        (rules.PKCE_VERIFIER, case(code_verifier="x"), "The usual causes"),
        (rules.JWT_AUD, case(BY_KEY), "aud must be the text https://id.test and nothing else"),
        (rules.ONCE, Case(TWICE, False, None, Apis(), ""), "More than once came state."),
        (rules.CODE_ONCE, case(code="x"), "everything that came of this one has been ended"),
        (rules.REFRESH_ONCE, case(), "its whole family has been ended"),
    ],
)  # fmt: skip
def test_the_case_is_explained(rule: Rule, of: Case, said: str) -> None:
    assert said in explain(rule, of)


def test_nothing_that_was_sent_is_repeated() -> None:
    """HTTP-11: whatever is in whichever parameter, it is not told again."""
    names = "client_id client_secret code code_verifier state nonce scope grant_type response_type prompt claims"
    more = "username password refresh_token token id_token_hint client_assertion code_challenge resource redirect_uri"
    sent = {name: f"https://rp.test/cb?x={name}-secret#{name}-secret" for name in f"{names} {more}".split()}

    for rule, client, header in product((*ADVICE, *PARTICULAR), (WEB, SPA, NATIVE, BY_KEY, None), (True, False)):
        said = explain(rule, case(client, header, **sent))
        assert "-secret" not in said.replace("client_secret", ""), rule.id


def test_a_request_of_nothing_can_be_explained() -> None:
    assert [rule.id for rule in (*ADVICE, *PARTICULAR) if len(explain(rule, case(None))) >= 500] == []


def test_a_rule_that_says_it_all_is_not_explained() -> None:
    assert explain(rules.BOUNDED, case()) == ""
