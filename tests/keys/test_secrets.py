"""Secrets of our own making: what is kept of them, and how they are written."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.keys.secrets import SECRET_BYTES, Secret, b64, client_secret_digest, digest, unb64


def test_CODE_08_a_digest_is_bound_to_kind_and_epoch() -> None:
    secret = os.urandom(SECRET_BYTES)
    kept = {digest(epoch, kind, secret) for epoch in (b"1", b"2") for kind in ("code", "interaction")}
    assert len(kept) == 4


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
