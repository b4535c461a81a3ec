"""The proof that a change of an account wants: not older than `sessions.change_lifetime`, or it is given once more.

Whoever found a browser open, or took a session, cannot change by which ways the account is entered (ASVS 7.5.1); nor
who has less than a sign-in is asked for now, or is only signed in elsewhere.
"""

from dataclasses import dataclass

from gatelodge.account.addresses import where
from gatelodge.account.contract import AccountPage, AccountVisit
from gatelodge.account.held import HeldForm, HeldForms
from gatelodge.authn.ways import Ways
from gatelodge.clock import Clock
from gatelodge.protocol.params import Params
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.sessions.browser import BrowserId
from gatelodge.web.own_pages import ACCOUNT_HELD, PageAddress, address_with


@dataclass(frozen=True, slots=True)
class RecentProof:
    """Says whether a proof is new enough, for `lifetime` seconds, and where the next one is given."""

    held: HeldForms
    clock: Clock
    lifetime: int
    ways: Ways

    async def is_given(self, person: SignedInPerson) -> bool:
        """Whether somebody proved so lately, and as strongly as this account has it, that they may change it."""
        return self.is_recent(person) and await self.ways.are_of_owner(person.user_id, person.amr.split())

    def is_recent(self, person: SignedInPerson) -> bool:
        """Whether somebody proved lately who they are, in whatever way."""
        return self.clock.now() - person.auth_time < self.lifetime

    async def missing_to_open(self, visit: AccountVisit, page: AccountPage) -> PageAddress | None:
        """Return what somebody signs in for who may not see the page yet; `None` if they may."""
        return where(page.name) if not visit.proved_lately and await page.is_guarded(visit) else None

    async def missing_to_act(
        self, visit: AccountVisit, page: AccountPage, act: str, form: Params, browser: BrowserId
    ) -> PageAddress | None:
        """Return what somebody signs in for who may not do this yet: their form, held; `None` if they may."""
        if visit.proved_lately or not page.acts[act].guarded:
            return None
        handle = await self.held.hold(page.name, form, browser, visit.user.id, visit.user.sub)
        return where(page.name) if handle is None else address_with(ACCOUNT_HELD, {"held": handle})

    async def find(self, handle: str, browser: BrowserId, visit: AccountVisit) -> HeldForm | None:
        """Return the form that somebody signed in again for; `None` if it is over, or was none of theirs."""
        return await self.held.find(handle, browser, visit.user.sub)
