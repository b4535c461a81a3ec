"""private_key_jwt at the door: whose key, which algorithm, once."""

import asyncio
import base64
import hmac
import json
from dataclasses import replace
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from tests.client_auth.conftest import means_of
from tests.client_auth.samples import (
    ASSERTION_TYPE,
    GOOD,
    ISSUER,
    KEY,
    NOW,
    Attempt,
    Prove,
    Register,
    asserted,
    assertion,
    client,
)

from gatelodge.client_auth import METHODS, ClientProofs, NotProven
from gatelodge.client_auth.decoys import decoys
from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.outbound import Fetched, Outbound
from gatelodge.protocol.assertion import ALGORITHMS
from gatelodge.protocol.client import ProvenClient
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.stores.registry import Registry
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

RSA = RSAKey.generate_key(2048, {"kid": "k1"})
SPARE = ECKey.import_key(ECKey.generate_key("P-256", {"kid": "k0"}).as_dict(private=False))
CLAIMS = {"iss": "pkj1", "sub": "pkj1", "aud": ISSUER, "exp": NOW + 60, "jti": "j"}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(alg: str) -> str:
    return f"{b64(json.dumps({'alg': alg, 'kid': 'k1'}).encode())}.{b64(json.dumps(CLAIMS).encode())}"


def public_forms() -> list[bytes]:
    info = serialization.PublicFormat.SubjectPublicKeyInfo
    return [
        KEY.public_key.public_bytes(serialization.Encoding.PEM, info),
        KEY.public_key.public_bytes(serialization.Encoding.DER, info),
        KEY.public_key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH),
        json.dumps(KEY.as_dict(private=False)).encode(),
    ]


@pytest.mark.parametrize("form", range(4))
async def test_CA_08_the_public_key_is_no_shared_secret(prove: Prove, form: int) -> None:
    mac = hmac.digest(public_forms()[form], unsigned("HS256").encode(), "sha256")
    with pytest.raises(NotProven):
        await prove(asserted(f"{unsigned('HS256')}.{b64(mac)}"))


@pytest.mark.parametrize("alg", ["none", "None", ""])
async def test_CA_08_an_unsigned_assertion_is_refused(prove: Prove, alg: str) -> None:
    with pytest.raises(NotProven):
        await prove(asserted(unsigned(alg) + "."))


async def test_CA_08_RS256_is_refused_where_PS256_is_registered(prove: Prove, register: Register) -> None:
    jwks = json.dumps({"keys": [RSA.as_dict(private=False, alg="PS256")]})
    await register(client("pkj2", "private_key_jwt", jwks=jwks))
    claims = CLAIMS | {"iss": "pkj2", "sub": "pkj2"}
    with pytest.raises(NotProven):
        await prove(asserted(jwt.encode({"alg": "RS256", "kid": "k1"}, claims, RSA, algorithms=["RS256"])))
    good = jwt.encode({"alg": "PS256", "kid": "k1"}, claims, RSA, algorithms=["PS256"])
    assert (await prove(asserted(good))).client.id == "pkj2"


async def test_CA_11_an_assertion_works_once(prove: Prove) -> None:
    token = assertion()
    await prove(asserted(token))
    with pytest.raises(NotProven):
        await prove(asserted(token))


async def test_CA_11_of_many_at_once_over_two_workers_one_works(
    proofs: ClientProofs, database: Database, clock: Clock
) -> None:
    other_registry = Registry(database, clock)
    means = means_of(database, clock, other_registry, Outbound())
    workers = [proofs, ClientProofs(METHODS, other_registry, means)]
    params = Params.of(asserted(assertion()).pairs())
    results = await asyncio.gather(
        *(workers[n % 2].prove(params, {}, Origin(address=f"192.0.2.{n}")) for n in range(50)), return_exceptions=True
    )
    assert sum(isinstance(result, ProvenClient) for result in results) == 1
    assert sum(isinstance(result, NotProven) for result in results) == 49


async def test_CA_11_the_same_jti_of_another_client_is_another_one(prove: Prove, register: Register) -> None:
    jwks = json.dumps({"keys": [KEY.as_dict(private=False)]})
    await register(client("pkj2", "private_key_jwt", jwks=jwks))
    await prove(asserted(assertion("pkj1")))
    assert (await prove(asserted(assertion("pkj2")))).client.id == "pkj2"


async def test_CA_11_a_refused_assertion_was_not_spent(prove: Prove) -> None:
    with pytest.raises(NotProven):
        await prove(asserted(assertion(aud="https://other.test")))
    assert (await prove(asserted(assertion()))).client.id == "pkj1"


async def test_CA_11_an_assertion_is_remembered_as_long_as_it_could_be_accepted(prove: Prove, clock: object) -> None:
    token = assertion()
    await prove(asserted(token))
    clock.at = NOW + 60 + 59  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(NotProven) as caught:
        await prove(asserted(token))
    assert caught.value.rule is not None
    assert caught.value.rule.id in ("assertion.once", "client.proven")


@pytest.mark.parametrize("members", [{"sub": None}, {"iss": "other"}, {"aud": [ISSUER]}, {"jti": None}, {"exp": None}])
async def test_CA_12_an_incomplete_assertion_is_refused(prove: Prove, members: dict[str, Any]) -> None:
    with pytest.raises(NotProven):
        await prove(asserted(assertion(**members)))


@pytest.mark.parametrize(
    ("params", "rule"),
    [
        ({"client_assertion": assertion(), "client_assertion_type": "urn:wrong"}, "assertion.type"),
        ({"client_assertion": assertion()}, "assertion.type"),
        ({"client_assertion_type": ASSERTION_TYPE}, "assertion.type"),
        ({"client_assertion": "nonsense", "client_assertion_type": ASSERTION_TYPE}, "jwt.compact"),
        ({"client_assertion": assertion(x="y" * 9_000), "client_assertion_type": ASSERTION_TYPE}, "jwt.compact"),
        ({"client_assertion": assertion("made-up"), "client_assertion_type": ASSERTION_TYPE}, "jwt.signature"),
    ],
)
async def test_CA_12_the_type_is_named_and_the_assertion_is_one(
    prove: Prove, params: dict[str, str], rule: str
) -> None:
    with pytest.raises(NotProven) as caught:
        await prove(Attempt(params))
    assert caught.value.rule is not None
    assert caught.value.rule.id == rule


@pytest.mark.parametrize("half", [{"client_assertion": assertion()}, {"client_assertion_type": ASSERTION_TYPE}])
async def test_CA_12_half_an_assertion_is_not_overlooked_beside_a_right_secret(
    prove: Prove, half: dict[str, str]
) -> None:
    whole = GOOD["client_secret_post"]("post1")
    with pytest.raises(NotProven):
        await prove(replace(whole, params={**whole.params, **half}))


async def test_CA_12_two_assertions_are_refused(prove: Prove) -> None:
    attempt = asserted(assertion())
    with pytest.raises(OAuthError) as caught:
        await prove(replace(attempt, params={**attempt.params, "client_assertion": [assertion(), assertion()]}))
    assert caught.value.code == "invalid_request"


class Publisher:
    """Stands where the network is: publishes two keys and counts who asks."""

    def __init__(self) -> None:
        self.fetches = 0

    async def get(self, url: str, max_bytes: int) -> Fetched:
        self.fetches += 1
        return Fetched(
            200, "application/json", json.dumps({"keys": [SPARE.as_dict(), KEY.as_dict(private=False)]}).encode()
        )


async def test_CA_13_published_keys_are_fetched_once_whatever_keys_strangers_name(
    database: Database, register: Register, registry: Registry, clock: Clock
) -> None:
    publisher = Publisher()
    means = means_of(database, clock, registry, cast("Outbound", publisher))
    proofs = ClientProofs(METHODS, registry, means)
    await register(client("pkj4", "private_key_jwt", jwks_uri="https://rp.test/jwks"))
    for number in range(100):
        token = jwt.encode({"alg": "ES256", "kid": f"random-{number}"}, CLAIMS | {"iss": "pkj4", "sub": "pkj4"}, KEY)
        with pytest.raises(NotProven):
            await proofs.prove(Params.of(asserted(token).pairs()), {}, Origin(address=f"192.0.2.{number}"))
    good = Params.of(asserted(assertion("pkj4")).pairs())
    assert (await proofs.prove(good, {}, Origin(address="198.51.100.1"))).client.id == "pkj4"
    assert publisher.fetches == 1


async def test_CA_13_nothing_is_fetched_for_an_algorithm_that_is_never_taken(
    database: Database, register: Register, registry: Registry, clock: Clock
) -> None:
    publisher = Publisher()
    means = means_of(database, clock, registry, cast("Outbound", publisher))
    await register(client("pkj1x", "private_key_jwt", jwks_uri="https://rp.test/jwks"))
    header, claims = {"alg": "HS256", "kid": "k1"}, CLAIMS | {"iss": "pkj1x", "sub": "pkj1x"}
    token = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}.AAAA"
    with pytest.raises(NotProven):
        await ClientProofs(METHODS, registry, means).prove(Params.of(asserted(token).pairs()), {}, Origin())
    assert publisher.fetches == 0


@pytest.mark.parametrize("alg", sorted(ALGORITHMS))
def test_an_unknown_client_costs_a_verification_too(alg: str) -> None:
    assert decoys().find("any name at all", alg) is not None


async def test_a_client_whose_registered_keys_are_broken_is_refused(prove: Prove, register: Register) -> None:
    await register(client("pkj3", "private_key_jwt", jwks="{}"))
    with pytest.raises(NotProven):
        await prove(asserted(assertion("pkj3")))
