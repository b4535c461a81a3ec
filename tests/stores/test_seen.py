"""Values that are seen once, on both engines."""

import asyncio

import pytest

from gatelodge.stores import seen

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000


async def test_CA_11_a_value_is_new_once(database):
    assert await database.write(seen.once, "assertion", "jti-1", NOW) is True
    assert await database.write(seen.once, "assertion", "jti-1", NOW) is False
    assert await database.write(seen.once, "assertion", "jti-2", NOW) is True


async def test_FLT_27_a_value_is_new_to_one_of_fifty(database):
    outcomes = await asyncio.gather(*(database.write(seen.once, "assertion", "jti", NOW) for _ in range(50)))

    assert outcomes.count(True) == 1


async def test_CODE_08_a_value_seen_as_one_kind_is_new_as_another(database):
    await database.write(seen.once, "assertion", "jti", NOW)

    assert await database.read(seen.was, "dpop", "jti") is False
    assert await database.write(seen.once, "dpop", "jti", NOW) is True


async def test_kind_and_value_do_not_run_together():
    assert seen.fingerprint("a", "bc") != seen.fingerprint("ab", "c")


async def test_looking_does_not_make_a_value_seen(database):
    assert await database.read(seen.was, "assertion", "jti") is False
    assert await database.write(seen.once, "assertion", "jti", NOW) is True
    assert await database.read(seen.was, "assertion", "jti") is True


@pytest.mark.parametrize("value", ["", "\0", "é", "x" * 5_000, "' or 1=1--"])
async def test_any_value_may_be_seen(database, value):
    assert await database.write(seen.once, "assertion", value, NOW) is True
    assert await database.write(seen.once, "assertion", value, NOW) is False
