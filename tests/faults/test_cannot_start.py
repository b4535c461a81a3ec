"""A server that cannot start says why in one line that names the key, at once, and changes nothing."""

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.server_process import Installation, ends

SOON = 2.0  # seconds of processor time: what another program takes on a busy machine does not count


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path, f"sqlite:///{tmp_path / 'gatelodge.db'}")


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"ISSUER": "http://id.test"}, "GATELODGE_ISSUER"),
        ({"ISSUER": ""}, "server.issuer"),
        ({"DATABASE": "mysql://root@localhost/x"}, "GATELODGE_DATABASE"),
        ({"SECRET_KEY": "short"}, "GATELODGE_SECRET_KEY"),
        ({"TOKENS_CODE_LIFETIME": "a minute"}, "GATELODGE_TOKENS_CODE_LIFETIME"),
        ({"SERVER_WORKERS": "0"}, "GATELODGE_SERVER_WORKERS"),
        ({"SERVER_PROXIES": "everybody"}, "GATELODGE_SERVER_PROXIES"),
        ({"TOKENS_CODE_LIFETMIE": "60"}, "GATELODGE_TOKENS_CODE_LIFETMIE"),
    ],
)
def test_a_configuration_mistake_is_named(installation: Installation, settings: dict[str, str], key: str):
    installation.settings = settings
    ended = ends(installation)
    assert (ended.code, ended.failure["error"], ended.failure["key"]) == (2, "configuration", key)
    assert ended.seconds < SOON
    assert not (installation.folder / "gatelodge.db").exists()


def test_a_file_that_is_not_toml_is_named(installation: Installation):
    (installation.folder / "gatelodge.toml").write_text("[server\n")
    assert "is not TOML" in ends(installation).failure["message"]


def test_a_taken_port_is_named(installation: Installation):
    installation.run("users", "list")
    with socket.create_server(("127.0.0.1", installation.port)):
        ended = ends(installation)
    assert (ended.code, ended.failure["error"]) == (3, "cannot_start")
    assert f"127.0.0.1:{installation.port}" in ended.failure["message"]
    assert "--port" in ended.failure["message"]


def test_a_taken_management_port_is_named(installation: Installation):
    installation.run("users", "list")
    with socket.create_server(("127.0.0.1", installation.management_port)):
        ended = ends(installation)
    assert (ended.code, ended.failure["error"]) == (3, "cannot_start")
    assert f"127.0.0.1:{installation.management_port}" in ended.failure["message"]
    assert "server.management_port" in ended.failure["message"]


def test_a_database_that_is_not_there_is_told(installation: Installation):
    installation.database = "postgresql://nobody@127.0.0.1:9/nothing"
    ended = ends(installation)
    assert (ended.code, ended.failure["error"]) == (3, "unavailable")


def test_FLT_22_a_schema_of_a_newer_release_is_refused(installation: Installation):
    installation.run("users", "list")
    with database(installation) as newer:
        newer.execute(
            "insert into schema_migrations select 9999, name, checksum, applied_at from schema_migrations limit 1"
        )
    ended = ends(installation)
    assert (ended.code, ended.failure["error"]) == (1, "schema")
    assert "newer" in ended.failure["message"]


def test_FLT_25_a_wrong_secret_key_is_refused_and_no_key_is_made(installation: Installation):
    before = installation.run("keys", "rotate")
    installation.settings = {"SECRET_KEY": "x" * 40}
    ended = ends(installation)
    assert (ended.code, ended.failure["key"]) == (2, "keys.secret_key")
    assert installation.run("keys", "list") == before


def test_FLT_25_signing_keys_that_cannot_be_opened_are_refused(installation: Installation):
    installation.run("keys", "rotate")
    with database(installation) as hurt:
        hurt.execute("update signing_keys set sealed = x'00' where alg = 'ES256'")
    ended = ends(installation)
    assert ended.failure["key"] == "keys.secret_key"


def test_FLT_25_signing_keys_that_are_gone_are_not_made_anew(installation: Installation):
    installation.run("keys", "rotate")
    with database(installation) as robbed:
        robbed.execute("delete from signing_keys")
    ended = ends(installation)
    assert (ended.code, ended.failure["error"]) == (1, "refused")
    assert "restore" in ended.failure["message"]
    assert installation.run("keys", "list") == {"keys": []}


def test_FLT_09_a_damaged_file_is_not_served(installation: Installation):
    installation.run("keys", "rotate")
    file = installation.folder / "gatelodge.db"
    with database(installation) as whole:
        whole.execute("pragma wal_checkpoint(truncate)")
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xff" * 4096 * 6)
    ended = ends(installation)
    assert ended.code == 3
    assert "damaged" in ended.failure["message"]


def database(installation: Installation) -> "closing[sqlite3.Connection]":
    """The database as somebody with another program sees it."""
    return closing(sqlite3.connect(installation.folder / "gatelodge.db", isolation_level=None))
