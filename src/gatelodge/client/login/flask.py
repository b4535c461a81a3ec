"""Logging people in with Flask.

login = Login("https://id.example.com", "my-app", "the-secret")
app.register_blueprint(login.blueprint())

@app.get("/")
@login.require_user
def home():
    return f"Hello {login.current_user.name}"
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Unpack
from urllib.parse import quote

from gatelodge.client.keeping.renewer import Renewer
from gatelodge.client.login import core
from gatelodge.client.login.flow import ACTIONS, MAX_BODY, cookie_header
from gatelodge.client.login.missing import demanded
from gatelodge.client.login.options import Asking, Options
from gatelodge.client.login.sessions import User
from gatelodge.client.login.visit import Visit
from gatelodge.protocol.reply import Reply

with demanded("flask"):
    from flask import Blueprint, Response, current_app, g, request, url_for

View = Callable[..., Any]

SAFE = "%/?:@!$&'()*+,;=-._~[]"

_KEY = "gatelodge_user"


class Login:
    """Logs people in at one issuer. The arguments are those of `gatelodge.client.login.Login`, which is `core`."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str | None = None, **options: Unpack[Options]
    ) -> None:
        self.core = core.Login(issuer, client_id, client_secret, **options)
        self._name = options.get("cookie", "gatelodge") + "_login"

    @property
    def renewer(self) -> Renewer:
        """What renews tokens; in a `with`, also in the background."""
        return self.core.renewer

    def blueprint(self, prefix: str = "") -> Blueprint:
        """Return what serves /login, /callback, /logout and what servers call below `prefix`."""
        self.core.claim(prefix)
        blueprint = Blueprint(self._name, __name__, url_prefix=prefix or None)
        for action in ACTIONS:
            view = self._view(action)
            blueprint.add_url_rule(f"/{action}", action, view, methods=["GET", "POST"])
        return blueprint

    @property
    def current_user(self) -> User | None:
        """Who is signed in, `None` if nobody is."""
        key = f"{_KEY}_{self._name}"
        if key not in g:
            setattr(g, key, self.core.user_of(_visit()))
        return getattr(g, key)

    def require_user(self, view: View) -> View:
        """Let only those in who are signed in; the others are sent to sign in and come back."""

        @wraps(view)
        def protected(*args: Any, **kwargs: Any) -> Any:
            return self._turn_away() or current_app.ensure_sync(view)(*args, **kwargs)

        return protected

    def access_token(self) -> str | None:
        """Return an access token of who is signed in, renewed if need be. Raises as `access_token_of` does."""
        return self.core.access_token_of(_visit())

    def _turn_away(self) -> Response | None:
        if self.current_user is not None:
            return None
        visit = _visit()
        if not visit.is_navigation:
            return Response("sign in first", 401)
        return Response(status=303, headers={"location": self.core.login_path(visit, self._below())})

    def begin(self, next_path: str | None = None, **asking: Unpack[Asking]) -> Response:
        """Return what sends a browser to sign in, asking for more than always; the person comes back to `next_path`.

        Raises `ValueError` for what cannot be asked for.
        """
        return _response(self.core.begin(_visit(), self._below(), next_path, **asking))

    def _below(self) -> str:
        """Return the path that our paths are below."""
        return url_for(f"{self._name}.login").rpartition("/")[0]

    def _view(self, action: str) -> View:
        def view() -> Response:
            body = request.stream.read(MAX_BODY + 1) if action == "backchannel-logout" else b""
            return _response(self.core.respond(action, _visit(body)))

        return view


def _response(reply: Reply) -> Response:
    response = Response(reply.body, reply.status, list(reply.headers))
    for cookie in reply.cookies:
        response.headers.add("set-cookie", cookie_header(cookie))
    return response


def _visit(body: bytes = b"") -> Visit:
    headers = {name.lower(): value for name, value in request.headers.items()}
    path = quote(request.script_root + request.path)
    query = quote(request.query_string.decode("latin-1"), safe=SAFE)
    url = f"{request.scheme}://{request.host}{path}" + (f"?{query}" if query else "")
    return Visit(request.method, url, request.cookies, headers, body)
