"""People for tests, made beside a running server as its operator would: each test has one who allowed nothing yet."""

import asyncio
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, TypeVar

from gatelodge.authn.hashing import PasswordPool
from gatelodge.clock import SystemClock, SystemEntropy
from gatelodge.config.policies import DatabasePolicy, SignInPolicy
from gatelodge.database.engines import open_database
from gatelodge.database.tx import Body, Tx
from gatelodge.ops import users
from gatelodge.protocol.client import Api, Client
from gatelodge.stores import apis, clients
from gatelodge.stores.users import NewUser
from gatelodge.telemetry.events import Origin

T = TypeVar("T")
PASSWORD = "a-password-of-a-test"
AT_ONCE = 25


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    username: str
    password: str
    name: str
    email: str


class Accounts:
    """The accounts in one server's database, from the outside."""

    def __init__(self, url: str) -> None:
        self._policy = DatabasePolicy(url=url)
        self._numbers = count(1)
        self._strangers: list[Person] = []

    def new_person(self) -> Person:
        """Return somebody who never came here. People are made many at once: to open a database takes its time."""
        if not self._strangers:
            strangers = [_stranger(number) for number in islice(self._numbers, AT_ONCE)]
            self._write(_add_people, strangers, _in_own_thread(_hash(PASSWORD)))
            self._strangers = strangers
        return self._strangers.pop()

    def add_client(self, client: Client) -> None:
        """Register an application."""
        self._write(clients.add, client, SystemClock().now())

    def change_api(self, api: Api) -> None:
        """Replace an API's registration."""
        self._write(apis.replace, api, SystemClock().now())

    def have_lunch(self) -> None:
        """Let all that waits for a person have waited for too long."""
        self._write(_age)

    def _write(self, body: Body[..., Any], *args: object) -> None:
        _in_own_thread(_write(self._policy, body, *args))


def _stranger(number: int) -> Person:
    name = f"carol{number}"
    return Person(name, PASSWORD, f"Carol Example {number}", f"{name}@example.com")


async def _add_people(tx: Tx, people: list[Person], password_hash: str) -> None:
    for person in people:
        sub, login, email = f"sub-{person.username}", person.username, person.email
        new = NewUser(sub=sub, username=login, email=email, email_verified=True, name=person.name)
        await users.add(tx, new, password_hash, Origin("test"), SystemClock().now())


async def _age(tx: Tx) -> None:
    for row_id, payload in await tx.all("select id, payload from tickets where kind = 'interaction'"):
        await tx.run(
            "update tickets set payload = $2 where id = $1", row_id, re.sub(r'"until":\d+', '"until":1', payload)
        )


async def _write(policy: DatabasePolicy, body: Body[..., Any], *args: object) -> None:
    db = open_database(policy)
    await db.start()
    try:
        await db.write(body, *args)
    finally:
        await db.close()


async def _hash(password: str) -> str:
    pool = PasswordPool(SignInPolicy(), SystemEntropy())
    try:
        return await pool.hash(password)
    finally:
        pool.close()


def _in_own_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` where no event loop is: the browser's occupies this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
