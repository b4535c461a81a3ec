"""How sure it must be who somebody is, and what they are asked for next: the whole policy, on one screen.

`first_proof` says how a sign-in begins, `next_proof` what is next after every proof. What proofs are worth stands in
`protocol/proof.py`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from gatelodge.protocol.proof import (
    BOTH,
    FEDERATED,
    LEVELS,
    MFA,
    ONE,
    TWO,
    AuthnEvent,
    Proof,
    Thing,
    conclude,
    levels_of,
    shown,
)


@dataclass(frozen=True, slots=True)
class Factor:
    """What somebody can prove in one way, at best: what it `shows`, and the `level` it reaches by itself.

    `begins` says whether a sign-in can begin with it, when nobody is known yet. Whoever has one that `guards` is asked
    for two kinds of proof at every sign-in. `enrols` says that who lacks it can get it within a sign-in. It is `own` if
    it is kept here; what is not is another server's word.
    """

    kind: str
    begins: bool
    shows: frozenset[Thing]
    level: str = ONE
    guards: bool = False
    enrols: bool = False
    own: bool = True


@dataclass(frozen=True, slots=True)
class Levels:
    """Which levels are wanted: one of the `essential` ones must be reached, and `minimum`; the `wished` ones are tried
    first. In the order of preference (OpenID Connect Core 3.1.2.1, 5.5.1.1).

    `of_owner` wants what a change of the account does: see `is_of_owner`. No trusted browser stands for anything then.
    """

    essential: tuple[str, ...] = ()
    wished: tuple[str, ...] = ()
    minimum: str = ONE
    of_owner: bool = False

    @property
    def are_demanded(self) -> bool:
        """Whether one factor is not enough, or may not be."""
        return bool(self.essential) or self.minimum != ONE

    def are_reached(self, levels: Collection[str]) -> bool:
        """Whether what must be reached is."""
        return self.minimum in levels and (not self.essential or any(acr in levels for acr in self.essential))


@dataclass(frozen=True, slots=True)
class FactorPolicy:
    """Who must show two kinds of proof; `grace` are the seconds that somebody who has no second one may put it off.

    `second_factor` is `off`, `offered`, `required` or `required_for_admins`.
    """

    second_factor: str = "offered"
    grace: int = 0

    def demands_two(self, *, admin: bool) -> bool:
        """Whether this person must, whatever they have enrolled."""
        return self.second_factor == "required" or (admin and self.second_factor == "required_for_admins")


@dataclass(frozen=True, slots=True)
class Abilities:
    """What somebody can prove, and what else the policy must know of them.

    `enrolled` and what they may `enrol` are in the order of the ways. `trusted` says that this browser stands for their
    second factor. `due` is until when they may put one off, in seconds since 1970; `None` if that was never said.
    """

    enrolled: tuple[Factor, ...]
    enrol: tuple[Factor, ...] = ()
    admin: bool = False
    trusted: bool = False
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is missing that could be had. `due` is until when they must have one of the second factors `enrol`, if
    they may put it off."""

    event: AuthnEvent
    due: int | None = None
    enrol: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """One of these kinds of proof is next, the best one first; there is at least one."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enrol:
    """They must get one of these kinds of proof now, the best one first; there is at least one."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """More must be proven than they can, or could come to."""


NextProof = Done | Ask | Enrol | Refuse


def first_proof(wanted: Levels, factors: Sequence[Factor], enrolled: Sequence[Factor] | None) -> Ask:
    """Return how a sign-in begins. `enrolled` is what who is here can prove, `None` if nobody is known."""
    if wanted.of_owner and any(factor.own and factor.begins for factor in enrolled or ()):
        return _ask(wanted, [factor for factor in factors if factor.own and factor.begins])
    known = factors if enrolled is None else enrolled  # of a stranger nobody knows what they have: all is offered
    begins = [factor for factor in known if factor.begins] or [factor for factor in factors if factor.begins]
    more = [factor for factor in known if not factor.begins]
    enough = [one for one in begins if wanted.are_reached(_levels((one, *more)))]
    return _ask(wanted, begins if enrolled is None else enough or begins, more)


def next_proof(
    wanted: Levels, policy: FactorPolicy, abilities: Abilities, proofs: Sequence[Proof], now: int
) -> NextProof:
    """Return what is next after these proofs of one person.

    Where nothing that they can prove reaches what a client wants, the sign-in is done: whether less will do is for
    `decide.next_step` to say. What the operator demands is never left out.
    """
    missing = _for_operator(wanted, policy, abilities, proofs, now) or _for_client(wanted, abilities, proofs)
    if missing or not wanted.of_owner:
        return missing or Done(conclude(proofs))
    return _for_owner(wanted, policy, abilities, proofs)


def is_of_owner(policy: FactorPolicy, abilities: Abilities, amr: Collection[str]) -> bool:
    """Whether a sign-in by these methods was as strong as this account has it, so that it may be changed (ASVS 7.5.1).

    Another server cannot say whether its person is still there, so one of the account's own factors is wanted where one
    can begin a sign-in; and two kinds of proof where every sign-in is asked for two, whatever the browser stands for.
    """
    own = tuple(factor for factor in abilities.enrolled if factor.own)
    has_own = any(factor.begins for factor in own)
    if has_own and FEDERATED in amr:
        return False
    both = shown_by(own if has_own else abilities.enrolled) == BOTH
    asks_two = policy.demands_two(admin=abilities.admin) or any(factor.guards for factor in abilities.enrolled)
    return MFA in amr or not (both and asks_two)


def reachable(abilities: Abilities) -> frozenset[str]:
    """Return the levels that somebody can reach with what they have or may enrol."""
    return _levels((*abilities.enrolled, *abilities.enrol))


def _for_operator(
    wanted: Levels, policy: FactorPolicy, abilities: Abilities, proofs: Sequence[Proof], now: int
) -> NextProof | None:
    """Return what is missing of two kinds of proof, if they must be shown; `None` if nothing is."""
    must = policy.demands_two(admin=abilities.admin)
    seen = shown(proofs)
    trusted = abilities.trusted and not wanted.of_owner
    if seen == BOTH or trusted or not (must or any(factor.guards for factor in abilities.enrolled)):
        return None
    adding = [factor for factor in abilities.enrolled if factor.shows - seen]
    if adding:
        return _ask(wanted, adding)
    if not must:
        return None
    getting = [factor for factor in abilities.enrol if factor.shows - seen]
    due = abilities.due or now + policy.grace
    if getting and now < due:
        more = _for_client(wanted, abilities, proofs)
        return more or Done(conclude(proofs), due, tuple(factor.kind for factor in getting))
    return _enrol(abilities, getting, proofs) or Refuse()


def _for_client(wanted: Levels, abilities: Abilities, proofs: Sequence[Proof]) -> Ask | Enrol | None:
    """Return what is missing of the levels that a client wants and that can be reached; `None` if nothing is."""
    if wanted.are_reached(_levels((), proofs)):
        return None
    left = [factor for factor in abilities.enrolled if factor.kind not in {proof.kind for proof in proofs}]
    enough = [factor for factor in left if wanted.are_reached(_levels((factor,), proofs))]
    if enough:
        return _ask(wanted, enough)
    if wanted.are_reached(_levels(left, proofs)):
        return _ask(wanted, left)
    return _enrol(abilities, [one for one in abilities.enrol if wanted.are_reached(_levels((one,), proofs))], proofs)


def _for_owner(
    wanted: Levels, policy: FactorPolicy, abilities: Abilities, proofs: Sequence[Proof]
) -> Ask | Done | Refuse:
    """Return what is missing of the account's own factors. What another server said counts no more beside them."""
    own = {factor.kind: factor for factor in abilities.enrolled if factor.own}
    proven = [proof for proof in proofs if proof.kind in own]
    for enough in (proofs, proven):
        if enough and is_of_owner(policy, abilities, conclude(enough).amr.split()):
            return Done(conclude(enough))
    seen = shown(proven)
    left = [one for one in own.values() if one.shows - seen and (one.begins or seen)]
    return _ask(wanted, left) if left else Refuse()


def _enrol(abilities: Abilities, factors: Sequence[Factor], proofs: Sequence[Proof]) -> Ask | Enrol | None:
    """Have them get one of these, if they proved something just now: a session alone must not add a way in."""
    if not factors:
        return None
    if all(proof.session_id for proof in proofs):
        begins = tuple(factor.kind for factor in abilities.enrolled if factor.begins)
        return Ask(begins) if begins else None
    return Enrol(tuple(factor.kind for factor in factors))


def _levels(factors: Iterable[Factor], proofs: Sequence[Proof] = ()) -> frozenset[str]:
    """Return the levels that are reached when all of this is proven."""
    factors = tuple(factors)
    seen = shown(proofs) | shown_by(factors)
    best = max((ONE, *(one.level for one in (*factors, *proofs))), key=LEVELS.index)
    return levels_of(TWO if best == ONE and seen == BOTH else best, (MFA,) if seen == BOTH else ())


def shown_by(factors: Iterable[Factor]) -> frozenset[Thing]:
    """Return what factors show together, at best."""
    return frozenset[Thing]().union(*(factor.shows for factor in factors))


def _ask(wanted: Levels, factors: Iterable[Factor], more: Sequence[Factor] = ()) -> Ask:
    """Ask for one of these, first for what reaches the level that is wanted most, with what there is `more`."""
    order = (*wanted.essential, *wanted.wished)

    def rank(factor: Factor) -> int:
        reached = _levels((factor, *more))
        return next((at for at, acr in enumerate(order) if acr in reached), len(order))

    return Ask(tuple(factor.kind for factor in sorted(factors, key=rank)))
