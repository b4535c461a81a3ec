"""Every message a flow can have, with the reason it is there."""

from gatelodge.playground.messages import Step

START = Step("start", "person", "client", "I want to sign in", "You press a button in the application.")
SEND = Step(
    "send",
    "client",
    "browser",
    "go to the server and ask",
    "The application makes a fresh state, nonce and PKCE verifier, keeps them, and sends your browser away. Only the "
    "challenge, a digest of the verifier, travels.",
)
ASK = Step(
    "ask",
    "browser",
    "server",
    "GET /authorize",
    "Your browser brings the request. The server looks at the client and its redirect URI first: until both are known, "
    "nothing is redirected anywhere.",
)
SIGN_IN = Step(
    "sign_in",
    "person",
    "server",
    "sign in and allow",
    "You prove who you are to the server and decide what to allow. The application sees none of it: that is the point "
    "of the whole flow. If you are signed in already and allowed it before, nothing is asked.",
)
ANSWER = Step(
    "answer",
    "server",
    "browser",
    "back, with a code",
    "The answer goes through your browser, so it carries a code and no token. The code works once, for a minute, for "
    "this client, with the verifier. iss says which server answered.",
)
BACK = Step(
    "back",
    "browser",
    "client",
    "GET /callback",
    "Your browser brings the answer. Before anything else the application checks that the state is the one it gave "
    "this browser, and that iss is the server it asked.",
)
TOKEN = Step(
    "token",
    "client",
    "server",
    "POST /token: code, verifier",
    "Server to server: the application proves itself with its secret, shows the code, and shows the verifier whose "
    "digest it sent at the beginning. Who stole the code has neither.",
)
TOKENS = Step(
    "tokens",
    "server",
    "client",
    "tokens",
    "The access token opens the API, the refresh token gets new ones, the ID token tells the application who you are: "
    "it is believed once its signature, issuer, audience, end and nonce are checked.",
)
CALL = Step(
    "call",
    "client",
    "api",
    "GET /orders with the token",
    "The application shows the access token. It says what may be done, for whom, until when.",
)
ORDERS = Step(
    "orders",
    "api",
    "client",
    "the orders",
    "The API checked the signature with the server's public key, who issued the token, that it is meant for this API, "
    "when it ends, and the scope. It asked nobody.",
)
USERINFO = Step("userinfo", "client", "server", "GET /userinfo", "The application asks who the person is.")
CLAIMS = Step("claims", "server", "client", "who the person is", "As much as you allowed, and no more.")
REFRESH = Step(
    "refresh",
    "client",
    "server",
    "POST /token: refresh token",
    "When the access token has ended, the refresh token gets a new one, without you.",
)
REFRESHED = Step(
    "refreshed",
    "server",
    "client",
    "new tokens",
    "A new access token and a new refresh token: the old one is over. If it ever comes again, somebody has a copy, and "
    "the whole family ends.",
)
PUBLIC_TOKEN = Step(
    TOKEN.key,
    TOKEN.source,
    TOKEN.target,
    TOKEN.label,
    "A public client has no secret, so the verifier alone ties the code to whoever asked for it.",
)
MACHINE = Step(
    "token",
    "client",
    "server",
    "POST /token: its own secret",
    "No person, no browser: the application proves itself and asks for what it is registered for.",
)
MACHINE_TOKEN = Step(
    "tokens",
    "server",
    "client",
    "an access token",
    "Short-lived and no refresh token: whoever has the secret can simply ask again.",
)
MACHINE_CALL = Step(
    CALL.key, CALL.source, CALL.target, CALL.label, "The subject of this token is the application itself."
)
TYPE = Step(
    "start",
    "person",
    "client",
    "username and password",
    "You type your password into the application. It could keep it, and you could not tell.",
)
PASSWORD = Step(
    "token",
    "client",
    "server",
    "POST /token: your password",
    "The application sends your password. A passkey or a second factor has no place in this message.",
)
PASSWORD_TOKENS = Step(
    TOKENS.key,
    TOKENS.source,
    TOKENS.target,
    TOKENS.label,
    "What a sign-in in the browser gets, but that the application has your password as well.",
)
FRAGMENT_ASK = Step(
    "ask",
    "browser",
    "server",
    "GET /authorize",
    "The application asks for the tokens themselves in the answer: no code, so no verifier and no proof of the client.",
)
FRAGMENT_ANSWER = Step(
    "answer",
    "server",
    "browser",
    "back, with tokens in the address",
    "The tokens stand in the fragment of the address: in your history, and in reach of every script on the page. "
    "at_hash in the ID token ties it to the access token.",
)
FRAGMENT_BACK = Step(
    "back",
    "browser",
    "client",
    "the fragment, read by a script",
    "A fragment is not sent to a server, so a script on the page has to read it. The application checks state and iss, "
    "then the ID token: its signature with the server's published key, issuer, audience, end, nonce, and the digest of "
    "what came beside it.",
)
HYBRID_ASK = Step(
    "ask",
    "browser",
    "server",
    "GET /authorize",
    "The application asks for a code and, ahead of it, for an ID token in the answer.",
)
HYBRID_ANSWER = Step(
    "answer",
    "server",
    "browser",
    "back, with a code and an ID token",
    "The code and an ID token in the fragment. c_hash in the ID token ties the two together.",
)
REPLAY_NOTE = "The same request once more, as somebody would send it who copied it."
