"""The ID token as every client must judge it: believed after all checks, or not at all (OIDC Core 3.1.3.7)."""

from collections.abc import Iterable

from gatelodge.client.errors import IdTokenRejected, OAuthClientError
from gatelodge.client.messages.id_token import ExpectedIdToken, read_header, validate_id_token
from gatelodge.client.sending.http import AsyncSend
from gatelodge.client.sending.jwks import AsyncJwksCache
from gatelodge.clock import Clock
from gatelodge.demo.pages.backend import claims_of
from gatelodge.playground.checks import AT_HASH, C_HASH, SIGNATURE, WHOLE, WHY, of_library
from gatelodge.playground.line import Exchange
from gatelodge.playground.messages import Refusal
from gatelodge.playground.runs import FlowRun
from gatelodge.playground.sample import Sample
from gatelodge.protocol.params import Params
from gatelodge.protocol.rules import Rule

# What an ID token that came through a browser may not lack, beside what it must name (3.2.2.9, 3.3.2.10).
_HASHES = (("access_token", "at_hash", AT_HASH), ("code", "c_hash", C_HASH))


class IdTokens:
    """Judges ID tokens for the sample application. `send` fetches the server's keys, when a key is not known yet."""

    def __init__(self, sample: Sample, send: AsyncSend, clock: Clock) -> None:
        self._sample = sample
        self._keys = AsyncJwksCache(sample.keys, send, clock)
        self._clock = clock

    async def of_browser(self, run: FlowRun, client_id: str, answer: Params) -> Refusal | None:
        """Return why the ID token in an answer that must have one is not believed; `None` if it is."""
        token = answer.get("id_token")
        if token is None:
            return refusal_of(WHOLE)
        expected = ExpectedIdToken(
            issuer=self._sample.issuer,
            client_id=client_id,
            nonce=run.nonce,
            access_token=answer.get("access_token"),
            code=answer.get("code"),
        )
        demanded = [(claim, rule) for name, claim, rule in _HASHES if answer.get(name) is not None]
        return await self._judge(token, expected, demanded)

    async def of_token_endpoint(
        self, run: FlowRun, client_id: str, exchange: Exchange, nonce: str = ""
    ) -> Refusal | None:
        """Return why the ID token among fresh tokens is not believed; `None` if it is, or if there is none.

        It is about whoever the one before was about (3.3.3.6, 12.2).
        """
        token = exchange.member("id_token")
        if not token:
            return None
        before = run.early or (run.tokens.id if run.tokens else "")
        expected = ExpectedIdToken(
            issuer=self._sample.issuer,
            client_id=client_id,
            nonce=nonce or None,
            access_token=exchange.member("access_token"),
            subject=claims_of(before)["sub"] if before else None,
        )
        return await self._judge(token, expected)

    async def _judge(
        self, token: str, expected: ExpectedIdToken, demanded: Iterable[tuple[str, Rule]] = ()
    ) -> Refusal | None:
        try:
            header = read_header(token, expected)
            keys = await self._keys.keys_for(header.kid, str(header.header["alg"]))
            person = validate_id_token(token, keys, expected, self._clock.now())
        except IdTokenRejected as rejected:
            return refusal_of(of_library(rejected.check))
        except OAuthClientError as failure:
            return refusal_of(SIGNATURE, f"The server's keys cannot be had: {failure}.")
        lacking = next((rule for claim, rule in demanded if claim not in person.claims), None)
        return None if lacking is None else refusal_of(lacking)


def refusal_of(rule: Rule, why: str = "") -> Refusal:
    """Return what the application says of an answer that it takes nothing from."""
    return Refusal("client", "nothing is taken from this answer", rule, why or WHY.get(rule.id, ""))
