"""Which client a program is: the first place that names one, taken whole."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import pytest

from gatelodge.client import CredentialsMissing, ProfileRefused, credentials
from gatelodge.client.credentials import Credentials, find


class Named(TypedDict):
    """A client, in arguments."""

    issuer: str
    client_id: str
    client_secret: str


ARGUMENTS: Named = {"issuer": "https://argument.test", "client_id": "argument", "client_secret": "argument-secret"}
ENVIRON = {
    "GATELODGE_ISSUER": "https://environ.test",
    "GATELODGE_CLIENT_ID": "environ",
    "GATELODGE_CLIENT_SECRET": "environ-secret",
}
PROFILES = """
[default]
issuer = "https://profile.test"
client_id = "profile"
client_secret = "profile-secret"

[other]
issuer = "https://other.test"
client_id = "other"
"""

Write = Callable[[str], dict[str, str]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a profile file as it should be, and return the environment that leads to it."""

    def write(text: str) -> dict[str, str]:
        file = tmp_path / "gatelodge" / "profiles.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o600)
        return {"XDG_CONFIG_HOME": str(tmp_path)}

    return write


def test_arguments_come_first(write: Write):
    found = find(**ARGUMENTS, environ=write(PROFILES) | ENVIRON)
    assert found == Credentials("https://argument.test", "argument", "argument-secret")


def test_then_the_environment(write: Write):
    found = find(environ=write(PROFILES) | ENVIRON)
    assert found == Credentials("https://environ.test", "environ", "environ-secret")


def test_then_the_profile_file(write: Write):
    assert find(environ=write(PROFILES)) == Credentials("https://profile.test", "profile", "profile-secret")


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_a_profile_is_chosen_by_name(write: Write, how: str):
    environ = write(PROFILES)
    if how == "environment":
        assert find(environ=environ | {"GATELODGE_PROFILE": "other"}).client_id == "other"
    else:
        assert find(profile="other", environ=environ | ENVIRON) == Credentials("https://other.test", "other")


def test_a_secret_never_goes_with_the_issuer_of_another_place(write: Write):
    environ = write(PROFILES) | ENVIRON
    with pytest.raises(CredentialsMissing, match="no issuer"):
        find(client_id="argument", client_secret="argument-secret", environ=environ)
    with pytest.raises(CredentialsMissing):
        find(issuer="https://evil.test", environ=environ)
    assert find(issuer="https://profile.test", environ=environ).client_secret == "profile-secret"
    without = {name: value for name, value in ENVIRON.items() if name != "GATELODGE_ISSUER"}
    with pytest.raises(CredentialsMissing, match="no issuer"):
        find(environ=write(PROFILES) | without)


def test_a_client_without_a_secret_takes_none_from_elsewhere(write: Write):
    found = find(issuer="https://argument.test", client_id="argument", environ=write(PROFILES) | ENVIRON)
    assert found.client_secret is None


def test_a_private_network_is_allowed_to_the_issuer_of_the_same_place_only(write: Write):
    allowing = {"GATELODGE_ALLOW_PRIVATE": "true"}
    profile = f"{PROFILES}allow_private = true\n"
    assert find(environ=write(PROFILES) | ENVIRON | allowing).allow_private
    assert find(profile="other", environ=write(profile)).allow_private
    assert not find(environ=write(profile) | ENVIRON).allow_private
    assert not find(environ=write(PROFILES) | allowing).allow_private
    assert not find(**ARGUMENTS, environ=write(profile) | ENVIRON | allowing).allow_private
    for environ in (write(PROFILES), ENVIRON):
        assert not find(environ=environ).allow_private
        assert find(allow_private=True, environ=environ).allow_private
    assert find(**ARGUMENTS, allow_private=True, environ={}).allow_private


def test_the_environment_says_true_or_false(write: Write):
    for said in ("TRUE", "1"):
        assert find(environ=ENVIRON | {"GATELODGE_ALLOW_PRIVATE": said}).allow_private
    with pytest.raises(ProfileRefused, match="GATELODGE_ALLOW_PRIVATE must be true or false"):
        find(environ=ENVIRON | {"GATELODGE_ALLOW_PRIVATE": "perhaps"})


def test_a_secret_may_be_in_a_file(write: Write, tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text("from-a-file\n")
    environ = ENVIRON | {"GATELODGE_CLIENT_SECRET_FILE": str(file)}
    assert find(environ=environ).client_secret == "from-a-file"
    profile = f'[default]\nissuer = "https://p.test"\nclient_id = "p"\nclient_secret_file = "{file}"\n'
    assert find(environ=write(profile)).client_secret == "from-a-file"
    with pytest.raises(CredentialsMissing, match="cannot be read"):
        find(environ=ENVIRON | {"GATELODGE_CLIENT_SECRET_FILE": str(tmp_path / "nothing")})


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o601])
def test_a_profile_file_that_others_can_read_is_refused(write: Write, tmp_path: Path, mode: int):
    environ = write(PROFILES)
    (tmp_path / "gatelodge" / "profiles.toml").chmod(mode)
    with pytest.raises(ProfileRefused, match="chmod 600"):
        find(environ=environ)


@pytest.mark.skipif(os.geteuid() != 0, reason="NO ROOT: a file of somebody else was not tried")
def test_a_profile_file_of_somebody_else_is_refused(write: Write, tmp_path: Path):
    environ = write(PROFILES)
    os.chown(tmp_path / "gatelodge" / "profiles.toml", 12345, 12345)
    with pytest.raises(ProfileRefused, match="others"):
        find(environ=environ)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("[default", ProfileRefused),
        ("default = 7", ProfileRefused),
        ('[default]\nissuer = "https://p.test"\nclient_id = 7', ProfileRefused),
        ('[default]\nissuer = "https://p.test"\nclient_id = "p"\nclient_secert = "typo"', ProfileRefused),
        ('[default]\nissuer = "https://p.test"', CredentialsMissing),
        ('[default]\nclient_id = "p"', CredentialsMissing),
        ('[default]\nissuer = "https://p.test"\nclient_id = "p"\nallow_private = "true"', ProfileRefused),
        ("[another]", CredentialsMissing),
        ("# " + "a" * 70_000, ProfileRefused),
        ("\x00", ProfileRefused),
    ],
)
def test_a_profile_file_that_says_nothing_usable_is_refused(write: Write, text: str, refusal: type[Exception]):
    with pytest.raises(refusal):
        find(environ=write(text))


def test_nobody_named_a_client(tmp_path: Path):
    with pytest.raises(CredentialsMissing, match="GATELODGE_CLIENT_ID"):
        find(environ={"XDG_CONFIG_HOME": str(tmp_path)})


def test_no_refusal_and_no_repr_shows_a_secret(write: Write):
    found = find(**ARGUMENTS, environ={})
    assert "argument-secret" not in repr(found)
    with pytest.raises(ProfileRefused) as refused:
        find(environ=write('[default]\nclient_secret = "hush-hush"\nissuer = 7'))
    assert "hush-hush" not in str(refused.value)


def test_the_default_is_ready_to_be_used(monkeypatch: pytest.MonkeyPatch):
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    auth = credentials.default(resource="https://api.test/orders", scope="orders:read")
    assert auth.requires_request_body is False
    assert "environ-secret" not in repr(vars(auth.tokens))
