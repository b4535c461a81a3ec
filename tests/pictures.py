"""Pictures for tests, as small as they can be."""

import zlib


def png(width: int = 64, height: int = 64, colour: bytes = b"\x8a\x1c\x3b") -> bytes:
    """Return a picture of one colour."""
    rows = (b"\0" + colour * width) * height
    head = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def jpeg(width: int, height: int) -> bytes:
    """Return the beginning of a JPEG, up to its frame."""
    app, table = b"\xff\xe0\x00\x10" + b"JFIF\0" + bytes(9), b"\xff\xc4\x00\x04\0\0"
    return b"\xff\xd8" + app + table + b"\xff\xc2\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + bytes(10)


def webp(form: bytes, size: bytes) -> bytes:
    """Return the beginning of a WebP of this form, up to its `size` and some more."""
    return b"RIFF\x50\0\0\0WEBP" + form + b"\x40\0\0\0" + size + bytes(16)


def _chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)
