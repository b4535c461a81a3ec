"""Password hashes that other products made: compared at the next sign-in, and replaced by ours then.

A hash is kept as the product wrote it where that says all there is to know, else in the PHC string format, with a name
of ours. What would be quick to guess (MD5, SHA) is never kept as it came: argon2id is put over it first.
Each call takes milliseconds or more: for the threads that hash.
"""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

MOST_ROUNDS = 10_000_000  # of PBKDF2: about five seconds
MOST_BCRYPT = 16  # cost, as a power of two
MOST_SCRYPT = 1 << 28  # bytes of memory
MOST_ARGON2_KIB = 1 << 20
WEAK = ("md5", "sha1", "sha256", "sha512")  # digests of password and salt, in either order

_Match = re.Match[str]


def recognise(stored: str) -> bool:
    """Whether this is a hash that `proves` can compare, at a cost a server can bear."""
    return _comparer(stored) is not None


def proves(stored: str, password: bytes) -> bool:
    """Whether `stored` was made of `password`. `False` as well for what is no hash that we know."""
    found = _comparer(stored)
    try:
        return found is not None and found[0](found[1], password)
    except (ValueError, VerificationError, InvalidHashError):
        return False


def pbkdf2(digest: str, rounds: int, salt: bytes, key: bytes) -> str:
    """Return a PBKDF2 hash as it is kept (RFC 8018 5.2)."""
    return f"$pbkdf2-{digest}$i={rounds}${_b64(salt)}${_b64(key)}"


def argon2(kind: str, memory: int, passes: int, lanes: int, salt: bytes, key: bytes) -> str:
    """Return an argon2 hash as it is kept (RFC 9106); `kind` is `id`, `i` or `d`, `memory` is in KiB."""
    return f"$argon2{kind}$v=19$m={memory},t={passes},p={lanes}${_b64(salt)}${_b64(key)}"


def firebase(rounds: int, memory: int, separator: bytes, signer: bytes, salt: bytes, key: bytes) -> str:
    """Return a hash of Firebase Authentication as it is kept; `rounds`, `memory`, `separator` and `signer` are those
    of the project."""
    return f"$firebase-scrypt$r={rounds},m={memory}${_b64(separator)}${_b64(signer)}${_b64(salt)}${_b64(key)}"


def wrapped(algorithm: str, order: str, salt: bytes, digest: bytes, hasher: PasswordHasher) -> str:
    """Return argon2id over the digest of a weak hash. `order` says where the salt stood: `before`, `after` or `none`.

    Takes as long as hashing a password does. Raises `ValueError` for a digest that is none of `algorithm`.
    """
    if algorithm not in WEAK or len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise ValueError("not a digest of this algorithm")
    return f"$wrapped-{algorithm}${order}${_b64(salt)}{hasher.hash(digest)}"


def _bcrypt(match: _Match, password: bytes) -> bool:
    return bcrypt.checkpw(password[:72], match[0].encode())  # what bcrypt itself looks at


def _django_bcrypt(match: _Match, password: bytes) -> bool:
    digest = hashlib.sha256(password).hexdigest().encode() if match[1] == "bcrypt_sha256" else password[:72]
    return bcrypt.checkpw(digest, match[2].encode())


def _django_pbkdf2(match: _Match, password: bytes) -> bool:
    return _is_pbkdf2(match[1], int(match[2]), match[3].encode(), b64decode(match[4]), password)


def _pbkdf2(match: _Match, password: bytes) -> bool:
    return _is_pbkdf2(match[1], int(match[2]), _raw(match[3]), _raw(match[4]), password)


def _django_scrypt(match: _Match, password: bytes) -> bool:
    n, r, p = int(match[1]), int(match[3]), int(match[4])
    return _is_scrypt(n, r, p, match[2].encode(), b64decode(match[5]), password)


def _scrypt(match: _Match, password: bytes) -> bool:
    return _is_scrypt(1 << int(match[1]), int(match[2]), int(match[3]), _raw(match[4]), _raw(match[5]), password)


def _firebase(match: _Match, password: bytes) -> bool:
    rounds, memory = int(match[1]), int(match[2])
    separator, signer, salt, key = (_raw(match[part]) for part in (3, 4, 5, 6))
    derived = hashlib.scrypt(
        password, salt=salt + separator, n=1 << memory, r=rounds, p=1, maxmem=2 * MOST_SCRYPT, dklen=32
    )
    sealed = Cipher(AES(derived), CTR(bytes(16))).encryptor()
    return hmac.compare_digest(sealed.update(signer) + sealed.finalize(), key)


def _argon2(match: _Match, password: bytes) -> bool:
    return PasswordHasher().verify(match[1], password)


def _wrapped(match: _Match, password: bytes) -> bool:
    algorithm, order, salt = match[1], match[2], _raw(match[3])
    text = {"before": salt + password, "after": password + salt}.get(order, password)
    return PasswordHasher().verify(match[4], hashlib.new(algorithm, text, usedforsecurity=False).digest())


def _is_pbkdf2(digest: str, rounds: int, salt: bytes, key: bytes, password: bytes) -> bool:
    return hmac.compare_digest(hashlib.pbkdf2_hmac(digest, password, salt, rounds, len(key)), key)


def _is_scrypt(n: int, r: int, p: int, salt: bytes, key: bytes, password: bytes) -> bool:
    made = hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=2 * MOST_SCRYPT, dklen=len(key))
    return hmac.compare_digest(made, key)


_B64 = r"([A-Za-z0-9+/]+)"
_B64_PADDED = r"([A-Za-z0-9+/]+={0,2})"
_BCRYPT = r"(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53})"
_ARGON2 = r"(\$argon2(?:id|i|d)\$v=19\$m=\d{1,8},t=\d{1,3},p=\d{1,3}\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+)"

_FORMS: Mapping[str, Callable[[_Match, bytes], bool]] = {
    _BCRYPT: _bcrypt,
    rf"(bcrypt|bcrypt_sha256)\${_BCRYPT}": _django_bcrypt,
    rf"(?:argon2)?{_ARGON2}": _argon2,
    rf"pbkdf2_(sha1|sha256)\$(\d{{1,8}})\$([^$]+)\${_B64_PADDED}": _django_pbkdf2,
    rf"\$pbkdf2-(sha1|sha256|sha512)\$i=(\d{{1,8}})(?:,l=\d+)?\${_B64}\${_B64}": _pbkdf2,
    rf"scrypt\$(\d{{1,7}})\$([^$]+)\$(\d{{1,3}})\$(\d{{1,2}})\${_B64_PADDED}": _django_scrypt,
    rf"\$scrypt\$ln=(\d{{1,2}}),r=(\d{{1,3}}),p=(\d{{1,2}})\${_B64}\${_B64}": _scrypt,
    rf"\$firebase-scrypt\$r=(\d{{1,2}}),m=(\d{{1,2}})\${_B64[:-2]}*)\${_B64}\${_B64}\${_B64}": _firebase,
    rf"\$wrapped-({'|'.join(WEAK)})\$(before|after|none)\${_B64[:-2]}*){_ARGON2}": _wrapped,
}
_COMPARERS = tuple((re.compile(form), compare) for form, compare in _FORMS.items())


def _comparer(stored: str) -> tuple[Callable[[_Match, bytes], bool], _Match] | None:
    for form, compare in _COMPARERS:
        match = form.fullmatch(stored)
        if match is not None:
            return (compare, match) if _is_bearable(compare, match) else None
    return None


def _is_bearable(compare: Callable[[_Match, bytes], bool], match: _Match) -> bool:
    if compare in (_bcrypt, _django_bcrypt):
        return 4 <= int(match[match.re.groups][4:6]) <= MOST_BCRYPT
    if compare in (_pbkdf2, _django_pbkdf2):
        return 0 < int(match[2]) <= MOST_ROUNDS
    if compare is _django_scrypt:
        return _is_bearable_scrypt(int(match[1]), int(match[3]), int(match[4]))
    if compare is _scrypt:
        return _is_bearable_scrypt(1 << int(match[1]), int(match[2]), int(match[3]))
    if compare is _firebase:
        return _is_bearable_scrypt(1 << int(match[2]), int(match[1]), 1)
    return int(re.findall(r"\$m=(\d+)", match[0])[-1]) <= MOST_ARGON2_KIB


def _is_bearable_scrypt(n: int, r: int, p: int) -> bool:
    return n > 1 and n & (n - 1) == 0 and r > 0 and p > 0 and 128 * n * r <= MOST_SCRYPT and p <= 16


def _b64(raw: bytes) -> str:
    return b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4))
