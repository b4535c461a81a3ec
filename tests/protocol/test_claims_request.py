"""The `claims` parameter is a small object of a known form, or refused at once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cost import seconds_of

from gatelodge.protocol.claims_request import ClaimsRequest, read_claims
from gatelodge.protocol.errors import OAuthError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["userinfo", "id_token", "sub", "acr", "values"]), inner)
    ),
)


@pytest.mark.parametrize(
    ("sent", "request_"),
    [
        ({}, ClaimsRequest()),
        ({"unknown": 1}, ClaimsRequest()),
        ({"userinfo": {"name": None, "email": {"essential": True}}}, ClaimsRequest(userinfo=("name", "email"))),
        ({"id_token": {"email": {"value": "a@b.test"}}}, ClaimsRequest(id_token=("email",))),
        ({"id_token": {"sub": {"value": "s1"}}}, ClaimsRequest(id_token=("sub",), sub="s1")),
        ({"userinfo": {"sub": {"value": "s1"}}}, ClaimsRequest(userinfo=("sub",), sub="s1")),
        ({"id_token": {"acr": {"values": ["2", "1"]}}}, ClaimsRequest(id_token=("acr",), acr_values=("2", "1"))),
        (
            {"id_token": {"acr": {"essential": True, "value": "2"}}},
            ClaimsRequest(id_token=("acr",), essential_acr=("2",)),
        ),
        ({"id_token": {"acr": {"essential": True}}}, ClaimsRequest(id_token=("acr",))),
    ],
)
def test_what_is_asked_for(sent: object, request_: ClaimsRequest):
    assert read_claims(json.dumps(sent)) == request_


def test_nothing_is_asked_without_it():
    assert read_claims(None) == ClaimsRequest()


MALFORMED = [
    "",
    "x",
    "{",
    "[]",
    "null",
    '"text"',
    '{"userinfo": []}',
    '{"userinfo": null}',
    '{"userinfo": {"name": true}}',
    '{"userinfo": {"name": []}}',
    '{"userinfo": {"name": {"essential": "true"}}}',
    '{"userinfo": {"name": {"values": "x"}}}',
    '{"id_token": {"acr": {"values": [1]}}}',
    '{"id_token": {"acr": {"value": null}}}',
    '{"id_token": {"sub": {"values": ["a", "b"]}}}',
    '{"id_token": {"sub": {"value": "a"}}, "userinfo": {"sub": {"value": "b"}}}',
    '{"userinfo": {}, "userinfo": {"email": null}}',
    '{"userinfo": {"email": null, "email": null}}',
    '{"userinfo": {"name": {"value": NaN}}}',
    '{"userinfo": {"name": {"value": 1e999}}}',
    '{"userinfo": {"name": {"value": ' + "9" * 5_000 + "}}}",
    '{"userinfo": {"name": {"value": "\\ud800"}}}',
    json.dumps({"userinfo": {f"c{number}": None for number in range(101)}}),
    json.dumps({"id_token": {"acr": {"values": ["1"] * 21}}}),
    "[" * 100_000,
    '{"userinfo":' * 100_000,
    '{"userinfo": "' + "x" * 1_000_000 + '"}',
]


@pytest.mark.parametrize("text", MALFORMED, ids=[f"{text[:30]}-{len(text)}" for text in MALFORMED])
def test_AZ_14_anything_else_is_refused_within_100_ms(text: str):
    def read() -> None:
        with pytest.raises(OAuthError) as refusal:
            read_claims(text)
        assert refusal.value.code == "invalid_request"

    assert seconds_of(read) < 0.1


@given(JSON.map(json.dumps) | st.text())
def test_whatever_comes_in_is_read_or_refused(text: str):
    try:
        read_claims(text)
    except OAuthError:
        return
