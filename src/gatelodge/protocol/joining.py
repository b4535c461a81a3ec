"""Who may make an account: a pure question to the operator's rules and an address that was parsed."""

from collections.abc import Collection
from dataclasses import dataclass

from gatelodge.protocol.email_address import EmailAddress


@dataclass(frozen=True, slots=True)
class JoiningRules:
    """`mode` is `off`, `open`, `domains` or `invitation`; `domains` are those taken, `blocked` those never taken."""

    mode: str
    domains: Collection[str] = ()
    blocked: Collection[str] = ()

    @property
    def is_offered(self) -> bool:
        """Whether anybody may ask for an account."""
        return self.mode in ("open", "domains")


def may_join(address: EmailAddress, rules: JoiningRules) -> bool:
    """Whether the owner of this address may make an account by themselves."""
    if not rules.is_offered or any(address.is_at(domain) for domain in rules.blocked):
        return False
    return rules.mode == "open" or any(address.is_at(domain) for domain in rules.domains)
