"""docs/testing.md: its application and its tests, in a project of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.examples import ROOT, example

PAGE = ROOT / "docs" / "testing.md"
EXAMPLES = (
    example("docs/testing.md", "# orders.py"),
    example("docs/testing.md", "# test_orders.py"),
    example("docs/testing.md", "# test_with_a_server.py"),
    example("docs/testing.md", "# test_awaiting.py"),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with every file of the page; anyio's plugin is told to use one event loop."""
    (ini,) = re.findall(r"```ini\n# pytest.ini\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    (tmp_path / "pytest.ini").write_text(ini + "pythonpath = .\n")
    (tmp_path / "conftest.py").write_text(
        'import pytest\n\n\n@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n'
    )
    for text in EXAMPLES:
        (tmp_path / text.split("\n")[0].removeprefix("# ")).write_text(text)
    return tmp_path


def test_every_test_of_the_page_passes(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"],
        cwd=project,
        env={"PATH": os.environ["PATH"], "HOME": str(project)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{sum(text.count('def test_') for text in EXAMPLES)} passed" in done.stdout
