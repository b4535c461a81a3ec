"""Opening the room: the ways to sign in of one server."""

from dataclasses import dataclass

from gatelodge.authn import REACHABLE_ACRS
from gatelodge.authn.hashing import PasswordPool
from gatelodge.authn.known import KnownBrowsers
from gatelodge.authn.password import PasswordSignIn
from gatelodge.authn.throttle import Throttle
from gatelodge.foundation.contract import Foundation


@dataclass(frozen=True, slots=True)
class Authn:
    """How people prove who they are; `known` are the browsers they did it in before."""

    sign_in: PasswordSignIn
    passwords: PasswordPool
    known: KnownBrowsers
    reachable_acrs: frozenset[str]


def open(on: Foundation) -> Authn:
    """Open the room."""
    passwords = PasswordPool(on.config.sign_in, on.entropy)
    on.at_end(passwords.close)
    known = KnownBrowsers(on.vault.derive_all("known browsers"), on.entropy)
    throttle = Throttle(on.vault.derive("throttle"), on.config.sign_in)
    return Authn(PasswordSignIn(on.db, on.clock, passwords, throttle, known), passwords, known, REACHABLE_ACRS)
