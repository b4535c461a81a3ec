"""The refusals of the pages themselves; the door turns each into the error page."""

from gatelodge.endpoints.failures import HttpRefusal, Onward
from gatelodge.endpoints.request import Request
from gatelodge.protocol.client import Client
from gatelodge.sessions import csrf


def expired(client: Client | None = None) -> HttpRefusal:
    """Refuse a parked request that is unknown, forgotten, or another browser's: all look alike (AZ-19, AZ-20).

    `client` is the application it was for, if the address of the page tells.
    """
    onward = Onward(client.name, client.client_uri) if client and client.client_uri else None
    return HttpRefusal(403, "this browser has no such request", "expired", onward=onward)


def forged() -> HttpRefusal:
    """Refuse a form that no page of ours made for this browser."""
    return HttpRefusal(403, "the form did not come from one of our pages", "forged")


def is_current(key: csrf.Key, request: Request, purpose: str) -> bool:
    """Whether a form is the one that our own page made for this browser and this `purpose`.

    `False` is a form of ours that is out of date: its page is shown again, and nothing of it is taken. Raises
    `HttpRefusal` for one that came from elsewhere.
    """
    try:
        csrf.check(key, request, purpose)
    except csrf.Forged:
        if csrf.is_out_of_date(key, request):
            return False
        raise forged() from None
    return True


def check_own_page(issuer: str, request: Request) -> None:
    """Pass a request that a page of ours began, as far as the browser says. Raises `HttpRefusal`."""
    if not csrf.from_own_page(csrf.key_of((), issuer), request.headers):
        raise forged()
