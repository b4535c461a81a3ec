"""Sign-ins that begin at one address are counted there, within bounds."""

from gatelodge.sessions.arrivals import MOST, WINDOW, Arrivals

ADDRESS = "203.0.113.9"


def fill(arrivals: Arrivals, address: str = ADDRESS) -> None:
    assert {arrivals.admit(address, 0.0) for _ in range(MOST)} == {0}


def test_who_began_too_many_waits_for_the_next_window() -> None:
    arrivals = Arrivals()
    fill(arrivals)
    assert arrivals.admit(ADDRESS, 50.0) == 11
    assert arrivals.admit("198.51.100.7", 50.0) == 0
    assert arrivals.admit(ADDRESS, WINDOW) == 0


def test_this_machine_is_not_counted() -> None:
    arrivals = Arrivals()
    for here in ("127.0.0.1", "::1"):
        fill(arrivals, here)
        assert arrivals.admit(here, 0.0) == 0
