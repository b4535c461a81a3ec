"""Who we are to a server: the client's id, how it proves itself, and where answers to it may go."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from json import dumps
from pathlib import Path
from typing import Literal
from urllib.parse import quote_plus

from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from gatelodge.client.messages.discovery import ServerMetadata
from gatelodge.client.messages.dpop import DpopKey, with_proof
from gatelodge.client.sending.http import Form, HttpRequest
from gatelodge.clock import Clock, Entropy, SystemClock, SystemEntropy
from gatelodge.protocol.assertion import ASSERTION_TYPE
from gatelodge.protocol.redirect_uri import url_defect

ASSERTION_LIFETIME = 60  # seconds

AssertionAlg = Literal["ES256", "RS256", "PS256"]


@dataclass(frozen=True, slots=True)
class NoAuth:
    """A public client: an application that cannot keep a secret (RFC 6749 2.1)."""


@dataclass(frozen=True, slots=True)
class SecretBasic:
    """The secret in the Authorization header: what every server can (RFC 6749 2.3.1)."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecretPost:
    """The secret in the form, for servers that cannot read the header (RFC 6749 2.3.1)."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PrivateKeyJwt:
    """An assertion signed with our own key, whose public half the server knows as `kid` (OpenID Connect Core 9).

    `key` is a private key; `from_pem` reads one. Raises `ValueError` if key and algorithm do not fit.
    """

    key: ECKey | RSAKey = field(repr=False)
    kid: str
    alg: AssertionAlg = "ES256"

    def __post_init__(self) -> None:
        fits = isinstance(self.key, ECKey) if self.alg == "ES256" else isinstance(self.key, RSAKey)
        if not fits or not self.key.is_private:
            raise ValueError(f"a private key for {self.alg} is needed")

    @classmethod
    def from_pem(cls, pem: str | bytes, kid: str, alg: AssertionAlg = "ES256") -> "PrivateKeyJwt":
        """Read a private key in PEM. Raises `ValueError`."""
        return cls(ECKey.import_key(pem) if alg == "ES256" else RSAKey.import_key(pem), kid, alg)


@dataclass(frozen=True, slots=True)
class WorkloadToken:
    """A JWT that whoever runs this program made about it, for the server: GitHub Actions, GitLab, Kubernetes, SPIFFE.

    `read` returns a fresh one each time a request is made; it is not called before.
    """

    read: Callable[[], str] = field(repr=False)

    @classmethod
    def from_file(cls, path: str | Path) -> "WorkloadToken":
        """Read it anew each time from where the platform keeps it fresh, as Kubernetes does."""
        return cls(lambda: Path(path).read_text("ascii").strip())


ClientAuth = NoAuth | SecretBasic | SecretPost | PrivateKeyJwt | WorkloadToken


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """One registration at one server.

    `redirect_uri` is where authorization responses come: use one of its own for each server, so that the answers of two
    can never be mixed up (RFC 9700 4.4.2.1). Raises `ValueError` for one that is neither https, nor http on loopback,
    nor a native application's own scheme. With `push` requests go to the server before the browser does (RFC 9126); to
    a server that demands it they do anyway. With a `request_key` they are signed (RFC 9101); a `PrivateKeyJwt` is a key
    of ours, whatever it is for. With `signed_answers` only an answer that the server signed is taken (JARM). With
    `dpop` all its tokens are bound to that key (RFC 9449): whoever steals one can do nothing with it.
    """

    issuer: str
    client_id: str
    auth: ClientAuth = field(default_factory=NoAuth)
    redirect_uri: str | None = None
    post_logout_redirect_uri: str | None = None
    push: bool = False
    request_key: PrivateKeyJwt | None = None
    signed_answers: bool = False
    dpop: DpopKey | None = None

    def __post_init__(self) -> None:
        uri = self.redirect_uri
        if uri is not None and uri.startswith(("https:", "http:")) and (defect := url_defect(uri)) is not None:
            raise ValueError(f"redirect_uri: {defect.sentence}")


def secret_auth(secret: str | None) -> ClientAuth:
    """Return how a client with this secret proves itself, or one with none."""
    return SecretBasic(secret) if secret else NoAuth()


@dataclass(frozen=True, slots=True)
class Moment:
    """The two impurities a request may need: when it is made, and what makes it like no other."""

    clock: Clock = field(default_factory=SystemClock)
    entropy: Entropy = field(default_factory=SystemEntropy)

    def now(self) -> int:
        """Return the second it is."""
        return self.clock.now()

    def token(self, count: int = 32) -> str:
        """Return an unguessable text made of `count` random bytes."""
        return _b64(self.entropy.bytes(count))


def authenticated(
    client: ClientConfig, metadata: ServerMetadata, endpoint: str, form: Form, moment: Moment
) -> HttpRequest:
    """Return a form posted to an endpoint of the client's server, with the client's proof.

    Raises `NotSupported` if there is no such endpoint, `ValueError` if the metadata is another server's.
    """
    if metadata.issuer != client.issuer:
        raise ValueError("the metadata is of another server than the client: its secret is not sent there")
    request = _authenticated(client, metadata, metadata.endpoint(endpoint), form, moment)
    return with_proof(client.dpop, request) if endpoint == "token_endpoint" else request


def renewed(client: ClientConfig, request: HttpRequest, moment: Moment) -> HttpRequest:
    """Return a token request to be sent once more: what is good for one request alone is made anew."""
    form = request.form or ()
    if isinstance(client.auth, PrivateKeyJwt):
        fresh = assertion(client.client_id, client.auth, client.issuer, moment)
        form = tuple((name, fresh if name == "client_assertion" else value) for name, value in form)
    return with_proof(client.dpop, replace(request, form=form))


def _authenticated(client: ClientConfig, metadata: ServerMetadata, url: str, form: Form, moment: Moment) -> HttpRequest:
    match client.auth:
        case NoAuth():
            return HttpRequest("POST", url, {}, (*form, ("client_id", client.client_id)))
        case SecretBasic(secret):
            return HttpRequest("POST", url, {"authorization": basic(client.client_id, secret)}, form)
        case SecretPost(secret):
            return HttpRequest("POST", url, {}, (*form, ("client_id", client.client_id), ("client_secret", secret)))
        case PrivateKeyJwt() as auth:
            proof = assertion(client.client_id, auth, metadata.issuer, moment)
            return HttpRequest("POST", url, {}, (*form, *_asserted(client.client_id, proof)))
        case WorkloadToken(read):
            return HttpRequest("POST", url, {}, (*form, *_asserted(client.client_id, read())))


def _asserted(client_id: str, proof: str) -> Form:
    return (
        ("client_id", client_id),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", proof),
    )


def basic(client_id: str, secret: str) -> str:
    """Return the header of a client's secret: both halves are urlencoded first (RFC 6749 2.3.1)."""
    pair = f"{quote_plus(client_id, safe='')}:{quote_plus(secret, safe='')}"
    return "Basic " + b64encode(pair.encode("ascii")).decode("ascii")


def assertion(client_id: str, auth: PrivateKeyJwt, issuer: str, moment: Moment) -> str:
    """Return a fresh assertion for one server: `aud` is its issuer alone, so it is worth nothing elsewhere."""
    now = moment.now()
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "jti": moment.token(),
        "iat": now,
        "exp": now + ASSERTION_LIFETIME,
    }
    return signed_jwt(claims, "JWT", auth)


def signed_jwt(claims: Mapping[str, object], typ: str, key: PrivateKeyJwt) -> str:
    """Return these claims, signed with a key of ours."""
    header = {"alg": key.alg, "typ": typ, "kid": key.kid}
    signed = f"{_b64(dumps(header).encode())}.{_b64(dumps(claims).encode())}"
    return f"{signed}.{_b64(JWSRegistry.algorithms[key.alg].sign(signed.encode(), key.key))}"


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
