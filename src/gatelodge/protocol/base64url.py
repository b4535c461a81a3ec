"""Base64url as JOSE writes it: no padding, and one spelling for the same bytes (RFC 7515 2, RFC 4648 3.5, 5)."""

from binascii import a2b_base64

_CHARACTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# Into the alphabet that `binascii` knows; whatever is not of ours becomes a zero, which it passes over.
_STANDARD = bytes(c if c in _CHARACTERS else 0 for c in range(256)).translate(bytes.maketrans(b"-_", b"+/"))

# By the length of the text modulo 4: what decoders want at its end, and the last characters that set no spare bits.
_PADDING = (b"", b"", b"==", b"=")
_LAST = (_CHARACTERS, b"", b"AQgw", b"AEIMQUYcgkosw048")


def decoded(text: bytes) -> bytes:
    """Return the bytes that `text` spells. Raises `ValueError` unless it is their one canonical form."""
    size = len(text) % 4
    if text and text[-1] not in _LAST[size]:
        raise ValueError("not the canonical form")
    spelt = a2b_base64(text.translate(_STANDARD) + _PADDING[size])
    if len(spelt) != len(text) * 3 // 4:  # what is not of the alphabet was passed over
        raise ValueError("not base64url")
    return spelt
