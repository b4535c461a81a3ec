"""Pictures that a browser draws and that cannot do anything: PNG, JPEG and WebP, known by what they are and not by what
somebody says of them. SVG is none: it can run scripts and load what it likes."""

from typing import NamedTuple

MAX_BYTES = 262_144
MAX_SIDE = 2_048  # pixels: a small file may say that it is a huge picture

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_NO_SIZE = frozenset({0xC4, 0xC8, 0xCC})  # markers among those of JPEG frames that begin none


class Picture(NamedTuple):
    """What a file is: `suffix` of its name with the dot, and its size in pixels."""

    suffix: str
    width: int
    height: int


def read_picture(body: bytes) -> Picture:
    """Return what a file is. Raises `ValueError` that says what is wrong with it."""
    if len(body) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES // 1024} KiB")
    try:
        found = _read(body)
    except IndexError:
        found = None
    if found is None:
        raise ValueError("it is no PNG, JPEG or WebP")
    if not (0 < found.width <= MAX_SIDE and 0 < found.height <= MAX_SIDE):
        raise ValueError(f"it is not 1 to {MAX_SIDE} pixels wide and high")
    return found


def _read(body: bytes) -> Picture | None:
    if body.startswith(_PNG) and body[12:16] == b"IHDR":
        return Picture(".png", _number(body, 16, 4), _number(body, 20, 4))
    if body.startswith(_JPEG):
        return _jpeg(body)
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return _webp(body)
    return None


def _jpeg(body: bytes) -> Picture | None:
    """Go from segment to segment until one begins a frame (ITU T.81 B.1.1, B.2.2)."""
    at = 2
    while body[at] == 0xFF:
        marker = body[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            return Picture(".jpg", _number(body, at + 7, 2), _number(body, at + 5, 2))
        at += 2 + _number(body, at + 2, 2)
    return None


def _webp(body: bytes) -> Picture | None:
    """Read the size where each of the three forms has it (RFC 9649 2.5 to 2.7)."""
    match body[12:16]:
        case b"VP8X":
            return Picture(".webp", 1 + _number(body, 24, 3, "little"), 1 + _number(body, 27, 3, "little"))
        case b"VP8L" if body[20] == 0x2F:
            bits = _number(body, 21, 4, "little")
            return Picture(".webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
        case b"VP8 " if body[23:26] == b"\x9d\x01\x2a":
            width, height = _number(body, 26, 2, "little"), _number(body, 28, 2, "little")
            return Picture(".webp", width & 0x3FFF, height & 0x3FFF)
        case _:
            return None


def _number(body: bytes, at: int, length: int, order: str = "big") -> int:
    if len(body) < at + length:
        raise IndexError
    return int.from_bytes(body[at : at + length], "little" if order == "little" else "big")
