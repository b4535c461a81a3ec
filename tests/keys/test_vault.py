"""The vault opens only what it sealed, for the purpose it was sealed for."""

import pytest

from gatelodge.clock import SystemEntropy
from gatelodge.keys.vault import Vault, WrongSecretKey

OLD, NEW = "old " * 10, "new " * 10


def vault(*secret_keys: str) -> Vault:
    return Vault(secret_keys, SystemEntropy())


def test_what_was_sealed_opens() -> None:
    assert vault(OLD).unseal(vault(OLD).seal(b"private", "key 1"), "key 1") == b"private"


def test_what_is_sealed_does_not_show() -> None:
    assert b"private" not in vault(OLD).seal(b"private", "key 1")


def test_the_same_is_sealed_differently_each_time() -> None:
    assert vault(OLD).seal(b"private", "key 1") != vault(OLD).seal(b"private", "key 1")


def test_FLT_25_another_secret_key_does_not_open_it() -> None:
    with pytest.raises(WrongSecretKey):
        vault(NEW).unseal(vault(OLD).seal(b"private", "key 1"), "key 1")


def test_a_seal_is_good_for_its_purpose_only() -> None:
    with pytest.raises(WrongSecretKey):
        vault(OLD).unseal(vault(OLD).seal(b"private", "key 1"), "key 2")


@pytest.mark.parametrize("position", [0, 11, 12, -1])
def test_a_changed_seal_does_not_open(position: int) -> None:
    sealed = bytearray(vault(OLD).seal(b"private", "key 1"))
    sealed[position] ^= 1
    with pytest.raises(WrongSecretKey):
        vault(OLD).unseal(bytes(sealed), "key 1")


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12)])
def test_something_too_short_is_refused_as_wrong(sealed: bytes) -> None:
    with pytest.raises(WrongSecretKey):
        vault(OLD).unseal(sealed, "key 1")


def test_a_new_secret_key_opens_what_the_old_one_sealed_and_seals_anew() -> None:
    sealed = vault(OLD).seal(b"private", "key 1")
    both = vault(NEW, OLD)
    assert both.unseal(sealed, "key 1") == b"private"
    assert vault(NEW).unseal(both.seal(b"private", "key 1"), "key 1") == b"private"


def test_what_an_older_secret_key_sealed_is_sealed_anew_once() -> None:
    both = vault(NEW, OLD)
    anew = both.reseal(vault(OLD).seal(b"private", "key 1"), "key 1")
    assert anew is not None
    assert vault(NEW).unseal(anew, "key 1") == b"private"
    assert both.reseal(anew, "key 1") is None
    with pytest.raises(WrongSecretKey):
        both.reseal(anew, "key 2")


def test_keys_are_derived_per_purpose_newest_first() -> None:
    both = vault(NEW, OLD)
    assert both.derive_all("csrf") == [vault(NEW).derive("csrf"), vault(OLD).derive("csrf")]
    assert both.derive("csrf") == vault(NEW).derive("csrf") != both.derive("cookies")


@pytest.mark.parametrize("secret_keys", [(), ("short",), (OLD, "short")])
def test_a_short_secret_key_is_refused(secret_keys: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="32 characters"):
        vault(*secret_keys)


def test_what_was_sealed_before_an_update_opens_after_it_under_the_shortest_key_there_may_be() -> None:
    shortest = vault("k" * 32)
    sealed = "000000000000000000000000d14f0e7121ff1b39d8945624163b04464f7460ad01cc10"
    assert shortest.unseal(bytes.fromhex(sealed), "key 1") == b"private"
    assert shortest.derive("csrf").hex() == "0999fe41e7e008bd8e2da9866716dce90b79baeb0df13743fe0fd203abba119f"
