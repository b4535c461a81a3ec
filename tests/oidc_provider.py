"""npm oidc-provider with its own pages, as a process of its own: an OpenID provider that nobody here wrote."""

import json
import os
import shutil
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.npm import installed, node
from tests.ports import free_port
from tests.server_process import answers, eventually

HERE = Path(__file__).parent / "client" / "node"
SECRET = "a secret with spaces & signs: +%/=:"
TOLD_OF_LOGOUT = "told-of-logout"  # a client with this secret, which `hook` tells of sign-outs


@contextmanager
def running(folder: Path, told: Mapping[str, Any]) -> Generator[str]:
    """Run it until the block ends, and return its issuer; `told` is what `provider.mjs` reads, besides its port."""
    packages, port = installed(HERE / "package.json"), free_port()
    script = packages / f"provider-{os.getpid()}-{port}.mjs"  # beside the packages, where node looks for them
    shutil.copy(HERE / "provider.mjs", script)
    log = folder / "oidc-provider.log"
    command = [node(), script, json.dumps({**told, "port": port})]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            issuer = f"http://127.0.0.1:{port}"
            eventually(lambda: process.poll() is not None or answers(f"{issuer}/jwks"), "oidc-provider answers")
            assert process.poll() is None, log.read_text()
            yield issuer
        finally:
            process.kill()
            with suppress(FileNotFoundError):
                script.unlink()
