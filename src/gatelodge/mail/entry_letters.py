"""The letters of becoming a person here and of coming back."""

from dataclasses import dataclass

from gatelodge.mail.letter import Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRegistrationLetter(Letter):
    """Somebody wants an account with this address: the link makes it, until then."""

    link: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountExistsLetter(Letter):
    """Somebody wants an account with the address of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRefusedLetter(Letter):
    """Somebody wants an account with an address that may have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationLetter(Letter):
    """An operator invites whoever has this address."""

    link: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPasswordLetter(Letter):
    """Somebody lost the password of this account: the link sets another one, until then."""

    link: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmEmailLetter(Letter):
    """A person wants this address for their account: the link makes it theirs, until then."""

    link: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangedLetter(Letter):
    """The account has another address. To the old one, with a link to take it back until then, if there was one."""

    link: str
    at: int
    until: int


ENTRY_LETTERS: tuple[type[Letter], ...] = (
    ConfirmRegistrationLetter,
    AccountExistsLetter,
    RegistrationRefusedLetter,
    InvitationLetter,
    SetPasswordLetter,
    ConfirmEmailLetter,
    EmailChangedLetter,
)
