"""Debian's packages that tests need, installed where this process may."""

import os
import shutil
import subprocess
import time


def install(package: str, seconds: float) -> bool:
    """Try to install a package, for so long at most; whether it is there now."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    ends = time.monotonic() + seconds
    commands = ([apt, "update"], [apt, "install", "--yes", "--no-install-recommends", package])
    return all(_succeeds(command, ends - time.monotonic()) for command in commands)


def _succeeds(command: list[str], seconds: float) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=max(seconds, 1), check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
