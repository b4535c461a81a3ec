"""Secrets of our own making: what is handed out, what is kept, and what a presented value can tell."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.keys.secrets import (
    NONCE_BYTES,
    SECRET_BYTES,
    Secret,
    b64,
    client_secret_digest,
    compose,
    digest,
    grant_id,
    read_grant_id,
    read_refresh_token,
    refresh_token,
    take_apart,
    unb64,
)
from gatelodge.protocol.rotation import RefreshValue

KEY, EPOCH = b"k" * 32, b"epoch"
ROWS = st.integers(1, (1 << 63) - 1)


@given(ROWS, st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES))
def test_a_value_gives_back_its_row_and_its_secret(row_id: int, secret: bytes) -> None:
    assert take_apart(compose(row_id, secret, "gla_"), "gla_") == (row_id, secret)


@given(st.text(max_size=80))
def test_a_guess_never_raises(guess: str) -> None:
    take_apart(guess)
    read_refresh_token(KEY, EPOCH, "glr_" + guess)
    read_grant_id(guess)


def test_CODE_10_values_share_no_prefix_and_show_no_row_number() -> None:
    values = [compose(row_id, os.urandom(SECRET_BYTES)) for row_id in range(1, 10_001)]
    assert len({value[:8] for value in values}) == 10_000
    assert len({value[-11:] for value in values}) == 10_000
    assert SECRET_BYTES * 8 >= 128


@pytest.mark.parametrize("spelling", ["{}A", "{}=", " {}", "{}\n", "{}\0"])
def test_a_value_has_one_spelling(spelling: str) -> None:
    assert take_apart(spelling.format(compose(7, bytes(range(SECRET_BYTES))))) is None


def test_a_value_without_its_prefix_is_none_of_ours() -> None:
    assert take_apart(compose(7, bytes(SECRET_BYTES)), "gla_") is None


def test_CODE_08_a_digest_is_bound_to_kind_and_epoch() -> None:
    secret = os.urandom(SECRET_BYTES)
    kept = {digest(epoch, kind, secret) for epoch in (b"1", b"2") for kind in ("code", "interaction")}
    assert len(kept) == 4


def test_a_refresh_token_is_the_same_for_the_same_generation() -> None:
    value = RefreshValue(5, b"n" * NONCE_BYTES, 3)
    assert refresh_token(KEY, EPOCH, value) == refresh_token(KEY, EPOCH, value)
    assert read_refresh_token(KEY, EPOCH, refresh_token(KEY, EPOCH, value)) == value


def test_generations_of_one_family_look_unrelated() -> None:
    tokens = [refresh_token(KEY, EPOCH, RefreshValue(5, b"n" * NONCE_BYTES, g)) for g in range(1, 200)]
    assert len({token[:12] for token in tokens}) == len(tokens)


@pytest.mark.parametrize(("key", "epoch"), [(b"x" * 32, EPOCH), (KEY, b"other epoch")])
def test_FLT_19_a_refresh_token_of_another_key_or_epoch_is_not_ours(key: bytes, epoch: bytes) -> None:
    assert read_refresh_token(key, epoch, refresh_token(KEY, EPOCH, RefreshValue(5, b"n" * 8, 1))) is None


@given(st.integers(4, 59))
def test_a_changed_refresh_token_is_not_ours(position: int) -> None:
    token = refresh_token(KEY, EPOCH, RefreshValue(5, b"n" * 8, 1))
    changed = token[:position] + ("A" if token[position : position + 1] != "A" else "B") + token[position + 1 :]
    assert changed != token
    assert read_refresh_token(KEY, EPOCH, changed) is None


@given(ROWS, st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES))
def test_a_grant_id_names_its_family(family_id: int, nonce: bytes) -> None:
    assert read_grant_id(grant_id(family_id, nonce)) == (family_id, nonce)


@given(st.binary(max_size=60))
def test_base64url_goes_back_and_forth(raw: bytes) -> None:
    assert unb64(b64(raw)) == raw


@pytest.mark.parametrize("text", ["QQ==", "QR", "Q", "Q Q", "é", "QQ\n", "+/"])
def test_base64url_has_one_spelling(text: str) -> None:
    assert unb64(text) is None


def test_a_secret_shows_nothing() -> None:
    secret = Secret("gls_hidden")
    assert "hidden" not in f"{secret} {secret!r}"
    assert secret.reveal() == "gls_hidden"


def test_a_client_secret_is_kept_as_its_sha256() -> None:
    assert len(client_secret_digest("gls_secret")) == 32
