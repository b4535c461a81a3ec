"""A command-line app: it opens the browser, waits on a port of this machine for the answer, and prints your orders.

    .venv/bin/python examples/cli_app.py

It needs a server: `make demo` or `gatelodge demo` in another terminal. The password is typed at the server and nowhere
else. The app is a public client: whatever is inside a program that people have, they can read, so it has no secret, and
PKCE sees to it that only the program that asked can use the answer (RFC 8252).

It forgets its tokens when it ends; `gatelodge.client.keeping.keyring_store` keeps them where the system keeps
passwords. On a machine without a browser it shows a code to enter elsewhere, if the server has the device grant.
"""

import os

import httpx2

from gatelodge.client import ClientConfig, OAuthClient, OAuthClientError, ServerUnavailable, Wanted
from gatelodge.client.native import EnterCode, InBrowser, Native, OpenUrl, Prompt

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")
API = os.environ.get("ORDERS_API", ISSUER + "/demo/api")


def tell(prompt: Prompt) -> None:
    """Say what the person has to do."""
    match prompt:
        case InBrowser(url):
            print(f"Sign in in your browser. If none opened, open this yourself:\n\n{url}\n", flush=True)
        case OpenUrl(url):
            print(f"Open this in a browser on this machine:\n\n{url}\n", flush=True)
        case EnterCode(page, code):
            print(f"Open {page} on any device and enter the code {code}.", flush=True)


def main() -> None:
    client = OAuthClient(ClientConfig(issuer=ISSUER, client_id="demo-native"))
    try:
        tokens = Native(tell=tell).sign_in(client, Wanted(scope="openid profile orders:read"))
        if tokens.person is not None:
            person = client.userinfo(tokens.access_token, tokens.person)
            print(f"Signed in as {person.get('name', tokens.person.sub)}.")
    except OAuthClientError as problem:
        hint = "\nIs the server running? `make demo` starts it." if isinstance(problem, ServerUnavailable) else ""
        raise SystemExit(f"You are not signed in: {problem}{hint}") from None
    except KeyboardInterrupt:
        raise SystemExit("\nYou are not signed in: you stopped it.") from None

    answer = httpx2.get(API + "/orders", headers={"authorization": f"Bearer {tokens.access_token}"})
    if answer.status_code in (401, 403):  # a token without any of its scopes is not for this API at all
        raise SystemExit("You did not allow it to see your orders. Start it again to be asked again.")
    answer.raise_for_status()
    for order in answer.json()["orders"]:
        print(f"{order['number']}. {order['item']}")


if __name__ == "__main__":
    main()
