"""`gatelodge outbox`: what waits is listed, tried again and forgotten, and what it says is never shown."""

from tests.cli.conftest import Gatelodge

MAIL = {"GATELODGE_MAIL_URL": "smtp://127.0.0.1:9", "GATELODGE_MAIL_SENDER": "id@example.com"}


def people(gatelodge: Gatelodge) -> None:
    added = gatelodge(
        "users",
        "add",
        "--username",
        "ada",
        "--email",
        "ada@example.org",
        "--password-stdin",
        stdin="four old bicycles in the rain",
        env=MAIL,
    )
    assert added.code == 0, added.err
    assert gatelodge("users", "disable", "ada", env=MAIL).code == 0


def test_what_an_operator_changes_waits_to_be_told(gatelodge: Gatelodge) -> None:
    people(gatelodge)

    (parcel,) = gatelodge("outbox", "list", "--json").json["parcels"]

    assert (parcel["recipient"], parcel["template"], parcel["state"]) == (
        "ada@example.org",
        "account_disabled",
        "waits",
    )
    assert "payload" not in parcel
    assert "account_disabled" in gatelodge("outbox", "list").out


def test_it_is_tried_again_and_forgotten(gatelodge: Gatelodge) -> None:
    people(gatelodge)
    (parcel,) = gatelodge("outbox", "list", "--json").json["parcels"]
    number = str(parcel["parcel"])

    assert gatelodge("outbox", "retry", number, "--json").json["state"] == "waits"
    assert gatelodge("outbox", "drop", number, "--yes", "--json").json == {"parcel": parcel["parcel"], "dropped": True}
    assert gatelodge("outbox", "list", "--json").json == {"parcels": []}
    assert gatelodge("outbox", "retry", number, "--json").failure["error"] == "not_found"
    assert gatelodge("outbox", "drop", "-1", "--yes", "--json").code in (1, 2)
    events = [entry["event"] for entry in gatelodge("audit", "list", "--json").json["entries"]]
    assert events[:2] == ["parcel_dropped", "parcel_retried"]


def test_without_mail_nobody_is_told(gatelodge: Gatelodge) -> None:
    added = gatelodge(
        "users",
        "add",
        "--username",
        "ada",
        "--email",
        "a@ex.org",
        "--password-stdin",
        stdin="four old bicycles in the rain",
    )
    assert added.code == 0
    assert gatelodge("users", "disable", "ada").code == 0

    assert gatelodge("outbox", "list", "--json").json == {"parcels": []}


def test_mail_that_cannot_be_configured_so_is_refused_in_one_line(gatelodge: Gatelodge) -> None:
    for url, sender, key in (
        ("http://mail.example.com", "id@example.com", "mail.url"),
        ("smtp://", "id@example.com", "mail.url"),
        ("smtp://me@mail.example.com", "id@example.com", "mail.url"),
        ("smtp://mail.example.com/path", "id@example.com", "mail.url"),
        ("file:letters", "id@example.com", "mail.url"),
        ("smtp://mail.example.com", "", "mail.sender"),
        ("smtp://mail.example.com", "nobody", "mail.sender"),
        ("smtp://mail.example.com", "Example <id@example.com", "mail.sender"),
    ):
        said = gatelodge("users", "list", "--json", env={"GATELODGE_MAIL_URL": url, "GATELODGE_MAIL_SENDER": sender})
        assert said.code == 2, (url, sender, said)
        assert said.failure["key"] in (key, "GATELODGE_" + key.upper().replace(".", "_"))


def test_an_invitation_is_sent_once_and_to_nobody_who_is_there(gatelodge: Gatelodge) -> None:
    people(gatelodge)
    assert gatelodge("users", "invite", "--email", "Grace@Example.com", "--json", env=MAIL).json["email"] == (
        "grace@example.com"
    )
    letters = [one["template"] for one in gatelodge("outbox", "list", "--json").json["parcels"]]
    assert sorted(letters) == ["account_disabled", "invitation"]
    assert gatelodge("users", "invite", "--email", "ada@example.org", "--json", env=MAIL).failure["error"] == "taken"
    assert gatelodge("users", "invite", "--email", "nobody", "--json", env=MAIL).failure["error"] == "refused"
    assert "no mail" in gatelodge("users", "invite", "--email", "x@ex.org", "--json").failure["message"]


def test_an_operator_begins_a_recovery_that_waits(gatelodge) -> None:
    known = ("--username", "ada", "--email", "ada@example.org", "--email-verified")
    gatelodge("users", "add", *known, "--password-stdin", stdin="correct horse battery staple")

    assert "no mail" in gatelodge("users", "recover", "ada", "--json").failure["message"]
    assert gatelodge("users", "recover", "eve", "--json", env=MAIL).failure["error"] == "not_found"
    begun = gatelodge("users", "recover", "ada", "--json", env=MAIL).json
    assert begun["login"] == "ada"
    parcels = gatelodge("outbox", "list", "--json").json["parcels"]
    assert sorted(parcel["template"] for parcel in parcels) == ["recovery_begun", "recovery_begun", "recovery_due"]
    for parcel in gatelodge("outbox", "list", "--json").json["parcels"]:
        early = gatelodge("outbox", "retry", str(parcel["parcel"]), "--json")
        assert early.code == (1 if parcel["since"] > begun["due_at"] - 86_400 else 0), "nothing is sent before its time"
        assert "waits for its time" in (early.failure["message"] if early.code else "waits for its time")
    assert "waits already" in gatelodge("users", "recover", "ada", "--json", env=MAIL).failure["message"]

    gatelodge("users", "disable", "ada")
    left = gatelodge("outbox", "list", "--json").json["parcels"]
    assert sorted(parcel["template"] for parcel in left) == ["recovery_begun"], "what waited for its time is gone"
    assert "disabled" in gatelodge("users", "recover", "ada", "--json", env=MAIL).failure["message"]
    gatelodge("users", "enable", "ada")
    gatelodge("users", "grant-admin", "ada")
    assert "recovery_delay" in gatelodge("users", "recover", "ada", "--json", env=MAIL).failure["message"]
