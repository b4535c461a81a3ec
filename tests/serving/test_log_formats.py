"""LOG-01: whatever raises, wherever, no format of the log shows what was in a variable or in a message."""

import json
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.server_process import Installation, Started, eventually
from tests.serving.raw import Peer, basic

SECRET = "c2VjcmV0LW9mLXRoZS1kYWVtb24"
TOKEN = "a-token-that-somebody-stole"
PASSWORD = "a-password-somebody-typed"


@pytest.fixture(scope="module", params=["console", "json", "auto"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Started]:
    folder = tmp_path_factory.mktemp("formats")
    settings = {"LOG_FORMAT": request.param, "LOG_LEVEL": "debug"}
    program = str(Path(__file__).with_name("breaking.py"))
    installation = Installation(
        folder, f"sqlite:///{folder / 'gatelodge.db'}", settings, command=(sys.executable, program, "serve")
    )
    started = installation.start()
    try:
        peer = Peer(installation.port)
        eventually(lambda: "Application startup complete" in started.said(), "it starts")
        eventually(lambda: peer.get("/nothing"), "it answers")
        yield started
    finally:
        started.kill()


def test_LOG_01_no_variable_and_no_message_of_an_exception_is_in_the_log(server: Started):
    peer, proof = Peer(server.installation.port), basic("daemon", SECRET)
    form = f"grant_type=password&username=alice&password={PASSWORD}".encode()
    answers = [
        peer.post("/token", form, proof),
        peer.get(f"/userinfo?access_token={TOKEN}", f"Authorization: Bearer {TOKEN}", f"Cookie: session={TOKEN}"),
        peer.get("/jwks", f"Authorization: Bearer {TOKEN}"),
    ]
    assert [b" 500 " in answer[:13] for answer in answers] == [True] * 3
    assert server.stop() == 0  # and with it, everything is written
    said = server.said()
    for word in (SECRET, TOKEN, PASSWORD, proof.split()[-1]):
        assert word not in said
    assert "locals" not in said
    assert said.count("breaking.py:") >= 6  # the places are there, of everything that failed
    for name in ("RuntimeError", "SystemError", "ValueError", "Task exception was never retrieved", "is old"):
        assert name in said
    if not said.startswith("{"):
        return
    for line in said.splitlines():
        json.loads(line)
