"""Who takes part in a test: applications and people, as the test knows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gatelodge.client.messages.registration import ClientConfig, secret_auth
from gatelodge.client.messages.tokens import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A registered client: what its own configuration needs. Without a secret it is a public one."""

    issuer: str
    client_id: str
    client_secret: str | None = None
    redirect_uri: str | None = None

    @property
    def config(self) -> ClientConfig:
        """The same for `gatelodge.client`."""
        return ClientConfig(
            issuer=self.issuer,
            client_id=self.client_id,
            auth=secret_auth(self.client_secret),
            redirect_uri=self.redirect_uri,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredPerson:
    """Somebody with an account; `sub` is what tokens call them."""

    sub: str
    username: str
    password: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInSession:
    """A person who signed in to an application: the application's tokens, and the browser's cookies at the server."""

    tokens: Tokens
    cookies: Mapping[str, str] = field(repr=False)
