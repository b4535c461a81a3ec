"""Parameters are read strictly, and nothing said twice is ever taken for something said once."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import EMPTY, MAX_FIELDS, MAX_NAME, MAX_VALUE, Params

PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
PAIRS = st.lists(st.tuples(PLAIN.filter(lambda name: len(name.encode()) < 20), PLAIN), max_size=20)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"a=b", "b"),
        (b"a=b+c", "b c"),
        (b"a=b%20c", "b c"),
        (b"a=b%2Bc", "b+c"),
        (b"a=%C3%A9", "é"),
        (b"a=\xc3\xa9", "é"),
        (b"a=%e2%82%AC", "€"),
        (b"a=b=c", "b=c"),
        (b"a=%3D%26", "=&"),
        (b"&&a=b&&", "b"),
        (b"%61=b", "b"),
        (b"b=c", None),
        (b"a=", None),
        (b"a", None),
        (b"", None),
    ],
)
def test_a_value_is_decoded_once_and_empty_means_absent(raw: bytes, value: str | None):
    params = Params.parse(raw)

    assert params.get("a") == value
    assert ("a" in params) is (value is not None)


@pytest.mark.parametrize(
    "raw",
    [
        b"a=%",
        b"a=%4",
        b"a=%zz",
        b"a=%+1",
        b"a=%-1",
        b"a=%u0041",
        b"%=b",
        b"a=%00",
        b"a=\x00",
        b"a=%0d%0aset-cookie",
        b"a=%1b[2J",
        b"a=%7f",
        b"a=b\n",
        b"a\t=b",
        b"a=%ff",
        b"a=\xff",
        b"a=%C3",
        b"a=%C0%80",  # an overlong NUL
        b"a=%ED%A0%80",  # half a surrogate pair
        b"a" * (MAX_NAME + 1) + b"=b",
        b"a=" + b"b" * (MAX_VALUE + 1),
        b"&".join(b"a%d=b" % number for number in range(MAX_FIELDS + 1)),
        b"&" * MAX_FIELDS,
    ],
)
def test_what_is_broken_or_too_much_is_refused(raw: bytes):
    with pytest.raises(OAuthError) as refusal:
        Params.parse(raw)

    assert refusal.value.code == "invalid_request"
    assert refusal.value.rule is not None


def test_the_limits_themselves_are_allowed():
    assert Params.parse(b"a=" + b"b" * MAX_VALUE).get("a") == "b" * MAX_VALUE
    assert Params.parse(b"a" * MAX_NAME + b"=b").get("a" * MAX_NAME) == "b"
    assert len(Params.parse(b"&".join(b"a%d=b" % number for number in range(MAX_FIELDS))).fields) == MAX_FIELDS


@pytest.mark.parametrize("raw", [b"a=1&a=2", b"a=1&a=1", b"a=&a=1", b"a=1&a=", b"a&a", b"a=1&%61=2"])
def test_a_parameter_said_twice_is_never_read(raw: bytes):
    params = Params.parse(raw)

    assert params.repeated == {"a"}
    with pytest.raises(OAuthError, match="a is given more than once"):
        params.get("a")
    with pytest.raises(OAuthError, match="more than once"):
        params.refuse_repeated()


def test_resource_may_repeat_and_is_read_as_a_list():
    params = Params.parse(b"resource=b&resource=&resource=a")

    assert params.all("resource") == ("b", "a")
    assert not params.repeated
    params.refuse_repeated()


def test_AZ_15_a_name_in_query_and_body_is_repeated():
    merged = Params.parse(b"a=1&b=2").merge(Params.parse(b"b=2&c=3"))

    assert merged.repeated == {"b"}
    assert (merged.get("a"), merged.get("c")) == ("1", "3")


def test_merging_with_nothing_changes_nothing():
    params = Params.parse(b"a=1")

    assert params.merge(EMPTY) == params == EMPTY.merge(params)


def test_a_needed_parameter_is_there_or_refused():
    assert Params.parse(b"a=1").need("a") == "1"
    with pytest.raises(OAuthError, match="b is missing"):
        Params.parse(b"a=1").need("b")


def test_a_representation_shows_no_value_and_no_name():
    shown = repr(Params.parse(b"password=wonderland"))

    assert "wonderland" not in shown
    assert "password" not in shown


@given(PAIRS)
def test_what_is_written_is_read_back_the_same(pairs: list[tuple[str, str]]):
    params = Params.of(pairs)

    assert Params.parse(params.encoded().encode()) == params
    assert Params.parse(urlencode(list(params)).encode()) == params


@given(PAIRS)
def test_no_value_is_ever_lost(pairs: list[tuple[str, str]]):
    params = Params.of(pairs)

    assert sorted(params) == sorted(pairs)
    assert params.repeated == {name for name, _ in pairs if [n for n, _ in pairs].count(name) > 1} - {"resource"}


@given(st.binary(max_size=200) | st.lists(st.sampled_from([b"%", b"a", b"=", b"&", b"+", b"0", b"\xc3"])).map(b"".join))
def test_whatever_comes_in_is_read_or_refused(raw: bytes):
    try:
        params = Params.parse(raw)
    except OAuthError:
        return
    assert all(ord(character) >= 0x20 for pair in params for character in "".join(pair))
