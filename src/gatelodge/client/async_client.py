"""One client at one server, for tasks: `client.py` with `await` (a test compares them)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from anyio import sleep

from gatelodge.client.errors import ServerUnavailable, SignInCancelled, TokenRefused
from gatelodge.client.messages import device, introspection, logout, pushed, revocation, tokens, userinfo
from gatelodge.client.messages.authorization import Authorization, Transaction, Wanted, begin_authorization
from gatelodge.client.messages.callback import CallbackData, read_callback, read_signed_callback
from gatelodge.client.messages.device import AsyncPause, DeviceAuthorization, DevicePace
from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.dpop import asks_for_nonce, learn_nonce
from gatelodge.client.messages.id_token import ExpectedIdToken, Person, read_header, validate_id_token
from gatelodge.client.messages.introspection import IntrospectedToken
from gatelodge.client.messages.logout import LogoutToken
from gatelodge.client.messages.registration import ClientConfig, Moment, renewed
from gatelodge.client.messages.revocation import TokenKind
from gatelodge.client.messages.signed_in import expected_after, expected_at_renewal, expected_without_browser
from gatelodge.client.messages.spent import SpentSignIns
from gatelodge.client.messages.tokens import EVERYTHING, Exchanged, Narrowed, Tokens
from gatelodge.client.renewals import Renewals
from gatelodge.client.sending.http import AsyncSend, HttpRequest
from gatelodge.client.sending.jwks import AsyncJwksCache
from gatelodge.client.sending.metadata import Metadata
from gatelodge.client.sending.route import NetworkRoute, private_route
from gatelodge.client.sending.sender import AsyncSender


class AsyncOAuthClient:
    """What an application needs of a server. Any task may use it; make one and keep it.

    `metadata` is for a server that publishes none. `allow_private` lets the server be inside your own network; `route`
    has a proxy, certificates of your own, and what else there is to say of the way there. Every method may raise
    `ServerUnavailable`, `UnexpectedAnswer`, `NotSupported`, and at the first use `DiscoveryFailed`, `AddressRefused`.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        send: AsyncSend | None = None,
        metadata: ServerMetadata | None = None,
        moment: Moment | None = None,
        allow_private: bool = False,
        route: NetworkRoute | None = None,
    ) -> None:
        self.config = config
        route = private_route("AsyncOAuthClient", allow_private, route)
        self._send = send or AsyncSender(route)
        self._moment = moment or Moment()
        clock = self._moment.clock
        self._metadata = Metadata(config.issuer, known=metadata, allow_private=route.allow_private, clock=clock)
        self._keys: AsyncJwksCache | None = None
        self._renewals = Renewals(clock)
        self._spent = SpentSignIns()

    async def metadata(self) -> ServerMetadata:
        """Return what the server says about itself."""
        return await self._metadata.get_async(self._send)

    async def begin(self, wanted: Wanted | None = None) -> Authorization:
        """Return where to send the browser, and the transaction to keep for `finish`.

        The request is pushed first if the client or the server wants that. Raises `ServerRefused` if it is refused.
        """
        metadata, wanted = await self.metadata(), wanted or Wanted()
        if not pushed.is_pushed(metadata, self.config):
            return begin_authorization(metadata, self.config, wanted, self._moment)
        push = pushed.push_request(metadata, self.config, wanted, self._moment)
        return pushed.read_push_response(metadata, push, await self._send(push.request))

    async def finish(self, transaction: Transaction, callback: CallbackData) -> Tokens:
        """Exchange the answer to `transaction` for tokens; `callback` is the URL the browser came to.

        With the scope `openid` the result's `person` is who signed in. Raises `CallbackRejected` before anything is
        sent, `AuthorizationRefused`, `TokenRefused`, `IdTokenRejected`.
        """
        metadata, now = await self.metadata(), self._moment.now()
        signed = read_signed_callback(transaction, callback)
        keys = await (await self._jwks()).keys_for(signed.kid, signed.header["alg"]) if signed else None
        received = read_callback(transaction, metadata, callback, now, keys)
        request = tokens.code_request(metadata, self.config, received, self._moment)
        self._spent.spend(received, now)
        granted = await self._granted(request)
        return await self._with_person(granted, expected_after(received, granted))

    async def refresh(
        self, refresh_token: str, *, person: Person | None = None, narrowed: Narrowed = EVERYTHING
    ) -> Tokens:
        """Renew tokens, once for all tasks that ask for the same. An ID token must be about `person` again.

        If the result has no refresh token, the old one stays. Raises `TokenRefused`; `invalid_grant` means it is dead.
        """

        async def fetch() -> Tokens:
            metadata = await self.metadata()
            return await self._granted(
                tokens.refresh_request(metadata, self.config, refresh_token, self._moment, narrowed)
            )

        renewed = await self._renewals.run_async(refresh_token, narrowed, fetch)
        checked = await self._with_person(renewed, expected_at_renewal(self.config, renewed, person))
        return replace(checked, person=checked.person or person)

    async def client_credentials(self, narrowed: Narrowed = EVERYTHING) -> Tokens:
        """Return a token for the client itself. See `ClientCredentials`, which keeps it. Raises `TokenRefused`."""
        request = tokens.client_credentials_request(await self.metadata(), self.config, self._moment, narrowed)
        return await self._with_person(await self._granted(request), None)

    async def password(self, username: str, password: str, narrowed: Narrowed = EVERYTHING) -> Tokens:
        """Return tokens for a name and password. Deprecated and warns (RFC 9700 2.4). Raises `TokenRefused`."""
        credentials = (username, password)
        request = tokens.password_request(await self.metadata(), self.config, credentials, self._moment, narrowed)
        granted = await self._granted(request)
        return await self._with_person(granted, expected_without_browser(self.config, granted))

    async def token_exchange(self, given: Exchanged, narrowed: Narrowed = EVERYTHING) -> Tokens:
        """Return a token for another one (RFC 8693). Raises `TokenRefused`."""
        request = tokens.token_exchange_request(await self.metadata(), self.config, given, self._moment, narrowed)
        return await self._with_person(await self._granted(request), None)

    async def jwt_bearer(self, assertion: str, narrowed: Narrowed = EVERYTHING) -> Tokens:
        """Return a token for an assertion that somebody else signed (RFC 7523). Raises `TokenRefused`."""
        request = tokens.jwt_bearer_request(await self.metadata(), self.config, assertion, self._moment, narrowed)
        return await self._with_person(await self._granted(request), None)

    async def begin_on_device(self, narrowed: Narrowed = EVERYTHING) -> DeviceAuthorization:
        """Return the code to show a person who has a browser elsewhere (RFC 8628)."""
        metadata = await self.metadata()
        verifier = device.new_verifier(metadata, self._moment)
        request = device.device_authorization_request(metadata, self.config, self._moment, narrowed, verifier)
        response = await self._send(request)
        return device.read_device_authorization_response(metadata, response, self._moment.now(), verifier)

    async def ask_on_device(self, begun: DeviceAuthorization) -> Tokens:
        """Ask once whether the person decided. Raises `TokenRefused`: ask again only after `authorization_pending`."""
        request = device.device_code_request(await self.metadata(), self.config, begun, self._moment)
        granted = await self._granted(request)
        return await self._with_person(granted, expected_without_browser(self.config, granted))

    async def wait_on_device(self, begun: DeviceAuthorization, pause: AsyncPause = sleep) -> Tokens:
        """Ask as often as the device may until the person has decided, more slowly where the server says so.

        `pause` waits for so many seconds before each question; if it returns `True`, as `threading.Event().wait` does,
        nobody asks any more. Raises `SignInTimedOut`, `SignInCancelled`, and `TokenRefused`, whose `error` is
        `access_denied` if the person said no.
        """
        pace = DevicePace(begun)
        while True:
            pace.check(self._moment.now())
            if await pause(pace.pause) is True:
                raise SignInCancelled("the sign-in was cancelled")
            try:
                return await self.ask_on_device(begun)
            except (TokenRefused, ServerUnavailable) as error:
                pace.hear(error)

    async def userinfo(self, access_token: str, person: Person) -> Mapping[str, Any]:
        """Return further claims about the person who signed in. Raises `UserInfoRefused`."""
        metadata = await self.metadata()
        request = userinfo.userinfo_request(metadata, access_token, self.config.dpop)
        response = await self._send(request)
        if asks_for_nonce(self.config.dpop, request, response):
            response = await self._send(userinfo.userinfo_request(metadata, access_token, self.config.dpop))
        return userinfo.read_userinfo_response(metadata, response, person.sub)

    async def revoke(self, token: str, kind: TokenKind | None = None) -> None:
        """Give a token back; no error if it was dead already. Raises `ServerRefused`."""
        metadata = await self.metadata()
        request = revocation.revocation_request(metadata, self.config, token, self._moment, kind)
        revocation.read_revocation_response(metadata, await self._send(request))

    async def introspect(self, token: str, kind: TokenKind | None = None) -> IntrospectedToken:
        """Ask the server what a token is. Raises `ServerRefused`."""
        metadata = await self.metadata()
        request = introspection.introspection_request(metadata, self.config, token, self._moment, kind)
        return introspection.read_introspection_response(metadata, await self._send(request))

    async def logout_url(self, id_token: str | None = None, state: str | None = None) -> str:
        """Return where to send the browser to sign out at the server too."""
        return logout.logout_url(await self.metadata(), self.config, id_token, state)

    async def read_logout_token(self, token: str) -> LogoutToken:
        """Return whose sessions the server says are over. Raises `LogoutTokenRejected`."""
        parts = logout.read_logout_header(token)
        keys = await (await self._jwks()).keys_for(parts.kid, parts.header["alg"])
        return logout.validate_logout_token(token, keys, self.config, self._moment.now())

    async def _granted(self, request: HttpRequest) -> Tokens:
        """Send a token request; once more if a nonce is wanted in its proof."""
        response = await self._send(request)
        if asks_for_nonce(self.config.dpop, request, response):
            response = await self._send(renewed(self.config, request, self._moment))
            learn_nonce(self.config.dpop, request, response)
        bound = self.config.dpop is not None
        return tokens.read_token_response(await self.metadata(), response, self._moment.now(), bound=bound)

    async def _with_person(self, granted: Tokens, expected: ExpectedIdToken | None) -> Tokens:
        """Believe the ID token that came, if one may come; one that was not checked is not handed on."""
        if expected is None or granted.id_token is None:
            return replace(granted, id_token=None)
        parts = read_header(granted.id_token, expected)
        keys = await (await self._jwks()).keys_for(parts.kid, parts.header["alg"])
        return replace(granted, person=validate_id_token(granted.id_token, keys, expected, self._moment.now()))

    async def _jwks(self) -> AsyncJwksCache:
        uri = (await self.metadata()).endpoint("jwks_uri")
        if self._keys is None or self._keys.uri != uri:
            self._keys = AsyncJwksCache(uri, self._send, self._moment.clock)
        return self._keys
