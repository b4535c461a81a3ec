"""What browsers are told to use or to make a passkey: the JSON that `parseRequestOptionsFromJSON` and
`parseCreationOptionsFromJSON` read (WebAuthn L3 5.1.8, 5.1.9), but for the challenge, which a page asks for when it
needs one: `authn/challenges.py`."""

from collections.abc import Iterable, Mapping

from gatelodge.authn.challenges import LIFETIME
from gatelodge.keys.secrets import b64
from gatelodge.protocol.passkey import ALGORITHMS, Passkey, RelyingParty


def request_options(party: RelyingParty, passkeys: Iterable[Passkey] = ()) -> Mapping[str, object]:
    """Return how to use a passkey.

    Without `passkeys` any will do and the answer says whose it is: nothing of who has an account is told.
    """
    return {
        "rpId": party.rp_id,
        "timeout": LIFETIME * 1_000,
        "userVerification": "preferred",
        "allowCredentials": _descriptors(passkeys),
    }


def creation_options(
    party: RelyingParty, person: Mapping[str, str], existing: Iterable[Passkey], *, device_bound: bool
) -> Mapping[str, object]:
    """Return how to make a passkey for `person`, which has the members `id`, `name` and `displayName`.

    No authenticator makes a second one beside one of `existing`.
    """
    keys = {"authenticatorAttachment": "cross-platform"} if device_bound else {}
    return {
        "rp": {"id": party.rp_id, "name": party.name},
        "user": person,
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
        "timeout": LIFETIME * 1_000,
        "excludeCredentials": _descriptors(existing),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "preferred",
            **keys,
        },
        "attestation": "none",
        "hints": ["security-key"] if device_bound else [],
        "extensions": {"credProps": True},  # without it, Firefox on Android saves no passkey
    }


def person_entity(handle: bytes, username: str, name: str | None) -> Mapping[str, str]:
    """Return how authenticators know a person: `handle` is said back, the names are shown."""
    return {"id": b64(handle), "name": username, "displayName": name or username}


def _descriptors(passkeys: Iterable[Passkey]) -> list[Mapping[str, object]]:
    return [
        {"type": "public-key", "id": b64(passkey.credential_id), "transports": list(passkey.transports)}
        for passkey in passkeys
    ]
