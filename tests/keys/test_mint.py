"""Values handed out for rows: they give back what is in them, to us, and say nothing to anybody else."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.keys.mint import Mint
from gatelodge.keys.refresh import RefreshKeys
from gatelodge.keys.secrets import NONCE_BYTES, SECRET_BYTES, unb64
from gatelodge.protocol.rotation import RefreshValue

EPOCH = b"epoch"
MINT, OTHER = Mint(EPOCH, b"m" * 32), Mint(EPOCH, b"o" * 32)
KEYS = RefreshKeys((b"k" * 32,), EPOCH, MINT)
ROWS = st.integers(1, (1 << 63) - 1)
SECRETS = st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES)
NONCE = b"n" * NONCE_BYTES


@given(ROWS, SECRETS)
def test_a_value_gives_back_its_row_and_its_secret(row_id: int, secret: bytes) -> None:
    assert MINT.take_apart(MINT.compose(row_id, secret, "gla_"), "gla_") == (row_id, secret)


@given(ROWS, st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES))
def test_a_grant_id_names_its_family(family_id: int, nonce: bytes) -> None:
    assert MINT.read_grant_id(MINT.grant_id(family_id, nonce)) == (family_id, nonce)


@given(st.text(max_size=80))
def test_a_guess_never_raises(guess: str) -> None:
    MINT.take_apart(guess)
    MINT.read_grant_id(guess)
    KEYS.read("glr_" + guess)


def test_CODE_10_values_share_no_prefix_and_show_no_row_number() -> None:
    values = [MINT.compose(row_id, os.urandom(SECRET_BYTES)) for row_id in range(1, 10_001)]
    assert len({value[:8] for value in values}) == 10_000
    assert len({value[-11:] for value in values}) == 10_000
    assert SECRET_BYTES * 8 >= 128


def test_MASK_01_neighbours_have_nothing_in_common_where_their_ids_are() -> None:
    secret = bytes(SECRET_BYTES)
    blocks = [(unb64(MINT.compose(row_id, secret)) or b"")[-16:] for row_id in range(1, 2_001)]
    assert len({block[:8] for block in blocks}) == len({block[8:] for block in blocks}) == len(blocks)
    grants = [MINT.grant_id(family_id, NONCE) for family_id in range(1, 2_001)]
    assert len({grant[:10] for grant in grants}) == len({grant[-10:] for grant in grants}) == len(grants)


def test_MASK_01_who_knows_all_but_the_key_reads_no_row_number() -> None:
    for row_id in range(1, 500):
        secret, nonce = os.urandom(SECRET_BYTES), os.urandom(NONCE_BYTES)
        value, grant = OTHER.take_apart(MINT.compose(row_id, secret)), OTHER.read_grant_id(MINT.grant_id(row_id, nonce))
        assert value is None or value.row_id > 1 << 20
        assert grant is None or grant[0] > 1 << 20


def test_MASK_01_a_refresh_token_shows_neither_its_family_nor_its_generation() -> None:
    value = RefreshValue(7, NONCE, 3)
    mine, others = KEYS.write(value), RefreshKeys(KEYS.keys, EPOCH, OTHER).write(value)
    assert mine[-29:] == others[-29:]  # the same proof
    assert mine[:30] != others[:30]
    assert RefreshKeys(KEYS.keys, EPOCH, OTHER).read(mine) is None


@pytest.mark.parametrize("spelling", ["{}A", "{}=", " {}", "{}\n", "{}\0"])
def test_a_value_has_one_spelling(spelling: str) -> None:
    assert MINT.take_apart(spelling.format(MINT.compose(7, bytes(range(SECRET_BYTES))))) is None


def test_a_value_without_its_prefix_is_none_of_ours() -> None:
    assert MINT.take_apart(MINT.compose(7, bytes(SECRET_BYTES)), "gla_") is None


def test_a_mint_without_a_whole_key_is_none() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Mint(EPOCH, b"short")


def test_a_refresh_token_is_the_same_for_the_same_generation() -> None:
    value = RefreshValue(5, NONCE, 3)
    assert KEYS.write(value) == KEYS.write(value)
    assert KEYS.read(KEYS.write(value)) == value


def test_a_refresh_token_of_an_older_key_is_read() -> None:
    value = RefreshValue(5, NONCE, 3)
    assert RefreshKeys((b"newer" * 7, *KEYS.keys), EPOCH, MINT).read(KEYS.write(value)) == value


def test_generations_of_one_family_look_unrelated() -> None:
    tokens = [KEYS.write(RefreshValue(5, NONCE, generation)) for generation in range(1, 200)]
    assert len({token[:12] for token in tokens}) == len(tokens)


@pytest.mark.parametrize(("key", "epoch"), [(b"x" * 32, EPOCH), (KEYS.keys[0], b"other epoch")])
def test_FLT_19_a_refresh_token_of_another_key_or_epoch_is_not_ours(key: bytes, epoch: bytes) -> None:
    assert RefreshKeys((key,), epoch, MINT).read(KEYS.write(RefreshValue(5, NONCE, 1))) is None


@given(st.integers(4, 59))
def test_a_changed_refresh_token_is_not_ours(position: int) -> None:
    token = KEYS.write(RefreshValue(5, NONCE, 1))
    changed = token[:position] + ("A" if token[position : position + 1] != "A" else "B") + token[position + 1 :]
    assert changed != token
    assert KEYS.read(changed) is None


def test_what_was_handed_out_before_an_update_is_read_after_it() -> None:
    mint = Mint(EPOCH, bytes(range(32)))
    value, secret = "gla_c3Nzc3Nzc3Nzc3Nzc3MBCgy2H_Fr7P28IKv9eAaI", b"s" * SECRET_BYTES
    assert mint.compose(1_025, secret, "gla_") == value
    assert mint.take_apart(value, "gla_") == (1_025, secret)
    assert mint.grant_id(1_025, b"nonce..8") == "sAAzWQS3oYyLVsWRBMd5ow"
    assert mint.read_grant_id("sAAzWQS3oYyLVsWRBMd5ow") == (1_025, b"nonce..8")
    assert mint.digest("code", secret).hex() == "f4dece13e225c4a4923fefe14f73dc36c5d73bae586de35035ca8ec91c8b3af9"
    assert mint.derive("purpose").hex() == "c2cf5dd1ed5f1d87b6bc2e14b6d1b5c35b8f2999dc4b4aaa70c787fac1857b79"
