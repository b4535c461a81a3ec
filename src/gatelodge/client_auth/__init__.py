"""How a client proves who it is: one file a method, one line each."""

from typing import Any

from gatelodge.client_auth.client_secret_basic import ClientSecretBasic
from gatelodge.client_auth.client_secret_post import ClientSecretPost
from gatelodge.client_auth.contract import Means, Method, NotProven, TooManyFailures
from gatelodge.client_auth.none import NoProof
from gatelodge.client_auth.private_key_jwt import PrivateKeyJwtMethod
from gatelodge.client_auth.proofs import ClientProofs
from gatelodge.client_auth.workload_jwt import WorkloadJwt

METHODS: tuple[Method[Any], ...] = (
    ClientSecretBasic(),
    ClientSecretPost(),
    PrivateKeyJwtMethod(),
    WorkloadJwt(),
    NoProof(),
)

__all__ = ["METHODS", "ClientProofs", "Means", "Method", "NotProven", "TooManyFailures"]
