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


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryBegunLetter(Letter):
    """Somebody says that they lost their second factor, too: `link` stops it until `due_at`."""

    link: str
    at: int
    due_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryDueLetter(Letter):
    """The wait of a delayed recovery is over: `link` sets a password until then, and `stop` ends it all the same."""

    link: str
    stop: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecoveredLetter(Letter):
    """The account has a new password, and nothing else that it is entered by."""

    at: int


ENTRY_LETTERS: tuple[type[Letter], ...] = (
    ConfirmRegistrationLetter,
    AccountExistsLetter,
    RegistrationRefusedLetter,
    InvitationLetter,
    SetPasswordLetter,
    ConfirmEmailLetter,
    EmailChangedLetter,
    RecoveryBegunLetter,
    RecoveryDueLetter,
    AccountRecoveredLetter,
)
