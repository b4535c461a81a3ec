"""What the endpoints a client calls directly have in common: parameters in the body, each once."""

from gatelodge.endpoints.request import Request
from gatelodge.protocol import rules
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params


def body_params(request: Request) -> Params:
    """Return the parameters of a direct request (RFC 6749 3.2). Raises `OAuthError` if one is in the URL, or twice."""
    if request.query.fields:
        raise OAuthError("invalid_request", "parameters must be in the body, not in the URL", rules.BODY_ONLY)
    request.form.refuse_repeated()
    return request.form
