"""Registering people, applications and APIs with the server in memory, through the verbs an operator has."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gatelodge.clock import SystemEntropy
from gatelodge.database.tx import Tx
from gatelodge.ops import apis as api_verbs
from gatelodge.ops import claim_scopes as scope_verbs
from gatelodge.ops import clients as client_verbs
from gatelodge.ops import users as user_verbs
from gatelodge.ops.client_drafts import complete
from gatelodge.protocol.claim_scopes import ClaimScope
from gatelodge.protocol.client import Api, ClientType
from gatelodge.stores import clients
from gatelodge.stores.users import NewUser
from gatelodge.telemetry.events import Actor, Origin
from gatelodge.testing.cast import Application, RegisteredPerson
from gatelodge.testing.house import House

ORIGIN = Origin("testing", actor=Actor("operator", "testing"))
ANY_CLIENT = "gatelodge-testing"
REDIRECT_URIS: dict[ClientType, str | None] = {
    "web": "https://app.test/callback",
    "spa": "https://app.test/callback",
    "native": "http://127.0.0.1/callback",
    "service": None,
}


@dataclass(frozen=True, slots=True)
class WantedClient:
    """An application as a test wants it; `scopes` is `None` for everything, also of APIs that come later.

    `members` are further ones of its registration.
    """

    client_id: str
    type: ClientType = "web"
    redirect_uri: str | None = None
    scopes: frozenset[str] | None = None
    trusted: bool = False
    members: Mapping[str, object] = field(default_factory=dict[str, object])


class Registrations:
    """Who is registered with one server."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._unlimited = set[str]()
        self._any_client: Application | None = None

    async def add_user(self, new: NewUser, password: str) -> RegisteredPerson:
        """Make an account. Raises `NameTaken`."""
        on, passwords = self.house.foundation, self.house.server.authn.passwords
        user = await on.db.write(user_verbs.add, new, await passwords.hash(password), ORIGIN, on.clock.now())
        return RegisteredPerson(sub=user.sub, username=user.username, password=password, email=user.email)

    async def add_client(self, wanted: WantedClient) -> Application:
        """Register an application.

        Raises `OAuthError` for one that no operator could register, `NameTaken`, and `ValueError` for no type of ours.
        """
        if wanted.type not in REDIRECT_URIS:
            raise ValueError(f"type is one of {', '.join(REDIRECT_URIS)}")
        on = self.house.foundation
        redirect_uri = wanted.redirect_uri or REDIRECT_URIS[wanted.type]
        scopes = await self._everything(wanted.type) if wanted.scopes is None else wanted.scopes
        said = {
            "client_name": wanted.client_id,
            "type": wanted.type,
            "scope": " ".join(scopes),
            "redirect_uris": [redirect_uri] if redirect_uri else [],
            "trusted": wanted.trusted,
            **wanted.members,
        }
        new = complete(said, SystemEntropy(), on.clock.now(), wanted.client_id)
        await on.db.write(client_verbs.add, new.client, on.config.legacy, ORIGIN, on.clock.now())
        await on.registry.poll()
        if wanted.scopes is None:
            self._unlimited.add(wanted.client_id)
        return Application(
            issuer=on.site.issuer,
            client_id=wanted.client_id,
            client_secret=new.secret.reveal() if new.secret else None,
            redirect_uri=redirect_uri,
        )

    async def add_api(self, api: Api) -> Api:
        """Register an API; applications that may ask for everything may ask for its scopes, too. Raises `Refused`."""
        on = self.house.foundation
        await on.db.write(api_verbs.add, api, ORIGIN, on.clock.now())
        for client_id in self._unlimited:
            await on.db.write(_widen, client_id, frozenset(api.scopes), on.clock.now())
        await on.registry.poll()
        return api

    async def add_scope(self, scope: ClaimScope) -> ClaimScope:
        """Let a scope release claims; applications that may ask for everything may ask for it. Raises `Refused`."""
        on = self.house.foundation
        await on.db.write(scope_verbs.add, scope, ORIGIN, on.clock.now())
        for client_id in self._unlimited:
            await on.db.write(_widen, client_id, frozenset({scope.name}), on.clock.now())
        await on.registry.poll()
        return scope

    async def any_client(self) -> Application:
        """Return the application that holds the tokens of tests which do not care for one."""
        self._any_client = self._any_client or await self.add_client(WantedClient(ANY_CLIENT, trusted=True))
        return self._any_client

    async def _everything(self, kind: ClientType) -> frozenset[str]:
        apis = await self.house.foundation.registry.apis()
        scopes = frozenset(scope for api in apis.values() for scope in api.scopes)
        return scopes if kind == "service" else scopes | apis.claim_scopes.about_people


async def _widen(tx: Tx, client_id: str, scopes: frozenset[str], now: int) -> None:
    client = await client_verbs.show(tx, client_id)
    await clients.replace(tx, replace(client, scopes=client.scopes | scopes), now)
