"""The ways to sign in, one line each: a module that is not listed here is not served."""

from gatelodge.authn import password
from gatelodge.authn.contract import Way

WAYS: tuple[Way, ...] = (password.WAY,)

REACHABLE_ACRS = frozenset(way.acr for way in WAYS)
