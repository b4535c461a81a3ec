"""Whose account somebody is who comes from another provider for the first time: the whole decision, on one screen.

Who came before is found by (issuer, subject) and by nothing else; this is about everybody else. An address alone never
leads into an account: it is the provider's word, the words of some are worth nothing, and who registered it here may
be another ("nOAuth", pre-hijacking; ASVS 6.8.1).

| the address here       | its word on it | what happens                                                             |
|------------------------|----------------|--------------------------------------------------------------------------|
| proved, an account's   | believed       | `AskOwner`; `LinkAtOnce` if the operator says so for this provider        |
| unproved, an account's | believed       | `AskOwner`; `Reclaim` if the operator says so for this provider           |
| an administrator's     | believed       | `AskOwner`, always                                                        |
| nobody's               | believed       | `MakeAccount` if this provider makes accounts, else `AskWho`              |
| whosever               | not believed   | `AskWho`: the same whether somebody here has the address or not           |
"""

from dataclasses import dataclass

from gatelodge.protocol.provider import Provider, UpstreamIdentity


@dataclass(frozen=True, slots=True)
class AddressOwner:
    """The account that has an address: whether it was proved there, and whether it looks after this server."""

    user_id: int
    is_proved: bool
    is_admin: bool


@dataclass(frozen=True, slots=True)
class LinkAtOnce:
    """This account and no other is meant, and the operator wants it connected without asking."""

    user_id: int


@dataclass(frozen=True, slots=True)
class Reclaim:
    """The same, but the address was never proved here: what its account holds was put there by nobody knows whom."""

    user_id: int


@dataclass(frozen=True, slots=True)
class MakeAccount:
    """Nobody has this address: they get an account with it."""

    address: str


@dataclass(frozen=True, slots=True)
class AskOwner:
    """They own the address of an account here: they sign in to it once, then it is connected."""

    user_id: int


@dataclass(frozen=True, slots=True)
class AskWho:
    """Nothing is known of them, and nothing is told: they sign in to what they have, or begin anew if they may."""

    may_begin: bool


FirstVisit = LinkAtOnce | Reclaim | MakeAccount | AskOwner | AskWho


def first_visit(provider: Provider, identity: UpstreamIdentity, owner: AddressOwner | None) -> FirstVisit:
    """Return what happens to who never came before; `owner` has their address here, `None` if nobody does."""
    if identity.address is None or not identity.is_proved:
        return AskWho(provider.new_accounts)
    if owner is None:
        return MakeAccount(identity.address) if provider.new_accounts else AskWho(may_begin=False)
    if provider.link != "verified_address" or owner.is_admin:
        return AskOwner(owner.user_id)
    return LinkAtOnce(owner.user_id) if owner.is_proved else Reclaim(owner.user_id)
