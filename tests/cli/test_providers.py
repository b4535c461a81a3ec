"""`gatelodge providers`, from the outside."""

from collections.abc import Generator
from pathlib import Path

import pytest
from tests.conftest import FakeClock
from tests.upstream import UpstreamStub, upstream

TENANT = "11111111-1111-1111-1111-111111111111"
GOOGLE = ("providers", "add", "google", "--kind", "google", "--client-id", "g-1", "--json")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret.txt"
    file.write_text("the secret that Google gave\n")
    return file


@pytest.fixture
def stub() -> Generator[UpstreamStub]:
    with upstream(FakeClock()) as served:
        yield served


def test_a_provider_is_added_listed_shown_and_removed(gatelodge, secret) -> None:
    added = gatelodge(*GOOGLE, "--secret-file", str(secret), "--level", "mfa=2").json
    where = added.pop("redirect_uri")
    assert where.endswith("/callback/google")
    assert (added["label"], added["trusts_address"], added["levels"]) == ("Google", True, {"mfa": "2"})
    assert (added["link"], added["new_accounts"]) == ("ask", False)
    assert gatelodge("providers", "list", "--json").json == {"providers": [added]}
    shown = gatelodge("providers", "show", "google")
    assert "the secret" not in shown.out
    assert where in shown.out

    assert gatelodge(*GOOGLE, "--secret-file", str(secret)).failure["error"] == "taken"
    assert gatelodge("providers", "remove", "google", "--yes", "--json").json == {"name": "google", "removed": True}
    assert gatelodge("providers", "show", "google", "--json").failure["error"] == "not_found"


def test_a_provider_is_disabled_and_enabled_again(gatelodge, secret) -> None:
    gatelodge(*GOOGLE, "--secret-file", str(secret))
    assert gatelodge("providers", "disable", "google", "--json").json["enabled"] is False
    assert "disabled" in gatelodge("providers", "list").out
    assert gatelodge("providers", "enable", "google", "--json").json["enabled"] is True
    assert gatelodge("providers", "enable", "no", "--json").code == 1


def test_a_secret_is_never_on_the_command_line(gatelodge, secret) -> None:
    assert "wants a client secret" in gatelodge(*GOOGLE).failure["message"]
    assert gatelodge(*GOOGLE, "--secret-stdin", stdin="from there\n").code == 0
    both = ("--secret-stdin", "--secret-file", str(secret))
    assert gatelodge(*GOOGLE, *both, stdin="x\n").code == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--kind", "entra"), "--tenant ID"),
        (("--kind", "entra", "--tenant", "corp"), "by its id"),
        (("--kind", "oidc"), "--issuer https://"),
        (("--kind", "google", "--level", "mfa=9"), "what it is worth here"),
        (("--kind", "google", "--label", " "), "label is missing"),
        (("--kind", "google", "--scope", "two words"), "a scope is visible"),
        (("--kind", "apple"), "--key-file"),
    ],
)
def test_what_cannot_work_is_refused_in_words(gatelodge, secret, options, says) -> None:
    whole = ("providers", "add", "p", "--client-id", "c", "--secret-file", str(secret), "--json", *options)
    refused = gatelodge(*whole)
    assert refused.code == 1
    assert says in refused.failure["message"]


def test_a_name_is_one_for_addresses(gatelodge, secret) -> None:
    for name in ("Google", "a/b", "../x", "a" * 41):
        whole = (
            "providers",
            "add",
            name,
            "--kind",
            "google",
            "--client-id",
            "c",
            "--secret-file",
            str(secret),
            "--json",
        )
        assert "is in addresses" in gatelodge(*whole).failure["message"]


def test_a_provider_says_what_it_lacks(gatelodge, secret, stub) -> None:
    options = ("--kind", "oidc", "--issuer", stub.issuer, "--client-id", "c", "--secret-file", str(secret))
    gatelodge("providers", "add", "corp", *options)
    assert gatelodge("providers", "test", "corp", "--json").code == 3  # nobody's server asks a machine of its own

    here = {"GATELODGE_ISSUER": "http://localhost:8000"}  # a server on this machine may ask another one on it
    said = gatelodge("providers", "test", "corp", "--json", env=here).json
    assert said["reachable"] is True
    assert any("RFC 9207" in sentence for sentence in said["lacks"])

    stub.metadata = {"issuer": "https://other.test"}
    refused = gatelodge("providers", "test", "corp", "--json", env=here)
    assert refused.code == 1
    assert "https://other.test" in refused.failure["message"]

    stub.answers["/.well-known/openid-configuration"] = (503, b"", "text/plain")
    assert gatelodge("providers", "test", "corp", "--json", env=here).code == 3
