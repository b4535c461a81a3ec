"""What was proven of somebody, and which levels of assurance that reaches.

The ways to sign in make a `Proof` each. What proofs come to together is said here and nowhere else. The levels are `1`,
one factor; `2`, two of different kinds; `phr`, one that cannot be phished; and `phrh`, the same with a key that cannot
leave its device (the last two are of OpenID Connect EAP ACR Values).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Thing = Literal["known", "held"]  # what a proof shows: that somebody knows something, or that they hold something
Level = Literal["1", "2", "phr", "phrh"]

ONE, TWO, PHR, PHRH = LEVELS = ("1", "2", "phr", "phrh")
ALIASES = ("urn:gatelodge:acr:password",)  # of one factor
KNOWN, HELD, BOTH = frozenset[Thing]({"known"}), frozenset[Thing]({"held"}), frozenset[Thing]({"known", "held"})
MFA = "mfa"  # RFC 8176: said of a sign-in that showed both
FEDERATED = "fed"  # of `amr`: that another provider vouches for it

_HELD_METHODS = frozenset({"otp", "hwk", "swk", "pop", "sc", "sms", "tel", "mca"})


@dataclass(frozen=True, slots=True)
class Voucher:
    """The account elsewhere that vouched for somebody: the link to it, and its session there, empty if it said none."""

    link_id: int
    sid: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """A person proved who they are, in one way. Made by a way to sign in and by nothing else.

    `kind` is its name, `at` when it was (seconds since 1970), `amr` the methods it earned (RFC 8176), `shows` what it
    counts as, `level` what it reaches by itself. `password_hash` is what a password was compared with: one that was set
    meanwhile voids the proof. `session_id` is the session that it was taken over from, 0 if it is new. `voucher` is set
    where an account elsewhere proved it.
    """

    user_id: int
    sub: str
    kind: str
    at: int
    amr: tuple[str, ...]
    shows: frozenset[Thing] = KNOWN
    level: str = ONE
    password_hash: str | None = field(default=None, repr=False)
    session_id: int = 0
    voucher: Voucher | None = None


@dataclass(frozen=True, slots=True)
class AuthnEvent:
    """A person is proven as far as it was wanted: this begins a session. Made by `conclude` alone.

    `amr` is space-joined. `auth_time` is when they last proved anything, in seconds since 1970. `session_id` is the
    session that part of it was proven in before, and that must still be there; 0 if none. `voucher` says which account
    elsewhere vouched for them, if one did.
    """

    user_id: int
    sub: str
    amr: str
    acr: str
    auth_time: int
    password_hash: str | None = field(default=None, repr=False, compare=False)
    session_id: int = 0
    voucher: Voucher | None = None


def conclude(proofs: Sequence[Proof]) -> AuthnEvent:
    """Return what proofs of one person come to. Raises `ValueError` if they are of two."""
    last, both = proofs[-1], shown(proofs) == BOTH
    if any(proof.user_id != last.user_id for proof in proofs):
        raise ValueError("these proofs are of two persons")
    methods = (*(method for proof in proofs for method in proof.amr), *((MFA,) if both else ()))
    return AuthnEvent(
        user_id=last.user_id,
        sub=last.sub,
        amr=" ".join(dict.fromkeys(methods)),
        acr=level_of(proofs),
        auth_time=max(proof.at for proof in proofs),
        password_hash=next((proof.password_hash for proof in proofs if proof.password_hash is not None), None),
        session_id=max(proof.session_id for proof in proofs),
        voucher=next((proof.voucher for proof in proofs if proof.voucher is not None), None),
    )


def shown(proofs: Iterable[Proof]) -> frozenset[Thing]:
    """Return what proofs show together."""
    return frozenset[Thing]().union(*(proof.shows for proof in proofs))


def level_of(proofs: Iterable[Proof]) -> str:
    """Return the highest level that proofs reach together."""
    proofs = tuple(proofs)
    best = max((proof.level for proof in proofs), key=LEVELS.index)
    return TWO if best == ONE and shown(proofs) == BOTH else best


def levels_of(acr: str, amr: Collection[str]) -> frozenset[str]:
    """Return every level that a sign-in counts as which reached `acr` by the methods `amr`, with their aliases."""
    two = acr == TWO or MFA in amr
    phr = (PHR, PHRH)[: (PHR, PHRH).index(acr) + 1] if acr in (PHR, PHRH) else ()
    return frozenset((ONE, *ALIASES, *((TWO,) if two else ()), *phr))


def of_session(user_id: int, sub: str, session_id: int, auth_time: int, amr: Sequence[str], acr: str) -> Proof:
    """Return what somebody proved when their session began, for a sign-in that adds to it."""
    held = acr in (PHR, PHRH) or not _HELD_METHODS.isdisjoint(amr)
    shows = BOTH if MFA in amr else HELD if held else KNOWN
    level = acr if acr in LEVELS else ONE
    return Proof(user_id, sub, "session", auth_time, tuple(amr), shows, level, session_id=session_id)
