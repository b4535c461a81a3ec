"""Making passkeys: what an answer that brings a new one must be, before it is anybody's.

No attestation is asked for, and none that names a maker is taken: whose certificates are to be trusted is a question
nobody here asks, and certificates of strangers are not parsed for it.
"""

from webauthn import verify_registration_response
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_attestation_object,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationFormat,
    AttestationObject,
    AuthenticatorAttestationResponse,
    RegistrationCredential,
)

from gatelodge.authn.authenticators import name_of
from gatelodge.keys.secrets import b64, unb64
from gatelodge.protocol import rules
from gatelodge.protocol.passkey import (
    ALGORITHMS,
    NewPasskey,
    PasskeyDemands,
    PasskeyRefused,
    RelyingParty,
    check_attestation,
    check_authenticator,
)
from gatelodge.protocol.passkey_answers import AuthenticatorData, PasskeyAttestation

# What the library raises where bytes are not what they should be, besides its own.
_NOT_UNDERSTOOD = (WebAuthnException, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def new_passkey(
    said: PasskeyAttestation, party: RelyingParty, demands: PasskeyDemands, *, asked: bool, vouched: bool
) -> NewPasskey:
    """Return the passkey that an answer brings, whose challenge was spent. Raises `PasskeyRefused`.

    `asked` if the person was asked for it. `vouched` if another factor says who they are: then what verified them is
    believed from now on.
    """
    found = _read(said)
    credential, flags = found.auth_data.attested_credential_data, found.auth_data.flags
    made = AuthenticatorData(
        found.auth_data.rp_id_hash, flags.up, flags.uv, flags.be, flags.bs, found.auth_data.sign_count
    )
    check_attestation(said.client, made, party, asked=asked)
    if credential is None or credential.credential_id != said.credential_id:
        raise PasskeyRefused(rules.PASSKEY_FORM)
    _check_key(credential.credential_public_key)
    _verify(said, party, asked=asked)
    aaguid = _aaguid(credential.aaguid)
    check_authenticator(aaguid, flags.be, demands)
    return NewPasskey(
        credential_id=said.credential_id,
        public_key=credential.credential_public_key,
        sign_count=made.sign_count,
        aaguid=aaguid,
        transports=said.transports,
        name=name_of(aaguid),
        backup_eligible=flags.be,
        backed_up=flags.bs,
        uv_seen=flags.uv and asked and vouched,
        rp_id=party.rp_id,
    )


def is_usable(public_key: bytes) -> bool:
    """Whether this is the key of a passkey, of an algorithm that is offered."""
    try:
        _check_key(public_key)
    except PasskeyRefused:
        return False
    return True


def _read(said: PasskeyAttestation) -> AttestationObject:
    try:
        found = parse_attestation_object(said.attestation_object)
    except _NOT_UNDERSTOOD:
        raise PasskeyRefused(rules.PASSKEY_FORM) from None
    by_itself = found.fmt == AttestationFormat.PACKED and found.att_stmt.x5c is None
    if not (by_itself or found.fmt == AttestationFormat.NONE):
        raise PasskeyRefused(rules.PASSKEY_ATTESTATION)
    return found


def _check_key(public_key: bytes) -> None:
    try:
        key = decode_credential_public_key(public_key)
        if key.alg not in ALGORITHMS:
            raise PasskeyRefused(rules.PASSKEY_ALG)
        decoded_public_key_to_cryptography(key)
    except _NOT_UNDERSTOOD:
        raise PasskeyRefused(rules.PASSKEY_FORM) from None


def _verify(said: PasskeyAttestation, party: RelyingParty, *, asked: bool) -> None:
    """Let the library check once more all that it knows of, and the signature of a key that attests itself."""
    response = AuthenticatorAttestationResponse(said.client_data, said.attestation_object)
    try:
        verify_registration_response(
            credential=RegistrationCredential(b64(said.credential_id), said.credential_id, response),
            expected_challenge=unb64(said.client.challenge) or b"",
            expected_rp_id=party.rp_id,
            expected_origin=sorted(party.origins),
            require_user_presence=asked,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
        )
    except _NOT_UNDERSTOOD:
        raise PasskeyRefused(rules.PASSKEY_SIGNATURE) from None


def _aaguid(raw: bytes) -> str:
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
