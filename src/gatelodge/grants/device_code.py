"""The device code grant (RFC 8628 3.4): a device asks whether its person has decided, and gets tokens then."""

from collections import OrderedDict

from msgspec import Struct, structs

from gatelodge.database.tx import Tx
from gatelodge.grants.award import Award
from gatelodge.grants.contract import Grant, GrantContext, GrantRefused
from gatelodge.grants.devices import DEVICE, KeptDevice, read_device, write_device
from gatelodge.grants.families import begin_family
from gatelodge.grants.narrowing import narrowed
from gatelodge.grants.repeats import end_what_came
from gatelodge.protocol import rules
from gatelodge.protocol.addresses import network_of
from gatelodge.protocol.checks import need, one
from gatelodge.protocol.code import check_verifier
from gatelodge.protocol.device import GRANT_TYPE, SLOWER, SLOWEST, comes_too_soon
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.params import Params
from gatelodge.stores import refresh_tokens, tickets
from gatelodge.stores.tickets import Ticket
from gatelodge.telemetry.events import DeviceCodeRepeated, TokenIssued

ROOM = 10_000  # devices that asked too soon and are remembered; the one that did longest ago is forgotten first


class DevicePoll(Struct, frozen=True):
    """A question of a device. `row_id` and `proof` find its row; it waits for `slower` seconds more than was said."""

    device_code: str
    verifier: str | None
    resource: tuple[str, ...]
    row_id: int = 0
    proof: bytes = b""
    slower: int = 0

    def __repr__(self) -> str:
        return "DevicePoll(...)"


class DeviceCode(Grant[DevicePoll]):
    """Gives a device tokens once its person has allowed that in a browser elsewhere."""

    grant_type = GRANT_TYPE
    parameters = frozenset({"device_code", "code_verifier", "resource"})
    checks = (
        need("device_code"),
        one(rules.DEVICE_VALID),
        one(rules.DEVICE_OWNER),
        one(rules.PKCE_DOWNGRADE),
        one(rules.PKCE_VERIFIER_SYNTAX, "code_verifier"),
        one(rules.PKCE_VERIFIER, "code_verifier"),
        one(rules.DEVICE_ONCE),
        one(rules.DEVICE_LIVE),
        one(rules.PERSON_REFUSED),
        one(rules.DEVICE_PACE),
        one(rules.DEVICE_ANSWERED),
        one(rules.TARGET_GRANTED, "resource"),
        one(rules.TARGET_KNOWN, "resource"),
        one(rules.TARGET_ONE),
        one(rules.TARGET_THERE),
        one(rules.ACCOUNT_ENABLED),
        one(rules.CONSENT_STANDS),
    )

    def __init__(self) -> None:
        self._paces = PollPaces()

    def read(self, params: Params) -> DevicePoll:
        code = params.get("device_code")
        if code is None:
            raise OAuthError("invalid_request", "device_code is missing", rules.REQUIRED)
        return DevicePoll(code, params.get("code_verifier"), params.all("resource"))

    async def prepare(self, asked: DevicePoll, context: GrantContext) -> DevicePoll:
        value = context.mint.take_apart(asked.device_code)
        if value is None:
            raise _unknown()
        proof = context.mint.digest(DEVICE, value.secret)
        return structs.replace(asked, row_id=value.row_id, proof=proof, slower=self._paces.by(proof))

    async def redeem(self, tx: Tx, asked: DevicePoll, context: GrantContext) -> Award:
        ticket = await tickets.find(tx, DEVICE, asked.row_id, asked.proof)
        if ticket is None:
            raise _unknown()
        kept = read_device(ticket.payload)
        _check_owner(kept, asked, context)
        if ticket.spent_at is not None:
            raise await _came_again(tx, ticket, kept, context)
        if ticket.expires_at <= context.now:
            raise OAuthError("expired_token", "device_code has expired", rules.DEVICE_LIVE)
        if kept.over:
            raise OAuthError("access_denied", "the person refused", rules.PERSON_REFUSED)
        if kept.grounds is None:
            raise await self._wait(tx, ticket, kept, asked, context)
        return await self._award(tx, ticket, kept, asked, context)

    async def _wait(
        self, tx: Tx, ticket: Ticket, kept: KeptDevice, asked: DevicePoll, context: GrantContext
    ) -> OAuthError:
        """Say that the person has not decided.

        A question that comes too soon costs no write: how much slower the device has to be from then on is remembered
        here, and kept with the next one that comes in time.
        """
        interval = kept.interval + asked.slower
        if comes_too_soon(kept.polled_at, interval, context.now):
            self._paces.note(asked.proof, min(asked.slower + SLOWER, SLOWEST))
            return OAuthError("slow_down", "the device asks too often: 5 seconds more from now on", rules.DEVICE_PACE)
        after = write_device(structs.replace(kept, polled_at=context.now, interval=interval))
        if await tickets.change(tx, ticket, after):
            self._paces.forget(asked.proof)
        return OAuthError("authorization_pending", "the person has not decided yet", rules.DEVICE_ANSWERED)

    async def _award(self, tx: Tx, ticket: Ticket, kept: KeptDevice, asked: DevicePoll, context: GrantContext) -> Award:
        grounds = kept.grounds
        if grounds is None:
            raise RuntimeError("an award is drawn up only of what a person allowed")
        scope, target = narrowed(context, grounds, None, asked.resource)  # nothing is spent by naming a wrong API
        if await tickets.take(tx, DEVICE, ticket.id, asked.proof, context.now) is None:
            raise _used()
        family = await begin_family(tx, context, grounds)
        here = network_of(context.origin.address)
        if await tickets.note(tx, ticket, write_device(structs.replace(kept, family=family, redeemed_from=here))):
            await refresh_tokens.revoke(tx, family.id, family.nonce, context.now)
            raise _used()  # its code was typed in another place while this went on
        event = TokenIssued(
            client_id=context.client.id, user_id=grounds.user_id, grant=self.grant_type, scope=" ".join(scope)
        )
        return Award(context.client, scope, target, event, grounds, family)


class PollPaces:
    """How many seconds more the devices wait that asked too soon, in the memory of this process."""

    def __init__(self) -> None:
        self._seconds: OrderedDict[bytes, int] = OrderedDict()

    def by(self, proof: bytes) -> int:
        """Return how many seconds more the device of this proof waits."""
        return self._seconds.get(proof, 0)

    def note(self, proof: bytes, seconds: int) -> None:
        """Remember it."""
        self._seconds[proof] = seconds
        self._seconds.move_to_end(proof)
        if len(self._seconds) > ROOM:
            self._seconds.popitem(last=False)

    def forget(self, proof: bytes) -> None:
        """Forget it: it is kept now."""
        self._seconds.pop(proof, None)


def _check_owner(kept: KeptDevice, asked: DevicePoll, context: GrantContext) -> None:
    """Check that who asks is who began; nothing is spent by a wrong guess, since nobody guesses a verifier."""
    client = context.client
    if (kept.client_id, kept.client_generation) != (client.id, client.generation):
        raise OAuthError("invalid_grant", "device_code was issued to another client", rules.DEVICE_OWNER)
    check_verifier(kept.code_challenge, asked.verifier)


async def _came_again(tx: Tx, ticket: Ticket, kept: KeptDevice, context: GrantContext) -> OAuthError:
    """Say that it was used, and end what came of it if that was in another network: two hold it (BCP 247).

    In the same network the answer was lost, and the person begins anew.
    """
    if kept.family is None or kept.redeemed_from == network_of(context.origin.address):
        return _used()
    event = await end_what_came(tx, ticket, context.now)
    return _used() if event is None else _repeated(event)


def _unknown() -> OAuthError:
    return OAuthError("invalid_grant", "device_code is not valid", rules.DEVICE_VALID)


def _used() -> OAuthError:
    return OAuthError("invalid_grant", "device_code was used before", rules.DEVICE_ONCE)


def _repeated(event: DeviceCodeRepeated) -> OAuthError:
    return GrantRefused("invalid_grant", "device_code was used before", rules.DEVICE_ONCE, event)
