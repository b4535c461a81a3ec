"""A request without a redirect URI as somebody might add one: a kiosk shows a code, and its person types it here.

The kiosk learns the answer from what is kept of its ticket; the browser of the person stays.
"""

from typing import Self

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.authn.throttle import Full
from gatelodge.database.tx import Tx
from gatelodge.endpoints.request import Request
from gatelodge.endpoints.routes import Route
from gatelodge.ops.client_questions import ClientQuestion, NotAskable
from gatelodge.protocol.access_request import AccessRequest
from gatelodge.protocol.decide import Issue
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply
from gatelodge.protocol.targets import understand
from gatelodge.sessions import csrf
from gatelodge.sessions.interactions import PARAMETER, Interaction
from gatelodge.sessions.typed_codes import Guesser, TypedCode
from gatelodge.stores import tickets
from gatelodge.web.errors import is_current
from gatelodge.web.interaction_kind import InteractionKind, KindEquipment

KIND = "kiosk"


class KioskRequest(Struct, frozen=True):
    """What a kiosk asks for; `answered_by` is a subject once somebody allowed it `allowed`, `-` if they refused."""

    client_id: str
    scope: str
    answered_by: str = ""
    allowed: str = ""


class Kiosk(InteractionKind):
    """Asks for a code, then has the person sign in and asked, then says that the kiosk goes on."""

    name = KIND
    path = "/kiosk"

    def __init__(self, equipment: KindEquipment) -> None:
        self._with = equipment

    @classmethod
    def open(cls, equipment: KindEquipment) -> Self:
        return cls(equipment)

    def routes(self) -> tuple[Route, ...]:
        return (Route("kiosk", self.path, {"GET": self.show, "POST": self.submit}),)

    async def question(self, params: Params) -> ClientQuestion:
        found = await self._find(params.get("code") or "")
        client = found and await self._with.on.registry.client(found.client_id)
        if not found or not client or found.answered_by:
            raise NotAskable
        wanted = understand(tuple(found.scope.split()), (), await self._with.on.registry.apis(), client.scopes)
        asked = AccessRequest(
            scope=wanted.scope, resource=tuple(api.identifier for api in wanted.apis), permissions=wanted.permissions
        )
        return ClientQuestion(client, asked)

    async def show(self, request: Request) -> Reply:
        handle = request.query.get(PARAMETER)
        return await self._go_on(request, handle) if handle else self._form(request)

    async def submit(self, request: Request) -> Reply:
        if not is_current(self._with.csrf_key, request, KIND):
            return self._form(request)
        browsers = self._with.prompts.browsers
        browser, person = browsers.identify(request), await browsers.signed_in(request)
        who = Guesser(request.origin.address, person.user_id if person else None)
        match await self._with.typed_codes.guess(KIND, request.form.get("code") or "", who):
            case None:
                return self._form(request, "There is no such code.")
            case Full():
                return self._form(request, "Too many codes were wrong. Sign in first.", 429)
            case TypedCode(code):
                params = Params.of([("code", code)])
        parked = await self._with.prompts.park(request, KIND, params, browser)
        return await self._go_on(request, parked.handle)

    async def _go_on(self, request: Request, handle: str) -> Reply:
        browser = self._with.prompts.browsers.identify(request)
        parked = await self._with.prompts.interactions.resume(KIND, handle, browser)
        if parked is None:
            return self._form(request, "This is over. Type the code once more.")
        params = Params.parse(parked.params.encode())
        try:
            question = await self.question(params)
            found = await self._with.prompts.next(request, question, parked.progress)
        except NotAskable:
            return self._form(request, "This code was answered.")
        except OAuthError:
            await self._end(parked, params, "-", "")
            return page("You said no, and the kiosk was told.")
        match found.step:
            case Issue(signed_in, scope):
                ended = await self._end(parked, params, signed_in.sub, " ".join(scope))
                return page("Done. Look at the kiosk." if ended else "This code was answered.")
            case _:
                return await self._with.prompts.lead(found, parked, question)

    async def _end(self, parked: Interaction, params: Params, answered_by: str, allowed: str) -> bool:
        code = params.get("code") or ""
        asked = await self._find(code)
        return asked is not None and await self._with.on.db.write(
            self._answer, parked, code, asked, answered_by, allowed
        )

    async def _answer(
        self, tx: Tx, parked: Interaction, code: str, asked: KioskRequest, answered_by: str, allowed: str
    ) -> bool:
        """Spend the interaction and answer the ticket, both or neither."""
        now = self._with.on.clock.now()
        if not await self._with.prompts.interactions.take_in(tx, parked, now):
            return False
        found = await self._with.typed_codes.find_in(tx, KIND, code, now)
        if found is None or decode(found.ticket.payload, type=KioskRequest).answered_by:
            return False
        after = KioskRequest(asked.client_id, asked.scope, answered_by, allowed)
        return await tickets.change(tx, found.ticket, encode(after).decode())

    async def _find(self, code: str) -> KioskRequest | None:
        found = await self._with.typed_codes.find(KIND, code)
        return found and decode(found.ticket.payload, type=KioskRequest)

    def _form(self, request: Request, said: str = "", status: int = 400) -> Reply:
        browser = self._with.prompts.browsers.identify(request)
        token = csrf.token(self._with.csrf_key, browser.secret, KIND)
        hidden = f'<input type="hidden" name="csrf" value="{token}"><input name="code">'
        form = f'{said}<form method="post" action="/kiosk">{hidden}</form>'
        return page(form, status if said else 200).with_cookies(*browser.cookies)


def page(body: str, status: int = 200) -> Reply:
    return Reply(status, (("content-type", "text/html; charset=utf-8"),), body.encode())
