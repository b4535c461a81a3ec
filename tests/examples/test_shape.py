"""What every example promises its reader: short, and a docstring with the one command that starts it."""

import ast
import subprocess
from pathlib import Path

import pytest
from tests.examples.conftest import EXAMPLES

ROOT = EXAMPLES.parent
MAX_LINES = 150
SAMPLES = sorted(
    path for path in EXAMPLES.iterdir() if path.suffix == ".py" or (path / "app.py").exists()
)  # a file, or a folder with all it needs but the style
OLD = [path for path in SAMPLES if path.name.startswith("legacy_")]


def entry(sample: Path) -> Path:
    return sample / "app.py" if sample.is_dir() else sample


def test_the_samples_are_those_there_should_be() -> None:
    expected = {
        "cli_app",
        "daemon",
        "legacy_implicit",
        "legacy_password",
        "mcp_server",
        "orders_api",
        "shop",
        "spa",
        "television",
    }
    assert {sample.stem for sample in SAMPLES} == expected


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_it_is_short(sample: Path) -> None:
    files = [file for file in (sample.iterdir() if sample.is_dir() else [sample]) if file.is_file()]
    assert sum(len(file.read_text("utf-8").splitlines()) for file in files) < MAX_LINES


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_its_docstring_has_the_command_that_starts_it(sample: Path) -> None:
    said = ast.get_docstring(ast.parse(entry(sample).read_text("utf-8"))) or ""
    assert f"\n    .venv/bin/python {entry(sample).relative_to(ROOT)}" in said
    assert "gatelodge demo" in said


@pytest.mark.parametrize("sample", OLD, ids=lambda sample: sample.stem)
def test_an_old_one_says_so_first(sample: Path) -> None:
    said = ast.get_docstring(ast.parse(entry(sample).read_text("utf-8"))) or ""
    assert said.startswith("What not to write any more:")


def test_make_demo_starts_them() -> None:
    recipe = subprocess.run(["make", "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "gatelodge demo --port 8000 --examples examples" in recipe
