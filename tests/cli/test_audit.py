"""`gatelodge audit`, `epoch` and the consents of `users`, from the outside."""

import asyncio
import os
import pwd

import pytest
from tests import consenting
from tests.cli.test_page import SHAPES

from gatelodge.config.policies import DatabasePolicy
from gatelodge.database.engines import open_database
from gatelodge.stores import users

USER = pwd.getpwuid(os.getuid()).pw_name
ADA = ("users", "add", "--json", "--password-stdin", "--username", "ada")


@pytest.fixture
def happened(gatelodge):
    """An account that was made and disabled, and a client."""
    gatelodge(*ADA, stdin="correct horse battery staple")
    gatelodge("clients", "add", "--id", "job", "--name", "Job", "--type", "service")
    gatelodge("users", "disable", "ada")
    return gatelodge


def test_the_trail_is_listed_newest_first(happened) -> None:
    entries = happened("audit", "list", "--json").json["entries"]
    assert [entry["event"] for entry in entries] == ["user_disabled", "client_added", "user_added"]
    whole = {"id", "at", "event", "client_id", "user_id", "username", "request_id", "address", "actor", "detail"}
    assert all(entry.keys() == whole for entry in entries)
    assert (entries[0]["username"], entries[0]["request_id"], entries[0]["address"]) == ("ada", "cli", None)
    assert entries[1]["client_id"] == "job"


def test_the_table_names_people(happened) -> None:
    head, newest, *_ = happened("audit", "list", "--user", "ada", "--since", "1h").out.splitlines()
    assert head.split("\t") == ["when (UTC)", "event", "person", "client", "by", "from", "more"]
    assert newest.split("\t")[1:] == ["user_disabled", "ada", "-", f"operator {USER}", "cli", "-"]


def test_the_trail_says_who_did_it_and_is_narrowed_by_that(happened) -> None:
    assert happened("--as", "Grace (ticket 7)", "users", "enable", "ada").code == 0
    entries = happened("audit", "list", "--json").json["entries"]
    operators = ["Grace (ticket 7)", USER, USER, USER]
    assert [entry["actor"] for entry in entries] == [{"kind": "operator", "name": name} for name in operators]

    def narrowed(by: str) -> list[str]:
        return [entry["event"] for entry in happened("audit", "list", "--json", "--by", by).json["entries"]]

    assert narrowed("operator:Grace (ticket 7)") == ["user_enabled"]
    assert narrowed(f"operator:{USER}") == ["user_disabled", "client_added", "user_added"]
    assert len(narrowed("operator")) == 4
    assert narrowed("person:ada") == narrowed("stranger") == []


@pytest.mark.parametrize(
    ("by", "says"), [("operater", "did you mean operator?"), ("nobody", "person, client, operator")]
)
def test_a_kind_of_actor_that_is_none_is_refused(happened, by: str, says: str) -> None:
    refused = happened("audit", "list", "--by", by, "--json")
    assert (refused.code, refused.failure["error"]) == (1, "refused")
    assert says in refused.failure["message"]


@pytest.mark.parametrize(
    "name", ["", "  ", "a\nb", "\x1b[2J", "x" * 65], ids=["none", "blank", "two", "escape", "long"]
)
def test_whoever_is_at_the_command_line_has_a_printable_name(happened, name: str) -> None:
    refused = happened("--as", name, "users", "enable", "ada", "--json")
    assert (refused.code, refused.failure["error"]) == (2, "usage")


def test_behind_sudo_it_is_who_called_it(gatelodge, monkeypatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 0)
    gatelodge(*ADA, stdin="correct horse battery staple", env={"SUDO_USER": "grace"})
    (entry,) = gatelodge("audit", "list", "--json").json["entries"]
    assert entry["actor"] == {"kind": "operator", "name": "grace"}


@pytest.mark.parametrize("since", ["2099-01-01", "2099-01-01T09:30", "2099-01-01T09:30+02:00"])
def test_a_time_is_read_as_it_is_written(happened, since: str) -> None:
    assert happened("audit", "list", "--since", since, "--json").json["entries"] == []


def test_a_span_counts_back_from_now(happened) -> None:
    assert len(happened("audit", "list", "--since", "1d", "--json").json["entries"]) == 3
    assert happened("audit", "list", "--since", "0m", "--json").code == 0


@pytest.mark.parametrize("since", ["yesterday", "7", "-1d", "7w", "2026-13-01"])
def test_what_is_no_time_is_refused(happened, since: str) -> None:
    refused = happened("audit", "list", "--since", since, "--json")
    assert (refused.code, refused.failure["error"]) == (2, "usage")


def test_nothing_found_is_said(happened) -> None:
    shown = happened("audit", "list", "--client", "nobody")
    assert (shown.code, shown.out) == (0, "")
    assert "no such line" in shown.err


def test_a_person_who_allowed_nothing_has_nothing_to_take_back(happened) -> None:
    assert happened("users", "consents", "ada", "--json").json == {"consents": []}
    refused = happened("users", "withdraw", "ada", "job", "--json")
    assert (refused.code, refused.failure["error"]) == (1, "not_found")


async def allow(client_id: str, *scopes: str) -> None:
    """Allow a client something as Ada does it on the page."""
    db = open_database(DatabasePolicy(url="sqlite:///test.db"))
    await db.start()
    ada = await db.read(users.find_by_login, "ada")
    assert ada is not None
    await db.write(consenting.allow, ada.id, client_id, frozenset(scopes), frozenset(), 1_800_000_000)
    await db.close()


def test_what_a_person_allowed_is_listed_and_taken_back(happened) -> None:
    asyncio.run(allow("job", "openid", "email"))
    (allowed,) = happened("users", "consents", "ADA", "--json").json["consents"]
    assert (allowed["client_id"], allowed["client_name"], allowed["scope"]) == ("job", "Job", "email openid")
    assert allowed.keys() == SHAPES["consents"]["consents"][0].keys()

    assert happened("users", "withdraw", "ada", "job", "--json").json["withdrawn"] is True
    assert happened("users", "consents", "ada", "--json").json == {"consents": []}
    newest = happened("audit", "list", "--event", "consent_withdrawn", "--json").json["entries"]
    assert [(entry["username"], entry["client_id"]) for entry in newest] == [("ada", "job")]
    assert newest[0].keys() == SHAPES["id"].keys()


def test_a_new_epoch_is_begun_and_told(gatelodge) -> None:
    gatelodge("keys", "rotate")
    assert gatelodge("epoch", "renew", "--yes", "--json").json == {"renewed": True}
    assert gatelodge("audit", "list", "--json").json["entries"][0]["event"] == "epoch_renewed"
