"""`/register`: asks for an address, and behind the link that is sent there makes the account."""

from dataclasses import dataclass

from gatelodge.authn.throttle import Full
from gatelodge.clock import Entropy
from gatelodge.database.tx import Database
from gatelodge.endpoints import languages
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.entry.choosing import NotChosen, PasskeyChoice, PasswordChoice, choosing, not_taken
from gatelodge.entry.frame import EntryFrame, asked_address, purpose_of, read_back, read_email
from gatelodge.ops.registration import PURPOSE, AskedRegistration, Entrance, Newcomers
from gatelodge.ops.users import new_sub
from gatelodge.protocol.languages import DEFAULT
from gatelodge.protocol.passkey import PasskeyRefused
from gatelodge.protocol.reply import Reply
from gatelodge.sessions.mailed_links import LinkOver, MailedLink
from gatelodge.stores.users import NewUser
from gatelodge.telemetry.emit import emit

MAX_NAME = 100  # characters


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """Asks who wants an account for their address; the answer is the same for every address."""

    frame: EntryFrame
    db: Database
    newcomers: Newcomers

    async def show(self, request: Request) -> Reply:
        """Show the form, where accounts can be asked for."""
        self._check_offered()
        return self._form(request)

    async def submit(self, request: Request) -> Reply:
        """Have a letter sent and say where to look."""
        self._check_offered()
        if not self.frame.is_current(request, PURPOSE):
            return self._form(request, again="changed")
        typed = (request.form.get("email") or "").strip()
        try:
            address = read_email(typed)
        except ValueError:
            return self._form(request, 400, problem="address")
        new = self.frame.links.draw(self.frame.browsers.identify(request))
        locale = languages.reader().language(None) or DEFAULT
        asked = AskedRegistration(address, locale, read_back(request.query), request.origin)
        event = await self.db.write(self.newcomers.ask, asked, new, self.frame.clock.now())
        if isinstance(event, Full):
            return self.frame.wait(request, "register", PURPOSE, event, **asked_address(request))
        emit(event, request.origin)
        return self.frame.mailbox(request, typed, new)

    def _form(self, request: Request, status: int = 200, problem: str = "", again: str = "") -> Reply:
        values = asked_address(request)
        return self.frame.draw(request, "register", PURPOSE, status, problem=problem, again=again, **values)

    def _check_offered(self) -> None:
        if not self.newcomers.rules.is_offered:
            raise HttpRefusal(404, "there is nothing at this address", "not_found")


@dataclass(frozen=True, slots=True)
class RegisterLinkPage:
    """Where the link of a registration or an invitation leads: says what it does, and makes the account.

    `passkeys` is `None` where browsers have none.
    """

    frame: EntryFrame
    db: Database
    newcomers: Newcomers
    choice: PasswordChoice
    passkeys: PasskeyChoice | None
    entropy: Entropy

    async def show(self, request: Request) -> Reply:
        """Show what the link does; nothing happens by looking."""
        try:
            return self._form(request, await self.frame.followed(request, PURPOSE))
        except LinkOver:
            return self._over(request)

    async def submit(self, request: Request) -> Reply:
        """Make the account, of whoever made a passkey or chose a password that can be taken."""
        try:
            link = await self.frame.followed(request, PURPOSE)
            if not self.frame.is_current(request, purpose_of(link)):
                return self._form(request, link, again="changed")
            return await self._make(request, link)
        except LinkOver:
            return self._over(request)

    async def _make(self, request: Request, link: MailedLink) -> Reply:
        address, name = str(link.said["address"]), _read_name(request.form.get("name") or "")
        if name is None:
            return self._form(request, link, 400, problem="name")
        try:
            entrance = await self._entrance(request, link, (address, name))
        except NotChosen as refused:
            page = self._form(request, link, refused.status, problem=refused.problem)
            return page.with_headers(*refused.headers)
        new = NewUser(
            sub=new_sub(self.entropy), username=address, email=address, email_verified=True, name=name or None
        )
        now = self.frame.clock.now()
        try:
            events = await self.db.write(self.newcomers.make, link, new, entrance, request.origin, now)
        except PasskeyRefused as refused:
            return self._form(request, link, 400, problem=not_taken(refused).problem)
        for event in events:
            emit(event, request.origin)
        return self.frame.done(request, "registered", link)

    async def _entrance(self, request: Request, link: MailedLink, about: tuple[str, str]) -> Entrance:
        """Return what the account is entered by. Raises `NotChosen` and `LinkOver`."""
        said = request.form.get("passkey")
        if not said or self.passkeys is None:
            return await self.choice.hashed(request, link, about)
        with choosing():
            await self.choice.check_code(request, link)
            return await self.passkeys.made(said, link, self.frame.browsers.identify(request))

    def _form(self, request: Request, link: MailedLink, status: int = 200, problem: str = "", again: str = "") -> Reply:
        return self.frame.draw(
            request,
            "register_link",
            purpose_of(link),
            status,
            scripts=self.passkeys is not None,
            link=link,
            given=self.passkeys and self.passkeys.offer(link, str(link.said["address"])),
            least=self.choice.least,
            name=(request.form.get("name") or "")[:MAX_NAME],
            problem=problem,
            again=again,
        )

    def _over(self, request: Request) -> Reply:
        return self.frame.over(request, "/register" if self.newcomers.rules.is_offered else "")


def _read_name(typed: str) -> str | None:
    """Return a name as it is kept, empty if none was given; `None` if it is none."""
    name = " ".join(typed.split())
    return name if len(name) <= MAX_NAME and name.isprintable() else None
