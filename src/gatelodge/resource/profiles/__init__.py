"""How access tokens are written, one line each: a profile that is not listed here cannot be chosen."""

from gatelodge.resource.profiles.auth0 import Auth0
from gatelodge.resource.profiles.cognito import Cognito
from gatelodge.resource.profiles.contract import Profile
from gatelodge.resource.profiles.entra import Entra
from gatelodge.resource.profiles.jwt import Jwt
from gatelodge.resource.profiles.keycloak import Keycloak
from gatelodge.resource.profiles.okta import Okta
from gatelodge.resource.profiles.rfc9068 import Rfc9068

PROFILES: tuple[Profile, ...] = (
    Rfc9068(),
    Entra(),
    Auth0(),
    Okta(),
    Keycloak(),
    Cognito(),
    Jwt(),
)


def profile_named(name: str) -> Profile:
    """Return a profile by its name. Raises `ValueError`."""
    for profile in PROFILES:
        if profile.name == name:
            return profile
    raise ValueError(f"profile is one of {', '.join(profile.name for profile in PROFILES)}")
