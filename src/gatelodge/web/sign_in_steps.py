"""From one step of a sign-in to the next: what is asked, where its page is, and what becomes of a proof.

A proof that is enough begins the session. One that is not is kept with those before it, and the next page asks for
more. Whoever comes to a page that is not next is led to the one that is, so no step can be left out.
"""

from collections.abc import Sequence
from dataclasses import replace

from gatelodge.authn.contract import SignInRefused
from gatelodge.authn.enrolment import PATH
from gatelodge.authn.ways import Ways
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.protocol.assurance import Ask, Done, Enrol, Levels, NextProof, Refuse
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.proof import Proof
from gatelodge.protocol.reply import Reply, redirect
from gatelodge.sessions.browser import Browsers
from gatelodge.sessions.sign_ins import SignIns
from gatelodge.sessions.trusted import TrustedBrowsers
from gatelodge.web.sign_in_context import SignInContext, SignInContexts

GO_ON = "/login/go-on"


class SignInSteps:
    """Leads through sign-ins. `base` is the issuer's path."""

    def __init__(
        self,
        base: str,
        contexts: SignInContexts,
        browsers: Browsers,
        sign_ins: SignIns,
        trusted: TrustedBrowsers,
        ways: Ways,
    ) -> None:
        self.trust_days = trusted.days
        self._base = base
        self._trusted = trusted
        self._contexts = contexts
        self._browsers = browsers
        self._sign_ins = sign_ins
        self._ways = ways

    async def next(self, request: Request, context: SignInContext) -> NextProof:
        """Return what is next; before the first proof, who is here matters only where a level must be reached."""
        if context.half is not None:
            return await self._after(request, context.half.proofs, context.half.wanted)
        wanted = context.wanted
        person = await self._browsers.signed_in(request) if wanted.are_demanded or wanted.of_owner else None
        return await self._ways.first(context.wanted, None if person is None else person.user_id)

    def to(self, step: NextProof, context: SignInContext) -> Reply:
        """Lead to the page of this step, or to the beginning if the sign-in is over."""
        match step:
            case Ask(kinds):
                return redirect(self.address(kinds[0], context), *context.browser.cookies)
            case Enrol(kinds):
                return redirect(self.set_up(kinds[0], context), *context.browser.cookies)
            case Done() if context.half is not None and not context.half.is_of_session:
                return redirect(self.go_on(context), *context.browser.cookies)
            case Refuse():
                said = "this account has no second factor, and needs one"
                raise HttpRefusal(403, said, "unmet_authentication_requirements")
            case Done():
                return self.anew(context)

    def address(self, kind: str, context: SignInContext) -> str:
        """Return where the page of a way is for this sign-in."""
        return self._address(self._ways.named(kind).path, context)

    def set_up(self, kind: str, context: SignInContext) -> str:
        """Return where one kind of proof is set up."""
        return self._address(f"{PATH}/{kind}", context)

    def go_on(self, context: SignInContext) -> str:
        """Return where a sign-in waits for a button."""
        return self._address(GO_ON, context)

    def anew(self, context: SignInContext) -> Reply:
        """Lead to the beginning: what was proven so far does not count."""
        return redirect(self.beginning(context), *context.browser.cookies)

    def beginning(self, context: SignInContext) -> str:
        """Return where this sign-in begins, as whoever it may be."""
        return self._address(self._ways.listed[0].path, replace(context, half=None))

    async def after(self, request: Request, context: SignInContext, proof: Proof, *, trust: bool = False) -> Reply:
        """Go on after a proof; `trust` this browser if it ends the sign-in.

        Raises `SignInRefused` if it is of somebody else than those before it, or void.
        """
        half = context.half
        if half is not None and half.user_id != proof.user_id:
            raise SignInRefused
        proofs, wanted = ((*half.proofs, proof), half.wanted) if half is not None else ((proof,), context.wanted)
        step = await self._after(request, proofs, wanted)
        if isinstance(step, Done) and step.due is None:
            done = await self.finish(request, context, step)
            return done.with_cookies(*await self._trusted.trust(request, proof.user_id)) if trust else done
        if isinstance(step, Done) and step.due is not None:
            await self._ways.put_off(proof.user_id, step.due)
        kept = await self.keep(context, proof)
        return self.anew(context) if kept is None else self.to(step, kept)

    async def keep(self, context: SignInContext, proof: Proof) -> SignInContext | None:
        """Keep one proof more and return how far the sign-in has come; `None` if it is over, or became void."""
        if context.half is not None:
            kept = await self._sign_ins.advance(context.half, proof)
        else:
            kept = await self._sign_ins.begin(context.browser, context.purpose, context.wanted, proof)
        return kept and replace(context, half=kept)

    async def finish(self, request: Request, context: SignInContext, done: Done) -> Reply:
        """Begin the session. Raises `SignInRefused` if what was proven became void, or was spent."""
        spends = None if context.half is None else self._sign_ins.spending(context.half)
        person, cookies = await self._browsers.sign_in(request, done.event, spends)
        await self._contexts.signed_in(context, person)
        return redirect(await self._onward(request, context, person), *cookies)

    async def _onward(self, request: Request, context: SignInContext, person: SignedInPerson) -> str:
        """Return where somebody is led who is signed in: on, or first to what a way has to tell them."""
        for way in self._ways.listed:
            if path := await way.afterwards(person.user_id, request.cookies):
                return self._address(path, replace(context, half=None))
        return self._base + context.back

    async def _after(self, request: Request, proofs: Sequence[Proof], wanted: Levels) -> NextProof:
        trusted = await self._trusted.knows(request, proofs[-1].user_id)
        return await self._ways.after(proofs, wanted, trusted=trusted)

    def _address(self, path: str, context: SignInContext) -> str:
        return f"{self._base}{path}?{context.whole_query}"
