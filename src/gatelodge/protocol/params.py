"""Request parameters: `application/x-www-form-urlencoded`, read strictly and without ever collapsing a duplicate.

RFC 6749 3.1 and 3.2: a parameter appears at most once, one without a value counts as omitted, unknown ones are ignored.
`resource` is the one that may repeat (RFC 8707 2).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from gatelodge.protocol import rules
from gatelodge.protocol.errors import OAuthError

MAX_FIELDS = 100
MAX_NAME = 64  # characters, as sent
MAX_VALUE = 16_384  # characters, as sent
REPEATABLE = frozenset({"resource"})

_CONTROLS = bytes([*range(0x20), 0x7F])
_DIGITS = "0123456789ABCDEFabcdef"
_BYTES = {high + low: bytes.fromhex(high + low) for high in _DIGITS for low in _DIGITS}
_PRINTABLE = {escape: byte for escape, byte in _BYTES.items() if byte not in _CONTROLS}
_ASCII = {escape: byte.decode() for escape, byte in _PRINTABLE.items() if byte.isascii()}


@dataclass(frozen=True, slots=True)
class Params:
    """What a request carries, every value of every name in the order it came. Values never hold a control character.

    `repeated` are the names that came more than once and may not; an empty value counts, since it came.
    """

    fields: dict[str, tuple[str, ...]]
    repeated: frozenset[str] = frozenset()

    @staticmethod
    def parse(raw: bytes) -> "Params":
        """Read a query string or a form body.

        Raises `OAuthError` (invalid_request) for a broken escape, bytes that are not UTF-8, a control character, or
        more than a request can need.
        """
        if not raw:
            return EMPTY
        if len(raw.translate(None, _CONTROLS)) != len(raw):
            raise _control_character()
        if raw.count(b"&") >= MAX_FIELDS:
            raise OAuthError("invalid_request", "there are too many parameters", rules.BOUNDED)
        return Params.of([_pair(field) for field in _text(raw).replace("+", " ").split("&") if field])

    @staticmethod
    def of(pairs: Iterable[tuple[str, str]]) -> "Params":
        """Return the parameters of these names and values; a name that comes again is kept again."""
        fields: dict[str, tuple[str, ...]] = {}
        again: set[str] = set()
        for name, value in pairs:
            if name in fields:
                fields[name] = (*fields[name], value)
                again.add(name)
            else:
                fields[name] = (value,)
        return Params(fields, frozenset(again) - REPEATABLE if again else _NONE)

    def get(self, name: str) -> str | None:
        """Return the value of `name`, or `None` if it is absent or empty.

        Raises `OAuthError` (invalid_request) if it was given more than once.
        """
        values = self.fields.get(name, ())
        if len(values) > 1:
            raise OAuthError("invalid_request", f"{name} is given more than once", rules.ONCE)
        return "".join(values) or None

    def need(self, name: str) -> str:
        """Return the value of `name`. Raises `OAuthError` (invalid_request) if it is absent, empty or repeated."""
        value = self.get(name)
        if value is None:
            raise OAuthError("invalid_request", f"{name} is missing", rules.REQUIRED)
        return value

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of `name` that is not empty, in the order they came."""
        return tuple(value for value in self.fields.get(name, ()) if value)

    def refuse_repeated(self) -> None:
        """Raise `OAuthError` (invalid_request) if any parameter, known or not, came more than once."""
        if self.repeated:
            raise OAuthError("invalid_request", "a parameter is given more than once", rules.ONCE)

    def merge(self, form: "Params") -> "Params":
        """Return the parameters of a query and a form together; a name in both is repeated (OIDC Core 3.1.2.1)."""
        if not form.fields:
            return self
        return Params.of([*self, *form]) if self.fields else form

    def encoded(self) -> str:
        """Return them as `application/x-www-form-urlencoded`, from which `parse` makes the same again."""
        return urlencode(list(self), quote_via=quote)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for name, values in self.fields.items():
            for value in values:
                yield name, value

    def __contains__(self, name: str) -> bool:
        return any(self.fields.get(name, ()))

    def __repr__(self) -> str:
        """Show how many there are and no more: values are secrets, names are whatever a stranger sent."""
        return f"Params({len(self.fields)} names)"


EMPTY = Params({})
_NONE = frozenset[str]()


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise OAuthError("invalid_request", "a parameter is not UTF-8", rules.UTF_8) from None


def _pair(field: str) -> tuple[str, str]:
    name, _, value = field.partition("=")
    if len(name) > MAX_NAME or len(value) > MAX_VALUE:
        raise OAuthError("invalid_request", "a parameter is too long", rules.BOUNDED)
    return _unescaped(name) if "%" in name else name, _unescaped(value) if "%" in value else value


def _unescaped(text: str) -> str:
    plain, *escaped = text.split("%")
    try:
        return plain + "".join([_ASCII[part[:2]] + part[2:] for part in escaped])
    except KeyError:
        return _unescaped_bytes(plain, escaped)


def _unescaped_bytes(plain: str, escaped: list[str]) -> str:
    """Read escapes of which several are one character, or that are not one at all."""
    try:
        return _text(plain.encode() + b"".join([_PRINTABLE[part[:2]] + part[2:].encode() for part in escaped]))
    except KeyError:
        raise _control_character() from None


def _control_character() -> OAuthError:
    return OAuthError("invalid_request", "a parameter has a broken escape or a control character", rules.PRINTABLE)
