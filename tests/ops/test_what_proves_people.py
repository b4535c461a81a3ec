"""Whatever is done to what people prove themselves with, in whatever order and at once (people 1.10, 6 and 7):

each change puts one letter into the outbox, what changes nothing puts none, and the last way in is never taken away.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gatelodge.authn import factor_acts, passkey_acts
from gatelodge.authn.factor_acts import FactorRefused, Occasion
from gatelodge.authn.federation import arriving
from gatelodge.authn.federation.arriving import Elsewhere, Noting
from gatelodge.authn.passkey_acts import LastWay, NoSuchPasskey
from gatelodge.clock import SystemEntropy
from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.engines import open_database
from gatelodge.database.rows import NameTaken
from gatelodge.database.tx import Database, Tx
from gatelodge.keys.vault import Vault
from gatelodge.mail.letters import KIND, Letters
from gatelodge.ops import links as link_acts
from gatelodge.ops import passwords
from gatelodge.ops import users as operators
from gatelodge.ops.links import LastEntrance
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.protocol.passkey import NewPasskey, PasskeyRefused
from gatelodge.protocol.provider import Provider, UpstreamIdentity
from gatelodge.stores import credentials, entrances, links, outbox, passkeys, providers, users
from gatelodge.stores.providers import StoredProvider
from gatelodge.stores.users import NewUser
from gatelodge.telemetry.events import Origin

NOW = 1_800_000_000
LETTERS = Letters(Vault(["k" * 40], SystemEntropy()))
REFUSALS = (FactorRefused, LastWay, NoSuchPasskey, LastEntrance, NotThere, OperationRefused, PasskeyRefused, NameTaken)
CODES = (b"a" * 32, b"b" * 32)
Digest = tuple[object, ...]


@dataclass
class Account:
    """Somebody's account, and all that they and an operator do to it."""

    servers: Sequence[Database]
    db: Database
    user_id: int
    numbers: "count[int]"

    def at(self, number: int) -> "Account":
        """The same account at one of the servers."""
        return replace(self, db=self.servers[number % len(self.servers)])

    @property
    def on(self) -> Occasion:
        return Occasion(LETTERS, Origin(f"r{next(self.numbers)}"), NOW)

    async def passkey(self) -> object:
        new = NewPasskey(
            credential_id=b"credential %d" % next(self.numbers), public_key=b"key", sign_count=0, aaguid="", name="Key",
            transports=(), backup_eligible=False, backed_up=False, uv_seen=True, rp_id="id.test",
        )  # fmt: skip
        return await self.db.write(passkey_acts.add, self.user_id, new, self.on, asked=True)

    async def no_passkey(self, which: int) -> object:
        kept = await self.db.read(passkeys.list_of_user, self.user_id)
        named = kept[which % len(kept)].id if kept else 0
        return await self.db.write(passkey_acts.remove, self.user_id, named, self.on)

    async def connect(self, which: int) -> object:
        identity = UpstreamIdentity(issuer="https://corp.test", subject=f"{self.user_id}-{which}")
        who = Elsewhere("corp", identity)
        noting = Noting(LETTERS, self.on.origin, NOW)
        return await self.db.write(arriving.connect, self.user_id, who, noting)

    async def disconnect(self, which: int) -> object:
        kept = await self.db.read(links.list_of, self.user_id)
        named = kept[which % len(kept)].id if kept else 0
        return await self.db.write(link_acts.disconnect, self.user_id, named, LETTERS, self.on.origin, NOW)

    async def password(self) -> object:
        before, after = await self.db.read(credentials.password, self.user_id), f"hash {next(self.numbers)}"
        whole = (before, after, "", LETTERS, self.on.origin, NOW)
        return await self.db.write(passwords.change, self.user_id, *whole)

    async def operator(self, act: Callable[..., Awaitable[object]], *more: str) -> object:
        return await self.db.write(act, "alice", *more, LETTERS, self.on.origin, NOW)  # type: ignore[arg-type]

    async def do(self, act: str, which: int) -> bool:
        """Do something; `False` if it was refused, or found nothing to do."""
        factors = (self.user_id, self.on)
        acts: dict[str, Callable[[], Awaitable[object]]] = {
            "password": self.password,
            "passkey": self.passkey,
            "no passkey": lambda: self.no_passkey(which),
            "connect": lambda: self.connect(which),
            "disconnect": lambda: self.disconnect(which),
            "app": lambda: self.db.write(factor_acts.add_authenticator, self.user_id, "seed", 0, CODES, self.on),
            "no app": lambda: self.db.write(factor_acts.remove_authenticator, *factors),
            "close app": lambda: self.db.write(factor_acts.close_authenticator, *factors),
            "codes": lambda: self.db.write(factor_acts.make_codes, self.user_id, CODES, self.on),
            "use code": lambda: self.db.write(factor_acts.use_code, self.user_id, CODES[which % 2], self.on),
            "set password": lambda: self.operator(operators.set_password, f"hash {next(self.numbers)}"),
            "lost phone": lambda: self.operator(operators.reset_second_factor),
        }
        try:
            return await acts[act]() != ()
        except REFUSALS:
            return False

    async def told(self) -> int:
        """How many letters were put for them."""
        return len(await self.db.read(outbox.list_recent, KIND, 10_000))

    async def kept(self) -> Digest:
        """All that they prove themselves with."""
        return tuple(await self.db.read(_kept, self.user_id))


async def _kept(tx: Tx, user_id: int) -> list[object]:
    secrets = await tx.all("select kind, secret, closed_at from credentials where user_id = $1 order by kind", user_id)
    codes = await tx.all("select id from recovery_codes where user_id = $1 and used_at is null order by id", user_id)
    keys = [one.id for one in await passkeys.list_of_user(tx, user_id)]
    return [secrets, codes, keys, [one.id for one in await links.list_of(tx, user_id)]]


@pytest.fixture
async def other_server(database_policy: DatabasePolicy, anyio_backend: str) -> AsyncIterator[Database]:
    other = open_database(database_policy)
    await other.start()
    yield other
    await other.close()


@pytest.fixture
async def begin(database: Database, other_server: Database) -> Callable[[], Awaitable[Account]]:
    """Return what makes alice anew, with a password."""
    corp = Provider(name="corp", kind="oidc", label="Corp", client_id="us", issuer="https://corp.test")
    await database.write(providers.add, StoredProvider(corp, None), NOW)
    numbers = count()

    async def made() -> Account:
        before = await database.read(users.find_by_login, "alice")
        if before is not None:
            await database.write(operators.remove, "alice", Letters(None), Origin(), NOW)
        new = NewUser(sub=f"sub-{next(numbers)}", username="alice", email="alice@example.org", email_verified=True)
        alice = await database.write(users.add, new, NOW)
        await database.write(credentials.set_password, alice.id, "hash", NOW)
        return Account((database, other_server), database, alice.id, numbers)

    return made


ACTS = (
    *("password", "passkey", "no passkey", "connect", "disconnect", "app", "no app", "close app", "codes"),
    *("use code", "set password", "lost phone"),
)
LESS = ("no passkey", "disconnect")
walks = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 1)), min_size=3, max_size=12)
SAME = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.anyio
@SAME
@given(walk=walks)
async def test_each_change_is_told_by_one_letter_and_nothing_else_is(
    begin: Callable[[], Awaitable[Account]], walk: Sequence[tuple[str, int]]
) -> None:
    account = await begin()
    for act, which in walk:
        told, kept = await account.told(), await account.kept()

        done = await account.do(act, which)

        assert done is (await account.kept() != kept), act
        assert await account.told() - told == done, act


@pytest.mark.anyio
@SAME
@given(
    entrances_of=st.tuples(st.integers(0, 2), st.integers(0, 2)).filter(any),
    removals=st.lists(
        st.lists(st.tuples(st.sampled_from(LESS), st.integers(0, 3)), min_size=1, max_size=5), max_size=4
    ),
)
@example(entrances_of=(0, 2), removals=[[("disconnect", 0), ("disconnect", 1)]])
@example(entrances_of=(2, 0), removals=[[("no passkey", 0), ("no passkey", 1)]])
@example(entrances_of=(1, 1), removals=[[("no passkey", 0), ("disconnect", 0)]])
async def test_ASVS_6_1_3_the_last_way_in_stays_whatever_is_taken_away_at_once(
    begin: Callable[[], Awaitable[Account]],
    entrances_of: tuple[int, int],
    removals: Sequence[Sequence[tuple[str, int]]],
) -> None:
    account = await begin()
    for act, times in zip(("passkey", "connect"), entrances_of, strict=True):
        for which in range(times):
            assert await account.do(act, which)
    await account.db.write(credentials.remove_password, account.user_id)
    left = sum(entrances_of)
    for together in removals:
        told = await account.told()

        done = await asyncio.gather(*(account.at(number).do(*act) for number, act in enumerate(together)))

        left -= sum(done)
        assert left > 0
        assert await account.db.read(entrances.are_left, account.user_id)
        assert await account.told() - told == sum(done)
