"""The account for programs: what each page shows and does, as JSON, for an access token with the scope `account`.

A token is for this server alone, or it is refused: one that an API was handed must not open the account of its person.
Whatever is changed wants a sign-in as recent as a page does; a token whose sign-in is older is told to have another
(RFC 9470). No cookie is read, and no page of another origin may read an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from msgspec import Struct
from msgspec.json import Decoder

from gatelodge.account.contract import AccountPage, AccountVisit, ActDone, ActRefused, ActShown
from gatelodge.account.fresh import RecentProof
from gatelodge.database.places import place_of
from gatelodge.database.tx import Database
from gatelodge.endpoints.failures import HttpRefusal
from gatelodge.endpoints.presented import TokenCallers, scheme_of
from gatelodge.endpoints.request import Request
from gatelodge.ops.refusals import NotThere
from gatelodge.protocol import rules
from gatelodge.protocol.challenge import bearer_reply
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.proof import FEDERATED, TWO
from gatelodge.protocol.reply import Headers, Reply, json_reply
from gatelodge.protocol.scope import ACCOUNT
from gatelodge.sessions.browser import BrowserId
from gatelodge.stores import users
from gatelodge.stores.users import UserRecord
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import RequestRefused
from gatelodge.tokens.own import Live


class _Session(Struct, frozen=True):
    """Of what a token stands on, the session its authorization came of."""

    sid: str = ""


_session = Decoder(_Session).decode


class _TooWeak(OAuthError):
    """The sign-in behind a token is not enough for a change; `wanted` is the level that would be, if it takes more."""

    def __init__(self, description: str, wanted: str = "") -> None:
        super().__init__("insufficient_user_authentication", description, rules.ACCOUNT_FRESH)
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class AccountApi:
    """Answers for the pages that are `in_api`. `issuer` is this server, for which a token must be, and nobody else."""

    issuer: str
    callers: TokenCallers
    db: Database
    recent: RecentProof
    listed: Sequence[AccountPage]

    async def show(self, request: Request) -> Reply:
        """Answer `GET /account/api/{part}` with what the page of that name tells."""
        try:
            page, visit, headers = await self._admit(request)
            return json_reply(await page.told(visit)).with_headers(*headers)
        except OAuthError as error:
            return self._refuse(request, error)

    async def act(self, request: Request) -> Reply:
        """Answer `POST /account/api/{part}/{act}`: do what a form of that page would ask for."""
        try:
            page, visit, headers = await self._admit(request)
            name = request.path_params["act"]
            if name not in page.acts:
                raise _not_there()
            if not visit.proved_lately:
                raise self._lack(visit)
            done = await page.act(await self._acting(request, visit), name)
        except OAuthError as error:
            return self._refuse(request, error)
        except ActRefused as refused:
            return _refused(refused.problem)
        except NotThere:
            raise _not_there() from None
        return _answer(done).with_headers(*headers)

    async def _admit(self, request: Request) -> tuple[AccountPage, AccountVisit, Headers]:
        """Return which page is meant, for whom, and what goes with the answer.

        Raises `OAuthError`, and `HttpRefusal` if there is no such page.
        """
        admitted = await self.callers.admit(request)
        if admitted is None:
            raise OAuthError("invalid_token", "there is no access token", rules.TOKEN_ACTIVE)
        live = admitted.live
        if live.audience != (self.issuer,):
            raise OAuthError("invalid_token", "the access token is not for this server alone", rules.ACCOUNT_AUDIENCE)
        if live.user is None or ACCOUNT not in live.scope:
            raise OAuthError("insufficient_scope", "the access token lacks the scope account", rules.TOKEN_SCOPE)
        page = next((p for p in self.listed if p.in_api and p.name == request.path_params["part"]), None)
        if page is None:
            raise _not_there()
        person, user, origin = _person(live, live.user), live.user, request.origin
        lately = await self.recent.is_given(person)
        visit = AccountVisit(person, user, _program(live), origin, lately, query=request.query, form=request.form)
        return page, visit, admitted.headers

    async def _acting(self, request: Request, visit: AccountVisit) -> AccountVisit:
        """Return a visit that changes something: see `AccountFrame.acting`. Raises `OAuthError`."""
        held = await self.db.at(place_of(visit.user.id)).write(users.hold, visit.user.id)
        if held is None or not await self.callers.still(request):
            raise OAuthError("invalid_token", "the access token is not valid any more", rules.TOKEN_ACTIVE)
        return replace(visit, endings=held.endings)

    def _lack(self, visit: AccountVisit) -> OAuthError:
        """Return what a sign-in lacks for a change."""
        if not self.recent.is_recent(visit.signed_in):
            return _TooWeak("the sign-in behind the access token is too old for a change")
        if FEDERATED in visit.signed_in.amr.split():
            return _TooWeak("the sign-in behind the access token was by none of the account's own factors")
        return _TooWeak("the sign-in behind the access token lacks a second factor, which the account has", TWO)

    def _refuse(self, request: Request, error: OAuthError) -> Reply:
        rule = error.rule.id if error.rule else ""
        event = RequestRefused(error=error.code, rule=rule, endpoint="account_api", reason=error.description)
        emit(event, request.origin)
        scheme = scheme_of(request)
        if isinstance(error, _TooWeak):
            age, wanted = self.recent.lifetime, error.wanted
            return bearer_reply(error, (ACCOUNT,), max_age=age, acr_values=wanted, scheme=scheme)
        return bearer_reply(error, (ACCOUNT,), scheme=scheme)


def _person(live: Live, user: UserRecord) -> SignedInPerson:
    """Return who is behind a token, as its sign-in left them; they are in no browser here."""
    said, sid = live.claims, _session(live.grounds).sid
    amr = " ".join(said.get("amr", ()))
    return SignedInPerson(user.id, user.sub, 0, sid, said.get("auth_time") or 0, amr, said.get("acr") or "")


def _program(live: Live) -> BrowserId:
    """Return what stands for the browser where there is none: one application in one sign-in of one person.

    No browser's name is like it: these have no spaces.
    """
    return BrowserId(f"{live.claims['client_id']} {live.claims.get('grant_id', '')} {live.claims['sub']}", ())


def _answer(done: ActDone | ActShown | Reply) -> Reply:
    match done:
        case Reply():
            return done
        case ActShown():
            return (
                _refused(done.problem) if done.problem else json_reply({"done": "", "signed_out": False, **done.told})
            )
        case ActDone():
            return json_reply({"done": done.told, "signed_out": done.signed_out})


def _refused(problem: str) -> Reply:
    said = {"error": "invalid_request", "error_description": f"the account refused: {problem}"}
    return json_reply({**said, "problem": problem}, 400)


def _not_there() -> HttpRefusal:
    return HttpRefusal(404, "there is no such thing in this account", "not_found")
