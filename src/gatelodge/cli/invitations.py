"""Inviting somebody at the command line: a link is made by what a server makes its links with."""

from gatelodge.cli import running
from gatelodge.config.policies import Config
from gatelodge.ops.refusals import OperationRefused


def invite(config: Config, email: str) -> str:
    """Have an invitation sent and return the address in its one form. Raises `OperationRefused` or `NameTaken`."""
    from gatelodge.mail.letters import letters_of
    from gatelodge.ops.limits import LetterLimits
    from gatelodge.ops.registration import Newcomers
    from gatelodge.ops.setup import initialise, mint_of, open_vault
    from gatelodge.sessions.mailed_links import MailedLinks

    async def whole(context: running.CommandContext) -> str:
        vault = open_vault(config, context.entropy)
        letters = letters_of(config, vault)
        if not letters.are_sent:
            raise OperationRefused("no mail is configured: set mail.url and mail.sender")
        instance = await initialise(config, context.db, vault, context.clock, context.entropy)
        links = MailedLinks(context.db, mint_of(instance, vault), context.entropy)
        limits = LetterLimits(vault.derive("letter limits"), config.accounts)
        newcomers = Newcomers(links, letters, limits, config.accounts)
        now = context.clock.now()
        return await context.db.write(newcomers.invite, email, links.draw(), running.operator(), now)

    return running.run(config, whole)
