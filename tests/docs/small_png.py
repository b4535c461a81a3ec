"""Makes a picture of a page small: 256 colours at most, which pages do not exceed to the eye."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST = 256  # colours of a palette


def small(png: bytes) -> bytes:
    """Return a screenshot (8 bits, RGB or RGBA, opaque, not interlaced) with a palette in place of its colours."""
    chunks = list(_chunks(png))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, interlaced) == (8, 0)
    channels = {2: 3, 6: 4}[kind]
    rows = _rows(zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT")), width, height, channels)
    pixels = [[row[at : at + 3] for at in range(0, len(row), channels)] for row in rows]
    often = Counter(one for row in pixels for one in row)
    palette = [colour for colour, _ in often.most_common(MOST)]
    index = {colour: palette.index(_nearest(colour, palette)) for colour in often}
    lines = b"".join(b"\0" + bytes(index[one] for one in row) for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, body) for name, body in parts)


def _nearest(colour: bytes, palette: Sequence[bytes]) -> bytes:
    return min(palette, key=lambda one: sum((a - b) ** 2 for a, b in zip(one, colour, strict=True)))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        length = int.from_bytes(png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _rows(raw: bytes, width: int, height: int, channels: int) -> Iterator[bytes]:
    """Yield the rows as they are, with the filters undone (PNG 9.2)."""
    size = width * channels
    above = bytearray(size)
    for row in range(height):
        begin = row * (size + 1)
        how, line = raw[begin], bytearray(raw[begin + 1 : begin + 1 + size])
        for at in range(size):
            left = line[at - channels] if at >= channels else 0
            corner = above[at - channels] if at >= channels else 0
            line[at] = (line[at] + _guess(how, left, above[at], corner)) & 255
        above = line
        yield bytes(line)


def _guess(how: int, left: int, up: int, corner: int) -> int:
    match how:
        case 0:
            return 0
        case 1:
            return left
        case 2:
            return up
        case 3:
            return (left + up) // 2
        case _:
            near = left + up - corner
            return min((left, up, corner), key=lambda one: abs(near - one))
