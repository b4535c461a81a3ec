"""Passkeys: what is kept of one, and what an answer made with one must satisfy, in the order of WebAuthn L3 7.

A library verifies signatures and reads public keys (`authn/assertions.py`, `authn/attestations.py`). What it leaves to
us is judged here: whose the credential is, frames in other sites' pages, flags that must not change, and the counter.
"""

from dataclasses import dataclass
from hashlib import sha256

from msgspec import Struct

from gatelodge.protocol import rules
from gatelodge.protocol.passkey_answers import AuthenticatorData, ClientData, PasskeyAssertion
from gatelodge.protocol.rules import Rule

CREATE, GET = "webauthn.create", "webauthn.get"
MOST = 20  # passkeys of one person
MAX_NAME = 60  # characters of a passkey's name
ALGORITHMS = (-7, -8, -257)  # ES256, EdDSA, RS256: COSE numbers, the best first
NO_AAGUID = "00000000-0000-0000-0000-000000000000"


class PasskeyRefused(Exception):
    """An answer made with a passkey was refused by `rule`; a person is told less."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule.id)
        self.rule = rule


class NewPasskey(Struct, frozen=True, kw_only=True):
    """A passkey about to be kept: the credential record of WebAuthn L3 4.

    `public_key` is COSE. `backup_eligible` says that it may be copied to other devices, and never changes; `backed_up`
    that it was. `uv_seen` says that whoever uses it was verified by it, which another factor vouched for. `rp_id` is
    whom it was made for.
    """

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    transports: tuple[str, ...]
    name: str
    backup_eligible: bool
    backed_up: bool
    uv_seen: bool
    rp_id: str


class Passkey(NewPasskey, frozen=True, kw_only=True):
    """A passkey of a person: its private half is in their authenticator, its record here (WebAuthn L3 4).

    Times are seconds since 1970. `suspect` says that its counter once went back.
    """

    id: int
    user_id: int
    created_at: int
    used_at: int | None
    suspect: bool


# What a person is told who added none: a word of the templates; `wrong` for all else.
_PROBLEMS = {
    rules.PASSKEY_MOST: "most",
    rules.PASSKEY_UNIQUE: "taken",
    rules.PASSKEY_AUTHENTICATOR: "authenticator",
    rules.PASSKEY_CHALLENGE: "expired",
}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom passkeys are made for: `rp_id` is a host or a parent domain of it, `origins` are where they may be used."""

    rp_id: str
    name: str
    origins: frozenset[str]


@dataclass(frozen=True, slots=True)
class PasskeyDemands:
    """What an operator asks of passkeys: see `[passkeys]` of the configuration."""

    uv_is_a_factor: bool = True
    strict_counter: bool = False
    device_bound: bool = False
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a passkey is: their user handle, and whether they may sign in."""

    user_id: int
    sub: str
    handle: bytes
    enabled: bool


@dataclass(frozen=True, slots=True)
class Use:
    """What using a passkey leaves behind. `regressed` if its counter did not grow."""

    sign_count: int
    backed_up: bool
    regressed: bool


def check_client(client: ClientData, kind: str, party: RelyingParty) -> None:
    """Check what the browser says of the page: for this act, ours, and no frame in another's. Raises `PasskeyRefused`.

    The challenge is spent before: see `authn/challenges.py`.
    """
    _demand(client.type == kind, rules.PASSKEY_FORM)
    _demand(client.origin in party.origins, rules.PASSKEY_ORIGIN)
    _demand(not client.framed, rules.PASSKEY_FRAMED)


def check_assertion(
    said: PasskeyAssertion, party: RelyingParty, passkey: Passkey | None, holder: Holder | None, *, named: bool = False
) -> tuple[Passkey, Holder]:
    """Check all that comes before the signature (WebAuthn L3 7.2); return the passkey and whose it is.

    Raises `PasskeyRefused`.

    `passkey` is what is kept of the credential, `holder` whose it is; both `None` if nobody's. `named` if the person
    was known before, so that the answer need not say who they are.
    """
    check_client(said.client, GET, party)
    _check_party(said.authenticator, party)
    _demand(said.authenticator.present, rules.PASSKEY_PRESENT)
    if passkey is None or holder is None:
        raise PasskeyRefused(rules.PASSKEY_KNOWN)
    _demand(holder.user_id == passkey.user_id, rules.PASSKEY_OWNER)
    _demand(said.user_handle == holder.handle or (named and said.user_handle is None), rules.PASSKEY_OWNER)
    _demand(said.authenticator.backup_eligible == passkey.backup_eligible, rules.PASSKEY_ELIGIBLE)
    _check_backup(said.authenticator)
    return passkey, holder


def judge_counter(said: AuthenticatorData, passkey: Passkey, *, strict: bool) -> Use:
    """Return what to keep after the signature verified (WebAuthn L3 6.1.1, 7.2).

    A counter that does not grow shows a copy of the key, or an authenticator that counts badly; synced ones count
    nothing. Raises `PasskeyRefused` where `strict` asks for it and the key cannot be synced.
    """
    counted = said.sign_count > 0 or passkey.sign_count > 0
    regressed = counted and said.sign_count <= passkey.sign_count
    _demand(not (regressed and strict and not passkey.backup_eligible), rules.PASSKEY_COUNTER)
    return Use(max(said.sign_count, passkey.sign_count), said.backed_up, regressed)


def check_attestation(client: ClientData, made: AuthenticatorData, party: RelyingParty, *, asked: bool) -> None:
    """Check what a new passkey must satisfy (WebAuthn L3 7.1). Raises `PasskeyRefused`.

    `asked` if the person was asked and must have been there; a browser that creates one by itself says they were not.
    """
    check_client(client, CREATE, party)
    _check_party(made, party)
    _demand(made.present or not asked, rules.PASSKEY_PRESENT)
    _check_backup(made)


def check_authenticator(aaguid: str, backup_eligible: bool, demands: PasskeyDemands) -> None:
    """Check that this kind of authenticator may be added here. Without attestation it is only its own word for it.

    Raises `PasskeyRefused`.
    """
    _demand(not demands.allow or aaguid in demands.allow, rules.PASSKEY_AUTHENTICATOR)
    _demand(aaguid not in demands.deny, rules.PASSKEY_AUTHENTICATOR)
    _demand(not (demands.device_bound and backup_eligible), rules.PASSKEY_AUTHENTICATOR)


def verifies_person(said: AuthenticatorData, passkey: Passkey, demands: PasskeyDemands) -> bool:
    """Whether this use counts as two factors: the key, and that it verified its person, as it had done before."""
    return demands.uv_is_a_factor and said.verified and passkey.uv_seen


def methods(passkey: NewPasskey) -> tuple[str, ...]:
    """Return what using a passkey earns (RFC 8176): a key in software where it may be synced, else in hardware."""
    return ("swk" if passkey.backup_eligible else "hwk", "user")


def problem_of(rule: Rule) -> str:
    """Return the word by which templates tell a person why a new passkey was refused."""
    return _PROBLEMS.get(rule, "wrong")


def plain_name(typed: str) -> str:
    """Return a passkey's name as it is kept: trimmed, without what cannot be seen, at most `MAX_NAME` characters."""
    seen = "".join(one if one.isprintable() else " " if one.isspace() else "" for one in typed)
    return " ".join(seen.split())[:MAX_NAME].strip()


def _check_party(said: AuthenticatorData, party: RelyingParty) -> None:
    _demand(said.rp_id_hash == sha256(party.rp_id.encode()).digest(), rules.PASSKEY_RP)


def _check_backup(said: AuthenticatorData) -> None:
    _demand(said.backup_eligible or not said.backed_up, rules.PASSKEY_BACKUP)


def _demand(holds: bool, rule: Rule) -> None:
    if not holds:
        raise PasskeyRefused(rule)
