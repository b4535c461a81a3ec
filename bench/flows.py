"""The code flow by hand, one request at a time: for seeding a load and for checking beside it."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.http import Answer, Http
from bench.subject import ES256, REDIRECT_URI, BenchApi, Facts

OPENID = "openid profile email offline_access"


@dataclass(frozen=True, slots=True)
class Pkce:
    """A PKCE pair (RFC 7636)."""

    verifier: str
    challenge: str


def pkce() -> Pkce:
    """Return a fresh pair."""
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    return Pkce(verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


def authorization_query(facts: Facts, api: BenchApi | None) -> dict[str, str]:
    """Return the parameters of an authorization request that stay the same; `None` asks for no API."""
    asked = {
        "client_id": facts.web.id,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": f"{OPENID} {api.scope}" if api else OPENID,
        "code_challenge_method": "S256",
    }
    return {**asked, "resource": api.identifier} if api else asked


def ask_for_code(http: Http, facts: Facts, cookie: str, pair: Pkce, api: BenchApi | None = ES256) -> str:
    """Return a code for the person behind `cookie`. Raises ValueError when none came back."""
    query = authorization_query(facts, api)
    query |= {"code_challenge": pair.challenge, "state": "s", "nonce": "n"}
    answer = http.get(f"{facts.paths.authorize}?{urlencode(query)}", {"Cookie": cookie})
    location = answer.headers.get("location", "")
    codes = parse_qs(urlsplit(location).query).get("code", [])
    if not location.startswith(REDIRECT_URI) or len(codes) != 1:
        raise ValueError(f"no code came back: {answer.status} {location} {answer.body[:300]}")
    return codes[0]


# The API was named when the code was asked for; naming it again is not needed, and no client here does.
EXCHANGE = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI}
REFRESH = {"grant_type": "refresh_token"}


def exchange(http: Http, facts: Facts, code: str, pair: Pkce) -> Answer:
    """Exchange a code and return whatever was answered."""
    form = {**EXCHANGE, "code": code, "code_verifier": pair.verifier}
    return http.post(facts.paths.token, form, {"Authorization": facts.web.authorization})


def walk(http: Http, facts: Facts, cookie: str, api: BenchApi | None = ES256) -> Answer:
    """Walk the whole flow and return the token response."""
    pair = pkce()
    return exchange(http, facts, ask_for_code(http, facts, cookie, pair, api), pair)


def refresh(http: Http, facts: Facts, token: str) -> Answer:
    """Refresh and return whatever was answered."""
    return http.post(facts.paths.token, {**REFRESH, "refresh_token": token}, {"Authorization": facts.web.authorization})


def daemon_form(api: BenchApi) -> dict[str, str]:
    """Return the body of a client_credentials request."""
    return {"grant_type": "client_credentials", "scope": api.scope, "resource": api.identifier}


def daemon_token(http: Http, facts: Facts, api: BenchApi) -> Answer:
    """Ask for a token as the daemon and return whatever was answered."""
    return http.post(facts.paths.token, daemon_form(api), {"Authorization": facts.daemon.authorization})


def introspect(http: Http, facts: Facts, token: str) -> Answer:
    """Introspect a token as the daemon."""
    form = {"token": token, "token_type_hint": "access_token"}
    return http.post(facts.paths.introspect, form, {"Authorization": facts.daemon.authorization})
