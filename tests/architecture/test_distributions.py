"""What `pip install .` brings: the libraries for applications and APIs, and nothing of the server's."""

from importlib.metadata import requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OF_THE_SERVER = {
    "argon2-cffi",
    "click",
    "httptools",
    "jinja2",
    "prometheus-client",
    "starlette",
    "structlog",
    "uvicorn",
}
MOST = 12


def brought_by(name: str, extra: str = "") -> set[str]:
    """Return every distribution that comes with one, for this Python."""
    found: set[str] = set()
    waiting = [(name, extra)]
    while waiting:
        name, extra = waiting.pop()
        for needed in map(Requirement, requires(name) or ()):
            called = canonicalize_name(needed.name)
            if called not in found and (needed.marker is None or needed.marker.evaluate({"extra": extra})):
                found.add(called)
                waiting += [(called, one) for one in ("", *needed.extras)]
    return found


def test_a_plain_installation_is_small_and_has_no_server() -> None:
    found = brought_by("gatelodge")
    assert len(found) <= MOST, sorted(found)
    assert found & OF_THE_SERVER == set()


def test_the_server_has_its_own() -> None:
    assert brought_by("gatelodge", "server") >= OF_THE_SERVER
