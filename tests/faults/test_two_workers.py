"""Two workers on one database: races, lost answers, and workers that are killed under load."""

import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from tests.faults.conftest import House, authorize_url, exchange_form
from tests.faults.ledger import hold_to, under_load
from tests.server_process import answers, eventually

RACERS = 6
ROUNDS = 8
KILLED = 3  # workers
HEAD_START = 0.03  # seconds in which every racer has read its line and connected


@dataclass
class Race:
    """Processes that send the same request at the same moment."""

    house: House
    racers: list[subprocess.Popen[str]]

    def run(self, request: str) -> list[dict[str, Any]]:
        """Return every racer's answer: its status and what its JSON says."""
        told = {"at": time.time() + HEAD_START, "port": self.house.server.installation.port, "request": request}
        for racer in self.racers:
            assert racer.stdin
            racer.stdin.write(json.dumps(told) + "\n")
            racer.stdin.flush()
        said = [json.loads(racer.stdout.readline()) for racer in self.racers if racer.stdout]
        return [json.loads(one["body"]) | {"status": one["status"]} for one in said]


@pytest.fixture(scope="module")
def race(house: House) -> Generator[Race]:
    command = [sys.executable, "-S", str(Path(__file__).parent / "racer.py")]
    with ExitStack() as stack:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        racers = [stack.enter_context(subprocess.Popen(command, **pipes)) for _ in range(RACERS)]
        yield Race(house, racers)
        for racer in racers:
            racer.kill()


def post(house: House, path: str, form: dict[str, str], auth: tuple[str, str] | None) -> str:
    """Return a request as it goes over the wire; the connection ends with its answer."""
    body = urlencode(form)
    proof = f"Authorization: Basic {b64encode(':'.join(auth).encode()).decode()}\r\n" if auth else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{house.server.installation.port}\r\nConnection: close\r\n{proof}"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )


def a_code(house: House) -> str:
    return house.person().answer(authorize_url(house.server))["code"]


def codes(house: House, count: int) -> list[str]:
    """Codes of one person at one browser."""
    person = house.person()
    return [person.answer(authorize_url(house.server))["code"] for _ in range(count)]


def test_FLT_27_of_racing_processes_one_redeems_a_code_and_its_tokens_end(house: House, race: Race):
    with house.server.http() as http:
        for code in codes(house, ROUNDS):
            said = race.run(post(house, "/token", exchange_form(code), house.web))
            winners = [answer for answer in said if answer["status"] == 200]
            assert len(winners) == 1, said
            assert {answer["error"] for answer in said if answer["status"] != 200} == {"invalid_grant"}
            assert not house.is_active(http, winners[0]["access_token"])
            assert house.refresh(http, winners[0]["refresh_token"]).status_code == 400


def test_FLT_27_racing_processes_get_the_same_successor_of_a_refresh_token(house: House, race: Race):
    with house.server.http() as http:
        token = house.exchange(http, a_code(house)).json()["refresh_token"]
        for _ in range(ROUNDS):
            form = {"grant_type": "refresh_token", "refresh_token": token}
            said = race.run(post(house, "/token", form, house.web))
            assert {answer["status"] for answer in said} == {200}, said
            (successor,) = {answer["refresh_token"] for answer in said}
            assert successor != token
            token = successor


def test_FLT_27_an_assertion_proves_its_client_once(house: House, race: Race):
    for number in range(3):
        now = int(time.time())
        claims = {"iss": "prover", "sub": "prover", "aud": house.server.issuer, "exp": now + 60, "jti": f"jti-{number}"}
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode({"alg": "ES256", "kid": "key-1"}, claims, house.key),
        }
        said = race.run(post(house, "/token", form, None))
        assert sorted(answer["status"] for answer in said) == [200, *[401] * (RACERS - 1)], said


def lose_the_answer(house: House, request: str) -> None:
    """Send a request and hang up when its answer is there, without reading it."""
    with socket.create_connection(("127.0.0.1", house.server.installation.port), timeout=30) as connection:
        connection.sendall(request.encode())
        ready, _, _ = select.select([connection], [], [], 30)
        assert ready


def test_FLT_02_a_refresh_whose_answer_was_lost_is_answered_again_with_the_same_successor(house: House):
    with house.server.http() as http:
        token = house.exchange(http, a_code(house)).json()["refresh_token"]
        lose_the_answer(
            house, post(house, "/token", {"grant_type": "refresh_token", "refresh_token": token}, house.web)
        )
        again, once_more = (house.refresh(http, token).json() for _ in range(2))
        assert again["refresh_token"] == once_more["refresh_token"] != token
        assert house.refresh(http, again["refresh_token"]).status_code == 200


def test_FLT_02_a_code_whose_answer_was_lost_is_refused_and_leaves_nothing_alive(house: House):
    with house.server.http() as http:
        code = a_code(house)
        lose_the_answer(house, post(house, "/token", exchange_form(code), house.web))
        assert house.exchange(http, code).json()["error"] == "invalid_grant"
        assert house.exchange(http, a_code(house)).status_code == 200


def test_FLT_01_what_was_acknowledged_holds_when_workers_are_killed_under_load(house: House):
    chance = random.Random(7)
    with under_load(house) as ledger:
        for _ in range(KILLED):
            os.kill(chance.choice(eventually(house.server.workers, "a worker")), signal.SIGKILL)
            eventually(lambda: len(house.server.workers()) == 2, "the worker's successor")
            answered = ledger.answered
            eventually(lambda start=answered: ledger.answered > start + 50, "the service goes on")
    assert len(ledger.families) > 20
    hold_to(house, ledger)
    assert answers(f"{house.server.issuer}/jwks")
    print(f"killed {KILLED}, sign-ins {len(ledger.families)}, answered {ledger.answered}, lost {ledger.lost}")
