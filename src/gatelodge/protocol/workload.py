"""Workloads that prove who they are by a JWT of where they run: GitHub Actions, GitLab, Kubernetes, SPIFFE (RFC 7523).

The operator says whose signatures are believed (`TrustedIssuer`), and for each client which workloads are that client.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from gatelodge.protocol import jose, rules
from gatelodge.protocol.jose import BadToken, Expected, TokenParts
from gatelodge.protocol.jwks import KeySource

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ALGORITHMS = frozenset({"RS256", "ES256", "PS256"})
MAX_AHEAD = 86_400  # seconds `exp` may lie ahead
MAX_WORKLOADS = 20  # of one client
MAX_JTI = 255  # characters

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_CLAIM = re.compile(r"[A-Za-z0-9_./:-]{1,80}")
_TYPES = frozenset({"", "jwt"})

Kind = Literal["github", "gitlab", "kubernetes", "spiffe", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedIssuer:
    """Whose JWTs about workloads are believed. `name` is what clients call it by, `issuer` its `iss`, to the letter.

    `jwks_uri` is where its keys are. `allow_private` lets that be inside the operator's own network. With `once` a JWT
    is good for one token; a workload that reads its JWT from a file has the same one for an hour.
    """

    name: str
    kind: Kind
    issuer: str
    jwks_uri: str
    once: bool = True
    allow_private: bool = False
    enabled: bool = True


class WorkloadPattern(NamedTuple):
    """Which workloads of a trusted issuer are a client: each of these claims is like its pattern."""

    issuer: str
    claims: tuple[tuple[str, str], ...]


class ProvenWorkload(NamedTuple):
    """Which workload it is, as its issuer says, and until when its JWT is remembered (seconds since 1970)."""

    subject: str
    jti: str
    forget_at: int


@lru_cache(maxsize=1_024)
def read_pattern(said: str) -> WorkloadPattern:
    """Return what `github repository=octo-org/app ref=refs/heads/*` says. Raises `ValueError`, which says what is not.

    `*` stands for anything without a slash, `**` for anything. One claim at least must be more than that.
    """
    issuer, *pairs = said.split() or [""]
    claims = tuple((name, glob) for name, _, glob in (pair.partition("=") for pair in pairs))
    if not NAME.fullmatch(issuer) or not claims or not all(_CLAIM.fullmatch(name) and glob for name, glob in claims):
        raise ValueError("a workload is the name of a trusted issuer and claims, as in: github repository=octo-org/app")
    if not any(glob.strip("*/:.-") for _, glob in claims):
        raise ValueError("a workload has a claim that is more than a *, or everybody who runs there would be it")
    return WorkloadPattern(issuer, claims)


def fits(claims: Mapping[str, Any], patterns: Iterable[WorkloadPattern]) -> bool:
    """Whether these claims are of one of the workloads that are meant."""
    return any(all(_is_like(claims.get(name), glob) for name, glob in one.claims) for one in patterns)


def check(parts: TokenParts, keys: KeySource, trusted: TrustedIssuer, audience: str, now: int) -> ProvenWorkload:
    """Check a JWT of a trusted issuer that was made for the authorization server `audience` and for nobody else.

    Raises `BadToken`.
    """
    expected = Expected(
        issuer=trusted.issuer,
        audience=audience,
        types=_TYPES,
        algorithms=ALGORITHMS,
        max_ahead=MAX_AHEAD,
        whole_seconds=False,
    )
    jose.prove(parts, keys, expected)
    jose.check_claims(parts.claims, expected, now)
    if parts.claims["aud"] not in (audience, [audience]):
        raise BadToken(rules.JWT_AUD)
    subject: Any = parts.claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise BadToken(rules.WORKLOAD_FITS)
    return ProvenWorkload(subject, _jti(parts), int(parts.claims["exp"]) + jose.LEEWAY)


def _jti(parts: TokenParts) -> str:
    """Return what tells this JWT from any other: its `jti`, or what was signed if it has none.

    The signature does not: whoever sees one of ES256 can write another that is as good, without the key.
    """
    jti: Any = parts.claims.get("jti")
    if jti is None:
        return sha256(parts.signed).hexdigest()
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise BadToken(rules.ASSERTION_ONCE)
    return jti


def _is_like(value: object, glob: str) -> bool:
    return isinstance(value, str) and _regex(glob).fullmatch(value) is not None


@lru_cache(maxsize=4_096)
def _regex(glob: str) -> re.Pattern[str]:
    parts = (
        ".*" if part == "**" else "[^/]*" if part == "*" else re.escape(part) for part in re.split(r"(\*\*?)", glob)
    )
    return re.compile("".join(parts), re.DOTALL)
