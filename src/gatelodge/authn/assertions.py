"""Using passkeys: what an answer made with one proves, and about whom."""

from dataclasses import dataclass

from gatelodge.keys.secrets import b64, unb64
from gatelodge.protocol import rules
from gatelodge.protocol.passkey import (
    Holder,
    Passkey,
    PasskeyDemands,
    PasskeyRefused,
    RelyingParty,
    Use,
    check_assertion,
    judge_counter,
    verifies_person,
)
from gatelodge.protocol.passkey_answers import PasskeyAssertion


@dataclass(frozen=True, slots=True)
class UsedPasskey:
    """A passkey that was used as it must be: by whom, what it leaves behind, and whether it counts as two factors.

    `verified` says that it verified its person, whatever that counts for.
    """

    passkey: Passkey
    holder: Holder
    use: Use
    verified: bool
    two_factors: bool


def judge(
    said: PasskeyAssertion,
    found: tuple[Passkey, Holder] | None,
    party: RelyingParty,
    demands: PasskeyDemands,
    *,
    named: bool = False,
) -> UsedPasskey:
    """Judge an answer whose challenge was spent, in the order of WebAuthn L3 7.2. Raises `PasskeyRefused`.

    `found` is what is kept of its credential. `named` if the person was known before.
    """
    passkey, holder = found or (None, None)
    known, owner = check_assertion(said, party, passkey, holder, named=named)
    _verify(said, party, known)
    use = judge_counter(said.authenticator, known, strict=demands.strict_counter)
    if not owner.enabled:
        raise PasskeyRefused(rules.PASSKEY_ENABLED)
    both = verifies_person(said.authenticator, known, demands)
    return UsedPasskey(known, owner, use, said.authenticator.verified, both)


def _verify(said: PasskeyAssertion, party: RelyingParty, passkey: Passkey) -> None:
    """Let the library verify the signature, and once more all that it knows of but the counter, which we judge."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException
    from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

    response = AuthenticatorAssertionResponse(said.client_data, said.authenticator_data, said.signature)
    try:
        verify_authentication_response(
            credential=AuthenticationCredential(b64(said.credential_id), said.credential_id, response),
            expected_challenge=unb64(said.client.challenge) or b"",
            expected_rp_id=party.rp_id,
            expected_origin=sorted(party.origins),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
        )
    except (WebAuthnException, ValueError):
        raise PasskeyRefused(rules.PASSKEY_SIGNATURE) from None
