"""Authorization codes as they are kept: what redemption must prove, and what it is then worth."""

import msgspec

from gatelodge.grants.award import Grounds
from gatelodge.protocol.code import CodeProof

CODE = "code"


class KeptCode(msgspec.Struct, frozen=True, omit_defaults=True):
    """The payload of a code's ticket."""

    proof: CodeProof
    grounds: Grounds
    nonce: str | None = None


_decode = msgspec.json.Decoder(KeptCode).decode
_encode = msgspec.json.Encoder().encode


def write_code(code: KeptCode) -> str:
    """Return the payload to keep."""
    return _encode(code).decode()


def read_code(payload: str) -> KeptCode:
    """Return what was kept."""
    return _decode(payload)
