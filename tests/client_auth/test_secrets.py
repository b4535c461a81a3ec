"""client_secret_basic and client_secret_post: how a secret may be spelled, and how long it works."""

from base64 import b64encode
from dataclasses import replace

import pytest
from tests.client_auth.samples import CLIENTS, NOW, SECRET, Attempt, Prove, basic, client, post

from gatelodge.client_auth import NotProven
from gatelodge.client_auth.client_secret_basic import parse_basic
from gatelodge.client_auth.contract import PresentedProof
from gatelodge.database.tx import Database
from gatelodge.keys.secrets import client_secret_digest
from gatelodge.protocol.client import ClientSecret
from gatelodge.protocol.errors import OAuthError
from gatelodge.stores import clients
from gatelodge.stores.registry import Registry

pytestmark = pytest.mark.anyio


def header(text: str | bytes) -> str:
    return "Basic " + b64encode(text.encode() if isinstance(text, str) else text).decode()


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("web1:secret", ("web1", "secret")),
        ("a%3Ab:%25+%2B%C3%A9", ("a:b", "% +é")),
        ("a+b:c+d", ("a b", "c d")),
        ("web1:with:colon", ("web1", "with:colon")),
        ("web1:", ("web1", "")),
        ("é:ü", ("é", "ü")),
    ],
)
def test_CA_04_id_and_secret_are_form_decoded(sent: str, read: tuple[str, str]) -> None:
    assert parse_basic(header(sent)) == read


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic"])
def test_the_scheme_may_be_in_any_case(scheme: str) -> None:
    assert parse_basic(f"{scheme} {b64encode(b'a:b').decode()}") == ("a", "b")


@pytest.mark.parametrize(
    "authorization",
    [
        header("web1:secret").rstrip("="),
        header("web1:secret") + "=",
        header("web1:secret") + " ",
        header("web1:secret") + "AAAA====",
        header("web1:secret").replace("d", "d ", 1),
        header("web1:secret").replace(" ", "  "),
        header("web1:secret") + ", " + header("web1:secret"),
        "Basic d2ViMTpzZWNyZXR=",
        "Basic d2ViMTpz\nZWNyZXQ=",
        "Basic d2ViMTpz-_NyZXQ=",
        "Basic é",
        "Basic",
        "Basic ",
        "",
        "Bearer abc",
        header("web1:secret").replace("Basic", "Bearer"),
        "Digest abc",
        header("no colon"),
        header("web1:bad%zz"),
        header("web1:bad%"),
        header("web1:%FF"),
        header("web1:%00"),
        header("web1:a\0b"),
        header(b"web1:\xff"),
    ],
)
def test_CA_04_loose_spellings_are_refused(authorization: str) -> None:
    with pytest.raises(NotProven):
        parse_basic(authorization)


async def test_CA_04_a_client_with_odd_characters_proves_itself(
    prove: Prove, database: Database, registry: Registry
) -> None:
    secret = "p: %+é" + "x" * 30
    odd = client("odd:id %+", "client_secret_basic", secrets=(ClientSecret(client_secret_digest(secret)),))
    await database.write(clients.add, odd, NOW)
    await registry.poll()
    assert (await prove(basic(odd.id, secret))).client.id == odd.id


@pytest.mark.parametrize(
    ("secret", "now", "works"),
    [("old", NOW, True), ("old", NOW + 99, True), ("old", NOW + 100, False), ("new", NOW + 100, True)],
)
async def test_CA_16_two_secrets_work_during_a_rotation_and_the_old_one_ends(
    prove: Prove, database: Database, registry: Registry, clock: object, secret: str, now: int, works: bool
) -> None:
    secrets = (ClientSecret(client_secret_digest("new")), ClientSecret(client_secret_digest("old"), NOW + 100))
    web1 = replace(CLIENTS["client_secret_basic"], secrets=secrets, auth_fixed=False)
    await database.write(clients.replace, web1, NOW)
    clock.at = now  # pyright: ignore[reportAttributeAccessIssue]
    await registry.poll()
    for attempt in (basic("web1", secret), post("web1", secret)):
        if works:
            assert (await prove(attempt)).client.id == "web1"
        else:
            with pytest.raises(NotProven):
                await prove(attempt)


@pytest.mark.parametrize("registered", ["client_secret_basic", "client_secret_post"])
async def test_a_secret_is_taken_in_the_header_and_in_the_body_unless_the_operator_fixed_one(
    prove: Prove, database: Database, registry: Registry, registered: str
) -> None:
    client = replace(CLIENTS[registered], auth_fixed=False)
    await database.write(clients.replace, client, NOW)
    await registry.poll()
    ways = {"client_secret_basic": basic(client.id, SECRET), "client_secret_post": post(client.id, SECRET)}
    for way, attempt in ways.items():
        assert (await prove(attempt)).method == way
    for attempt in (basic(client.id, "x"), post(client.id, "x"), Attempt({"client_id": client.id})):
        with pytest.raises(NotProven):
            await prove(attempt)
    with pytest.raises(OAuthError, match="invalid_request"):
        await prove(replace(ways["client_secret_post"], headers=ways["client_secret_basic"].headers))


async def test_a_client_without_any_working_secret_proves_nothing(
    prove: Prove, database: Database, registry: Registry
) -> None:
    await database.write(clients.replace, replace(CLIENTS["client_secret_basic"], secrets=()), NOW)
    await registry.poll()
    for secret in ("", "\0" * 32, SECRET):
        with pytest.raises(NotProven):
            await prove(basic("web1", secret))


async def test_the_digest_of_a_secret_is_not_the_secret(prove: Prove) -> None:
    with pytest.raises(NotProven):
        await prove(basic("web1", client_secret_digest(SECRET).hex()))


async def test_a_public_client_may_send_basic_with_an_empty_secret(prove: Prove) -> None:
    proven = await prove(basic("spa1", ""))
    assert (proven.client.id, proven.method) == ("spa1", "none")


async def test_a_public_client_with_a_secret_is_refused(prove: Prove) -> None:
    for attempt in (basic("spa1", "x"), post("spa1", "x")):
        with pytest.raises(NotProven):
            await prove(attempt)


async def test_a_confidential_client_cannot_pass_as_public(prove: Prove) -> None:
    empty = Attempt({"client_id": "web1", "client_secret": ""})
    for attempt in (basic("web1", ""), Attempt({"client_id": "web1"}), empty):
        with pytest.raises(NotProven):
            await prove(attempt)


async def test_a_secret_without_a_client_is_refused(prove: Prove) -> None:
    with pytest.raises(NotProven):
        await prove(Attempt({"client_secret": SECRET}))


async def test_a_repeated_secret_is_refused(prove: Prove) -> None:
    with pytest.raises(OAuthError) as caught:
        await prove(Attempt({"client_id": "post1", "client_secret": ["a", SECRET]}))
    assert caught.value.code == "invalid_request"


def test_a_presented_proof_shows_nothing() -> None:
    assert SECRET not in repr(PresentedProof("web1", SECRET))
