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
    """Somebody says that they lost their second factor, too: `link` stops it until `due_at`.

    `to_operator` is 1 if they said so to an operator, so that nobody needs to have read the mail.
    """

    link: str
    at: int
    due_at: int
    to_operator: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryDueLetter(Letter):
    """The wait of a delayed recovery is over: `link` sets a password until then, and `stop` ends it all the same."""

    link: str
    stop: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryStoppedLetter(Letter):
    """A delayed recovery is over before its time: by a button of its letters, or, if it is 1, by who `signed_in`."""

    at: int
    signed_in: int = 0


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
    RecoveryStoppedLetter,
    AccountRecoveredLetter,
)
