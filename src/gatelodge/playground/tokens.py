"""Tokens in plain words: what a JWT says, claim by claim."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gatelodge.demo.pages.backend import claims_of
from gatelodge.keys.secrets import unb64
from gatelodge.playground.runs import RunTokens
from gatelodge.playground.wording import Piece

MEANING: Mapping[str, str] = {
    "iss": "Who issued it. Whoever reads it compares this with the server it trusts.",
    "sub": "Who it is about: one person at this server, always the same. Not a name, not an e-mail address.",
    "aud": "Whom it is for, one or several. Anybody else has to refuse it.",
    "exp": "When it ends.",
    "iat": "When it was made.",
    "nbf": "Before this moment it is not valid.",
    "auth_time": "When the person proved who it is.",
    "nonce": "The value the application sent along: it ties the ID token to that one request.",
    "acr": "How strong the sign-in was.",
    "amr": "How the person signed in; pwd is a password.",
    "azp": "The application it was made for.",
    "sid": "The session at the server, so that signing out can find it.",
    "at_hash": "A digest of the access token that came with it: they belong together.",
    "c_hash": "A digest of the code that came with it: they belong together.",
    "client_id": "The application that got it.",
    "scope": "What may be done with it.",
    "cnf": "The key it is bound to, by its thumbprint: without a proof of that key it opens nothing.",
    "jti": "The number of this one token.",
    "grant_id": "What it came from, so that it can be revoked together with it.",
    "act": "Who acts for the person; whoever acted before stands inside.",
    "may_act": "The one application that may pass it on.",
    "name": "The name of the person.",
    "given_name": "First name.",
    "family_name": "Last name.",
    "preferred_username": "What the person likes to be called here.",
    "email": "The e-mail address.",
    "email_verified": "Whether the address was checked.",
    "locale": "The language of the person.",
    "zoneinfo": "The time zone of the person.",
    "picture": "Where a portrait is.",
    "typ": "What kind of token it is: at+jwt is an access token, so it cannot be taken for an ID token.",
    "alg": "How it is signed. Whoever reads it accepts only what it expects.",
    "kid": "Which of the server's published keys signed it.",
}
MOMENTS = frozenset({"exp", "iat", "nbf", "auth_time"})


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim: its name, its value as text, and what it means, if it is one with a meaning everywhere."""

    name: str
    value: str
    meaning: str
    moment: str = ""


@dataclass(frozen=True, slots=True)
class ShownToken:
    """One token. `header` and `claims` are empty for an opaque one."""

    title: str
    purpose: str
    whole: Piece = field(repr=False)
    header: Sequence[Claim] = ()
    claims: Sequence[Claim] = ()


def show(tokens: RunTokens, now: int) -> list[ShownToken]:
    """Return the tokens there are, in the order in which they are used."""
    shown: list[ShownToken] = []
    if tokens.access:
        purpose = "For the API. The application passes it on and does not look inside."
        shown.append(_shown("Access token", purpose, tokens.access, now))
    if tokens.id:
        shown.append(_shown("ID token", "For the application: who the person is. It opens nothing.", tokens.id, now))
    if tokens.refresh:
        shown.append(_shown("Refresh token", "For the token endpoint alone, and for one use.", tokens.refresh[-1], now))
    return shown


def _shown(title: str, purpose: str, token: str, now: int) -> ShownToken:
    return ShownToken(
        title, purpose, Piece(token, secret=True), _explain(_header(token), now), _explain(claims_of(token), now)
    )


def _header(token: str) -> Mapping[str, Any]:
    """Return the header of a JWT: an object like its claims, in the part before them."""
    parts = token.split(".")
    if len(parts) != 3 or unb64(parts[0]) is None:
        return {}
    return claims_of(f".{parts[0]}.")


def _explain(members: Mapping[str, Any], now: int) -> list[Claim]:
    return [
        Claim(name, _text(value), MEANING.get(name, ""), _moment(name, value, now)) for name, value in members.items()
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _moment(name: str, value: object, now: int) -> str:
    if name not in MOMENTS or not isinstance(value, int):
        return ""
    clock = datetime.fromtimestamp(value, UTC).strftime("%H:%M:%S UTC")
    minutes, seconds = divmod(abs(value - now), 60)
    apart = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"{clock}, in {apart}" if value > now else f"{clock}, {apart} ago"
