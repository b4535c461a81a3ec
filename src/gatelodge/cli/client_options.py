"""The options that describe a client: each is named as its member in a registration document, and read into one."""

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any, ParamSpec, get_args

import click

from gatelodge.ops.client_drafts import Document
from gatelodge.protocol.client import AuthMethod, ClientType, RequestAlg, SigningAlg, SubjectType
from gatelodge.protocol.device import SHORT
from gatelodge.protocol.jwks import MAX_JWKS
from gatelodge.protocol.proof import Level
from gatelodge.protocol.strict_json import BadJson, read_object

P = ParamSpec("P")

NAME = click.option("--name", "client_name", help="What people read when it asks for their consent.")
TYPE = click.option(
    "--type",
    "type",
    type=click.Choice(get_args(ClientType)),
    help="web: keeps a secret on a server. spa, native: cannot keep one. service: no person is behind it.",
)
EITHER = "client_secret"  # in the header or in the body, as the client likes
FIXED = frozenset({"client_secret_basic", "client_secret_post"})
MEMBERS = (
    click.option(
        "--redirect-uri",
        "redirect_uris",
        multiple=True,
        help="Where answers go; compared letter by letter. May be repeated.",
    ),
    click.option(
        "--post-logout-redirect-uri",
        "post_logout_redirect_uris",
        multiple=True,
        help="Where people go after signing out. Repeatable.",
    ),
    click.option(
        "--backchannel-logout-uri",
        "backchannel_logout_uri",
        help="Where this server tells it that a session is over. The best way to sign people out everywhere.",
    ),
    click.option(
        "--backchannel-logout-session/--no-backchannel-logout-session",
        "backchannel_logout_session_required",
        default=None,
        help="It knows sessions by their sid: it is told of that alone, not whose it was.",
    ),
    click.option(
        "--frontchannel-logout-uri",
        "frontchannel_logout_uri",
        help="What the signed-out page loads in a frame. Browsers keep cookies from it more and more.",
    ),
    click.option(
        "--frontchannel-logout-session/--no-frontchannel-logout-session",
        "frontchannel_logout_session_required",
        default=None,
        help="It has to be told which session. It always is.",
    ),
    click.option(
        "--grant",
        "grant_types",
        multiple=True,
        help="A grant it may use, or several in one text; device_code for short. Default: by type.",
    ),
    click.option(
        "--response-type",
        "response_types",
        multiple=True,
        help="Default: code. Others are legacy: see [legacy]. Repeatable.",
    ),
    click.option(
        "--scope", "scope", multiple=True, help='All it may ever ask for, as in "openid email". Default: by type.'
    ),
    click.option(
        "--auth",
        "token_endpoint_auth_method",
        type=click.Choice((EITHER, *get_args(AuthMethod))),
        help="How it proves who it is. client_secret: its secret, in the header or the body. Default: by type.",
    ),
    click.option(
        "--jwks",
        "jwks",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A file with its public keys.",
    ),
    click.option("--jwks-uri", "jwks_uri", help="Where its public keys are published."),
    click.option(
        "--id-token-alg",
        "id_token_signed_response_alg",
        type=click.Choice(get_args(SigningAlg)),
        help="Default: RS256.",
    ),
    click.option(
        "--answer-alg",
        "authorization_signed_response_alg",
        type=click.Choice(get_args(SigningAlg)),
        help="How answers are signed that it asks for with response_mode=jwt. Default: RS256.",
    ),
    click.option(
        "--id-token-claim",
        "id_token_claims",
        multiple=True,
        help='Claims its ID tokens say as UserInfo does, as in "name email", as far as scopes allow. Repeatable.',
    ),
    click.option(
        "--client-uri", "client_uri", help="Its home page. People read the host of it when it asks for their consent."
    ),
    click.option("--policy-uri", "policy_uri", help="Its privacy policy: a link beside what it asks for."),
    click.option(
        "--logo",
        "logo",
        help="Its logo beside its name: a PNG, JPEG or WebP, as a file or an https address that is fetched once.",
    ),
    click.option("--tos-uri", "tos_uri", help="Its terms of service: a link beside what it asks for."),
    click.option(
        "--min-acr",
        "min_acr",
        type=click.Choice(get_args(Level)),
        help="How sure it must be who signs in for it. 2: two factors. phr: a passkey. Default: 1.",
    ),
    click.option(
        "--subject-type",
        "subject_type",
        type=click.Choice(get_args(SubjectType)),
        help="pairwise: it knows people by names that no application of another host is told. Default: public.",
    ),
    click.option(
        "--sector-identifier-uri",
        "sector_identifier_uri",
        help="Where a JSON list of redirect URIs is: applications that are listed together know people by one name.",
    ),
    click.option(
        "--exchange",
        "token_exchange_subject_types",
        multiple=True,
        help="A kind of token it may exchange: access_token, refresh_token or id_token. Repeatable. Default: none.",
    ),
    click.option(
        "--exchange-audience",
        "token_exchange_audiences",
        multiple=True,
        help="An API that it may get tokens for in exchange. Repeatable. Default: none.",
    ),
    click.option(
        "--exchange-scope",
        "token_exchange_scope",
        multiple=True,
        help="Scopes it may get in exchange that the presented token does not have. Default: none.",
    ),
    click.option(
        "--impersonation/--no-impersonation",
        "token_exchange_impersonation",
        default=None,
        help="Tokens it gets in exchange do not say that it acts. Each one is in the audit trail.",
    ),
    click.option(
        "--workload",
        "workloads",
        multiple=True,
        help="A workload that this client is, with --auth workload_jwt: a trusted issuer's name, and claims, as in "
        '"github repository=octo-org/app ref=refs/heads/main". Repeatable.',
    ),
    click.option("--may-act", "may_act", help="The one client that may exchange its access tokens. Default: any."),
    click.option(
        "--dpop/--no-dpop",
        "dpop_bound_access_tokens",
        default=None,
        help="--dpop: it gets no token without a DPoP proof, so none that is worth something without its key.",
    ),
    click.option(
        "--dpop-nonce/--no-dpop-nonce",
        "dpop_nonce_required",
        default=None,
        help="--dpop-nonce: its proofs must repeat a nonce of this server, which changes every two minutes.",
    ),
    click.option(
        "--allow-scheme",
        "custom_schemes",
        multiple=True,
        help='A scheme without a dot that this native client may be answered by, as in "cursor". Repeatable.',
    ),
    click.option(
        "--pkce/--no-pkce",
        "require_pkce",
        default=None,
        help="--no-pkce exempts this confidential client from PKCE. Doctor reports it.",
    ),
    click.option(
        "--require-par/--no-require-par",
        "require_pushed_authorization_requests",
        default=None,
        help="Take its authorization requests only if it pushed them to /par first (RFC 9126).",
    ),
    click.option(
        "--require-signed-request/--no-require-signed-request",
        "require_signed_request_object",
        default=None,
        help="Take its authorization requests only if it signed them with a key of --jwks or --jwks-uri (RFC 9101).",
    ),
    click.option(
        "--request-object-alg",
        "request_object_signing_alg",
        type=click.Choice(get_args(RequestAlg)),
        help="The one way in which it signs requests. Default: any that its keys are for.",
    ),
    click.option(
        "--trusted/--not-trusted", "trusted", default=None, help="It is your own: people are not asked for consent."
    ),
)
ONE_TEXT = frozenset({"scope", "token_exchange_scope"})
WORDS = frozenset(
    {"grant_types", "scope", "id_token_claims", "custom_schemes", "token_exchange_subject_types"}
    | {"token_exchange_audiences", "token_exchange_scope"}
)  # several in one text are as good as several options


def _given(options: tuple[Callable[[Any], Any], ...]) -> Callable[[Callable[P, None]], Callable[P, None]]:
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


describing = _given((NAME, TYPE, *MEMBERS))
"""Give a command the options that describe a client."""


def read_document(options: dict[str, Any]) -> Document:
    """Return the members that the options say. An empty text takes one away, as in `--client-uri ""`."""
    said = {name: value for name, value in options.items() if value is not None and value != ()}
    return {name: _member(name, value) for name, value in said.items()} | _proof(said.get("token_endpoint_auth_method"))


def _proof(auth: str | None) -> dict[str, object]:
    """Return what `--auth` means: a secret in either way, or the one way that it names."""
    if auth is None:
        return {}
    method = "client_secret_basic" if auth == EITHER else auth
    return {"token_endpoint_auth_method": method, "token_endpoint_auth_method_fixed": auth in FIXED}


def _member(name: str, value: object) -> object:
    match value:
        case Path():
            return _keys(value)
        case tuple():
            texts = [str(text) for text in value if text]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            words = " ".join(texts).split() if name in WORDS else texts
            if name == "grant_types":
                return [SHORT.get(word, word) for word in words]
            return " ".join(words) if name in ONE_TEXT else words
        case _:
            return value if value != "" else None


def _keys(file: Path) -> object:
    try:
        return read_object(file.read_bytes(), MAX_JWKS)
    except (OSError, BadJson) as error:
        raise click.UsageError(f"--jwks {file} is not a JSON Web Key Set: {error}") from None
