"""A process that keeps the grants of a store fresh, and may die by its own hand right after the server answered."""

import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from hashlib import sha256

from gatelodge.client import (
    ClientConfig,
    HttpRequest,
    HttpResponse,
    OAuthClient,
    SecretBasic,
    Sender,
    ServerUnavailable,
)
from gatelodge.client.keeping import Event, Lost, Renewer, sqlite_store
from gatelodge.client.keeping.times import LEASE

WAVE = LEASE + 4  # seconds
DYING = 3  # seconds of them


def main() -> None:
    """Work as the JSON in the first argument says, and say every event and which token was presented."""
    told = json.loads(sys.argv[1])
    sender = Sender()

    def send(request: HttpRequest) -> HttpResponse:
        presented = dict(request.form or ()).get("refresh_token")
        if presented is not None:
            say(presents=sha256(str(presented).encode()).hexdigest())
        response = sender(request)
        if request.method == "POST" and is_time_to_die() and random.random() < told["dies"]:
            os.kill(os.getpid(), signal.SIGKILL)
        return response

    def is_time_to_die() -> bool:
        """In waves, so far apart that nobody's answer is lost three times: longer than that no server remembers it."""
        return (time.time() - told["began"]) % WAVE < DYING

    def tell(event: Event) -> None:
        say(**{"lost" if isinstance(event, Lost) else "went_on": event.name})

    config = ClientConfig(issuer=told["issuer"], client_id="web", auth=SecretBasic(told["secret"]))
    with Renewer(OAuthClient(config, send=send), sqlite_store(told["path"], [told["key"]]), tell) as renewer:
        end = time.monotonic() + told["seconds"]
        while time.monotonic() < end:
            name = random.choice(told["names"])
            with suppress(ServerUnavailable):
                renewer.access_token(name)
            time.sleep(0.01)


def say(**said: str) -> None:
    os.write(1, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main()
