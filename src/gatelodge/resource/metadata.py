"""What an API says about itself: which servers' tokens it takes, for which scopes (RFC 9728)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from gatelodge.protocol.dpop import ALGORITHMS
from gatelodge.protocol.redirect_uri import url_defect

WELL_KNOWN = "/.well-known/oauth-protected-resource"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceMetadata:
    """The metadata of one API.

    `resource` is its identifier, the `aud` of its tokens: an https URL (http on loopback). Raises `ValueError` if it is
    anything else, since there would be no place to publish this at. `only_bound` says that no bearer token is taken.
    """

    resource: str
    authorization_servers: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    name: str = ""
    documentation: str = ""
    only_bound: bool = False

    def __post_init__(self) -> None:
        if not can_be_published(self.resource):
            raise ValueError("resource metadata needs an audience that is an https URL (http on loopback)")

    @property
    def url(self) -> str:
        """Where it is published; every challenge names this place."""
        return metadata_url(self.resource)

    @property
    def path(self) -> str:
        """The path of `url`."""
        return urlsplit(self.url).path

    def document(self) -> dict[str, Any]:
        """Return what is published (RFC 9728 2)."""
        members = {
            "resource": self.resource,
            "authorization_servers": list(self.authorization_servers),
            "scopes_supported": list(self.scopes),
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": list(ALGORITHMS),
            "dpop_bound_access_tokens_required": self.only_bound,
            "resource_name": self.name,
            "resource_documentation": self.documentation,
        }
        return {name: value for name, value in members.items() if value}


def can_be_published(resource: str) -> bool:
    """Whether an API of this identifier has a place for its metadata (RFC 9728 1.2)."""
    return url_defect(resource) is None


def metadata_url(resource: str) -> str:
    """Return where the metadata of `resource` is: between its host and its path (RFC 9728 3.1)."""
    parts = urlsplit(resource)
    path = "" if parts.path == "/" else parts.path
    return urlunsplit((parts.scheme, parts.netloc, WELL_KNOWN + path, parts.query, ""))
