"""A JWT about a workload gets a token: whose word, about whom, how often, and for whom (RFC 7523)."""

from typing import Any

import jwt
import pytest
from tests.client_auth.samples import NOW, OTHER_KEY, of_workload
from tests.grants.samples import trusting
from tests.world import API, World, assert_error, audited

from gatelodge.protocol.workload import GRANT_TYPE
from gatelodge.stores import trusted_issuers

pytestmark = pytest.mark.anyio


async def bring(world: World, token: str, client_id: str = "web1", **form: str) -> Any:
    return await world.token(client_id, grant_type=GRANT_TYPE, assertion=token, **({"scope": "orders:read"} | form))


@pytest.fixture
async def trusted(world: World) -> World:
    await trusting(world)
    await world.change_client("web1", grants=frozenset({GRANT_TYPE}))
    return world


async def test_a_job_that_was_named_gets_a_token_of_its_client_and_it_is_written_down(trusted: World) -> None:
    answer = await bring(trusted, of_workload(aud=trusted.issuer))

    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["client_id"], claims["aud"]) == ("web1", "web1", API)
    assert "refresh_token" not in answer.json()
    assert await audited(trusted, answer) == [("workload_token_issued", "web1", None)]
    assert_error(await bring(trusted, of_workload(aud=trusted.issuer, jti="n"), scope="openid"), "invalid_scope")


@pytest.mark.parametrize(
    "members",
    [
        {"repository": "octo-org/other"},
        {"aud": "https://other.test"},
        {"aud": "https://id.test/token"},
        {"iss": "https://evil.test"},
        {"exp": NOW - 100},
        {"sub": None},
    ],
    ids=str,
)
async def test_what_does_not_fit_is_an_invalid_grant(trusted: World, members: dict[str, Any]) -> None:
    said: dict[str, Any] = {"aud": trusted.issuer} | members
    assert_error(await bring(trusted, of_workload(**said)), "invalid_grant")


async def test_CA_11_a_jwt_is_good_for_one_token(trusted: World) -> None:
    token = of_workload(aud=trusted.issuer)
    assert (await bring(trusted, token)).status_code == 200
    assert_error(await bring(trusted, token), "invalid_grant")


async def test_another_key_another_client_and_an_issuer_that_is_trusted_no_more_bring_nothing(trusted: World) -> None:
    assert_error(await bring(trusted, of_workload(OTHER_KEY, aud=trusted.issuer)), "invalid_grant")
    assert_error(await bring(trusted, "nonsense"), "invalid_grant")
    await trusted.change_client("web2", grants=frozenset({GRANT_TYPE}))
    assert_error(await bring(trusted, of_workload(aud=trusted.issuer), "web2"), "invalid_grant")

    await trusted.foundation.db.write(trusted_issuers.remove, "ci")
    await trusted.foundation.registry.poll()
    assert_error(await bring(trusted, of_workload(aud=trusted.issuer)), "invalid_grant")
