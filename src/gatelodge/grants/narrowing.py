"""Narrowing: an access token carries at most what its authorization granted (RFC 6749 6, RFC 8707 2.2)."""

from gatelodge.grants.award import Grounds
from gatelodge.grants.context import GrantContext
from gatelodge.protocol import rules
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.targets import Target, single


def narrowed(
    context: GrantContext, grounds: Grounds, scope: tuple[str, ...] | None, resource: tuple[str, ...]
) -> tuple[tuple[str, ...], Target]:
    """Return the scope and the target of one access token under an authorization.

    Without `scope` all that was granted is meant, without `resource` the API that was granted; of several, the request
    must say which. What the client is not registered for any more is left out. Raises `OAuthError`: invalid_scope or
    invalid_target for what was not granted, invalid_target also for an API that is gone or disabled, and for its scopes
    in a token that is not for it.
    """
    if scope is not None and not set(scope) <= set(grounds.scope):
        raise OAuthError("invalid_scope", "scope holds one that was not granted", rules.SCOPE_GRANTED)
    if not set(resource) <= set(grounds.resource):
        raise OAuthError("invalid_target", "resource was not granted", rules.TARGET_GRANTED)
    if not set(resource) <= set(context.apis):
        raise OAuthError("invalid_target", "resource is not an API of this server any more", rules.TARGET_KNOWN)
    apis = tuple(context.apis[name] for name in dict.fromkeys(resource or grounds.resource) if name in context.apis)
    wanted = tuple(name for name in scope or grounds.scope if name in context.client.scopes)
    target = single(apis, wanted, context.issuer)
    fitting = tuple(name for name in wanted if _belongs(name, target, context))
    if target.api is None and fitting != wanted:
        raise OAuthError("invalid_target", "scope holds one of an API this token is not for", rules.TARGET_THERE)
    return fitting, target


def _belongs(name: str, target: Target, context: GrantContext) -> bool:
    """Whether a scope says something at this API, or at this server itself: it is its own, or of no API."""
    if name in context.apis.claim_scopes.about_people or (target.api is not None and name in target.api.scopes):
        return True
    return context.apis.owners(name) is None
