"""A value locked with the secret that finds it."""

from gatelodge.keys.locked import lock, unlock

KEY, OTHER = b"k" * 32, b"o" * 32


def test_what_was_locked_comes_back_with_its_key_only() -> None:
    assert unlock(KEY, lock(KEY, b"plain")) == b"plain"
    assert unlock(OTHER, lock(KEY, b"plain")) is None


def test_nothing_can_be_read_or_changed_without_the_key() -> None:
    locked = lock(KEY, b"plain")
    assert b"plain" not in locked
    for place in range(len(locked)):
        assert unlock(KEY, locked[:place] + bytes([locked[place] ^ 1]) + locked[place + 1 :]) is None
        assert unlock(KEY, locked[:place]) is None


def test_different_values_share_no_nonce() -> None:
    assert lock(KEY, b"one")[:12] != lock(KEY, b"two")[:12]
    assert lock(KEY, b"one") == lock(KEY, b"one")
