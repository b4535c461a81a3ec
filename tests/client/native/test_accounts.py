"""Accounts on one machine: tokens for parts of a grant, where the key lies, and folders that are not right."""

from collections.abc import Callable
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from gatelodge.client import Moment, Narrowed, ServerUnavailable, TokenExpired, Wanted
from gatelodge.client.keeping import StoreRefused
from gatelodge.client.native.accounts import Account, Accounts, NotSignedIn, OpenAccount, data_folder
from gatelodge.testing import Gatelodge

READ = Narrowed(scope="orders:read")
GRANTED = ("openid", "offline_access", "orders:read", "orders:write")


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture(autouse=True)
def ring(monkeypatch: pytest.MonkeyPatch) -> Callable[[KeyringBackend], None]:
    """Machines without a keyring, unless the test gives them one."""
    before = keyring.get_keyring()
    monkeypatch.setattr(keyring.core, "_keyring_backend", NoKeyring())
    assert keyring.get_keyring() is not before
    return lambda backend: monkeypatch.setattr(keyring.core, "_keyring_backend", backend)


@pytest.fixture
def accounts(tmp_path: Path, gatelodge: Gatelodge) -> Accounts:
    return Accounts(tmp_path / "data", Moment(clock=gatelodge.clock))


@pytest.fixture
def opened(accounts: Accounts, gatelodge: Gatelodge) -> OpenAccount:
    """Ada's account, open."""
    gatelodge.add_api("https://api.test/orders", ["orders:read", "orders:write"])
    app, ada = gatelodge.add_client("cli", type="native"), gatelodge.add_user("ada")
    client = gatelodge.oauth(app)
    begun = client.begin(Wanted(scope=GRANTED))
    account = Account(app.issuer, app.client_id)
    accounts.add(account, client.finish(begun.transaction, gatelodge.answer(begun.url, ada)))
    return accounts.open(accounts.find())


def test_a_part_is_fetched_once_and_again_when_it_is_over(opened: OpenAccount, gatelodge: Gatelodge):
    first = opened.tokens(READ)
    assert (first.scope, first.refresh_token) == (("orders:read",), None)
    assert opened.tokens(READ) == first

    gatelodge.clock.advance(600)
    assert opened.tokens(READ).access_token != first.access_token
    assert opened.tokens().refresh_token is not None


def test_a_part_that_was_not_taken_is_fetched_anew(opened: OpenAccount):
    first = opened.tokens(READ)

    assert opened.tokens(READ, refused=first.access_token).access_token != first.access_token


def test_a_dead_refresh_token_is_said_and_stays_dead(opened: OpenAccount, gatelodge: Gatelodge):
    gatelodge.clock.advance(15 * 86_400)
    for narrowed in (READ, Narrowed()):
        with pytest.raises(TokenExpired, match="sign in again"):
            opened.tokens(narrowed)


def test_a_server_that_is_down_costs_nothing(opened: OpenAccount, gatelodge: Gatelodge):
    with gatelodge.down(), pytest.raises(ServerUnavailable):
        opened.tokens(READ)
    gatelodge.clock.advance(120)

    assert opened.tokens(READ).scope == ("orders:read",)


def test_what_is_removed_is_gone(accounts: Accounts, opened: OpenAccount):
    tokens = accounts.remove(opened.account)

    assert tokens is not None
    assert tokens.refresh_token is not None
    assert accounts.known() == []
    with pytest.raises(NotSignedIn, match="gatelodge login"):
        accounts.find()


def test_without_a_keyring_the_key_is_in_a_file_of_its_own(opened: OpenAccount, tmp_path: Path):
    key_file = tmp_path / "data" / "tokens.key"
    assert len(key_file.read_text()) == 64

    key_file.write_text("x" * 64)
    with pytest.raises(StoreRefused, match="none of the given keys"):
        Accounts(tmp_path / "data").open(opened.account).tokens()


def test_with_a_keyring_no_key_is_in_any_file(
    ring: Callable[[KeyringBackend], None], tmp_path: Path, request: pytest.FixtureRequest
):
    ring(Ring())
    opened: OpenAccount = request.getfixturevalue("opened")

    assert opened.tokens(READ)
    assert not (tmp_path / "data" / "tokens.key").exists()

    ring(NoKeyring())
    with pytest.raises(StoreRefused, match="key in the keyring"):
        Accounts(tmp_path / "data").open(opened.account)


def test_a_list_that_was_damaged_or_is_shared_is_refused(accounts: Accounts, opened: OpenAccount, tmp_path: Path):
    listed = tmp_path / "data" / "accounts.json"
    listed.chmod(0o644)
    with pytest.raises(StoreRefused, match="chmod 600"):
        accounts.known()
    listed.chmod(0o600)
    listed.write_text("{")
    with pytest.raises(StoreRefused, match="damaged"):
        accounts.known()


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"GATELODGE_DATA": "/a"}, Path("/a")),
        ({"XDG_DATA_HOME": "/b"}, Path("/b/gatelodge")),
        ({}, Path.home() / ".local" / "share" / "gatelodge"),
    ],
)
def test_where_accounts_are_kept(environ: dict[str, str], folder: Path):
    assert data_folder(environ) == folder
