"""The sample application: who it is, and where it is called back. Its only redirect URI is the playground's own."""

from dataclasses import dataclass, field

from gatelodge.demo.data import API_PATH, PLAYGROUND, PLAYGROUND_PUBLIC, PLAYGROUND_SECRET

WIDER = "orders:write"  # a scope that it is not registered for


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample application of one server. `code_lifetime` is that of its codes, in seconds."""

    issuer: str
    secret: str = field(repr=False)
    code_lifetime: int

    @property
    def callback(self) -> str:
        """Where the browser comes back to."""
        return self.issuer + "/playground/callback"

    @property
    def hears_at(self) -> str:
        """Where the server tells it that a session is over."""
        return self.issuer + "/playground/backchannel-logout"

    @property
    def after_logout(self) -> str:
        """Where the browser comes back to when it was signed out."""
        return self.issuer + "/playground/logout"

    @property
    def keys(self) -> str:
        """Where the server publishes its keys."""
        return self.issuer + "/jwks"

    @property
    def api(self) -> str:
        """The identifier of the orders API: the audience of its tokens."""
        return self.issuer + API_PATH

    @property
    def orders(self) -> str:
        """Where the orders are."""
        return self.api + "/orders"

    @property
    def card(self) -> str:
        """Where the card is that pays for the orders: it wants a stronger sign-in."""
        return self.api + "/card"

    @property
    def is_open(self) -> bool:
        """Whether everybody knows the secret: the demo's. Any other is shown to nobody."""
        return self.secret == PLAYGROUND_SECRET

    @property
    def public_secret(self) -> str:
        """The secret as it stands in examples."""
        return self.secret if self.is_open else "THE-SECRET-OF-YOUR-CLIENT"

    @staticmethod
    def client_id(*, public: bool) -> str:
        """The registered client: the one with a secret, or the one without."""
        return PLAYGROUND_PUBLIC if public else PLAYGROUND
