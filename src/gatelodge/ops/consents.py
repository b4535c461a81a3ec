"""What a person answers when a client asks: kept with its event and the interaction's progress in one transaction.

Also what an operator does about it: look, and take it back for the person.
"""

from dataclasses import dataclass, replace

from gatelodge.clock import Clock
from gatelodge.database.tx import Database, Tx
from gatelodge.ops import users
from gatelodge.ops.refusals import NotThere
from gatelodge.protocol.consent import settle
from gatelodge.protocol.progress import ConsentAnswer
from gatelodge.sessions.browser import BrowserId
from gatelodge.sessions.interactions import Interaction, Interactions
from gatelodge.stores import audit, consents, refresh_tokens
from gatelodge.stores import users as accounts
from gatelodge.stores.consents import Allowed, Consent
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import ConsentDenied, ConsentGiven, ConsentWithdrawn, Origin


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """Who is asked what by whom: an interaction in its browser, the person, and the client."""

    interaction: Interaction
    browser: BrowserId
    user_id: int
    client_id: str


class Consents:
    """Keeps a person's yes and no."""

    def __init__(self, db: Database, interactions: Interactions, clock: Clock) -> None:
        self._db = db
        self._interactions = interactions
        self._clock = clock

    async def allow(self, asking: ConsentQuestion, answer: ConsentAnswer, origin: Origin) -> None:
        """Keep what the person allowed, beside what they allowed this client before and was not asked again
        (OIDC Core 3.1.2.4)."""
        event = ConsentGiven(user_id=asking.user_id, client_id=asking.client_id, scope=" ".join(answer.allowed))
        await self._db.write(self._allow, asking, answer, event, origin)
        emit(event, origin)

    async def deny(self, asking: ConsentQuestion, origin: Origin) -> None:
        """Keep the person's no, for this one request: what they allowed before stays allowed."""
        event = ConsentDenied(user_id=asking.user_id, client_id=asking.client_id)
        await self._db.write(self._deny, asking, event, origin)
        emit(event, origin)

    async def _allow(
        self, tx: Tx, asking: ConsentQuestion, answer: ConsentAnswer, event: ConsentGiven, origin: Origin
    ) -> None:
        now = self._clock.now()
        before = await consents.granted(tx, asking.user_id, asking.client_id)
        settled = settle(before.scopes if before else (), before.resources if before else (), answer)
        after = Consent(settled.scopes, settled.resources, now)
        await consents.keep(tx, asking.user_id, asking.client_id, before, after)
        progress = asking.interaction.progress.answer(answer)
        await self._interactions.save_in(tx, replace(asking.interaction, progress=progress), asking.browser)
        await audit.record(tx, event, origin, now)

    async def _deny(self, tx: Tx, asking: ConsentQuestion, event: ConsentDenied, origin: Origin) -> None:
        progress = asking.interaction.progress.refuse()
        await self._interactions.save_in(tx, replace(asking.interaction, progress=progress), asking.browser)
        await audit.record(tx, event, origin, self._clock.now())


async def allowed_by(tx: Tx, login: str) -> list[Allowed]:
    """Return everything a person allowed. Raises `NotThere`."""
    return await consents.of_person(tx, (await users.show(tx, login)).id)


async def withdraw(tx: Tx, login: str, client_id: str, origin: Origin, now: int) -> None:
    """Take back for a person what they allowed a client: see `withdraw_own`. Raises `NotThere`."""
    await withdraw_own(tx, (await users.show(tx, login)).id, client_id, origin, now)


async def withdraw_own(tx: Tx, user_id: int, client_id: str, origin: Origin, now: int) -> ConsentWithdrawn:
    """Take back what a person allowed a client, and end every token the client has by it.

    Also what an operator's own client holds, which never asked. Raises `NotThere` if there is neither.
    """
    await accounts.claim(tx, user_id)
    was_allowed = await consents.withdraw(tx, user_id, client_id)
    ended = await refresh_tokens.revoke_of_consent(tx, user_id, client_id, now)
    if not was_allowed and not ended:
        raise NotThere("consent for", client_id)
    event = ConsentWithdrawn(user_id=user_id, client_id=client_id)
    await audit.record(tx, event, origin, now)
    return event
