"""What not to write any more: an application that asks for the person's password itself (password grant).

    .venv/bin/python examples/legacy_password.py

It needs a server: `make demo` or `gatelodge demo` in another terminal. It is here so that you recognise the flow when
you meet it in an old application, and see what to put in its place. Only the demo switches this grant on.
"""

import os
import warnings
from getpass import getpass

import httpx2

from gatelodge.client import ClientConfig, Narrowed, OAuthClient, OAuthClientError, SecretBasic, TokenRefused

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")
API = os.environ.get("ORDERS_API", ISSUER + "/demo/api")

WARNING = """\
WARNING  This application sees your password. It could keep it, and whoever breaks into it has it. A second factor, a
         passkey or another company's sign-in page cannot work here, since there is no page. OAuth 2.1 removed this flow
         (RFC 9700 2.4: it must not be used).
"""
WAY_OUT = """\
THE WAY OUT
  1. A program that a person starts: open the browser instead. examples/cli_app.py is this program done right.
  2. A job without a person: give it credentials of its own. examples/daemon.py
  3. Take `password` from the client's grants, and then legacy.password out of the server's configuration:
     the refresh tokens that are out there go on working, so nobody has to do it all in one night.
"""


def main() -> None:
    print(WARNING)
    username = input("User name [alice]: ") or "alice"
    password = getpass("Password [wonderland]: ") or "wonderland"

    client = OAuthClient(ClientConfig(issuer=ISSUER, client_id="demo-legacy", auth=SecretBasic("demo-legacy-secret")))
    try:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # it was said above
            tokens = client.password(username, password, Narrowed(scope="orders:read"))
    except TokenRefused as refused:
        raise SystemExit(f"The server refused: {refused}") from None
    except OAuthClientError as problem:
        raise SystemExit(f"{problem}\nIs the server running? `make demo` starts it.") from None

    answer = httpx2.get(API + "/orders", headers={"authorization": f"Bearer {tokens.access_token}"})
    answer.raise_for_status()
    for order in answer.json()["orders"]:
        print(f"{order['number']}. {order['item']}")
    print()
    print(WAY_OUT)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, EOFError):
        raise SystemExit("\nStopped.") from None
