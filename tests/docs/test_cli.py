"""docs/cli.md and docs/inspector.md: the commands of an operator, on a server of one's own."""

import json
from pathlib import Path

import pytest
from tests.docs.conftest import Shell
from tests.docs.examples import example


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.run("gatelodge init --issuer http://localhost:8000")
    return shell


def test_registering_a_client_an_api_and_a_person(shell: Shell) -> None:
    made = json.loads(shell.run(example("docs/cli.md", "gatelodge clients add")))
    assert "Changed Web shop" in shell.run(example("docs/cli.md", "gatelodge clients change"))
    assert "Changed Web shop" in shell.run(example("docs/signing-out.md", "gatelodge clients change"))
    assert (made["client_id"], made["client_secret"][:4]) == ("shop", "gls_")
    assert "Orders" in shell.run(example("docs/cli.md", "gatelodge apis add"))

    (shell.folder / "google.txt").write_text("the secret that Google gave\n")
    provider = json.loads(shell.run(example("docs/cli.md", "gatelodge providers add")))
    assert provider["redirect_uri"] == "http://localhost:8000/callback/google"

    (shell.folder / "password.txt").write_text("a long rabbit hole\n")
    assert "ada can sign in" in shell.run(example("docs/cli.md", "gatelodge users add"))
    assert "Changed ada" in shell.run(example("docs/cli.md", "gatelodge users change"))
    assert "ada@example.net" in shell.run("gatelodge users show ada")
    assert "ada is an administrator" in shell.run(example("docs/inspector.md", "gatelodge users grant-admin"))
    assert json.loads(shell.run(example("docs/cli.md", "gatelodge audit list"))) == {"entries": []}
    assert json.loads(shell.run(example("docs/cli.md", "gatelodge outbox list"))) == {"parcels": []}


def test_a_scope_of_ones_own_releases_claims(shell: Shell) -> None:
    groups = {"groups": ["staff", "library"]}
    shell.run(example("docs/cli.md", "gatelodge clients add"))
    assert "employment releases department, level, groups" in shell.run(
        example("docs/custom-claims.md", "gatelodge scopes add")
    )
    assert "Changed Web shop" in shell.run(example("docs/custom-claims.md", "gatelodge clients change"))
    (shell.folder / "password.txt").write_text("a long rabbit hole\n")
    assert "ada can sign in" in shell.run(example("docs/custom-claims.md", "gatelodge users add"))
    claims = json.loads(shell.run("gatelodge users show ada --json"))["claims"]
    assert claims == {"department": "Research", "level": 3, **groups}
    shell.run("gatelodge users change ada --claim level:=4 --claim department=")
    assert json.loads(shell.run("gatelodge users show ada --json"))["claims"] == {**groups, "level": 4}
    shell.run("gatelodge scopes remove employment --yes")
    assert "releases department, level" in shell.run(example("docs/cli.md", "gatelodge scopes add"))


def test_a_key_is_retired(shell: Shell) -> None:
    keys = json.loads(shell.run("gatelodge keys list --json"))["keys"]
    kid = next(key["kid"] for key in keys if key["state"] == "active")
    command = example("docs/cli.md", "gatelodge keys retire").replace("4nDV1bqW...", f"{kid} --yes")
    assert kid[:8] in shell.run(command)


def test_a_new_epoch_and_the_schema(shell: Shell) -> None:
    shell.run(example("docs/cli.md", "gatelodge epoch renew").replace("renew", "renew --yes"))
    assert json.loads(shell.run(example("docs/cli.md", "gatelodge migrate status")))["pending"] == []


def test_people_are_brought_along_and_handed_out(shell: Shell) -> None:
    ada = {"id": "kc-1", "username": "ada", "email": "ada@example.com", "emailVerified": True}
    (shell.folder / "realm.json").write_text(json.dumps({"users": [ada]}))
    assert "1 would come" in shell.run(example("docs/bring-people-along.md", "gatelodge users import realm.json"))
    assert "1 brought along" in shell.run(
        example("docs/bring-people-along.md", "gatelodge users import --apply").replace("--apply", "--apply --yes")
    )
    shell.run(example("docs/bring-people-along.md", "gatelodge users export"))
    assert json.loads((shell.folder / "people.jsonl").read_text())["email_verified"] is True
