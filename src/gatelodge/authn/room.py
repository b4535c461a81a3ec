"""Opening the room: the ways to sign in of one server."""

from collections.abc import Sequence
from dataclasses import dataclass

from gatelodge.authn.contract import Equipment, SignInRefused, Way
from gatelodge.authn.federation.keeping import RENEWAL_PAUSE, KeptTokens
from gatelodge.authn.federation.providers import POLL, Providers
from gatelodge.authn.federation.sign_ins import UpstreamSignIns
from gatelodge.authn.hashing import PasswordPool
from gatelodge.authn.known import KnownBrowsers
from gatelodge.authn.passkey_ceremonies import PasskeyCeremonies
from gatelodge.authn.passkeys import PasskeySignIn
from gatelodge.authn.password import PasswordSignIn
from gatelodge.authn.throttle import Throttle
from gatelodge.authn.ways import Ways
from gatelodge.foundation.contract import Foundation
from gatelodge.protocol.assurance import FactorPolicy
from gatelodge.protocol.proof import AuthnEvent
from gatelodge.telemetry.events import Origin
from gatelodge.telemetry.watches import Watch


@dataclass(frozen=True, slots=True)
class Authn:
    """How people prove who they are; `known` are the browsers they did it in before.

    `upstream` is how they come from other providers, `passkeys` is `None` where browsers have none.
    """

    ways: Ways
    passwords: PasswordPool
    known: KnownBrowsers
    password: PasswordSignIn
    upstream: UpstreamSignIns
    passkeys: PasskeyCeremonies | None

    async def authenticate(self, login: str, password: str, origin: Origin) -> AuthnEvent:
        """Return who has this password, without a page. Raises what `PasswordSignIn.authenticate` does.

        Whoever must prove more is refused: there is no page to prove it on.
        """
        event = await self.ways.alone(await self.password.authenticate(login, password, origin))
        if event is None:
            raise SignInRefused
        return event


def open(on: Foundation, ways: Sequence[type[Way]]) -> Authn:
    """Open the room with these ways to sign in."""
    passwords = PasswordPool(on.config.sign_in, on.entropy)
    on.at_end(passwords.close)
    known = KnownBrowsers(on.vault.derive_all("known browsers"), on.entropy)
    throttle = Throttle(on.vault.derive("throttle"), on.config.sign_in, on.letters)
    providers = Providers(on)
    on.watch(Watch("providers", providers.look, POLL))
    on.at_end(providers.close)
    on.watch(Watch("kept_tokens", KeptTokens(on, providers).look, RENEWAL_PAUSE))
    upstream = UpstreamSignIns(on, providers)
    equipment = Equipment(on, passwords, throttle, known, upstream)
    opened = [one for way in ways for one in way.open(equipment)]
    listed = next((way for way in opened if isinstance(way, PasswordSignIn)), None)
    policy = FactorPolicy(on.config.sign_in.second_factor, on.config.sign_in.second_factor_grace)
    together = Ways(opened, on.db, on.clock, policy)
    ceremonies = next((way.ceremonies for way in opened if isinstance(way, PasskeySignIn)), None)
    return Authn(together, passwords, known, listed or PasswordSignIn.open(equipment)[0], upstream, ceremonies)
