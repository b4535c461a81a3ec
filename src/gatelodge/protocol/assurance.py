"""How sure it is who somebody is: what was proven, which level that reaches, and what is next for the level wanted.

The ways to sign in make a `Proof` each. What proofs are worth together is decided here and nowhere else.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Factor:
    """What a way to sign in proves: `acr` is the level it reaches by itself.

    `begins` says whether a sign-in can begin with it, when nobody is known yet.
    """

    kind: str
    acr: str
    begins: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """A person proved who they are, in one way. Made by a way to sign in and by nothing else.

    `kind` is its name, `at` when it was (seconds since 1970), `amr` the methods it earned (RFC 8176). `password_hash`
    is what a password was compared with: one that was set meanwhile voids the proof.
    """

    user_id: int
    sub: str
    kind: str
    at: int
    amr: tuple[str, ...]
    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AuthnEvent:
    """A person is proven as far as it was wanted: this begins a session. Made by `conclude` alone.

    `amr` is space-joined. `auth_time` is when they last proved anything, in seconds since 1970.
    """

    user_id: int
    sub: str
    amr: str
    acr: str
    auth_time: int
    password_hash: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Levels:
    """Which levels are wanted: one of the `essential` ones must be reached, the `wished` ones are tried first.

    Both are in the order of preference (OpenID Connect Core 3.1.2.1, 5.5.1.1).
    """

    essential: tuple[str, ...] = ()
    wished: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is missing that could be had."""

    event: AuthnEvent


@dataclass(frozen=True, slots=True)
class Ask:
    """One of these kinds of proof is next, the best one first; there is at least one."""

    kinds: tuple[str, ...]


def first_proof(wanted: Levels, factors: Sequence[Factor], enrolled: Collection[str] | None) -> Ask:
    """Return how a sign-in begins. `enrolled` are the kinds that who is here can prove, `None` if nobody is known."""
    begins = [factor for factor in factors if factor.begins]
    if enrolled is None:  # what they have is not known, so all is offered
        return _ask(wanted, begins)
    theirs = [factor for factor in begins if factor.kind in enrolled]
    return _ask(wanted, _reaching(wanted, theirs, enrolled) or theirs or begins)


def next_proof(
    wanted: Levels, factors: Sequence[Factor], enrolled: Collection[str] | None, proofs: Sequence[Proof]
) -> Done | Ask:
    """Return what is next after these proofs of one person, the newest of them last.

    Where nothing that they can prove reaches what is wanted, the sign-in is done: whether less will do is for
    `decide.next_step` to say.
    """
    event = conclude(proofs, factors)
    more = _reaching(wanted, factors, enrolled)
    return Done(event) if event.acr in wanted.essential or not more else _ask(wanted, more)


def conclude(proofs: Sequence[Proof], factors: Iterable[Factor]) -> AuthnEvent:
    """Return what proofs of one person come to, the last of which says the level. Raises `ValueError` if of two."""
    last = proofs[-1]
    if any(proof.user_id != last.user_id for proof in proofs):
        raise ValueError("these proofs are of two persons")
    return AuthnEvent(
        user_id=last.user_id,
        sub=last.sub,
        amr=" ".join(dict.fromkeys(method for proof in proofs for method in proof.amr)),
        acr=next(factor.acr for factor in factors if factor.kind == last.kind),
        auth_time=max(proof.at for proof in proofs),
        password_hash=next((proof.password_hash for proof in proofs if proof.password_hash is not None), None),
    )


def reachable(factors: Iterable[Factor], enrolled: Collection[str]) -> frozenset[str]:
    """Return the levels that somebody can reach who has these kinds of proof."""
    return frozenset(factor.acr for factor in factors if factor.kind in enrolled)


def _reaching(wanted: Levels, factors: Iterable[Factor], enrolled: Collection[str] | None) -> list[Factor]:
    usable = (factor for factor in factors if enrolled is None or factor.kind in enrolled)
    return [factor for factor in usable if factor.acr in wanted.essential]


def _ask(wanted: Levels, factors: Iterable[Factor]) -> Ask:
    order = (*wanted.essential, *wanted.wished)
    ranked = sorted(factors, key=lambda factor: order.index(factor.acr) if factor.acr in order else len(order))
    return Ask(tuple(factor.kind for factor in ranked))
