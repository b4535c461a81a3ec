"""Workloads without a secret: whose word is believed, about whom, and how often (RFC 7523 3)."""

from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest
from tests.client_auth.conftest import Published
from tests.client_auth.samples import (
    CLIENTS,
    ISSUER,
    KEY,
    NOW,
    OTHER_KEY,
    TRUSTED,
    Attempt,
    Prove,
    Register,
    asserted,
    assertion,
    client,
    of_workload,
)

from gatelodge.client import ClientConfig, Moment, ServerMetadata, WorkloadToken
from gatelodge.client.messages.registration import authenticated
from gatelodge.client_auth import NotProven
from gatelodge.database.tx import Database
from gatelodge.keys.secrets import b64
from gatelodge.protocol import rules
from gatelodge.protocol.workload import TrustedIssuer, fits, read_pattern
from gatelodge.stores import trusted_issuers
from gatelodge.stores.registry import Registry

pytestmark = pytest.mark.anyio

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


async def as_ci(prove: Prove, token: str, client_id: str = "ci1") -> str:
    return (await prove(asserted(token, client_id=client_id))).client.id


@pytest.mark.parametrize("aud", [ISSUER, [ISSUER]], ids=["text", "list"])
async def test_a_job_that_was_named_is_the_client(prove: Prove, aud: object) -> None:
    assert await as_ci(prove, of_workload(aud=aud)) == "ci1"


@pytest.mark.parametrize(
    "members",
    [
        {"repository": "octo-org/other"},
        {"repository": "octo-org/app/../app"},
        {"repository": "Octo-Org/app"},
        {"repository": None},
        {"repository": ["octo-org/app"]},
        {"ref": "refs/heads/feature/x"},
        {"ref": "refs/tags/v1"},
        {"iss": "https://other.test"},
        {"iss": "https://ci.test/"},
        {"sub": None},
        {"aud": f"{ISSUER}/token"},
        {"aud": [ISSUER, "https://other.test"]},
        {"aud": None},
        {"exp": NOW - 61},
        {"exp": NOW + 100_000},
        {"exp": None},
        {"nbf": NOW + 120},
        {"jti": 7},
        {"jti": "x" * 300},
    ],
    ids=lambda members: "-".join(f"{name}-{str(value)[:20]}" for name, value in members.items()),
)
async def test_another_job_another_issuer_and_another_audience_are_nobody(
    prove: Prove, members: dict[str, Any]
) -> None:
    with pytest.raises(NotProven):
        await as_ci(prove, of_workload(**members))


@pytest.mark.parametrize("header", [{"typ": "at+jwt"}, {"kid": "k2"}, {"jku": "https://ci.test/jwks"}], ids=str)
async def test_CA_08_what_the_header_says_changes_nothing(prove: Prove, header: dict[str, Any]) -> None:
    with pytest.raises(NotProven):
        await as_ci(prove, of_workload(header=header))


async def test_CA_11_a_jwt_is_good_for_one_request_also_one_without_a_name(prove: Prove) -> None:
    for token in (of_workload(), of_workload(jti=None)):
        assert await as_ci(prove, token) == "ci1"
        with pytest.raises(NotProven):
            await as_ci(prove, token)


async def test_CA_11_another_signature_that_is_as_good_makes_no_other_jwt(prove: Prove) -> None:
    token = of_workload(jti=None)
    assert await as_ci(prove, token) == "ci1"
    signed, _, signature = token.rpartition(".")
    raw = urlsafe_b64decode(signature + "==")
    mirrored = raw[:32] + (ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    with pytest.raises(NotProven) as refused:
        await as_ci(prove, f"{signed}.{b64(mirrored)}")
    assert refused.value.rule is rules.ASSERTION_ONCE


async def test_what_a_pod_reads_from_its_file_is_good_until_it_expires(
    prove: Prove, register: Register, database: Database, registry: Registry
) -> None:
    cluster = TrustedIssuer(
        name="cluster", kind="kubernetes", issuer="https://k8s.test", jwks_uri="https://k8s.test/k", once=False
    )
    await database.write(trusted_issuers.add, cluster, NOW)
    await register(client("pod1", "workload_jwt", workloads=("cluster sub=system:serviceaccount:shop:*",)))
    token = of_workload(iss=cluster.issuer, sub="system:serviceaccount:shop:orders", aud=[ISSUER])
    for _ in range(2):
        assert await as_ci(prove, token, "pod1") == "pod1"
    with pytest.raises(NotProven):
        await as_ci(prove, of_workload(iss=cluster.issuer, sub="system:serviceaccount:other:orders"), "pod1")


async def test_who_is_not_meant_and_who_is_not_trusted_any_more_has_nothing_fetched(
    prove: Prove, published: Published, database: Database, registry: Registry
) -> None:
    for wrong in (of_workload(repository="x/y"), of_workload(iss="https://evil.test"), of_workload(OTHER_KEY)):
        with pytest.raises(NotProven):
            await as_ci(prove, wrong, "nobody")
    with pytest.raises(NotProven):
        await as_ci(prove, of_workload(repository="x/y"))
    assert published.asked == ()
    assert await as_ci(prove, of_workload()) == "ci1"
    assert published.asked == (TRUSTED.jwks_uri,)

    await database.write(trusted_issuers.remove, "ci")
    await registry.poll()
    with pytest.raises(NotProven):
        await as_ci(prove, of_workload(jti="w2"))


async def test_a_workload_is_not_a_client_that_signs_for_itself_nor_the_other_way_round(prove: Prove) -> None:
    with pytest.raises(NotProven):
        await prove(asserted(of_workload()))  # of which client?
    with pytest.raises(NotProven):
        await as_ci(prove, assertion("ci1", KEY), "ci1")
    with pytest.raises(NotProven):
        await as_ci(prove, of_workload(), CLIENTS["private_key_jwt"].id)


def test_a_star_ends_at_a_slash_and_two_do_not() -> None:
    one, two = read_pattern("ci ref=refs/heads/*"), read_pattern("ci ref=refs/**")
    assert [fits({"ref": ref}, [one]) for ref in ("refs/heads/a", "refs/heads/a/b", "refs/heads/")] == [
        True,
        False,
        True,
    ]
    assert fits({"ref": "refs/heads/a/b"}, [two])
    assert not fits({"ref": "xrefs/heads/a"}, [two])
    assert not fits({}, [])


@pytest.mark.parametrize(
    "said", ["", "ci", "ci ref", "ci ref=", "ci ref=**", "ci a=* b=*/*", "CI ref=x", "ci r\u00e9f=x"]
)
def test_a_pattern_that_names_nobody_or_everybody_is_none(said: str) -> None:
    with pytest.raises(ValueError, match="workload"):
        read_pattern(said)


async def test_the_client_library_sends_what_the_platform_wrote_anew_each_time(prove: Prove, tmp_path: Path) -> None:
    file = tmp_path / "token"
    config = ClientConfig(issuer=ISSUER, client_id="ci1", auth=WorkloadToken.from_file(file))
    metadata = ServerMetadata(issuer=ISSUER, token_endpoint=f"{ISSUER}/token")
    for jti in ("f1", "f2"):
        file.write_text(of_workload(jti=jti) + "\n")
        request = authenticated(config, metadata, "token_endpoint", (("grant_type", "client_credentials"),), Moment())
        params = dict(request.form or ())
        assert (await prove(Attempt(params))).client.id == "ci1"
        assert of_workload(jti=jti)[-20:] not in repr(config)
