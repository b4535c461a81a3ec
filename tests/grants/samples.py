"""How each grant is used as it should be: what it redeems, where that comes from, and what must come of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx2
from tests import devices
from tests.client_auth.samples import OF_TRUSTED, TRUSTED, of_workload
from tests.world import API, ISSUER, RP, VERIFIER, World

from gatelodge.outbound import Fetched, Outbound
from gatelodge.protocol.token_exchange import ACCESS_TOKEN, GRANT_TYPE
from gatelodge.protocol.workload import GRANT_TYPE as JWT_BEARER
from gatelodge.stores import trusted_issuers

Form = Mapping[str, str]
BOTH = [API, ISSUER]  # with openid a token opens UserInfo, too


@dataclass(frozen=True)
class Sample:
    """One good use. `obtain` gets what is redeemed and returns the parameters to send.

    `person` is whom it is about, `None` for the client itself. `events` are what the audit trail then says; empty is
    the exception that decision 9 explains.
    """

    client_id: str
    obtain: Callable[[World], Awaitable[Form]]
    audience: str | list[str]
    events: tuple[str, ...]
    person: str | None = "alice"
    amr: tuple[str, ...] = ("pwd",)
    brings_refresh: bool = True
    refusal: str = "invalid_grant"  # of what a person left behind who is disabled

    @property
    def subject(self) -> str:
        """The `sub` of its tokens."""
        return f"sub-{self.person}" if self.person else self.client_id

    async def redeem(self, world: World, grant_type: str, form: Form) -> httpx2.Response:
        return await world.token(self.client_id, grant_type=grant_type, **form)


async def _code(world: World) -> Form:
    return {"code": await world.browser().code(), "redirect_uri": RP, "code_verifier": VERIFIER}


async def _refresh(world: World) -> Form:
    return {"refresh_token": (await world.browser().tokens())["refresh_token"]}


async def _machine(_world: World) -> Form:
    return {"scope": "orders:read"}


async def _password(_world: World) -> Form:
    return {"username": "alice", "password": "wonderland", "scope": "openid offline_access orders:read"}


async def _exchange(world: World) -> Form:
    await world.change_client(
        "web1", exchange_subjects=frozenset({"access_token"}), exchange_audiences=frozenset({API})
    )
    token = (await world.browser().tokens())["access_token"]
    return {"subject_token": token, "subject_token_type": ACCESS_TOKEN}


class Published(Outbound):
    """Stands where the network is: publishes the keys of an issuer that is trusted."""

    async def get(self, url: str, max_bytes: int) -> Fetched:
        return Fetched(200, "application/json", OF_TRUSTED)


async def trusting(world: World, client_id: str = "web1") -> None:
    """Trust an issuer, and say which of its jobs a client may bring."""
    on, patterns = world.foundation, ("ci repository=octo-org/app ref=refs/heads/*",)
    object.__setattr__(world.server.granting.contexts.workloads.remote, "_outbound", Published())
    await on.db.write(trusted_issuers.add, TRUSTED, on.clock.now())
    await world.change_client(client_id, workloads=patterns)


async def _workload(world: World) -> Form:
    await trusting(world)
    return {"assertion": of_workload(aud=world.issuer), "scope": "orders:read"}


async def _device(world: World) -> Form:
    device = await devices.began(world)
    await devices.allow(world.browser(), device)
    return {"device_code": device["device_code"]}


SAMPLES: Mapping[str, Sample] = {
    "authorization_code": Sample("web1", _code, BOTH, ("token_issued",)),
    "refresh_token": Sample("web1", _refresh, BOTH, ("token_refreshed",)),
    "client_credentials": Sample("daemon1", _machine, API, (), person=None, amr=(), brings_refresh=False),
    GRANT_TYPE: Sample("web1", _exchange, API, ("token_exchanged",), brings_refresh=False, refusal="invalid_request"),
    JWT_BEARER: Sample("web1", _workload, API, ("workload_token_issued",), person=None, amr=(), brings_refresh=False),
    "urn:ietf:params:oauth:grant-type:device_code": Sample("box1", _device, BOTH, ("token_issued",)),
    "password": Sample("legacy1", _password, BOTH, ("legacy_used", "token_issued")),
}
