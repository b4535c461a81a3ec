"""A new epoch: begun over what is there, and told in the audit trail."""

import pytest

from gatelodge.ops import epoch
from gatelodge.ops.refusals import OperationRefused
from gatelodge.stores import audit, instance
from gatelodge.telemetry.events import Origin

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000


async def test_a_new_epoch_takes_the_place_of_the_one_before_and_is_told(database) -> None:
    await database.write(instance.create, b"epoch-1", b"check", NOW)
    await database.write(epoch.renew, b"epoch-2", Origin("test"), NOW)
    found = await database.read(instance.load)
    assert (found.epoch, found.mask_key) == (b"epoch-2", b"check")
    (entry,) = await database.read(audit.list_recent, 9)
    assert entry.event == "epoch_renewed"


async def test_there_is_none_before_the_first(database) -> None:
    with pytest.raises(OperationRefused):
        await database.write(epoch.renew, b"epoch", Origin("test"), NOW)
    assert await database.read(audit.list_recent, 9) == []
