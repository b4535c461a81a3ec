"""Where the pages of the account are."""

from gatelodge.web.own_pages import ACCOUNT, ACCOUNT_PAGE, PageAddress, place_with


def where(name: str) -> PageAddress:
    """Return where the page of this name is; without a name it is the overview."""
    return place_with(ACCOUNT_PAGE, {"part": name}) if name else place_with(ACCOUNT, {})
