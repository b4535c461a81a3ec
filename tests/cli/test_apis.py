"""`gatelodge apis`, from the outside."""

ORDERS = ("apis", "add", "https://api.test/orders", "--json", "--scope", "orders:read=See your orders")


def test_an_api_is_registered_listed_and_removed(gatelodge) -> None:
    added = gatelodge(*ORDERS, "--name", "Orders").json
    assert added == {
        "identifier": "https://api.test/orders",
        "name": "Orders",
        "scopes": {"orders:read": "See your orders"},
        "token_format": "jwt",
        "signing_alg": "ES256",
        "lifetime": 600,
        "introspectors": [],
        "enabled": True,
    }
    assert gatelodge("apis", "list", "--json").json == {"apis": [added]}
    gatelodge("apis", "remove", "https://api.test/orders", "--yes")
    assert gatelodge("apis", "list", "--json").json == {"apis": []}


def test_an_api_is_disabled_and_enabled_again(gatelodge) -> None:
    gatelodge(*ORDERS)
    assert gatelodge("apis", "disable", "https://api.test/orders", "--json").json["enabled"] is False
    assert "disabled" in gatelodge("apis", "list").out
    assert gatelodge("apis", "enable", "https://api.test/orders", "--json").json["enabled"] is True
    assert gatelodge("apis", "disable", "https://no.test", "--json").code == 1


def test_opaque_tokens_rs256_and_a_lifetime_are_choices(gatelodge) -> None:
    added = gatelodge(*ORDERS, "--format", "opaque", "--alg", "RS256", "--lifetime", "60").json
    assert (added["token_format"], added["signing_alg"], added["lifetime"]) == ("opaque", "RS256", 60)


def test_the_lifetime_is_the_setting_unless_it_is_given(gatelodge) -> None:
    assert gatelodge(*ORDERS, env={"GATELODGE_TOKENS_ACCESS_TOKEN_LIFETIME": "77"}).json["lifetime"] == 77


def test_a_scope_without_a_sentence_is_refused(gatelodge) -> None:
    refused = gatelodge("apis", "add", "https://api.test", "--scope", "orders:read", "--json")
    assert refused.code == 1
    assert "needs a sentence" in refused.failure["message"]


def test_an_identifier_that_is_no_uri_is_refused(gatelodge) -> None:
    assert "absolute URI" in gatelodge("apis", "add", "orders", "--json").failure["message"]


def test_an_introspector_must_be_a_client(gatelodge) -> None:
    assert gatelodge(*ORDERS, "--introspector", "nobody").failure["error"] == "not_found"
