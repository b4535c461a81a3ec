"""What is a picture, whatever it is called, and how large it says it is."""

import pytest
from hypothesis import given
from hypothesis.strategies import binary, sampled_from
from tests.pictures import jpeg, png, webp

from gatelodge.protocol.picture import MAX_BYTES, MAX_SIDE, Picture, read_picture

LOSSLESS = (0x2F).to_bytes() + ((300 - 1) | (200 - 1) << 14).to_bytes(4, "little")
LOSSY = b"\0\0\0\x9d\x01\x2a" + (300).to_bytes(2, "little") + (200).to_bytes(2, "little")
EXTENDED = bytes(4) + (299).to_bytes(3, "little") + (199).to_bytes(3, "little")
GOOD = {
    "png": (png(300, 200), ".png"),
    "jpeg": (jpeg(300, 200), ".jpg"),
    "webp, lossless": (webp(b"VP8L", LOSSLESS), ".webp"),
    "webp, lossy": (webp(b"VP8 ", LOSSY), ".webp"),
    "webp, extended": (webp(b"VP8X", EXTENDED), ".webp"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_picture_is_known_by_its_bytes(kind: str) -> None:
    body, suffix = GOOD[kind]

    assert read_picture(body) == Picture(suffix, 300, 200)


def test_CM_05_what_could_run_or_be_too_large_is_no_picture() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for body in (
        svg,
        b"",
        b"GIF89a" + bytes(20),
        b"<!doctype html>",
        b"RIFF\0\0\0\0WAVE" + bytes(40),
        b"\xff\xd8\xff\xd9",
    ):
        with pytest.raises(ValueError, match="no PNG, JPEG or WebP"):
            read_picture(body)
    for body in (png(MAX_SIDE + 1, 1), png(1, MAX_SIDE + 1), jpeg(0, 5), jpeg(65_535, 65_535)):
        with pytest.raises(ValueError, match="pixels"):
            read_picture(body)
    with pytest.raises(ValueError, match="KiB"):
        read_picture(png() + bytes(MAX_BYTES))


@given(sampled_from([body[:30] for body, _ in GOOD.values()]), binary(max_size=60))
def test_CM_05_no_bytes_break_the_reader(beginning: bytes, rest: bytes) -> None:
    for body in (rest, beginning + rest, beginning[: len(rest)]):
        try:
            found = read_picture(body)
        except ValueError:
            continue
        assert 0 < found.width <= MAX_SIDE
