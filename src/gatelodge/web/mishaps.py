"""What can go wrong, in the kinds a person can tell apart: each has its words in the error page's template."""

from collections.abc import Mapping
from typing import Literal

Kind = Literal[
    "application",
    "unknown_application",
    "expired",
    "forged",
    "too_weak",
    "not_found",
    "wrong_method",
    "too_large",
    "unreadable",
    "wrong_address",
    "too_many",
    "busy",
    "broken",
]

BY_CODE: Mapping[str, Kind] = {
    "expired": "expired",
    "forged": "forged",
    "unmet_authentication_requirements": "too_weak",
    "insecure_transport": "wrong_address",
    "invalid_client": "unknown_application",
    "unauthorized_client": "unknown_application",
}
BY_STATUS: Mapping[int, Kind] = {
    404: "not_found",
    405: "wrong_method",
    413: "too_large",
    415: "unreadable",
    421: "wrong_address",
    429: "too_many",
    431: "too_large",
    500: "broken",
    503: "busy",
}


def kind_of(status: int, code: str) -> Kind:
    """Return the kind of a refusal. Only what nothing else explains is the mistake of the application."""
    return BY_CODE.get(code) or BY_STATUS.get(status) or "application"
