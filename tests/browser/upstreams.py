"""Other providers for the demo, each a real server: added as its operator would, and removed again."""

import json
import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from click.testing import CliRunner
from tests import oidc_provider
from tests.browser.accounts import Person
from tests.browser.conftest import Demo
from tests.server_process import Installation, eventually

from gatelodge.cli import main

CAROL = Person("carol", "a password of carol's own", "Carol", "carol@example.org")


@contextmanager
def second_gatelodge(demo: Demo, folder: Path, person: Person = CAROL) -> Generator[str]:
    """Run a second Gatelodge, from which `person` comes to the demo; return its issuer."""
    folder.mkdir()
    other = Installation(folder, f"sqlite:///{folder / 'corp.db'}")
    back = f"{demo.site}/callback/second"
    told = ("--redirect-uri", back, "--backchannel-logout-uri", f"{back}/logout")
    with ThreadPoolExecutor(1) as pool:  # in a thread where no event loop is: the browser's occupies this one
        secret = pool.submit(other.add_client, "gatelodge", "--type", "web", *told).result()
        pool.submit(other.add_person, person.username, person.password).result()
    with other.serve(), known(demo, "second", other.issuer, "gatelodge", secret):
        yield other.issuer


@contextmanager
def npm_oidc_provider(demo: Demo, folder: Path) -> Generator[str]:
    """Run npm oidc-provider, from which people come to the demo; return its issuer."""
    back = f"{demo.site}/callback/npm"
    told = {"redirect_uri": back, "bye": demo.site, "api": "https://api.test", "hook": f"{back}/logout", "key": KEY}
    with (
        oidc_provider.running(folder, told) as issuer,
        known(demo, "npm", issuer, oidc_provider.TOLD_OF_LOGOUT, oidc_provider.SECRET),
    ):
        yield issuer


KEY = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "nobody's"} | {
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",  # of RFC 7515 A.3: a client of other tests has one
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


@contextmanager
def known(demo: Demo, name: str, issuer: str, client_id: str, secret: str) -> Generator[None]:
    """Make a provider known to the demo, and wait until its button is there; forget it when the block ends."""
    said = ("--kind", "oidc", "--issuer", issuer, "--client-id", client_id, "--secret-stdin", "--trusts-address")
    command(demo, "add", name, *said, "--new-accounts", stdin=secret)
    try:
        assert command(demo, "test", name) == {"name": name, "reachable": True, "lacks": []}
        eventually(lambda: f"/login/with/{name}" in _sign_in_page(demo), f"the button of {name}")
        yield
    finally:
        command(demo, "remove", name, "--yes")
        eventually(lambda: f"/login/with/{name}" not in _sign_in_page(demo), f"no button of {name}")


def command(demo: Demo, *words: str, stdin: str = "") -> dict[str, Any]:
    """Run `gatelodge providers ... --json` as the operator of the demo."""
    settings = {
        "GATELODGE_ISSUER": demo.site,
        "GATELODGE_DATABASE": f"sqlite:///{demo.data / 'demo.db'}",
        "GATELODGE_SECRET_KEY_FILE": str(demo.data / "demo.key"),
        "PATH": os.environ.get("PATH", ""),
    }
    with ThreadPoolExecutor(1) as pool:
        line = ["providers", *words, "--json"]
        done = pool.submit(CliRunner().invoke, main, line, input=stdin, env=settings).result()
    assert done.exit_code == 0, f"{words}: {done.stderr} {done.exception!r}"
    return json.loads(done.stdout)


def _sign_in_page(demo: Demo) -> str:
    return httpx2.get(f"{demo.site}/demo/web/login", follow_redirects=True, timeout=30).text
