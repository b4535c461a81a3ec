"""What an answer made with a passkey must satisfy, check by check, and what is refused by which rule."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from cbor2 import dumps, loads
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed
from tests.authenticator import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, SoftwareKey

from gatelodge.authn.assertions import UsedPasskey, judge
from gatelodge.authn.attestations import new_passkey
from gatelodge.keys.secrets import b64, unb64
from gatelodge.protocol import rules
from gatelodge.protocol.passkey import Holder, NewPasskey, Passkey, PasskeyDemands, PasskeyRefused, RelyingParty
from gatelodge.protocol.passkey_answers import BadAnswer, read_assertion, read_attestation
from gatelodge.protocol.rules import Rule

PARTY = RelyingParty("id.test", "id.test", frozenset({"https://id.test"}))
HANDLE = b"h" * 32
CHALLENGE = {"challenge": b64(b"c" * 30)}
ASKED: dict[str, Any] = {**CHALLENGE, "user": {"id": b64(HANDLE)}}
ALICE = Holder(1, "sub-alice", HANDLE, enabled=True)
AS_USUAL = PasskeyDemands()


def enrol(key: SoftwareKey, demands: PasskeyDemands = AS_USUAL, **client: Any) -> NewPasskey:
    return new_passkey(read_attestation(key.create(ASKED, **client)), PARTY, demands, asked=True, vouched=True)


def kept(key: SoftwareKey, **members: Any) -> Passkey:
    new = enrol(key)
    whole = Passkey(
        id=1,
        user_id=1,
        created_at=0,
        used_at=None,
        suspect=False,
        **{n: getattr(new, n) for n in new.__struct_fields__},
    )
    return changed(whole, **members)


def use(
    key: SoftwareKey, passkey: Passkey | None, holder: Holder = ALICE, demands: PasskeyDemands = AS_USUAL, **said: Any
) -> UsedPasskey:
    return judge(read_assertion(key.get(CHALLENGE, **said)), passkey and (passkey, holder), PARTY, demands)


def refused(act: Any) -> Rule:
    with pytest.raises(PasskeyRefused) as caught:
        act()
    return caught.value.rule


def test_a_passkey_that_verified_its_person_counts_as_two_factors():
    key = SoftwareKey()
    passkey = kept(key)

    used = use(key, passkey)

    assert (used.holder.sub, used.two_factors, used.use.sign_count, used.use.regressed) == ("sub-alice", True, 1, False)
    assert not use(key, passkey, demands=PasskeyDemands(uv_is_a_factor=False)).two_factors
    key.flags = PRESENT
    assert not use(key, passkey).two_factors


def test_what_verified_nobody_at_first_is_not_believed_when_it_says_so_later():
    key = SoftwareKey(flags=PRESENT)
    passkey = kept(key)
    assert not passkey.uv_seen

    key.flags |= VERIFIED

    assert (use(key, passkey).verified, use(key, passkey).two_factors) == (True, False)


@pytest.mark.parametrize(
    ("client", "rule"),
    [
        ({"origin": "https://evil.test"}, rules.PASSKEY_ORIGIN),
        ({"origin": "https://id.test.evil.test"}, rules.PASSKEY_ORIGIN),
        ({"origin": "http://id.test"}, rules.PASSKEY_ORIGIN),
        ({"crossOrigin": True}, rules.PASSKEY_FRAMED),
        ({"crossOrigin": None}, rules.PASSKEY_FRAMED),
        ({"topOrigin": "https://evil.test"}, rules.PASSKEY_FRAMED),
        ({"topOrigin": "https://id.test"}, rules.PASSKEY_FRAMED),
        ({"type": "webauthn.create"}, rules.PASSKEY_FORM),
        ({"type": "payment.get"}, rules.PASSKEY_FORM),
    ],
    ids=str,
)
def test_ACC_16_an_answer_from_another_page_is_refused(client: dict[str, Any], rule: Rule):
    key = SoftwareKey()
    passkey = kept(key)

    assert refused(lambda: use(key, passkey, **client)) is rule


@pytest.mark.parametrize("client", [{"origin": "https://evil.test"}, {"topOrigin": "https://a.test"}], ids=str)
def test_ACC_16_none_is_made_on_another_page_either(client: dict[str, Any]):
    assert refused(lambda: enrol(SoftwareKey(), **client)) in (rules.PASSKEY_ORIGIN, rules.PASSKEY_FRAMED)


def test_ACC_16_flags_and_hash_that_are_not_as_they_must_be_are_refused():
    key = SoftwareKey()
    passkey = kept(key)
    for changes, rule in (
        ({"rp_id": "evil.test"}, rules.PASSKEY_RP),
        ({"flags": VERIFIED}, rules.PASSKEY_PRESENT),
        ({"flags": PRESENT | ELIGIBLE}, rules.PASSKEY_ELIGIBLE),
        ({"flags": PRESENT | BACKED_UP}, rules.PASSKEY_BACKUP),
    ):
        wrong = replace(key, **changes)
        assert refused(lambda wrong=wrong: use(wrong, passkey)) is rule


def test_ACC_16_a_passkey_is_its_persons():
    key = SoftwareKey()
    passkey = kept(key)
    bob = Holder(2, "sub-bob", b"b" * 32, enabled=True)

    assert refused(lambda: use(key, None)) is rules.PASSKEY_KNOWN
    assert refused(lambda: use(key, passkey, bob)) is rules.PASSKEY_OWNER
    assert refused(lambda: use(key, passkey, handle=bob.handle)) is rules.PASSKEY_OWNER
    assert refused(lambda: use(key, passkey, handle=None)) is rules.PASSKEY_OWNER
    assert refused(lambda: use(key, passkey, replace(ALICE, enabled=False))) is rules.PASSKEY_ENABLED


def test_ACC_16_a_signature_of_another_key_or_of_other_bytes_is_refused():
    key = SoftwareKey()
    passkey = kept(key)
    other = SoftwareKey(handle=HANDLE)
    assert refused(lambda: use(other, passkey)) is rules.PASSKEY_SIGNATURE

    said = json.loads(key.get(CHALLENGE))
    data = bytearray(unb64(said["response"]["authenticatorData"]) or b"")
    data[32] |= VERIFIED  # it says that it verified somebody, which was not signed
    key.flags = PRESENT
    unverified = json.loads(key.get(CHALLENGE))
    unverified["response"]["authenticatorData"] = b64(bytes(data))
    lied = read_assertion(json.dumps(unverified))
    assert refused(lambda: judge(lied, (passkey, ALICE), PARTY, AS_USUAL)) is rules.PASSKEY_SIGNATURE


def test_ACC_17_a_counter_that_goes_back_is_noted_and_where_it_is_demanded_refused():
    key = SoftwareKey(count=9)
    passkey = kept(key)
    key.count, key.step = 4, 1

    used = use(key, passkey)
    assert (used.use.regressed, used.use.sign_count) == (True, 9)

    strict = PasskeyDemands(strict_counter=True)
    assert refused(lambda: use(key, passkey, demands=strict)) is rules.PASSKEY_COUNTER


def test_ACC_17_a_synced_passkey_counts_nothing_and_is_taken():
    key = SoftwareKey(flags=PRESENT | VERIFIED | ELIGIBLE | BACKED_UP, step=0)
    passkey = kept(key)

    assert (passkey.backup_eligible, passkey.backed_up, passkey.sign_count) == (True, True, 0)
    assert not use(key, passkey, demands=PasskeyDemands(strict_counter=True)).use.regressed


def test_ACC_16_a_key_of_an_algorithm_that_was_not_offered_is_refused():
    key = SoftwareKey()
    for alg in (-47, -36, -65535, 0, "-7"):
        made = loads(unb64(json.loads(key.create(ASKED))["response"]["attestationObject"]) or b"")
        cose = dumps(key.cose)
        made["authData"] = made["authData"].replace(cose, dumps({**key.cose, 3: alg}))
        assert refused(lambda made=made: _enrol_object(key, dumps(made))) in (rules.PASSKEY_ALG, rules.PASSKEY_FORM)


def test_a_key_may_attest_itself_and_no_maker_is_named():
    assert enrol(SoftwareKey(), fmt="packed").name == "Passkey"
    assert refused(lambda: enrol(SoftwareKey(), fmt="android-safetynet")) is rules.PASSKEY_ATTESTATION

    key = SoftwareKey()
    made = loads(unb64(json.loads(key.create(ASKED, fmt="packed"))["response"]["attestationObject"]) or b"")
    made["attStmt"]["sig"] = b"\0" * 64
    assert refused(lambda: _enrol_object(key, dumps(made))) is rules.PASSKEY_SIGNATURE
    made["attStmt"]["x5c"] = [b"a certificate"]
    assert refused(lambda: _enrol_object(key, dumps(made))) is rules.PASSKEY_ATTESTATION


def test_which_authenticators_are_taken_is_the_operators_word():
    chrome = "adce0002-35bc-c60a-648b-0b25f1f05503"
    key = SoftwareKey(aaguid=bytes.fromhex(chrome.replace("-", "")))

    assert enrol(key, PasskeyDemands(allow=(chrome,))).name == "Chrome on Mac"
    for demands in (PasskeyDemands(deny=(chrome,)), PasskeyDemands(allow=("0" * 36,))):
        assert refused(lambda demands=demands: enrol(key, demands)) is rules.PASSKEY_AUTHENTICATOR
    key.flags |= ELIGIBLE
    assert refused(lambda: enrol(key, PasskeyDemands(device_bound=True))) is rules.PASSKEY_AUTHENTICATOR


def test_what_a_browser_makes_without_asking_verified_nobody():
    key = SoftwareKey(flags=0)
    said = read_attestation(key.create(ASKED))

    assert refused(lambda: new_passkey(said, PARTY, AS_USUAL, asked=True, vouched=True)) is rules.PASSKEY_PRESENT
    assert not new_passkey(said, PARTY, AS_USUAL, asked=False, vouched=True).uv_seen
    key.flags = PRESENT | VERIFIED
    lied = read_attestation(key.create(ASKED))
    assert not new_passkey(lied, PARTY, AS_USUAL, asked=False, vouched=True).uv_seen


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"type":"public-key"}', "\0", "{" * 5_000, "\ud800"], ids=repr
)
def test_what_is_no_answer_is_refused(text: str):
    for read in (read_assertion, read_attestation):
        with pytest.raises(BadAnswer):
            read(text)


@given(st.data())
def test_ACC_16_no_bytes_do_more_than_be_refused(data: st.DataObject):
    """Cut short, turned over or put together anew: an answer is taken or refused, and breaks nothing."""
    key = SoftwareKey(private=ec.derive_private_key(7, ec.SECP256R1()))
    said = json.loads(key.create(ASKED, fmt=data.draw(st.sampled_from(["none", "packed"]))))
    raw = bytearray(unb64(said["response"]["attestationObject"]) or b"")
    place = st.integers(0, 999).map(lambda at: at % (len(raw) or 1))
    if data.draw(st.booleans()):
        raw = raw[: data.draw(place)]
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(place)
        raw[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
    with suppress(PasskeyRefused, BadAnswer):
        _enrol_object(key, bytes(raw))


@given(
    st.dictionaries(st.sampled_from([1, 3, -1, -2, -3]), st.one_of(st.integers(), st.binary(), st.text(), st.none()))
)
def test_ACC_16_no_public_key_does_more_than_be_refused(cose: dict[int, Any]):
    key = SoftwareKey()
    made = loads(unb64(json.loads(key.create(ASKED))["response"]["attestationObject"]) or b"")
    made["authData"] = made["authData"].replace(dumps(key.cose), dumps({**key.cose, **cose}))
    with suppress(PasskeyRefused):
        _enrol_object(key, dumps(made))


def _enrol_object(key: SoftwareKey, made: bytes) -> NewPasskey:
    said = json.loads(key.create(ASKED))
    said["response"]["attestationObject"] = b64(made)
    return new_passkey(read_attestation(json.dumps(said)), PARTY, AS_USUAL, asked=True, vouched=True)
