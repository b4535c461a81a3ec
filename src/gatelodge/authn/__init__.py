"""The ways to sign in, one line each: a module that is not listed here is not served."""

from gatelodge.authn.contract import Way
from gatelodge.authn.passkeys import PasskeySignIn
from gatelodge.authn.password import PasswordSignIn
from gatelodge.authn.provider import ProviderSignIn
from gatelodge.authn.recovery_codes import RecoveryCodes
from gatelodge.authn.totp import TotpSignIn

WAYS: tuple[type[Way], ...] = (PasswordSignIn, PasskeySignIn, ProviderSignIn, TotpSignIn, RecoveryCodes)
