"""An http or https URI in its normal form, in which two that mean the same are equal (RFC 3986 6.2.2, 6.2.3)."""

import re

MAX_LENGTH = 2_048  # characters

_TEXT = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_PARTS = re.compile(r"(https?)://([^/?#]+)([^?#]*)(?:[?#].*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(?::([0-9]{0,5}))?")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_USUAL_PORTS = {"https": "443", "http": "80"}


def without_query(uri: str) -> str | None:
    """Return scheme, host, port and path of a URI in their normal form, `None` if it is no such URI."""
    if len(uri) > MAX_LENGTH or not _TEXT.fullmatch(uri):
        return None
    parts = _PARTS.fullmatch(uri)
    authority = parts and _AUTHORITY.fullmatch(parts[2])
    if parts is None or not authority:
        return None
    scheme, port = parts[1].lower(), authority[2]
    place = f":{port}" if port and port != _USUAL_PORTS[scheme] else ""
    return f"{scheme}://{authority[1].lower()}{place}{_path(parts[3])}"


def _path(path: str) -> str:
    """Return a path whose escapes are those it needs, and without the segments that lead nowhere (RFC 3986 5.2.4)."""
    kept: list[str] = []
    segments = _ESCAPE.sub(_unescaped, path).split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[0][1:], 16))
    return character if _UNRESERVED.fullmatch(character) else escape[0].upper()
