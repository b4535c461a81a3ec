"""Flask: a decorator that lets the callers of a view in.

auth = Auth(TokenVerifier("https://id.example.com", "https://api.example.com"))

@app.get("/orders")
@auth.require("orders:read")
def orders():
    return {"orders of": auth.principal.sub}
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from gatelodge.protocol.reply import Reply
from gatelodge.resource.bearer import holds_token, is_small_form
from gatelodge.resource.metadata import ResourceMetadata
from gatelodge.resource.missing import demanded
from gatelodge.resource.needs import Needs, needs
from gatelodge.resource.principal import Principal
from gatelodge.resource.protection import Presented, Protection, escaped
from gatelodge.resource.refusals import CannotDecide, Refused
from gatelodge.resource.verifier import TokenVerifier

with demanded("flask", "flask"):
    from flask import Blueprint, Request, Response, current_app, g, json, request

View = Callable[..., Any]


class Auth:
    """Protects views of a Flask application. `realm`, `metadata` and `base_url` are as in `Protection`."""

    def __init__(
        self,
        verifier: TokenVerifier,
        *,
        realm: str | None = None,
        metadata: ResourceMetadata | None = None,
        base_url: str | None = None,
    ) -> None:
        self.protection = Protection(verifier, realm=realm, metadata=metadata, base_url=base_url)

    @property
    def principal(self) -> Principal:
        """The caller of the view that runs. Raises `AttributeError` in a view that is not protected."""
        return g.principal

    def require(
        self, *scopes: str, acr_values: str | Sequence[str] = (), max_age: int | None = None
    ) -> Callable[[View], View]:
        """Let only those callers of a view in who have what is needed."""
        needed = needs(*scopes, acr_values=acr_values, max_age=max_age)

        def protect(view: View) -> View:
            @wraps(view)
            def protected(*args: Any, **kwargs: Any) -> Any:
                return self._enter(needed) or current_app.ensure_sync(view)(*args, **kwargs)

            return protected

        return protect

    def _enter(self, needed: Needs) -> Response | None:
        """Say who the caller is, or return the refusal."""
        try:
            g.principal = self.protection.admit_sync(presented(request), needed)
        except (Refused, CannotDecide) as failure:
            return _response(self.protection.reply(failure, needed))
        return None

    @property
    def blueprint(self) -> Blueprint:
        """Where the metadata of this API is published. Raises `ValueError` if there is none."""
        if self.protection.metadata is None:
            raise ValueError("there is no metadata: Auth(verifier, metadata=verifier.describe(...))")

        def metadata() -> Response:
            return _response(self.protection.metadata_reply())

        blueprint = Blueprint("gatelodge_resource", __name__)
        blueprint.add_url_rule(self.protection.metadata.path, "metadata", metadata)
        return blueprint


def presented(request: Request) -> Presented:
    """Return what a request brought."""
    return Presented(
        request.headers.getlist("Authorization"),
        sent_elsewhere=holds_token(request.query_string) or _form_holds_token(request),
        method=request.method,
        path=escaped(request.root_path + request.path),
        dpop=request.headers.getlist("DPoP"),
    )


def _form_holds_token(request: Request) -> bool:
    """A short form is looked into as bytes, which Flask keeps for the view, raw or as a form."""
    is_form = is_small_form(request.content_type or "", request.environ.get("CONTENT_LENGTH", ""))
    return is_form and holds_token(request.get_data())


def _response(reply: Reply) -> Response:
    body = reply.body if reply.json is None else json.dumps(reply.json)
    made = Response(body, reply.status, list(reply.headers))
    if reply.json is not None:
        made.mimetype = "application/json"
    return made
