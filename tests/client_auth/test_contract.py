"""What holds for every method in the list, also for one that is added later."""

from dataclasses import replace
from typing import Any

import pytest
from tests.client_auth.samples import BAD, CLIENTS, GOOD, NOW, SECRET, Attempt, Prove

from gatelodge.client_auth import METHODS, ClientProofs, Means, NotProven
from gatelodge.client_auth.contract import Method, PresentedProof
from gatelodge.client_auth.none import NoProof
from gatelodge.database.tx import Database
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.stores import clients
from gatelodge.stores.registry import Registry
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NAMES = [method.name for method in METHODS]
SECRETIVE = [name for name in NAMES if name != "none"]


# Two that are sent in one parameter cannot be sent together.
TWO = [(a, b) for a in SECRETIVE for b in SECRETIVE if a < b and not (a.endswith("_jwt") and b.endswith("_jwt"))]


def other_than(name: str) -> list[str]:
    return [other for other in NAMES if other != name]


def test_every_method_has_a_client_to_be_tried_with() -> None:
    assert set(NAMES) == set(CLIENTS) == set(GOOD)
    assert set(SECRETIVE) == set(BAD)


@pytest.mark.parametrize("name", NAMES)
async def test_a_client_proves_itself_in_the_way_it_registered(prove: Prove, name: str) -> None:
    client = CLIENTS[name]
    proven = await prove(GOOD[name](client.id))
    assert (proven.client.id, proven.method) == (client.id, name)


@pytest.mark.parametrize("name", SECRETIVE)
async def test_a_wrong_proof_proves_nothing(prove: Prove, name: str) -> None:
    with pytest.raises(NotProven):
        await prove(BAD[name](CLIENTS[name].id))


@pytest.mark.parametrize("name", SECRETIVE)
async def test_an_unknown_client_and_a_wrong_proof_look_alike(prove: Prove, name: str) -> None:
    told: set[tuple[str, str]] = set()
    for attempt in (BAD[name](CLIENTS[name].id), BAD[name]("nobody"), GOOD[name]("nobody")):
        with pytest.raises(NotProven) as caught:
            await prove(attempt)
        told.add((caught.value.code, caught.value.description))
    assert told == {("invalid_client", "client authentication failed")}


@pytest.mark.parametrize(("used", "registered"), [(used, name) for used in NAMES for name in other_than(used)])
async def test_no_other_way_than_the_registered_one_is_taken(prove: Prove, used: str, registered: str) -> None:
    with pytest.raises(NotProven):
        await prove(GOOD[used](CLIENTS[registered].id))


@pytest.mark.parametrize("name", NAMES)
async def test_a_disabled_client_proves_nothing(
    prove: Prove, name: str, database: Database, registry: Registry
) -> None:
    disabled: Client = replace(CLIENTS[name], enabled=False)
    await database.write(clients.replace, disabled, NOW)
    await registry.poll()
    with pytest.raises(NotProven):
        await prove(GOOD[name](disabled.id))


@pytest.mark.parametrize("name", NAMES)
async def test_a_client_id_beside_the_proof_must_be_the_same(prove: Prove, name: str) -> None:
    attempt = GOOD[name](CLIENTS[name].id)
    same = replace(attempt, params={**attempt.params, "client_id": CLIENTS[name].id})
    assert (await prove(same)).client.id == CLIENTS[name].id


@pytest.mark.parametrize("name", ["client_secret_basic", "private_key_jwt"])
async def test_a_client_id_of_somebody_else_is_refused(prove: Prove, name: str) -> None:
    attempt = GOOD[name](CLIENTS[name].id)
    with pytest.raises(OAuthError) as caught:
        await prove(replace(attempt, params={**attempt.params, "client_id": "somebody"}))
    assert caught.value.code == "invalid_request"


@pytest.mark.parametrize(("one", "other"), TWO)
async def test_CA_01_two_proofs_in_one_request_are_refused(prove: Prove, one: str, other: str) -> None:
    first, second = GOOD[one](CLIENTS[one].id), GOOD[other](CLIENTS[one].id)
    both = Attempt({**first.params, **second.params}, {**first.headers, **second.headers})
    with pytest.raises(OAuthError) as caught:
        await prove(both)
    assert caught.value.code == "invalid_request"


async def test_a_request_that_proves_nothing_is_refused(prove: Prove) -> None:
    with pytest.raises(NotProven):
        await prove(Attempt())


async def test_a_secret_without_a_client_is_refused(prove: Prove) -> None:
    with pytest.raises(NotProven):
        await prove(Attempt({"client_secret": SECRET}))


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
async def test_nobody_proves_anything_to_any_method(method: Method[Any], means: Means) -> None:
    attempt = GOOD[method.name]("nobody")
    presented = method.read(Params.of(attempt.pairs()), attempt.headers.get("authorization"))
    assert presented is not None
    with pytest.raises(NotProven):
        await method.check(presented, None, means)


class Credulous(NoProof):
    """Forgets to look whether there is a client."""

    async def check(self, presented: PresentedProof[None], client: Client | None, means: Means) -> None:
        return None


async def test_nobody_is_a_client_because_a_method_forgot_to_look(registry: Registry, means: Means) -> None:
    proofs = ClientProofs([Credulous()], registry, means)
    with pytest.raises(NotProven):
        await proofs.prove(Params.of([("client_id", "nobody")]), {}, Origin())


@pytest.mark.parametrize("name", ["client_secret_basic", "client_secret_post", "none"])
async def test_a_known_client_costs_no_statement(prove: Prove, database: Database, name: str) -> None:
    await prove(GOOD[name](CLIENTS[name].id))
    before = database.statements  # pyright: ignore[reportAttributeAccessIssue]
    await prove(GOOD[name](CLIENTS[name].id))
    assert database.statements == before  # pyright: ignore[reportAttributeAccessIssue]
