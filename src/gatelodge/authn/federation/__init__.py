"""The kinds of provider that people can sign in with, one line each: a module that is not listed here is not served."""

from gatelodge.authn.federation import apple, entra, github, google, oidc
from gatelodge.authn.federation.contract import ProviderKind

KINDS: tuple[ProviderKind, ...] = (
    entra.KIND,
    google.KIND,
    apple.KIND,
    github.KIND,
    oidc.KIND,
)
