"""The catalogue of checks: every rule this product enforces, with its sentence and its section.

A refusal names its rule (`OAuthError.rule`), so the log, the audit trail and the inspector can say which check refused
and which section says so. Ids are stable: `subject.check`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One check: a stable `id`, one present-tense `sentence`, and the `section` that demands it."""

    id: str
    sentence: str
    section: str


# Parameters
ONCE = Rule("params.once", "a parameter appears at most once", "RFC 6749 3.1")
REQUIRED = Rule("params.required", "a parameter that the request cannot do without is there", "RFC 6749 3.1")
BOUNDED = Rule("params.bounded", "parameters are bounded in number and length", "ASVS 15.2.2")
UTF_8 = Rule("params.utf_8", "parameters are UTF-8", "RFC 6749 App. B")
PRINTABLE = Rule("params.printable", "escapes are whole and parameters hold no control character", "RFC 6749 App. A")

# Scopes, and which API a token is for
SCOPE_SYNTAX = Rule("scope.syntax", "scope is a bounded list of printable names", "RFC 6749 3.3")
SCOPE_ALLOWED = Rule("scope.allowed", "a client asks only for scopes it is registered for", "RFC 6749 3.3")
SCOPE_REQUIRED = Rule("scope.required", "an authorization asks for something", "RFC 6749 3.3")
SCOPE_OF_RESOURCE = Rule("scope.of_resource", "scopes belong to the APIs that resource names", "RFC 8707 2")
SCOPE_ONE_API = Rule("scope.one_api", "without resource the scopes belong to one API", "RFC 8707 2")
TARGET_KNOWN = Rule("target.known", "resource is the identifier of an API of this server", "RFC 8707 2")
TARGET_ONE = Rule("target.one", "an access token is for one API", "RFC 8707 2.2")

# Redirect URIs: until these hold, nothing is redirected
CLIENT_KNOWN = Rule("client.known", "client_id names a client that is known and enabled", "RFC 6749 4.1.2.1")
REDIRECT_ONCE = Rule("redirect.once", "client_id and redirect_uri appear at most once", "RFC 6749 3.1")
REDIRECT_EXACT = Rule("redirect.exact", "redirect_uri equals a registered value, byte for byte", "RFC 9700 4.1.3")
REDIRECT_REQUIRED = Rule(
    "redirect.required", "redirect_uri is left out only with one registered and without openid", "OIDC Core 3.1.2.1"
)
REDIRECT_SYNTAX = Rule("redirect.syntax", "a redirect URI is a bounded absolute URI of RFC 3986", "RFC 6749 3.1.2")
REDIRECT_FRAGMENT = Rule("redirect.fragment", "a redirect URI has no fragment", "RFC 6749 3.1.2")
REDIRECT_USERINFO = Rule("redirect.userinfo", "a redirect URI names no user", "RFC 9110 4.2.4")
REDIRECT_HOST = Rule("redirect.host", "the host is a name or an address, without wildcard", "RFC 9700 2.1")
REDIRECT_PORT = Rule("redirect.port", "a port is a number from 1 to 65535", "RFC 3986 3.2.3")
REDIRECT_PATH = Rule("redirect.path", "a path has no segments that browsers take out", "RFC 9700 4.1.3")
REDIRECT_HTTPS = Rule("redirect.https", "http is for loopback only", "RFC 9700 2.6")
REDIRECT_SCHEME = Rule(
    "redirect.scheme",
    "other schemes are a reversed domain name, or permitted",
    "RFC 8252 7.1",
)

# The authorization request
REGISTRATION_SENT = Rule("authorize.registration", "registration is not sent", "OIDC Core 7.2.1")
RESPONSE_TYPE = Rule("authorize.response_type", "response_type is one this server answers", "RFC 6749 3.1.1")
RESPONSE_TYPE_ON = Rule("authorize.response_type_on", "legacy response types are switched on by name", "RFC 9700 2.1.2")
RESPONSE_TYPE_ALLOWED = Rule(
    "authorize.response_type_allowed", "the client is registered for the response type", "RFC 6749 4.1.2.1"
)
RESPONSE_MODE = Rule(
    "authorize.response_mode", "response_mode is query, fragment or form_post, or one of them signed", "JARM 2.3"
)
NO_TOKEN_IN_QUERY = Rule("authorize.no_token_in_query", "tokens never travel in a query", "OAuth Response Types 3")
OPENID_REQUIRED = Rule("authorize.openid", "an ID token is asked for with scope openid", "OIDC Core 3.1.2.1")
NONCE = Rule("authorize.nonce", "an ID token from here is bound to a nonce", "OIDC Core 3.2.2.1")
PROMPT = Rule("authorize.prompt", "prompt holds known values, and none alone", "OIDC Core 3.1.2.1")
MAX_AGE = Rule("authorize.max_age", "max_age is a bounded number of seconds", "OIDC Core 3.1.2.1")
CLAIMS = Rule("authorize.claims", "claims is a small JSON object of the specified form", "OIDC Core 5.5")
HINT_SUBJECT = Rule("authorize.hint_subject", "id_token_hint and claims ask for the same person", "OIDC Core 5.5.1")

# Signed and pushed authorization requests
REQUEST_ONE = Rule("request.one", "a request is signed or named by request_uri, and holds no other", "RFC 9101 4, 5")
REQUEST_CLIENT = Rule("request.client", "a signed request is its client's, and proves nobody", "RFC 9101 10.8")
REQUEST_FORM = Rule("request.form", "a signed request says no more than a form could", "RFC 9101 4")
REQUEST_BESIDE = Rule("request.beside", "response_type beside a signed request is the one in it", "OIDC Core 6.1")
REQUEST_SIGNED = Rule("request.signed", "who must sign its requests does", "RFC 9101 10.5")
PUSHED_ONE = Rule("pushed.one", "a request that is pushed is not the name of another", "RFC 9126 2.1")
PUSHED_OURS = Rule("pushed.ours", "request_uri is a name that this server gave", "RFC 9101 10.4")
PUSHED_KNOWN = Rule(
    "pushed.known", "request_uri was given to this client, has not expired and was not answered", "RFC 9126 4"
)
PUSH_REQUIRED = Rule("pushed.required", "who must push its requests does", "RFC 9126 5, 6")

# What the person must do
LOGIN_REQUIRED = Rule(
    "decide.login", "the person is signed in, as recently and as whom it was asked", "OIDC Core 3.1.2.3"
)
ACCOUNT_REQUIRED = Rule("decide.account", "the person picked an account when it was asked", "OIDC Core 3.1.2.1")
CONSENT_REQUIRED = Rule("decide.consent", "the person allowed every scope and API", "OIDC Core 3.1.2.4")
PERSON_REFUSED = Rule("decide.refused", "the person did not refuse", "RFC 6749 4.1.2.1")
ACR_REACHED = Rule("decide.acr", "an essential acr is reached", "OIDC Core 5.5.1.1")

# Codes and PKCE
PKCE_REQUIRED = Rule("pkce.required", "a code is bound to a challenge", "RFC 9700 2.1.1")
PKCE_METHOD = Rule("pkce.method", "code_challenge_method is S256", "RFC 7636 4.3")
PKCE_CHALLENGE = Rule("pkce.challenge", "code_challenge is 43 base64url characters", "RFC 7636 4.2")
PKCE_VERIFIER = Rule("pkce.verifier", "the verifier proves the challenge", "RFC 7636 4.6")
PKCE_VERIFIER_SYNTAX = Rule("pkce.verifier_syntax", "a verifier is 43 to 128 unreserved characters", "RFC 7636 4.1")
PKCE_DOWNGRADE = Rule("pkce.downgrade", "a verifier comes only with a challenge before it", "RFC 9700 4.8.2")
CODE_OWNER = Rule("code.owner", "a code is redeemed by the client it was issued to", "RFC 6749 4.1.3")
CODE_REDIRECT = Rule("code.redirect", "redirect_uri is the one of the authorization request", "RFC 6749 4.1.3")

# Registration
REGISTRATION = Rule(
    "registration.consistent", "a client's registration is complete and agrees with itself", "RFC 7591 2"
)
REGISTRATION_LEGACY = Rule("registration.legacy", "legacy grants are switched on by name", "RFC 9700 2.4")
REGISTRATION_PUBLIC = Rule("registration.public", "a public client does nothing that needs a secret", "RFC 6749 2.1")
REGISTRATION_KEYS = Rule("registration.keys", "a client that signs has public keys in one place", "RFC 7591 2")
REGISTRATION_URL = Rule("registration.url", "addresses shown to people are https", "RFC 7591 5")
REGISTRATION_FRAME = Rule(
    "registration.frame",
    "frontchannel_logout_uri is at the site of a redirect URI",
    "OpenID Connect Front-Channel Logout 1.0 2",
)

REGISTRATION_SECTOR = Rule(
    "registration.sector",
    "a pairwise client is of one sector, and that names each of its redirect URIs",
    "OpenID Connect Core 8.1",
)

# JSON Web Tokens that come in
JWT_COMPACT = Rule("jwt.compact", "a token is three canonical base64url parts of bounded length", "RFC 7515 7.1")
JWT_JSON = Rule("jwt.json", "header and claims are strict JSON objects", "RFC 8725 3.7")
JWT_ALG = Rule("jwt.alg", "the algorithm is one of those allowed for this kind of token", "RFC 8725 3.1")
JWT_HEADER = Rule(
    "jwt.header",
    "the header changes nothing that was signed and brings no key, or has to",
    "RFC 8725 3.10",
)
JWT_TYP = Rule("jwt.typ", "typ says this kind of token", "RFC 8725 3.11")
JWT_KEY = Rule("jwt.key", "kid names one known key that fits the algorithm", "RFC 7515 4.1.4")
JWT_SIGNATURE = Rule("jwt.signature", "the signature verifies", "RFC 7515 5.2")
JWT_ISS = Rule("jwt.iss", "iss is exactly the expected issuer", "RFC 7519 4.1.1")
JWT_AUD = Rule("jwt.aud", "aud names exactly whom the token is for", "RFC 7519 4.1.3")
JWT_EXP = Rule("jwt.exp", "exp is there, has not passed and is not too far ahead", "RFC 7519 4.1.4")
JWT_NOT_YET = Rule("jwt.not_yet", "nbf and iat do not lie ahead", "RFC 7519 4.1.5")
JWT_TIME = Rule("jwt.time", "a time is a whole number of seconds", "RFC 7519 2")

# DPoP: proofs that a request is sent by whoever has a key
DPOP_REQUIRED = Rule("dpop.required", "a request that is bound to a key comes with a DPoP proof", "RFC 9449 5.2, 7.1")
DPOP_ONE = Rule("dpop.one", "a request has one DPoP header", "RFC 9449 4.3")
DPOP_KEY = Rule("dpop.key", "jwk is one public key that fits the algorithm", "RFC 9449 4.3")
DPOP_METHOD = Rule("dpop.method", "htm is the method of the request", "RFC 9449 4.3")
DPOP_URL = Rule("dpop.url", "htu is the address of the request, without its query", "RFC 9449 4.3")
DPOP_TOKEN = Rule("dpop.token", "ath is the digest of the access token beside it", "RFC 9449 4.3")
DPOP_TIME = Rule("dpop.time", "iat is at most a minute ago or ahead", "RFC 9449 11.1")
DPOP_NONCE = Rule("dpop.nonce", "nonce is one that this server gave out lately, if it demands one", "RFC 9449 8")
DPOP_ONCE = Rule("dpop.once", "jti is a short text, and the proof is used once", "RFC 9449 11.1")
DPOP_BOUND = Rule("dpop.bound", "what is bound to a key comes with a proof by that key", "RFC 9449 5, 7.1, 10")
DPOP_JKT = Rule("dpop.jkt", "dpop_jkt is the SHA-256 thumbprint of a key", "RFC 9449 10")

# Client authentication
CLIENT_ONE_METHOD = Rule("client.one_method", "a client proves itself in one way per request", "RFC 6749 2.3")
CLIENT_PROVEN = Rule("client.proven", "the client proves who it is, in the way it registered", "RFC 6749 3.2.1")
CLIENT_ENABLED = Rule("client.enabled", "the client is known and may act", "RFC 6749 2")
CLIENT_BASIC = Rule("client.basic", "the Authorization header is well-formed Basic", "RFC 6749 2.3.1")
ASSERTION_TYPE = Rule("assertion.type", "client_assertion_type is the JWT bearer one", "RFC 7523 2.2")
ASSERTION_SUBJECT = Rule("assertion.subject", "iss and sub of a client assertion are the client", "RFC 7523 3")
ASSERTION_ONCE = Rule("assertion.once", "a client assertion is used once", "RFC 7523 3")

WORKLOAD_FITS = Rule(
    "workload.fits", "a workload is one that the client is, by the word of an issuer that is trusted", "RFC 7523 3"
)

# Logout
LOGOUT_CLIENT = Rule(
    "logout.client", "client_id is whom the hint was issued to", "OpenID Connect RP-Initiated Logout 1.0 2"
)
LOGOUT_REDIRECT = Rule(
    "logout.redirect", "post_logout_redirect_uri equals a registered value", "OpenID Connect RP-Initiated Logout 1.0 3"
)

# Grants and tokens
BODY_ONLY = Rule("token.body", "parameters of a direct request travel in its body", "RFC 6749 3.2")
GRANT_KNOWN = Rule("grant.known", "grant_type is one this server has", "RFC 6749 5.2")
GRANT_ALLOWED = Rule("grant.allowed", "a client uses only grants it is registered for", "RFC 6749 5.2")
CODE_VALID = Rule("code.valid", "a code is one that was issued and has not expired", "RFC 6749 4.1.2")
CODE_ONCE = Rule(
    "code.once", "a code is used once; when its client sends it again, all that came of it ends", "RFC 6749 4.1.2"
)
DEVICE_VALID = Rule("device.valid", "a device code is one that was issued", "RFC 8628 3.5")
DEVICE_OWNER = Rule("device.owner", "a device code is redeemed by the client it was issued to", "RFC 8628 3.4")
DEVICE_ONCE = Rule(
    "device.once", "a device code is used once; of one that is seen in two places nothing stays", "BCP 247"
)
DEVICE_LIVE = Rule("device.live", "a device code has not expired", "RFC 8628 3.5")
DEVICE_PACE = Rule("device.pace", "a device waits between two questions as long as it was told", "RFC 8628 3.5")
DEVICE_ANSWERED = Rule("device.answered", "the person has decided whether the device may", "RFC 8628 3.5")
REFRESH_VALID = Rule("refresh.valid", "a refresh token is one that was issued to this client", "RFC 6749 6")
REFRESH_LIVE = Rule("refresh.live", "a refresh token has neither expired nor been revoked", "RFC 6749 6")
REFRESH_ONCE = Rule("refresh.once", "an old refresh token ends its whole family", "RFC 9700 4.14.2")
SCOPE_GRANTED = Rule("scope.granted", "a refresh asks for no scope beyond the grant", "RFC 6749 6")
TARGET_GRANTED = Rule("target.granted", "a token is only for an API that was granted", "RFC 8707 2.2")
TARGET_THERE = Rule("target.there", "an API's scopes are only in tokens for it, so it must be enabled", "RFC 8707 2")
ACCOUNT_ENABLED = Rule("account.enabled", "the person's account is enabled when tokens are issued", "RFC 9700 4.14.2")
CONSENT_STANDS = Rule("consent.stands", "what the person allowed was not taken back since", "OIDC Core 3.1.2.4")
ACCOUNT_FRESH = Rule("account.fresh", "whoever changes an account proved not long ago who they are", "ASVS 7.5.1")
ACCOUNT_AUDIENCE = Rule("account.audience", "a token that opens an account is for this server alone", "RFC 9068 4")
EXCHANGE_TYPE = Rule("exchange.type", "types of tokens are those that are exchanged here", "RFC 8693 2.1")
EXCHANGE_POLICY = Rule("exchange.policy", "a client exchanges only what its operator lets it", "RFC 8693 2.2.2")
EXCHANGE_SUBJECT = Rule(
    "exchange.subject", "a token that is exchanged is a person's, works, and is for this client", "RFC 8693 2.2.2"
)
EXCHANGE_ACTOR = Rule("exchange.actor", "the token of who acts works and is for this client", "RFC 8693 2.2.2")
EXCHANGE_MAY_ACT = Rule("exchange.may_act", "only whom a token lets act acts with it", "RFC 8693 4.4")
EXCHANGE_CHAIN = Rule("exchange.chain", "at most four act for one another", "RFC 8693 4.1")
EXCHANGE_TARGET = Rule("exchange.target", "the API is one that this client exchanges tokens for", "RFC 8693 2.2.2")
PASSWORD_RIGHT = Rule("password.right", "username and password are those of an enabled account", "RFC 6749 4.3.2")
BEARER_ONE = Rule("bearer.one", "a token is sent in one way, never in the URL", "RFC 6750 2")
TOKEN_ACTIVE = Rule("token.active", "an access token is ours, has not expired and was not revoked", "RFC 6750 3.1")
TOKEN_CLAIMS = Rule("token.claims", "an access token says who it is about and which client has it", "RFC 9068 2.2")
TOKEN_KIND = Rule("token.kind", "an access token says what no ID token of its issuer says", "RFC 8725 3.12")
TOKEN_UNBOUND = Rule("token.unbound", "a token that is bound to a key is not taken as a bearer token", "RFC 9449 7.2")
TOKEN_SCOPE = Rule("token.scope", "an access token has every scope that is needed", "RFC 6750 3.1")
TOKEN_SIGN_IN = Rule(
    "token.sign_in", "the sign-in behind a token is as strong and as recent as is needed", "RFC 9470 3"
)
USERINFO_SCOPE = Rule(
    "userinfo.openid", "UserInfo answers for tokens with the scope openid", "OpenID Connect Core 5.3.1"
)
USERINFO_AUDIENCE = Rule("userinfo.audience", "UserInfo answers for tokens that are for this server", "RFC 9068 4")
INTERACTION = Rule("interaction.live", "a parked request is answered once, by the browser that began it", "ASVS 2.3.1")

# Passkeys
PASSKEY_FORM = Rule(
    "passkey.form", "an answer made with a passkey is whole and of the form of its act", "WebAuthn L3 7.2"
)
PASSKEY_CHALLENGE = Rule(
    "passkey.challenge",
    "a challenge is answered once, in time, for its purpose and by the browser it was made for",
    "WebAuthn L3 13.4.3",
)
PASSKEY_ORIGIN = Rule("passkey.origin", "the page is at an origin of this server", "WebAuthn L3 13.4.9")
PASSKEY_FRAMED = Rule("passkey.framed", "the page stands in no other site's page", "WebAuthn L3 13.4.9")
PASSKEY_RP = Rule("passkey.rp", "the passkey is for this server's RP ID", "WebAuthn L3 7.2")
PASSKEY_PRESENT = Rule("passkey.present", "somebody was present when the passkey was used", "WebAuthn L3 7.2")
PASSKEY_KNOWN = Rule("passkey.known", "the passkey is one that is kept here", "WebAuthn L3 7.2")
PASSKEY_OWNER = Rule("passkey.owner", "the passkey and its user handle are one person's", "WebAuthn L3 7.2")
PASSKEY_ELIGIBLE = Rule("passkey.eligible", "whether a passkey may be backed up never changes", "WebAuthn L3 6.1.3")
PASSKEY_BACKUP = Rule("passkey.backup", "only a passkey that may be backed up is backed up", "WebAuthn L3 6.1.3")
PASSKEY_SIGNATURE = Rule("passkey.signature", "the signature verifies with the passkey's key", "WebAuthn L3 7.2")
PASSKEY_COUNTER = Rule(
    "passkey.counter", "the counter of a passkey that is not synced grows, where that is demanded", "WebAuthn L3 6.1.1"
)
PASSKEY_ENABLED = Rule("passkey.enabled", "the person's account is enabled when they sign in", "ASVS 7.4.2")
PASSKEY_ALG = Rule("passkey.alg", "a new passkey has a key of an algorithm that was offered", "WebAuthn L3 7.1")
PASSKEY_AUTHENTICATOR = Rule(
    "passkey.authenticator", "a new passkey lives in a kind of authenticator that is allowed", "WebAuthn L3 7.1"
)
PASSKEY_ATTESTATION = Rule(
    "passkey.attestation", "a new passkey brings no statement of its maker, or one of its own key", "WebAuthn L3 5.4.7"
)
PASSKEY_UNIQUE = Rule("passkey.unique", "a new passkey is nobody's yet", "WebAuthn L3 7.1")
PASSKEY_MOST = Rule("passkey.most", "a person has a bounded number of passkeys", "ASVS 15.2.2")

# Signing in with another provider
UPSTREAM_STATE = Rule(
    "upstream.state",
    "an answer is the one to a sign-in that this browser began with this provider, and comes once",
    "RFC 9700 4.4, 4.7",
)
UPSTREAM_ISS = Rule("upstream.iss", "an answer and its ID token are of the provider that was asked", "RFC 9207 2.4")
UPSTREAM_TOKEN = Rule(
    "upstream.token", "an ID token proves who signed in, for this server and this sign-in", "OIDC Core 3.1.3.7"
)
UPSTREAM_TENANT = Rule("upstream.tenant", "who comes is of a tenant or domain that is let in", "ASVS 6.8.1")
UPSTREAM_LOGOUT = Rule(
    "upstream.logout",
    "a provider proves that it says who signed out there",
    "OpenID Connect Back-Channel Logout 1.0 2.6",
)
UPSTREAM_SUBJECT = Rule("upstream.subject", "a provider names a person as no other", "OIDC Core 5.7")
