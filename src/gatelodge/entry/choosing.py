"""Choosing a password behind a mailed link: the code, if one is needed, the rules, and the hash, in this order."""

from collections.abc import Iterable
from dataclasses import dataclass

from gatelodge.authn.hashing import PasswordPool
from gatelodge.authn.password_judge import look_at, rules_of
from gatelodge.clock import Clock
from gatelodge.config.policies import SignInPolicy
from gatelodge.endpoints.request import Request
from gatelodge.protocol.password_rules import context_words
from gatelodge.sessions.mailed_links import MailedLink, MailedLinks, WrongCode


class NotChosen(Exception):
    """The form is shown again; `problem` is a word of its template."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


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
        """Return the hash to keep. Raises `NotChosen`, `LinkOver` after too many wrong codes, and `Unavailable`."""
        try:
            await self.links.check_code(link, request.form.get("code") or "", self.clock.now())
        except WrongCode:
            raise NotChosen("code") from None
        password = request.form.get("password") or ""
        problem = await look_at(password, self.policy, context_words(*about, self.issuer))
        if problem is not None:
            raise NotChosen(problem)
        return await self.passwords.hash(password)
