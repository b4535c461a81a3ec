"""What is particular to Microsoft, Google, Apple and GitHub."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from tests.authn.federation.conftest import Opens
from tests.authn.federation.test_lies import come_back, refused
from tests.conftest import FakeClock
from tests.upstream import CLIENT, UpstreamStub

from gatelodge.authn.federation.contract import Errand, ProviderUnusable, UpstreamFailed
from gatelodge.client.errors import OAuthClientError
from gatelodge.protocol.params import Params

pytestmark = pytest.mark.anyio

T1 = "11111111-1111-1111-1111-111111111111"
T2 = "22222222-2222-2222-2222-222222222222"
EVIL = "66666666-6666-6666-6666-666666666666"


def asked(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def of_tenant(stub: UpstreamStub, tenant: str, **claims: Any) -> dict[str, Any]:
    return {"iss": f"{stub.issuer}/{tenant}/v2.0", "tid": tenant, "oid": "o-1"} | claims


async def test_entra_of_one_tenant_is_an_issuer_like_any(stub: UpstreamStub, opens: Opens):
    stub.metadata = {"issuer": f"{stub.issuer}/{T1}/v2.0"}
    there = opens("entra", tenants=(T1,))
    await there.look()

    who = (await come_back(stub, there, **of_tenant(stub, T1, email="a@corp.test"))).identity

    assert (who.issuer, who.subject, dict(who.kept)) == (f"{stub.issuer}/{T1}/v2.0", "u-1", {"oid": "o-1", "tid": T1})
    assert not who.is_proved
    assert await refused(stub, there, **of_tenant(stub, EVIL)) == ("not_welcome", "upstream.tenant")


@pytest.fixture
def common(stub: UpstreamStub) -> None:
    stub.metadata = {"issuer": f"{stub.issuer}/{{tenantid}}/v2.0"}
    stub.key_members = {"issuer": f"{stub.issuer}/{{tenantid}}/v2.0"}


@pytest.mark.usefixtures("common")
async def test_ACC_19_entra_of_many_lets_in_the_tenants_that_are_named_and_each_is_an_issuer(
    stub: UpstreamStub, opens: Opens
):
    there = opens("entra", tenants=(T1, T2))
    await there.look()

    one = (await come_back(stub, there, **of_tenant(stub, T1))).identity
    two = (await come_back(stub, there, **of_tenant(stub, T2))).identity

    assert one.subject == two.subject
    assert one.issuer != two.issuer
    assert await refused(stub, there, **of_tenant(stub, EVIL)) == ("not_welcome", "upstream.tenant")
    lie = of_tenant(stub, T1) | {"iss": f"{stub.issuer}/{EVIL}/v2.0"}
    assert await refused(stub, there, **lie) == ("rejected", "upstream.iss")
    assert await refused(stub, there, iss=f"{stub.issuer}/x/v2.0", tid="x") == ("rejected", "upstream.tenant")
    assert await refused(stub, there, iss=f"{stub.issuer}/{{tenantid}}/v2.0", tid="{tenantid}") == (
        "rejected",
        "upstream.tenant",
    )


@pytest.mark.usefixtures("common")
async def test_entra_may_be_open_to_everybody_if_that_is_said(stub: UpstreamStub, opens: Opens):
    there = opens("entra", tenants=("any",))
    await there.look()

    assert (await come_back(stub, there, **of_tenant(stub, EVIL))).identity.issuer == f"{stub.issuer}/{EVIL}/v2.0"


@pytest.mark.usefixtures("common")
async def test_a_key_of_one_tenant_signs_for_no_other(stub: UpstreamStub, opens: Opens):
    stub.key_members = {"issuer": f"{stub.issuer}/{T1}/v2.0"}
    there = opens("entra", tenants=("any",))
    await there.look()

    assert (await come_back(stub, there, **of_tenant(stub, T1))).identity
    assert await refused(stub, there, **of_tenant(stub, EVIL)) == ("rejected", "upstream.iss")


@pytest.mark.usefixtures("common")
async def test_ACC_19_an_address_from_entra_is_believed_where_its_domain_was_verified(stub: UpstreamStub, opens: Opens):
    there = opens("entra", tenants=("any",), domains=(f"{T1}/corp.test",))
    await there.look()
    mail = {"email": "alice@corp.test", "email_verified": True, "preferred_username": "alice@corp.test"}

    async def proved(tenant: str, **claims: Any) -> bool:
        return (await come_back(stub, there, **of_tenant(stub, tenant, **claims))).identity.is_proved

    assert await proved(T1, **mail)
    assert not await proved(EVIL, **mail)
    assert not await proved(T1, **mail | {"email": "alice@other.test"})
    assert await proved(EVIL, **mail, xms_edov=True)
    assert not await proved(EVIL, **mail, xms_edov=False)
    assert (
        await come_back(stub, there, **of_tenant(stub, T1, preferred_username="a@corp.test"))
    ).identity.address is None


async def test_google_speaks_for_its_own_addresses_and_for_organizations(stub: UpstreamStub, opens: Opens):
    there = opens("google")
    await there.look()

    async def proved(address: str, **claims: Any) -> bool:
        return (await come_back(stub, there, email=address, **claims)).identity.is_proved

    assert await proved("a@gmail.com", email_verified=True)
    assert not await proved("a@gmail.com", email_verified="true")
    assert not await proved("a@corp.test", email_verified=True)
    assert await proved("a@corp.test", email_verified=True, hd="corp.test")


async def test_google_may_leave_the_scheme_out_of_its_name(stub: UpstreamStub, opens: Opens):
    there = opens("google")
    await there.look()

    bare = (await come_back(stub, there, iss=stub.issuer.removeprefix("http://"))).identity
    assert (bare.issuer, bare.subject) == (stub.issuer, "u-1")
    assert (await refused(stub, there, iss="accounts.evil.test"))[1] == "upstream.iss"


async def test_the_organization_of_google_is_judged_in_the_token(stub: UpstreamStub, opens: Opens):
    there = opens("google", domains=("corp.test",))
    await there.look()

    assert asked(there.begin(Errand()).url)["hd"] == "corp.test"
    assert (await come_back(stub, there, hd="corp.test")).identity
    for other in ({}, {"hd": "evil.test"}):
        assert await refused(stub, there, email="a@corp.test", email_verified=True, **other) == (
            "not_welcome",
            "upstream.tenant",
        )


APPLES_KEY = ECKey.generate_key("P-256", private=True)


async def test_apple_gets_a_secret_that_was_made_just_now(stub: UpstreamStub, opens: Opens, clock: FakeClock):
    stub.members = {"client_secret": "is a token"}
    there = opens("apple", APPLES_KEY.as_pem(private=True).decode(), key_id="K1", team="TEAM")
    await there.look()
    begun = there.begin(Errand())
    assert asked(begun.url)["response_mode"] == "form_post"
    answer = stub.answer(begun.url, email="x@privaterelay.appleid.com", email_verified="true", is_private_email="true")
    user = json.dumps({"name": {"firstName": "Ada", "lastName": "Love\u202elace"}, "email": "evil@evil.test"})

    who = (await there.finish(begun.transaction, Params.of((answer | {"user": user}).items()))).identity

    assert (who.address, who.is_proved, who.name) == ("x@privaterelay.appleid.com", True, "Ada Lovelace")
    assert dict(who.kept) == {"relay": "true"}
    sent = jwt.decode(
        stub.heard[-2][1]["client_secret"] if stub.heard[-1][0] != "/token" else stub.heard[-1][1]["client_secret"],
        APPLES_KEY,
    )
    assert sent.header["kid"] == "K1"
    assert sent.claims == {
        "iss": "TEAM",
        "sub": CLIENT,
        "aud": "https://appleid.apple.com",
        "iat": clock.now(),
        "exp": clock.now() + 300,
    }


async def test_github_is_asked_who_it_was_and_a_person_is_a_number(stub: UpstreamStub, opens: Opens):
    there = opens("github")
    await there.look()
    stub.user = {"id": 583231, "login": "octocat", "name": None}
    mails = [
        {"email": "old@x.test", "primary": False, "verified": True},
        {"email": "Octo@x.test", "primary": True, "verified": True},
    ]
    stub.answers["/api/v3/user/emails"] = (200, json.dumps(mails).encode(), "application/json")

    who = (await come_back(stub, there)).identity

    assert (who.issuer, who.subject, who.address, who.is_proved) == (stub.issuer, "583231", "octo@x.test", True)
    assert (who.name, dict(who.kept)) == ("octocat", {"login": "octocat"})
    assert asked(there.begin(Errand()).url)["scope"] == "read:user user:email"

    for answer in (
        (404, b"{}"),
        (200, json.dumps([mails[0]]).encode()),
        (200, json.dumps([mails[1] | {"verified": False}]).encode()),
    ):
        stub.answers["/api/v3/user/emails"] = (*answer, "application/json")
        assert (await come_back(stub, there)).identity.address is None


async def test_what_github_cannot_say_signs_nobody_in(stub: UpstreamStub, opens: Opens):
    there = opens("github")
    stub.answers["/api/v3/user/emails"] = (200, b"[]", "application/json")
    for user in ({"id": "583231"}, {"id": True}, {"login": "octocat"}, {"id": 0}):
        stub.user = user
        assert await refused(stub, there) == ("rejected", "upstream.subject")
    stub.answers["/login/oauth/access_token"] = (200, b'{"error":"bad_verification_code"}', "application/json")
    assert (await refused(stub, there))[0] == "rejected"


UNUSABLE: dict[str, tuple[str, dict[str, Any]]] = {
    "entra without a tenant": ("entra", {}),
    "entra with a name for a tenant": ("entra", {"tenants": ("corp.onmicrosoft.com",)}),
    "entra with everybody and one": ("entra", {"tenants": ("any", T1)}),
    "entra with a domain of nobody": ("entra", {"tenants": (T1,), "domains": ("corp.test",)}),
    "google with a tenant": ("google", {"tenants": (T1,)}),
    "google without a secret": ("google", {"secret": ""}),
    "apple without a key": ("apple", {}),
    "apple with a key that is none": ("apple", {"key_id": "k", "team": "t", "secret": "-----BEGIN"}),
    "github with levels": ("github", {"levels": {"mfa": "2"}}),
    "oidc without an issuer": ("oidc", {"issuer": ""}),
    "oidc on plain http": ("oidc", {"issuer": "http://login.test"}),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_work_is_refused_when_it_is_added(opens: Opens, case: str):
    kind, members = UNUSABLE[case]
    with pytest.raises(ProviderUnusable):
        opens(kind, **members)


async def test_metadata_of_the_wrong_authority_is_not_believed(stub: UpstreamStub, opens: Opens):
    stub.metadata = {"issuer": f"{stub.issuer}/{EVIL}/v2.0"}
    for tenants in ((T1,), (T1, T2), ("any",)):
        with pytest.raises(OAuthClientError):
            await opens("entra", tenants=tenants).look()


Ask = Callable[[Errand], str]


async def test_who_is_to_prove_themselves_anew_is_sent_so(stub: UpstreamStub, opens: Opens, clock: FakeClock):
    there = opens()
    await there.look()
    begun = there.begin(Errand(fresh=True, login_hint="ada"))
    assert asked(begun.url) | {"prompt": "login", "max_age": "300", "login_hint": "ada"} == asked(begun.url)

    for auth_time in (None, clock.now() - 3_600):
        answer = stub.answer(begun.url, auth_time=auth_time)
        with pytest.raises(UpstreamFailed):
            await there.finish(begun.transaction, Params.of(answer.items()))
    answer = stub.answer(begun.url, auth_time=clock.now() - 10)
    assert (await there.finish(begun.transaction, Params.of(answer.items()))).identity.auth_time == clock.now() - 10


async def test_what_a_provider_lacks_is_said_in_words(stub: UpstreamStub, opens: Opens):
    stub.metadata = {"code_challenge_methods_supported": ["plain"], "id_token_signing_alg_values_supported": ["HS256"]}
    there = opens()
    await there.look()

    said = " ".join(there.lacks())

    assert "PKCE with S256: nobody can sign in" in said
    assert "no algorithm that is accepted here" in said
    assert "RFC 9207" in said
