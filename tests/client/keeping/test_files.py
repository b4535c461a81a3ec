"""Stores in files: nobody else reads them, no crash tears them, no copy of them is of use."""

import multiprocessing
import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from tests.client.keeping.conftest import KEY, OTHER_KEY

from gatelodge.client.keeping import (
    Row,
    StoreRefused,
    StoreUnavailable,
    TokenStore,
    file_store,
    keyring_store,
    sqlite_store,
)
from gatelodge.client.keeping.keyring import change_key
from gatelodge.client.keeping.locked_file import refuse_shared, replace_whole

ROW = Row(kind="grant", name="a", value=b"glr_a-refresh-token", due_at=100)

Make = Callable[[Path, list[str]], TokenStore]

in_a_file = pytest.mark.parametrize("make", [file_store, sqlite_store])


@in_a_file
def test_the_file_is_for_its_owner_alone(make: Make, tmp_path: Path):
    before = os.umask(0)
    try:
        make(tmp_path / "kept", [KEY]).put(ROW)
    finally:
        os.umask(before)
    made = list(tmp_path.iterdir())
    assert made
    assert {stat.S_IMODE(file.stat().st_mode) for file in made} == {0o600}


@in_a_file
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604])
def test_a_file_that_others_may_read_is_refused(make: Make, tmp_path: Path, mode: int):
    make(tmp_path / "kept", [KEY]).put(ROW)
    (tmp_path / "kept").chmod(mode)
    with pytest.raises(StoreRefused, match="chmod 600"):
        make(tmp_path / "kept", [KEY])


@in_a_file
def test_a_stolen_file_is_useless(make: Make, tmp_path: Path):
    make(tmp_path / "kept", [KEY]).put(ROW)
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"refresh-token" not in everything
    assert KEY.encode() not in everything
    with pytest.raises(StoreRefused):
        make(tmp_path / "kept", [OTHER_KEY]).find("grant", "a")


@in_a_file
def test_a_folder_that_is_not_there_is_said_to_be(make: Make, tmp_path: Path):
    with pytest.raises(StoreUnavailable):
        make(tmp_path / "no" / "such" / "folder", [KEY])


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "kept"
    path.write_text("my notes")
    path.chmod(0o600)
    with pytest.raises(StoreRefused):
        file_store(path, [KEY]).put(ROW)
    assert path.read_text() == "my notes"
    with pytest.raises(StoreUnavailable):
        sqlite_store(path, [KEY])
    assert path.read_text() == "my notes"


@in_a_file
def test_processes_that_write_at_once_lose_nothing(make: Make, tmp_path: Path):
    path = tmp_path / "kept"
    store = make(path, [KEY])
    with ProcessPoolExecutor(4, multiprocessing.get_context("spawn")) as processes:
        list(processes.map(_write_some, [(make.__name__, path, number) for number in range(4)]))
    assert all(store.find("grant", f"{number}-{one}") for number in range(4) for one in range(10))


def _write_some(given: tuple[str, Path, int]) -> None:
    name, path, number = given
    store = {"file_store": file_store, "sqlite_store": sqlite_store}[name](path, [KEY])
    for one in range(10):
        store.put(replace(ROW, name=f"{number}-{one}"))


def test_a_process_that_was_forked_off_uses_a_connection_of_its_own(tmp_path: Path):
    store = sqlite_store(tmp_path / "kept", [KEY])
    store.put(ROW)
    child = os.fork()
    if child == 0:
        store.put(replace(ROW, name="child"))
        os._exit(0 if store.find("grant", "a") else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert store.find("grant", "child") is not None
    store.put(replace(ROW, name="parent"))


# The keyring


class Chest(KeyringBackend):
    """A keyring that is only this test's."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


@pytest.fixture
def chest() -> Iterator[Chest]:
    before, chest = keyring.get_keyring(), Chest()
    keyring.set_keyring(chest)
    yield chest
    keyring.set_keyring(before)


def test_with_the_keyring_the_store_opens_and_without_it_does_not(chest: Chest, tmp_path: Path):
    keyring_store(tmp_path / "kept").put(ROW)
    assert keyring_store(tmp_path / "kept").find("grant", "a") == ROW
    (key,) = chest.held.values()
    assert len(key) == 64
    assert not any(key.encode() in file.read_bytes() for file in tmp_path.iterdir())

    chest.held.clear()
    with pytest.raises(StoreRefused):
        keyring_store(tmp_path / "kept").find("grant", "a")


def test_the_key_in_the_keyring_can_be_changed(chest: Chest, tmp_path: Path):
    keyring_store(tmp_path / "kept").put(ROW)
    store = change_key(tmp_path / "kept")
    assert store.find("grant", "a") == ROW
    store.put(ROW)
    (keys,) = chest.held.values()
    assert file_store(tmp_path / "kept", [keys.split()[0]]).find("grant", "a") is not None


def test_two_stores_have_two_keys(chest: Chest, tmp_path: Path):
    keyring_store(tmp_path / "one")
    keyring_store(tmp_path / "two")
    assert len(set(chest.held.values())) == 2


def test_a_machine_without_a_keyring_is_told_so(tmp_path: Path):
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        with pytest.raises(StoreRefused, match="keyring"):
            keyring_store(tmp_path / "kept")
    finally:
        keyring.set_keyring(before)


def test_nothing_is_written_into_a_file_that_somebody_put_there(tmp_path: Path):
    public, elsewhere = tmp_path / "one", tmp_path / "two"
    public.with_name("one.new").touch(mode=0o666)
    public.with_name("one.new").chmod(0o666)
    planted = os.open(public.with_name("one.new"), os.O_RDONLY)
    victim = tmp_path / "victim"
    victim.write_text("kept")
    elsewhere.with_name("two.new").symlink_to(victim)
    for path in (public, elsewhere):
        replace_whole(path, b"secret")
        assert path.read_bytes() == b"secret"
        assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    assert os.read(planted, 100) == b""
    os.close(planted)
    assert victim.read_text() == "kept"


@pytest.mark.skipif(os.geteuid() != 0, reason="NO ROOT: a file of somebody else was not tried")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path):
    file = tmp_path / "tokens"
    file.touch(mode=0o600)
    refuse_shared(file)
    os.chown(file, 12345, 12345)
    with pytest.raises(StoreRefused, match="somebody else"):
        refuse_shared(file)
