"""The words of docs/glossary.md: each is explained by the first sentence of what it is called in the code."""

from gatelodge.authn.contract import Way
from gatelodge.database import places
from gatelodge.database.tx import Tx
from gatelodge.endpoints.adapter import HttpAdapter
from gatelodge.foundation.contract import Foundation
from gatelodge.grants.award import Award
from gatelodge.grants.contract import Grant
from gatelodge.inspector.trace import Trace
from gatelodge.keys.mint import Mint
from gatelodge.keys.vault import Vault
from gatelodge.playground.script import Script
from gatelodge.protocol.authorize import AuthorizationRequest, Recipient
from gatelodge.protocol.claim_scopes import ClaimScope
from gatelodge.protocol.client import Api, Client, ProvenClient
from gatelodge.protocol.code import CodeProof
from gatelodge.protocol.dpop import DpopProof
from gatelodge.protocol.passkey import Passkey, RelyingParty
from gatelodge.protocol.proof import AuthnEvent, Proof
from gatelodge.protocol.provider import Provider
from gatelodge.protocol.rotation import RefreshValue
from gatelodge.protocol.rules import Rule
from gatelodge.sessions.interactions import Interaction
from gatelodge.sessions.mailed_links import MailedLink
from gatelodge.sessions.pushed import PushedRequests
from gatelodge.sessions.sign_ins import HalfSignIn
from gatelodge.stores.consents import Consent
from gatelodge.stores.links import LinkRecord
from gatelodge.stores.outbox import Parcel
from gatelodge.stores.recoveries import WaitingRecovery
from gatelodge.stores.refresh_tokens import Family
from gatelodge.stores.tickets import Ticket
from gatelodge.stores.trusted_browsers import TrustedBrowser
from gatelodge.stores.visits import SessionVisit
from gatelodge.telemetry.event import Event
from gatelodge.telemetry.origin import Actor, Origin
from gatelodge.telemetry.watches import Watch

# As the specifications say it.
OF_THE_FIELD: dict[str, object] = {
    "API, resource server": Api,
    "authorization code": CodeProof,
    "authorization request": AuthorizationRequest,
    "DPoP proof": DpopProof,
    "client": Client,
    "consent": Consent,
    "grant": Grant,
    "passkey": Passkey,
    "refresh token": RefreshValue,
    "relying party": RelyingParty,
}
# Where the field has no word.
OUR_OWN: dict[str, object] = {
    "actor": Actor,
    "adapter": HttpAdapter,
    "award": Award,
    "claim scope": ClaimScope,
    "delayed recovery": WaitingRecovery,
    "event": Event,
    "family": Family,
    "foundation": Foundation,
    "half-finished sign-in": HalfSignIn,
    "interaction": Interaction,
    "link": LinkRecord,
    "mailed link": MailedLink,
    "mint": Mint,
    "origin": Origin,
    "parcel": Parcel,
    "place": places,
    "proof": Proof,
    "proven client": ProvenClient,
    "pushed request": PushedRequests,
    "provider": Provider,
    "recipient": Recipient,
    "rule": Rule,
    "script": Script,
    "sign-in": AuthnEvent,
    "ticket": Ticket,
    "trace": Trace,
    "transaction": Tx,
    "trusted browser": TrustedBrowser,
    "vault": Vault,
    "visit": SessionVisit,
    "watch": Watch,
    "way to sign in": Way,
}
