"""Who a person is signed in as on this machine: accounts by issuer and client, their tokens sealed in one file.

The key of that file is in the keyring of the operating system, if there is one that can be used when the first account
is added; else in a file beside it, mode 0600 like everything here.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import sleep

import msgspec

from gatelodge.client import credentials
from gatelodge.client.client import OAuthClient
from gatelodge.client.errors import (
    CredentialsMissing,
    OAuthClientError,
    ProfileRefused,
    ServerUnavailable,
    TokenExpired,
    TokenRefused,
)
from gatelodge.client.keeping.contract import StoreRefused
from gatelodge.client.keeping.file import file_store
from gatelodge.client.keeping.grants import Grants, LeasedGrant
from gatelodge.client.keeping.locked_file import locked, refuse_shared, replace_whole
from gatelodge.client.keeping.renewer import GLANCE, PATIENCE, Renewer
from gatelodge.client.keeping.reports import RenewalReports
from gatelodge.client.keeping.sealed import TokenStore
from gatelodge.client.messages.registration import ClientConfig, Moment, secret_auth
from gatelodge.client.messages.tokens import EVERYTHING, Narrowed, Tokens
from gatelodge.client.sending.route import NetworkRoute
from gatelodge.client.sending.sender import Sender
from gatelodge.clock import SystemEntropy

REMEDY = "gatelodge login --allow-private"
NAME = "person"  # what the tokens of a sign-in are kept under


class NotSignedIn(OAuthClientError):
    """Nobody is signed in here, or not there."""


@dataclass(frozen=True, slots=True)
class Account:
    """One person at one server, by way of one client. `id` names one sign-in: nothing kept of another is its.

    `allow_private` lets the server be inside your own network; that, `ca_file` and `proxy` are as they were said when
    the person signed in.
    """

    issuer: str
    client_id: str
    id: str = field(default="", compare=False)
    allow_private: bool = field(default=False, compare=False)
    ca_file: str | None = field(default=None, compare=False)
    proxy: str | None = field(default=None, compare=False, repr=False)


class Accounts:
    """The accounts in a folder, the one used last first. Processes may share the folder."""

    def __init__(self, folder: Path | None = None, moment: Moment | None = None) -> None:
        self._folder = folder or data_folder()
        self._moment = moment or Moment()
        self._list = self._folder / "accounts.json"
        self._lock = self._folder / "accounts.lock"

    def add(self, account: Account, tokens: Tokens) -> None:
        """Keep a sign-in; from now on it is the account used unless another is named."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        store = self._store()
        Grants(store, _config(account), self._moment).keep(NAME, tokens)
        account = replace(account, id=self._moment.token(9))
        self._change(lambda known: [account, *(other for other in known if other != account)])

    def remove(self, account: Account) -> Tokens | None:
        """Forget a sign-in and return its tokens, to be given back."""
        grant = Grants(self._store(), _config(account), self._moment).forget(NAME)
        self._change(lambda known: [other for other in known if other != account])
        return grant and grant.tokens

    def find(self, issuer: str | None = None, client_id: str | None = None) -> Account:
        """Return the account used last, of those that fit. Raises `NotSignedIn`."""
        for account in self.known():
            if issuer in (None, account.issuer) and client_id in (None, account.client_id):
                return account
        raise NotSignedIn(f"nobody is signed in{f' at {issuer}' if issuer else ''}: gatelodge login")

    def known(self) -> list[Account]:
        """Return every account, the one used last first. Raises `StoreRefused`."""
        try:
            refuse_shared(self._list)
            return msgspec.json.decode(self._list.read_bytes(), type=list[Account])
        except FileNotFoundError:
            return []
        except ValueError:
            raise StoreRefused(f"{self._list} was damaged: remove it and sign in again") from None

    def open(self, account: Account, client: OAuthClient | None = None) -> "OpenAccount":
        """Return an account with its tokens at hand."""
        client = client or client_of(account, _config(account), self._moment)
        return OpenAccount(account, client, self._store(), self._moment)

    def _change(self, change: Callable[[list[Account]], list[Account]]) -> None:
        with locked(self._lock):
            known = change(self.known())
            replace_whole(self._list, msgspec.json.encode([asdict(account) for account in known]))

    def _store(self) -> TokenStore:
        """Return the store. Where its key lies is decided once, when there is nothing yet."""
        tokens, key_file = self._folder / "tokens", self._folder / "tokens.key"
        if not key_file.exists():
            with locked(self._folder / "tokens.key.lock"):
                if (store := _with_keyring(tokens)) is not None:
                    return store
                if not key_file.exists():
                    replace_whole(key_file, SystemEntropy().bytes(32).hex().encode())
        return file_store(tokens, credentials.read_private(key_file).decode().split())


def _with_keyring(tokens: Path) -> TokenStore | None:
    """Return the store with its key in the keyring, `None` if there is no keyring and nothing needs it yet."""
    try:
        from gatelodge.client.keeping.keyring import keyring_store

        return keyring_store(tokens)
    except (ImportError, StoreRefused, ValueError) as error:  # ValueError: a keyring that keeps nothing
        if tokens.exists():
            raise StoreRefused(f"{tokens} is sealed with a key in the keyring: {error}") from None
        return None


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where accounts are kept: `$GATELODGE_DATA`, else in `$XDG_DATA_HOME` or `~/.local/share`."""
    if named := environ.get("GATELODGE_DATA"):
        return Path(named)
    home = environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "gatelodge"


def client_of(account: Account, config: ClientConfig, moment: Moment | None = None) -> OAuthClient:
    """Return the client to sign in to an account with, and to renew its tokens. Raises `ProfileRefused`."""
    try:
        route = NetworkRoute(
            allow_private=account.allow_private, remedy=REMEDY, ca_file=account.ca_file, proxy=account.proxy
        )
    except ValueError as error:
        raise ProfileRefused(str(error)) from None
    send = Sender(route)
    return OAuthClient(config, send=send, moment=moment, allow_private=account.allow_private)


def _config(account: Account) -> ClientConfig:
    """Return the client of an account. A secret, if it has one, stays where `credentials` finds it."""
    secret: str | None = None
    with suppress(CredentialsMissing):
        found = credentials.find(issuer=account.issuer)
        secret = found.client_secret if found.client_id == account.client_id else None
    return ClientConfig(issuer=account.issuer, client_id=account.client_id, auth=secret_auth(secret))


class OpenAccount:
    """One account whose tokens are renewed as they are asked for."""

    def __init__(self, account: Account, client: OAuthClient, store: TokenStore, moment: Moment) -> None:
        self.account = account
        self.client = client
        self._renewer = Renewer(client, store, moment=moment)
        self._grants = Grants(store, client.config, moment)
        self._reports = RenewalReports(self._grants, moment, None)

    def tokens(self, narrowed: Narrowed = EVERYTHING, refused: str | None = None) -> Tokens:
        """Return tokens that are good, for all that was granted or for part of it.

        `refused` is an access token that was not taken. Raises `TokenExpired` if the person has to sign in again.
        """
        if narrowed == EVERYTHING:
            return self._renewer.tokens(NAME, refused)
        name = "\n".join((self.account.id, narrowed.scope, *narrowed.resource))
        return self._at_hand(name, refused) or self._fetched(name, narrowed)

    def _at_hand(self, name: str, refused: str | None) -> Tokens | None:
        with suppress(TokenExpired):
            return self._grants.good(name, refused)
        return None

    def _fetched(self, name: str, narrowed: Narrowed) -> Tokens:
        """Spend the refresh token on a token for part of what was granted; the sign-in keeps what replaced it."""
        taken = self._taken()
        held = taken.grant.tokens
        with self._reports.holding(taken):
            try:
                fresh = self.client.refresh(held.refresh_token or "", person=held.person, narrowed=narrowed)
            except OAuthClientError as error:
                if not isinstance(error, TokenRefused) or error.error == "invalid_grant":
                    self._reports.fail(taken, error)
                    return self._fetched(name, narrowed)  # somebody else renewed it meanwhile
                self._grants.renewed(taken, held)  # what was asked for was refused, and the refresh token is good
                raise
            self._grants.renewed(taken, replace(held, refresh_token=fresh.refresh_token))
        part = replace(fresh, refresh_token=None)
        self._grants.keep(name, part, part.expires_at)
        return part

    def _taken(self) -> LeasedGrant:
        """Return the sign-in for us alone to renew, when no other process does. Raises `TokenExpired`."""
        for _ in range(int(PATIENCE / GLANCE)):
            grant = self._grants.find(NAME)
            taken = self._grants.take(NAME, grant and grant.tokens.access_token)
            if isinstance(taken, LeasedGrant):
                return taken
            sleep(GLANCE)
        raise ServerUnavailable(self.account.issuer, "another process has been renewing for long", sent=False)
