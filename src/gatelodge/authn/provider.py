"""Signing in with another provider: its buttons, the way there, and the way back."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self
from urllib.parse import urlencode

from gatelodge.authn.contract import Equipment, Way
from gatelodge.authn.federation.arriving import Recognised
from gatelodge.authn.federation.contract import Cause, Errand, UpstreamFailed
from gatelodge.authn.federation.parked import BegunVisit
from gatelodge.authn.federation.sign_ins import UpstreamSignIns
from gatelodge.authn.own_routes import Answer, OwnRoute, Proven, WayRequest
from gatelodge.authn.visit import SignInRefused, SignInVisit
from gatelodge.clock import Clock
from gatelodge.database.tx import Tx
from gatelodge.protocol.assurance import Factor
from gatelodge.protocol.params import Params
from gatelodge.protocol.proof import BOTH, FEDERATED, KNOWN, ONE, Proof, Voucher
from gatelodge.protocol.provider import Provider, UpstreamIdentity
from gatelodge.protocol.reply import NO_STORE, Reply, json_reply, redirect
from gatelodge.stores import links

HINT, ANEW = "hint", "anew"  # of the address of a button, besides what finds the sign-in
POSTED = "posted"


class ProviderButton(NamedTuple):
    """A button: its address, and what and whom it shows."""

    address: str
    label: str
    kind: str


class ProviderSignIn(Way):
    """Every provider that is configured and answers, by one button each."""

    name = "provider"
    own = False
    path = "/login/with"
    entry = "Sign in with another provider"
    template = "providers"
    beside = "provider_buttons"

    def __init__(self, base: str, clock: Clock, upstream: UpstreamSignIns) -> None:
        self._base = base
        self._clock = clock
        self._upstream = upstream

    @classmethod
    def open(cls, equipment: Equipment) -> tuple[Self]:
        return (cls(equipment.on.site.base, equipment.on.clock, equipment.upstream),)

    @property
    def routes(self) -> Sequence[OwnRoute]:
        return (
            OwnRoute("login_with", f"{self.path}/{{name}}", {"GET": self._send}, acts=True),
            OwnRoute("callback", "/callback/{name}", {"GET": self._receive, "POST": self._take_in}, acts=True),
            OwnRoute("upstream_logout", "/callback/{name}/logout", {"POST": self._sign_out}),
            OwnRoute("link_begin", "/link/begin", {"POST": self._begin}),
        )

    async def show(self, visit: SignInVisit) -> Mapping[str, object]:
        more = ({HINT: visit.hint} if visit.hint else {}) | ({ANEW: "1"} if visit.anew else {})
        query = "&".join(part for part in (visit.context, urlencode(more)) if part)
        buttons = self._upstream.providers.buttons()
        return {"buttons": [ProviderButton(self._address(one.name, query), one.label, one.kind) for one in buttons]}

    async def prove(self, visit: SignInVisit) -> Proof:
        raise SignInRefused  # its page has no form: what is proven is proven at the callback

    async def enrolled(self, tx: Tx, user_id: int) -> Factor | None:
        connected = await links.list_of(tx, user_id)
        return self.factor if any(self._upstream.providers.find(link.provider) for link in connected) else None

    async def _send(self, call: WayRequest) -> Answer:
        """Send the browser to the provider."""
        name = call.path["name"]
        context = Params.of([pair for pair in call.query if pair[0] not in (HINT, ANEW)]).encoded()
        errand = Errand(login_hint=call.query.get(HINT) or "", fresh=call.query.get(ANEW) is not None)
        try:
            return redirect(await self._upstream.send(name, call.browser, context, errand))
        except UpstreamFailed as failed:
            return self._failed(call, failed, context)

    async def _take_in(self, call: WayRequest) -> Answer:
        """Keep what another site's form brings, and have the browser come again with its cookies."""
        name = call.path["name"]
        handle = await self._upstream.take_in(name, call.form)
        if handle is None:
            return self._problem(name, "rejected")
        return redirect(f"{self._base}/callback/{name}?{urlencode({POSTED: handle})}")

    async def _receive(self, call: WayRequest) -> Answer:
        """Judge what the provider answered, and go on as whoever it was."""
        name, handle = call.path["name"], call.query.get(POSTED)
        answer = call.query if handle is None else await self._upstream.fetch(name, handle)
        begun = None if answer is None else await self._upstream.begun(name, answer, call.browser)
        if answer is None or begun is None:
            return self._problem(name, "rejected")
        try:
            return await self._go_on(call, begun, answer)
        except UpstreamFailed as failed:
            return self._failed(call, failed, begun.context)

    async def _go_on(self, call: WayRequest, begun: BegunVisit, answer: Params) -> Answer:
        received = await self._upstream.receive(begun, answer)
        if begun.user_id:
            connected = await self._upstream.connect(received, call.origin)
            return redirect(f"{self._base}/account/links") if connected else self._problem(begun.provider, "taken")
        recognised = await self._upstream.recognise(received, call.browser, call.origin)
        if isinstance(recognised, str):
            return redirect(f"{self._base}/link?{urlencode({'waiting': recognised})}")
        return Proven(self._proof(recognised, received.provider, received.identity), begun.context, begun.anew)

    async def _begin(self, call: WayRequest) -> Answer:
        """Make an account for somebody nobody knows here, who said that they want one."""
        handle = call.form.get("waiting") or ""
        waiting = await self._upstream.waiting.find(handle, call.browser) if call.is_ours else None
        opened = waiting and self._upstream.providers.find(waiting.provider)
        if waiting is None or opened is None:
            return self._problem("", "rejected")
        known = await self._upstream.begin_waiting(handle, waiting, call.origin)
        if known is None:
            return self._problem(waiting.provider, "rejected", waiting.context)
        return Proven(self._proof(known, opened.provider, waiting.identity), waiting.context)

    async def _sign_out(self, call: WayRequest) -> Answer:
        """End what began with a provider, which says so itself: no browser is involved (Back-Channel Logout 2.5)."""
        is_believed = await self._upstream.signed_out(
            call.path["name"], call.form.get("logout_token") or "", call.origin
        )
        return Reply(200, NO_STORE) if is_believed else json_reply({"error": "invalid_request"}, 400)

    def _proof(self, known: Recognised, provider: Provider, identity: UpstreamIdentity) -> Proof:
        """Return what this is worth: one factor, but for what the operator's table says of its levels (ASVS 6.8.4)."""
        now, level = self._clock.now(), identity.level or ONE
        amr = (FEDERATED, *(method for method in identity.amr if method in provider.levels))
        at = now if identity.auth_time is None else min(identity.auth_time, now)
        shows, voucher = KNOWN if level == ONE else BOTH, Voucher(known.link_id, identity.sid or "")
        return Proof(known.user.id, known.user.sub, self.name, at, amr, shows, level, voucher=voucher)

    def _failed(self, call: WayRequest, failed: UpstreamFailed, context: str) -> Reply:
        self._upstream.refused(call.path["name"], failed, call.origin)
        return self._problem(call.path["name"], failed.cause, context)

    def _problem(self, name: str, cause: Cause, context: str = "") -> Reply:
        said = urlencode({"provider": name, "problem": cause})
        return redirect(f"{self._base}/login/failed?{said}" + (f"&{context}" if context else ""))

    def _address(self, name: str, query: str) -> str:
        return f"{self._base}{self.path}/{name}?{query}"
