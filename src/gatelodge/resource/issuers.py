"""The authorization servers whose tokens an API takes: named, or one for each tenant on a list."""

import re
from collections.abc import Callable, Container, Sequence

from gatelodge.protocol import rules
from gatelodge.protocol.jose import BadToken
from gatelodge.resource.issuer import Issuer

TENANT = "{tenantid}"  # as Microsoft writes it

_TENANT_NAME = "([A-Za-z0-9-]{1,64})"  # nothing that could lead to another host or path


class Issuers:
    """Finds the server that a token says it is from. `tenants` holds those whose name may stand for `{tenantid}`.

    Each has keys of its own, so none can sign for another. Raises `ValueError` if tenants and names do not go together,
    and what `make` raises for a name that can be no issuer.
    """

    def __init__(self, names: Sequence[str], tenants: Container[str] | None, make: Callable[[str], Issuer]) -> None:
        if not names:
            raise ValueError("issuer is whose tokens are taken")
        if any(TENANT in name for name in names) != (tenants is not None):
            raise ValueError(
                f"an issuer with {TENANT} needs tenants, those whose tokens are taken, and only such a one"
            )
        self.names = tuple(names)
        self._make = make
        self._tenants = tenants if tenants is not None else ()
        self._named = {name: make(name) for name in names if TENANT not in name}
        self._patterns = [_pattern(name, make) for name in names if TENANT in name]
        self._of_tenants: dict[str, Issuer] = {}

    @property
    def is_one(self) -> bool:
        """Whether there can be no other than the first."""
        return len(self.names) == 1 and not self._patterns

    @property
    def first(self) -> Issuer | None:
        """The one that is named first, `None` if that is many."""
        return self._named.get(self.names[0])

    @property
    def published(self) -> tuple[str, ...]:
        """Those that can be told to strangers: tenants are nobody's business."""
        return tuple(self._named)

    def named(self, name: str) -> Issuer:
        """Return the issuer of that name. Raises `ValueError` if it is not one of ours."""
        if name not in self._named:
            raise ValueError("introspection is at one of the issuers")
        return self._named[name]

    def find(self, iss: object) -> Issuer:
        """Return who issued a token. Raises `BadToken` if that is nobody whose tokens are taken."""
        if not isinstance(iss, str):
            raise BadToken(rules.JWT_ISS)
        return self._named.get(iss) or self._of_tenant(iss)

    def _of_tenant(self, iss: str) -> Issuer:
        """The list is asked every time: a tenant that was taken off it is refused at once."""
        for pattern in self._patterns:
            found = pattern.fullmatch(iss)
            if found is not None and found[1] in self._tenants:
                return self._of_tenants.get(iss) or self._of_tenants.setdefault(iss, self._make(iss))
        raise BadToken(rules.JWT_ISS)


def _pattern(name: str, make: Callable[[str], Issuer]) -> re.Pattern[str]:
    before, _, after = name.partition(TENANT)
    make(f"{before}tenant{after}")  # raises now, and not with the first token
    return re.compile(re.escape(before) + _TENANT_NAME + re.escape(after))
