"""One request of a browser to the application, as an adapter read it, and what is believed of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urlsplit

MAX_NEXT = 2_000  # characters

_PLAIN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in "\\")


@dataclass(frozen=True, slots=True)
class Visit:
    """`url` is where the browser went, as far as the application can tell; names of `headers` are in lower case."""

    method: str
    url: str = field(repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = split(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """The host name, which is what cookies are kept for."""
        return split(self.url).hostname or ""

    @property
    def path(self) -> str:
        """The path, still encoded."""
        return split(self.url).path

    @property
    def prefix(self) -> str:
        """The path that all of ours have in common: where they are mounted."""
        return self.path.rpartition("/")[0]

    @property
    def query(self) -> str:
        """The query, still encoded."""
        return split(self.url).query

    def is_of_this_site(self, origin: str) -> bool:
        """Whether a page of ours, or the person, made the browser come here; when in doubt, not."""
        site = self.headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        return self.method == "POST" and self.headers.get("origin") == origin

    @property
    def is_navigation(self) -> bool:
        """Whether the browser shows what comes back, so that it can be sent to sign in."""
        return self.method == "GET" and self.headers.get("sec-fetch-mode", "navigate") == "navigate"


def split(url: str) -> SplitResult:
    """Return the parts of a URL; those of an empty one if a strange Host header made it no URL at all."""
    try:
        parts = urlsplit(url)
        return parts if parts.hostname else urlsplit("")
    except ValueError:
        return urlsplit("")


def local_path(text: str | None, otherwise: str = "/") -> str:
    """Return `text` if it is a path of this site and can be nothing else to any browser; if not, `otherwise`.

    Browsers take a backslash for a slash and skip tabs and line ends, so none of these may be in it: `//evil.example`
    and `/\\evil.example` are other sites.
    """
    if text is None or not text.startswith("/") or text.startswith("//") or len(text) > MAX_NEXT:
        return otherwise
    if any(character in "\\\x7f" or character <= " " for character in text):
        return otherwise
    try:
        return quote(text, safe=_PLAIN)
    except UnicodeEncodeError:  # half a character
        return otherwise
