"""`gatelodge serve`, some parts of which raise, with all they know in their variables and in what they raise."""

import asyncio
import gc
import logging
import threading
import warnings
from collections.abc import Mapping
from typing import Any

from gatelodge.cli import main
from gatelodge.endpoints.adapter import HttpAdapter
from gatelodge.endpoints.discovery import JwksEndpoint
from gatelodge.endpoints.request import Request
from gatelodge.endpoints.token import TokenEndpoint
from gatelodge.endpoints.userinfo import UserInfoEndpoint


class Unheard:
    """Raises where nobody can catch it."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __del__(self) -> None:
        raise ValueError(self.words)


def known(headers: Mapping[str, str]) -> str:
    """What a mistake might have in its message."""
    secret = headers.get("authorization", "")
    return f"cannot use {secret}"


async def in_the_handler(_self: object, request: Request) -> Any:
    """Fail where the door catches it."""
    typed = request.form
    raise RuntimeError(known(request.headers), typed)


async def in_the_background(_self: object, request: Request) -> Any:
    """Fail in a task, in a thread, in a destructor, in a library's log call; and warn."""
    words = known(request.headers)

    async def task() -> None:
        raise ValueError(words)

    def thread() -> None:
        raise ValueError(words)

    running = asyncio.create_task(task())
    await asyncio.sleep(0)
    del running
    gc.collect()
    worker = threading.Thread(target=thread)
    worker.start()
    worker.join()
    Unheard(words)
    try:
        raise ValueError(words)
    except ValueError:
        logging.getLogger("library").exception("a library failed")
    logging.getLogger("library").error("%d", "no number")
    warnings.warn("a library is old", DeprecationWarning, stacklevel=1)
    raise RuntimeError(words)


async def send(door: HttpAdapter, *args: Any) -> None:
    """Fail after the handler, for one route."""
    route = args[2]
    if route is not None and route.name == "userinfo":
        secret = args[3]
        raise SystemError(f"{secret} {args}")
    await real_send(door, *args)


real_send = HttpAdapter._send
BROKEN: tuple[tuple[type, str, Any], ...] = (
    (HttpAdapter, "_send", send),
    (TokenEndpoint, "handle", in_the_handler),
    (UserInfoEndpoint, "handle", in_the_handler),
    (JwksEndpoint, "handle", in_the_background),
)

if __name__ == "__main__":
    for place, name, act in BROKEN:
        setattr(place, name, act)
    warnings.simplefilter("always")
    main()
