"""The grants this server has: one file each, one line each. A module that is not in this list is not served."""

from gatelodge.grants.authorization_code import AuthorizationCode
from gatelodge.grants.client_credentials import ClientCredentialsGrant
from gatelodge.grants.contract import AnyGrant
from gatelodge.grants.device_code import DeviceCode
from gatelodge.grants.jwt_bearer import JwtBearer
from gatelodge.grants.password import Password
from gatelodge.grants.refresh_token import RefreshToken
from gatelodge.grants.token_exchange import TokenExchange

GRANTS: tuple[AnyGrant, ...] = (
    AuthorizationCode(),
    RefreshToken(),
    ClientCredentialsGrant(),
    DeviceCode(),
    TokenExchange(),
    JwtBearer(),
    Password(),
)
