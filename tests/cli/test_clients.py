"""`gatelodge clients`, from the outside."""

import json
import re

import pytest
from tests.pictures import png

WEB = ("clients", "add", "--name", "Shop", "--type", "web", "--redirect-uri", "https://shop.test/cb", "--json")


def test_a_web_client_is_registered_with_what_is_usual_and_its_secret_is_shown_once(gatelodge) -> None:
    added = gatelodge(*WEB, "--id", "shop").json
    assert added.pop("client_secret").startswith("gls_")
    assert added == gatelodge("clients", "show", "shop", "--json").json
    assert (
        added.items()
        >= {
            "client_id": "shop",
            "client_name": "Shop",
            "type": "web",
            "token_endpoint_auth_method": "client_secret_basic",
            "redirect_uris": ["https://shop.test/cb"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": "email offline_access openid profile",
            "require_pkce": True,
            "enabled": True,
            "secrets": [{"expires_at": None}],
        }.items()
    )


def test_the_secret_is_not_in_the_database(gatelodge, tmp_path) -> None:
    secret = gatelodge(*WEB).json["client_secret"]
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("test.db*"))
    assert secret.encode() not in kept
    assert kept


def test_every_option_of_the_page_is_kept(gatelodge) -> None:
    added = gatelodge(
        *("clients", "add", "--json", "--id", "x", "--name", "X", "--type", "web"),
        *("--redirect-uri", "https://x.test/1", "--redirect-uri", "https://x.test/2"),
        *("--post-logout-redirect-uri", "https://x.test/out"),
        *("--grant", "authorization_code", "--grant", "client_credentials"),
        *("--scope", "openid email", "--scope", "orders:read"),
        *("--auth", "client_secret_post", "--id-token-alg", "ES256", "--trusted", "--no-pkce"),
    ).json
    assert added["redirect_uris"] == ["https://x.test/1", "https://x.test/2"]
    assert added["post_logout_redirect_uris"] == ["https://x.test/out"]
    assert added["grant_types"] == ["authorization_code", "client_credentials"]
    assert added["scope"] == "email openid orders:read"
    assert added["token_endpoint_auth_method"] == "client_secret_post"
    assert added["id_token_signed_response_alg"] == "ES256"
    assert (added["trusted"], added["require_pkce"]) == (True, False)


@pytest.mark.parametrize("kind", ["spa", "native"])
def test_a_public_client_has_no_secret(gatelodge, kind: str) -> None:
    uri = "http://127.0.0.1/cb" if kind == "native" else "https://spa.test/cb"
    added = gatelodge("clients", "add", "--name", "N", "--type", kind, "--redirect-uri", uri, "--json").json
    assert added["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in added


def test_a_service_may_use_client_credentials_and_nothing_else(gatelodge) -> None:
    added = gatelodge("clients", "add", "--name", "Job", "--type", "service", "--scope", "orders:read", "--json").json
    assert (added["grant_types"], added["response_types"], added["redirect_uris"]) == (["client_credentials"], [], [])


def test_keys_come_from_a_file(gatelodge, tmp_path) -> None:
    key = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "kid": "1",
    }
    words = ("clients", "add", "--name", "J", "--type", "service", "--auth", "private_key_jwt", "--json")
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key]}))
    added = gatelodge(*words, "--jwks", "jwks.json").json
    assert added["jwks"] == {"keys": [key]}
    assert "client_secret" not in added
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key | {"d": "x"}]}))
    assert gatelodge(*words, "--jwks", "jwks.json").failure["error"] == "invalid_client_metadata"


REFUSALS = {
    "a script": (("--redirect-uri", "javascript:alert(1)"), "invalid_redirect_uri"),
    "plain http": (("--redirect-uri", "http://shop.test/cb"), "invalid_redirect_uri"),
    "a fragment": (("--redirect-uri", "https://shop.test/cb#x"), "invalid_redirect_uri"),
    "the password grant": (("--grant", "password"), "invalid_client_metadata"),
    "implicit": (("--response-type", "token", "--response-type", "code"), "invalid_client_metadata"),
    "an id that is a URL": (("--id", "https://shop.test/client"), "refused"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_RED_13_policy_speaks_on_the_command_line_too(gatelodge, what: str) -> None:
    words, error = REFUSALS[what]
    refused = gatelodge(*WEB, *words)
    assert refused.code == 1
    assert refused.failure["error"] == error
    assert gatelodge("clients", "list", "--json").json == {"clients": []}


def test_RED_12_a_scheme_without_a_dot_is_refused(gatelodge) -> None:
    words = ("clients", "add", "--name", "N", "--type", "native", "--json", "--redirect-uri")
    assert gatelodge(*words, "myapp:/cb").failure["error"] == "invalid_redirect_uri"
    assert gatelodge(*words, "com.example.app:/cb").json["redirect_uris"] == ["com.example.app:/cb"]


def test_a_legacy_response_type_is_taken_when_the_setting_is_on(gatelodge) -> None:
    env = {"GATELODGE_LEGACY_HYBRID": "on"}
    words = ("--response-type", "id_token code", "--response-type", "code")
    assert gatelodge(*WEB, *words, env=env).json["response_types"] == ["code", "code id_token"]


def test_two_secrets_work_during_a_rotation(gatelodge) -> None:
    first = gatelodge(*WEB, "--id", "shop").json
    rotated = gatelodge("clients", "rotate-secret", "shop", "--overlap", "60", "--json").json
    assert rotated["client_secret"] != first["client_secret"]
    assert [secret["expires_at"] is None for secret in rotated["secrets"]] == [True, False]
    assert len(gatelodge("clients", "rotate-secret", "shop", "--overlap", "0", "--json").json["secrets"]) == 1


def test_a_client_is_stopped_and_let_go_on(gatelodge) -> None:
    gatelodge(*WEB, "--id", "shop")
    assert gatelodge("clients", "disable", "shop", "--json").json["enabled"] is False
    assert gatelodge("clients", "show", "shop", "--json").json["enabled"] is False
    assert gatelodge("clients", "enable", "shop", "--json").json["enabled"] is True


def test_a_removed_client_is_gone(gatelodge) -> None:
    gatelodge(*WEB, "--id", "shop")
    assert gatelodge("clients", "remove", "shop", "--yes", "--json").json == {"client_id": "shop", "removed": True}
    gone = gatelodge("clients", "show", "shop", "--json")
    assert (gone.code, gone.failure["error"]) == (1, "not_found")


def test_an_id_is_given_once(gatelodge) -> None:
    gatelodge(*WEB, "--id", "shop")
    again = gatelodge(*WEB, "--id", "shop")
    assert (again.code, again.failure["error"]) == (1, "taken")


def test_ids_are_made_when_none_is_given(gatelodge) -> None:
    one, other = gatelodge(*WEB).json, gatelodge(*WEB).json
    assert one["client_id"] != other["client_id"]
    assert one["client_id"].startswith("web-")


def test_people_see_the_secret_and_are_told_it_is_the_only_time(gatelodge) -> None:
    said = gatelodge(*WEB[:-1], "--id", "shop").out
    assert "client_id      shop" in said
    assert "gls_" in said
    assert "only time" in said


def test_a_piped_list_is_lines_of_cells(gatelodge) -> None:
    gatelodge(*WEB, "--id", "shop")
    head, row = gatelodge("clients", "list").out.splitlines()
    assert head.split("\t")[0] == "id"
    assert row.split("\t")[:3] == ["shop", "Shop", "web"]


def test_people_read_moments_and_no_python(gatelodge) -> None:
    gatelodge(
        "clients", "add", "--id", "shop", "--name", "Shop", "--type", "web", "--redirect-uri", "https://a.test/cb"
    )
    gatelodge("clients", "rotate-secret", "shop")
    shown = gatelodge("clients", "show", "shop").out
    lines = dict(line.split(maxsplit=1) for line in shown.splitlines() if " " in line)
    assert re.fullmatch(r"without end, until \d{4}-\d\d-\d\d [\d:]+ UTC", lines["secrets"])
    assert lines["client_id_issued_at"].endswith(" UTC")
    assert lines["enabled"] == "yes"


def test_a_client_says_where_its_pages_are_and_they_are_https(gatelodge) -> None:
    pages = {name: f"https://shop.test/{name}" for name in ("client_uri", "policy_uri", "tos_uri")}
    words = [word for name, url in pages.items() for word in (f"--{name.replace('_', '-')}", url)]
    added = gatelodge(*WEB, *words).json
    assert {name: added[name] for name in pages} == pages

    refused = gatelodge(*WEB, "--tos-uri", "javascript:alert(1)")
    assert (refused.code, "tos_uri must be an https URL" in refused.failure["message"]) == (1, True)


def test_a_client_is_changed_and_keeps_its_secret(gatelodge) -> None:
    before = gatelodge(*WEB, "--id", "shop").json

    words = (
        "--redirect-uri",
        "https://shop.test/2",
        "--scope",
        "openid",
        "--client-uri",
        "https://shop.test",
        "--trusted",
    )
    after = gatelodge("clients", "change", "shop", *words, "--json").json

    assert "client_secret" not in after
    assert after == gatelodge("clients", "show", "shop", "--json").json
    del before["client_secret"]
    assert after == before | {
        "redirect_uris": ["https://shop.test/2"],
        "scope": "openid",
        "client_uri": "https://shop.test",
        "trusted": True,
    }
    assert "client_uri" not in gatelodge("clients", "change", "shop", "--client-uri", "", "--json").json


def test_a_change_that_says_nothing_and_one_of_nobody_are_refused(gatelodge) -> None:
    gatelodge(*WEB, "--id", "shop")

    assert gatelodge("clients", "change", "shop", "--json").code == 2
    assert gatelodge("clients", "change", "nobody", "--name", "N", "--json").failure["error"] == "not_found"
    refused = gatelodge("clients", "change", "shop", "--redirect-uri", "javascript:alert(1)", "--json")
    assert refused.failure["error"] == "invalid_redirect_uri"


def test_a_client_that_comes_to_need_a_secret_is_shown_one(gatelodge) -> None:
    gatelodge(*WEB, "--id", "shop", "--auth", "none")

    told = gatelodge("clients", "change", "shop", "--auth", "client_secret_basic", "--json").json

    assert told["client_secret"].startswith("gls_")


@pytest.mark.parametrize(
    ("words", "method", "fixed"),
    [
        ((), "client_secret_basic", False),
        (("--auth", "client_secret"), "client_secret_basic", False),
        (("--auth", "client_secret_post"), "client_secret_post", True),
        (("--auth", "client_secret_basic"), "client_secret_basic", True),
    ],
)
def test_a_secret_is_sent_either_way_unless_one_is_named(gatelodge, words, method: str, fixed: bool) -> None:
    added = gatelodge(*WEB, *words).json
    proof = ("token_endpoint_auth_method", "token_endpoint_auth_method_fixed")
    assert tuple(added[name] for name in proof) == (method, fixed)
    changed = gatelodge("clients", "change", added["client_id"], "--auth", "client_secret", "--json").json
    assert tuple(changed[name] for name in proof) == ("client_secret_basic", False)


def test_claims_of_id_tokens_are_named_and_taken_back(gatelodge) -> None:
    added = gatelodge(*WEB, "--id", "shop", "--id-token-claim", "name email", "--id-token-claim", "picture").json
    assert added["id_token_claims"] == ["email", "name", "picture"]
    assert gatelodge("clients", "change", "shop", "--id-token-claim", "aud", "--json").failure["error"] == (
        "invalid_client_metadata"
    )
    assert gatelodge("clients", "change", "shop", "--id-token-claim", "", "--json").json["id_token_claims"] == []


def test_JWT_18_a_client_whose_sector_cannot_be_asked_is_not_registered_and_not_changed(gatelodge) -> None:
    gatelodge(*WEB, "--id", "shop", "--subject-type", "pairwise")
    there = ("--sector-identifier-uri", "https://127.0.0.1:1/list")
    for words in ((*WEB, "--id", "two"), ("clients", "change", "shop", "--json")):
        refused = gatelodge(*words, *there)
        assert (refused.code, refused.failure["error"]) == (1, "invalid_client_metadata")
    (kept,) = gatelodge("clients", "list", "--json").json["clients"]
    assert (kept["client_id"], kept["subject_type"]) == ("shop", "pairwise")
    assert "sector_identifier_uri" not in kept


def test_a_logo_is_given_as_a_file_and_taken_away(gatelodge, tmp_path) -> None:
    (tmp_path / "orchard.png").write_bytes(png())
    (tmp_path / "orchard.svg").write_bytes(b"<svg/>")
    added = gatelodge(*WEB, "--id", "shop", "--logo", "orchard.png").json
    assert added["logo"].endswith(".png")
    assert "logo_uri" not in added

    refused = gatelodge("clients", "change", "shop", "--logo", "orchard.svg", "--json")
    assert (refused.code, refused.failure["error"]) == (1, "refused")
    assert gatelodge("clients", "show", "shop", "--json").json["logo"] == added["logo"]
    assert "logo" not in gatelodge("clients", "change", "shop", "--logo", "", "--json").json
