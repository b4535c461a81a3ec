"""The authorization code: what its redemption must prove, and whether it does (RFC 6749 4.1.3, RFC 7636 4.6)."""

from dataclasses import dataclass

from gatelodge.protocol import pkce, rules
from gatelodge.protocol.authorize import AuthorizationRequest
from gatelodge.protocol.client import Client
from gatelodge.protocol.dpop import DpopProof, check_binding
from gatelodge.protocol.errors import OAuthError


@dataclass(frozen=True, slots=True)
class CodeProof:
    """What must be shown to redeem a code; kept with it.

    `redirect_uri` is as it was sent, `None` if it was left out. `code_challenge` is `None` for an exempt client that
    sent none. `dpop_jkt` names the key that the code is bound to, `None` if it is bound to none (RFC 9449 10).
    """

    client_id: str
    redirect_uri: str | None
    code_challenge: str | None
    dpop_jkt: str | None = None


def draw_up(asked: AuthorizationRequest) -> CodeProof:
    """Return what the redemption of a code for this request must prove."""
    return CodeProof(asked.client_id, asked.redirect_uri, asked.code_challenge, asked.dpop_jkt)


def check_code(
    proof: CodeProof, client: Client, redirect_uri: str | None, verifier: str | None, holder: DpopProof | None = None
) -> None:
    """Check that `client` may redeem the code and that this is the one who asked for it, `holder` of its key.

    Raises `OAuthError` (invalid_grant, invalid_dpop_proof). The code is spent by then and stays so: nobody tries twice.
    """
    if proof.client_id != client.id:
        raise _refusal("code was issued to another client", rules.CODE_OWNER)
    _check_redirect_uri(proof, client, redirect_uri)
    check_verifier(proof.code_challenge, verifier)
    check_binding(proof.dpop_jkt, holder)


def _check_redirect_uri(proof: CodeProof, client: Client, redirect_uri: str | None) -> None:
    """The same one again; if none was sent, none or the only one there is (RFC 6749 4.1.3)."""
    if proof.redirect_uri is None:
        if redirect_uri is not None and (redirect_uri,) != client.redirect_uris:
            raise _refusal("redirect_uri is not the one of the authorization request", rules.CODE_REDIRECT)
    elif redirect_uri != proof.redirect_uri:
        raise _refusal("redirect_uri is not the one of the authorization request", rules.CODE_REDIRECT)


def check_verifier(code_challenge: str | None, verifier: str | None) -> None:
    """Check that a verifier proves the challenge that was sent, if one was. Raises `OAuthError` (invalid_grant)."""
    if code_challenge is None:
        if verifier is not None:
            # Somebody took the challenge out of the request on its way here (RFC 9700 4.8.2).
            raise _refusal("code_verifier was sent but no code_challenge", rules.PKCE_DOWNGRADE)
    elif verifier is None:
        raise _refusal("code_verifier is missing", rules.PKCE_VERIFIER)
    elif not pkce.is_verifier(verifier):
        raise _refusal("code_verifier is malformed", rules.PKCE_VERIFIER_SYNTAX)
    elif not pkce.proves(verifier, code_challenge):
        raise _refusal("code_verifier does not match code_challenge", rules.PKCE_VERIFIER)


def _refusal(description: str, rule: rules.Rule) -> OAuthError:
    return OAuthError("invalid_grant", description, rule)
