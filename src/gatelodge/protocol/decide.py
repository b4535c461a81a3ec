"""What happens next to a request for access: the whole policy, on one screen (OIDC Core 3.1.2.3 and 3.1.2.4)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from gatelodge.protocol import rules
from gatelodge.protocol.access_request import NOBODY, AccessRequest
from gatelodge.protocol.assurance import Levels
from gatelodge.protocol.client import Client
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.progress import ConsentAnswer, Progress, SignedInPerson
from gatelodge.protocol.proof import levels_of
from gatelodge.protocol.targets import scope_of


class PriorConsent(Protocol):
    """What a person allowed a client before; a stored consent is one.

    `resources` are APIs, and the scopes allowed at each (`targets.permission`).
    """

    @property
    def scopes(self) -> Collection[str]: ...
    @property
    def resources(self) -> Collection[str]: ...


@dataclass(frozen=True, slots=True)
class AskSignIn:
    """The person must sign in; `reauthenticate` when they are signed in but must prove it again."""

    reauthenticate: bool = False


@dataclass(frozen=True, slots=True)
class SelectAccount:
    """The person must say which account they mean; `signed_in` is the one at hand."""

    signed_in: SignedInPerson


@dataclass(frozen=True, slots=True)
class StepUp:
    """The person must prove more: a sign-in that reaches one of these `acr` values."""

    acr: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskConsent:
    """The person must be asked: about the scopes in `scope`, and the APIs in `resource` they have not allowed before.

    `remembered` are the scopes of the request that they allowed before and are not asked about.
    """

    signed_in: SignedInPerson
    scope: tuple[str, ...]
    resource: tuple[str, ...]
    remembered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """Nothing is missing: answer for this person with this `scope`, which may be less than was asked."""

    signed_in: SignedInPerson
    scope: tuple[str, ...]
    resource: tuple[str, ...]
    claims_userinfo: tuple[str, ...] = ()
    claims_id_token: tuple[str, ...] = ()


Step = AskSignIn | SelectAccount | StepUp | AskConsent | Issue


def next_step(
    asked: AccessRequest,
    client: Client,
    signed_in: SignedInPerson | None,
    granted: PriorConsent | None,
    progress: Progress,
    reachable_acrs: Collection[str],
    now: int,
) -> Step:
    """Return what is next. `granted` is what the person who is signed in allowed this client before.

    `reachable_acrs` are the levels of assurance they can reach here. Raises `OAuthError` for the client: the person
    refused, or something is missing and `prompt=none` forbids to ask for it.
    """
    if progress.refused:
        raise OAuthError("access_denied", "the person refused", rules.PERSON_REFUSED)
    step = (
        AskSignIn()
        if signed_in is None
        else (
            _identify(asked, signed_in, progress, now)
            or _step_up(asked, client, signed_in, progress, reachable_acrs)
            or _ask_consent(asked, client, signed_in, granted, progress)
            or _issue(asked, signed_in, progress)
        )
    )
    return _without_asking(step) if "none" in asked.prompt else step


def _without_asking(step: Step) -> Issue:
    """Refuse in the words for what the person would have been asked (OIDC Core 3.1.2.6)."""
    match step:
        case Issue():
            return step
        case AskSignIn():
            raise OAuthError("login_required", "the person must sign in", rules.LOGIN_REQUIRED)
        case SelectAccount():
            raise OAuthError("account_selection_required", "the person must pick an account", rules.ACCOUNT_REQUIRED)
        case StepUp():
            raise OAuthError("interaction_required", "the person must prove more", rules.ACR_REACHED)
        case AskConsent():
            raise OAuthError("consent_required", "the person must be asked", rules.CONSENT_REQUIRED)


def _identify(
    asked: AccessRequest, person: SignedInPerson, progress: Progress, now: int
) -> AskSignIn | SelectAccount | None:
    """Whether it is the person who was meant, there now (OIDC Core 3.1.2.3)."""
    fresh = _is_fresh(person, progress)
    if asked.hinted_sub not in (None, NOBODY, person.sub):
        return _ask_for_other(fresh)
    if fresh:
        return None
    if _is_too_old(asked, person, now):
        return AskSignIn(reauthenticate=True)
    if progress.chosen_sub == person.sub or not _must_choose(asked, progress):
        return None
    return AskSignIn() if "none" in asked.prompt else SelectAccount(person)


def _must_choose(asked: AccessRequest, progress: Progress) -> bool:
    """Whether nothing goes on before the person says as whom: the client wants that, its hint says nothing or names
    somebody else, or the same was answered before, and nobody is sent to an application a second time for pressing the
    back button. A `login_hint` that is left names somebody else: see `endpoints/hints.py`."""
    if asked.hinted_sub == NOBODY or "select_account" in asked.prompt or asked.login_hint is not None:
        return True
    return progress.again == "finished" and "none" not in asked.prompt


def _is_fresh(person: SignedInPerson, progress: Progress) -> bool:
    """Whether they signed in for this request. Any other session is none, also if the request came without it.

    No clock is asked, since those of two machines differ. A form that is posted from elsewhere comes without cookies.
    """
    return person.session_id == progress.session_id


def _is_too_old(asked: AccessRequest, person: SignedInPerson, now: int) -> bool:
    """Whether a sign-in from before the request is not enough; `max_age=0` is `prompt=login` (OIDC Core 3.1.2.1)."""
    if "login" in asked.prompt or asked.max_age == 0:
        return True
    return asked.max_age is not None and now - person.auth_time > asked.max_age


def _ask_for_other(fresh: bool) -> AskSignIn:
    """Ask once for the person who was meant; if somebody else comes again, say so (OIDC Core 3.1.2.2)."""
    if fresh:
        raise OAuthError("login_required", "another person signed in than was asked for", rules.LOGIN_REQUIRED)
    return AskSignIn(reauthenticate=True)


def wanted_of(asked: AccessRequest, client: Client) -> Levels:
    """Return how sure it must be who signs in for a request."""
    return Levels(asked.essential_acr, asked.acr_values, client.min_acr)


def _step_up(
    asked: AccessRequest,
    client: Client,
    person: SignedInPerson,
    progress: Progress,
    reachable_acrs: Collection[str],
) -> StepUp | None:
    """An essential `acr` and the client's least one are reached or refused (OpenID Connect Core 5.5.1.1).

    A voluntary one is a wish: who can reach it is asked once, which is what an API's challenge comes to (RFC 9470 5).
    """
    wanted, levels = wanted_of(asked, client), levels_of(person.acr, person.amr.split())
    if not wanted.are_reached(levels):
        if not wanted.are_reached(reachable_acrs):
            raise OAuthError("unmet_authentication_requirements", "no essential acr can be reached", rules.ACR_REACHED)
        return StepUp(tuple(acr for acr in wanted.essential if acr in reachable_acrs) or (wanted.minimum,))
    if "none" in asked.prompt or _is_fresh(person, progress) or any(acr in levels for acr in wanted.wished):
        return None
    within_reach = tuple(acr for acr in wanted.wished if acr in reachable_acrs)
    return StepUp(within_reach) if within_reach else None


def _ask_consent(
    asked: AccessRequest,
    client: Client,
    person: SignedInPerson,
    granted: PriorConsent | None,
    progress: Progress,
) -> AskConsent | None:
    """Ask for every scope and API they have not answered in this interaction or, unless asked again, before."""
    again = "consent" in asked.prompt
    if client.trusted and not again:
        return None
    again = again or _may_be_an_impostor(client)
    answer, remembered = _answer(person, progress), None if again else granted
    wanted = _to_allow(asked)
    settled = {*answer.asked, *(_allowed_before(asked, remembered) if remembered else ())}
    answered = {*answer.resource, *(remembered.resources if remembered else ())}
    scope = tuple(name for name in wanted if name not in settled)
    resource = tuple(name for name in asked.resource if name not in answered)
    if not scope and not resource:
        return None
    return AskConsent(person, scope, resource, tuple(name for name in wanted if name in settled))


def _allowed_before(asked: AccessRequest, granted: PriorConsent) -> frozenset[str]:
    """Return the scopes they allowed, but for those of an API they did not allow them at: names may be shared."""
    elsewhere = {scope_of(one) for one in asked.permissions if one not in granted.resources}
    return frozenset(granted.scopes) - elsewhere


def _may_be_an_impostor(client: Client) -> bool:
    """Whether any program on the person's machine could pose as this client: each time they say that they meant it.

    RFC 8252 8.6: nothing proves a native client, and its redirect URI is there for whoever takes it first.
    """
    return client.type == "native" and client.is_public


def _issue(asked: AccessRequest, person: SignedInPerson, progress: Progress) -> Issue:
    """Answer with all that was asked but what the person left out."""
    answer = _answer(person, progress)
    left_out = frozenset(answer.asked) - frozenset(answer.allowed)
    scope = tuple(name for name in asked.scope if name not in left_out)
    if not scope or ("openid" in asked.scope and "openid" in left_out):
        raise OAuthError("access_denied", "the person allowed nothing that was asked", rules.PERSON_REFUSED)
    return Issue(
        _told(asked, person),
        scope,
        tuple(name for name in asked.resource if name not in answer.left_out),
        _allowed_claims(asked, asked.claims_userinfo, left_out),
        _allowed_claims(asked, asked.claims_id_token, left_out),
    )


def _told(asked: AccessRequest, person: SignedInPerson) -> SignedInPerson:
    """Return the person with the level that is told: of those that were asked for, the first that they reached."""
    levels = levels_of(person.acr, person.amr.split())
    found = next((acr for acr in (*asked.essential_acr, *asked.acr_values) if acr in levels), person.acr)
    return person if found == person.acr else replace(person, acr=found)


def _answer(person: SignedInPerson, progress: Progress) -> ConsentAnswer:
    """Return what this person answered in this interaction: what somebody else answered binds them to nothing."""
    answer = progress.consent
    return answer if answer is not None and answer.sub == person.sub else ConsentAnswer(person.sub, (), ())


def _to_allow(asked: AccessRequest) -> tuple[str, ...]:
    """Return the scopes, and those behind the claims that are asked for one by one (OIDC Core 5.5)."""
    claims = (*asked.claims_userinfo, *asked.claims_id_token)
    if not claims:
        return asked.scope
    behind = asked.claim_scopes.scopes_behind(claims)
    return (*asked.scope, *sorted(behind.difference(asked.scope)))


def _allowed_claims(asked: AccessRequest, names: tuple[str, ...], left_out: frozenset[str]) -> tuple[str, ...]:
    behind = asked.claim_scopes.scopes_behind
    return tuple(name for name in names if left_out.isdisjoint(behind((name,))))
