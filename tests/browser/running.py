"""The real server as a process of its own, on a free port, ended whatever happens."""

import os
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("gatelodge"))
START_SECONDS = 60
STOP_SECONDS = 15


@contextmanager
def running(
    arguments: tuple[str, ...], issuer: str, folder: Path, settings: Mapping[str, str] | None = None
) -> Generator[None]:
    """Run `gatelodge` with these arguments in `folder` until the block ends; it answers at `issuer` when it begins.

    None of the developer's own settings reach it, only `settings`.
    """
    log = folder / "server.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATELODGE_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=folder,
            env={**environment, **(settings or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(process, f"{issuer}/.well-known/openid-configuration", log)
            yield
        finally:
            _end(process)


def _wait_for(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}:\n{log.read_text()}")
        try:
            urllib.request.urlopen(address, timeout=5, context=anyone).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server did not answer in {START_SECONDS} s:\n{log.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
