"""Scope is a small list of printable names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.scope import MAX_SCOPES, is_scope, parse_scope


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("openid", ("openid",)),
        ("b a", ("b", "a")),
        ("a b a", ("a", "b")),
        ("a A", ("a", "A")),
        (" a  b ", ("a", "b")),
        ("orders:read https://api.test/x!#[]~", ("orders:read", "https://api.test/x!#[]~")),
    ],
)
def test_scopes_are_names_in_the_order_they_came(text: str, names: tuple[str, ...]):
    assert parse_scope(text) == names


@pytest.mark.parametrize(
    "text", ["", " ", 'a"b', "a\\b", "a\tb", "a\nb", "é", "a\x00", " ".join(map(str, range(MAX_SCOPES + 1)))]
)
def test_what_is_no_scope_is_refused(text: str):
    with pytest.raises(OAuthError) as refusal:
        parse_scope(text)
    assert refusal.value.code == "invalid_scope"


def test_there_is_a_most_of_them():
    assert len(parse_scope(" ".join(map(str, range(MAX_SCOPES))))) == MAX_SCOPES


@pytest.mark.parametrize("name", ["a b", "a ", "", 'a"b', "é"])
def test_one_name_is_no_list_of_them_and_holds_nothing_else(name: str):
    assert not is_scope(name)


def test_HTTP_07_a_megabyte_of_scope_is_refused_at_once():
    with pytest.raises(OAuthError):
        parse_scope("a " * 500_000 + "é")


@given(st.text())
def test_whatever_comes_in_is_names_or_refused(text: str):
    try:
        names = parse_scope(text)
    except OAuthError:
        return
    assert names
    assert all(map(is_scope, names))
