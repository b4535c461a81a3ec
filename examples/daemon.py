"""A nightly job: no person is there, so it signs in as itself (client credentials) and may only read.

    .venv/bin/python examples/daemon.py

It needs a server: `make demo` or `gatelodge demo` in another terminal. The token is fetched with the first request,
kept until shortly before it ends, and fetched again by itself; this program never sees it.

A job of your own would not have its secret in the code. `gatelodge.client.credentials.default(scope="orders:read")`
takes it from the environment (GATELODGE_ISSUER, GATELODGE_CLIENT_ID, GATELODGE_CLIENT_SECRET) or from a file that only
you can read.
"""

import asyncio
import os

import httpx2

from gatelodge.client import ClientCredentials, OAuthClientError

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")
API = os.environ.get("ORDERS_API", ISSUER + "/demo/api")


async def main() -> None:
    auth = ClientCredentials(ISSUER, "demo-daemon", "demo-daemon-secret", scope="orders:read")
    async with httpx2.AsyncClient(auth=auth) as http:
        answer = await http.get(API + "/orders")
        answer.raise_for_status()
        for order in answer.json()["orders"]:
            print(f"{order['number']}. {order['item']}")

        refused = await http.post(API + "/orders", data={"item": "a job never orders"})
        print(f"Placing an order: {refused.status_code}. The job was allowed to read, and that is all it can do.")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (OAuthClientError, httpx2.HTTPError) as problem:
        raise SystemExit(
            f"There are no orders to see: {problem}\nIs the server running? `make demo` starts it."
        ) from None
