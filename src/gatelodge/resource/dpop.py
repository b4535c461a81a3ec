"""Tokens that are bound to a key: let in with a proof of it for this very request, and in no other way (RFC 9449 7)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from gatelodge.clock import Clock
from gatelodge.protocol import rules
from gatelodge.protocol.dpop import NONCE_HEADER, SCHEME, DpopNonces, DpopProof, ProvenRequest, check
from gatelodge.protocol.errors import ErrorCode
from gatelodge.protocol.jose import BadToken
from gatelodge.protocol.reply import Headers
from gatelodge.protocol.rules import Rule
from gatelodge.resource.principal import Principal
from gatelodge.resource.refusals import Refused
from gatelodge.resource.seen_proofs import SeenProofs

MIN_NONCE_KEY = 32  # bytes

FirstUse = Callable[[bytes, int], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dpop:
    """How an API takes tokens that are bound to a key.

    `required` refuses all others. With a `nonce_key`, at least 32 random bytes that all processes share, each proof
    must repeat a nonce of the last minutes; clients are told it and try again. `first_use` says whether a proof, named
    by a digest, was never seen before by any process, and remembers it until a second since 1970; without one each
    process remembers what it saw itself. Raises `ValueError` for a key that is too short.
    """

    required: bool = False
    nonce_key: bytes | None = field(default=None, repr=False)
    first_use: FirstUse | None = None

    def __post_init__(self) -> None:
        if self.nonce_key is not None and len(self.nonce_key) < MIN_NONCE_KEY:
            raise ValueError(f"nonce_key has at least {MIN_NONCE_KEY} random bytes")


_AS_EVER = Dpop()


@dataclass(frozen=True, slots=True)
class SentProof:
    """What came with a token of the scheme DPoP: each of the DPoP headers, and what was asked for.

    `url` is the address callers use for it, without its query; `None` if nobody said what ours is.
    """

    proofs: Sequence[str]
    method: str
    url: str | None


class KeyHolders:
    """Lets only those use a bound token who prove to have its key, each proof once.

    Bound tokens are taken without a policy, too; `announced` says whether callers without a token are told so.
    """

    def __init__(self, policy: Dpop | None, clock: Clock) -> None:
        policy = policy or _AS_EVER
        self.announced = policy is not _AS_EVER
        self.required = policy.required
        self._clock = clock
        self._nonces = None if policy.nonce_key is None else DpopNonces(policy.nonce_key)
        self._first_use = policy.first_use or SeenProofs(clock).first_use

    def admit(self, principal: Principal, token: str, sent: SentProof | None) -> Principal:
        """Return the caller, if the token came as it has to; `sent` is `None` for one that came as a bearer token.

        Raises `Refused`, and `BadToken` for a bound token that came so.
        """
        if sent is None:
            if principal.jkt is not None:
                raise BadToken(rules.TOKEN_UNBOUND)
            if self.required:
                raise _refused("invalid_token", "a token that is bound to a key is needed", rules.DPOP_REQUIRED)
            return principal
        if principal.jkt is None:
            raise _refused("invalid_token", "the access token is bound to no key: it is a Bearer", rules.DPOP_BOUND)
        proof = self._checked(token, sent)
        if proof.jkt != principal.jkt:
            raise _refused("invalid_token", "the access token is bound to another key", rules.DPOP_BOUND)
        if not self._first_use(sha256(proof.name.encode()).digest(), proof.forget_at):
            raise _bad_proof(rules.DPOP_ONCE)
        return principal

    def _checked(self, token: str, sent: SentProof) -> DpopProof:
        if sent.url is None:
            raise _refused("invalid_token", "bound tokens are not taken here", rules.DPOP_URL, "base_url of Protection")
        if not sent.proofs:
            raise _bad_proof(rules.DPOP_REQUIRED)
        if len(sent.proofs) > 1 or "," in sent.proofs[0]:
            raise _bad_proof(rules.DPOP_ONE)
        now = self._clock.now()
        nonces = self._nonces and self._nonces.good(now)
        try:
            return check(sent.proofs[0], ProvenRequest(sent.method, sent.url, token), now, nonces)
        except BadToken as bad:
            if bad.rule is rules.DPOP_NONCE and self._nonces is not None:
                raise _asked_for(self._nonces.current(now)) from None
            raise _bad_proof(bad.rule) from None


def _asked_for(nonce: str) -> Refused:
    said = "the DPoP proof must repeat the nonce of the header DPoP-Nonce"
    return _refused("use_dpop_nonce", said, rules.DPOP_NONCE, headers=((NONCE_HEADER, nonce),))


def _bad_proof(rule: Rule) -> Refused:
    return _refused("invalid_dpop_proof", f"the DPoP proof is missing or no good: {rule.sentence}", rule)


def _refused(error: ErrorCode, said: str, rule: Rule, expected: str = "", headers: Headers = ()) -> Refused:
    return Refused(error, said, rule, expected, scheme=SCHEME, headers=headers)
