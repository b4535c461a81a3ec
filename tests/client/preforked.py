"""A program that has everything under way when it is forked: under gunicorn with --preload, or by itself.

Whatever the first process asks the server is answered after `GO` alone; the forked ones are answered at once.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.client.conftest import ISSUER, Server

from gatelodge.client import ClientConfig, HttpRequest, HttpResponse, OAuthClient, SecretBasic, Tokens
from gatelodge.client.keeping import Renewer, memory_store, sqlite_store
from gatelodge.client.machine.tokens import MachineTokens
from gatelodge.client.sending.jwks import JwksCache
from gatelodge.clock import SystemClock

KEY = "a key of the store, random enough"
FIRST = os.getpid()
GO = Event()
asking: list[str] = []
server = Server(SystemClock())


def send(request: HttpRequest) -> HttpResponse:
    if os.getpid() == FIRST:
        asking.append(request.url)
        assert GO.wait(60)
    return server(request)


CONFIG = ClientConfig(issuer=ISSUER, client_id="app", auth=SecretBasic("hush"))
known = OAuthClient(CONFIG, send=server).metadata()
client = OAuthClient(CONFIG, send=send, metadata=known)
seeker = OAuthClient(CONFIG, send=send)
machine = MachineTokens(CONFIG, send=send, metadata=known)
keys = JwksCache(f"{ISSUER}/jwks", send)
stores = {
    "memory": Renewer(client, memory_store()),
    "sqlite": Renewer(client, sqlite_store(Path(os.environ["PREFORKED"]) / "kept.db", [KEY])),
}
held = Tokens(access_token="held", token_type="Bearer", issued_at=0, refresh_token="kept")

WORK: dict[str, Callable[[], object]] = {
    "refresh": lambda: client.refresh("old").access_token,
    "metadata": lambda: seeker.metadata().issuer,
    "token": machine.token,
    "keys": lambda: keys.keys_for("key-1", "ES256").find("key-1", "ES256") is not None,
}


def busy(renewer: Renewer) -> None:
    """Use a store without a pause, so that its lock and its connection are in use when the process is forked."""
    while True:
        renewer.keep("anybody", held)


for renewer in stores.values():
    Thread(target=busy, args=(renewer,), daemon=True).start()
waiting = [Thread(target=work, daemon=True) for work in WORK.values()]
for thread in waiting:
    thread.start()
while len(asking) < len(WORK):
    GO.wait(0.01)


def everything() -> dict[str, Any]:
    """Do in this process what the first one has been at all along."""
    done: dict[str, Any] = {name: work() for name, work in WORK.items()}
    for name, renewer in stores.items():
        renewer.keep("alice", held)
        kept = renewer.find("alice")
        done[name] = kept is not None and kept.tokens.access_token
    return done


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("content-type", "application/json")])
    return [json.dumps({"process": os.getpid(), "first": FIRST, **everything()}).encode()]


def main() -> None:
    """Fork, many times; each child does everything. Then the first process gets what it waited for."""
    for _ in range(int(sys.argv[1])):
        child = os.fork()
        if child == 0:
            os._exit(0 if everything()["token"] == "an-access-token" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    GO.set()
    for thread in waiting:
        thread.join()
    print(json.dumps(everything()), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
