"""Hashes that other products made are compared as those products would; what nobody should wait for is not."""

import hashlib
from base64 import b64decode
from collections.abc import Callable

import bcrypt
import pytest
from argon2 import PasswordHasher

from gatelodge.keys import foreign_hashes
from gatelodge.keys.foreign_hashes import proves, recognise

PASSWORD = "naïve wonderland 🐇"
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
# Made by Django 5.2 itself, not here: its settings are those of a whole process.
DJANGO_SALT = "saltsaltsaltsaltsaltsa"
DJANGO_SCRYPT = "o0z+P3p25vgxAmDYAnpIfv4D6PpkSzV3gP/39Mhg1lymFW9cy75kbebW62ibGT56aQMCAxVQDeqPr0M3iGVN3g=="
# The example of Firebase's own tool: github.com/firebase/scrypt.
SIGNER = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
FIREBASE = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="


def by_keycloak(digest: str) -> Callable[[], str]:
    salt = b"sixteen bytes ok"
    key = hashlib.pbkdf2_hmac(digest, PASSWORD.encode(), salt, 27_500, 64)
    return lambda: foreign_hashes.pbkdf2(digest, 27_500, salt, key)


def by_phc_scrypt() -> str:
    key = hashlib.scrypt(PASSWORD.encode(), salt=b"saltsalt", n=1 << 12, r=8, p=1, dklen=32)
    return f"$scrypt$ln=12,r=8,p=1${foreign_hashes._b64(b'saltsalt')}${foreign_hashes._b64(key)}"


def weak(order: str) -> Callable[[], str]:
    text = {"before": b"salt" + PASSWORD.encode(), "after": PASSWORD.encode() + b"salt"}.get(order, PASSWORD.encode())
    return lambda: foreign_hashes.wrapped("sha1", order, b"salt", hashlib.sha1(text).digest(), CHEAP)


MADE: dict[str, Callable[[], str]] = {
    "Auth0": lambda: bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4, b"2b")).decode(),
    "bcrypt of PHP": lambda: (
        bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4, b"2a")).decode().replace("$2a$", "$2y$")
    ),
    "Django, PBKDF2": lambda: f"pbkdf2_sha256$1000${DJANGO_SALT}$TR8qz4zYlIInaQzm1w5/ydXOtAxEf7Smnhq3Bh6qnhc=",
    "Django, PBKDF2 with SHA-1": lambda: f"pbkdf2_sha1$1000${DJANGO_SALT}$phDYJ80hpjQdsAO0InjqJyMWRZ0=",
    "Django, scrypt": lambda: f"scrypt$16384${DJANGO_SALT}$8$5${DJANGO_SCRYPT}",
    "Django, argon2": lambda: "argon2" + CHEAP.hash(PASSWORD),
    "Django, bcrypt": lambda: "bcrypt$" + bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode(),
    "Django, bcrypt over SHA-256": lambda: (
        "bcrypt_sha256$"
        + bcrypt.hashpw(hashlib.sha256(PASSWORD.encode()).hexdigest().encode(), bcrypt.gensalt(4)).decode()
    ),
    "Keycloak, SHA-256": by_keycloak("sha256"),
    "Keycloak, SHA-512": by_keycloak("sha512"),
    "PHC scrypt": by_phc_scrypt,
    "argon2i": lambda: PasswordHasher(1, 64, 1, type=__import__("argon2").Type.I).hash(PASSWORD),
    "SHA-1, salt before": weak("before"),
    "SHA-1, salt after": weak("after"),
    "SHA-1, no salt": weak("none"),
}


@pytest.mark.parametrize("product", MADE)
def test_the_right_password_is_proven_and_no_other(product: str) -> None:
    stored = MADE[product]()
    assert recognise(stored)
    assert proves(stored, PASSWORD.encode())
    assert not proves(stored, PASSWORD.encode() + b"!")
    assert not proves(stored, b"")


def test_firebase_s_own_example() -> None:
    stored = foreign_hashes.firebase(
        8, 14, b64decode("Bw=="), b64decode(SIGNER), b64decode("42xEC+ixf3L2lw=="), b64decode(FIREBASE)
    )
    assert recognise(stored)
    assert proves(stored, b"user1password")
    assert not proves(stored, b"user2password")


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plaintext",
        "md5$salt$5d41402abc4b2a76b9719d911017c592",
        "pbkdf2_sha256$99999999$salt$AAAA",
        "pbkdf2_sha256$0$salt$AAAA",
        "$2b$31$" + "a" * 53,
        "$2b$03$" + "a" * 53,
        "scrypt$16385$salt$8$1$AAAA",
        "$scrypt$ln=30,r=8,p=1$AAAA$AAAA",
        "$scrypt$ln=14,r=8,p=17$AAAA$AAAA",
        "$firebase-scrypt$r=8,m=30$$AAAA$AAAA$AAAA",
        "$argon2id$v=19$m=99999999,t=1,p=1$AAAAAAAA$AAAA",
        "$wrapped-md5$none$$argon2id$v=19$m=99999999,t=1,p=1$AAAAAAAA$AAAA",
        "bcrypt$$2b$31$" + "a" * 53,
        "$pbkdf2-md5$i=1$AAAA$AAAA",
        "\n$2b$04$" + "a" * 53,
    ],
)
def test_what_is_no_hash_or_costs_too_much_is_refused_before_it_costs_anything(stored: str) -> None:
    assert not recognise(stored)
    assert not proves(stored, b"x")


def test_what_is_no_digest_is_not_wrapped() -> None:
    with pytest.raises(ValueError, match="not a digest"):
        foreign_hashes.wrapped("sha1", "none", b"", b"short", CHEAP)
