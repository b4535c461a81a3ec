"""The list of mutants that may live is true: it excuses nothing that is not there, and nothing without a reason."""

import pytest
from tests.mutation.__main__ import judge
from tests.mutation.concern import ROOMS, ROOT, SOURCE, concerning
from tests.mutation.copy import Mutant
from tests.mutation.survivors import LIST, Survivor, read

FILES = sorted(file.relative_to(SOURCE).as_posix() for room in ROOMS for file in (SOURCE / room).rglob("*.py"))


def test_every_excuse_has_a_reason_and_what_it_is_about_is_there():
    for one in read():
        assert len(one.reason) > 20, one
        lines = {line.strip() for line in (SOURCE / one.file).read_text().splitlines()}
        assert lines.issuperset(one.was.splitlines()), one


def test_no_excuse_is_given_twice():
    assert len(read()) == len(set(read()))


def test_every_file_has_tests_that_concern_it():
    assert [file for file in FILES if not concerning(file)] == []
    assert {path for file in FILES for path in concerning(file) if not (ROOT / path).exists()} == set()


def test_who_lives_must_be_listed_and_who_is_listed_must_live(monkeypatch: pytest.MonkeyPatch, tmp_path):
    dead, alive = Mutant("", "", "", "dead"), Mutant("may", "a < b", "a <= b", "alive")
    entry = Survivor("room/file.py", "may", "a < b", "a <= b")
    monkeypatch.setattr("tests.mutation.survivors.LIST", tmp_path / LIST.name)
    (tmp_path / LIST.name).write_text("survivor = []")
    assert judge("room/file.py", [dead, alive]) == [f"no test notices:\n{entry.as_toml()}"]
    (tmp_path / LIST.name).write_text(entry.as_toml())
    assert judge("room/file.py", [dead, alive]) == []
    assert judge("room/file.py", [dead]) == [f"excused, but noticed or gone:\n{entry.as_toml()}"]


def test_what_was_not_tried_or_not_called_is_told():
    assert judge("room/file.py", [Mutant("may", "", "", "untried"), Mutant("may", "", "", "dead")]) == [
        "room/file.py: 1 mutants were not tried, for want of time"
    ]
    assert judge("room/file.py", [Mutant("may", "", "", "unreached")]) == [
        "room/file.py: no test calls may, nor its 1 mutants"
    ]
