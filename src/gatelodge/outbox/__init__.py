"""What other machines are told: kinds of parcels, one line each, delivered in the background until they arrive."""

from gatelodge.outbox.contract import ParcelKind
from gatelodge.outbox.logout import LogoutNotice
from gatelodge.outbox.mail import Mail

KINDS: tuple[type[ParcelKind], ...] = (Mail, LogoutNotice)
