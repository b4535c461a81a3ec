"""The keeper: first keys once, rotation once, changes noticed, and never a new key over one that cannot be read."""

import asyncio
from collections import Counter
from typing import Protocol

import pytest
import structlog
from msgspec.structs import replace
from structlog.testing import capture_logs

from gatelodge.clock import SystemEntropy
from gatelodge.database.tx import Database, Unavailable
from gatelodge.keys.keyring import ALGORITHMS, make_key, state
from gatelodge.keys.keys import SigningKeys, _keep
from gatelodge.keys.schedule import Change, Schedule, plan_first
from gatelodge.keys.vault import Vault, WrongSecretKey
from gatelodge.stores import audit, instance, signing_keys
from gatelodge.stores.signing_keys import SigningKey
from gatelodge.telemetry import metrics
from gatelodge.telemetry.events import SERVER, Origin

pytestmark = pytest.mark.anyio

SECRET_KEY = "a secret key of more than 32 characters"  # that of conftest.py
BEGIN = 1_800_000_000  # where the clock stands


class Clock(Protocol):
    """The clock of `conftest.py`."""

    def now(self) -> int: ...
    def monotonic(self) -> float: ...
    def advance(self, seconds: int) -> None: ...


SCHEDULE = Schedule(period=1_000, publish_ahead=100, keep=50)


@pytest.fixture(scope="module")
def first_rows() -> list[SigningKey]:
    """What a first start makes, made once: RSA takes its time."""
    vault = Vault([SECRET_KEY], SystemEntropy())
    changes = [plan_first(make_key(alg, vault), make_key(alg, vault), BEGIN, SCHEDULE) for alg in ALGORITHMS]
    return [row for change in changes for row in change.added]


@pytest.fixture
async def keys(installation: Database, vault: Vault, clock: Clock, first_rows: list[SigningKey]) -> SigningKeys:
    for row in first_rows:
        await installation.write(signing_keys.add, row)
    keys = SigningKeys(installation, vault, clock, SCHEDULE)
    await keys.start()
    return keys


def standing(keys: SigningKeys, now: int) -> Counter[tuple[str, str]]:
    return Counter((row.alg, state(row, now)) for row in keys.rows())


FIRST_SET = Counter(
    {("RS256", "active"): 1, ("RS256", "next"): 1, ("ES256", "active"): 1, ("ES256", "next"): 1},
)


async def test_the_first_start_makes_one_active_and_one_next_key_of_each_kind(
    installation: Database, vault: Vault, clock: Clock
) -> None:
    keys = SigningKeys(installation, vault, clock, SCHEDULE)
    await keys.start()
    assert standing(keys, clock.now()) == FIRST_SET
    assert keys.ring.signer("ES256", clock.now()).alg == "ES256"
    assert keys.ring.signer("RS256", clock.now()).alg == "RS256"


async def test_workers_that_start_together_share_one_set(installation: Database, vault: Vault, clock: Clock) -> None:
    workers = [SigningKeys(installation, vault, clock, SCHEDULE) for _ in range(3)]
    await asyncio.gather(*(worker.start() for worker in workers))
    assert standing(workers[0], clock.now()) == FIRST_SET
    assert [entry.event for entry in await installation.read(audit.list_recent, 9)] == 4 * ["first_key_made"]
    assert len({worker.ring.signer("ES256", clock.now()).kid for worker in workers}) == 1


async def test_a_second_start_finds_the_keys(
    keys: SigningKeys, installation: Database, vault: Vault, clock: Clock
) -> None:
    again = SigningKeys(installation, vault, clock, SCHEDULE)
    await again.start()
    assert again.rows() == keys.rows()


async def test_FLT_25_a_start_with_the_wrong_secret_key_fails_and_changes_nothing(
    keys: SigningKeys, installation: Database, clock: Clock
) -> None:
    stranger = SigningKeys(
        installation, Vault(["another key of more than 32 characters"], SystemEntropy()), clock, SCHEDULE
    )
    with pytest.raises(WrongSecretKey):
        await stranger.start()
    assert await installation.read(signing_keys.list_all) == keys.rows()


async def test_a_worker_whose_secret_key_is_out_of_date_goes_on_with_the_keys_it_has(
    keys: SigningKeys, installation: Database, clock: Clock
) -> None:
    newer = Vault(["a newer key of more than 32 characters"], SystemEntropy())
    key = make_key("ES256", newer)
    now = clock.now()
    row = SigningKey(key.kid, key.alg, key.public_jwk, key.sealed, now, now + 5_000)
    await installation.write(signing_keys.add, row)
    before = metrics.EVENTS.labels("keys_unreadable")._value.get()
    await keys.look()
    await keys.look()
    assert metrics.EVENTS.labels("keys_unreadable")._value.get() == before + 1
    assert keys.ring.signer("ES256", now).alg == "ES256"


NEWER_KINDS = {
    "another algorithm": {"alg": "EdDSA"},
    "another kind of key": {"public_jwk": '{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}'},
    "no JSON": {"public_jwk": "{"},
    "no object": {"public_jwk": "[]"},
}


@pytest.mark.parametrize("kind", NEWER_KINDS)
async def test_WATCH_01_a_key_of_a_kind_this_version_does_not_know_is_skipped_and_a_retired_one_is_dropped(
    keys: SigningKeys, installation: Database, clock: Clock, vault: Vault, kind: str
) -> None:
    bad, now = keys.ring.signer("ES256", clock.now()).kid, clock.now()
    made = make_key("ES256", vault)
    row = SigningKey(made.kid, made.alg, made.public_jwk, made.sealed, now, now)
    with structlog.testing.capture_logs() as said:
        await installation.write(signing_keys.add, replace(row, **NEWER_KINDS[kind]))
        other = SigningKeys(installation, vault, clock, SCHEDULE)
        await other.start()
        await other.retire(bad, Origin(), compromised=True)
        await keys.look()
        await keys.look()
    assert [r["kid"] for r in said if r["event"] == "unknown_signing_key"] == [made.kid] * 2  # once by each
    assert keys.ring.public(made.kid, now) is None
    assert keys.ring.public(bad, now) is None
    assert keys.ring.signer("ES256", now).kid != bad


async def test_private_keys_are_not_in_the_database_in_clear(keys: SigningKeys, installation: Database) -> None:
    for row in await installation.read(signing_keys.list_all):
        assert b'"d"' not in row.sealed
        assert '"d"' not in row.public_jwk


async def test_two_workers_that_tend_together_make_one_next_key(
    keys: SigningKeys, installation: Database, vault: Vault, clock: Clock
) -> None:
    other = SigningKeys(installation, vault, clock, SCHEDULE)
    await other.start()
    clock.advance(1_000)
    await asyncio.gather(keys.tend(), other.tend())
    await keys.refresh()
    await other.refresh()
    assert keys.rows() == other.rows()
    assert standing(keys, clock.now())[("ES256", "next")] == 1
    assert standing(keys, clock.now())[("RS256", "next")] == 1


async def test_a_rotation_reaches_a_worker_that_only_looks(
    keys: SigningKeys, installation: Database, vault: Vault, clock: Clock
) -> None:
    other = SigningKeys(installation, vault, clock, SCHEDULE)
    await other.start()
    clock.advance(200)
    before = other.ring.signer("ES256", clock.now()).kid
    await keys.rotate("ES256", Origin())
    await other.refresh()
    assert other.ring.signer("ES256", clock.now()).kid == keys.ring.signer("ES256", clock.now()).kid != before


async def test_rotating_is_in_the_audit_trail(keys: SigningKeys, installation: Database, clock: Clock) -> None:
    clock.advance(200)
    await keys.rotate("RS256", Origin())
    succeeded, entry = await installation.read(audit.list_recent, 10)
    signing = keys.ring.signer("RS256", clock.now()).kid
    assert (entry.event, entry.detail) == ("key_rotated", {"kid": signing, "alg": "RS256"})
    assert (succeeded.event, succeeded.actor) == ("key_succeeded", SERVER)  # the next one, which nobody asked for


async def test_AUD_01_a_scheduled_succession_is_in_the_audit_trail_once_and_the_server_did_it(
    keys: SigningKeys, installation: Database, vault: Vault, clock: Clock
) -> None:
    other = SigningKeys(installation, vault, clock, SCHEDULE)
    await other.start()
    clock.advance(1_000)
    await asyncio.gather(keys.tend(), other.tend())
    await keys.tend()
    trail = await installation.read(audit.list_recent, 10)
    assert [(entry.event, entry.actor) for entry in trail] == [("key_succeeded", SERVER)] * 2
    entries = {str(entry.detail["alg"]): entry for entry in trail}
    (made,) = [row for row in keys.rows() if row.alg == "ES256" and state(row, clock.now()) == "next"]
    signing = keys.ring.signer("ES256", clock.now()).kid
    assert entries["ES256"].detail == {"kid": made.kid, "alg": "ES256", "signing": signing}


async def test_FLT_24_a_compromised_key_signs_and_verifies_no_more(
    keys: SigningKeys, installation: Database, clock: Clock
) -> None:
    bad = keys.ring.signer("ES256", clock.now()).kid
    await keys.retire(bad, Origin(), compromised=True)
    assert keys.ring.signer("ES256", clock.now()).kid != bad
    assert keys.ring.public(bad, clock.now()) is None
    assert standing(keys, clock.now())[("ES256", "next")] == 1
    trail = await installation.read(audit.list_recent, 10)
    assert ("key_retired", {"kid": bad}) in [(entry.event, entry.detail) for entry in trail]


async def test_what_was_planned_from_rows_that_changed_since_is_not_kept(
    installation: Database, first_rows: list[SigningKey]
) -> None:
    seen = await installation.read(instance.revision)
    await installation.write(instance.claim_revision, seen)
    with pytest.raises(Unavailable):  # it was run again until it was enough
        await installation.write(_keep, seen, Change(added=(first_rows[0],)))
    assert await installation.read(signing_keys.list_all) == []


async def test_retiring_an_unknown_key_writes_nothing(keys: SigningKeys, installation: Database) -> None:
    with pytest.raises(LookupError):
        await keys.retire("unknown", Origin())
    assert await installation.read(audit.list_recent, 10) == []


async def test_a_ring_is_opened_again_only_when_rows_changed(keys: SigningKeys) -> None:
    ring = keys.ring
    await keys.refresh()
    assert keys.ring is ring


async def test_the_metrics_say_how_long_the_active_key_has_signed(keys: SigningKeys, clock: Clock) -> None:
    metrics.KEY_AGE.clear()
    clock.advance(30)
    await keys.look()
    assert b'gatelodge_signing_key_age_seconds{alg="ES256"} 30.0' in metrics.exposition()


async def test_whoever_looks_makes_what_is_due_and_tells_of_it(keys: SigningKeys, clock: Clock) -> None:
    clock.advance(1_000)
    with capture_logs() as told:
        await keys.look()
        await keys.look()
    assert sorted((line["event"], line["alg"]) for line in told) == [
        ("key_succeeded", "ES256"),
        ("key_succeeded", "RS256"),
    ]
