"""Tokens of the world's providers: each is understood by its profile, and no ID token passes for an access token."""

import json
from typing import Any

import pytest
from tests.conftest import FakeClock
from tests.resource.conftest import Authority
from tests.resource.shapes import ACCESS, API, AUTH0, ENTRA_API, IDENTITY, KEYCLOAK, TENANT, Shape
from tests.resource.world import World

from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.protocol import rules
from gatelodge.protocol.rules import Rule
from gatelodge.resource import Introspection, Principal, Refused, TokenVerifier
from gatelodge.resource.profiles import PROFILES

NAMES = [profile.name for profile in PROFILES]
OTHER_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
OF_TENANTS = "https://login.microsoftonline.com/{tenantid}/v2.0"


@pytest.fixture
def world(clock: FakeClock) -> World:
    return World(clock)


def refused(verifier: TokenVerifier, token: str) -> Rule:
    with pytest.raises(Refused) as caught:
        verifier.verify_sync(token)
    assert caught.value.error == "invalid_token"
    return caught.value.rule


@pytest.mark.parametrize("name", ACCESS)
def test_an_access_token_says_who_calls_in_the_same_words_whoever_issued_it(name: str, world: World) -> None:
    shape = ACCESS[name]
    verifier = world.verifier(shape)
    for _ in range(2):  # new, and remembered
        caller = verifier.verify_sync(world.token(shape))
        assert (caller.issuer, caller.sub, caller.client_id) == (shape.issuer, shape.sub, shape.client_id)
        assert caller.scopes == set(shape.scopes)
        assert caller.is_machine == shape.is_machine


@pytest.mark.parametrize("profile", NAMES)
@pytest.mark.parametrize("name", IDENTITY)
def test_RS_20_an_id_token_is_no_access_token_with_any_profile(name: str, profile: str, world: World) -> None:
    """The audience is that of the ID token: nothing but its kind can refuse it."""
    shape = IDENTITY[name]
    rule = refused(world.verifier(shape, profile=profile), world.token(shape))
    assert rule in (rules.TOKEN_KIND, rules.JWT_TYP)


# What an issuer might one day put into an ID token beside what it has: one such claim opens nothing.
ONE_MORE = {
    "entra": ("azp", "appid", "roles"),
    "auth0": ("azp", "scope", "gty"),
    "okta": ("cid", "scp"),
    "keycloak": ("scope", "client_id"),
    "cognito": ("client_id", "scope"),
    "jwt": ("client_id", "azp", "scope", "scp"),
}


@pytest.mark.parametrize(
    ("name", "claim"),
    [(name, claim) for name, shape in IDENTITY.items() for claim in ONE_MORE[shape.profile]],
)
def test_RS_20_one_claim_of_an_access_token_makes_none_of_an_id_token(name: str, claim: str, world: World) -> None:
    shape = IDENTITY[name]
    value = shape.audience if claim in ("azp", "appid", "cid", "client_id") else ["orders:read"]
    token = world.token(shape, **{claim: value})
    if name == "Google, of a service account for an API" and claim in ("scope", "scp"):
        return  # then it says all that an access token says
    assert refused(world.verifier(shape), token) in (rules.TOKEN_KIND, rules.TOKEN_CLAIMS)


@pytest.mark.parametrize("name", ACCESS)
def test_an_access_token_with_the_hash_of_another_token_is_refused(name: str, world: World) -> None:
    shape = ACCESS[name]
    for name_of_hash in ("at_hash", "c_hash"):
        assert refused(world.verifier(shape), world.token(shape, **{name_of_hash: "x" * 22})) is rules.TOKEN_KIND


@pytest.mark.parametrize("name", ACCESS)
def test_an_access_token_for_another_api_is_refused(name: str, world: World) -> None:
    shape = ACCESS[name]
    assert refused(world.verifier(shape, audience="https://other.example.com"), world.token(shape)) is rules.JWT_AUD


@pytest.mark.parametrize("name", ACCESS)
def test_the_standard_profile_takes_no_dialect(name: str, world: World) -> None:
    shape = ACCESS[name]
    if shape.header.get("typ") == "JWT" or "typ" not in shape.header:
        assert refused(world.verifier(shape, profile="rfc9068"), world.token(shape)) is rules.JWT_TYP


# What each provider has of its own


def test_okta_tokens_of_the_organizations_own_server_are_for_okta_alone(world: World) -> None:
    shape = ACCESS["Okta, a person"]
    foreign = Shape("okta", shape.issuer, {"typ": "application/okta-internal-at+jwt", "alg": "RS256"}, shape.claims)
    assert refused(world.verifier(shape), world.token(foreign)) is rules.JWT_TYP


def test_a_cognito_token_for_another_api_is_not_taken_for_its_client(world: World) -> None:
    shape = ACCESS["Cognito bound to an API"]
    assert refused(world.verifier(shape, audience=shape.client_id), world.token(shape)) is rules.JWT_AUD


def test_an_entra_token_of_another_tenant_than_its_issuer_is_refused(world: World) -> None:
    shape = ACCESS["Entra 2.0, a person"]
    for tid in (OTHER_TENANT, "", [TENANT], "login.microsoftonline.com.evil.test"):
        assert refused(world.verifier(shape), world.token(shape, tid=tid)) is rules.TOKEN_KIND


@pytest.mark.parametrize("typ", ["ID", "Refresh", "Logout", "Offline", None, ["Bearer"]])
def test_a_keycloak_token_of_another_kind_is_refused(typ: Any, world: World) -> None:
    shape = ACCESS["Keycloak, a person"]
    assert refused(world.verifier(shape), world.token(shape, typ=typ)) is rules.TOKEN_KIND


def test_a_keycloak_person_who_is_named_like_a_machine_is_none(world: World) -> None:
    shape = ACCESS["Keycloak, a person"]
    token = world.token(shape, preferred_username="service-account-web")
    assert not world.verifier(shape).verify_sync(token).is_machine


def test_a_key_bound_token_is_no_bearer_token_with_any_profile(world: World) -> None:
    for shape in ACCESS.values():
        assert refused(world.verifier(shape), world.token(shape, cnf={"jkt": "x" * 43})) is rules.TOKEN_UNBOUND


def test_a_token_without_a_client_or_with_an_odd_one_is_refused(world: World) -> None:
    shape = ACCESS["Any server, with parts of seconds"]
    for odd in (None, "", 7, ["web"]):
        assert refused(world.verifier(shape), world.token(shape, azp=odd)) is rules.TOKEN_CLAIMS


def test_scopes_of_a_strange_form_allow_nothing(world: World) -> None:
    shape = ACCESS["Any server, with parts of seconds"]
    for odd in (7, {"orders:read": True}, [["orders:read"], 7, None], []):
        assert world.verifier(shape).verify_sync(world.token(shape, scp=odd, scope=odd)).scopes == frozenset()


def test_times_may_have_parts_of_seconds(world: World, clock: FakeClock) -> None:
    shape = ACCESS["Any server, with parts of seconds"]
    token = world.token(shape, exp=clock.now() + 10.75, iat=clock.now() - 0.5, nbf=clock.now() - 0.5)
    assert world.verifier(shape).verify_sync(token)
    clock.advance(69)
    assert world.verifier(shape).verify_sync(token)
    clock.advance(1)
    assert refused(world.verifier(shape), token) is rules.JWT_EXP
    for odd in (1e30, -7.5, "1800000100.5", True):
        assert refused(world.verifier(shape), world.token(shape, exp=odd)) in (rules.JWT_TIME, rules.JWT_EXP)


# Several issuers, several audiences, many tenants


def test_RS_07_the_same_sub_of_two_issuers_is_two_callers(world: World) -> None:
    one = ACCESS["Any server, with parts of seconds"]
    other = Shape("jwt", "https://sso.example.com", one.header, one.claims)
    verifier = world.verifier(one, issuer=[one.issuer, other.issuer])
    first, second = verifier.verify_sync(world.token(one)), verifier.verify_sync(world.token(other))
    assert first.sub == second.sub
    assert first.key != second.key
    assert first != second


def test_RS_07_no_issuer_can_sign_for_another(world: World) -> None:
    one = ACCESS["Any server, with parts of seconds"]
    verifier = world.verifier(one, issuer=[one.issuer, AUTH0])
    world.of(AUTH0)
    token = world.of(AUTH0).token(
        header=one.header | {"typ": None}, key=f"key of {AUTH0}", alg="RS256", **one.claims, iss=one.issuer
    )
    world.of(one.issuer)
    assert refused(verifier, token) is rules.JWT_KEY
    assert refused(verifier, world.token(Shape("jwt", KEYCLOAK, one.header, one.claims))) is rules.JWT_ISS


def test_an_api_may_have_several_names(world: World) -> None:
    shape = ACCESS["Entra 2.0, a person"]
    verifier = world.verifier(shape, audience=["api://orders", ENTRA_API])
    assert (verifier.audience, verifier.audiences) == ("api://orders", ("api://orders", ENTRA_API))
    for audience in ("api://orders", ENTRA_API, ["x", ENTRA_API], [7, ENTRA_API]):
        assert verifier.verify_sync(world.token(shape, aud=audience))
    for audience in ("api://order", ["api", "orders"], {ENTRA_API: 1}, [[ENTRA_API]], 7, ""):
        assert refused(verifier, world.token(shape, aud=audience)) is rules.JWT_AUD


def of_tenant(tenant: str) -> Shape:
    shape = ACCESS["Entra 2.0, a person"]
    issuer = OF_TENANTS.replace("{tenantid}", tenant)
    return Shape("entra", issuer, shape.header, shape.claims | {"tid": tenant}, ENTRA_API)


def test_tenants_on_the_list_are_let_in_and_no_others(world: World) -> None:
    tenants = {TENANT}
    verifier = world.verifier(of_tenant(TENANT), issuer=OF_TENANTS, tenants=tenants)
    assert verifier.verify_sync(world.token(of_tenant(TENANT))).issuer == of_tenant(TENANT).issuer
    assert refused(verifier, world.token(of_tenant(OTHER_TENANT))) is rules.JWT_ISS
    tenants.add(OTHER_TENANT)
    token = world.token(of_tenant(OTHER_TENANT))
    assert verifier.verify_sync(token)
    tenants.remove(OTHER_TENANT)
    assert refused(verifier, token) is rules.JWT_ISS  # also of one that was taken before


def test_RS_07_a_tenants_keys_sign_for_no_other_tenant(world: World) -> None:
    verifier = world.verifier(of_tenant(TENANT), issuer=OF_TENANTS, tenants={TENANT, OTHER_TENANT})
    mine, theirs = of_tenant(TENANT), of_tenant(OTHER_TENANT)
    world.of(theirs.issuer)
    token = world.of(mine.issuer).token(
        header=mine.header, key=f"key of {mine.issuer}", alg="RS256", **theirs.claims, iss=theirs.issuer
    )
    assert refused(verifier, token) is rules.JWT_KEY


class Anybody:
    """A list on which everybody is."""

    def __contains__(self, _: object) -> bool:
        return True


@pytest.mark.parametrize("name", ["", "a/b", "a.evil.test", "..", "a%2fb", "a?b", "a#b", "a@evil.test", "é", "a" * 65])
def test_what_is_no_name_of_a_tenant_leads_nowhere(name: str, world: World) -> None:
    verifier = world.verifier(of_tenant(TENANT), issuer=OF_TENANTS, tenants=Anybody())
    token = world.token(of_tenant(TENANT), iss=OF_TENANTS.replace("{tenantid}", name), tid=name)
    assert refused(verifier, token) is rules.JWT_ISS


# What cannot be set up


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"profile": "azure"}, "rfc9068, entra, auth0, okta, keycloak, cognito, jwt"),
        ({"issuer": []}, "issuer"),
        ({"audience": []}, "audience"),
        ({"audience": [API, ""]}, "audience"),
        ({"issuer": OF_TENANTS}, "tenants"),
        ({"tenants": {TENANT}}, "tenants"),
        ({"algorithms": ["ES256K"]}, "Ed25519"),
        ({"introspection": Introspection(client_id="a", secret="s"), "issuer": [AUTH0, KEYCLOAK]}, "introspection"),
        ({"introspection": Introspection(client_id="a", secret="s", issuer="https://x.test")}, "introspection"),
    ],
)
def test_what_does_not_go_together_is_told_at_once(options: dict[str, Any], said: str) -> None:
    whole: dict[str, Any] = {"issuer": AUTH0, "audience": API} | options
    with pytest.raises(ValueError, match=said):
        TokenVerifier(**whole)


def test_a_pattern_that_can_be_no_issuer_is_told_at_once() -> None:
    with pytest.raises(Exception, match="issuer"):
        TokenVerifier("http://login.example.com/{tenantid}", API, tenants={TENANT})


# Algorithms by choice


@pytest.mark.parametrize("alg", ["ES384", "ES512", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA", "Ed25519"])
def test_other_algorithms_are_taken_by_choice_and_only_then(alg: str, clock: FakeClock) -> None:
    authority = Authority(clock, published={"key-1": alg})
    token = authority.token(alg=alg)
    caller: Principal = authority.verifier(algorithms=[alg]).verify_sync(token)
    assert caller.sub == "alice"
    assert refused(authority.verifier(), token) is rules.JWT_ALG
    assert refused(authority.verifier(algorithms=["ES256", "RS256"]), token) is rules.JWT_ALG


# A JWT is introspected when the verifier is told to


def asking(world: World, **answer: Any) -> tuple[TokenVerifier, list[str]]:
    """A verifier that asks Keycloak about its JWTs, and the tokens it asked about."""
    shape, asked = ACCESS["Keycloak, a person"], list[str]()

    def send(request: HttpRequest) -> HttpResponse:
        if not request.url.endswith("/introspect"):
            return world.send(request)
        asked.append(dict(request.form or ())["token"])
        said = {"active": True, "token_type": "Bearer", "client_id": "web", "username": "alice"}
        return HttpResponse(
            200, {}, json.dumps(said | {"exp": world.clock.now() + 300} | shape.claims | answer).encode()
        )

    ask = Introspection(client_id="api", secret="s", also_jwts=True, issuer=KEYCLOAK)
    verifier = TokenVerifier(
        [KEYCLOAK, AUTH0], API, profile="keycloak", introspection=ask, send=send, clock=world.clock
    )
    return verifier, asked


def test_a_jwt_is_asked_about_when_the_verifier_is_told_to(world: World, clock: FakeClock) -> None:
    verifier, asked = asking(world)
    token = world.token(ACCESS["Keycloak, a person"])
    caller = verifier.verify_sync(token)
    assert (caller.sub, caller.client_id) == (ACCESS["Keycloak, a person"].sub, "web")
    assert caller.has("orders:read")
    assert asked == [token]


def test_a_revoked_jwt_is_refused_when_it_is_asked_about(world: World) -> None:
    verifier, _ = asking(world, active=False)
    assert refused(verifier, world.token(ACCESS["Keycloak, a person"])) is rules.TOKEN_ACTIVE


def test_a_light_token_of_keycloak_is_completed_by_the_answer(world: World) -> None:
    verifier, _ = asking(world)
    light = {"typ": "Bearer", "azp": "web", "scope": "openid", "jti": "onltro:359e52a7-b43c-6aee-9fd5-11a46da5861b"}
    caller = verifier.verify_sync(world.token(Shape("keycloak", KEYCLOAK, {"typ": "JWT", "alg": "RS256"}, light)))
    assert caller.sub == ACCESS["Keycloak, a person"].sub


def test_RS_20_nobody_is_asked_about_an_id_token_and_no_answer_makes_it_good(world: World) -> None:
    verifier, asked = asking(world)
    assert refused(verifier, world.token(IDENTITY["Keycloak"])) is rules.TOKEN_KIND
    assert asked == []
    verifier, _ = asking(world, token_type="ID", typ="ID")  # what Keycloak answers of one
    assert refused(verifier, world.token(ACCESS["Keycloak, a person"])) is rules.TOKEN_UNBOUND


def test_no_token_is_shown_to_a_server_that_did_not_issue_it(world: World) -> None:
    verifier, asked = asking(world)
    other = ACCESS["Keycloak, a person"]
    verifier.verify_sync(world.token(Shape("keycloak", AUTH0, other.header, other.claims)))  # verified here
    assert refused(verifier, world.token(other, iss="https://evil.test")) is rules.JWT_ISS
    assert asked == []
