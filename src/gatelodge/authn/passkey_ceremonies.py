"""Passkeys at one server: challenges, what browsers are told, and what becomes of their answers."""

from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module

from gatelodge.authn import passkey_acts
from gatelodge.authn.assertions import UsedPasskey, judge
from gatelodge.authn.challenges import ENROL, OFFER, SIGN_IN, Challenges, Owner
from gatelodge.authn.factor_acts import Occasion
from gatelodge.authn.passkey_options import creation_options, person_entity, request_options
from gatelodge.config.passkey_rules import rp_id_of
from gatelodge.database.places import place_of
from gatelodge.database.tx import Tx
from gatelodge.foundation.contract import Foundation
from gatelodge.keys.secrets import b64
from gatelodge.protocol import rules
from gatelodge.protocol.passkey import Holder, NewPasskey, Passkey, PasskeyDemands, PasskeyRefused, RelyingParty
from gatelodge.protocol.passkey_answers import BadAnswer, PasskeyAssertion, read_assertion, read_attestation
from gatelodge.protocol.rules import Rule
from gatelodge.stores import audit, passkeys, users
from gatelodge.telemetry.emit import emit
from gatelodge.telemetry.events import Event, Origin, PasskeyNotAdded, SignInFailed

HANDLE_BYTES = 32
VERIFIES = "gatelodge.authn.attestations"  # with the whole library under it


@dataclass(frozen=True, slots=True)
class Known:
    """What authenticators are told of a person and their passkeys."""

    handle: bytes
    passkeys: tuple[Passkey, ...]


class PasskeyCeremonies:
    """Makes and uses passkeys for `party`, as `demands` say."""

    def __init__(self, on: Foundation, party: RelyingParty, demands: PasskeyDemands) -> None:
        self.party = party
        self.demands = demands
        self._db = on.db
        self._challenges = Challenges(on.db, on.mint, on.clock, on.entropy)
        self._clock = on.clock
        self._entropy = on.entropy
        self._letters = on.letters
        self._loaded = False

    async def challenge(self, purpose: str, browser: Owner) -> str:
        """Return a new challenge for one of `challenges.PURPOSES`."""
        return await self._challenges.make(purpose, browser)

    def request(self, existing: tuple[Passkey, ...] = ()) -> Mapping[str, object]:
        """Return how to use a passkey, but for the challenge."""
        return request_options(self.party, existing)

    async def creation(self, user_id: int) -> Mapping[str, object] | None:
        """Return how to make a passkey for a person, but for the challenge; `None` if they are disabled or gone."""
        fresh = self._entropy.bytes(HANDLE_BYTES)
        found = await self._db.at(place_of(user_id)).write(_person, user_id, fresh)
        if found is None:
            return None
        person, existing = found
        return creation_options(self.party, person, existing, device_bound=self.demands.device_bound)

    def newcomer(self, handle: bytes, name: str) -> Mapping[str, object]:
        """Return the same for who has no account yet, and will be known to authenticators by this handle and name."""
        return creation_options(
            self.party, person_entity(handle, name, None), (), device_bound=self.demands.device_bound
        )

    async def known(self, user_id: int) -> Known:
        """Return what authenticators are told.

        It is read where it is written, never from a copy: a passkey that is left out may be deleted for good.
        """
        return await self._db.at(place_of(user_id)).write(_known, user_id)

    def signal(self, known: Known, username: str, name: str | None) -> Mapping[str, object] | None:
        """Return what a page tells authenticators of a person (WebAuthn L3 5.1.10); `None` if none knows them."""
        if not known.handle:
            return None
        ids = [b64(one.credential_id) for one in known.passkeys]
        who = person_entity(known.handle, username, name)
        names = {"name": who["name"], "displayName": who["displayName"]}
        return {"rpId": self.party.rp_id, "userId": who["id"], "credentialIds": ids, **names}

    async def use(self, text: str, browser: Owner, origin: Origin, person: int | None = None) -> UsedPasskey:
        """Return what a browser's answer proves. Raises `PasskeyRefused`, and `Unavailable`.

        `person` is whom another factor vouched for before in this sign-in, `None` if it begins here.
        """
        said = await self._said(text, browser)
        await self._load()
        found = await self._db.read(passkeys.find, said.credential_id)
        try:
            if person is not None and found is not None and found[1].user_id != person:
                raise PasskeyRefused(rules.PASSKEY_OWNER)
            used = judge(said, found, self.party, self.demands, named=person is not None)
        except PasskeyRefused as refused:
            await self._refused(refused.rule, found, origin)
            raise
        there = self._db.at(place_of(used.passkey.id))
        now, vouched = self._clock.now(), person is not None
        kept, told = await there.write(passkey_acts.keep_use, used, origin, now, vouched=vouched)
        if told is not None:
            emit(told, origin)
        if not kept:  # removed meanwhile, or used twice at once
            raise PasskeyRefused(rules.PASSKEY_COUNTER)
        return used

    async def why_not(self, text: str) -> tuple[str, bytes | None]:
        """Return what a person is told of an answer that was refused, and the credential id if it is nobody's here.

        `unknown`, `expired`, or `refused` for all else: whose account it is and how it stands is not told.
        """
        try:
            said = read_assertion(text)
        except BadAnswer:
            return "refused", None
        if await self._challenges.has_expired(said.client.challenge):
            return "expired", None
        if await self._db.read(passkeys.find, said.credential_id) is None:
            return "unknown", said.credential_id
        return "refused", None

    async def made(self, text: str, browser: Owner, *, asked: bool = True) -> NewPasskey:
        """Return the passkey that a browser's answer brings; it is nobody's yet. Raises `PasskeyRefused`."""
        try:
            said = read_attestation(text)
        except BadAnswer:
            raise PasskeyRefused(rules.PASSKEY_FORM) from None
        if not await self._challenges.spend(said.client.challenge, ENROL if asked else OFFER, browser):
            raise PasskeyRefused(rules.PASSKEY_CHALLENGE)
        await self._load()
        from gatelodge.authn.attestations import new_passkey

        return new_passkey(said, self.party, self.demands, asked=asked, vouched=True)

    async def add(
        self,
        text: str,
        browser: Owner,
        user_id: int,
        origin: Origin,
        *,
        asked: bool = True,
        endings: int | None = None,
    ) -> NewPasskey:
        """Give a person the passkey that a browser's answer brings. Raises `PasskeyRefused`, and `Unavailable`.

        They proved just now who they are, with `endings` as in `Occasion`. `asked` is false for one that their browser
        made by itself.
        """
        try:
            new = await self.made(text, browser, asked=asked)
            there = self._db.at(place_of(user_id))
            on = replace(self._occasion(origin), endings=endings)
            event = await there.write(passkey_acts.add, user_id, new, on, asked=asked)
        except PasskeyRefused as refused:
            await self._record(PasskeyNotAdded(user_id=user_id, rule=refused.rule.id), origin)
            raise
        emit(event, origin)
        return new

    async def rename(self, user_id: int, passkey_id: int, typed: str, origin: Origin) -> None:
        """Call a passkey something else. Raises `NoSuchPasskey`, `ValueError` if it is no name, and `Unavailable`."""
        there = self._db.at(place_of(user_id))
        emit(await there.write(passkey_acts.rename, user_id, passkey_id, typed, origin, self._clock.now()), origin)

    async def remove(self, user_id: int, passkey_id: int, origin: Origin) -> None:
        """Take a passkey away. Raises `NoSuchPasskey`, `LastWay` if nothing else signs them in, and `Unavailable`."""
        there = self._db.at(place_of(user_id))
        emit(await there.write(passkey_acts.remove, user_id, passkey_id, self._occasion(origin)), origin)

    async def _load(self) -> None:
        """Have what verifies passkeys at hand. It takes a third of a second, once: a thread loads it."""
        if not self._loaded:
            await to_thread(import_module, VERIFIES)
            self._loaded = True

    def _occasion(self, origin: Origin) -> Occasion:
        return Occasion(self._letters, origin, self._clock.now())

    async def _said(self, text: str, browser: Owner) -> PasskeyAssertion:
        try:
            said = read_assertion(text)
        except BadAnswer:
            raise PasskeyRefused(rules.PASSKEY_FORM) from None
        if not await self._challenges.spend(said.client.challenge, SIGN_IN, browser):
            raise PasskeyRefused(rules.PASSKEY_CHALLENGE)
        return said

    async def _refused(self, rule: Rule, found: tuple[Passkey, Holder] | None, origin: Origin) -> None:
        """Tell of it; what is about nobody's account is told to the log alone, so nobody fills the trail."""
        if found is None:
            emit(SignInFailed(reason=rule.id), origin)
        else:
            await self._record(SignInFailed(user_id=found[1].user_id, reason=rule.id), origin)

    async def _record(self, event: Event, origin: Origin) -> None:
        await self._db.write(audit.record, event, origin, self._clock.now())
        emit(event, origin)


def ceremonies_of(on: Foundation) -> PasskeyCeremonies | None:
    """Return those of one server, `None` where the issuer's host is an address: browsers have no passkeys there."""
    rp_id, policy = rp_id_of(on.config), on.config.passkeys
    if rp_id is None:
        return None
    party = RelyingParty(rp_id, rp_id, frozenset((on.site.origin, *policy.origins)))
    demands = PasskeyDemands(
        policy.uv_is_a_factor, policy.strict_counter, policy.require_device_bound, policy.allow, policy.deny
    )
    return PasskeyCeremonies(on, party, demands)


async def _person(tx: Tx, user_id: int, fresh: bytes) -> tuple[Mapping[str, str], list[Passkey]] | None:
    handle, user = await users.ensure_handle(tx, user_id, fresh), await users.find(tx, user_id)
    if handle is None or user is None:
        return None
    return person_entity(handle, user.username, user.name), await passkeys.list_of_user(tx, user_id)


async def _known(tx: Tx, user_id: int) -> Known:
    handle = await users.find_handle(tx, user_id)
    return Known(handle or b"", tuple(await passkeys.list_of_user(tx, user_id)))
