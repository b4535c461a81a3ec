"""The options of `gatelodge providers add`, and the provider they say."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import click

from gatelodge.ops.refusals import OperationRefused
from gatelodge.protocol.provider import Provider

P = ParamSpec("P")

KINDS = ("entra", "google", "apple", "github", "oidc")
LEVELS = ("1", "2", "phr", "phrh")

_FILE = click.Path(dir_okay=False, path_type=Path)
_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--kind",), {"type": click.Choice(KINDS), "required": True, "help": "Which provider it is; oidc is any other."}),
    (("--client-id",), {"required": True, "help": "What the provider calls this server."}),
    (("--secret-stdin",), {"is_flag": True, "help": "Read the client secret from standard input, one line."}),
    (("--secret-file",), {"type": _FILE, "help": "The file of the client secret."}),
    (("--key-file",), {"type": _FILE, "help": "A private key (PEM) in its place."}),
    (("--key-id",), {"default": "", "help": "What the provider calls that key."}),
    (("--team",), {"default": "", "help": "The team the key is of. Apple's."}),
    (("--issuer",), {"default": "", "help": "Its issuer: for oidc, national clouds, GitHub Enterprise."}),
    (("--label",), {"help": "What its button says after 'Continue with'."}),
    (("--tenant", "tenants"), {"multiple": True, "help": "A tenant whose people may come, or any. Entra ID's."}),
    (("--domain", "domains"), {"multiple": True, "help": "A domain whose addresses are believed or let in."}),
    (("--scope", "scopes"), {"multiple": True, "help": "A scope that is asked for besides what is needed."}),
    (("--trusts-address/--no-trusts-address", "trusts_address"), {
        "default": None, "help": "Whether it is believed about addresses. Default: all but oidc are."}),
    (("--link",), {
        "type": click.Choice(("ask", "verified_address")), "default": "ask", "show_default": True,
        "help": "How an address that has an account here is connected to it: by signing in once, or at once."}),
    (("--new-accounts",), {"is_flag": True, "help": "Who has no account here gets one."}),
    (("--level", "levels"), {"multiple": True, "help": "What its word is worth: mfa=2 of its acr or amr. Default: 1."}),
    (("--keep-tokens",), {"is_flag": True, "help": "Keep its refresh tokens, sealed and renewed daily."}),
    (("--allow-private",), {"is_flag": True, "help": "It may be inside your own network."}),
)  # fmt: skip


def described_by_options(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command every option that describes a provider."""
    for names, about in reversed(_OPTIONS):
        command = click.option(*names, **about)(command)
    return command


def provider_of(name: str, said: dict[str, Any], usual_label: str, usual_trust: bool) -> Provider:
    """Return the provider that these options say. Raises `OperationRefused`."""
    trusts = said["trusts_address"]
    return Provider(
        name=name,
        kind=said["kind"],
        label=usual_label if said["label"] is None else said["label"],
        client_id=said["client_id"],
        issuer=said["issuer"],
        scopes=tuple(said["scopes"]),
        tenants=tuple(tenant.lower() for tenant in said["tenants"]),
        domains=tuple(domain.lower() for domain in said["domains"]),
        trusts_address=usual_trust if trusts is None else trusts,
        link=said["link"],
        new_accounts=said["new_accounts"],
        levels=dict(map(_level, said["levels"])),
        keep_tokens=said["keep_tokens"],
        allow_private=said["allow_private"],
        key_id=said["key_id"],
        team=said["team"],
    )


def secret_in(said: dict[str, Any]) -> str:
    """Return the client secret or private key that these options lead to, `""` if there is none.

    Raises `OperationRefused`, and `click.UsageError` if there are several.
    """
    files = [file for file in (said["secret_file"], said["key_file"]) if file is not None]
    if len(files) + said["secret_stdin"] > 1:
        raise click.UsageError("say one of --secret-stdin, --secret-file and --key-file")
    if said["secret_stdin"]:
        return _whole(sys.stdin.readline(), "standard input")
    if (said["key_file"] is None) is not (said["key_id"] == ""):
        raise click.UsageError("--key-file and --key-id go together")
    return _whole(_read(files[0]), str(files[0])) if files else ""


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise OperationRefused(f"{file} is not text") from None


def _whole(text: str, where: str) -> str:
    if not text.strip():
        raise OperationRefused(f"there is no secret in {where}")
    return text.strip()


def _level(text: str) -> tuple[str, str]:
    said, _, level = text.rpartition("=")
    if not said or level not in LEVELS:
        raise OperationRefused(
            f"a level is what the provider says and what it is worth here ({', '.join(LEVELS)}): mfa=2"
        )
    return said, level
