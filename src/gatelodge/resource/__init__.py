"""The API protection library: `TokenVerifier(issuer, audience)`, and one adapter for each web framework.

The adapters are `gatelodge.resource.fastapi`, `.starlette`, `.django`, `.drf`, `.flask` and `.mcp`.
"""

from gatelodge.resource.dpop import Dpop, SentProof
from gatelodge.resource.introspection import Introspection
from gatelodge.resource.metadata import ResourceMetadata
from gatelodge.resource.needs import Needs, needs
from gatelodge.resource.principal import Principal
from gatelodge.resource.protection import Presented, Protection
from gatelodge.resource.refusals import CannotDecide, Refused
from gatelodge.resource.verifier import TokenVerifier

__all__ = [
    "CannotDecide",
    "Dpop",
    "Introspection",
    "Needs",
    "Presented",
    "Principal",
    "Protection",
    "Refused",
    "ResourceMetadata",
    "SentProof",
    "TokenVerifier",
    "needs",
]
