"""JSON from strangers: what is read fast is what the strict parser would have read, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatelodge.protocol import strict_json
from gatelodge.protocol.strict_json import BadJson, read_object

texts = st.text(st.sampled_from('ab:,"{}[]\\ é\u2028'), max_size=6)
numbers = st.integers(-(10**19), 10**19) | st.sampled_from([0, 10**18 - 1, 10**18, 1 - 10**17, -(10**17)])
values = st.recursive(
    st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
pairs = st.lists(st.tuples(st.sampled_from(["a", "b", "iss", 'x"y', "é"]), values), max_size=4)


def written(pairs: list[tuple[str, Any]], space: str, *, ascii_only: bool) -> bytes:
    """A JSON object as somebody may write it, also with a member that comes twice."""
    parts = [f"{json.dumps(name)}{space}:{json.dumps(value, ensure_ascii=ascii_only)}" for name, value in pairs]
    return ("{" + f"{space},".join(parts) + "}").encode("utf-8")


def read(raw: bytes) -> dict[str, Any] | None:
    try:
        return read_object(raw, 10_000)
    except BadJson:
        return None


def read_strictly(raw: bytes) -> dict[str, Any] | None:
    try:
        return strict_json._strict(raw)
    except BadJson:
        return None


@given(pairs, st.sampled_from(["", " ", "\n"]), st.booleans())
@example([("a", "x:"), ("a", 1)], " ", True)
@example([("a", ["b"]), ("a", ["b", "c"])], "", True)
def test_JWT_09_both_ways_to_read_agree(pairs: list[tuple[str, Any]], space: str, ascii_only: bool) -> None:
    raw = written(pairs, space, ascii_only=ascii_only)
    assert repr(read(raw)) == repr(read_strictly(raw))


@pytest.mark.parametrize(
    "raw",
    [
        *(b'{"a":1,"a":2}', b'{"a":"b","a":"b"}', b'{"a" : 1,"b":"\\":","a":2}', b'{"a":{"b":1,"b":2}}'),
        *(b'{"a":[{"b":1,"b":2}]}', b'{"a":1000000000000000000}', b'{"a":-100000000000000000}', b'{"a":NaN}'),
        *(b'{"a":1e999}', b'{"a":01}', b'{"a":1} x', b'["a"]', b'"a"', b"{", b'{"a":"\xff"}', b'{"\\ud800":1}'),
    ],
)
def test_JWT_09_what_is_refused_is_refused_however_it_is_read(raw: bytes) -> None:
    assert read(raw) is None


@pytest.mark.parametrize("raw", [b'{"a":1,"b":"c","d":["e"],"f":true}', b'{ "iss" : "https://id.test:8443" }'])
def test_an_ordinary_token_is_read_fast(raw: bytes) -> None:
    assert strict_json._plain(raw) == read_strictly(raw)


@pytest.mark.parametrize("raw", [b'{"a":"\\u0041"}', '{"a":"é"}'.encode(), b'{"a":"\xff"}'])
def test_what_is_not_written_plainly_is_left_to_the_strict_parser(raw: bytes) -> None:
    assert strict_json._plain(raw) is None


def test_HTTP_07_no_more_is_read_than_is_allowed() -> None:
    assert read_object(b'{"a":1}', 7) == {"a": 1}
    assert read_object(b'{"a":[]}', 8, 2) == {"a": []}
    for most in ((6,), (7, 0)):
        with pytest.raises(BadJson):
            read_object(b'{"a":1}', *most)
    with pytest.raises(BadJson):
        read_object(b'{"a":[]}', 8, 1)
