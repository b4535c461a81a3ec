"""Every message as pure functions, in pairs: `x_request` makes one, `read_x_response` judges the answer.

Nothing is imported until it is used.
"""

from typing import TYPE_CHECKING

from gatelodge.client.doors import door

if TYPE_CHECKING:
    from gatelodge.client.messages.authorization import begin_authorization as begin_authorization
    from gatelodge.client.messages.callback import read_callback as read_callback
    from gatelodge.client.messages.callback import read_signed_callback as read_signed_callback
    from gatelodge.client.messages.device import device_authorization_request as device_authorization_request
    from gatelodge.client.messages.device import device_code_request as device_code_request
    from gatelodge.client.messages.device import new_verifier as new_verifier
    from gatelodge.client.messages.device import (
        read_device_authorization_response as read_device_authorization_response,
    )
    from gatelodge.client.messages.discovery import discovery_request as discovery_request
    from gatelodge.client.messages.discovery import discovery_requests as discovery_requests
    from gatelodge.client.messages.discovery import read_discovery_response as read_discovery_response
    from gatelodge.client.messages.id_token import ExpectedIdToken as ExpectedIdToken
    from gatelodge.client.messages.id_token import read_header as read_header
    from gatelodge.client.messages.id_token import validate_id_token as validate_id_token
    from gatelodge.client.messages.introspection import introspection_request as introspection_request
    from gatelodge.client.messages.introspection import read_introspection_response as read_introspection_response
    from gatelodge.client.messages.logout import logout_url as logout_url
    from gatelodge.client.messages.logout import read_logout_header as read_logout_header
    from gatelodge.client.messages.logout import validate_logout_token as validate_logout_token
    from gatelodge.client.messages.pushed import push_request as push_request
    from gatelodge.client.messages.pushed import read_push_response as read_push_response
    from gatelodge.client.messages.revocation import read_revocation_response as read_revocation_response
    from gatelodge.client.messages.revocation import revocation_request as revocation_request
    from gatelodge.client.messages.signed_in import expected_after as expected_after
    from gatelodge.client.messages.signed_in import expected_at_renewal as expected_at_renewal
    from gatelodge.client.messages.signed_in import expected_without_browser as expected_without_browser
    from gatelodge.client.messages.tokens import client_credentials_request as client_credentials_request
    from gatelodge.client.messages.tokens import code_request as code_request
    from gatelodge.client.messages.tokens import jwt_bearer_request as jwt_bearer_request
    from gatelodge.client.messages.tokens import password_request as password_request
    from gatelodge.client.messages.tokens import read_token_response as read_token_response
    from gatelodge.client.messages.tokens import refresh_request as refresh_request
    from gatelodge.client.messages.tokens import token_exchange_request as token_exchange_request
    from gatelodge.client.messages.userinfo import read_userinfo_response as read_userinfo_response
    from gatelodge.client.messages.userinfo import userinfo_request as userinfo_request

_WHERE = {
    "ExpectedIdToken": "id_token",
    "begin_authorization": "authorization",
    "client_credentials_request": "tokens",
    "code_request": "tokens",
    "device_authorization_request": "device",
    "device_code_request": "device",
    "discovery_request": "discovery",
    "discovery_requests": "discovery",
    "expected_after": "signed_in",
    "expected_at_renewal": "signed_in",
    "expected_without_browser": "signed_in",
    "introspection_request": "introspection",
    "jwt_bearer_request": "tokens",
    "logout_url": "logout",
    "new_verifier": "device",
    "password_request": "tokens",
    "push_request": "pushed",
    "read_callback": "callback",
    "read_device_authorization_response": "device",
    "read_discovery_response": "discovery",
    "read_header": "id_token",
    "read_introspection_response": "introspection",
    "read_logout_header": "logout",
    "read_push_response": "pushed",
    "read_revocation_response": "revocation",
    "read_signed_callback": "callback",
    "read_token_response": "tokens",
    "read_userinfo_response": "userinfo",
    "refresh_request": "tokens",
    "revocation_request": "revocation",
    "token_exchange_request": "tokens",
    "userinfo_request": "userinfo",
    "validate_id_token": "id_token",
    "validate_logout_token": "logout",
}

__getattr__, __dir__ = door(__name__, _WHERE)
