"""The two refusals the protocol knows, and every error code it may say."""

from typing import Literal

from gatelodge.protocol.reply import Headers
from gatelodge.protocol.rules import Rule

ErrorCode = Literal[
    # RFC 6749 4.1.2.1 and 5.2
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_scope",
    "access_denied",
    "server_error",
    "temporarily_unavailable",
    # OpenID Connect Core 3.1.2.6
    "interaction_required",
    "login_required",
    "account_selection_required",
    "consent_required",
    "request_uri_not_supported",
    "registration_not_supported",
    # OpenID Connect Unmet Authentication Requirements 1.0
    "unmet_authentication_requirements",
    # RFC 8628 3.5
    "authorization_pending",
    "slow_down",
    "expired_token",
    # RFC 8707 2
    "invalid_target",
    # RFC 9101 7
    "invalid_request_uri",
    "invalid_request_object",
    # RFC 6750 3.1
    "invalid_token",
    "insufficient_scope",
    # RFC 9449 5, 8
    "invalid_dpop_proof",
    "use_dpop_nonce",
    # RFC 9470 3
    "insufficient_user_authentication",
    # RFC 7591 3.2.2
    "invalid_redirect_uri",
    "invalid_client_metadata",
]


class OAuthError(Exception):
    """A refusal that the client is told.

    `code` is the error the specification names. `description` is lower case, names the parameter and never echoes a
    value. `rule` is the check that refused, for the developer's eyes only: it goes to the log, not on the wire.
    `headers` go with the answer, where the client reads it itself (`DPoP-Nonce`, RFC 9449 8).
    """

    def __init__(self, code: ErrorCode, description: str, rule: Rule | None = None, headers: Headers = ()) -> None:
        super().__init__(code, description)
        self.code: ErrorCode = code
        self.description = description
        self.rule = rule
        self.headers = headers


class UnsafeRequest(Exception):
    """A refusal that must not be sent anywhere, because where it would go was not proven: shown to the person.

    RFC 6749 4.1.2.1: with a missing or wrong client or redirect URI the user agent must not be redirected.
    """

    def __init__(self, description: str, rule: Rule, code: ErrorCode = "invalid_request") -> None:
        super().__init__(description)
        self.description = description
        self.rule = rule
        self.code: ErrorCode = code
