"""A request without a redirect URI as somebody might add one: a kiosk shows a code, and its person types it here.

The kiosk learns the answer from what is kept of its ticket; the browser of the person stays.
"""

from typing import Self

from msgspec import Struct
from msgspec.json import decode, encode

from gatelodge.database.tx import Tx
from gatelodge.endpoints.request import Request
from gatelodge.endpoints.routes import Route
from gatelodge.keys.mint import Mint
from gatelodge.ops.client_questions import ClientQuestion, NotAskable
from gatelodge.protocol.access_request import AccessRequest
from gatelodge.protocol.decide import Issue
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply
from gatelodge.protocol.targets import understand
from gatelodge.sessions import csrf
from gatelodge.sessions.interactions import PARAMETER, Interaction
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


def code_digest(mint: Mint, code: str) -> bytes:
    return mint.digest(f"{KIND} code", code.encode())


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
        if not found or not client:
            raise NotAskable
        wanted = understand(tuple(found.scope.split()), (), await self._with.on.registry.apis(), client.scopes)
        asked = AccessRequest(
            scope=wanted.scope, resource=tuple(api.identifier for api in wanted.apis), places=wanted.places
        )
        return ClientQuestion(client, asked)

    async def show(self, request: Request) -> Reply:
        handle = request.query.get(PARAMETER)
        return await self._go_on(request, handle) if handle else self._form(request)

    async def submit(self, request: Request) -> Reply:
        if not is_current(self._with.csrf_key, request, KIND):
            return self._form(request)
        browser = self._with.prompts.browsers.identify(request)
        params = Params.of([("code", request.form.get("code") or "")])
        try:
            await self.question(params)
        except NotAskable:
            return self._form(request, "There is no such code.")
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
        return await self._with.on.db.write(self._answer, parked, params.get("code") or "", answered_by, allowed)

    async def _answer(self, tx: Tx, parked: Interaction, code: str, answered_by: str, allowed: str) -> bool:
        """Spend the interaction and answer the ticket, both or neither."""
        now, digest = self._with.on.clock.now(), code_digest(self._with.on.mint, code)
        if not await self._with.prompts.interactions.take_in(tx, parked, now):
            return False
        found = await tickets.find_typed(tx, KIND, digest, now)
        if found is None:
            return False
        before = decode(found.payload, type=KioskRequest)
        after = KioskRequest(before.client_id, before.scope, answered_by, allowed)
        return await tickets.answer_typed(tx, KIND, digest, encode(after).decode(), now)

    async def _find(self, code: str) -> KioskRequest | None:
        on = self._with.on
        found = await on.db.read(tickets.find_typed, KIND, code_digest(on.mint, code), on.clock.now())
        return found and decode(found.payload, type=KioskRequest)

    def _form(self, request: Request, said: str = "") -> Reply:
        browser = self._with.prompts.browsers.identify(request)
        token = csrf.token(self._with.csrf_key, browser.secret, KIND)
        hidden = f'<input type="hidden" name="csrf" value="{token}"><input name="code">'
        form = f'{said}<form method="post" action="/kiosk">{hidden}</form>'
        return page(form, 400 if said else 200).with_cookies(*browser.cookies)


def page(body: str, status: int = 200) -> Reply:
    return Reply(status, (("content-type", "text/html; charset=utf-8"),), body.encode())
