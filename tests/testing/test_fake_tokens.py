"""Fake tokens: every verifier in the process believes them, and finds in them what it would in real ones."""

import pytest

from gatelodge.client import DpopKey
from gatelodge.resource import Refused, SentProof, TokenVerifier
from gatelodge.testing import FakeTokens, Gatelodge

API = "https://api.test/orders"
VERIFIER = TokenVerifier("https://id.test", API)


def test_a_fake_person_calls(fake_token: FakeTokens):
    caller = VERIFIER.verify_sync(fake_token(scopes=["orders:read"], sub="ada", client_id="shop", audience=API))

    assert (caller.sub, caller.client_id, caller.scopes, caller.is_machine) == ("ada", "shop", {"orders:read"}, False)


def test_a_fake_machine_calls(fake_token: FakeTokens):
    assert VERIFIER.verify_sync(fake_token(sub="nightly", client_id="nightly", audience=API)).is_machine


def test_a_fake_token_is_bound_to_a_key(fake_token: FakeTokens):
    key = DpopKey.generate()
    token = fake_token(["orders:read"], audience=API, dpop=key)
    headers = key.headers("GET", API, token)

    caller = VERIFIER.verify_sync(token, SentProof([headers["dpop"]], "GET", API))
    assert caller.jkt == key.jkt
    with pytest.raises(Refused, match=r"token\.unbound"):
        VERIFIER.verify_sync(token)


@pytest.mark.anyio
async def test_they_are_believed_by_verifiers_that_await(fake_token: FakeTokens):
    assert (await VERIFIER.verify(fake_token(["orders:read"], audience=API))).has("orders:read")


def test_any_issuer_will_do(fake_token: FakeTokens):
    verifier = TokenVerifier("https://login.example.com/tenant", API)

    assert (
        verifier.verify_sync(fake_token(audience=API, issuer="https://login.example.com/tenant")).sub == "fake-person"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"audience": "https://api.test/other"},
        {"expires_in": -60},
        {"issuer": "https://other.test"},
        {"client_id": None},
        {"nbf": 4_000_000_000},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_fake_token_that_is_not_good_is_refused(fake_token: FakeTokens, wrong: dict[str, object]):
    good: dict[str, object] = {"audience": API}
    VERIFIER.verify_sync(fake_token(**good))  # pyright: ignore[reportArgumentType]

    with pytest.raises(Refused):
        VERIFIER.verify_sync(fake_token(**good | wrong))  # pyright: ignore[reportArgumentType]


def test_time_passes_for_them(fake_token: FakeTokens):
    token = fake_token(audience=API, expires_in=60)
    VERIFIER.verify_sync(token)
    fake_token.clock.advance(120)

    with pytest.raises(Refused, match="expired"):
        VERIFIER.verify_sync(token)


def test_claims_are_said_as_given(fake_token: FakeTokens):
    caller = VERIFIER.verify_sync(fake_token(audience=API, roles=["clerk"], acr="urn:strong"))

    assert (caller.claims["roles"], caller.claims["acr"]) == (["clerk"], "urn:strong")


def test_one_for_no_api_is_not_made(fake_token: FakeTokens):
    with pytest.raises(ValueError, match="gatelodge_audience"):
        fake_token()


def test_a_verifier_goes_from_fake_to_real_and_back(gatelodge: Gatelodge):
    gatelodge.add_api(API, ["orders:read"])
    token = gatelodge.token_for(gatelodge.add_user(), scopes=["orders:read"], resource=API)

    assert VERIFIER.verify_sync(token).has("orders:read")


def test_and_back(fake_token: FakeTokens):
    assert VERIFIER.verify_sync(fake_token(["orders:write"], audience=API)).has("orders:write")


def test_nobody_believes_them_afterwards():
    token = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.x"
    with pytest.raises(Refused):
        VERIFIER.verify_sync(token)
