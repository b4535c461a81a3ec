"""The refusals of the pages themselves; the door turns each into the error page."""

from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.request import Request
from gatelodge.sessions import csrf


def expired() -> HttpRefusal:
    """Refuse a parked request that is unknown, over, or another browser's: all look alike (AZ-19, AZ-20)."""
    return HttpRefusal(403, "this browser has no such request", "expired")


def forged() -> HttpRefusal:
    """Refuse a form that no page of ours made for this browser."""
    return HttpRefusal(403, "the form did not come from one of our pages", "forged")


def check_form(key: csrf.Key, request: Request, purpose: str) -> None:
    """Pass a form that our own page made for this browser and this `purpose`. Raises `HttpRefusal`."""
    try:
        csrf.check(key, request, purpose)
    except csrf.Forged:
        raise forged() from None


def check_own_page(issuer: str, request: Request) -> None:
    """Pass a request that a page of ours began, as far as the browser says. Raises `HttpRefusal`."""
    if not csrf.from_own_page(csrf.key_of((), issuer), request.headers):
        raise forged()
