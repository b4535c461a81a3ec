"""An authorization request is answered only to whom it may be, and understood or refused in the right words."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.protocol import rules
from gatelodge.protocol.access_request import NOBODY
from gatelodge.protocol.authorize import AuthorizationRequest, Recipient, find_recipient, read_client_id, validate
from gatelodge.protocol.client import Api, Client
from gatelodge.protocol.errors import OAuthError, UnsafeRequest
from gatelodge.protocol.params import Params
from gatelodge.protocol.response_type import HYBRID, IMPLICIT, canonical
from gatelodge.protocol.rules import Rule
from gatelodge.protocol.targets import Apis, permission

ISSUER = "https://id.test"
CB = "https://rp.test/cb"
EVIL = "https://evil.test/cb"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

SCOPES = frozenset({"openid", "profile", "email", "offline_access", "orders:read"})
WEB1 = Client(
    "web1",
    "Web",
    "web",
    "client_secret_basic",
    redirect_uris=(CB,),
    grants=frozenset({"authorization_code", "refresh_token"}),
    response_types=frozenset({"code"}),
    scopes=SCOPES,
)
LEGACY1 = replace(WEB1, response_types=frozenset({"code"}) | IMPLICIT | HYBRID)
TWO = replace(WEB1, redirect_uris=(CB, "https://rp.test/other"))
NATIVE = replace(WEB1, id="nat1", type="native", auth_method="none", redirect_uris=("http://127.0.0.1/cb",))

ORDERS = Api("https://orders.test", "Orders", {"orders:read": "See orders"})
STOCK = Api("https://stock.test", "Stock", {"stock:read": "See stock"})
APIS = Apis([ORDERS, STOCK])


@dataclass(frozen=True)
class On:
    """The legacy settings."""

    password: bool = False
    implicit: bool = False
    hybrid: bool = False


OFF, ALL = On(), On(implicit=True, hybrid=True)

PLAIN = {
    "client_id": "web1",
    "redirect_uri": CB,
    "response_type": "code",
    "scope": "openid",
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def sent(*more: tuple[str, str], **fields: str | None) -> Params:
    """Return a good request with `fields` changed (`None` takes one out) and `more` added."""
    changed = {name: value for name, value in (PLAIN | fields).items() if value is not None}
    return Params.of([*changed.items(), *more])


def understood(
    params: Params, client: Client = WEB1, legacy: On = OFF, hinted: str | None = None
) -> AuthorizationRequest:
    return validate(params, find_recipient(params, client, ISSUER), APIS, legacy, hinted)


def refused(
    params: Params, client: Client = WEB1, legacy: On = OFF, hinted: str | None = None
) -> tuple[str, Recipient]:
    """Return the error that would travel, and to whom."""
    recipient = find_recipient(params, client, ISSUER)
    with pytest.raises(OAuthError) as refusal:
        validate(params, recipient, APIS, legacy, hinted)
    assert refusal.value.rule is not None
    return refusal.value.code, recipient


def unsafe(params: Params, client: Client | None = WEB1) -> str:
    """Return the rule for which nothing may be redirected."""
    with pytest.raises(UnsafeRequest) as refusal:
        find_recipient(params, client, ISSUER)
    assert refusal.value.code == "invalid_request"
    assert refusal.value.description == "client_id or redirect_uri is missing or not known here"
    return refusal.value.rule.id


def test_a_good_request_is_understood():
    assert understood(sent(resource=ORDERS.identifier, scope="openid orders:read", nonce="n")) == AuthorizationRequest(
        client_id="web1",
        redirect_uri=CB,
        response_type="code",
        response_mode="query",
        scope=("openid", "orders:read"),
        resource=(ORDERS.identifier,),
        permissions=(permission(ORDERS.identifier, "orders:read"),),
        state="s",
        nonce="n",
        code_challenge=CHALLENGE,
    )


def test_the_recipient_is_whom_and_how():
    assert find_recipient(sent(), WEB1, ISSUER) == Recipient(WEB1, CB, "query", "s", ISSUER)


# Before a recipient is known, nothing is redirected.


@pytest.mark.parametrize(
    "redirect_uri", [EVIL, CB + "/", CB + "?a=b", "https://rp.test/cb/../evil", "HTTPS://RP.TEST/cb"]
)
def test_RED_01_another_redirect_uri_is_never_answered(redirect_uri: str):
    assert unsafe(sent(redirect_uri=redirect_uri)) == "redirect.exact"


def test_RED_09_a_loopback_port_is_answered_and_remembered():
    params = sent(client_id="nat1", redirect_uri="http://127.0.0.1:51004/cb")

    assert find_recipient(params, NATIVE, ISSUER).redirect_uri == "http://127.0.0.1:51004/cb"
    assert understood(params, NATIVE).redirect_uri == "http://127.0.0.1:51004/cb"


@pytest.mark.parametrize(("first", "second"), [(CB, EVIL), (EVIL, CB), (CB, CB), (CB, "")])
def test_RED_17_two_redirect_uris_are_none(first: str, second: str):
    query, form = Params.of([*sent(redirect_uri=first)]), Params.of([("redirect_uri", second)])

    assert unsafe(Params.of([*query, *form])) == "redirect.once"
    assert unsafe(query.merge(form)) == "redirect.once"
    assert unsafe(form.merge(query)) == "redirect.once"


def test_two_client_ids_are_none():
    assert unsafe(sent(("client_id", "web2"))) == "redirect.once"


def test_RED_18_a_redirect_uri_is_left_out_only_when_it_can_be_no_other():
    assert unsafe(sent(redirect_uri=None, scope="orders:read"), TWO) == "redirect.required"
    assert unsafe(sent(redirect_uri=None, scope="orders:read openid")) == "redirect.required"
    assert unsafe(sent(("scope", "openid"), redirect_uri=None, scope="orders:read")) == "redirect.required"
    assert unsafe(sent(redirect_uri="", scope="openid")) == "redirect.required"

    params = sent(redirect_uri=None, scope="orders:read")
    assert find_recipient(params, WEB1, ISSUER).redirect_uri == CB
    assert understood(params).redirect_uri is None


def test_a_client_without_redirect_uris_is_never_answered():
    nowhere = replace(WEB1, redirect_uris=())

    assert unsafe(sent(), nowhere) == "redirect.exact"
    assert unsafe(sent(redirect_uri=None, scope="orders:read"), nowhere) == "redirect.required"


@pytest.mark.parametrize(
    "fields",
    [{"response_type": "bogus"}, {"scope": "bogus"}, {"response_type": "code id_token"}, {"response_mode": "x"}],
)
def test_RED_19_no_error_goes_to_an_unproven_redirect_uri(fields: dict[str, str]):
    assert unsafe(sent(redirect_uri=EVIL, **fields)) == "redirect.exact"


def test_RED_20_neither_does_prompt_none():
    assert unsafe(sent(redirect_uri=EVIL, prompt="none")) == "redirect.exact"


@pytest.mark.parametrize("client", [None, replace(WEB1, enabled=False), replace(WEB1, id="other")])
def test_AZ_17_unknown_and_disabled_clients_look_like_a_bad_redirect_uri(client: Client | None):
    assert unsafe(sent(), client) == "client.known"
    assert unsafe(sent(client_id=None), client) == "client.known"


def test_the_client_id_is_read_once_or_not_at_all():
    assert read_client_id(sent()) == "web1"
    for params in (sent(client_id=None), sent(client_id=""), sent(("client_id", "web1"))):
        with pytest.raises(UnsafeRequest):
            read_client_id(params)


# From here on, every refusal travels to the recipient.


@pytest.mark.parametrize(
    ("response_type", "code"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("bogus", "unsupported_response_type"),
        ("none", "unsupported_response_type"),
        ("code code", "unsupported_response_type"),
        ("code bogus", "unsupported_response_type"),
        ("CODE", "unsupported_response_type"),
        ("code ", "unsupported_response_type"),
        ("token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
        ("id_token token", "unsupported_response_type"),
        ("code id_token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
        ("code id_token token", "unsupported_response_type"),
    ],
)
def test_AZ_02_response_types_of_the_past_are_refused(response_type: str | None, code: str):
    assert refused(sent(response_type=response_type, nonce="n"), LEGACY1)[0] == code


@pytest.mark.parametrize("response_type", sorted(IMPLICIT | HYBRID))
def test_AZ_02_even_switched_on_they_need_the_client_s_permission(response_type: str):
    assert refused(sent(response_type=response_type, nonce="n"), WEB1, ALL)[0] == "unauthorized_client"
    assert understood(sent(response_type=response_type, nonce="n"), LEGACY1, ALL).response_type == response_type


@pytest.mark.parametrize(("response_type", "legacy"), [("code token", On(implicit=True)), ("token", On(hybrid=True))])
def test_each_legacy_family_has_its_own_switch(response_type: str, legacy: On):
    assert refused(sent(response_type=response_type), LEGACY1, legacy)[0] == "unsupported_response_type"


@pytest.mark.parametrize("text", ["", "bogus", "none", "code code", "code ", " code", "CODE", "token code bogus"])
def test_a_response_type_is_known_or_it_is_none(text: str):
    assert canonical(text) is None


def test_the_order_within_a_response_type_says_nothing():
    params = sent(response_type="id_token code", nonce="n")

    assert understood(params, LEGACY1, ALL).response_type == "code id_token"


def test_a_code_needs_the_grant_that_redeems_it():
    assert refused(sent(), replace(WEB1, grants=frozenset({"refresh_token"})))[0] == "unauthorized_client"


@pytest.mark.parametrize(
    ("response_type", "asked", "used", "code"),
    [
        ("code", None, "query", None),
        ("code", "query", "query", None),
        ("code", "fragment", "fragment", None),
        ("code", "form_post", "form_post", None),
        ("code", "bogus", "query", "invalid_request"),
        ("code", "web_message", "query", "invalid_request"),
        ("code", "QUERY", "query", "invalid_request"),
        ("id_token", None, "fragment", None),
        ("id_token", "form_post", "form_post", None),
        ("id_token", "query", "fragment", "invalid_request"),
        ("token", "query", "fragment", "invalid_request"),
        ("code id_token", "query", "fragment", "invalid_request"),
        ("code token", "query", "fragment", "invalid_request"),
        ("code id_token", "bogus", "fragment", "invalid_request"),
        ("bogus", None, "query", "unsupported_response_type"),
        ("bogus token", "query", "fragment", "unsupported_response_type"),
        (None, None, "query", "invalid_request"),
    ],
)
def test_AZ_03_tokens_are_never_in_the_query(response_type: str | None, asked: str | None, used: str, code: str | None):
    params = sent(response_type=response_type, response_mode=asked, nonce="n")

    assert find_recipient(params, LEGACY1, ISSUER).response_mode == used
    if code is None:
        assert understood(params, LEGACY1, ALL).response_mode == used
    else:
        assert refused(params, LEGACY1, ALL)[0] == code


@pytest.mark.parametrize("name", ["response_mode", "response_type"])
def test_a_mode_said_twice_is_answered_in_the_safe_one(name: str):
    params = sent((name, "form_post"), response_mode="fragment", response_type="code")

    code, recipient = refused(params)
    assert code == "invalid_request"
    assert recipient.response_mode == ("query" if name == "response_mode" else "fragment")


def request_object(inside: object) -> str:
    """An unsigned request object: `inside` is its payload."""
    return f"e30.{urlsafe_b64encode(json.dumps(inside).encode()).rstrip(b'=').decode()}."


@pytest.mark.parametrize(
    ("outside", "request_", "used"),
    [
        (None, request_object({"response_mode": "form_post"}), "form_post"),
        ("fragment", request_object({"response_mode": "form_post"}), "fragment"),
        (None, request_object({"response_mode": ["form_post"]}), "query"),
        (None, request_object({"response_mode": "form_post", "x": "x" * 16_384}), "query"),
        (None, request_object({}), "query"),
        (None, "e30.e30", "query"),
        (None, "no object at all", "query"),
    ],
)
def test_a_request_object_is_refused_in_the_mode_it_asks_for(outside: str | None, request_: str, used: str):
    code, recipient = refused(sent(("registration", "{}"), response_mode=outside, request=request_))
    assert (code, recipient.response_mode) == ("registration_not_supported", used)


@pytest.mark.parametrize(("asked", "rule"), [("query", rules.NO_TOKEN_IN_QUERY), ("bogus", rules.RESPONSE_MODE)])
def test_AZ_03_a_mode_is_refused_for_what_it_is(asked: str, rule: Rule):
    params = sent(response_type="id_token", response_mode=asked, nonce="n")
    with pytest.raises(OAuthError) as refusal:
        understood(params, LEGACY1, ALL)
    assert refusal.value.rule is rule


HARD_STATE = "\"'><svg onload=1>%00+%20é" * 80


def test_AZ_04_state_is_kept_byte_for_byte_after_one_decode():
    raw = "&".join(f"{name}={quote(value, safe='')}" for name, value in (PLAIN | {"state": HARD_STATE}).items())

    assert find_recipient(Params.parse(raw.encode()), WEB1, ISSUER).state == HARD_STATE


def test_AZ_05_no_state_is_no_state():
    assert understood(sent(state=None)).state is None
    assert understood(sent(state="")).state is None


def test_a_state_said_twice_is_not_answered():
    code, recipient = refused(sent(("state", "t")))

    assert code == "invalid_request"
    assert recipient.state is None


@pytest.mark.parametrize("name", ["scope", "nonce", "prompt", "code_challenge", "code_challenge_method", "extra"])
def test_any_other_parameter_said_twice_is_refused(name: str):
    code, recipient = refused(sent((name, "1"), (name, "2")))

    assert (code, recipient.state) == ("invalid_request", "s")


@pytest.mark.parametrize("response_type", ["id_token", "id_token token", "code id_token", "code id_token token"])
def test_AZ_07_an_id_token_from_the_front_needs_a_nonce(response_type: str):
    assert refused(sent(response_type=response_type), LEGACY1, ALL)[0] == "invalid_request"


@pytest.mark.parametrize("length", [1, 64, 384])
def test_AZ_07_a_nonce_is_kept_exactly(length: int):
    assert understood(sent(nonce="n" * length)).nonce == "n" * length


def test_AZ_07_the_code_flow_needs_no_nonce_but_bounds_it():
    assert understood(sent(nonce=None)).nonce is None
    assert refused(sent(nonce="n" * 1_025))[0] == "invalid_request"


def test_AZ_09_an_unknown_parameter_is_ignored():
    assert understood(sent(("extra", "foobar"))) == understood(sent())


@pytest.mark.parametrize("text", ["-1", "abc", "9e99", "1.5", "+1", " 1", "1" * 10, "１"])
def test_AZ_12_max_age_is_a_number_of_seconds(text: str):
    assert refused(sent(max_age=text))[0] == "invalid_request"


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("1", 1), ("86400", 86_400), ("", None)])
def test_max_age_is_read(text: str, seconds: int | None):
    assert understood(sent(max_age=text)).max_age == seconds


@pytest.mark.parametrize("text", ["none login", "login none", "bogus", "login bogus", "LOGIN"])
def test_prompt_none_stands_alone_and_unknown_values_are_refused(text: str):
    assert refused(sent(prompt=text))[0] == "invalid_request"


def test_prompt_is_a_set():
    assert understood(sent(prompt="login consent login")).prompt == {"login", "consent"}
    assert understood(sent(prompt="none")).prompt == {"none"}
    assert understood(sent()).prompt == frozenset()


def test_AZ_14_bad_claims_are_refused():
    assert refused(sent(claims="{" * 8_000))[0] == "invalid_request"
    assert refused(sent(claims='{"userinfo": {}, "userinfo": {}}'))[0] == "invalid_request"


def test_claims_are_read_as_far_as_the_client_may_go():
    claims = (
        '{"userinfo": {"email": null, "phone_number": null, "secret": null}, "id_token": {"name": null, "acr": null}}'
    )
    asked = understood(sent(claims=claims))

    assert asked.claims_userinfo == ("email",)
    assert asked.claims_id_token == ("name",)


def test_acr_is_wished_or_demanded():
    demanded = '{"id_token": {"acr": {"essential": true, "values": ["3", "2"]}}}'
    wished = '{"id_token": {"acr": {"values": ["3"]}}}'

    assert understood(sent(acr_values="2 1", claims=demanded)).essential_acr == ("3", "2")
    assert understood(sent(acr_values="2 1", claims=wished)).acr_values == ("2", "1", "3")
    assert understood(sent(acr_values="2 1", claims=wished)).essential_acr == ()


def test_a_hint_names_the_person_who_is_meant():
    claims = '{"id_token": {"sub": {"value": "alice"}}}'

    assert understood(sent(), hinted="alice").hinted_sub == "alice"
    assert understood(sent(claims=claims)).hinted_sub == "alice"
    assert understood(sent(claims=claims), hinted="alice").hinted_sub == "alice"
    assert refused(sent(claims=claims), hinted="bob")[0] == "invalid_request"
    assert understood(sent(claims=claims), hinted=NOBODY).hinted_sub == "alice"
    assert understood(sent(), hinted=NOBODY).hinted_sub == NOBODY


def test_wishes_are_bounded_and_never_refused():
    asked = understood(
        sent(ui_locales="de en-GB ../../etc/passwd <b> " + "x " * 90, login_hint="l" * 321, acr_values="a " * 90)
    )

    assert asked.ui_locales[:2] == ("de", "en-GB")
    assert "../../etc/passwd" not in asked.ui_locales
    assert len(asked.acr_values) == 20
    assert asked.login_hint is None
    assert understood(sent(login_hint="alice")).login_hint == "alice"


def test_nobody_registers_on_the_way():
    assert refused(sent(("registration", "x"), response_type=None))[0] == "registration_not_supported"


@pytest.mark.parametrize(
    ("scope", "resource", "code"),
    [
        (None, None, None),
        ("", None, None),
        ("bogus", None, "invalid_scope"),
        ("openid phone", None, "invalid_scope"),
        ("openid é", None, "invalid_scope"),
        ("orders:read", STOCK.identifier, "invalid_scope"),
        ("openid", "https://unknown.test", "invalid_target"),
    ],
)
def test_scope_and_resource_fit_the_client(scope: str | None, resource: str | None, code: str | None):
    params = sent(scope=scope, resource=resource)

    if code is None:
        assert understood(params).scope == ("orders:read",)
    else:
        assert refused(params)[0] == code


def test_a_client_that_may_have_nothing_must_ask_for_something():
    assert refused(sent(scope=None), replace(WEB1, scopes=frozenset({"openid"})))[0] == "invalid_scope"
    assert (
        refused(sent(scope="offline_access"), replace(WEB1, grants=frozenset({"authorization_code"})))[0]
        == "invalid_scope"
    )


def test_the_api_follows_from_the_scopes():
    assert understood(sent(scope="openid orders:read")).resource == (ORDERS.identifier,)
    assert understood(sent(scope="openid")).resource == ()


def test_an_authorization_may_be_for_two_apis_but_a_token_at_once_may_not():
    both = [("resource", ORDERS.identifier), ("resource", STOCK.identifier)]

    assert understood(sent(*both, scope="openid")).resource == (ORDERS.identifier, STOCK.identifier)
    assert refused(sent(*both, response_type="token"), LEGACY1, ALL)[0] == "invalid_target"


def test_RT_12_offline_access_is_dropped_where_no_refresh_token_can_come_of_it():
    online = replace(WEB1, grants=frozenset({"authorization_code"}), scopes=SCOPES - {"offline_access"})
    params = sent(scope="openid offline_access")

    assert understood(params).scope == ("openid", "offline_access")
    assert understood(params, online).scope == ("openid",)
    implicit = sent(scope="openid offline_access", response_type="id_token", nonce="n")
    assert understood(implicit, LEGACY1, ALL).scope == ("openid",)


@pytest.mark.parametrize("response_type", ["id_token", "code id_token"])
def test_an_id_token_is_asked_for_with_openid(response_type: str):
    params = sent(response_type=response_type, scope="orders:read", nonce="n")

    assert refused(params, LEGACY1, ALL)[0] == "invalid_request"


@pytest.mark.parametrize(
    "fields",
    [
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
    ],
)
def test_PK_06_07_every_code_is_bound_to_a_challenge(fields: dict[str, str | None]):
    code, recipient = refused(sent(**fields))

    assert (code, recipient.state) == ("invalid_request", "s")


def test_only_an_exempt_client_goes_without_and_what_it_sends_counts():
    exempt = replace(WEB1, pkce_exempt=True)

    assert understood(sent(code_challenge=None, code_challenge_method=None), exempt).code_challenge is None
    assert understood(sent(), exempt).code_challenge == CHALLENGE
    assert refused(sent(code_challenge_method="plain"), exempt)[0] == "invalid_request"


def test_what_brings_no_code_needs_no_challenge():
    params = sent(response_type="id_token", nonce="n", code_challenge=None, code_challenge_method=None)

    assert understood(params, LEGACY1, ALL).code_challenge is None


NAMES = st.sampled_from([*PLAIN, "nonce", "prompt", "max_age", "claims", "resource", "response_mode", "request", "x"])
VALUES = st.text(max_size=20) | st.sampled_from(
    [*PLAIN.values(), "none", "token", "id_token code", "form_post", "0", "{}"]
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=12), st.sampled_from([WEB1, TWO, NATIVE, LEGACY1]))
def test_whatever_is_asked_is_understood_or_refused(pairs: list[tuple[str, str]], client: Client):
    params = Params.of(pairs)
    try:
        recipient = find_recipient(params, client, ISSUER)
        asked = validate(params, recipient, APIS, ALL)
    except (UnsafeRequest, OAuthError):
        return
    assert recipient.redirect_uri in client.redirect_uris or client is NATIVE
    assert asked.code_challenge is not None or "code" not in asked.response_type
    assert client.scopes.issuperset(asked.scope)
