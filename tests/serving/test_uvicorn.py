"""What we build on of uvicorn and httptools without a promise: if one of these names moves, its test says which."""

import inspect
import tomllib
from importlib.metadata import version
from pathlib import Path

import httptools
import pytest
import uvicorn
import uvicorn.config
from packaging.requirements import Requirement
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.supervisors.multiprocess import Multiprocess, Process

PROJECT = Path(__file__).parents[2] / "pyproject.toml"

# Where it is used: the names, and for functions what they take.
BUILT_UPON = {
    "serving/wire.py": {
        (HttpToolsProtocol, "connection_made"): ("self", "transport"),
        (HttpToolsProtocol, "connection_lost"): ("self", "exc"),
        (HttpToolsProtocol, "data_received"): ("self", "data"),
        (HttpToolsProtocol, "on_message_begin"): ("self",),
        (HttpToolsProtocol, "on_headers_complete"): ("self",),
        (HttpToolsProtocol, "on_body"): ("self", "body"),
        (HttpToolsProtocol, "on_message_complete"): ("self",),
        (HttpToolsProtocol, "on_response_complete"): ("self",),
        (HttpToolsProtocol, "send_400_response"): ("self", "msg"),
        (HttpToolsProtocol, "shutdown"): ("self",),
    },
    "serving/supervisor.py": {
        (Multiprocess, "__init__"): ("self", "config", "sockets"),
        (Multiprocess, "init_processes"): ("self",),
        (Multiprocess, "keep_subprocess_alive"): ("self",),
        (Multiprocess, "restart_all"): ("self",),
        (Multiprocess, "terminate_all"): ("self",),
        (Multiprocess, "handle_hup"): ("self",),
        (Multiprocess, "handle_term"): ("self",),
        (Multiprocess, "run"): ("self",),
        (Process, "__init__"): ("self", "config", "sockets"),
        (Process, "target"): ("self", "sockets"),
        (Process, "is_alive"): ("self", "timeout"),
        (Process, "is_ready"): ("self", "timeout"),
        (Process, "wait_until_ready"): ("self", "timeout", "should_exit"),
        (Process, "start"): ("self",),
        (Process, "terminate"): ("self",),
        (Process, "kill"): ("self",),
        (Process, "join"): ("self",),
        (Process, "pid"): None,
        (Process, "exitcode"): None,
    },
    "serving/one.py": {
        (uvicorn.Server, "__init__"): ("self", "config"),
        (uvicorn.Server, "serve"): ("self", "sockets"),
        (uvicorn.Server, "shutdown"): ("self", "sockets"),
    },
    "serving/settings.py": {(uvicorn.Config, "get_loop_factory"): ("self",)},
    "serving/parser.py": {
        (httptools.HttpRequestParser, "feed_data"): None,
        (httptools.HttpRequestParser, "get_http_version"): None,
        (httptools.HttpRequestParser, "get_method"): None,
        (httptools.HttpRequestParser, "set_dangerous_leniencies"): None,
        (httptools.HttpRequestParser, "should_upgrade"): None,
    },
}
NAMES = [
    pytest.param(place, name, taken, id=f"{file} {place.__name__}.{name}")
    for file, names in BUILT_UPON.items()
    for (place, name), taken in names.items()
]

# Attributes that only instances have, by the method that sets them.
SET = {
    (HttpToolsProtocol, "__init__"): ("parser", "transport", "loop", "headers", "cycle", "expect_100_continue"),
    (HttpToolsProtocol, "on_message_begin"): ("url", "headers"),
    (RequestResponseCycle, "__init__"): ("more_body", "response_complete"),
    (Multiprocess, "__init__"): ("config", "sockets", "processes", "processes_num", "should_exit"),
    (Process, "__init__"): ("child_conn",),
    (uvicorn.Server, "__init__"): ("started", "should_exit"),
    (uvicorn.Config, "__init__"): ("ssl_context_factory", "timeout_worker_healthcheck"),
}
ATTRIBUTES = [
    pytest.param(place, method, name, id=f"{place.__name__}.{name}")
    for (place, method), names in SET.items()
    for name in names
]


@pytest.mark.parametrize(("place", "name", "taken"), NAMES)
def test_what_is_built_upon_is_there(place: type, name: str, taken: tuple[str, ...] | None):
    assert hasattr(place, name), f"{place.__module__}.{place.__name__}.{name} is gone"
    if taken is not None:
        now = tuple(inspect.signature(getattr(place, name)).parameters)
        assert now[: len(taken)] == taken, f"{place.__module__}.{place.__name__}.{name} takes {now}"


@pytest.mark.parametrize(("place", "method", "name"), ATTRIBUTES)
def test_what_is_read_of_instances_is_set(place: type, method: str, name: str):
    source = inspect.getsource(getattr(place, method))
    assert f"self.{name} = " in source or f"self.{name}: " in source, f"{place.__name__}.{name} is not set by {method}"


def test_a_worker_that_cannot_start_says_so_with_the_code_we_wait_for():
    assert uvicorn.config.STARTUP_FAILURE == 3


@pytest.mark.parametrize("name", ["uvicorn", "httptools"])
def test_a_version_that_nobody_tried_is_not_installed(name: str):
    wanted = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["optional-dependencies"]["server"]
    (bounds,) = [Requirement(one).specifier for one in wanted if Requirement(one).name == name]
    assert any(bound.operator == "<" for bound in bounds)
    assert version(name) in bounds
