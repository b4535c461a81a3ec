"""What other machines are told: kinds of parcels, one line each, delivered in the background until they arrive."""

from gatelodge.outbox.contract import ParcelKind

KINDS: tuple[type[ParcelKind], ...] = ()
