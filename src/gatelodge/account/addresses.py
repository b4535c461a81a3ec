"""Where the pages of the account are."""

from gatelodge.web.own_pages import ACCOUNT, ACCOUNT_PAGE, PageAddress, address_with


def where(name: str) -> PageAddress:
    """Return where the page of this name is; without a name it is the overview."""
    return address_with(ACCOUNT_PAGE, {"part": name}) if name else address_with(ACCOUNT, {})
