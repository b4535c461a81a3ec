"""A provider that speaks OpenID Connect, by our own client library; what differs from one to another is a `Dialect`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, cast

from gatelodge.authn.federation.contract import Arrival, Errand, Upstream, UpstreamFailed, UpstreamLine, UpstreamLogout
from gatelodge.authn.federation.failing import upstream_failures
from gatelodge.authn.federation.key_issuers import issuers_of_keys
from gatelodge.client.errors import IdTokenRejected, LogoutTokenRejected, OAuthClientError
from gatelodge.client.messages import tokens, userinfo
from gatelodge.client.messages.authorization import (
    Authorization,
    Transaction,
    Wanted,
    authorization_url,
    begin_authorization,
)
from gatelodge.client.messages.callback import read_callback
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.id_token import Person, read_header, validate_id_token
from gatelodge.client.messages.logout import read_logout_header, validate_logout_token
from gatelodge.client.messages.registration import ClientAuth, ClientConfig, Moment
from gatelodge.client.messages.signed_in import expected_after
from gatelodge.client.messages.tokens import Tokens
from gatelodge.client.sending.http import AsyncSend, HttpRequest, HttpResponse
from gatelodge.client.sending.jwks import AsyncJwksCache
from gatelodge.protocol import pkce
from gatelodge.protocol.jwks import ASYMMETRIC
from gatelodge.protocol.params import Params
from gatelodge.protocol.provider import Provider, UpstreamIdentity

Claims = Mapping[str, Any]
ALGORITHMS = ASYMMETRIC | {"EdDSA", "Ed25519"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What is particular to one kind of OpenID provider.

    `discover` fetches its metadata. `issuer_of` says which `iss` a token must
    have, given what it claims: that is believed only once the whole token is proven with it. `wanted` is what is asked,
    `auth` how we prove ourselves, `identity` who came, given the claims and what else came with the answer.
    `key_issuer` says for whom a key signs that says so.
    """

    discover: Callable[[AsyncSend, Provider], Awaitable[ServerMetadata]]
    issuer_of: Callable[[Provider, Claims], str]
    wanted: Callable[[Provider, Errand], Wanted]
    auth: Callable[[Provider, str, ServerMetadata, Moment], ClientAuth]
    identity: Callable[[Provider, Person, Params], UpstreamIdentity]
    key_issuer: Callable[[str, Claims], str] | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What was fetched of a provider and is kept."""

    metadata: ServerMetadata
    keys: AsyncJwksCache


class OpenIdUpstream(Upstream):
    """One OpenID provider. `secret` is the client's secret or private key."""

    def __init__(self, dialect: Dialect, provider: Provider, secret: str, line: UpstreamLine) -> None:
        self._dialect = dialect
        self._provider = provider
        self._secret = secret
        self._line = line
        self._known: _Known | None = None
        self._key_issuers: Mapping[str, str] = {}

    async def look(self) -> None:
        metadata = await self._dialect.discover(self._line.send, self._provider)
        uri, keys = metadata.endpoint("jwks_uri"), self._known.keys if self._known else None
        if keys is None or keys.uri != uri:
            keys = AsyncJwksCache(uri, self._fetch_keys, self._line.moment.clock)
        await keys.keys_for(None, "RS256")
        self._known = _Known(metadata, keys)

    def begin(self, errand: Errand) -> Authorization:
        wanted = self._dialect.wanted(self._provider, errand)
        metadata = self._there().metadata
        with upstream_failures():
            return begin_authorization(metadata, self._config(metadata), wanted, self._line.moment)

    def address(self, transaction: Transaction, errand: Errand) -> str:
        return authorization_url(self._there().metadata, transaction, self._dialect.wanted(self._provider, errand))

    async def finish(self, transaction: Transaction, answer: Params) -> Arrival:
        known, now = self._there(), self._line.moment.now()
        with upstream_failures():
            callback = read_callback(transaction, known.metadata, list(answer), now)
            request = tokens.code_request(known.metadata, self._config(known.metadata), callback, self._line.moment)
            granted = tokens.read_token_response(known.metadata, await self._line.send(request), now)
            expected = expected_after(callback, granted)
            if expected is None or granted.id_token is None:
                raise IdTokenRejected("the provider sends one")
            algorithms = ALGORITHMS & _algorithms(known.metadata)
            parts = read_header(granted.id_token, replace(expected, algorithms=algorithms))
            issuer = self._dialect.issuer_of(self._provider, parts.claims)
            keys = await known.keys.keys_for(parts.kid, parts.header["alg"])
            expected = replace(expected, issuer=issuer, algorithms=algorithms)
            person = validate_id_token(granted.id_token, keys, expected, now)
            self._check_key(parts.kid, person)
            told = await self._with_userinfo(known.metadata, granted, person)
            return Arrival(self._dialect.identity(self._provider, told, answer), granted.refresh_token)

    async def renew(self, refresh_token: str) -> str:
        metadata, moment = self._there().metadata, self._line.moment
        request = tokens.refresh_request(metadata, self._config(metadata), refresh_token, moment)
        granted = tokens.read_token_response(metadata, await self._line.send(request), moment.now())
        return granted.refresh_token or refresh_token

    async def read_logout(self, token: str) -> UpstreamLogout:
        known, parts = self._there(), read_logout_header(token)
        issuer = self._dialect.issuer_of(self._provider, parts.claims)
        keys = await known.keys.keys_for(parts.kid, parts.header["alg"])
        config = ClientConfig(issuer=issuer, client_id=self._provider.client_id)
        said = validate_logout_token(token, keys, config, self._line.moment.now())
        if said.sub is None:
            raise LogoutTokenRejected("sub says who signed out")
        return UpstreamLogout(issuer, said.sub, said.sid, said.jti, said.forget_at)

    def lacks(self) -> Sequence[str]:
        metadata = self._there().metadata
        methods = metadata.code_challenge_methods_supported
        promises = metadata.authorization_response_iss_parameter_supported
        grants: Any = metadata.document.get("grant_types_supported")
        renews = not isinstance(grants, list) or "refresh_token" in grants
        said = (
            (not methods, "it does not say that it knows PKCE; it is sent all the same"),
            (bool(methods) and pkce.METHOD not in methods, "it does not know PKCE with S256: nobody can sign in"),
            (not promises, "it does not name itself in its answers (RFC 9207); its own callback keeps answers apart"),
            (metadata.token_endpoint is None, "it has no token endpoint: nobody can sign in"),
            (metadata.authorization_endpoint is None, "it has no authorization endpoint: nobody can sign in"),
            (not ALGORITHMS & _algorithms(metadata), "it signs ID tokens with no algorithm that is accepted here"),
            (not metadata.document.get("backchannel_logout_supported"), "it does not tell when somebody signs out"),
            (self._provider.keep_tokens and not renews, "it gives no refresh tokens: there are none to keep"),
        )  # fmt: skip
        return [sentence for is_so, sentence in said if is_so]

    def _there(self) -> _Known:
        if self._known is None:
            raise UpstreamFailed("unavailable", "its metadata was never had")
        return self._known

    def _config(self, metadata: ServerMetadata) -> ClientConfig:
        return ClientConfig(
            issuer=metadata.issuer,
            client_id=self._provider.client_id,
            auth=self._dialect.auth(self._provider, self._secret, metadata, self._line.moment),
            redirect_uri=self._line.redirect_uri,
        )

    async def _fetch_keys(self, request: HttpRequest) -> HttpResponse:
        response = await self._line.send(request)
        if self._dialect.key_issuer is not None:
            self._key_issuers = issuers_of_keys(response.body)
        return response

    def _check_key(self, kid: str | None, person: Person) -> None:
        """A key that says for whom it signs signs for nobody else. Raises `IdTokenRejected`."""
        said = self._key_issuers.get(kid or "")
        if said is None or self._dialect.key_issuer is None:
            return
        if self._dialect.key_issuer(said, person.claims) != person.issuer:
            raise IdTokenRejected("iss is the one its key signs for")

    async def _with_userinfo(self, metadata: ServerMetadata, granted: Tokens, person: Person) -> Person:
        """Ask for the address where the ID token does not say it; who does not answer has said enough."""
        if "email" in person.claims or metadata.userinfo_endpoint is None:
            return person
        with suppress(OAuthClientError):
            response = await self._line.send(userinfo.userinfo_request(metadata, granted.access_token))
            told = userinfo.read_userinfo_response(metadata, response, person.sub)
            more = {name: told[name] for name in ("email", "email_verified", "name") if name in told}
            return replace(person, claims={**more, **person.claims})
        return person


def _algorithms(metadata: ServerMetadata) -> frozenset[str]:
    """Return what it signs ID tokens with; who does not say may use any."""
    said: Any = metadata.document.get("id_token_signing_alg_values_supported")
    if not isinstance(said, list):
        return ALGORITHMS
    return frozenset(alg for alg in cast("list[object]", said) if isinstance(alg, str))
