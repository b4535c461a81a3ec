"""The doctor: looks at what must hold before the first person comes, and says what to do about each finding."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gatelodge.clock import Clock
from gatelodge.database.tx import Database
from gatelodge.keys.keyring import ALGORITHMS, check_opens, state
from gatelodge.keys.vault import Vault, WrongSecretKey
from gatelodge.ops.findings import Finding, broken, good, note, warning
from gatelodge.ops.provider_findings import examine_providers
from gatelodge.ops.setup import PURPOSE
from gatelodge.protocol.claim_scopes import ClaimScopes
from gatelodge.protocol.client import Api, Client
from gatelodge.protocol.redirect_uri import private_schemes
from gatelodge.protocol.strict_json import BadJson, read_object
from gatelodge.stores import apis, audit, claim_scopes, clients, instance, outbox, providers, signing_keys
from gatelodge.stores.instance import Instance
from gatelodge.stores.signing_keys import SigningKey

MAX_SKEW = 10  # seconds; DPoP and client assertions tolerate little more
MAX_DOCUMENT = 262_144  # bytes
DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class SeenDiscovery:
    """What a fetch of our own discovery document brought; `date` is the Date header, seconds since 1970."""

    status: int
    body: bytes
    date: int | None


Look = Callable[[str], Awaitable[SeenDiscovery]]


class Unreached(Exception):
    """A URL could not be fetched; the message says why."""


async def examine_database(db: Database, vault: Vault, clock: Clock) -> list[Finding]:
    """Look at everything that is kept: this installation, its keys, its clients, its providers, its past."""
    found, rows = await db.read(instance.load), await db.read(signing_keys.list_all)
    if found is None:
        return [broken("keys", "the database is empty", "run gatelodge init, or start the server once")]
    registered = await db.read(clients.list_all)
    served = await db.read(apis.list_all)
    last = await db.read(audit.list_recent, 1)
    now = clock.now()
    return [
        *_keys(found, rows, vault, now),
        *_clients(registered, now),
        *_schemes(registered),
        *_scopes(registered, served, await db.read(claim_scopes.released)),
        *examine_providers(await db.read(providers.list_all)),
        *_outbox(await db.read(outbox.count_dead)),
        *_past(max((entry.at for entry in last), default=0), now),
    ]


async def examine_issuer(issuer: str, look: Look, clock: Clock) -> list[Finding]:
    """Ask the issuer's own URL who it is, as every client will: it must answer and say the same letter by letter."""
    url = issuer + DISCOVERY
    try:
        seen = await look(url)
    except Unreached as error:
        return [warning("issuer", f"{url} cannot be reached: {error}", "start the server, or mend name, proxy and TLS")]
    if seen.status != 200:
        return [broken("issuer", f"{url} answers {seen.status}", "let the proxy pass the whole path to this server")]
    return [_said(issuer, seen.body), *_skew(seen.date, clock.now())]


def _said(issuer: str, body: bytes) -> Finding:
    try:
        said = read_object(body, MAX_DOCUMENT).get("issuer")
    except BadJson:
        return broken("issuer", "what answers at the issuer is not this server", "mend the proxy or the name")
    if said != issuer:
        advice = "set server.issuer to the very same text, or clients refuse every token"
        return broken("issuer", f"the issuer calls itself {said!r} and the configuration {issuer!r}", advice)
    return good("issuer", f"{issuer} answers and calls itself so")


def _skew(date: int | None, now: int) -> Iterator[Finding]:
    if date is None:
        return
    skew = abs(date - now)
    if skew > MAX_SKEW:
        yield warning("clock", f"the server's clock and this one are {skew} s apart", "keep both in time with NTP")
    else:
        yield good("clock", "the server's clock agrees with this one")


def _keys(found: Instance, rows: list[SigningKey], vault: Vault, now: int) -> Iterator[Finding]:
    try:
        vault.unseal(found.mask_key, PURPOSE)
        check_opens(rows, vault, now)
    except WrongSecretKey:
        advice = "give the key this database was made with; an older key goes on a further line of the file"
        yield broken("secret_key", "the secret key does not open what is sealed in the database", advice)
        return
    yield good("secret_key", "the secret key opens what is sealed")
    for alg in ALGORITHMS:
        states = [state(row, now) for row in rows if row.alg == alg]
        if "active" not in states:
            yield broken(
                "keys", f"no {alg} key can sign", "run gatelodge keys rotate; restore the database if that fails"
            )
        elif "next" not in states:
            yield note("keys", f"no {alg} key waits to take over", "the running server makes one; look again later")
        else:
            yield good("keys", f"{alg}: one key signs, the next is published")


def _clients(registered: Iterable[Client], now: int) -> Iterator[Finding]:
    for client in registered:
        for says, advice in _client(client, now):
            yield warning("clients", f"client {client.id} {says}", advice)


def _client(client: Client, now: int) -> Iterator[tuple[str, str]]:
    if client.pkce_exempt:
        yield "need not use PKCE", "let it send code_challenge, then register it without --no-pkce"
    if "password" in client.grants:
        yield "may use the password grant", "move it to the authorization code grant"
    if any("token" in words.split() or "id_token" in words.split() for words in client.response_types):
        yield "may get tokens in the URL", "move it to response type code with PKCE"
    usable = [secret for secret in client.secrets if secret.expires_at is None or secret.expires_at > now]
    if client.auth_method.startswith("client_secret_") and not usable:
        yield "has no secret that works", f"run gatelodge clients rotate-secret {client.id}"


def _schemes(registered: Iterable[Client]) -> Iterator[Finding]:
    """Any program on a person's device may take the scheme of another; a domain in it tells at least whose it is."""
    for client in registered:
        for scheme in sorted(private_schemes(client.redirect_uris)):
            says = f"client {client.id} is answered by the scheme {scheme}:, which any program on the device may take"
            if "." in scheme:
                advice = "let it be a domain of theirs, backwards (RFC 8252 7.1); https or loopback is safer"
            else:
                advice = "ask for a domain of theirs, backwards, as in com.example.app: (RFC 8252 7.1)"
            yield note("clients", says, advice)


def _scopes(registered: Iterable[Client], served: Iterable[Api], about: ClaimScopes) -> Iterator[Finding]:
    """A misspelt scope is taken at its registration, since the API may come later; no API takes a token with it."""
    known = about.about_people.union(*(api.scopes for api in served))
    for client in registered:
        unknown = sorted(client.scopes - known)
        if unknown:
            says = f"client {client.id} may ask for {' '.join(unknown)}, which no API has"
            yield note("clients", says, "register the API with gatelodge apis add, or the client without it")
        if unreleased := sorted(client.id_token_claims - about.claims):
            says = f"client {client.id} is to find {' '.join(unreleased)} in its ID tokens, which no scope releases"
            yield warning("clients", says, "add the scope with gatelodge scopes add, or change --id-token-claim")


def _outbox(dead: Mapping[str, int]) -> Iterator[Finding]:
    for kind, count in sorted(dead.items()):
        yield warning("outbox", f"{count} of kind {kind} could not be delivered", "run gatelodge outbox list")


def _past(last: int, now: int) -> Iterator[Finding]:
    """A clock behind what was written down already would bring expired codes back to life."""
    if last > now + MAX_SKEW:
        yield broken("clock", f"the database has events {last - now} s in the future", "mend this machine's clock")
