"""The demo's outbox: shows the letters that elsewhere would be sent, with the links in them to follow."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.endpoints.request import Request
from gatelodge.keys.vault import Vault, WrongSecretKey
from gatelodge.mail.letters import KIND
from gatelodge.outbox.mail import stationery, write
from gatelodge.protocol.reply import Reply
from gatelodge.stores import outbox
from gatelodge.stores.outbox import Parcel
from gatelodge.web.pages import Pages

MOST = 30  # letters


@dataclass(frozen=True, slots=True)
class ShownLetter:
    """A letter as the page shows it: a part of `parts` that is an address below the issuer is a link."""

    subject: str
    to: str
    when: str
    parts: tuple[str, ...]


class OutboxDemo:
    """The page of the letters."""

    def __init__(self, pages: Pages, db: Database, vault: Vault, clock: Clock) -> None:
        self._pages = pages
        self._db = db
        self._vault = vault
        self._clock = clock
        self._stationery = stationery(pages.issuer)

    async def show(self, request: Request) -> Reply:
        """Show the newest letters, newest first, but for those that wait for their time."""
        now = self._clock.now()
        found = await self._db.read(outbox.list_recent, KIND, MOST)
        letters = [
            letter for parcel in found if parcel.template and parcel.since <= now for letter in self._opened(parcel)
        ]
        return self._pages.render("demo/outbox", letters=letters, issuer=self._pages.issuer)

    def _opened(self, parcel: Parcel) -> Iterator[ShownLetter]:
        """Yield the letter, unless it was sealed under a secret key that is gone."""
        try:
            written = write(self._stationery, self._vault, parcel)
        except WrongSecretKey:
            return
        when = datetime.fromtimestamp(parcel.since, UTC).strftime("%H:%M:%S UTC")
        body = written.text.rpartition("\n-- \n")[0]
        yield ShownLetter(written.subject, parcel.recipient, when, tuple(_parts(body, self._pages.issuer)))


def _parts(body: str, issuer: str) -> Iterator[str]:
    """Yield the paragraphs of a text in one line each, and every link by itself."""
    for paragraph in filter(None, body.split("\n\n")):
        lines = paragraph.strip().splitlines()
        links = [line for line in lines if line.startswith(issuer + "/")]
        yield " ".join(line for line in lines if line not in links)
        yield from links
