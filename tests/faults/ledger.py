"""Load that keeps a ledger: what the server acknowledged, so that it can be held to its word after a fault.

It lives outside of what fails. An answer that never came is neither a yes nor a no; an honest client then asks again.
"""

import random
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2
from tests.faults.conftest import House, authorize_url
from tests.server_process import eventually

ROTATIONS = 4
CHECKED = 60  # families that are held to everything; all are held to having spent their code


@dataclass
class Family:
    """What came of one code, in the order in which it was acknowledged."""

    code: str
    successes: int = 0
    access: list[str] = field(default_factory=list[str])
    refresh: list[str] = field(default_factory=list[str])
    revoked: bool = False
    replayed: bool = False
    lost: int = 0

    @property
    def lives(self) -> bool:
        return self.successes == 1 and not self.revoked and not self.replayed


@dataclass
class Ledger:
    """Everything that was asked for and what came of it; several threads write to it."""

    families: list[Family] = field(default_factory=list[Family])
    answered: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list[str])

    def chosen(self) -> list[Family]:
        """The families whose answers were lost, and as many others as there is time for."""
        hurt = [family for family in self.families if family.lost]
        calm = [family for family in self.families if not family.lost]
        return hurt[:CHECKED] + random.Random(1).sample(calm, min(CHECKED, len(calm)))


class Client:
    """One thread's honest client: codes, exchanges, rotations, and now and then a revocation."""

    def __init__(self, house: House, ledger: Ledger) -> None:
        self.house, self.ledger = house, ledger
        self.person = house.person()
        self.http = house.server.http()
        self.person.open(authorize_url(house.server))  # signs in, and throws the code away

    def work(self, until: threading.Event) -> None:
        try:
            while not until.is_set():
                self._one_sign_in()
        except Exception as error:  # noqa: BLE001 - a thread's failure must reach the test
            self.ledger.wrong.append(repr(error))

    def _one_sign_in(self) -> None:
        family = Family(code="")
        answer = self._insist(family, lambda: self.person.http.get(authorize_url(self.house.server)))
        family = Family(code=httpx2.URL(answer.headers["location"]).params["code"])
        self.ledger.families.append(family)
        self._exchange(family)
        for _ in range(ROTATIONS if family.lives else 0):
            self._rotate(family)
        if family.lives and len(self.ledger.families) % 3 == 0:
            self._revoke(family)

    def _exchange(self, family: Family) -> None:
        answer = self._insist(family, lambda: self.house.exchange(self.http, family.code))
        if answer.status_code == 200:
            family.successes += 1
            self._keep(family, answer)
        elif family.lost:
            family.replayed = True  # the first answer was lost: asking again spends nothing and ends what there is
        else:
            self.ledger.wrong.append(f"a fresh code was refused: {answer.text}")

    def _rotate(self, family: Family) -> None:
        answer = self._insist(family, lambda: self.house.refresh(self.http, family.refresh[-1]))
        if answer.status_code == 200:
            self._keep(family, answer)
        else:
            self.ledger.wrong.append(f"an honest refresh was refused: {answer.text}")

    def _revoke(self, family: Family) -> None:
        answer = self._insist(family, lambda: self.house.ask(self.http, "/revoke", token=family.refresh[-1]))
        family.revoked = answer.status_code == 200

    @staticmethod
    def _keep(family: Family, answer: httpx2.Response) -> None:
        tokens = answer.json()
        family.access.append(tokens["access_token"])
        family.refresh.append(tokens["refresh_token"])

    def _insist(self, family: Family, ask: Callable[[], httpx2.Response]) -> httpx2.Response:
        """Ask until there is an answer; what was lost on the way is noted."""

        def answer() -> httpx2.Response | None:
            try:
                response = ask()
            except httpx2.TransportError:
                family.lost += 1
                self.ledger.lost += 1
                return None
            self.ledger.answered += 1
            if response.status_code >= 500 and response.status_code != 503:
                self.ledger.wrong.append(f"{response.status_code}: {response.text}")
            if response.status_code == 503:
                family.lost += 1  # what ran when the database failed may have been kept
            return None if response.status_code >= 500 else response

        return eventually(answer, "an answer")


@contextmanager
def under_load(house: House, threads: int = 4) -> Generator[Ledger]:
    """Keep the server busy while the block runs, and yield what it acknowledged."""
    ledger, until = Ledger(), threading.Event()
    clients = [Client(house, ledger) for _ in range(threads)]
    running = [threading.Thread(target=client.work, args=(until,)) for client in clients]
    for thread in running:
        thread.start()
    try:
        yield ledger
    finally:
        until.set()
        for thread in running:
            thread.join()


def hold_to(house: House, ledger: Ledger) -> None:
    """Check INV1 to INV4: no code twice, one living refresh token, acknowledged tokens live, ended ones do not."""
    assert ledger.wrong == []
    with house.server.http() as http:
        for family in ledger.chosen():
            alive = {house.is_active(http, token) for token in family.access}
            if family.lives:
                assert alive == {True}, f"INV3: {family}"
                assert_one_refresh_token(house, http, family)
            else:
                assert alive <= {False}, f"INV4: {family}"
        for family in ledger.families:
            assert family.successes <= 1, f"INV1: {family}"
            again = house.exchange(http, family.code)
            assert (again.status_code, again.json()["error"]) == (400, "invalid_grant"), f"INV1: {family}"


def assert_one_refresh_token(house: House, http: httpx2.Client, family: Family) -> None:
    """INV2: the newest works, again with the same successor; an older one is refused and ends them all."""
    first, second = (house.refresh(http, family.refresh[-1]).json() for _ in range(2))
    assert first["refresh_token"] == second["refresh_token"], f"INV2: {family}"
    assert house.refresh(http, family.refresh[0]).status_code == 400, f"INV2: {family}"
    assert not house.is_active(http, first["access_token"])
    assert house.refresh(http, first["refresh_token"]).status_code == 400
