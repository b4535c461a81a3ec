"""Device codes as they are kept: what a device asked for, from where, and what came of it."""

import msgspec

from gatelodge.grants.award import FamilyRef, Grounds

DEVICE = "device"


class OpenedAt(msgspec.Struct, frozen=True):
    """Where the code was typed: in this browser, by its digest, in this network."""

    browser: str
    network: str

    def is_elsewhere(self, other: "OpenedAt") -> bool:
        """Whether that is another browser in another network: either alone changes of itself."""
        return self.browser != other.browser and self.network != other.network


class KeptDevice(msgspec.Struct, frozen=True, omit_defaults=True):
    """The payload of a device code's ticket. Times are seconds since 1970.

    `address` is where the device asks from. `interval` and `polled_at` say how often it may ask, and when it did.
    `opened` is where the code was typed first. `grounds` are what the person allowed; `over` says that nothing comes of
    it: they refused, or it was seen in two places. `family` and `redeemed_from` are of the tokens that came of it.
    """

    client_id: str
    client_generation: int
    scope: tuple[str, ...]
    resource: tuple[str, ...]
    asked_at: int
    address: str
    interval: int
    polled_at: int = 0
    code_challenge: str | None = None
    opened: OpenedAt | None = None
    grounds: Grounds | None = None
    over: bool = False
    family: FamilyRef | None = None
    redeemed_from: str = ""

    @property
    def waits(self) -> bool:
        """Whether its person has not answered yet."""
        return self.grounds is None and not self.over


_decode = msgspec.json.Decoder(KeptDevice).decode
_encode = msgspec.json.Encoder().encode


def write_device(device: KeptDevice) -> str:
    """Return the payload to keep."""
    return _encode(device).decode()


def read_device(payload: str) -> KeptDevice:
    """Return what was kept."""
    return _decode(payload)
