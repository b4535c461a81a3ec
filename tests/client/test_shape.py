"""What the library is from outside: two clients alike, quick to import, and small."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gatelodge import client
from gatelodge.client import AsyncOAuthClient, OAuthClient

SOURCE = Path(client.__file__).parent
SERVER_PARTS = ("starlette", "structlog", "click", "uvicorn", "argon2", "jinja2", "psycopg", "gatelodge.stores")


def test_both_clients_say_and_do_the_same():
    """Without `async` and `await` the two files are one."""
    waiting = ast.unparse(ast.parse((SOURCE / "async_client.py").read_text()))
    plain = re.sub(r"\b(async|await) ", "", waiting)
    assert normal(plain) == normal((SOURCE / "client.py").read_text())


def normal(source: str) -> list[str]:
    """The lines of a module, the imports sorted, without what must differ."""
    for waiting, plain in (
        ("AsyncOAuthClient", "OAuthClient"),
        ("AsyncJwksCache", "JwksCache"),
        ("AsyncSend", "Send"),
        ("get_async", "get"),
        ("run_async", "run"),
        ("all tasks", "all threads"),
        ("Any task", "Any thread"),
        ("import HttpRequest, Send", "import Send, HttpRequest"),
        ("AsyncPause, DeviceAuthorization, DevicePace", "DeviceAuthorization, DevicePace, Pause"),
        ("AsyncPause", "Pause"),
        ("from anyio import sleep", "from time import sleep"),
    ):
        source = source.replace(waiting, plain)
    lines = ast.unparse(ast.parse(source)).splitlines()[1:]
    return sorted(line for line in lines if "import" in line) + [line for line in lines if "import" not in line]


def test_everything_public_can_be_imported():
    for name in dir(client):
        assert getattr(client, name).__module__.startswith(("gatelodge.client", "typing", "collections", "types"))
    with pytest.raises(AttributeError):
        client.nothing  # noqa: B018 - asking is the test


def test_every_method_says_what_it_does():
    for cls in (OAuthClient, AsyncOAuthClient):
        methods = [method for name, method in inspect.getmembers(cls, callable) if not name.startswith("_")]
        assert len(methods) == 16
        assert all(method.__doc__ for method in methods)


def fresh(statement: str) -> str:
    """Run a statement in a new interpreter and return what it prints."""
    return subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True).stdout


def test_the_library_pulls_in_no_part_of_the_server():
    loaded = fresh(
        "import sys; from gatelodge.client import *; import gatelodge.client as c; [getattr(c, n) for n in dir(c)];"
        "print(' '.join(sys.modules))"
    ).split()
    assert "gatelodge.client.sending.sender" in loaded
    assert not [name for name in loaded if name.startswith(SERVER_PARTS)]


def test_mentioning_the_library_costs_nothing_worth_noticing():
    """Counted, not timed: what takes time is imported when it is used."""
    loaded = fresh("import sys; import gatelodge.client; print(' '.join(sys.modules))").split()
    assert not {"httpx2", "joserfc", "cryptography", "msgspec", "asyncio", "ssl"} & set(loaded)
