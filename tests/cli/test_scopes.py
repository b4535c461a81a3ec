"""`gatelodge scopes`, from the outside."""

ADD = ("scopes", "add", "employment", "--claim", "department level", "--sentence", "Where you work", "--json")
ADA = ("users", "add", "--json", "--password-stdin", "--username", "ada", "--claim", "department=Research")
PASSWORD = "correct horse battery staple"


def test_a_scope_is_added_listed_and_removed_and_claims_are_kept_because_of_it(gatelodge) -> None:
    assert gatelodge(*ADA, stdin=PASSWORD).code == 1
    added = gatelodge(*ADD).json
    assert added == {"name": "employment", "claims": ["department", "level"], "sentence": "Where you work"}
    assert gatelodge("scopes", "list", "--json").json == {"scopes": [added]}
    assert "department level" in gatelodge("scopes", "list").out
    assert gatelodge(*ADA, "--claim", "level:=3", stdin=PASSWORD).json["claims"] == {
        "department": "Research",
        "level": 3,
    }
    gone = gatelodge("scopes", "remove", "employment", "--yes", "--json").json
    assert gone == {"name": "employment", "removed": True}
    assert gatelodge("scopes", "remove", "employment", "--yes", "--json").failure["error"] == "not_found"
    assert "gatelodge scopes add" in gatelodge("scopes", "list").err


def test_JWT_17_a_client_puts_a_custom_claim_into_its_id_tokens_once_a_scope_releases_it(gatelodge) -> None:
    client = ("clients", "add", "--name", "Shop", "--type", "web", "--redirect-uri", "https://shop.test/cb", "--json")
    asking = (*client, "--scope", "openid employment", "--id-token-claim", "department")
    assert "id_token_claims" in gatelodge(*asking).failure["message"]
    gatelodge(*ADD)
    assert gatelodge(*asking).json["id_token_claims"] == ["department"]


def test_what_means_something_already_is_refused(gatelodge) -> None:
    gatelodge(*ADD)
    assert gatelodge(*ADD).failure["error"] == "taken"
    for name, claim in ("email", "department"), ("staff", "sub"), ("staff", "email"), ("staff", "level"):
        refused = gatelodge("scopes", "add", name, "--claim", claim, "--sentence", "See", "--json")
        assert (refused.code, gatelodge("scopes", "list", "--json").json["scopes"][1:]) == (1, [])
    api = gatelodge("apis", "add", "https://api.test", "--scope", "employment=See", "--json")
    assert "no API owns it" in api.failure["message"]
