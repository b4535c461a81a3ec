"""Time-based one-time passwords (RFC 6238): six digits of an HMAC-SHA-1 over the number of the half minute.

SHA-1, six digits and thirty seconds are what every authenticator application can do; many ignore it when told
otherwise. An HMAC does not need a hash that no two texts share.
"""

import hmac
from base64 import b32encode
from urllib.parse import quote, urlencode

SEED_BYTES = 20  # as long as what SHA-1 makes (RFC 4226 4, R6)
STEP = 30  # seconds
DIGITS = 6


def step_of(now: int) -> int:
    """Return the number of the step that a time lies in."""
    return now // STEP


def code_at(seed: bytes, step: int) -> str:
    """Return the code of one step (RFC 4226 5.3)."""
    mac = hmac.digest(seed, step.to_bytes(8), "sha1")
    start = mac[-1] & 15
    number = int.from_bytes(mac[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_shown(seed: bytes, typed: str, now: int) -> int | None:
    """Return the step whose code was typed: this one or the one before (RFC 6238 5.2); `None` if it is neither's."""
    present = step_of(now)
    said = "".join(typed.split()).encode()
    found = [step for step in (present, present - 1) if hmac.compare_digest(code_at(seed, step).encode(), said)]
    return found[0] if found else None


def shown_seed(seed: bytes) -> str:
    """Return a seed as people type it, in groups of four."""
    text = b32encode(seed).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(seed: bytes, issuer: str, account: str) -> str:
    """Return what the QR code says: the `otpauth` address that authenticator applications read."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    return (
        f"otpauth://totp/{label}?{urlencode({'secret': b32encode(seed).decode(), 'issuer': issuer}, quote_via=quote)}"
    )
