"""A world that sends mail and takes people in, and what is in their mailboxes."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from tests.conftest import FakeClock
from tests.world import World, config_for, open_world

from gatelodge.config.policies import AccountsPolicy, DatabasePolicy, MailPolicy
from gatelodge.mail.letters import KIND, unsealed
from gatelodge.stores import outbox

SENDER = MailPolicy(url="smtp://127.0.0.1:9", sender="id@example.com")
OPEN = AccountsPolicy(registration="open", blocked_domains=("blocked.example",), network_requests=10_000)


@dataclass(frozen=True)
class Mailbox:
    """What would be sent, newest first."""

    world: World

    async def letters(self, to: str = "") -> list[tuple[str, dict[str, str | int]]]:
        found = await self.world.foundation.db.read(outbox.list_recent, KIND, 1_000)
        vault = self.world.foundation.vault
        return [(one.template, unsealed(vault, one)) for one in found if one.template and to in ("", one.recipient)]

    async def link(self, to: str, template: str) -> str:
        """Where the newest letter of this kind leads."""
        said = next(said for name, said in await self.letters(to) if name == template)
        return str(said["link"])


@pytest.fixture
async def entered(database_policy: DatabasePolicy, clock: FakeClock, anyio_backend: str) -> AsyncIterator[World]:
    """A server where everybody may register, and people recover."""
    config = replace(config_for(database_policy.url), mail=SENDER, accounts=OPEN)
    async with open_world(config, clock) as world:
        yield world


@pytest.fixture
def mailbox(entered: World) -> Mailbox:
    return Mailbox(entered)


def code_on(page: str) -> str:
    found = re.search(r'id="code">([A-Z]{3}-[A-Z]{3})<', page)
    assert found is not None, page
    return found[1]
