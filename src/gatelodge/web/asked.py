"""What a client asks for, in the groups and the order in which a person reads it. The words stand in the template."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from gatelodge.protocol.client import Api
from gatelodge.protocol.decide import AskConsent
from gatelodge.protocol.scope import OPENID_SCOPES
from gatelodge.protocol.targets import Apis, scope_of
from gatelodge.stores.users import UserRecord

REQUIRED = "openid"
DETAILS = (REQUIRED, "profile", "email", "phone", "address")
ACCESS = "offline_access"
MAX_LINE = 120  # characters of what a scope would tell
MAX_VALUE = 40  # of one claim of several


@dataclass(frozen=True, slots=True)
class AskedScope:
    """One scope: `value` is what it would tell, as far as it fits a line; `sentence` is what its API says it is, or the
    operator, of one that is `of_person`."""

    name: str
    value: str = ""
    sentence: str = ""
    of_person: bool = False

    @property
    def required(self) -> bool:
        """Whether it cannot be left out: without `openid` there is nothing to answer."""
        return self.name == REQUIRED

    @property
    def icon(self) -> str:
        """The file of its picture."""
        if self.of_person:
            return "icons/identity.svg"
        name = "offline" if self.name == ACCESS else self.name if self.name in OPENID_SCOPES else "api"
        return f"icons/{name}.svg"


@dataclass(frozen=True, slots=True)
class Group:
    """Scopes read together: the person's `details`, one `api`'s (perhaps none), any `other`, or keeping `access`."""

    kind: Literal["details", "api", "other", "access"]
    scopes: tuple[AskedScope, ...]
    api_name: str = ""


def groups(step: AskConsent, resource: Iterable[str], apis: Apis, user: UserRecord) -> tuple[Group, ...]:
    """Return what is asked, each scope once: the person's details, then API by API, then how long.

    `resource` are all APIs of the request: one allowed before may be asked for more. `openid` leads even if it was
    allowed before.
    """
    asked = dict.fromkeys(step.scope)
    details = [name for name in DETAILS if name in asked or (name == REQUIRED and name in step.remembered)]
    own = tuple(_own(asked, apis, user))
    found = [Group("details", (*(AskedScope(name, _told(name, user)) for name in details), *own))]
    shown = {*DETAILS, ACCESS, *(scope.name for scope in own)}
    for api in (apis[identifier] for identifier in resource if identifier in apis):
        mine = [name for name in asked if name in api.scopes and name not in shown]
        shown.update(mine)
        if mine or api.identifier in step.resource:
            scopes = tuple(AskedScope(name, sentence=api.scopes[name] or name) for name in mine)
            found.append(Group("api", scopes, api.name))
    found.append(Group("other", tuple(AskedScope(name, sentence=name) for name in asked if name not in shown)))
    found.append(Group("access", (AskedScope(ACCESS),) if ACCESS in asked else ()))
    return tuple(group for group in found if group.scopes or group.kind == "api")


def allowed_before(step: AskConsent, resource: Iterable[str], apis: Apis) -> tuple[AskedScope, ...]:
    """Return what is part of this request, was allowed before and is not asked again."""
    owners = [apis[identifier] for identifier in resource if identifier in apis]
    sentences = {name: sentence for api in owners for name, sentence in api.scopes.items()}
    sentences |= {name: scope.sentence for name, scope in apis.claim_scopes.custom.items()}
    return tuple(AskedScope(name, sentence=sentences.get(name) or name) for name in step.remembered if name != REQUIRED)


def may_allow(step: AskConsent, ticked: Iterable[str]) -> tuple[str, ...]:
    """Return the asked scopes that are allowed by these ticks: nothing that was not asked, and what is required."""
    kept = frozenset(ticked) | {REQUIRED}
    return tuple(name for name in step.scope if name in kept)


def left_out(step: AskConsent, allowed: Iterable[str], apis: Mapping[str, Api]) -> tuple[str, ...]:
    """Return the APIs among those asked about that these `allowed` scopes leave out: some were asked there, none kept.

    An API of which no scope was asked is allowed or denied with the whole page.
    """
    kept = frozenset(allowed)
    return tuple(name for name in step.resource if name in apis and _none_kept(apis[name], step.scope, kept))


def permissions(asked: Iterable[str], scopes: Collection[str]) -> tuple[str, ...]:
    """Return those of the `asked` scopes at APIs that are among `scopes`."""
    return tuple(one for one in asked if scope_of(one) in scopes)


def _none_kept(api: Api, asked: Iterable[str], kept: frozenset[str]) -> bool:
    mine = frozenset(asked).intersection(api.scopes) - OPENID_SCOPES
    return bool(mine) and mine.isdisjoint(kept)


def _own(asked: Iterable[str], apis: Apis, user: UserRecord) -> Iterator[AskedScope]:
    """Yield the scopes that release claims of the operator's own, with what these say of the person."""
    for scope in (apis.claim_scopes.custom[name] for name in asked if name in apis.claim_scopes.custom):
        values = (_short(_text(_line(user.claims.get(claim))), MAX_VALUE) for claim in scope.claims)
        yield AskedScope(scope.name, _short(", ".join(filter(None, values)), MAX_LINE), scope.sentence, of_person=True)


def _line(value: object) -> str:
    """Return a value in one line, as far as a person can read it: nothing for an object."""
    match value:
        case str() | int() | float() if not isinstance(value, bool):
            return str(value)
        case list():
            return ", ".join(filter(None, map(_line, cast("list[object]", value))))
        case _:
            return ""


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _told(name: str, user: UserRecord) -> str:
    match name:
        case "email":
            return user.email or ""
        case "phone":
            return _text(user.claims.get("phone_number"))
        case "address":
            address = user.claims.get("address")
            return _text(cast("dict[str, Any]", address).get("formatted")) if isinstance(address, dict) else ""
        case _:
            return ""


def _text(value: object) -> str:
    return ", ".join(value.split("\n"))[:MAX_LINE] if isinstance(value, str) else ""
