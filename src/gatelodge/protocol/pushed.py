"""Authorization requests that clients push before the browser comes with their names (RFC 9126)."""

from typing import Protocol

from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.dpop import DpopProof
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply, json_reply

URN = "urn:ietf:params:oauth:request_uri:"  # what the name of a pushed request begins with (RFC 9126 2.2)

# What proves the client, and is no part of what it asks for.
_PROOF = frozenset({"client_id", "client_secret", "client_assertion", "client_assertion_type"})


class PushPolicy(Protocol):
    """What is demanded of every client: the `[authorization]` settings."""

    @property
    def require_pushed(self) -> bool: ...


def pushed_request(sent: Params, client: Client) -> Params:
    """Return the authorization request in what a client sent with its proof (2.1). Raises `OAuthError`."""
    if "request_uri" in sent:
        raise OAuthError("invalid_request", "request_uri can not be pushed", rules.PUSHED_ONE)
    return Params.of([("client_id", client.id), *(pair for pair in sent if pair[0] not in _PROOF)])


def bound(params: Params, proof: DpopProof | None) -> Params:
    """Return a pushed request whose code is bound to the key of the proof beside it (RFC 9449 10.1).

    Raises `OAuthError` if `dpop_jkt` names another key.
    """
    if proof is None:
        return params
    if params.get("dpop_jkt") not in (None, proof.jkt):
        said = "dpop_jkt names another key than that of the DPoP proof"
        raise OAuthError("invalid_dpop_proof", said, rules.DPOP_BOUND)
    return Params.of([*(pair for pair in params if pair[0] != "dpop_jkt"), ("dpop_jkt", proof.jkt)])


def check_plain(client: Client, policy: PushPolicy) -> None:
    """Check that a client may send its request by the browser, as it is (5, 6). Raises `OAuthError`."""
    if client.require_pushed or policy.require_pushed:
        raise OAuthError("invalid_request", "the request must be pushed first", rules.PUSH_REQUIRED)


def pushed_reply(request_uri: str, lifetime: int) -> Reply:
    """Answer with the name of a request that was pushed; `lifetime` is in seconds (2.2)."""
    return json_reply({"request_uri": request_uri, "expires_in": lifetime}, 201)
