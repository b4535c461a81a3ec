"""The options that describe a new client, and how they are read."""

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any, ParamSpec, get_args

import click

from gatelodge.ops.client_drafts import ClientDraft
from gatelodge.protocol.client import AuthMethod, ClientType, SigningAlg

P = ParamSpec("P")

OPTIONS = (
    click.option("--id", "client_id", help="Its client_id. Default: a random one."),
    click.option("--name", required=True, help="What people read when it asks for their consent."),
    click.option(
        "--type",
        "kind",
        required=True,
        type=click.Choice(get_args(ClientType)),
        help="web: keeps a secret on a server. spa, native: cannot keep one. service: no person is behind it.",
    ),
    click.option("--redirect-uri", multiple=True, help="Where answers go; compared letter by letter. May be repeated."),
    click.option("--post-logout-redirect-uri", multiple=True, help="Where people go after signing out. Repeatable."),
    click.option("--grant", multiple=True, help="A grant it may use, or several in one text. Default: by type."),
    click.option("--response-type", multiple=True, help="Default: code. Others are legacy: see [legacy]. Repeatable."),
    click.option("--scope", multiple=True, help='All it may ever ask for, as in "openid email". Default: by type.'),
    click.option("--auth", type=click.Choice(get_args(AuthMethod)), help="How it proves who it is. Default: by type."),
    click.option(
        "--jwks", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file with its public keys."
    ),
    click.option("--jwks-uri", help="Where its public keys are published."),
    click.option("--id-token-alg", type=click.Choice(get_args(SigningAlg)), help="Default: RS256."),
    click.option("--client-uri", help="Its home page. People read the host of it when it asks for their consent."),
    click.option("--policy-uri", help="Its privacy policy: a link beside what it asks for."),
    click.option("--tos-uri", help="Its terms of service: a link beside what it asks for."),
    click.option("--no-pkce", is_flag=True, help="Exempt this confidential client from PKCE. Doctor reports it."),
    click.option("--trusted", is_flag=True, help="It is your own: people are not asked for consent."),
)


def draft_options(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command the options that describe a client."""
    return reduce(lambda made, option: option(made), reversed(OPTIONS), command)


def read_draft(options: dict[str, Any]) -> ClientDraft:
    """Return what the options say."""
    jwks: Path | None = options["jwks"]
    return ClientDraft(
        name=options["name"],
        type=options["kind"],
        id=options["client_id"],
        auth_method=options["auth"],
        grants=_words(options["grant"]),
        response_types=options["response_type"],
        scopes=_words(options["scope"]) if options["scope"] else None,
        redirect_uris=options["redirect_uri"],
        post_logout_redirect_uris=options["post_logout_redirect_uri"],
        jwks=None if jwks is None else _text(jwks),
        jwks_uri=options["jwks_uri"],
        id_token_alg=options["id_token_alg"] or "RS256",
        client_uri=options["client_uri"],
        policy_uri=options["policy_uri"],
        tos_uri=options["tos_uri"],
        pkce_exempt=options["no_pkce"],
        trusted=options["trusted"],
    )


def _words(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for text in texts for word in text.split())


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise click.UsageError(f"--jwks {file} cannot be read as text") from None
