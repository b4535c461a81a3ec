"""From an empty folder: what `python -m build` makes is installed alone into a fresh environment, and works there."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from tests.ports import free_port
from tests.server_process import answers, eventually

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
MOST = 12  # distributions that the plain installation brings besides itself
PROGRAM = "from gatelodge.client import OAuthClient; from gatelodge.resource import TokenVerifier; print('here')"


def run(*command: str | Path, cwd: Path) -> str:
    """Run a program of the fresh environment, to its end; it knows nothing of this checkout."""
    done = subprocess.run(command, cwd=cwd, env=alone(), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def alone() -> Mapping[str, str]:
    hidden = ("GATELODGE_", "PYTHON", "VIRTUAL_ENV", "COVERAGE")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, and the wheel that was made of it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def fresh(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the plain installation in it, and nothing else."""
    place = tmp_path_factory.mktemp("fresh")
    venv.create(place, with_pip=True)
    run(place / "bin" / "python", "-m", "pip", "install", "-q", next(built.glob("*.whl")), cwd=place)
    return place / "bin"


def install(fresh: Path, built: Path, extra: str) -> None:
    run(fresh / "python", "-m", "pip", "install", "-q", f"{next(built.glob('*.whl'))}[{extra}]", cwd=fresh)


@contextmanager
def started(*command: str | Path, cwd: Path) -> Generator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, cwd=cwd, env=alone(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_the_wheel_has_the_product_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = wheel.namelist()

    assert {name.partition("/")[0] for name in names} == {"gatelodge", "gatelodge-0.1.0.dist-info"}
    assert not [name for name in names if "test_" in name or "__pycache__" in name]
    assert "gatelodge/py.typed" in names
    assert "gatelodge/examples/shop/look/page.html" in names


def test_a_library_user_gets_the_libraries_and_no_server(built: Path, fresh: Path, tmp_path: Path) -> None:
    assert run(fresh / "python", "-c", PROGRAM, cwd=tmp_path) == "here\n"

    listed = json.loads(run(fresh / "python", "-m", "pip", "list", "--format", "json", cwd=tmp_path))
    brought = {one["name"] for one in listed} - {"pip", "setuptools", "gatelodge"}
    assert len(brought) <= MOST, sorted(brought)
    refused = subprocess.run([fresh / "gatelodge", "demo"], cwd=tmp_path, env=alone(), capture_output=True, text=True)
    assert refused.returncode != 0
    assert "gatelodge[server]" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_demo_runs_with_its_samples_and_a_server_is_set_up(built: Path, fresh: Path, tmp_path: Path) -> None:
    install(fresh, built, "server")
    port = free_port()
    with started(fresh / "gatelodge", "demo", "--port", str(port), "--json", cwd=tmp_path) as demo:
        eventually(lambda: answers(f"http://localhost:{port}/.well-known/openid-configuration"), "the demo")
        shop = f"http://localhost:{port + 1}/"
        eventually(lambda: answers(shop), "the shop")
        assert "Looking-Glass" in httpx2.get(shop).text
        picture = httpx2.get(shop + "look/pictures/teapot.svg")
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
        page = httpx2.get(f"http://localhost:{port}/playground")
        assert page.status_code == 200
        demo.terminate()

    own = free_port()
    run(fresh / "gatelodge", "init", "--issuer", f"http://localhost:{own}", cwd=tmp_path)
    with started(fresh / "gatelodge", "serve", cwd=tmp_path):
        issuer = f"http://localhost:{own}"
        eventually(lambda: answers(f"{issuer}/.well-known/openid-configuration"), "the server")
        assert httpx2.get(f"{issuer}/.well-known/openid-configuration").json()["issuer"] == issuer
        assert httpx2.get(f"{issuer}/login").headers["content-type"].startswith("text/html")
