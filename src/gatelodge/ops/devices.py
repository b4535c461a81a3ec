"""Devices that wait for a person elsewhere (RFC 8628): their codes, and what people answer, each in one transaction."""

from dataclasses import dataclass
from typing import NamedTuple

from msgspec import structs

from gatelodge.authn.throttle import Full
from gatelodge.clock import Clock, Entropy
from gatelodge.config.policies import TokenPolicy
from gatelodge.database.tx import Database, RunAgain, Tx
from gatelodge.grants.award import Grounds, grounds_of
from gatelodge.grants.devices import DEVICE, KeptDevice, OpenedAt, read_device, write_device
from gatelodge.grants.repeats import end_what_came
from gatelodge.keys.mint import Mint
from gatelodge.keys.secrets import SECRET_BYTES
from gatelodge.protocol.client import Client
from gatelodge.protocol.decide import Issue
from gatelodge.protocol.device import DeviceRequest, ShownToDevice, is_near
from gatelodge.protocol.subjects import Subjects
from gatelodge.sessions.interactions import Interaction, Interactions
from gatelodge.sessions.typed_codes import Guesser, TypedCode, TypedCodes
from gatelodge.stores import audit, tickets, visits
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import (
    DeviceAllowed,
    DeviceCodeRepeated,
    DeviceCodesGuessed,
    DeviceCodeShown,
    DeviceRefused,
    Event,
    Origin,
)

PAGE = "/device"  # where people type codes, below the issuer's path


class WaitingDevice(NamedTuple):
    """A device that waits, or waited: its code as it is typed, and what is kept of it."""

    typed: TypedCode
    kept: KeptDevice

    @property
    def shown_code(self) -> str:
        return self.typed.shown

    @property
    def waits(self) -> bool:
        """Whether its person has not answered yet."""
        return self.typed.ticket.spent_at is None and self.kept.waits


class SeenTwice(NamedTuple):
    """A right code that was typed in another place before: nothing comes of it."""


@dataclass(frozen=True, slots=True)
class Devices:
    """Gives devices their codes, and keeps what people answer."""

    issuer: str
    db: Database
    codes: TypedCodes
    interactions: Interactions
    mint: Mint
    clock: Clock
    entropy: Entropy
    policy: TokenPolicy
    subjects: Subjects

    async def begin(self, client: Client, asked: DeviceRequest, origin: Origin) -> ShownToDevice:
        """Return what a device shows, and asks with."""
        secret, now, wanted = self.entropy.bytes(SECRET_BYTES), self.clock.now(), asked.wanted
        kept = KeptDevice(
            client_id=client.id,
            client_generation=client.generation,
            scope=wanted.scope,
            resource=tuple(api.identifier for api in wanted.apis),
            asked_at=now,
            address=origin.address,
            interval=self.policy.device_interval,
            code_challenge=asked.code_challenge,
        )
        lifetime = self.policy.device_code_lifetime
        typed = await self.codes.put(DEVICE, self.mint.digest(DEVICE, secret), write_device(kept), now + lifetime)
        emit(DeviceCodeShown(client_id=client.id, scope=" ".join(wanted.scope)), origin)
        code = self.mint.compose(typed.ticket.id, secret)
        return ShownToDevice(code, typed.shown, self.issuer + PAGE, lifetime, kept.interval)

    async def find(self, code: str) -> WaitingDevice | None:
        """Return the device of a code that was guessed right before; `None` once it has expired."""
        typed = await self.codes.find(DEVICE, code)
        return typed and WaitingDevice(typed, read_device(typed.ticket.payload))

    async def open(
        self, typed: str, who: Guesser, where: OpenedAt, origin: Origin
    ) -> WaitingDevice | SeenTwice | Full | None:
        """Return the device whose code somebody typed at a place, which is noted; `None` if it is nobody's.

        A code that is typed in two places was sent around: it ends, and so does all that came of it (RFC 10027).
        """
        found = await self.codes.guess(DEVICE, typed, who)
        if isinstance(found, Full) and found.first:
            emit(await self.db.write(self._recorded, DeviceCodesGuessed(bucket=found.kind), origin), origin)
        if not isinstance(found, TypedCode):
            return found
        opened = await self.db.write(self._open, found.code, where, origin)
        if isinstance(opened, DeviceCodeRepeated):
            emit(opened, origin)
            return SeenTwice()
        return opened

    async def allow(self, waiting: Interaction, code: str, client: Client, decided: Issue, origin: Origin) -> bool:
        """Let the device have what was decided; `False` if somebody answered before, or it has expired."""
        grounds = grounds_of(decided, client, self.subjects.told(client, decided.signed_in.sub))
        event = await self.db.write(self._allow, waiting, code, grounds, decided, origin)
        if event is not None:
            emit(event, origin)
        return event is not None

    async def refuse(self, waiting: Interaction, code: str, user_id: int | None, origin: Origin) -> bool:
        """Let the device have nothing; `False` if somebody answered before, or it has expired."""
        event = await self.db.write(self._refuse, waiting, code, user_id, origin)
        if event is not None:
            emit(event, origin)
        return event is not None

    async def _open(
        self, tx: Tx, code: str, where: OpenedAt, origin: Origin
    ) -> WaitingDevice | DeviceCodeRepeated | SeenTwice | None:
        device = await self._find(tx, code)
        if device is None:
            return None
        if device.kept.opened is None:
            opened = structs.replace(device.kept, opened=where)
            return await self._changed(tx, device, opened) if device.waits else device
        if not device.kept.opened.is_elsewhere(where):
            return device
        event = await end_what_came(tx, device.typed.ticket, self.clock.now())
        if event is None:
            return SeenTwice()
        await audit.record(tx, event, origin, self.clock.now())
        return event

    async def _allow(
        self, tx: Tx, waiting: Interaction, code: str, grounds: Grounds, decided: Issue, origin: Origin
    ) -> DeviceAllowed | None:
        now, device = self.clock.now(), await self._taken(tx, waiting, code)
        if device is None:
            return None
        await self._changed(tx, device, structs.replace(device.kept, grounds=grounds))
        if "openid" in decided.scope and not decided.signed_in.visited:
            await visits.note(tx, decided.signed_in.session_id, device.kept.client_id, now)
        event = DeviceAllowed(
            client_id=device.kept.client_id,
            user_id=grounds.user_id,
            scope=" ".join(grounds.scope),
            near=is_near(device.kept.address, origin.address) is True,
        )
        await audit.record(tx, event, origin, now)
        return event

    async def _refuse(
        self, tx: Tx, waiting: Interaction, code: str, user_id: int | None, origin: Origin
    ) -> DeviceRefused | None:
        device = await self._taken(tx, waiting, code)
        if device is None:
            return None
        await self._changed(tx, device, structs.replace(device.kept, over=True))
        event = DeviceRefused(client_id=device.kept.client_id, user_id=user_id)
        await audit.record(tx, event, origin, self.clock.now())
        return event

    async def _taken(self, tx: Tx, waiting: Interaction, code: str) -> WaitingDevice | None:
        """Spend what waits in the browser, and return the device, if it still waits as well."""
        if not await self.interactions.take_in(tx, waiting, self.clock.now()):
            return None
        device = await self._find(tx, code)
        return device if device is not None and device.waits else None

    async def _find(self, tx: Tx, code: str) -> WaitingDevice | None:
        typed = await self.codes.find_in(tx, DEVICE, code, self.clock.now())
        return typed and WaitingDevice(typed, read_device(typed.ticket.payload))

    @staticmethod
    async def _changed(tx: Tx, device: WaitingDevice, after: KeptDevice) -> WaitingDevice:
        """Keep what is said of a device from now on. Raises `RunAgain` if it asked, or was answered, meanwhile."""
        if not await tickets.change(tx, device.typed.ticket, write_device(after)):
            raise RunAgain
        return WaitingDevice(device.typed, after)

    async def _recorded(self, tx: Tx, event: Event, origin: Origin) -> Event:
        await audit.record(tx, event, origin, self.clock.now())
        return event
