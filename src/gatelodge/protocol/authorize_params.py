"""The small parameters of an authorization request, each read into what it means (OpenID Connect Core 3.1.2.1)."""

import re

from gatelodge.protocol import rules
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params

MAX_NONCE = 1_024  # characters
MAX_LOGIN_HINT = 320  # characters: the longest e-mail address
MAX_WORDS = 20  # in acr_values and ui_locales

PROMPTS = frozenset({"none", "login", "consent", "select_account"})

_SECONDS = re.compile(r"[0-9]{1,9}")
_LOCALE = re.compile(r"[A-Za-z0-9-]{1,35}")


def read_nonce(params: Params, response_type: str) -> str | None:
    """Return what the ID token will repeat. Raises `OAuthError` if one comes at once and there is none (3.2.2.1)."""
    nonce = params.get("nonce")
    if nonce is None and "id_token" in response_type:
        raise OAuthError("invalid_request", "nonce is missing", rules.NONCE)
    if nonce is not None and len(nonce) > MAX_NONCE:
        raise OAuthError("invalid_request", "nonce is too long", rules.NONCE)
    return nonce


def read_prompt(params: Params) -> frozenset[str]:
    """Return what the person shall be asked again. Raises `OAuthError` for an unknown value or `none` in company."""
    prompt = frozenset((params.get("prompt") or "").split())
    if not prompt <= PROMPTS:
        raise OAuthError("invalid_request", "prompt has an unknown value", rules.PROMPT)
    if "none" in prompt and len(prompt) > 1:
        raise OAuthError("invalid_request", "prompt none stands alone", rules.PROMPT)
    return prompt


def read_max_age(params: Params) -> int | None:
    """Return how old a sign-in may be, in seconds. Raises `OAuthError` if it is no bounded number."""
    text = params.get("max_age")
    if text is None:
        return None
    if not _SECONDS.fullmatch(text):
        raise OAuthError("invalid_request", "max_age is not a number of seconds", rules.MAX_AGE)
    return int(text)


def read_login_hint(params: Params) -> str | None:
    """Return who might sign in; `None` for a name that no account can have."""
    hint = params.get("login_hint")
    return hint if hint is not None and len(hint) <= MAX_LOGIN_HINT else None


def read_words(params: Params, name: str) -> tuple[str, ...]:
    """Return the first words of a list of wishes, which nobody is bound to fulfil."""
    return tuple((params.get(name) or "").split()[:MAX_WORDS])


def read_ui_locales(params: Params) -> tuple[str, ...]:
    """Return the language tags that look like one."""
    return tuple(tag for tag in read_words(params, "ui_locales") if _LOCALE.fullmatch(tag))
