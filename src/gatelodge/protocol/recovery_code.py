"""Recovery codes: how they look, and what is kept of one. Each is worth 120 bits, so a plain digest is enough."""

from hashlib import sha256

COUNT = 10  # in a set
LENGTH = 24  # characters
GROUP = 4
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 letters and digits of which no two look alike

_BITS = 5


def write(random: bytes) -> str:
    """Return the code of 15 random bytes, in groups as people read it."""
    number = int.from_bytes(random)
    text = "".join(ALPHABET[(number >> _BITS * at) & 31] for at in range(LENGTH))
    return "-".join(text[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def digest(user_id: int, typed: str) -> bytes:
    """Return what is kept of a person's code, as it was shown or typed: case, spaces and dashes do not matter."""
    plain = "".join(letter for letter in typed.upper() if letter.isalnum())
    return sha256(f"recovery code {user_id} {plain}".encode()).digest()
