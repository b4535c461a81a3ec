"""The whole act of signing in with a password, on both engines."""

import asyncio
from collections.abc import Iterator

import bcrypt
import pytest
from argon2 import PasswordHasher

from gatelodge.authn.contract import SignInRefused, Throttled
from gatelodge.authn.hashing import PasswordPool
from gatelodge.authn.known import KnownBrowsers
from gatelodge.authn.password import AMR, PasswordSignIn
from gatelodge.authn.throttle import Throttle
from gatelodge.clock import Entropy
from gatelodge.config.policies import SignInPolicy
from gatelodge.database.tx import Database, Unavailable
from gatelodge.mail.letters import Letters
from gatelodge.stores import audit, credentials, endings, users
from gatelodge.stores.audit import AuditEntry
from gatelodge.stores.users import NewUser, UserRecord
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

POLICY = SignInPolicy(
    argon2_memory_kib=64, argon2_passes=1, account_failures=10, address_failures=1_000, hash_queue=300
)
HERE, ELSEWHERE = Origin("req", "192.0.2.1"), Origin("req", "198.51.100.1")


@pytest.fixture
def known(entropy: Entropy) -> KnownBrowsers:
    return KnownBrowsers([b"k" * 32], entropy)


@pytest.fixture
def pool(entropy: Entropy) -> Iterator[PasswordPool]:
    pool = PasswordPool(POLICY, entropy)
    yield pool
    pool.close()


@pytest.fixture
def sign_in(database: Database, clock, pool: PasswordPool, known: KnownBrowsers) -> PasswordSignIn:
    return PasswordSignIn(database, clock, pool, Throttle(b"t" * 32, POLICY, Letters(None)), known)


@pytest.fixture
async def alice(database: Database, clock, pool: PasswordPool) -> UserRecord:
    new = NewUser(sub="sub-alice", username="alice", email="alice@example.org")
    user = await database.write(users.add, new, clock.now())
    await database.write(credentials.set_password, user.id, await pool.hash("wonderland"), clock.now())
    return user


async def outcome(sign_in: PasswordSignIn, login: str, password: str, known: str | None = None) -> str:
    try:
        await sign_in.authenticate(login, password, HERE, known)
    except Throttled:
        return "throttled"
    except SignInRefused:
        return "refused"
    return "in"


async def trail(database: Database) -> list[AuditEntry]:
    return await database.read(audit.list_recent, 1_000)


async def test_a_person_signs_in_by_user_name_or_address_in_any_case(
    sign_in: PasswordSignIn, alice: UserRecord
) -> None:
    for login in ("alice", "ALICE", " alice ", "alice@example.org", "Alice@Example.org", "ａｌｉｃｅ"):
        proof = await sign_in.authenticate(login, "wonderland", HERE)
        assert (proof.user_id, proof.sub, proof.kind, proof.amr) == (alice.id, "sub-alice", "password", AMR)


async def test_ASVS_6_3_8_unknown_wrong_and_disabled_are_one_answer(
    sign_in: PasswordSignIn, alice: UserRecord, database: Database, clock
) -> None:
    def said(refusal: BaseException) -> tuple[type, str, tuple[object, ...]]:
        return type(refusal), str(refusal), refusal.args

    refusals = []
    for login, password in (("alice", "wrong"), ("nobody", "wonderland"), ("", "x"), ("a\0b", "x"), ("x" * 999, "x")):
        with pytest.raises(SignInRefused) as refusal:
            await sign_in.authenticate(login, password, HERE)
        refusals.append(said(refusal.value))
    await database.write(endings.disable, alice.id, clock.now())
    with pytest.raises(SignInRefused) as refusal:
        await sign_in.authenticate("alice", "wonderland", HERE)
    assert set(refusals) == {said(refusal.value)} == {(SignInRefused, "", ())}


async def test_ASVS_6_3_8_unknown_wrong_and_disabled_take_the_same_statements(
    sign_in: PasswordSignIn, alice: UserRecord, database: Database, clock
) -> None:
    async def statements(login: str, password: str) -> tuple[int, int]:
        before = database.statements, database.transactions
        assert await outcome(sign_in, login, password) == "refused"
        return database.statements - before[0], database.transactions - before[1]

    wrong, unknown = await statements("alice", "wrong"), await statements("nobody", "wrong")
    await database.write(endings.disable, alice.id, clock.now())
    assert wrong == unknown == await statements("alice", "wonderland")


async def test_ASVS_6_3_8_unknown_wrong_and_disabled_hash_once_each(
    sign_in: PasswordSignIn, alice: UserRecord, database: Database, clock, pool: PasswordPool
) -> None:
    proves, hashed = pool._argon2.proves, []

    def watched(stored: str | None, password: bytes) -> bool:
        hashed.append(stored is not None)
        return proves(stored, password)

    pool._argon2.proves = watched
    await outcome(sign_in, "alice", "wrong")
    await outcome(sign_in, "nobody", "wrong")
    await database.write(endings.disable, alice.id, clock.now())
    await outcome(sign_in, "alice", "wonderland")
    assert hashed == [True, False, True]


async def test_an_account_without_a_password_is_refused(sign_in: PasswordSignIn, database: Database, clock) -> None:
    await database.write(users.add, NewUser(sub="sub-bob", username="bob"), clock.now())
    for password in ("", "builder"):
        assert await outcome(sign_in, "bob", password) == "refused"


async def test_the_trail_says_why_and_never_what_was_typed(
    sign_in: PasswordSignIn, alice: UserRecord, database: Database, clock
) -> None:
    await outcome(sign_in, "alice", "s3cret-typed")
    await outcome(sign_in, "s3cret-typed", "x")
    await database.write(endings.disable, alice.id, clock.now())
    await outcome(sign_in, "alice", "wonderland")
    lines = await trail(database)
    assert [(line.user_id, line.detail["reason"]) for line in lines] == [
        (alice.id, "disabled"),
        (None, "unknown"),
        (alice.id, "wrong"),
    ]
    assert "s3cret-typed" not in repr(lines)


async def test_ACC_02_a_hundred_wrong_passwords_one_after_the_other(sign_in: PasswordSignIn, alice: UserRecord) -> None:
    outcomes = [await outcome(sign_in, "alice", "wrong") for _ in range(100)]
    assert outcomes == ["refused"] * 10 + ["throttled"] * 90
    assert await outcome(sign_in, "alice", "wonderland") == "throttled"


async def test_ACC_02_a_hundred_wrong_passwords_at_once_are_all_counted(
    sign_in: PasswordSignIn, alice: UserRecord
) -> None:
    outcomes = await asyncio.gather(*(outcome(sign_in, "alice", "wrong") for _ in range(100)))
    assert (outcomes.count("refused"), outcomes.count("throttled")) == (10, 90)


async def test_ACC_02_another_spelling_is_the_same_account(sign_in: PasswordSignIn, alice: UserRecord) -> None:
    for login in ("alice", "ALICE", "Alice", " alice", "ａlice") * 2:
        assert await outcome(sign_in, login, "wrong") == "refused"
    assert await outcome(sign_in, "aLiCe", "wrong") == "throttled"


async def test_ASVS_6_3_8_an_unknown_account_is_throttled_like_a_known_one(
    sign_in: PasswordSignIn, alice: UserRecord
) -> None:
    alices, nobodys = [[await outcome(sign_in, login, "wrong") for _ in range(12)] for login in ("alice", "nobody")]
    assert alices == nobodys
    assert await outcome(sign_in, "alice@example.org", "wrong") == "refused"


async def test_throttling_says_when_to_come_back_and_is_audited_once_a_window(
    sign_in: PasswordSignIn, alice: UserRecord, database: Database
) -> None:
    for _ in range(15):
        await outcome(sign_in, "alice", "wrong")
    with pytest.raises(Throttled) as throttled:
        await sign_in.authenticate("alice", "wonderland", HERE)
    assert throttled.value.retry_after == POLICY.window
    lines = [line for line in await trail(database) if line.event == "sign_in_throttled"]
    assert [(line.user_id, line.detail) for line in lines] == [(alice.id, {"bucket": "account"})]


async def test_a_throttled_attempt_hashes_nothing(
    sign_in: PasswordSignIn, alice: UserRecord, pool: PasswordPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        await outcome(sign_in, "alice", "wrong")
    monkeypatch.setattr(pool._argon2, "proves", None)
    assert await outcome(sign_in, "alice", "wonderland") == "throttled"


async def test_ACC_04_the_owner_gets_in_from_a_browser_the_account_knows(
    sign_in: PasswordSignIn, alice: UserRecord, known: KnownBrowsers
) -> None:
    laptop = known.remember(None, alice.id)
    mallorys = known.remember(None, alice.id + 1)
    for _ in range(30):
        await outcome(sign_in, "alice", "wrong")
    assert await outcome(sign_in, "alice", "wonderland", mallorys) == "throttled"
    assert await outcome(sign_in, "alice", "wonderland", laptop) == "in"
    assert await outcome(sign_in, "alice", "wonderland") == "throttled"


async def test_ACC_04_nobody_is_locked_out_for_good(sign_in: PasswordSignIn, alice: UserRecord, clock) -> None:
    for _ in range(30):
        await outcome(sign_in, "alice", "wrong")
    clock.advance(POLICY.window)
    assert await outcome(sign_in, "alice", "wonderland") == "in"


async def test_signing_in_often_is_not_guessing(sign_in: PasswordSignIn, alice: UserRecord) -> None:
    assert [await outcome(sign_in, "alice", "wonderland") for _ in range(30)] == ["in"] * 30


async def test_HTTP_08_a_full_pool_is_said_before_anything_is_read_counted_or_written(
    sign_in: PasswordSignIn, alice: UserRecord, pool: PasswordPool, database: Database
) -> None:
    before = database.statements
    pool._free, places = 0, pool._free
    with pytest.raises(Unavailable):
        await sign_in.authenticate("alice", "wonderland", HERE)
    assert database.statements == before
    pool._free = places


async def test_an_outdated_hash_is_made_anew_when_its_owner_signs_in(
    sign_in: PasswordSignIn, alice: UserRecord, database: Database, pool: PasswordPool, clock
) -> None:
    older = PasswordHasher(2, 128, parallelism=1).hash("wonderland")
    await database.write(credentials.set_password, alice.id, older, clock.now())
    assert await outcome(sign_in, "alice", "wrong") == "refused"
    assert await database.read(credentials.password, alice.id) == older
    assert await outcome(sign_in, "alice", "wonderland") == "in"
    renewed = await database.read(credentials.password, alice.id)
    assert renewed is not None
    assert not pool.outdated(renewed)
    assert await outcome(sign_in, "alice", "wonderland") == "in"


async def test_a_hash_that_another_product_made_signs_in_once_and_is_then_ours(
    sign_in: PasswordSignIn, alice: UserRecord, database: Database, clock
) -> None:
    theirs = bcrypt.hashpw(b"wonderland", bcrypt.gensalt(4)).decode()
    await database.write(credentials.set_password, alice.id, theirs, clock.now())
    assert await outcome(sign_in, "alice", "Wonderland") == "refused"
    assert await database.read(credentials.password, alice.id) == theirs
    for _ in range(2):
        assert await outcome(sign_in, "alice", "wonderland") == "in"
        assert (await database.read(credentials.password, alice.id) or "").startswith("$argon2id$")


async def test_a_password_changed_meanwhile_is_neither_right_nor_changed_back(
    sign_in: PasswordSignIn, alice: UserRecord, database: Database, pool: PasswordPool, clock
) -> None:
    older = PasswordHasher(2, 128, parallelism=1).hash("wonderland")
    changed = await pool.hash("looking-glass")
    await database.write(credentials.set_password, alice.id, older, clock.now())
    opened = await database.write(sign_in._open, "alice", HERE, None)
    await database.write(credentials.set_password, alice.id, changed, clock.now())
    assert not await database.write(sign_in._accept, opened, "renewed")
    assert await database.read(credentials.password, alice.id) == changed


async def test_the_address_counts_strangers_of_every_account(
    database: Database, clock, pool: PasswordPool, known: KnownBrowsers, alice: UserRecord
) -> None:
    strict = SignInPolicy(account_failures=10, address_failures=5)
    sign_in = PasswordSignIn(database, clock, pool, Throttle(b"t" * 32, strict, Letters(None)), known)
    outcomes = [await outcome(sign_in, f"user{n}", "Password1") for n in range(8)]
    assert outcomes == ["refused"] * 5 + ["throttled"] * 3
    assert await outcome(sign_in, "alice", "wonderland") == "throttled"
    assert (await sign_in.authenticate("alice", "wonderland", ELSEWHERE)).user_id == alice.id


async def test_every_act_may_be_run_again(
    rerunning_database: Database, clock, pool: PasswordPool, known: KnownBrowsers, alice: UserRecord
) -> None:
    sign_in = PasswordSignIn(rerunning_database, clock, pool, Throttle(b"t" * 32, POLICY, Letters(None)), known)
    outcomes = [await outcome(sign_in, "alice", "wrong") for _ in range(11)]
    assert outcomes == ["refused"] * 10 + ["throttled"]
    assert len(await trail(rerunning_database)) == 12
    clock.advance(POLICY.window)
    assert await outcome(sign_in, "alice", "wonderland") == "in"
