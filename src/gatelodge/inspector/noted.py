"""What a trace may take from the notes of a request: names this server knows, and who the request claims to be from."""

from collections.abc import Mapping

from gatelodge.client_auth.client_secret_basic import parse_basic
from gatelodge.client_auth.contract import NotProven
from gatelodge.grants import GRANTS
from gatelodge.protocol import assertion, jose
from gatelodge.protocol.checks import AUTHORIZATION_HEADER, DPOP_HEADER
from gatelodge.protocol.dpop import HEADER
from gatelodge.protocol.jose import BadToken
from gatelodge.protocol.params import Params
from gatelodge.protocol.response_type import canonical
from gatelodge.telemetry.notes import Notes

# Every name this server reads, beside those that only grants do.
_NAMES = """
    access_token account acr_values act claims client_assertion client_assertion_type client_id client_secret
    code_challenge code_challenge_method compared csrf decision dpop_jkt grant_type id_token_hint interaction login_hint
    logout_hint max_age nonce page passkey password post_logout_redirect_uri prompt redirect_uri registration remove
    request request_uri resource response_mode response_type scope state token token_type_hint trust ui_locales username
    user_code
"""
# Another one may be anything, also a token that lost its name on the way.
PARAMETERS = frozenset(_NAMES.split()).union(*(grant.parameters for grant in GRANTS))
GRANT_TYPES = tuple(grant.grant_type for grant in GRANTS)
_NO_HEADERS = frozenset[str]()
_WITH_HEADER, _WITH_PROOF = frozenset({AUTHORIZATION_HEADER}), frozenset({DPOP_HEADER})
_FLOWS: Mapping[tuple[str, ...], str] = {(name,): name for name in GRANT_TYPES}


def names(notes: Notes) -> frozenset[str]:
    """Return the names of what was sent."""
    found = PARAMETERS.intersection(notes.form.fields)
    if notes.query.fields:
        found |= PARAMETERS.intersection(notes.query.fields)
    if notes.parked.fields:
        found |= PARAMETERS.intersection(notes.parked.fields)
    return found | _headers(notes)


def values(notes: Notes) -> frozenset[str]:
    """Return the names of what was sent with a value: one without counts as left out."""
    everything = named_params(notes)
    found = frozenset(name for name in PARAMETERS.intersection(everything.fields) if name in everything)
    return found | _headers(notes)


def _headers(notes: Notes) -> frozenset[str]:
    """Return the names that stand for headers by which something is proven."""
    found = _WITH_HEADER if notes.authorization is not None else _NO_HEADERS
    return found | _WITH_PROOF if HEADER in notes.headers else found


def named_params(notes: Notes) -> Params:
    """Return all that was sent, whichever way it came."""
    return notes.parked.merge(notes.query).merge(notes.form)


def flow_of(endpoint: str, notes: Notes) -> str:
    """Return the grant type or the response type, `""` for none that is known here."""
    if endpoint == "token":
        return _FLOWS.get(notes.form.fields.get("grant_type", ()), "")
    sent = notes.parked.all("response_type") or notes.query.all("response_type") or notes.form.all("response_type")
    return (canonical(sent[0]) or "") if sent else ""


def claimed_client(notes: Notes) -> str:
    """Return the client a request says it comes from, `""` if it says nothing readable. That proves nothing."""
    for params in (notes.form, notes.query, notes.parked):
        if sent := params.all("client_id"):
            return sent[0]
    try:
        if sent := notes.form.all("client_assertion"):
            return assertion.claimed_client(jose.take_apart(sent[0], assertion.MAX_ASSERTION))
        return parse_basic(notes.authorization)[0] if notes.authorization else ""
    except (NotProven, BadToken):
        return ""
