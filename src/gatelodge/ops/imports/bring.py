"""Bringing people along: every row of an export is judged first, and kept only when somebody says so.

A run can be repeated: who is here already, by their `sub`, is passed over, so what was broken off goes on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from argon2 import PasswordHasher
from msgspec.structs import replace

from gatelodge.authn.totp_seeds import TotpSeeds
from gatelodge.database.tx import Database, Tx
from gatelodge.keys import foreign_hashes
from gatelodge.ops.imports.contract import ImportedPerson, Read, UnreadableRow, WeakHash
from gatelodge.protocol import login_name, person_claims
from gatelodge.protocol.passkey import MOST, NewPasskey
from gatelodge.protocol.person_claims import NotThatClaim
from gatelodge.stores import audit, authenticators, credentials, names, passkeys
from gatelodge.stores import users as store
from gatelodge.stores.users import NewUser
from gatelodge.telemetry.events import Origin, UserAdded

AT_ONCE = 256  # people in flight: as many transactions share a commit
OURS = "$argon2id$"


class RefusedRow(NamedTuple):
    """A row that was not taken: its number in the file, from 1, whom it is about, and why."""

    number: int
    username: str
    why: str


@dataclass(slots=True)
class Report:
    """What came of an import, or would come of it. `to_rehash` are of those that are new, and so are their `apps` and
    `passkeys`; `factors_left` are those that stay behind."""

    new: int = 0
    here_already: int = 0
    without_password: int = 0
    to_rehash: int = 0
    unproved: int = 0
    apps: int = 0
    passkeys: int = 0
    factors_left: int = 0
    refused: list[RefusedRow] = field(default_factory=list[RefusedRow])

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        return self.new + self.here_already + len(self.refused)

    def count(self, person: ImportedPerson, passkeys: int) -> None:
        """Count a person who is new, of whose passkeys so many come."""
        brought = person.factors
        self.apps += brought.seed is not None
        self.passkeys += passkeys
        self.factors_left += brought.left + len(brought.passkeys) - passkeys
        self.new += 1
        self.without_password += person.password is None
        self.to_rehash += isinstance(person.password, WeakHash) or not (person.password or OURS).startswith(OURS)
        self.unproved += person.email is not None and not person.email_verified


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """On which terms people come. `trusts_addresses` believes the export which addresses are proved; `apply` keeps what
    was judged. Authenticator apps come if there are `seeds` to seal them with, passkeys if they were made for `rp_id`,
    which is this server's own; empty, none come. `released` are the custom claims that attributes of that name become.
    """

    trusts_addresses: bool
    apply: bool
    seeds: TotpSeeds | None = None
    rp_id: str = ""
    released: frozenset[str] = frozenset()

    def passkeys_of(self, person: ImportedPerson) -> tuple[NewPasskey, ...]:
        """Return those that come with a person: who is kept out has none."""
        fitting = (one for one in person.factors.passkeys if one.rp_id in ("", self.rp_id))
        return tuple(replace(one, rp_id=self.rp_id) for one in fitting if self.rp_id and person.enabled)


class Import:
    """One run over one export. `tell` hears after every `AT_ONCE` rows how many there were."""

    def __init__(
        self, db: Database, hasher: PasswordHasher, terms: ImportTerms, origin: Origin, tell: Callable[[int], None]
    ) -> None:
        self._db = db
        self._hasher = hasher
        self._terms = terms
        self._origin = origin
        self._tell = tell
        self._seen: dict[str, int] = {}  # names of this file, and the row that has each

    async def run(self, rows: Iterable[Read], now: int) -> Report:
        """Judge every row, and keep the people if the terms say so. Raises `Unavailable`; what was kept then stays."""
        report, numbered = Report(), enumerate(rows, 1)
        while batch := list(islice(numbered, AT_ONCE)):
            await asyncio.gather(*self._batch(batch, report, now))
            self._tell(report.rows)
        report.refused.sort()
        return report

    def _batch(self, batch: list[tuple[int, Read]], report: Report, now: int) -> Iterator[Awaitable[None]]:
        for number, row in batch:
            if isinstance(row, UnreadableRow):
                report.refused.append(RefusedRow(number, "", str(row)))
                continue
            person = self._on_terms(row)
            if why := self._fault(number, person):
                report.refused.append(RefusedRow(number, person.username, why))
                continue
            yield self._one(number, person, report, now)

    def _on_terms(self, person: ImportedPerson) -> ImportedPerson:
        """Return a person as far as the terms believe what is told of them."""
        own = {name: value for name, value in person.attributes.items() if name in self._terms.released}
        proved = person.email_verified and self._terms.trusts_addresses
        return replace(person, email_verified=proved, claims={**own, **person.claims})

    async def _one(self, number: int, person: ImportedPerson, report: Report, now: int) -> None:
        passkeys = self._terms.passkeys_of(person)
        if not self._terms.apply:
            outcome = await self._db.read(standing, person, passkeys)
        else:
            password = await self._hash(person)
            outcome = await self._db.write(keep, person, password, passkeys, self._terms.seeds, self._origin, now)
        if outcome == "new":
            report.count(person, len(passkeys))
        elif outcome == "here":
            report.here_already += 1
        else:
            report.refused.append(RefusedRow(number, person.username, outcome))

    def _fault(self, number: int, person: ImportedPerson) -> str:
        """Return why a person cannot come, as far as the file alone tells, or nothing."""
        try:
            mine = [*logins(person), f"sub {person.sub}", *_keys(person)]
        except ValueError as error:
            return str(error)
        taken = next((self._seen[name] for name in mine if name in self._seen), None)
        if taken is not None:
            return f"has a name, the sub or a passkey of row {taken}"
        try:
            person_claims.check(person.claims)
        except NotThatClaim as error:
            return str(error)
        if isinstance(person.password, str) and not foreign_hashes.recognise(person.password):
            return "has a password hash of a kind that is not known, or that costs too much to compare"
        keys = self._terms.passkeys_of(person)
        if keys and not all(map(_usable(), (one.public_key for one in keys))):
            return "has a passkey whose key is of no use here"
        self._seen |= dict.fromkeys(mine, number)
        return ""

    async def _hash(self, person: ImportedPerson) -> str | None:
        weak = person.password
        if not isinstance(weak, WeakHash):
            return weak
        made = (weak.algorithm, weak.order, weak.salt, weak.digest, self._hasher)
        return await asyncio.to_thread(foreign_hashes.wrapped, *made)


def logins(person: ImportedPerson) -> list[str]:
    """Return what they would sign in with. Raises `ValueError` if these cannot be names."""
    username = login_name.canonical(person.username)
    email = None if person.email is None else login_name.canonical(person.email)
    if email is not None and "@" not in email:
        raise ValueError("an e-mail address has an @")
    if "@" in username and username != email:
        raise ValueError("a user name with an @ must be the person's e-mail address")
    return list(dict.fromkeys(filter(None, (username, email))))


def _usable() -> Callable[[bytes], bool]:
    from gatelodge.authn.attestations import is_usable  # what it builds on takes a third of a second to load

    return is_usable


def _keys(person: ImportedPerson) -> list[str]:
    return [f"passkey {one.credential_id.hex()}" for one in person.factors.passkeys]


async def standing(tx: Tx, person: ImportedPerson, keys: Sequence[NewPasskey] = ()) -> str:
    """Return `new`, `here` for a person who is here already, or why they cannot come."""
    if await store.find_by_sub(tx, person.sub) is not None:
        return "here"
    for name in logins(person):
        if await names.find(tx, names.LOGIN, name) is not None:
            return f"{name!r} is somebody's here"
    for key in keys:
        if await passkeys.find(tx, key.credential_id) is not None:
            return "has a passkey that is somebody's here"
    return "new"


async def keep(
    tx: Tx,
    person: ImportedPerson,
    password: str | None,
    keys: Sequence[NewPasskey],
    seeds: TotpSeeds | None,
    origin: Origin,
    now: int,
) -> str:
    """Keep a person with the hash of their password and their second factors; returns what `standing` does."""
    outcome = await standing(tx, person, keys)
    if outcome != "new":
        return outcome
    user = await store.add(tx, _new(person), min(person.created_at or now, now))
    if password is not None:
        await credentials.set_password(tx, user.id, password, now)
    brought = person.factors
    if brought.seed is not None and seeds is not None:
        await authenticators.add(tx, user.id, seeds.seal(user.id, brought.seed), 0, now)
    if keys and brought.handle is not None:
        await store.ensure_handle(tx, user.id, brought.handle)
        for key in keys:
            await passkeys.add(tx, user.id, key, MOST, now)
    await audit.record(tx, UserAdded(user_id=user.id), origin, now)
    return "new"


def _new(person: ImportedPerson) -> NewUser:
    return NewUser(
        sub=person.sub,
        username=person.username,
        email=person.email,
        email_verified=person.email_verified,
        name=person.name,
        claims=person.claims,
        enabled=person.enabled,
    )
