"""The page where people type the code that a device shows, compare, sign in and answer (RFC 8628 3.3, RFC 10027).

A link with the code in it is as good as typing it, and no better: whoever sends one to somebody else must not get in,
so what is asked first is whether the device in front of them shows this code.
"""

from dataclasses import replace
from typing import Literal, Self

from gatelodge.authn.throttle import Full
from gatelodge.endpoints.request import Request
from gatelodge.endpoints.routes import Route
from gatelodge.grants.devices import DEVICE, OpenedAt
from gatelodge.ops.client_questions import ClientQuestion, NotAskable
from gatelodge.ops.devices import PAGE, SeenTwice, WaitingDevice
from gatelodge.protocol.access_request import AccessRequest
from gatelodge.protocol.addresses import network_of
from gatelodge.protocol.decide import Issue
from gatelodge.protocol.device import is_near, is_wide
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.protocol.targets import understand
from gatelodge.sessions import csrf
from gatelodge.sessions.browser import BrowserId
from gatelodge.sessions.interactions import PARAMETER, Interaction
from gatelodge.sessions.typed_codes import Guesser, read_code, shown_code
from gatelodge.telemetry.origin import continues
from gatelodge.web.errors import is_current
from gatelodge.web.interaction_kind import InteractionKind, KindEquipment
from gatelodge.web.pages import Allows

Problem = Literal["", "wrong", "throttled", "late", "changed"]
End = Literal["allowed", "refused", "answered", "over", "twice"]

CODE, COMPARED = "user_code", "compared"
_HERE = Allows(forms="here")


class DevicePages(InteractionKind):
    """Asks for a code, shows whose it is, has the person sign in and asked, and sends them back to their device."""

    name = DEVICE
    path = PAGE

    def __init__(self, equipment: KindEquipment) -> None:
        self._with = equipment
        self._devices = equipment.ops.devices
        self._prompts = equipment.prompts

    @classmethod
    def open(cls, equipment: KindEquipment) -> Self:
        return cls(equipment)

    def routes(self) -> tuple[Route, ...]:
        return (Route("device", self.path, {"GET": self.show, "POST": self.submit}, acts=True),)

    async def question(self, params: Params) -> ClientQuestion:
        device = await self._devices.find(params.get(CODE) or "")
        client = device and await self._with.on.registry.client(device.kept.client_id)
        if device is None or client is None or not device.waits or client.generation != device.kept.client_generation:
            raise NotAskable
        kept = device.kept
        try:
            wanted = understand(kept.scope, kept.resource, await self._with.on.registry.apis(), client.scopes)
        except OAuthError:
            raise NotAskable from None  # it may not have that any more
        fresh = self._with.on.config.sessions.change_lifetime if is_wide(wanted.scope) else None
        asked = AccessRequest(
            scope=wanted.scope,
            resource=tuple(api.identifier for api in wanted.apis),
            permissions=wanted.permissions,
            max_age=fresh,
        )
        return ClientQuestion(client, asked)

    async def show(self, request: Request) -> Reply:
        """Ask for a code, show the one in the link, or go on with a request that waits."""
        handle = request.query.get(PARAMETER)
        if handle is None:
            return self._form(request, typed=read_code(request.query.get(CODE) or ""))
        browser = self._prompts.browsers.identify(request)
        parked = await self._prompts.interactions.resume(DEVICE, handle, browser)
        if parked is not None:
            return await self._go_on(request, parked)
        past = await self._prompts.interactions.recall(DEVICE, handle, browser)
        return self._end("answered") if past and past.answered else self._form(request, "late")

    async def submit(self, request: Request) -> Reply:
        """Take a code that was typed, or what somebody said who compared it."""
        handle = request.query.get(PARAMETER)
        return await self._take_code(request) if handle is None else await self._take_answer(request, handle)

    async def _take_code(self, request: Request) -> Reply:
        if not is_current(self._with.csrf_key, request, DEVICE):
            return self._form(request, "changed", status=400)
        browser, person = self._prompts.browsers.identify(request), await self._prompts.browsers.signed_in(request)
        address = request.origin.address
        who = Guesser(address, person.user_id if person else None)
        where = OpenedAt(browser.digest, network_of(address))
        match await self._devices.open(request.form.get(CODE) or "", who, where, request.origin):
            case Full():
                return self._form(request, "throttled", status=429)
            case SeenTwice():
                return self._end("twice")
            case WaitingDevice(typed) as device if device.waits:
                parked = await self._prompts.park(request, DEVICE, Params.of([(CODE, typed.code)]), browser)
                return redirect(self._with.on.site.base + self.back(parked.handle))
            case WaitingDevice():
                return self._end("answered")
            case None:
                return self._form(request, "wrong", status=400)

    async def _take_answer(self, request: Request, handle: str) -> Reply:
        """Keep that the code was compared; the person then signs in and is asked. Refuse the device if it was not."""
        browser = self._prompts.browsers.identify(request)
        parked = await self._prompts.interactions.resume(DEVICE, handle, browser)
        if parked is None:
            return redirect(self._with.on.site.base + self.back(handle))
        if not is_current(self._with.csrf_key, request, _purpose(handle)):
            return redirect(self._with.on.site.base + self.back(handle))
        params = Params.parse(parked.params.encode())
        if request.form.get("decision") != "same":
            return await self._refuse(request, parked, params)
        compared = Params.of([(CODE, params.get(CODE) or ""), (COMPARED, "yes")])
        await self._prompts.interactions.save(replace(parked, params=compared.encoded()), parked.browser)
        return redirect(self._with.on.site.base + self.back(handle))

    async def _go_on(self, request: Request, parked: Interaction) -> Reply:
        params = Params.parse(parked.params.encode())
        continues(request.origin, params)
        try:
            question = await self.question(params)
        except NotAskable:
            return self._end("over")
        if params.get(COMPARED) is None:
            return await self._compare(request, parked, params, question)
        try:
            found = await self._prompts.next(request, question, parked.progress)
        except OAuthError:
            return await self._refuse(request, parked, params)
        if not isinstance(found.step, Issue):
            return await self._prompts.lead(found, parked, question)
        code = params.get(CODE) or ""
        allowed = await self._devices.allow(parked, code, question.client, found.step, request.origin)
        return self._end("allowed" if allowed else "answered", question.client.name)

    async def _compare(self, request: Request, parked: Interaction, params: Params, question: ClientQuestion) -> Reply:
        """Show whose code it is and where it came from, and ask whether it is what the device shows."""
        device = await self._devices.find(params.get(CODE) or "")
        if device is None:
            return self._end("over")
        kept, here = device.kept, request.origin.address
        return self._with.pages.render(
            "device_compare",
            allows=_HERE,
            action=f"{self._with.on.site.base}{self.back(parked.handle)}",
            csrf=csrf.token(self._with.csrf_key, parked.browser.secret, _purpose(parked.handle)),
            code=device.shown_code,
            client_name=question.client.name,
            client_uri=question.client.client_uri or "",
            address=kept.address,
            near=is_near(kept.address, here),
            minutes=max(0, self._with.on.clock.now() - kept.asked_at) // 60,
        )

    async def _refuse(self, request: Request, parked: Interaction, params: Params) -> Reply:
        person = await self._prompts.browsers.signed_in(request)
        user_id = person.user_id if person else None
        refused = await self._devices.refuse(parked, params.get(CODE) or "", user_id, request.origin)
        return self._end("refused" if refused else "answered")

    def _form(self, request: Request, problem: Problem = "", *, typed: str | None = None, status: int = 200) -> Reply:
        browser: BrowserId = self._prompts.browsers.identify(request)
        page = self._with.pages.render(
            "device",
            status=status,
            allows=_HERE,
            csrf=csrf.token(self._with.csrf_key, browser.secret, DEVICE),
            code=shown_code(typed) if typed else "",
            problem=problem,
        )
        return page.with_cookies(*browser.cookies)

    def _end(self, end: End, client_name: str = "") -> Reply:
        return self._with.pages.render("device_end", end=end, client_name=client_name)


def _purpose(handle: str) -> str:
    return f"{DEVICE} {handle}"
