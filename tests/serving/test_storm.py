"""HTTP-08: a storm of sign-ins is turned away at the door, and tokens are given out meanwhile."""

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.person import Person
from tests.server_process import Installation, Started
from tests.world import CHALLENGE, form_of

STORM = 48  # people at once
QUEUE = 4  # sign-ins that may wait
REQUEST = {
    "client_id": "web",
    "response_type": "code",
    "redirect_uri": "https://rp.test/cb",
    "scope": "openid",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture
def server(tmp_path: Path) -> Generator[Started]:
    """With the memory and passes that a real server hashes with."""
    hashing = {"SIGN_IN_ARGON2_MEMORY_KIB": "19456", "SIGN_IN_ARGON2_PASSES": "2"}
    settings = hashing | {"SIGN_IN_HASH_QUEUE": str(QUEUE)}
    installation = Installation(tmp_path, f"sqlite:///{tmp_path / 'gatelodge.db'}", settings)
    installation.add_client("web", "--type", "web", "--redirect-uri", "https://rp.test/cb", "--trusted")
    installation.add_client("daemon", "--type", "service", "--scope", "jobs")
    installation.add_person("alice", "wonderland")
    with installation.serve() as started:
        yield started


def ready_to_sign_in(server: Started) -> tuple[Person, str, dict[str, str]]:
    """A person before the filled-in form."""
    person = Person(server.http())
    page = person.follow(person.http.get("/authorize", params=REQUEST))
    action, hidden = form_of(page)
    return person, action, hidden | {"username": "alice", "password": "wonderland"}


def test_HTTP_08_sign_ins_beyond_the_queue_are_told_to_wait_and_tokens_are_given_out_meanwhile(
    server: Started, record_property: Callable[[str, object], None]
):
    crowd = [ready_to_sign_in(server) for _ in range(STORM)]
    over = threading.Event()
    with ThreadPoolExecutor(STORM + 1) as threads:
        tokens = threads.submit(take_tokens, server, over)
        answers = list(threads.map(lambda one: one[0].http.post(one[1], data=one[2]), crowd))
        over.set()
        seconds = tokens.result()
    statuses = {answer.status_code for answer in answers}
    refused = [answer for answer in answers if answer.status_code in (429, 503)]
    assert statuses <= {303, 429, 503}
    assert refused
    assert any(answer.status_code == 303 for answer in answers)
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert all('id="error"' in answer.text or "<form" in answer.text for answer in refused)
    assert len(seconds) > 10
    p99 = 1000 * sorted(seconds)[int(0.99 * len(seconds))]
    record_property("tokens meanwhile", f"{len(seconds)}, p99 {p99:.0f} ms")
    print(f"tokens meanwhile: {len(seconds)}, p99 {p99:.0f} ms")


def take_tokens(server: Started, over: threading.Event) -> list[float]:
    """Get tokens until it is over; return the seconds each took. Every request must be answered with a token."""
    auth = ("daemon", server.installation.secrets["daemon"])
    seconds: list[float] = []
    with server.http() as http:
        while not over.is_set():
            began = time.perf_counter()
            answer = http.post("/token", data={"grant_type": "client_credentials"}, auth=auth)
            seconds.append(time.perf_counter() - began)
            assert answer.status_code == 200, answer.text
    return seconds
