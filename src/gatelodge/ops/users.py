"""What an operator can do with people's accounts. Each function is one transaction body with its audit event.

Who is concerned is told by mail, by `letters`, in the same transaction.

Passwords arrive hashed: hashing is slow, and nothing slow happens inside a body.
"""

from collections.abc import Mapping

from gatelodge.clock import Entropy
from gatelodge.config.policies import SignInPolicy
from gatelodge.database.tx import Tx
from gatelodge.keys.secrets import b64
from gatelodge.mail.catalogue import (
    AccountDisabledLetter,
    AccountEnabledLetter,
    AccountRemovedLetter,
    AdministratorMadeLetter,
    AdministratorUnmadeLetter,
    PasswordChangedLetter,
    SecondStepRemovedLetter,
)
from gatelodge.mail.letters import Letters
from gatelodge.ops import user_claims
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.protocol.password_rules import MOST, Problem, context_words
from gatelodge.stores import audit, authenticators, credentials, endings, recovery_codes, trusted_browsers
from gatelodge.stores import users as store
from gatelodge.stores.users import NewUser, UserRecord
from gatelodge.telemetry.events import (
    AdminGranted,
    AdminRevoked,
    Origin,
    PasswordSet,
    SecondFactorReset,
    UserAdded,
    UserDisabled,
    UserEnabled,
    UserRemoved,
)

SUB_BYTES = 16


async def add(tx: Tx, new: NewUser, password_hash: str | None, origin: Origin, now: int) -> UserRecord:
    """Make an account and return it; without a password it cannot sign in by one.

    Raises `NameTaken` if its names are in use and `OperationRefused` if they cannot be names, or a claim is none.
    """
    await user_claims.check_released(tx, new.claims)
    try:
        user = await store.add(tx, new, now)
    except ValueError as error:
        raise OperationRefused(str(error)) from None
    if password_hash is not None:
        await credentials.set_password(tx, user.id, password_hash, now)
    await audit.record(tx, UserAdded(user_id=user.id), origin, now)
    return user


async def set_password(
    tx: Tx, login: str, password_hash: str, letters: Letters, origin: Origin, now: int
) -> UserRecord:
    """Give a person a new password: every session and every token they hold ends. Raises `NotThere`."""
    user = await show(tx, login)
    await endings.change_password(tx, user.id, password_hash, now)
    await audit.record(tx, PasswordSet(user_id=user.id), origin, now)
    await letters.tell(tx, user, PasswordChangedLetter(at=now), origin, now)
    return user


async def enable(tx: Tx, login: str, letters: Letters, origin: Origin, now: int) -> UserRecord:
    """Let a person sign in again. Raises `NotThere`."""
    user = await show(tx, login)
    await store.enable(tx, user.id)
    await audit.record(tx, UserEnabled(user_id=user.id), origin, now)
    await letters.tell(tx, user, AccountEnabledLetter(at=now), origin, now)
    return await show(tx, login)


async def disable(tx: Tx, login: str, letters: Letters, origin: Origin, now: int) -> UserRecord:
    """Keep a person out: every session and every token they hold ends. Raises `NotThere`."""
    user = await show(tx, login)
    await endings.disable(tx, user.id, now)
    await audit.record(tx, UserDisabled(user_id=user.id), origin, now)
    await letters.tell(tx, user, AccountDisabledLetter(at=now), origin, now)
    return await show(tx, login)


async def grant_admin(tx: Tx, login: str, letters: Letters, origin: Origin, now: int) -> UserRecord:
    """Make a person an administrator of this server. Raises `NotThere`."""
    user = await show(tx, login)
    await store.set_admin(tx, user.id, True)
    await audit.record(tx, AdminGranted(user_id=user.id), origin, now)
    await letters.tell(tx, user, AdministratorMadeLetter(at=now), origin, now)
    return await show(tx, login)


async def revoke_admin(tx: Tx, login: str, letters: Letters, origin: Origin, now: int) -> UserRecord:
    """Let a person be no administrator any more, from their next request on. Raises `NotThere`."""
    user = await show(tx, login)
    await store.set_admin(tx, user.id, False)
    await audit.record(tx, AdminRevoked(user_id=user.id), origin, now)
    await letters.tell(tx, user, AdministratorUnmadeLetter(at=now), origin, now)
    return await show(tx, login)


async def reset_second_factor(tx: Tx, login: str, letters: Letters, origin: Origin, now: int) -> UserRecord:
    """Take a person's authenticator app, recovery codes and trusted browsers away, since they lost their phone.

    Raises `NotThere`, also if they have no such thing. Passkeys stay: they sign in by themselves.
    """
    user = await show(tx, login)
    gone = [await authenticators.remove(tx, user.id), await recovery_codes.remove(tx, user.id)]
    await trusted_browsers.remove_all(tx, user.id)
    if not any(gone):
        raise NotThere("second factor of", login)
    await audit.record(tx, SecondFactorReset(user_id=user.id), origin, now)
    await letters.tell(tx, user, SecondStepRemovedLetter(at=now), origin, now)
    return user


async def remove(tx: Tx, login: str, letters: Letters, origin: Origin, now: int) -> None:
    """Forget a person and all they hold. Raises `NotThere`."""
    user = await show(tx, login)
    await endings.remove(tx, user.id, now)
    await audit.record(tx, UserRemoved(user_id=user.id), origin, now)
    await letters.tell(tx, user, AccountRemovedLetter(at=now), origin, now)


async def show(tx: Tx, login: str) -> UserRecord:
    """Return the person with this user name or e-mail address. Raises `NotThere`."""
    user = await store.find_by_login(tx, login)
    if user is None:
        raise NotThere("user", login)
    return user


def new_sub(entropy: Entropy) -> str:
    """Return a subject identifier: random, so it says nothing and is never used twice."""
    return b64(entropy.bytes(SUB_BYTES))


def check_password(password: str, policy: SignInPolicy, *about: str | None) -> None:
    """Judge a new password of a person of whom this is known. Raises `OperationRefused`."""
    from gatelodge.authn.password_judge import problem_of, rules_of  # brings all ways to sign in along: slow for --help

    problem = problem_of(password, policy, context_words(*about))
    if problem is not None:
        least = rules_of(policy).least
        raise OperationRefused(f"the password {_SAID[problem].format(least=least, most=MOST)}")


_SAID: Mapping[Problem, str] = {
    "short": "must have at least {least} characters (sign_in.min_password)",
    "long": "has at most {most} characters",
    "common": "is one of the commonest there are: choose another one",
    "personal": "is little more than the name of the person or of this server: choose another one",
    "weak": "is easy to guess: choose a longer one, or one with less of a pattern",
}
