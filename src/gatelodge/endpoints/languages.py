"""Which language whoever asks for a page reads.

It is kept beside the request and not in it: every page of every room is in a language, the error page as well, and none
has to hand it on (decision 46). What a browser chose in the foot of a page comes first, then what the application asked
for (`ui_locales`), then what the browser says.
"""

from contextvars import ContextVar
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from gatelodge.protocol.languages import LANGUAGES, choose, read_accept_language
from gatelodge.protocol.reply import Cookie
from gatelodge.sessions import cookies

PARAMETER = "language"  # of every page: the links in its foot
SPARED = (  # what says more than where a page is never stands in a link
    *("access_token", "code", "error", "error_description", "id_token", "id_token_hint"),
    *("request", "response", "state", "token"),
)

_NOT_KEPT = frozenset({PARAMETER, *SPARED})


class PageReader(NamedTuple):
    """Who reads a page, as far as languages go. `query` is what the page was asked for with."""

    chosen: str | None = None
    accepted: tuple[str, ...] = ()
    query: bytes = b""

    def language(self, asked: str | None = None) -> str | None:
        """Return the language of a page; `asked` is what the application asked for."""
        return self.chosen or asked or choose(self.accepted)

    def links(self) -> list[tuple[str, str, str]]:
        """Return the links to the same page in every language: its tag, its own name, and the link."""
        if len(LANGUAGES) == 1:
            return []
        kept = urlencode([(name, value) for name, value in _pairs(self.query) if name not in _NOT_KEPT])
        kept = f"{kept}&" if kept else ""
        return [(tag, name, f"?{kept}{PARAMETER}={tag}") for tag, name in LANGUAGES.items()]


_NOBODY = PageReader()
_READER: ContextVar[PageReader] = ContextVar("reader", default=_NOBODY)


def reader() -> PageReader:
    """Return who reads the page that is being made."""
    return _READER.get()


def note(accept_language: str) -> None:
    """Note who reads what is answered now, as far as their browser says."""
    _READER.set(PageReader(accepted=read_accept_language(accept_language)))


def note_choice(query: bytes, remembered: str | None) -> Cookie | None:
    """Note what they chose, now or before. Returns the cookie that remembers a language if it was now.

    Most requests choose nothing, and most of those are answered without a page: they cost next to nothing here.
    """
    said = _pairs(query) if PARAMETER.encode() in query else []
    picked = choose([value for name, value in said if name == PARAMETER][:1])
    _READER.set(PageReader(picked or choose([remembered or ""]), reader().accepted, query))
    return cookies.language(picked) if picked else None


def _pairs(query: bytes) -> list[tuple[str, str]]:
    return parse_qsl(query.decode("latin-1"), keep_blank_values=True)
