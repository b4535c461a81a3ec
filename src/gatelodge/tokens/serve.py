"""Serving a grant: prepare, redeem and keep in one transaction, tell, sign. The steps no grant can forget."""

from typing import Any

from gatelodge.database.tx import Database, Tx, dry_run
from gatelodge.grants.award import Award
from gatelodge.grants.context import GrantContext
from gatelodge.grants.contract import Grant, GrantRefused
from gatelodge.keys.keyring import KeyRing
from gatelodge.protocol.params import Params
from gatelodge.protocol.token import TokenSet
from gatelodge.stores import audit
from gatelodge.telemetry.emit import emit
from gatelodge.tokens import issue
from gatelodge.tokens.issue import Kept


async def serve(grant: Grant[Any], params: Params, context: GrantContext, db: Database, ring: KeyRing) -> TokenSet:
    """Return the tokens a grant is worth. Raises `OAuthError` to refuse, `Unavailable` if it cannot be decided."""
    asked = await grant.prepare(grant.read(params), context)
    try:
        kept = await _kept(grant, asked, context, db)
    except GrantRefused as refused:
        emit(refused.event, context.origin)
        raise
    for event in kept.award.events:
        emit(event, context.origin)
    return issue.sign(kept, context, ring)


async def _kept(grant: Grant[Any], asked: object, context: GrantContext, db: Database) -> Kept:
    if grant.needs_database:
        place = grant.place(asked)
        runner = db if place is None else db.at(place)
        return await runner.write(_redeem_and_keep, grant, asked, context)
    award: Award = dry_run(grant.redeem(_NOWHERE, asked, context))
    return await db.write(issue.keep, award, context) if issue.writes(award) else issue.keep_nothing(award, context)


async def _redeem_and_keep(tx: Tx, grant: Grant[Any], asked: object, context: GrantContext) -> Kept:
    try:
        award = await grant.redeem(tx, asked, context)
    except GrantRefused as refused:
        await audit.record(tx, refused.event, context.origin, context.now)
        raise
    return await issue.keep(tx, award, context)


_NOWHERE = Tx()
