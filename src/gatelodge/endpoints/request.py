"""One HTTP request, read and limited, before any endpoint or page looks at it."""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct, field

from gatelodge.protocol.params import Params
from gatelodge.protocol.reply import Reply
from gatelodge.telemetry.events import Origin


class Request(Struct, frozen=True):
    """What an endpoint or page gets. `headers` has lower-case names; a header sent twice is joined with `, `.

    `path` is below the issuer's path. `query` and `form` are kept apart because some parameters are allowed in one
    place only; `form` is empty unless the body was `application/x-www-form-urlencoded`. `origin` is for events.
    `path_params` are what the route's pattern matched.
    """

    method: str
    path: str
    query: Params
    form: Params
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    origin: Origin
    path_params: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def sent_path(self) -> str:
        """The path below the issuer's, with what its pattern matched."""
        return self.path.format_map(self.path_params) if self.path_params else self.path


Handler = Callable[[Request], Awaitable[Reply]]
