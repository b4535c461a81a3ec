"""GitHub, which speaks OAuth and no OpenID Connect: who came is asked of its API with the token.

A person is the number `id`: a login may be given up and taken by somebody else. Their address is the one that is
`primary` and `verified`.
"""

from collections.abc import Sequence
from typing import Any, cast

from gatelodge.authn.federation.contract import (
    Arrival,
    Errand,
    ProviderKind,
    ProviderUnusable,
    Upstream,
    UpstreamFailed,
    UpstreamLine,
    UpstreamLogout,
)
from gatelodge.authn.federation.failing import upstream_failures
from gatelodge.client.errors import LogoutTokenRejected, UnexpectedAnswer
from gatelodge.client.messages import tokens
from gatelodge.client.messages.authorization import (
    Authorization,
    Transaction,
    Wanted,
    authorization_url,
    begin_authorization,
)
from gatelodge.client.messages.callback import read_callback
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.registration import ClientConfig, SecretPost
from gatelodge.client.sending.http import HttpRequest, HttpResponse, json_object, refuse_outage
from gatelodge.protocol import rules
from gatelodge.protocol.params import Params
from gatelodge.protocol.provider import Provider, UpstreamIdentity, address_of, text_of
from gatelodge.protocol.redirect_uri import url_defect

GITHUB = "https://github.com"
API = "https://api.github.com"
SCOPES = ("read:user", "user:email")

_ACCEPT = {"accept": "application/vnd.github+json"}


class GitHub(Upstream):
    """GitHub itself, or a GitHub Enterprise Server, whose address is the provider's `issuer`."""

    def __init__(self, provider: Provider, secret: str, line: UpstreamLine) -> None:
        self._provider = provider
        self._line = line
        self._site = provider.issuer or GITHUB
        self._api = f"{provider.issuer}/api/v3" if provider.issuer else API
        self._config = ClientConfig(
            issuer=self._site,
            client_id=provider.client_id,
            auth=SecretPost(secret),
            redirect_uri=line.redirect_uri,
        )
        self._metadata = ServerMetadata(
            issuer=self._site,
            authorization_endpoint=f"{self._site}/login/oauth/authorize",
            token_endpoint=f"{self._site}/login/oauth/access_token",
            code_challenge_methods_supported=("S256",),
        )

    async def look(self) -> None:
        """Do nothing: GitHub publishes nothing of this."""

    def begin(self, errand: Errand) -> Authorization:
        return begin_authorization(self._metadata, self._config, self._wanted(errand), self._line.moment)

    def address(self, transaction: Transaction, errand: Errand) -> str:
        return authorization_url(self._metadata, transaction, self._wanted(errand))

    async def finish(self, transaction: Transaction, answer: Params) -> Arrival:
        now, send = self._line.moment.now(), self._line.send
        with upstream_failures():
            callback = read_callback(transaction, self._metadata, list(answer), now)
            request = tokens.code_request(self._metadata, self._config, callback, self._line.moment)
            granted = tokens.read_token_response(self._metadata, await send(request), now)
            bearer = _ACCEPT | {"authorization": f"Bearer {granted.access_token}"}
            user = _answered(await send(HttpRequest("GET", f"{self._api}/user", bearer)), "the user of GitHub")
            listed = await send(HttpRequest("GET", f"{self._api}/user/emails?per_page=100", bearer))
            return Arrival(self._identity(user, _primary(listed)), granted.refresh_token)

    async def renew(self, refresh_token: str) -> str:
        moment = self._line.moment
        request = tokens.refresh_request(self._metadata, self._config, refresh_token, moment)
        granted = tokens.read_token_response(self._metadata, await self._line.send(request), moment.now())
        return granted.refresh_token or refresh_token

    async def read_logout(self, token: str) -> UpstreamLogout:
        raise LogoutTokenRejected("GitHub sends none")

    def lacks(self) -> Sequence[str]:
        return (
            "it does not speak OpenID Connect: nothing it says is signed, so all of it is asked of its own API",
            "it does not say when or how somebody signed in there",
            "it does not tell when somebody signs out",
        )

    def _wanted(self, errand: Errand) -> Wanted:
        hint = {"login": errand.login_hint} if errand.login_hint and "@" not in errand.login_hint else {}
        scope = tuple(dict.fromkeys((*SCOPES, *self._provider.scopes)))
        return Wanted(scope=scope, prompt="select_account" if errand.fresh else None, extra=hint)

    def _identity(self, user: dict[str, Any], address: str | None) -> UpstreamIdentity:
        number = user.get("id")
        if type(number) is not int or number <= 0:
            raise UpstreamFailed("rejected", "id is no number", rules.UPSTREAM_SUBJECT)
        login = text_of(user.get("login"))
        return UpstreamIdentity(
            issuer=self._site,
            subject=str(number),
            address=address,
            is_proved=self._provider.trusts_address and address is not None,
            name=text_of(user.get("name")) or login,
            kept={"login": login} if login else {},
        )


def _answered(response: HttpResponse, what: str) -> dict[str, Any]:
    refuse_outage(response, API)
    if response.status != 200:
        raise UnexpectedAnswer(what, "200", str(response.status))
    return json_object(response, what)


def _primary(response: HttpResponse) -> str | None:
    """Return the address that is primary and verified; `None` if there is none, or it was not allowed to be asked."""
    refuse_outage(response, API)
    if response.status in (403, 404):
        return None
    document = HttpResponse(response.status, {}, b'{"emails":' + response.body + b"}")
    listed: Any = _answered(document, "the addresses of GitHub").get("emails")
    entries = cast("list[object]", listed) if isinstance(listed, list) else []
    found = (cast("dict[str, object]", entry) for entry in entries if isinstance(entry, dict))
    proved = (one for one in found if one.get("primary") is True and one.get("verified") is True)
    return next((address_of(one.get("email")) for one in proved), None)


def check(provider: Provider, secret: str) -> None:
    """Judge what is configured. Raises `ProviderUnusable`."""
    if provider.issuer and (url_defect(provider.issuer) is not None or provider.issuer.endswith("/")):
        raise ProviderUnusable("an issuer is that of a GitHub Enterprise Server: --issuer https://github.example.com")
    if not secret or provider.key_id:
        raise ProviderUnusable("GitHub wants a client secret")
    if provider.tenants or provider.domains or provider.levels:
        raise ProviderUnusable("GitHub has no tenants, says no domains and no levels: leave them out")


KIND = ProviderKind(name="github", label="GitHub", trusts_address=True, check=check, open=GitHub)
