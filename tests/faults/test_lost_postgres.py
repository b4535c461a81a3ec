"""PostgreSQL goes away under a running server and comes back: refused meanwhile, healed without a restart."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager

import httpx2
import pytest
from tests.conftest import BundledPostgres
from tests.faults.conftest import House, authorize_url, furnish
from tests.person import Person
from tests.server_process import Installation, answers, eventually
from tests.world import answer_of

DEADLINE = 1.5  # seconds a request waits for the database


@pytest.fixture(scope="module")
def house(own_postgres: BundledPostgres, tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    settings = {"DATABASE_DEADLINE": str(DEADLINE)}
    installation = Installation(tmp_path_factory.mktemp("lost"), own_postgres.url, settings)
    key = furnish(installation)
    with installation.serve(workers=2) as server:
        yield House(server, key)


@contextmanager
def gone(postgres: BundledPostgres, house: House) -> Generator[None]:
    """PostgreSQL ends as in a crash when the block begins, and is there again when it ends."""
    postgres.stop_at_once()
    try:
        eventually(lambda: not answers(f"{house.server.management}/readyz"), "the server notices")
        yield
    finally:
        postgres.start()


def assert_unavailable(response: httpx2.Response) -> None:
    assert response.status_code == 503, response.text
    assert int(response.headers["retry-after"]) >= 1
    assert not {"psycopg", "Traceback", "/tmp", "select "}.intersection(response.text)


def test_FLT_14_machines_are_refused_in_json_and_what_needs_no_database_goes_on(
    house: House, own_postgres: BundledPostgres
):
    with house.server.http() as http:
        tokens = house.exchange(http, house.person().answer(authorize_url(house.server))["code"]).json()
        with gone(own_postgres, house):
            for answer in (
                house.refresh(http, tokens["refresh_token"]),
                house.ask(http, "/introspect", token=tokens["access_token"]),
                house.ask(http, "/revoke", token=tokens["refresh_token"]),
                http.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}),
            ):
                assert_unavailable(answer)
                assert answer.json()["error"] == "temporarily_unavailable"
            assert http.get("/jwks").status_code == 200
            assert http.get("/.well-known/openid-configuration").status_code == 200
        assert eventually(lambda: house.refresh(http, tokens["refresh_token"]).status_code == 200, "it heals")


def test_FLT_14_a_person_gets_a_page_and_the_same_tab_goes_on_afterwards(house: House, own_postgres: BundledPostgres):
    person = house.person()
    login = person.follow(person.http.get(authorize_url(house.server)))
    assert login.url.path == "/login"
    with gone(own_postgres, house):
        refused = person.sign_in(login)
        assert_unavailable(refused)
        assert 'id="error"' in refused.text
    assert answer_of(eventually(lambda: signed_in(person, login), "it heals"))["code"]


def signed_in(person: Person, page: httpx2.Response) -> httpx2.Response | None:
    """Send the form once more; `None` if the server is still unwell."""
    answer = person.sign_in(page)
    return None if answer.status_code == 503 else answer


def test_FLT_14_the_management_listener_tells(house: House, own_postgres: BundledPostgres):
    readyz = f"{house.server.management}/readyz"
    with gone(own_postgres, house):
        unready = httpx2.get(readyz, timeout=20)
        assert (unready.status_code, unready.json()["ready"]) == (503, False)
        eventually(lambda: "cannot be reached" in _wrong_with_the_database(readyz), "it says why")
        assert answers(f"{house.server.management}/livez")
    assert eventually(lambda: answers(readyz), "it is ready again")


def _wrong_with_the_database(readyz: str) -> str:
    return httpx2.get(readyz, timeout=20).json()["wrong"].get("database", "")


def test_FLT_14_a_worker_that_dies_meanwhile_is_replaced_and_the_service_goes_on(
    house: House, own_postgres: BundledPostgres
):
    before = house.server.workers()
    with gone(own_postgres, house):
        os.kill(before[0], signal.SIGKILL)
        eventually(lambda: house.server.said().count("cannot start") >= 2, "its successors find no database")
    eventually(lambda: house.server.is_ready(workers=3), "a successor serves")
    assert len(house.server.workers()) == 2
