"""What is shown of a message: its text in pieces, of which the secret ones are masked until somebody asks for them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from gatelodge.protocol.params import Params

SECRET = frozenset(
    {"code", "code_verifier", "refresh_token", "access_token", "id_token", "client_secret", "authorization"}
    | {"id_token_hint", "logout_token", "cookie", "subject_token", "actor_token", "assertion"}
)
SHOWN_HEADERS = (
    "content-type",
    "cache-control",
    "location",
    "www-authenticate",
    "retry-after",
    "dpop-nonce",
    "x-request-id",
)
_SPELT = {"dpop": "DPoP"}
MAX_SHOWN = 4_000  # characters of a body that is no JSON
_CLEAR = 6  # characters of a secret that tell it from another


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message."""

    text: str = field(repr=False)
    secret: bool = False

    @property
    def masked(self) -> str:
        """What stands there as long as nobody asked."""
        if not self.secret:
            return self.text
        return self.text[:_CLEAR] + "…" if len(self.text) >= 4 * _CLEAR else "•••"


Text = tuple[Piece, ...]


def request_text(
    method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None, secrets: Set[str] = SECRET
) -> Text:
    """Return a request as it goes over the line; the form is one parameter a line, of which these are `secrets`."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [*_words(f"{method} "), *_address(target), *_words(f" HTTP/1.1\nHost: {parts.netloc}\n")]
    lines += _headers(headers)
    if form is not None:
        lines += [*_words("Content-Type: application/x-www-form-urlencoded\n\n"), *_form(form, secrets)]
    return tuple(lines)


def answer_text(status: int, phrase: str, headers: Mapping[str, str], body: bytes, secrets: Set[str] = SECRET) -> Text:
    """Return an answer: of its headers those that mean something to OAuth, and JSON made readable."""
    shown = {name: headers[name] for name in SHOWN_HEADERS if name in headers}
    return (*_words(f"HTTP/1.1 {status} {phrase}\n"), *_headers(shown), *_body(body, secrets))


def redirect_text(location: str) -> Text:
    """Return the answer that sends a browser on."""
    return (*_words("HTTP/1.1 303 See Other\nLocation: "), *_address(location))


def without(text: Text, secret: str, said: str) -> Text:
    """Return a message in which this secret does not stand any more, not even masked, but what is `said` of it."""
    return tuple(Piece(said) if piece.secret and piece.text == _escaped(secret) else piece for piece in text)


def _escaped(value: str) -> str:
    return quote(value, safe=":/=")


def _headers(headers: Mapping[str, str]) -> Iterator[Piece]:
    for name, value in headers.items():
        shown = "-".join(_SPELT.get(part, part.capitalize()) for part in name.split("-"))
        yield Piece(f"{shown}: ")
        if name == "location":
            yield from _address(value)
        elif name in SECRET:
            scheme, _, rest = value.partition(" ")
            yield from (Piece(f"{scheme} "), Piece(rest, secret=True))
        else:
            yield Piece(value)
        yield Piece("\n")


def _form(form: Mapping[str, str], secrets: Set[str]) -> Iterator[Piece]:
    for number, (name, value) in enumerate(form.items()):
        joint = "&" if number else ""
        yield Piece(f"{joint}{name}=")
        yield Piece(_escaped(value), name in secrets)
        yield Piece("\n")


def _address(address: str) -> Iterator[Piece]:
    """Yield an address with one parameter a line, of the query or the fragment."""
    place, mark, query = address.partition("#" if "#" in address else "?")
    yield Piece(place)
    for number, pair in enumerate(query.split("&") if mark else ()):
        name, _, value = pair.partition("=")
        yield Piece(f"\n  {'&' if number else mark}{name}=")
        yield Piece(value, name in SECRET)


def _body(body: bytes, secrets: Set[str]) -> Iterator[Piece]:
    if not body:
        return
    yield Piece("\n")
    try:
        value: object = json.loads(body)
    except ValueError:
        yield Piece(body[:MAX_SHOWN].decode("utf-8", "replace"))
        return
    yield from _json(value, secrets)


def _json(value: object, secrets: Set[str]) -> Iterator[Piece]:
    """Yield JSON for people; the strings that are secret stand by themselves."""
    for line in json.dumps(value, indent=2, ensure_ascii=False).splitlines(keepends=True):
        name = line.strip().partition('": ')[0].strip('"')
        before, joint, rest = line.partition('": "')
        if name in secrets and joint:
            secret, quoted, end = rest.rpartition('"')
            yield from (Piece(before + joint), Piece(secret, secret=True), Piece(quoted + end))
        else:
            yield Piece(line)


def _words(text: str) -> tuple[Piece]:
    return (Piece(text),)


def query_of(params: Params) -> Iterable[tuple[str, str]]:
    """Return the parameters of an answer, those that are there once."""
    return [(name, values[0]) for name, values in params.fields.items() if len(values) == 1]
