"""The first page of the account: who it is, what needs attention, and the way to every other page."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gatelodge.account.contract import AccountPage, AccountVisit


class Tile(NamedTuple):
    """What the overview says of one page, and that page."""

    page: AccountPage
    attention: bool
    given: Mapping[str, object]


async def overview(pages: Sequence[AccountPage], visit: AccountVisit) -> Mapping[str, object]:
    """Return what the overview's template is given: what needs attention first, all else in the order of the list."""
    tiles = [_tile(page, await page.glance(visit) if page.tile else {}) for page in pages]
    return {"tiles": sorted(tiles, key=lambda tile: not tile.attention)}


def _tile(page: AccountPage, given: Mapping[str, object]) -> Tile:
    return Tile(page, bool(given.get("attention")), given)
