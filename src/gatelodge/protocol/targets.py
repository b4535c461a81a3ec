"""Which API an access token is for: from `resource` (RFC 8707) or, without it, from the scopes."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gatelodge.protocol import rules
from gatelodge.protocol.claim_scopes import STANDARD, ClaimScopes
from gatelodge.protocol.client import Api
from gatelodge.protocol.errors import OAuthError


class Apis(Mapping[str, Api]):
    """The APIs that may be asked for, by identifier, with whose scope is whose worked out once.

    A disabled API cannot be found here, but its scopes stay its own: nobody else gets a token for them meanwhile.
    `claim_scopes` are the scopes that are no API's, since they are about people.
    """

    __slots__ = ("_enabled", "_owners", "claim_scopes")

    def __init__(self, registered: Iterable[Api] = (), claim_scopes: ClaimScopes = STANDARD) -> None:
        self.claim_scopes = claim_scopes
        every = tuple(registered)
        self._enabled = {api.identifier: api for api in every if api.enabled}
        names = {name for api in every for name in api.scopes}
        self._owners = {name: tuple(a for a in self._enabled.values() if name in a.scopes) for name in names}

    def __hash__(self) -> int:
        """One set of APIs is one thing: what was decided with it can be remembered by it."""
        return id(self)

    def __getitem__(self, identifier: str) -> Api:
        return self._enabled[identifier]

    def __iter__(self) -> Iterator[str]:
        return iter(self._enabled)

    def __len__(self) -> int:
        return len(self._enabled)

    def owners(self, name: str) -> tuple[Api, ...] | None:
        """Return the APIs that have this scope and are enabled; `None` if no API ever registered it."""
        return self._owners.get(name)


@dataclass(frozen=True, slots=True)
class Target:
    """What one access token is for: `api`, or `None` for this server alone. `audience` are all in its `aud`."""

    api: Api | None
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one access token may do, and where."""

    scope: tuple[str, ...]
    target: Target


@dataclass(frozen=True, slots=True)
class WantedAccess:
    """What an authorization is asked for: these scopes, at these APIs."""

    scope: tuple[str, ...]
    apis: tuple[Api, ...]

    @property
    def permissions(self) -> tuple[str, ...]:
        """Each of these scopes at each of these APIs that has it."""
        return tuple(permission(api.identifier, name) for api in self.apis for name in self.scope if name in api.scopes)


def permission(identifier: str, scope: str) -> str:
    """Return how one scope at one API is written down. No identifier has a fragment (RFC 8707 2)."""
    return f"{identifier}#{scope}"


def scope_of(permission: str) -> str:
    """Return the scope that `permission` wrote down."""
    return permission.partition("#")[2]


def api_of(permission: str) -> str:
    """Return the identifier of the API that `permission` wrote down."""
    return permission.partition("#")[0]


def resolve(
    scope: tuple[str, ...] | None,
    resource: tuple[str, ...],
    apis: Apis,
    allowed: Collection[str],
    issuer: str,
) -> Resolved:
    """Return what a token request asks for: the same as `understand`, for at most one API.

    Raises `OAuthError` as `understand` does, and (invalid_target) if it is for several APIs.
    """
    wanted = understand(scope, resource, apis, allowed)
    return Resolved(wanted.scope, single(wanted.apis, wanted.scope, issuer))


def single(apis: tuple[Api, ...], scope: Collection[str], issuer: str) -> Target:
    """Return the target of a token for `apis` with `scope`. Raises `OAuthError` (invalid_target) if they are several.

    With `openid` it opens UserInfo as well, so this server is one of those it is for (RFC 9068 4).
    """
    match apis:
        case ():
            return Target(None, (issuer,))
        case (api,) if "openid" in scope and api.identifier != issuer:
            return Target(api, (api.identifier, issuer))
        case (api,):
            return Target(api, (api.identifier,))
        case _:
            raise OAuthError("invalid_target", "a token is for one API: name it with one resource", rules.TARGET_ONE)


def understand(
    scope: tuple[str, ...] | None, resource: tuple[str, ...], apis: Apis, allowed: Collection[str]
) -> WantedAccess:
    """Return the scopes and APIs that are meant.

    `scope` is `None` if none was sent: then all that is `allowed` at the APIs in question. `allowed` is what the client
    may have. Raises `OAuthError`: invalid_target for a `resource` that is no API here; invalid_scope for a scope that
    is unknown, not allowed, not one of the resources', or of more than one API when no `resource` says which.
    """
    named = _named(resource, apis)
    if scope is None:
        scope = _all_allowed(named, allowed) if named else _all_allowed(apis.values(), allowed) + _plain(apis, allowed)
    _check_allowed(scope, allowed)
    names = [name for name in scope if name not in apis.claim_scopes.about_people]
    if named:
        _check_belong(names, named)
        return WantedAccess(scope, named)
    return WantedAccess(scope, _owner(names, apis))


def _named(resource: Iterable[str], apis: Apis) -> tuple[Api, ...]:
    if not resource:
        return ()
    named = tuple(apis.get(identifier) for identifier in dict.fromkeys(resource))
    known = tuple(api for api in named if api is not None)
    if len(known) != len(named):
        raise OAuthError("invalid_target", "resource is not an API of this server", rules.TARGET_KNOWN)
    return known


def _all_allowed(apis: Iterable[Api], allowed: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for api in apis for name in api.scopes if name in allowed))


def _check_allowed(scope: Iterable[str], allowed: Collection[str]) -> None:
    if any(name not in allowed for name in scope):
        raise OAuthError("invalid_scope", "scope holds one this client may not have", rules.SCOPE_ALLOWED)


def _check_belong(names: Iterable[str], apis: Collection[Api]) -> None:
    if any(all(name not in api.scopes for api in apis) for name in names):
        raise OAuthError("invalid_scope", "scope holds one that resource does not have", rules.SCOPE_OF_RESOURCE)


def _plain(apis: Apis, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names no API ever registered: whoever has no APIs registered yet uses scopes all the same, at whatever
    trusts this server; the token is then for this server itself."""
    about_people = apis.claim_scopes.about_people
    return tuple(sorted(name for name in names if apis.owners(name) is None and name not in about_people))


def _owner(names: Iterable[str], apis: Apis) -> tuple[Api, ...]:
    """Return the one API that has all of these scopes any API has, or none. Raises `OAuthError` (invalid_scope)."""
    found = [owners for name in names if (owners := apis.owners(name)) is not None]
    if not found:
        return ()
    shared = tuple(api for api in found[0] if all(api in owners for owners in found[1:]))
    if len(shared) == 1:
        return shared
    raise OAuthError("invalid_scope", "scope fits no single API: say which with resource", rules.SCOPE_ONE_API)
