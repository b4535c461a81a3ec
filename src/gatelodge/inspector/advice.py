"""What usually lies behind a refusal and what to do, rule by rule, for the developer of a client.

Said where nothing of the request tells more (`inspector/explain.py`). A rule whose sentence says it all is not here.
"""

from collections.abc import Mapping

from gatelodge.protocol import rules
from gatelodge.protocol.rules import Rule

_BEGIN_AGAIN = "Begin a new authorization request."
_CLOCKS = "If the token is fresh, compare the clocks of both machines."

ADVICE: Mapping[Rule, str] = {
    rules.PRINTABLE: "Encode parameters as application/x-www-form-urlencoded: % is followed by two hexadecimal digits.",
    rules.UTF_8: "Encode text as UTF-8 before escaping it.",
    rules.REDIRECT_ONCE: "Of two values neither can be trusted to be the one that was meant. Look for a query that is "
    "appended to a URL which already has one.",
    rules.REGISTRATION_SENT: "Register the client instead.",
    rules.REQUEST_ONE: "Send request or request_uri, not both, and put neither into what is signed.",
    rules.REQUEST_CLIENT: "client_id and iss in it are both the client's id, sub is left out, and jti is a short text.",
    rules.REQUEST_FORM: "No control characters, at most 100 members, 16,384 characters each.",
    rules.REQUEST_BESIDE: "Leave out everything but client_id: beside a signed request nothing is read.",
    rules.REQUEST_SIGNED: "Sign the request: require_signed_request_object of this client demands it.",
    rules.PUSHED_OURS: "Push the request to /par, and send the browser with the request_uri of the answer. No other is "
    "ever fetched.",
    rules.PUSHED_KNOWN: "It was answered, waited longer than authorization.pushed_lifetime, or is another client's. "
    "Push the request anew for every sign-in.",
    rules.PUSH_REQUIRED: "Push the request to /par first: authorization.require_pushed demands it of every client, "
    "require_pushed_authorization_requests of this one.",
    rules.PUSHED_ONE: "Push the parameters themselves.",
    rules.RESPONSE_TYPE: "Use code.",
    rules.NO_TOKEN_IN_QUERY: "Leave response_mode out, or use fragment or form_post.",
    rules.SCOPE_REQUIRED: "Send scope with at least one name; openid signs the person in.",
    rules.OPENID_REQUIRED: "Add openid to scope, or leave id_token out of response_type.",
    rules.NONCE: "Send a nonce: a random value, at most 1,024 characters, that the ID token must repeat.",
    rules.PROMPT: "prompt is any of login, consent and select_account, or none alone.",
    rules.HINT_SUBJECT: "id_token_hint must be an ID token that this very client received for that person.",
    rules.LOGIN_REQUIRED: "Nobody is signed in as recently and as whom it was asked. Ask again without prompt=none.",
    rules.ACCOUNT_REQUIRED: "Ask again without prompt=none, so that the person can pick an account.",
    rules.CONSENT_REQUIRED: "Ask again without prompt=none. A native client must ask every time (RFC 8252 8.6).",
    rules.PERSON_REFUSED: "Nothing is wrong with the request: the person said no.",
    rules.ACR_REACHED: "Ask for a value of acr_values_supported, or make it voluntary with acr_values.",
    rules.PKCE_REQUIRED: "Make a random code_verifier, keep it, and send its S256 code_challenge.",
    rules.PKCE_VERIFIER: "The usual causes: another sign-in in the same browser overwrote the kept verifier; the "
    "challenge was made from the hexadecimal digest instead of its 32 bytes; the exchange used another session.",
    rules.PKCE_DOWNGRADE: "Either the authorization request lost its code_challenge on its way here, or the code "
    "belongs to another request.",
    rules.CODE_OWNER: "The code was made for another client. Look for mixed-up configurations.",
    rules.CODE_VALID: "It was not issued here, was cut or decoded on its way, or waited longer than "
    f"tokens.code_lifetime. {_BEGIN_AGAIN}",
    rules.CODE_ONCE: "A code works once, and everything that came of this one has been ended. Look for a request that "
    f"is sent twice: a reloaded callback page, a retry after a timeout. {_BEGIN_AGAIN}",
    rules.DEVICE_VALID: "It was not issued here, was cut or decoded on its way, or is the user_code: send device_code.",
    rules.DEVICE_ONCE: "Tokens come once. If the answer was lost, begin a new device authorization request.",
    rules.DEVICE_LIVE: "Nobody answered in time. Begin a new device authorization request, and show the new code.",
    rules.DEVICE_PACE: "Wait interval seconds between two questions, and 5 more after each slow_down.",
    rules.DEVICE_ANSWERED: "Nothing is wrong: ask again after interval seconds.",
    rules.REFRESH_VALID: "It was not issued here, not to this client, or was cut on its way.",
    rules.REFRESH_LIVE: "It expired unused, reached the end of its authorization, was revoked, or the person's account "
    f"is disabled. {_BEGIN_AGAIN}",
    rules.REFRESH_ONCE: "It was replaced by a newer one before, so its whole family has been ended. Keep the refresh "
    "token of every answer, and let only one process refresh at a time.",
    rules.SCOPE_GRANTED: f"A refresh may ask for less, never for more. {_BEGIN_AGAIN}",
    rules.TARGET_GRANTED: "Name the API with resource in the authorization request, too.",
    rules.TARGET_THERE: "An API was disabled, or registered after the scope was granted: gatelodge apis list shows it.",
    rules.TARGET_ONE: "Ask for one token for each API, each with its own resource.",
    rules.ACCOUNT_ENABLED: "gatelodge users enable lets the person in again.",
    rules.CONSENT_STANDS: f"It was withdrawn after this code was issued. {_BEGIN_AGAIN}",
    rules.EXCHANGE_TYPE: "subject_token_type is urn:ietf:params:oauth:token-type: and access_token, refresh_token or "
    "id_token; an actor_token is an access token. What comes back is an access token.",
    rules.EXCHANGE_POLICY: "gatelodge clients change --exchange says which kinds of token a client may exchange.",
    rules.EXCHANGE_SUBJECT: "It expired or was ended; it is a machine's; or it is neither this client's nor for an API "
    "whose tokens this client may introspect (gatelodge apis add --introspector).",
    rules.EXCHANGE_ACTOR: "It expired, was ended, or is neither this client's nor for an API whose tokens this client "
    "may introspect.",
    rules.EXCHANGE_MAY_ACT: "The client that the token was issued to names another one with --may-act.",
    rules.EXCHANGE_TARGET: "clients change --exchange-audience says for which APIs a client gets them.",
    rules.WORKLOAD_FITS: "gatelodge issuers list shows whose word is believed, the client's workloads which of them it "
    "is. iss and the claims of the assertion must be those, letter by letter.",
    rules.PASSWORD_RIGHT: "Unknown, wrong and disabled look alike here, too.",
    rules.ASSERTION_SUBJECT: "iss and sub of the assertion are both the client_id.",
    rules.ASSERTION_ONCE: "Make a new assertion with a new jti for every request, also for a retry.",
    rules.CLIENT_BASIC: "The header is Basic and the base64 of id:secret, both form-encoded first (RFC 6749 2.3.1).",
    rules.JWT_COMPACT: "Send the token as it was received: three parts with dots, base64url without padding.",
    rules.JWT_HEADER: "The header must not have crit, b64, jku, x5u, x5c, zip or enc. Only a DPoP proof has jwk, and "
    "must.",
    rules.JWT_KEY: "Register the public key, and let kid in the header say which one it is.",
    rules.JWT_SIGNATURE: "It was signed with another key than the one that is registered under its kid.",
    rules.JWT_EXP: f"exp has passed, or lies too far ahead. {_CLOCKS}",
    rules.JWT_NOT_YET: f"iat or nbf lies ahead. {_CLOCKS}",
    rules.JWT_TIME: "Times are whole numbers of seconds since 1970, not milliseconds and not text.",
    rules.DPOP_REQUIRED: "Sign a proof for this very request and send it in the header DPoP. "
    "gatelodge clients show tells whether the client has dpop_bound_access_tokens.",
    rules.DPOP_ONE: "Two headers came, or the proof has a comma: send one, as the compact JWT it is.",
    rules.DPOP_KEY: "jwk in the header is the public key alone, of P-256 for ES256, Ed25519 for EdDSA, RSA of 2048 to "
    "4096 bits for PS256.",
    rules.DPOP_METHOD: "htm is the method in capital letters, as in POST.",
    rules.DPOP_URL: "htu is the address as the metadata says it, with scheme and host that callers use. Behind a proxy "
    "compare it with the issuer.",
    rules.DPOP_TOKEN: "ath is the base64url of the SHA-256 of the access token, which changes with every token.",
    rules.DPOP_TIME: f"Make a new proof for every request; iat is in seconds. {_CLOCKS}",
    rules.DPOP_NONCE: "Take the nonce in the header DPoP-Nonce of this answer and send the request again with a new "
    "proof.",
    rules.DPOP_ONCE: "Make a new proof with a new jti for every request, also for a retry.",
    rules.DPOP_BOUND: "It was bound to another key, or to one at all: keep the key as long as what is bound to it.",
    rules.DPOP_JKT: "dpop_jkt is the RFC 7638 thumbprint of the public key: 43 characters of base64url.",
    rules.TOKEN_UNBOUND: "Send it as Authorization: DPoP TOKEN with a proof in the header DPoP.",
    rules.BODY_ONLY: "Send every parameter in the body: addresses end up in logs.",
    rules.BEARER_ONE: "Send the access token once, as Authorization: Bearer TOKEN.",
    rules.TOKEN_ACTIVE: "It expired, was revoked, belongs to a session that ended, or is not ours. Refresh it.",
    rules.USERINFO_SCOPE: "Ask for the scope openid; a token of client credentials has no person behind it.",
    rules.USERINFO_AUDIENCE: "A token with openid in its own scope names the issuer in aud, beside its API.",
    rules.INTERACTION: "This sign-in was answered, took too long, or began in another browser. Begin at the "
    "application; bookmarks of this page do not work.",
    rules.LOGOUT_CLIENT: "Leave client_id out, or send the one the hint was issued to.",
}

BY_STATUS: Mapping[int, str] = {
    429: "Too many failures came from there or for this account; Retry-After says how long to wait.",
    500: "The mistake is ours; the log has its place under this request id.",
    503: "The database or the password hashing could not take it in time; the log has the reason.",
    421: "The Host header is not the issuer's. Further names are listed in server.hosts.",
    404: "No endpoint has this path; paths are compared as they are sent, with their slashes.",
    405: "The endpoint is there, and has other methods.",
    415: "Bodies are application/x-www-form-urlencoded.",
}

CODES: Mapping[int, str] = {429: "temporarily_unavailable", 500: "server_error", 503: "temporarily_unavailable"}
