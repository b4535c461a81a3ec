"""`gatelodge login` at an issuer inside a private network: an option of that login, remembered with it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.test_login import Machine
from tests.private_network import Private, private_server

WORDS = ("--client-id", "cli", "--scope", "read", "--no-browser", "--json")


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Private]:
    with private_server(tmp_path) as server:
        yield server


@pytest.fixture
def machine(private: Private, tmp_path: Path) -> Machine:
    """A machine that believes the server's certificate."""
    machine = Machine(private.issuer, tmp_path)
    machine.environ["SSL_CERT_FILE"] = os.fspath(private.authority)
    return machine


def test_a_login_is_allowed_a_private_network_and_remembers_it(machine: Machine, private: Private):
    refused = machine("login", "--issuer", private.issuer, *WORDS)
    assert (refused.code, refused.failure["error"]) == (1, "refused")
    assert refused.failure["message"].endswith("in your own network: gatelodge login --allow-private")
    assert private.heard == []

    said = machine("login", "--issuer", private.issuer, "--allow-private", *WORDS)
    assert said.code == 0, said.err
    private.answers["/token"] = (200, private.answers["/token"][1] | {"access_token": "renewed"})
    assert machine("token").out == "a-token\n"
    assert machine("token", "--scope", "read").out == "renewed\n"
    assert machine("logout", "--json").json["revoked"] is True
    assert private.heard[-1] == "/revocation"


def test_each_login_is_allowed_it_anew(machine: Machine, private: Private):
    assert machine("login", "--issuer", private.issuer, "--allow-private", *WORDS).code == 0
    again = machine("login", "--issuer", private.issuer, *WORDS)
    assert "gatelodge login --allow-private" in again.failure["message"]
    assert machine("token", "--scope", "read").code == 0  # the login that was allowed still stands


def test_the_environment_allows_it_beside_the_issuer(machine: Machine, private: Private):
    machine.environ |= {"GATELODGE_ISSUER": private.issuer, "GATELODGE_CLIENT_ID": "cli"}
    words = ("login", "--scope", "read", "--no-browser", "--json")
    assert machine(*words).code == 1
    machine.environ["GATELODGE_ALLOW_PRIVATE"] = "true"
    assert machine(*words).code == 0
    del machine.environ["GATELODGE_ALLOW_PRIVATE"]
    assert machine("token", "--scope", "read").code == 0
