"""One spelling for the same bytes, compared with a decoder that encodes again what it decoded."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import product

import pytest
from hypothesis import given
from hypothesis.strategies import binary

from gatelodge.protocol.base64url import decoded

CHARACTERS = b"AEQ-_+/="  # ours, and those that only other spellings have


def tried(text: bytes) -> bytes | None:
    try:
        return decoded(text)
    except ValueError:
        return None


def spelled(text: bytes) -> bytes | None:
    """Return the bytes `text` spells, if encoding them gives it back."""
    try:
        raw = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        return None
    return raw if urlsafe_b64encode(raw).rstrip(b"=") == text else None


def test_every_short_text_means_what_encoding_says() -> None:
    texts = (bytes(text) for size in (0, 1, 2) for text in product(range(256), repeat=size))
    assert [text for text in texts if tried(text) != spelled(text)] == []


@pytest.mark.parametrize("before", [b"", b"-_-_"])
def test_every_end_means_what_encoding_says(before: bytes) -> None:
    starts = (before + bytes(start) for size in (2, 3) for start in product(CHARACTERS, repeat=size))
    texts = (start + bytes([last]) for start in starts for last in range(256))
    assert [text for text in texts if tried(text) != spelled(text)] == []


@given(binary(max_size=300))
def test_what_was_encoded_is_decoded(raw: bytes) -> None:
    assert decoded(urlsafe_b64encode(raw).rstrip(b"=")) == raw


@given(binary(max_size=12))
def test_any_bytes_mean_what_encoding_says(text: bytes) -> None:
    assert tried(text) == spelled(text)
