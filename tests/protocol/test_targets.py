"""An access token is for one API: the one that `resource` names, or the one its scopes belong to."""

import pytest

from gatelodge.protocol.client import Api
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.targets import Apis, Resolved, Target, WantedAccess, resolve, understand

ISSUER = "https://id.test"
ORDERS = Api("https://orders.test", "Orders", {"orders:read": "See orders", "orders:write": "Change orders"})
STOCK = Api("https://stock.test", "Stock", {"stock:read": "See stock", "status": "See how it is"})
BILLS = Api("https://bills.test", "Bills", {"bills:read": "See bills", "status": "See how it is"})
CLOSED = Api("https://closed.test", "Closed", {"closed:read": "See it"}, enabled=False)
APIS = Apis([ORDERS, STOCK, BILLS, CLOSED])
ALLOWED = frozenset({"openid", "orders:read", "stock:read", "bills:read", "status", "closed:read", "ghost"})


@pytest.mark.parametrize(
    ("scope", "resource", "target"),
    [
        (("openid",), (), Target(None, (ISSUER,))),
        (("openid", "orders:read"), (), Target(ORDERS, (ORDERS.identifier, ISSUER))),
        (("stock:read", "status"), (), Target(STOCK, (STOCK.identifier,))),
        (("status",), (BILLS.identifier,), Target(BILLS, (BILLS.identifier,))),
        (("openid",), (ORDERS.identifier,), Target(ORDERS, (ORDERS.identifier, ISSUER))),
        (("orders:read",), (ORDERS.identifier, ORDERS.identifier), Target(ORDERS, (ORDERS.identifier,))),
        (("ghost",), (), Target(None, (ISSUER,))),  # of no registered API: for the server itself
        (("ghost", "orders:read"), (), Target(ORDERS, (ORDERS.identifier,))),
    ],
)
def test_what_a_token_is_for(scope: tuple[str, ...], resource: tuple[str, ...], target: Target):
    assert resolve(scope, resource, APIS, ALLOWED, ISSUER) == Resolved(scope, target)


@pytest.mark.parametrize(
    ("scope", "resource", "code", "rule"),
    [
        (("orders:read",), ("https://unknown.test",), "invalid_target", "target.known"),
        (("orders:read",), (ORDERS.identifier + "/",), "invalid_target", "target.known"),
        (("closed:read",), (CLOSED.identifier,), "invalid_target", "target.known"),
        (("orders:read", "stock:read"), (ORDERS.identifier, STOCK.identifier), "invalid_target", "target.one"),
        (("orders:read",), (STOCK.identifier,), "invalid_scope", "scope.of_resource"),
        (("orders:read", "stock:read"), (), "invalid_scope", "scope.one_api"),
        (("status",), (), "invalid_scope", "scope.one_api"),
        (("closed:read",), (), "invalid_scope", "scope.one_api"),
        (("ghost",), (ORDERS.identifier,), "invalid_scope", "scope.of_resource"),
        (("orders:write",), (), "invalid_scope", "scope.allowed"),
        (("orders:write",), (ORDERS.identifier,), "invalid_scope", "scope.allowed"),
        (("email",), (), "invalid_scope", "scope.allowed"),
        (None, (), "invalid_scope", "scope.one_api"),
    ],
)
def test_what_no_token_is_for(scope: tuple[str, ...] | None, resource: tuple[str, ...], code: str, rule: str):
    with pytest.raises(OAuthError) as refusal:
        resolve(scope, resource, APIS, ALLOWED, ISSUER)
    assert refusal.value.code == code
    assert refusal.value.rule is not None
    assert refusal.value.rule.id == rule


def test_scopes_of_two_apis_are_told_to_name_the_resource():
    with pytest.raises(OAuthError, match="resource"):
        resolve(("orders:read", "stock:read"), (), APIS, ALLOWED, ISSUER)


@pytest.mark.parametrize(
    ("resource", "allowed", "scope"),
    [
        ((ORDERS.identifier,), ALLOWED, ("orders:read",)),
        ((BILLS.identifier,), ALLOWED, ("bills:read", "status")),
        ((), frozenset({"orders:read", "orders:write"}), ("orders:read", "orders:write")),
        ((), frozenset({"openid", "ghost"}), ("ghost",)),
        ((), frozenset({"openid"}), ()),
        ((), frozenset[str](), ()),
    ],
)
def test_without_scope_it_is_all_that_is_allowed_there(
    resource: tuple[str, ...], allowed: frozenset[str], scope: tuple[str, ...]
):
    assert resolve(None, resource, APIS, allowed, ISSUER).scope == scope


def test_an_authorization_may_be_for_several_apis_by_name():
    resource = (ORDERS.identifier, STOCK.identifier)
    wanted = understand(("openid", "orders:read", "status"), resource, APIS, ALLOWED)

    assert wanted == WantedAccess(("openid", "orders:read", "status"), (ORDERS, STOCK))
