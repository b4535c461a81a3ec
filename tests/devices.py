"""Devices that show a code, and people who type it: what tests of both sides begin with."""

from collections.abc import Mapping

import httpx2
from tests.world import PASSWORDS, Browser, World, secret_of

from gatelodge.protocol.device import GRANT_TYPE

SCOPE = "openid email offline_access orders:read"
HOME = "203.0.113.9"  # where devices and browsers are, unless a test says otherwise
ELSEWHERE = "198.51.100.77"

Began = Mapping[str, str]


async def post(world: World, path: str, client_id: str, address: str, form: Mapping[str, str]) -> httpx2.Response:
    """Send a form as a client: with its secret if it has one."""
    public = client_id.startswith("tv")
    async with world.http(address) as http:
        if public:
            return await http.post(path, data={**form, "client_id": client_id})
        return await http.post(path, data=dict(form), auth=(client_id, secret_of(client_id)))


async def began(world: World, client_id: str = "box1", address: str = HOME, **form: str) -> Began:
    """Let a device ask for a code to show."""
    answer = await post(world, "/device_authorization", client_id, address, {"scope": SCOPE, **form})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ask(
    world: World, device: Began, client_id: str = "box1", address: str = HOME, **form: str
) -> httpx2.Response:
    """Let a device ask whether its person has decided."""
    asked = {"grant_type": GRANT_TYPE, "device_code": device["device_code"], **form}
    return await post(world, "/token", client_id, address, asked)


async def type_code(browser: Browser, device: Began) -> httpx2.Response:
    """Type the code that a device shows, as people do."""
    typed = device["user_code"].lower().replace("-", " ")
    return await browser.submit(await browser.get("/device"), user_code=typed)


async def compare(browser: Browser, page: httpx2.Response, decision: str = "same") -> httpx2.Response:
    """Say whether the device shows it."""
    return await browser.submit(page, decision=decision)


async def allow(browser: Browser, device: Began, name: str = "alice") -> httpx2.Response:
    """Type a code, compare it, sign in and allow all that is asked."""
    page = await compare(browser, await type_code(browser, device))
    return await browser.walk(page, name, PASSWORDS[name])


async def tokens(world: World, client_id: str = "box1", name: str = "alice", **form: str) -> dict[str, str]:
    """Walk the whole way."""
    device = await began(world, client_id, **form)
    await allow(world.browser(), device, name)
    answer = await ask(world, device, client_id)
    assert answer.status_code == 200, answer.text
    return answer.json()
