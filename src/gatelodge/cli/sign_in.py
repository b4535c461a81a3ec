"""`gatelodge login`, `token`, `whoami`, `logout`: a person's own tokens, at any issuer.

The client library is imported when a command runs: `--help` must not wait for it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from gatelodge.cli.output import answer, done, moment
from gatelodge.cli.prompting import tell

if TYPE_CHECKING:
    from gatelodge.client.messages.authorization import Wanted
    from gatelodge.client.messages.registration import ClientConfig
    from gatelodge.client.messages.tokens import Narrowed, Tokens
    from gatelodge.client.native.accounts import Account, OpenAccount

P = ParamSpec("P")

SCOPE = "openid profile email offline_access"


def which(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command what names an account, and --json."""
    shown = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
    client = click.option("--client-id", help="The client of the account. Default: that of the last sign-in.")
    issuer = click.option("--issuer", help="The issuer of the account. Default: that of the last sign-in.")
    return issuer(client(shown(command)))


def narrowing(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command what says what a token is for."""
    resource = click.option("--resource", default="", help="The API the token is for; its identifier, a URL.")
    scope = click.option("--scope", default="", help="What the token may do, of what was granted; scopes with spaces.")
    return resource(scope(command))


@click.command()
@click.option("--issuer", help="Where to sign in: the issuer's URL, exactly as it says it. Default: GATELODGE_ISSUER.")
@click.option("--client-id", help="The client to sign in by, a native one. Default: GATELODGE_CLIENT_ID.")
@click.option("--scope", default=SCOPE, show_default=True, help="What to ask for; scopes with spaces.")
@click.option("--resource", help="The API to ask for; its identifier, a URL.")
@click.option("--prompt", help="What the server should ask even if it need not: login, consent, select_account.")
@click.option("--acr-values", help="How to prove who you are, as this server calls it.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="The port of the redirect URI. Default: any.")
@click.option("--path", default="/callback", show_default=True, help="The path of the redirect URI on 127.0.0.1.")
@click.option("--allow-private", is_flag=True, help="The issuer is inside your own network. Remembered with the login.")
@click.option(
    "--ca-file",
    type=click.Path(dir_okay=False, resolve_path=True),
    help="Certificates to believe, in PEM. Remembered with the login.",
)
@click.option("--proxy", help="The proxy to the issuer: http://host:port. Remembered with the login.")
@click.option("--no-browser", is_flag=True, help="Open nothing: show a code to enter elsewhere, or the URL to open.")
@click.option("--device", is_flag=True, help="Show a code to enter on another device, even if a browser could open.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
def login(
    scope: str,
    resource: str | None,
    prompt: str | None,
    acr_values: str | None,
    port: int,
    path: str,
    no_browser: bool,
    device: bool,
    as_json: bool,
    **where: Any,
) -> None:
    """Sign in at an issuer and keep the tokens.

    \b
    gatelodge login --issuer https://id.example.com --client-id cli
    gatelodge login --issuer https://id.example.com --client-id cli --device
    gatelodge login --issuer https://id.example.com --client-id cli --resource https://api.example.com/orders \\
        --scope "openid offline_access orders:read"

    The client's redirect URI is http://127.0.0.1/callback, with any port. Without a browser a code is shown that you
    enter on another device, if the server can do that; else the URL to open. Tokens are kept sealed, in
    ~/.local/share/gatelodge or $GATELODGE_DATA.
    """
    from gatelodge.client.messages.authorization import Wanted
    from gatelodge.client.native.accounts import Accounts, client_of
    from gatelodge.client.native.sign_in import Native, system_browser

    if device and (prompt or acr_values):
        raise click.UsageError("--device leaves no word for --prompt and --acr-values: the device grant has none")
    account, config = _account(**where)
    native = Native(tell=tell, browser=None if no_browser else system_browser(), port=port, path=path)
    apis = (resource,) if resource else ()
    wanted = Wanted(scope=scope, resource=apis, prompt=prompt, acr_values=acr_values)
    sign_in = native.sign_in_on_device if device else native.sign_in
    tokens = sign_in(client_of(account, config), wanted)
    Accounts().add(account, tokens)
    body = _described(account, tokens)
    answer(as_json, body, done(f"Signed in at {account.issuer} as {_who(body)}"), *_shortcomings(tokens, wanted))


def _account(
    issuer: str | None, client_id: str | None, allow_private: bool, ca_file: str | None, proxy: str | None
) -> "tuple[Account, ClientConfig]":
    """Return whose tokens are asked for, and by which client."""
    from gatelodge.client import credentials
    from gatelodge.client.messages.registration import ClientConfig, secret_auth
    from gatelodge.client.native.accounts import Account

    found = credentials.find(issuer=issuer, client_id=client_id, allow_private=allow_private)
    certificates, proxy = ca_file or found.ca_file, proxy or found.proxy
    account = Account(found.issuer, found.client_id, "", found.allow_private, certificates, proxy)
    return account, ClientConfig(
        issuer=account.issuer, client_id=account.client_id, auth=secret_auth(found.client_secret)
    )


def _shortcomings(tokens: "Tokens", wanted: "Wanted") -> tuple[str, ...]:
    """Say what is missing, and what was not asked for yet that might bring it."""
    if tokens.refresh_token is not None:
        return ()
    ends = "soon" if tokens.expires_at is None else f"at {moment(tokens.expires_at)} UTC"
    if "offline_access" not in wanted.scopes:
        remedy = "ask for the scope offline_access"
    elif "consent" not in (wanted.prompt or "").split():
        remedy = "some servers give one only after --prompt consent (OpenID Connect Core 11)"
    else:
        remedy = "the server gives this client none"
    return (f"  No refresh token came, so this ends {ends}: {remedy}",)


@click.command()
@narrowing
@click.option("--header", is_flag=True, help="Print it as a header, for curl -H.")
@click.option("--curl-config", is_flag=True, help="Print it as a line of curl's configuration, for curl -K.")
@which
def token(
    resource: str, scope: str, header: bool, curl_config: bool, issuer: str | None, client_id: str | None, as_json: bool
) -> None:
    """Print an access token, renewed if need be.

    \b
    gatelodge token
    gatelodge token --resource https://api.example.com/orders --scope orders:read
    curl -H @<(gatelodge token --header) https://api.example.com/orders
    gatelodge token --curl-config | curl -K - https://api.example.com/orders
    """
    if header + curl_config + as_json > 1:
        raise click.UsageError("--header, --curl-config and --json exclude one another")
    tokens = opened(issuer, client_id).tokens(narrowed_to(resource, scope))
    bearer = f"Authorization: Bearer {tokens.access_token}"
    plain = bearer if header else f'header = "{bearer}"' if curl_config else tokens.access_token
    body = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_at": tokens.expires_at,
        "scope": None if tokens.scope is None else " ".join(tokens.scope),
    }
    answer(as_json, body, plain)


@click.command()
@which
def whoami(issuer: str | None, client_id: str | None, as_json: bool) -> None:
    """Say who is signed in, after asking the server.

    \b
    gatelodge whoami
    gatelodge whoami --issuer https://id.example.com --json
    """
    account = opened(issuer, client_id)
    tokens = account.tokens()
    told: dict[str, Any] = {}
    if tokens.person is not None and account.client.metadata().userinfo_endpoint is not None:
        told = dict(account.client.userinfo(tokens.access_token, tokens.person))
    body = _described(account.account, tokens) | told
    answer(as_json, body, _who(body), f"  at      {account.account.issuer}", f"  client  {account.account.client_id}")


@click.command()
@which
def logout(issuer: str | None, client_id: str | None, as_json: bool) -> None:
    """Give the tokens back and forget them. The browser's session at the server stays.

    \b
    gatelodge logout
    """
    from gatelodge.client.native.accounts import Accounts

    accounts = Accounts()
    account = accounts.find(issuer, client_id)
    client = accounts.open(account).client
    tokens = accounts.remove(account)
    problem = _given_back(client.revoke, tokens)
    body = {"issuer": account.issuer, "client_id": account.client_id, "revoked": problem is None}
    left = () if problem is None else (f"  The server was not told: {problem}",)
    answer(as_json, body, done(f"Signed out of {account.issuer}"), *left)


def _given_back(revoke: Callable[[str], None], tokens: "Tokens | None") -> str | None:
    """Tell the server; return why that could not be done. What is kept here is forgotten all the same."""
    from gatelodge.client.errors import OAuthClientError

    if tokens is None:
        return None
    try:
        revoke(tokens.refresh_token or tokens.access_token)
    except OAuthClientError as error:
        return str(error)
    return None


def opened(issuer: str | None, client_id: str | None) -> "OpenAccount":
    """Return the account of these names, or that of the last sign-in."""
    from gatelodge.client.native.accounts import Accounts

    accounts = Accounts()
    return accounts.open(accounts.find(issuer, client_id))


def narrowed_to(resource: str, scope: str) -> "Narrowed":
    """Return what a token is asked for, as `narrowing` has it said."""
    from gatelodge.client.messages.tokens import Narrowed

    return Narrowed(scope=scope, resource=(resource,) if resource else ())


def _described(account: "Account", tokens: "Tokens") -> dict[str, Any]:
    return {
        "issuer": account.issuer,
        "client_id": account.client_id,
        "sub": tokens.person.sub if tokens.person else None,
        "scope": None if tokens.scope is None else " ".join(tokens.scope),
        "expires_at": tokens.expires_at,
        "renewable": tokens.refresh_token is not None,
    }


def _who(body: dict[str, Any]) -> str:
    """Return what a person calls themselves, as far as the server says it."""
    names = [str(body[name]) for name in ("name", "preferred_username", "email") if body.get(name)]
    shown = "".join(c for c in ", ".join(names) if c.isprintable())
    return f"{shown} ({body['sub']})" if shown else str(body["sub"] or "a client of its own")
