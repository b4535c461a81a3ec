"""The consent page: a person sees who asks for what and where the answer goes, and allows all, some or nothing."""

from dataclasses import dataclass

from gatelodge.database.tx import Database
from gatelodge.endpoints.prompts import Prompts
from gatelodge.endpoints.request import Request
from gatelodge.ops.consents import ConsentQuestion, Consents
from gatelodge.protocol.client import Client
from gatelodge.protocol.decide import AskConsent
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.progress import ConsentAnswer
from gatelodge.protocol.reply import Reply
from gatelodge.stores import users
from gatelodge.stores.registry import Registry
from gatelodge.web.asked import allowed_before, groups, left_out, may_allow, permissions
from gatelodge.web.forms import Forms, ParkedRequest, shown_host
from gatelodge.web.pages import Allows, Pages

PAGE = "consent"


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """Asks whether a client may have what it wants."""

    pages: Pages
    forms: Forms
    prompts: Prompts
    consents: Consents
    registry: Registry
    db: Database

    async def show(self, request: Request) -> Reply:
        """Show what is asked; nothing is ever allowed by looking at it."""
        parked = await self.forms.parked(request)
        if isinstance(parked, Reply):
            return parked
        step = await self._step(request, parked)
        user = step and await self.db.read(users.find, step.signed_in.user_id)
        if step is None or user is None:
            return self.forms.back(parked)
        asked, apis = parked.question.asked, await self.registry.apis()
        return self.pages.render(
            PAGE,
            allows=Allows(forms="anywhere" if parked.next_host else "here"),
            locale=parked.locale,
            query=parked.query,
            again=parked.again,
            client_uri=parked.question.client.client_uri or "",
            client_logo=parked.client_logo,
            csrf=self.forms.token(parked, PAGE, user.sub),
            client_name=parked.client_name,
            client_host=_home_of(parked.question.client) or parked.next_host,
            on_device=parked.question.client.type == "native",
            next_host=parked.next_host,
            policy_uri=parked.question.client.policy_uri,
            tos_uri=parked.question.client.tos_uri,
            person_name=user.name or user.username,
            groups=groups(step, asked.resource, apis, user),
            before=allowed_before(step, asked.resource, apis),
        )

    async def submit(self, request: Request) -> Reply:
        """Keep the answer of the person the page was shown to, and return to where the request goes on.

        What was asked is read from the server's own record; the form only says which of it is allowed.
        """
        parked = await self.forms.parked(request)
        if isinstance(parked, Reply):
            return parked
        signed_in = await self.prompts.browsers.signed_in(request)
        if not self.forms.is_current(request, parked, PAGE, signed_in.sub if signed_in else "") or signed_in is None:
            return await self.forms.ask_again(parked)
        step = await self._step(request, parked)
        if step is None:
            return self.forms.back(parked)
        asking = ConsentQuestion(parked.interaction, parked.browser, signed_in.user_id, parked.question.client.id)
        if request.form.get("decision") == "allow":
            allowed = may_allow(step, request.form.all("scope"))
            without = left_out(step, allowed, await self.registry.apis())
            asked_at = parked.question.asked.permissions
            refused = permissions(asked_at, frozenset(step.scope).difference(allowed))
            at = permissions(asked_at, allowed)
            answer = ConsentAnswer(signed_in.sub, step.scope, allowed, step.resource, without, at, refused)
            await self.consents.allow(asking, answer, request.origin)
        else:
            await self.consents.deny(asking, request.origin)
        return self.forms.back(parked)

    async def _step(self, request: Request, parked: ParkedRequest) -> AskConsent | None:
        """Return what must be asked, or `None` if something else is next."""
        try:
            found = await self.prompts.next(request, parked.question, parked.interaction.progress)
        except OAuthError:
            return None
        return found.step if isinstance(found.step, AskConsent) else None


def _home_of(client: Client) -> str:
    return shown_host(client.client_uri) if client.client_uri else ""
