"""What every engine of a store does, however it does it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.client.keeping.conftest import KEY, OTHER_KEY, Opened

from gatelodge.client.keeping import Row, StoreRefused, TokenStore

ROW = Row(kind="grant", name="a", value=b"a value", due_at=100, expires_at=1000)


def named(name: str, **changes: object) -> Row:
    return replace(ROW, name=name, **changes)


def test_a_row_is_found_as_it_was_written(store: TokenStore):
    written = replace(ROW, subject="alice", sid="1", value=bytes(range(256)))
    store.put(written)
    assert store.find("grant", "a") == written
    assert store.find("grant", "b") is None
    assert store.find("session", "a") is None


def test_a_row_is_added_once(store: TokenStore):
    assert store.add(ROW)
    assert not store.add(replace(ROW, value=b"another"))
    assert store.find("grant", "a") == ROW


def test_a_row_put_in_the_place_of_another_counts_on(store: TokenStore):
    store.put(ROW)
    store.put(replace(ROW, value=b"another", due_at=None))
    assert store.find("grant", "a") == replace(ROW, value=b"another", due_at=None, generation=1)


def test_of_two_who_replace_the_same_generation_one_does(store: TokenStore):
    store.put(ROW)
    assert store.replace(replace(ROW, value=b"first"))
    assert not store.replace(replace(ROW, value=b"second"))
    assert store.find("grant", "a") == replace(ROW, value=b"first", generation=1)
    assert not store.replace(named("b"))


def test_a_row_is_removed_once(store: TokenStore):
    store.put(ROW)
    assert store.rows.remove("grant", "a")
    assert not store.rows.remove("grant", "a")
    assert store.find("grant", "a") is None


@pytest.mark.parametrize(
    ("subject", "sid", "gone"),
    [("alice", None, ["a", "b"]), (None, "1", ["a", "c"]), ("alice", "1", ["a"]), (None, None, []), ("eve", None, [])],
)
def test_the_rows_of_a_person_or_a_session_are_removed(
    store: TokenStore, subject: str | None, sid: str | None, gone: list[str]
):
    for name, of, session in (("a", "alice", "1"), ("b", "alice", "2"), ("c", "bob", "1"), ("d", "bob", None)):
        store.put(named(name, subject=of, sid=session))
    store.put(replace(ROW, kind="other", subject="alice", sid="1"))

    assert sorted(store.rows.remove_of("grant", subject, sid)) == gone
    assert [name for name in "abcd" if store.find("grant", name) is None] == gone
    assert store.find("other", "a") is not None


def test_what_is_due_longest_is_leased_first_and_to_one(store: TokenStore):
    store.put(named("later", due_at=90))
    store.put(named("first", due_at=80))
    store.put(named("not yet", due_at=101))
    store.put(named("never", due_at=None))

    leased = [store.lease("grant", "me", 100, 112) for _ in range(3)]
    assert [row and row.name for row in leased] == ["first", "later", None]
    assert leased[0] == named("first", due_at=80, leased_until=112, attempts=1)


def test_a_lease_that_ran_out_is_given_again_and_counted(store: TokenStore):
    store.put(ROW)
    assert store.lease("grant", "me", 100, 112) is not None
    assert store.lease("grant", "you", 111, 123) is None
    again = store.lease("grant", "you", 112, 124)
    assert again is not None
    assert again.attempts == 2


def test_one_row_is_leased_by_name_due_or_not(store: TokenStore):
    store.put(ROW)
    assert store.lease_one(ROW, "me", 10, 22) is not None
    assert store.lease_one(ROW, "you", 10, 22) is None
    assert store.lease_one(replace(ROW, generation=5), "me", 100, 112) is None
    assert store.lease_one(named("b"), "me", 100, 112) is None


def test_whoever_holds_a_lease_can_extend_it(store: TokenStore):
    store.put(ROW)
    store.lease("grant", "me", 100, 112)
    store.rows.extend("me", 130)
    store.rows.extend("you", 150)
    assert store.lease("grant", "you", 129, 141) is None
    assert store.lease("grant", "you", 130, 142) is not None


def test_a_lease_is_given_up_by_whoever_holds_it(store: TokenStore):
    store.put(ROW)
    held = store.lease("grant", "me", 100, 112)
    assert held is not None
    store.rows.release(held, "you", 100)
    assert store.lease("grant", "you", 105, 117) is None

    store.rows.release(held, "me", 105)
    assert store.find("grant", "a") == replace(ROW, due_at=105, attempts=1)


def test_a_row_that_was_written_is_not_held_any_more(store: TokenStore):
    store.put(ROW)
    held = store.lease("grant", "me", 100, 112)
    assert held is not None
    assert store.replace(replace(held, due_at=105))
    assert store.find("grant", "a") == replace(ROW, due_at=105, generation=1)
    store.rows.release(held, "me", 50)
    assert store.rows.next_due("grant") == 105


def test_when_the_next_is_due_counts_who_is_held(store: TokenStore):
    assert store.rows.next_due("grant") is None
    store.put(named("never", due_at=None))
    assert store.rows.next_due("grant") is None
    store.put(named("a", due_at=100))
    store.put(named("b", due_at=105))
    assert store.rows.next_due("grant") == 100
    store.lease("grant", "me", 100, 112)
    assert store.rows.next_due("grant") == 105


def test_those_who_expire_first_make_room(store: TokenStore):
    for number in range(5):
        store.put(named(str(number), expires_at=100 + number))
    store.put(replace(ROW, kind="other", expires_at=1))
    store.rows.trim("grant", 2)
    assert [name for name in "01234" if store.find("grant", name)] == ["3", "4"]
    assert store.find("other", "a") is not None


def test_what_expired_is_purged(store: TokenStore):
    store.put(named("over", expires_at=100))
    store.put(named("good", expires_at=101))
    store.put(named("forever", expires_at=None))
    store.rows.purge(100)
    assert [name for name in ("over", "good", "forever") if store.find("grant", name)] == ["good", "forever"]


def test_of_many_threads_one_gets_each_lease(store: TokenStore):
    for number in range(10):
        store.put(named(str(number)))

    def take(holder: int) -> list[str]:
        return [row.name for row in iter(lambda: store.lease("grant", str(holder), 100, 112), None)]

    with ThreadPoolExecutor(8) as threads:
        taken: Iterator[list[str]] = threads.map(take, range(8))
        assert sorted(name for names in taken for name in names) == [str(number) for number in range(10)]


# Seals


def test_keys_rotate_newest_first(opened: Opened):
    opened(KEY).put(ROW)
    both = opened(OTHER_KEY, KEY)
    assert both.find("grant", "a") == ROW

    both.replace(ROW)
    assert opened(OTHER_KEY).find("grant", "a") is not None
    with pytest.raises(StoreRefused):
        opened(KEY).find("grant", "a")


def test_a_value_does_not_open_in_another_row(opened: Opened):
    store = opened()
    store.put(ROW)
    sealed = store.rows.find("grant", "a")
    assert sealed is not None
    store.rows.put(replace(sealed, name="b"))
    store.rows.put(replace(sealed, kind="session"))

    assert store.find("grant", "a") == ROW
    for kind, name in (("grant", "b"), ("session", "a")):
        with pytest.raises(StoreRefused):
            store.find(kind, name)


@pytest.mark.parametrize("changed", [b"", b"short", b"x" * 40])
def test_a_value_that_was_changed_does_not_open(opened: Opened, changed: bytes):
    store = opened()
    store.rows.put(replace(ROW, value=changed))
    with pytest.raises(StoreRefused):
        store.find("grant", "a")


def test_a_row_that_does_not_open_stands_in_nobodys_way(opened: Opened):
    opened(OTHER_KEY).put(named("foreign", due_at=50))
    store = opened(KEY)
    store.put(named("ours", due_at=60))
    with pytest.raises(StoreRefused):
        store.lease("grant", "me", 100, 112)
    row = store.lease("grant", "me", 100, 112)
    assert row is not None
    assert row.name == "ours"


@pytest.mark.parametrize("keys", [[], ["short"], [KEY, "short"], KEY])
def test_a_key_anybody_could_guess_is_refused(opened: Opened, keys: list[str]):
    with pytest.raises(ValueError, match="32"):
        type(opened().seals)(keys)
