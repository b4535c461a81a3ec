"""`gatelodge users`, from the outside."""

import pytest

ADA = ("users", "add", "--json", "--password-stdin", "--username", "Ada", "--email", "Ada@Example.com")
PASSWORD = "correct horse battery staple"


def test_an_account_is_made_with_canonical_names_and_claims(gatelodge) -> None:
    words = ("--name", "Ada Lovelace", "--claim", "locale=en-GB", "--claim", "address.locality=London")
    added = gatelodge(*ADA, *words, stdin=f"{PASSWORD}\n").json
    assert (
        added.items()
        >= {
            "username": "ada",
            "email": "ada@example.com",
            "email_verified": False,
            "name": "Ada Lovelace",
            "claims": {"locale": "en-GB", "address": {"formatted": "London", "locality": "London"}},
            "enabled": True,
            "admin": False,
        }.items()
    )
    assert len(added["sub"]) == 22
    assert gatelodge("users", "list", "--json").json == {"users": [added]}


def test_the_password_is_in_no_file(gatelodge, tmp_path) -> None:
    gatelodge(*ADA, stdin=PASSWORD)
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("test.db*"))
    assert b"$argon2id$" in kept
    assert PASSWORD.encode() not in kept


REFUSED = {
    "a short password": ((), "short", 1, "at least 15 characters"),
    "no password": ((), "", 1, "at least 15 characters"),
    "an endless password": ((), "x" * 2000, 1, "at most 128 characters"),
    "a common password": ((), "aaaaaaaaaaaaaaaaaaaaaa", 1, "easy to guess"),
    "a name as password": ((), "ada@example.com Ada", 1, "name of the person"),
    "an unknown claim": (("--claim", "shoe_size=42"), PASSWORD, 1, "no scope releases it"),
    "a claim of the protocol": (("--claim", "sub=admin"), PASSWORD, 1, "said by the protocol"),
    "an address without @": (("--email", "nowhere"), PASSWORD, 1, "@"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_and_nothing_is_made(gatelodge, what: str) -> None:
    words, stdin, code, says = REFUSED[what]
    refused = gatelodge(*ADA, *words, stdin=stdin)
    assert refused.code == code
    assert says in refused.failure["message"]
    assert gatelodge("users", "list", "--json").json == {"users": []}


def test_a_password_is_not_taken_from_a_pipe_unless_it_is_said(gatelodge) -> None:
    refused = gatelodge("users", "add", "--username", "ada", "--json", stdin=PASSWORD)
    assert refused.code == 2
    assert "--password-stdin" in refused.failure["message"]


def test_a_name_is_given_once_however_it_is_written(gatelodge) -> None:
    gatelodge(*ADA, stdin=PASSWORD)
    again = gatelodge("users", "add", "--username", "ADA", "--password-stdin", "--json", stdin=PASSWORD)
    assert (again.code, again.failure["error"]) == (1, "taken")


def test_an_account_is_found_by_either_name(gatelodge) -> None:
    gatelodge(*ADA, stdin=PASSWORD)
    assert gatelodge("users", "disable", "ADA@example.com", "--json").json["enabled"] is False
    assert gatelodge("users", "enable", "Ada", "--json").json["enabled"] is True


def test_an_administrator_is_made_and_shown_and_no_more_one(gatelodge) -> None:
    gatelodge(*ADA, stdin=PASSWORD)
    assert gatelodge("users", "list").out.endswith("\tenabled\t-\n")
    assert "ada is an administrator" in gatelodge("users", "grant-admin", "ADA@example.com").out
    assert gatelodge("users", "list").out.endswith("\tenabled\tadmin\n")
    assert gatelodge("users", "list", "--json").json["users"][0]["admin"] is True
    assert gatelodge("users", "revoke-admin", "ada", "--json").json["admin"] is False
    told = gatelodge("audit", "list", "--user", "ada", "--json").json
    assert {"admin_granted", "admin_revoked"} <= {line["event"] for line in told["entries"]}


def test_who_has_no_second_factor_has_none_to_lose(gatelodge) -> None:
    gatelodge(*ADA, stdin=PASSWORD)

    assert gatelodge("users", "reset-second-factor", "ada", "--json").failure["error"] == "not_found"


def test_nobody_is_an_administrator_who_is_not_there(gatelodge) -> None:
    assert gatelodge("users", "grant-admin", "eve", "--json").failure["error"] == "not_found"


def test_a_new_password_is_set(gatelodge, tmp_path) -> None:
    gatelodge(*ADA, stdin=PASSWORD)
    said = gatelodge("users", "set-password", "ada", "--password-stdin", stdin="another horse on the quiet river")
    assert said.code == 0
    assert "sessions and tokens ended" in said.out


def test_an_account_is_removed(gatelodge) -> None:
    gatelodge(*ADA, stdin=PASSWORD)
    assert gatelodge("users", "remove", "ada", "--yes", "--json").json == {"username": "ada", "removed": True}
    assert gatelodge("users", "remove", "ada", "--yes", "--json").failure["error"] == "not_found"


def test_people_are_judged_brought_along_and_handed_out(gatelodge, tmp_path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text('{"sub": "s1", "username": "ada"}\n{"sub": "s2"}\n')
    judged = gatelodge("users", "import", str(file))
    assert "2 rows: 1 would come, 0 here already, 1 refused" in judged.out
    assert "row 2: (no name) has no sub or no username" in judged.out
    assert "Nothing was changed" in judged.out
    assert gatelodge("users", "list", "--json").json["users"] == []
    assert gatelodge("users", "import", str(file), "--apply").code == 2  # nobody there to say yes
    done = gatelodge("users", "import", str(file), "--apply", "--yes", "--json").json
    assert (done["applied"], done["new"], done["refused"][0]["row"]) == (True, 1, 2)
    out = gatelodge("users", "export", str(tmp_path / "out.jsonl"), "--json").json
    assert out["people"] == 1
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o777 == 0o600
    assert gatelodge("users", "export", str(tmp_path / "out.jsonl")).code == 1
    assert '"username": "ada"' in gatelodge("users", "export", "-").out


def test_second_factors_come_along_and_go_out_again(gatelodge, tmp_path) -> None:
    file, out = tmp_path / "people.jsonl", tmp_path / "out.jsonl"
    file.write_text('{"sub": "s1", "username": "ada", "totp_secret": "GATE LODG EDEM OBOB"}\n')
    refused = gatelodge("users", "import", str(file), "--passkeys-of", "elsewhere.test")
    assert (refused.code, "works nowhere else" in refused.err) == (1, True)
    done = gatelodge("users", "import", str(file), "--apply", "--yes", "--json").json
    assert (done["authenticator_apps"], done["passkeys"], done["factors_left_behind"]) == (1, 0, 0)
    gatelodge("users", "export", str(out), "--second-factors")
    assert '"totp_secret": "GATELODGEDEMOBOB"' in out.read_text()
    assert "totp_secret" not in gatelodge("users", "export", "-").out


def test_a_password_from_elsewhere_signs_in_and_is_then_ours(gatelodge, tmp_path) -> None:
    assert gatelodge("users", "import", str(tmp_path / "none")).code == 2
    file = tmp_path / "firebase.json"
    file.write_text('{"users": []}')
    refused = gatelodge("users", "import", str(file), "--from", "firebase")
    assert refused.code == 1
    assert "--hash-config does not say base64_signer_key" in refused.err


def test_what_is_known_of_a_person_is_changed_and_shown(gatelodge) -> None:
    gatelodge(*ADA, stdin=PASSWORD)
    words = ("--email", "ada@example.net", "--email-verified", "--name", "Ada King", "--claim", "locale=fr")
    changed = gatelodge("users", "change", "ADA", *words, "--claim", "address.locality=Paris", "--json").json
    assert gatelodge("users", "show", "ada@example.net", "--json").json == changed
    told = {"locale": "fr", "address": {"formatted": "Paris", "locality": "Paris"}}
    assert (changed["email"], changed["email_verified"], changed["name"]) == ("ada@example.net", True, "Ada King")
    assert changed["claims"] == told
    shown = gatelodge("users", "show", "ada").out
    assert "Ada King" in shown
    assert '{"formatted":"Paris","locality":"Paris"}' in shown
    assert gatelodge("users", "change", "ada", "--name", "", "--claim", "locale=", "--json").json["name"] is None
    entry = gatelodge("audit", "list", "--user", "ada", "--event", "user_changed", "--limit", "1", "--json").json
    assert entry["entries"][0]["detail"] == {"what": "name locale"}


def test_a_change_says_what_and_is_refused_for_what_cannot_be(gatelodge) -> None:
    gatelodge(*ADA, stdin=PASSWORD)
    before = gatelodge("users", "show", "ada", "--json").json
    assert gatelodge("users", "change", "ada", "--json").code == 2
    for words, code, says in (
        (("ada", "--email", "nowhere"), 1, "mail can be sent to"),
        (("ada", "--claim", "shoe_size=42"), 1, "no scope releases it"),
        (("ada", "--claim", "zoneinfo=Mars/Olympus"), 1, "Europe/Paris"),
        (("nobody", "--name", "x"), 1, "there is no user"),
    ):
        refused = gatelodge("users", "change", *words, "--json")
        assert (refused.code, says in refused.failure["message"]) == (code, True)
    assert gatelodge("users", "show", "ada", "--json").json == before
