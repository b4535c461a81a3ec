"""The scripts this playground has: one file each, one line each, in the order of the table. Nothing else is played."""

from gatelodge.playground.script import Script
from gatelodge.playground.scripts.authorization_code import AUTHORIZATION_CODE
from gatelodge.playground.scripts.bound_token import BOUND_TOKEN
from gatelodge.playground.scripts.client_credentials import CLIENT_CREDENTIALS
from gatelodge.playground.scripts.device_code import DEVICE_CODE
from gatelodge.playground.scripts.hybrid import HYBRID
from gatelodge.playground.scripts.implicit import IMPLICIT
from gatelodge.playground.scripts.jwt_bearer import JWT_BEARER
from gatelodge.playground.scripts.other_provider import OTHER_PROVIDER
from gatelodge.playground.scripts.password import PASSWORD
from gatelodge.playground.scripts.public_client import PUBLIC_CLIENT
from gatelodge.playground.scripts.pushed import PUSHED
from gatelodge.playground.scripts.refresh_token import REFRESH_TOKEN
from gatelodge.playground.scripts.signing_out import SIGNING_OUT
from gatelodge.playground.scripts.step_up import STEP_UP
from gatelodge.playground.scripts.token_exchange import TOKEN_EXCHANGE

SCRIPTS: tuple[Script, ...] = (
    AUTHORIZATION_CODE,
    PUBLIC_CLIENT,
    PUSHED,
    CLIENT_CREDENTIALS,
    JWT_BEARER,
    REFRESH_TOKEN,
    TOKEN_EXCHANGE,
    OTHER_PROVIDER,
    STEP_UP,
    BOUND_TOKEN,
    SIGNING_OUT,
    DEVICE_CODE,
    PASSWORD,
    IMPLICIT,
    HYBRID,
)
