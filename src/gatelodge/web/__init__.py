"""The pages, and the kinds of request that they ask people for, one line each: what is not listed here is not asked."""

from gatelodge.web.authorization import AuthorizationKind
from gatelodge.web.device import DevicePages
from gatelodge.web.interaction_kind import InteractionKind

KINDS: tuple[type[InteractionKind], ...] = (AuthorizationKind, DevicePages)
