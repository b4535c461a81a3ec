"""What a grant is: it reads its own parameters, and redeems them for an award. Everything else is the pipeline's.

The token endpoint has already authenticated the client, checked that this client may use this grant, and afterwards
stores, signs and answers; so a grant cannot forget any of it.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Literal, TypeVar

from gatelodge.database.tx import Tx
from gatelodge.grants.award import Award
from gatelodge.grants.context import GrantContext
from gatelodge.protocol.checks import Stages
from gatelodge.protocol.errors import ErrorCode, OAuthError
from gatelodge.protocol.params import Params
from gatelodge.protocol.rules import Rule
from gatelodge.telemetry.events import Event

R = TypeVar("R")


class GrantRefused(OAuthError):
    """A refusal that is an event of its own: the pipeline writes it to the audit trail and the log."""

    def __init__(self, code: ErrorCode, description: str, rule: Rule, event: Event) -> None:
        super().__init__(code, description, rule)
        self.event = event


class Grant(ABC, Generic[R]):
    """A way for a client to get tokens (RFC 6749 1.3).

    `R` is what `read` makes of the parameters.

    `parameters` are the names `read` reads, and `checks` what this grant checks of them, in order, after all that the
    token endpoint does: the inspector tells of it. `legacy` names the switch in `[legacy]` that must be on.
    `needs_database` is false for a grant that decides from what is in memory: its `redeem` awaits nothing.
    """

    grant_type: ClassVar[str]
    parameters: ClassVar[frozenset[str]]
    checks: ClassVar[Stages]
    legacy: ClassVar[Literal["password"] | None] = None
    for_public_clients: ClassVar[bool] = True
    needs_database: ClassVar[bool] = True

    @abstractmethod
    def read(self, params: Params) -> R:
        """Return what is asked. Raises `OAuthError("invalid_request")` when a parameter is missing or malformed."""

    async def prepare(self, asked: R, context: GrantContext) -> R:
        """Do what is slow or leaves this machine, before the transaction."""
        return asked

    def place(self, asked: R) -> int | None:
        """Return the one place that redeeming touches, `None` if that is not known before."""
        return None

    @abstractmethod
    async def redeem(self, tx: Tx, asked: R, context: GrantContext) -> Award:
        """Spend what was presented and say what it is worth. Awaits only `tx`; may be run again.

        Raises `OAuthError` to refuse, and nothing else for whatever a stranger presents: others share the transaction.
        What was spent stays spent, unless it is given back.
        """


AnyGrant = Grant[Any]
