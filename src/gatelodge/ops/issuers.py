"""Whose word about workloads is believed. Each verb is one transaction body with its audit event."""

import asyncio
from urllib.parse import urlsplit

from gatelodge.config.policies import Config
from gatelodge.config.site import site_of
from gatelodge.database.tx import Tx
from gatelodge.ops.refusals import NotThere, OperationRefused
from gatelodge.outbound import FetchFailed, Outbound
from gatelodge.protocol.jwks import MAX_JWKS, BadKeys, read_jwks
from gatelodge.protocol.redirect_uri import url_defect
from gatelodge.protocol.workload import NAME, TrustedIssuer
from gatelodge.stores import audit
from gatelodge.stores import trusted_issuers as store
from gatelodge.telemetry.events import IssuerDistrusted, IssuerTrusted, Origin


def check(trusted: TrustedIssuer, own: str) -> None:
    """Judge an issuer as it would be trusted by the server `own`. Raises `OperationRefused`."""
    problems = (
        (not NAME.fullmatch(trusted.name), "a name is up to 40 small letters, digits and dashes: clients say it"),
        (not urlsplit(trusted.issuer).scheme or len(trusted.issuer) > 500, "the issuer is a URL, as the tokens say it"),
        (trusted.issuer == own, "this server's own tokens are no workload's proof"),
        (url_defect(trusted.jwks_uri) is not None, "the keys are fetched from an https address: --jwks-uri"),
    )
    for found, advice in problems:
        if found:
            raise OperationRefused(advice)


async def add(tx: Tx, trusted: TrustedIssuer, origin: Origin, now: int) -> TrustedIssuer:
    """Believe an issuer, and return it.

    Raises `NameTaken` if its name is in use, `OperationRefused` if another name has this issuer.
    """
    if any(one.issuer == trusted.issuer for one in await store.list_all(tx)):
        raise OperationRefused("this issuer is trusted already, by another name")
    await store.add(tx, trusted, now)
    await audit.record(tx, IssuerTrusted(issuer=trusted.name), origin, now)
    return trusted


async def show(tx: Tx, name: str) -> TrustedIssuer:
    """Return a trusted issuer. Raises `NotThere`."""
    trusted = await store.find(tx, name)
    if trusted is None:
        raise NotThere("issuer", name)
    return trusted


async def remove(tx: Tx, name: str, origin: Origin, now: int) -> None:
    """Believe an issuer no more: no client proves itself by its word. Raises `NotThere`."""
    if not await store.remove(tx, name):
        raise NotThere("issuer", name)
    await audit.record(tx, IssuerDistrusted(issuer=name), origin, now)


def keys_of(config: Config, trusted: TrustedIssuer) -> int:
    """Return how many usable keys an issuer publishes, asking it now. Raises `OperationRefused` if it has none."""
    outbound = Outbound(allow_loopback=not site_of(config.server).secure, allow_private=trusted.allow_private)
    try:
        answer = asyncio.run(outbound.get(trusted.jwks_uri, MAX_JWKS))
        if answer.status != 200:
            raise OperationRefused(f"{trusted.jwks_uri} answers {answer.status}")
        found = len(read_jwks(answer.body).keys)
    except FetchFailed as failed:
        raise OperationRefused(f"{trusted.jwks_uri} cannot be fetched: {failed.reason}") from None
    except BadKeys as bad:
        raise OperationRefused(f"{trusted.jwks_uri} is no JSON Web Key Set: {bad}") from None
    if not found:
        raise OperationRefused(f"{trusted.jwks_uri} has no key that can be used here")
    return found
