"""Choosing what an account is entered by, behind a mailed link: a password, or a passkey.

The code comes first, if one is needed: nothing of a stranger's is hashed or judged.
"""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from gatelodge.authn.challenges import PATH
from gatelodge.authn.hashing import PasswordPool
from gatelodge.authn.passkey_ceremonies import PasskeyCeremonies
from gatelodge.authn.password_judge import look_at, rules_of
from gatelodge.clock import Clock
from gatelodge.config.policies import SignInPolicy
from gatelodge.database.tx import Unavailable
from gatelodge.endpoints.request import Request
from gatelodge.keys.mint import Mint
from gatelodge.ops.registration import FirstPasskey
from gatelodge.protocol.passkey import PasskeyRefused, problem_of
from gatelodge.protocol.password_rules import context_words
from gatelodge.sessions.browser import BrowserId
from gatelodge.sessions.mailed_links import MailedLink, MailedLinks, WrongCode


class NotChosen(Exception):
    """The form is shown again; `problem` is a word of its template, `retry_after` in seconds if nobody had time."""

    def __init__(self, problem: str, retry_after: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.status = 400 if retry_after is None else 503
        self.headers = () if retry_after is None else (("retry-after", str(retry_after)),)


@contextmanager
def choosing() -> Generator[None]:
    """Have whoever chooses told so, with `NotChosen`, while this server is busy."""
    try:
        yield
    except Unavailable as busy:
        raise NotChosen("busy", busy.retry_after) from None


@dataclass(frozen=True, slots=True)
class PasswordChoice:
    """Takes the password that somebody chose who followed a link."""

    links: MailedLinks
    passwords: PasswordPool
    policy: SignInPolicy
    clock: Clock
    issuer: str

    @property
    def least(self) -> int:
        """How many characters it must have."""
        return rules_of(self.policy).least

    async def hashed(self, request: Request, link: MailedLink, about: Iterable[str | None]) -> str:
        """Return the hash to keep. Raises `NotChosen`, and `LinkOver` after too many wrong codes."""
        with choosing():
            await self.check_code(request, link)
            return await self.hash(request, about)

    async def check_code(self, request: Request, link: MailedLink) -> None:
        """Check the code, if one is needed. Raises `NotChosen`, and `LinkOver` after too many wrong ones."""
        try:
            await self.links.check_code(link, request.form.get("code") or "", self.clock.now())
        except WrongCode:
            raise NotChosen("code") from None

    async def hash(self, request: Request, about: Iterable[str | None]) -> str:
        """Return the hash of a password that may be taken. Raises `NotChosen` and `Unavailable`."""
        password = request.form.get("password") or ""
        problem = await look_at(password, self.policy, context_words(*about, self.issuer))
        if problem is not None:
            raise NotChosen(problem)
        return await self.passwords.hash(password)


@dataclass(frozen=True, slots=True)
class PasskeyChoice:
    """Takes the passkey that somebody made for the account that a link makes. `mint` is the instance's."""

    ceremonies: PasskeyCeremonies
    mint: Mint

    def offer(self, link: MailedLink, address: str) -> Mapping[str, object]:
        """Return what the page is given to have one made."""
        return {"options": self.ceremonies.newcomer(self._handle(link), address), "challenge": PATH}

    async def made(self, text: str, link: MailedLink, browser: BrowserId) -> FirstPasskey:
        """Return the passkey that a browser's answer brings. Raises `NotChosen` and `Unavailable`."""
        try:
            return FirstPasskey(self._handle(link), await self.ceremonies.made(text, browser))
        except PasskeyRefused as refused:
            raise not_taken(refused) from None

    def _handle(self, link: MailedLink) -> bytes:
        """Return the user handle: the same whenever the page is shown, and told to nobody who has not the link."""
        return self.mint.digest("first user handle", link.handle.encode())


def not_taken(refused: PasskeyRefused) -> NotChosen:
    """Return how a person is told that their passkey was refused."""
    return NotChosen(f"passkey_{problem_of(refused.rule)}")
