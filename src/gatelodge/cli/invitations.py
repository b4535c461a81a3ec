"""Links that an operator has sent at the command line, made by what a server makes its links with."""

from typing import TYPE_CHECKING

from gatelodge.cli import running
from gatelodge.config.policies import Config
from gatelodge.ops.refusals import OperationRefused

if TYPE_CHECKING:
    from gatelodge.mail.letters import Letters
    from gatelodge.ops.limits import LetterLimits
    from gatelodge.sessions.mailed_links import MailedLinks


def invite(config: Config, email: str) -> str:
    """Have an invitation sent and return the address in its one form. Raises `OperationRefused` or `NameTaken`."""
    from gatelodge.ops.registration import Newcomers

    async def whole(context: running.CommandContext) -> str:
        links, letters, limits = await _sending(context)
        newcomers = Newcomers(links, letters, limits, config.accounts)
        now = context.clock.now()
        return await context.db.write(newcomers.invite, email, links.draw(), running.operator(), now)

    return running.run(config, whole)


def recover(config: Config, login: str) -> int:
    """Begin a delayed recovery and return when its link is sent, in seconds since 1970. Raises `OperationRefused`."""
    from gatelodge.ops.delayed_recovery import DelayedRecoveries

    async def whole(context: running.CommandContext) -> int:
        delayed = DelayedRecoveries(*await _sending(context), config.accounts)
        new, now = delayed.draw(), context.clock.now()
        return (await context.db.write(delayed.begin, login, new, running.operator(), now)).due_at

    return running.run(config, whole)


async def _sending(context: running.CommandContext) -> "tuple[MailedLinks, Letters, LetterLimits]":
    from gatelodge.mail.letters import letters_of
    from gatelodge.ops.limits import LetterLimits
    from gatelodge.ops.setup import initialise, mint_of, open_vault
    from gatelodge.sessions.mailed_links import MailedLinks

    config = context.config
    vault = open_vault(config, context.entropy)
    letters = letters_of(config, vault)
    if not letters.are_sent:
        raise OperationRefused("no mail is configured: set mail.url and mail.sender")
    instance = await initialise(config, context.db, vault, context.clock, context.entropy)
    links = MailedLinks(context.db, mint_of(instance, vault), context.entropy)
    return links, letters, LetterLimits(vault.derive("letter limits"), config.accounts)
