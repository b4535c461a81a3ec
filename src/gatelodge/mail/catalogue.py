"""Every letter there is: one frozen dataclass and one template each, named alike.

A letter holds what its template needs: paths below the issuer, never whole URLs, since links lead to this server alone;
times in seconds since 1970. It never holds what a stranger typed: a letter to somebody else's address would carry it.
"""

from dataclasses import dataclass

from gatelodge.mail.entry_letters import ENTRY_LETTERS
from gatelodge.mail.letter import Letter as Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChangedLetter(Letter):
    """Somebody set another password."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedLetter(Letter):
    """An account elsewhere signs the person in from now on."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkedLetter(Letter):
    """An account elsewhere signs the person in no more."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDisabledLetter(Letter):
    """An administrator keeps the person out."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEnabledLetter(Letter):
    """An administrator lets the person in again."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsernameChangedLetter(Letter):
    """An administrator gave the person another user name."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRemovedLetter(Letter):
    """The account is gone."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministratorMadeLetter(Letter):
    """The person looks after this server from now on."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministratorUnmadeLetter(Letter):
    """The person looks after this server no more."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyAddedLetter(Letter):
    """A passkey was added; `by_itself` is 1 if a browser made it after a sign-in, without asking."""

    at: int
    by_itself: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRemovedLetter(Letter):
    """A passkey signs nobody in any more."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStepAddedLetter(Letter):
    """Somebody set up an authenticator app."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStepRemovedLetter(Letter):
    """The authenticator app asks for nothing any more."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStepClosedLetter(Letter):
    """Somebody who knows the password guesses codes."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesMadeLetter(Letter):
    """There are new recovery codes, and the old ones are good no more."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodeUsedLetter(Letter):
    """A recovery code let somebody in; `left` are still good."""

    at: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInDisownedLetter(Letter):
    """The person said of a sign-in that it was not them: their password is void."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionAskedLetter(Letter):
    """The person asked for their account to be deleted, and can stop it until `due_at`."""

    at: int
    due_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionStoppedLetter(Letter):
    """The account whose deletion was asked for stays."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangersFailedLetter(Letter):
    """Strangers tried passwords, `failures` times within a day, and were not let in."""

    at: int
    failures: int


LETTERS: tuple[type[Letter], ...] = (
    *ENTRY_LETTERS,
    PasswordChangedLetter,
    LinkedLetter,
    UnlinkedLetter,
    AccountDisabledLetter,
    AccountEnabledLetter,
    UsernameChangedLetter,
    AccountRemovedLetter,
    AdministratorMadeLetter,
    AdministratorUnmadeLetter,
    PasskeyAddedLetter,
    PasskeyRemovedLetter,
    SecondStepAddedLetter,
    SecondStepRemovedLetter,
    SecondStepClosedLetter,
    RecoveryCodesMadeLetter,
    RecoveryCodeUsedLetter,
    SignInDisownedLetter,
    DeletionAskedLetter,
    DeletionStoppedLetter,
    StrangersFailedLetter,
)
