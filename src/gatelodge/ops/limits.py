"""How often strangers may have letters sent: counted as it was typed, whether anybody has that address or not."""

import hmac
from collections.abc import Sequence

from gatelodge.authn.throttle import Counter, Full, admit
from gatelodge.config.policies import DAY, AccountsPolicy
from gatelodge.database.tx import Tx
from gatelodge.protocol.addresses import network_of
from gatelodge.protocol.email_address import EmailAddress

WINDOW = 3_600  # seconds
DELAYED = 3  # delayed recoveries of one account that may begin in a day
NETWORKS = 20  # new passwords that one network may ask for, for each that one address may
STRANGERS = 4  # networks that may each ask for an account with one address as often as one may


class LetterLimits:
    """Counts under `key`, as `policy` says: what was typed cannot be read off the counters."""

    def __init__(self, key: bytes, policy: AccountsPolicy) -> None:
        self._key = key
        self._policy = policy

    async def admit_registration(self, tx: Tx, to: EmailAddress, where: str, now: int) -> Full | None:
        """Count somebody who asks for an account; `None` if they may. One network keeps nobody's address busy alone."""
        policy, network, most = self._policy, network_of(where), self._policy.address_requests
        counted = (
            ("network", network, policy.network_requests),
            ("address", f"{to} {network}", most),
            ("addresses", str(to), most * STRANGERS),
            ("domain", to.domain, policy.domain_requests),
        )
        return await self._admit(tx, now, counted, "a")

    async def admit_recovery(self, tx: Tx, to: str, where: str, now: int, known: bytes | None = None) -> Full | None:
        """Count somebody who asks for a new password; `None` if they may.

        A browser that is `known` to the account, by this name, is counted by itself: no stranger uses up its share.
        """
        most = self._policy.address_requests
        if known is not None:
            return await self._admit(tx, now, (("browser", f"{to} {known.hex()}", most),), "password")
        return await self._admit(
            tx, now, (("network", network_of(where), most * NETWORKS), ("address", to, most)), "password"
        )

    async def admit_delayed(self, tx: Tx, user_id: int, now: int) -> Full | None:
        """Count somebody who says that the second factor of this person is lost; `None` if they may."""
        return await admit(tx, [Counter("address", self._bucket("delayed", str(user_id)), DELAYED)], DAY, now)

    async def _admit(self, tx: Tx, now: int, counted: Sequence[tuple[str, str, int]], what: str) -> Full | None:
        counters = [Counter("address", self._bucket(what, kind, value), most) for kind, value, most in counted]
        return await admit(tx, counters, WINDOW, now)

    def _bucket(self, *counted: str) -> bytes:
        return hmac.digest(self._key, "\0".join(counted).encode(), "sha256")
