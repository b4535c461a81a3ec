"""Running the real command line on a database file of the test's own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gatelodge.cli import main


@dataclass(frozen=True)
class Answered:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def failure(self) -> dict[str, Any]:
        assert self.out == ""
        assert self.err.count("\n") == 1, f"not one line: {self.err}"
        return json.loads(self.err)


Gatelodge = Callable[..., Answered]


@pytest.fixture
def gatelodge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gatelodge:
    """Return a function that runs `gatelodge ...`; the folder is empty and the environment says what serving needs."""
    monkeypatch.chdir(tmp_path)
    environ = {
        "GATELODGE_ISSUER": "https://id.test",
        "GATELODGE_DATABASE": "sqlite:///test.db",
        "GATELODGE_SECRET_KEY": "k" * 40,
        "GATELODGE_SIGN_IN_ARGON2_MEMORY_KIB": "7168",
        "GATELODGE_SIGN_IN_ARGON2_PASSES": "1",
    }

    def run(*words: str, stdin: str = "", env: dict[str, str | None] | None = None) -> Answered:
        result: Result = CliRunner().invoke(main, words, input=stdin, env={**environ, **(env or {})})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answered(result.exit_code, result.stdout, result.stderr)

    return run
