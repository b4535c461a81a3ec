"""The signing keys at one glance: which is next, active or retired follows from their times alone.

A key signs from `activates_at` until `retires_at` and is published from the moment it exists until `removed_at`. So
every process that has read the same rows signs with the same key in the same second, and nothing has to be switched.
What it signed may come back as a hint for longer than it is published: its public half is remembered for that.
"""

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPrivateNumbers, RSAPublicNumbers
from joserfc.jwk import ECKey, RSAKey

from gatelodge.keys.signer import TYPES, Signer
from gatelodge.keys.vault import Vault, WrongSecretKey
from gatelodge.protocol.client import SigningAlg
from gatelodge.protocol.jwks import VerificationKey, read_jwk
from gatelodge.stores.signing_keys import SigningKey

ALGORITHMS: tuple[SigningAlg, ...] = ("RS256", "ES256")
RSA_BITS = 2048

State = Literal["next", "active", "retired", "removed"]


class NoSigningKey(Exception):
    """No key of this algorithm may sign now."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key pair just made, its private half already sealed; it becomes a row when it is known from when it signs."""

    kid: str
    alg: SigningAlg
    public_jwk: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class HeldKey:
    """One key that is still published, opened."""

    row: SigningKey
    signer: Signer
    verifier: VerificationKey
    published: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PastKey:
    """One key that is not published any more: its public half, for hints alone."""

    row: SigningKey
    verifier: VerificationKey


class KeyRing:
    """Every key that is not removed for good. Built by `open_ring`; it never changes.

    `past` are removed keys that still verify hints, as every key does for `remember` seconds after it signed last.
    """

    def __init__(self, keys: Sequence[HeldKey], past: Sequence[PastKey] = (), remember: int = 0) -> None:
        self.keys = tuple(keys)
        self._known: Mapping[str, HeldKey | PastKey] = {key.row.kid: key for key in (*past, *keys)}
        self._remember = remember
        self._by_kid = {key.row.kid: key for key in keys}
        self._by_header = {(typ, key.signer.header(typ)): key for key in keys for typ in TYPES}
        self._signing = {alg: [key for key in keys if key.row.alg == alg] for alg in ALGORITHMS}
        self._published: tuple[int, int, dict[str, Any]] = (1, 0, {})

    def signer(self, alg: SigningAlg, now: int) -> Signer:
        """Return who signs now: of the active keys, the one that began last. Raises `NoSigningKey`.

        If none is active the soonest next one signs: its first second was written by a process whose clock is ahead.
        """
        soonest: Signer | None = None
        for key in reversed(self._signing[alg]):
            match state(key.row, now):
                case "active":
                    return key.signer
                case "next":
                    soonest = key.signer
                case "retired" | "removed":
                    pass
        if soonest is None:
            raise NoSigningKey(alg)
        return soonest

    def again(self, row: SigningKey) -> HeldKey | None:
        """Return a key that is open already, with the times of its row now."""
        key = self._by_kid.get(row.kid)
        return replace(key, row=row) if key is not None and key.row.public_jwk == row.public_jwk else None

    def public(self, kid: str, now: int) -> VerificationKey | None:
        """Return the published key of that name, `None` if there is none (any more)."""
        key = self._by_kid.get(kid)
        return key.verifier if key is not None and state(key.row, now) != "removed" else None

    def read(self, token: str, typ: str, now: int) -> Mapping[str, Any] | None:
        """Return the claims of a token one of our published keys signed; `None` for any other. Judges no claim."""
        key = self._by_header.get((typ, token.partition(".")[0]))
        return None if key is None or state(key.row, now) == "removed" else key.signer.read(token, typ)

    def at(self, now: int) -> "PublishedKeys":
        """Return what the JOSE door asks: the keys published now."""
        return PublishedKeys(self, now)

    def hints_at(self, now: int) -> "HintKeys":
        """Return what the JOSE door asks about a hint: also keys that are not published any more."""
        return HintKeys(self, now)

    def of_hint(self, kid: str, now: int) -> VerificationKey | None:
        """Return the key of that name if a token it signed may still serve as a hint, `None` if there is none."""
        key = self._known.get(kid)
        if key is None:
            return None
        counts = state(key.row, now) != "removed" or is_remembered(key.row, now, self._remember)
        return key.verifier if counts else None

    def jwks(self, now: int) -> Mapping[str, Any]:
        """Return the public JWK set (RFC 7517 5): the same object again until a key is removed."""
        since, until, document = self._published
        if not since <= now < until:
            live = [key for key in self.keys if state(key.row, now) != "removed"]
            until = min((key.row.removed_at for key in live if key.row.removed_at is not None), default=1 << 62)
            document = {"keys": [key.published for key in live]}
            self._published = (now, until, document)
        return document


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """Our own keys as `protocol.jwks.Keys`."""

    ring: KeyRing
    now: int

    def find(self, kid: str | None, alg: str) -> VerificationKey | None:
        """Return our key of that name; every token of ours names its key."""
        key = self.ring.public(kid, self.now) if kid else None
        return key if key is not None and alg in key.proofs else None


@dataclass(frozen=True, slots=True)
class HintKeys:
    """Our own keys as `protocol.jwks.Keys`, for tokens that only say whom somebody means."""

    ring: KeyRing
    now: int

    def find(self, kid: str | None, alg: str) -> VerificationKey | None:
        """Return our key of that name, also one that was published until not long ago."""
        key = self.ring.of_hint(kid, self.now) if kid else None
        return key if key is not None and alg in key.proofs else None


def is_remembered(row: SigningKey, now: int, remember: int) -> bool:
    """Whether a removed key still verifies hints. One that is compromised was removed as it retired, and never does."""
    if row.retires_at is None or row.removed_at is None or row.removed_at <= row.retires_at:
        return False
    return now < row.retires_at + remember


def state(row: SigningKey, now: int) -> State:
    """Return what a key is at `now`."""
    if row.removed_at is not None and row.removed_at <= now:
        return "removed"
    if row.retires_at is not None and row.retires_at <= now:
        return "retired"
    return "active" if row.activates_at <= now else "next"


class UnknownKind(Exception):
    """A signing key is of a kind this version does not know: a newer one may have written it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A ring, and the names of the live keys that are not in it."""

    ring: KeyRing
    unknown: tuple[str, ...] = ()  # of a kind this version does not know
    locked: tuple[str, ...] = ()  # sealed by a secret key that is not here

    def whole(self) -> KeyRing:
        """Return the ring. Raises `WrongSecretKey` if a key did not open."""
        if self.locked:
            raise WrongSecretKey(_purpose(self.locked[0]))
        return self.ring


def open_keys(rows: Iterable[SigningKey], vault: Vault, now: int, held: KeyRing, remember: int = 0) -> Opened:
    """Open every key that is not removed, or take it from the ring that is `held` with the times it has now."""
    keys, unknown, locked = list[HeldKey](), list[str](), list[str]()
    ordered = sorted(rows, key=lambda row: (row.activates_at, row.kid))
    gone = [row for row in ordered if state(row, now) == "removed" and is_remembered(row, now, remember)]
    for row in ordered:
        if state(row, now) == "removed":
            continue
        try:
            keys.append(held.again(row) or _held(row, vault))
        except UnknownKind:
            unknown.append(row.kid)
        except WrongSecretKey:
            locked.append(row.kid)
    past = [key for key in map(_past, gone) if key is not None]
    return Opened(KeyRing(keys, past, remember), tuple(unknown), tuple(locked))


def open_ring(rows: Iterable[SigningKey], vault: Vault, now: int, remember: int = 0) -> KeyRing:
    """Unseal every key that is not removed. Raises `WrongSecretKey` if even one does not open."""
    return open_keys(rows, vault, now, KeyRing(()), remember).whole()


def check_opens(rows: Iterable[SigningKey], vault: Vault, now: int) -> None:
    """Check what `open_ring` would, without making a key of anything. Raises `WrongSecretKey`."""
    for row in rows:
        if state(row, now) != "removed":
            vault.unseal(row.sealed, _purpose(row.kid))


class Resealed(NamedTuple):
    """A key whose private half was sealed anew: the old seal and the new one."""

    kid: str
    old: bytes
    new: bytes


def resealed(rows: Iterable[SigningKey], vault: Vault, now: int) -> list[Resealed]:
    """Return the keys that an older secret key had sealed. Raises `WrongSecretKey` if one does not open."""
    live = ((row, vault.reseal(row.sealed, _purpose(row.kid))) for row in rows if state(row, now) != "removed")
    return [Resealed(row.kid, row.sealed, anew) for row, anew in live if anew is not None]


def make_key(alg: SigningAlg, vault: Vault) -> NewKey:
    """Make a key pair and seal it. RSA takes a good part of a second: never call it on the event loop.

    A thumbprint that begins with a dash would be read as an option where an operator names the key: such a pair is
    dropped.
    """
    key = RSAKey.generate_key(RSA_BITS) if alg == "RS256" else ECKey.generate_key("P-256")
    kid = key.thumbprint()
    if kid.startswith("-"):
        return make_key(alg, vault)
    public = key.as_dict(kid=kid, alg=alg, use="sig")
    private = msgspec.json.encode(key.as_dict(private=True))
    return NewKey(kid, alg, msgspec.json.encode(public).decode(), vault.seal(private, _purpose(kid)))


def _held(row: SigningKey, vault: Vault) -> HeldKey:
    if row.alg not in ALGORITHMS:
        raise UnknownKind(row.kid)
    opened = vault.unseal(row.sealed, _purpose(row.kid))
    try:
        private, public = msgspec.json.decode(opened), msgspec.json.decode(row.public_jwk)
        key = _rsa_key(private) if row.alg == "RS256" else ECKey.import_key(private).private_key
        verifier = read_jwk(public)
    except Exception as error:
        raise UnknownKind(row.kid) from error
    if verifier is None or key is None:
        raise UnknownKind(row.kid)
    return HeldKey(row, Signer(row.kid, row.alg, key), verifier, public)


def _past(row: SigningKey) -> PastKey | None:
    try:
        verifier = read_jwk(msgspec.json.decode(row.public_jwk))
    except Exception:  # noqa: BLE001 - whatever is not as this version writes it
        return None
    return verifier and PastKey(row, verifier)


def _rsa_key(jwk: Mapping[str, str]) -> RSAPrivateKey:
    """Return the key of an RSA JWK that was sealed here.

    Its primes are not proven again, which takes longer than the rest of a start: the seal proves that it is ours.
    """
    n, e, d, p, q, dp, dq, qi = (_number(jwk[name]) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi"))
    numbers = RSAPrivateNumbers(p, q, d, dp, dq, qi, RSAPublicNumbers(e, n))
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _number(text: str) -> int:
    return int.from_bytes(urlsafe_b64decode(text + "=="), "big")


def _purpose(kid: str) -> str:
    """A sealed key opens only under its own name, so two rows cannot be exchanged."""
    return f"signing key {kid}"
