"""Tokens that are bound to a key, at an API: who may use them, and what a thief gets of them (catalogue 2.9)."""

from typing import Any

import pytest
from tests.conftest import FakeClock
from tests.dpop import Key, ath_of, jkt_of, key_for, proof
from tests.resource.applications import APPLICATIONS, Answer
from tests.resource.conftest import API, ASK, ISSUER, Authority

from gatelodge.protocol import rules
from gatelodge.protocol.rules import Rule
from gatelodge.resource import Dpop, Presented, Protection, Refused, TokenVerifier, needs
from gatelodge.resource.seen_proofs import SeenProofs

THIEF = key_for("ES256", "of a thief")
URL = API + "/1"


@pytest.fixture
def token(authority: Authority) -> str:
    return authority.token(cnf={"jkt": jkt_of(key_for())})


@pytest.fixture
def protection(authority: Authority) -> Protection:
    return Protection(authority.verifier())


def made(clock: FakeClock, token: str, key: Key | None = None, **changes: Any) -> str:
    url: str = changes.pop("url", URL)
    now: int = changes.pop("now", clock.now())
    changes.setdefault("ath", ath_of(token))
    return proof(url, "GET", now=now, key=key, **changes)


def sent(token: str, *proofs: str, scheme: str = "DPoP", path: str = "/orders/1") -> Presented:
    return Presented([f"{scheme} {token}"], method="GET", path=path, dpop=proofs)


def refusal(protection: Protection, presented: Presented) -> Refused:
    with pytest.raises(Refused) as caught:
        protection.admit_sync(presented)
    return caught.value


def rule_of(protection: Protection, presented: Presented) -> Rule:
    return refusal(protection, presented).rule


def test_a_bound_token_comes_with_a_proof(protection: Protection, clock: FakeClock, token: str) -> None:
    caller = protection.admit_sync(sent(token, made(clock, token)))
    assert (caller.sub, caller.jkt) == ("alice", jkt_of(key_for()))
    for scheme in ("dpop", "DPOP"):  # DP-08
        assert protection.admit_sync(sent(token, made(clock, token), scheme=scheme)).sub == "alice"


def test_DP_05_a_bound_token_is_nothing_without_its_key(protection: Protection, clock: FakeClock, token: str) -> None:
    found = {
        "no proof": rule_of(protection, sent(token)),
        "another key": rule_of(protection, sent(token, made(clock, token, THIEF))),
        "no digest": rule_of(protection, sent(token, made(clock, token, ath=None))),
        "another digest": rule_of(protection, sent(token, made(clock, token, ath=ath_of("x")))),
        "as a bearer": rule_of(protection, sent(token, made(clock, token), scheme="Bearer")),
        "as a bearer, bare": rule_of(protection, sent(token, scheme="Bearer")),
    }
    assert found == {
        "no proof": rules.DPOP_REQUIRED,
        "another key": rules.DPOP_BOUND,
        "no digest": rules.DPOP_TOKEN,
        "another digest": rules.DPOP_TOKEN,
        "as a bearer": rules.TOKEN_UNBOUND,
        "as a bearer, bare": rules.TOKEN_UNBOUND,
    }


def test_DP_05_a_bearer_token_with_a_proof_is_no_bound_token(authority: Authority, clock: FakeClock) -> None:
    protection, token = Protection(authority.verifier()), authority.token()
    assert rule_of(protection, sent(token, made(clock, token))) is rules.DPOP_BOUND
    assert protection.admit_sync(sent(token, made(clock, token), scheme="Bearer")).jkt is None


def test_DP_01_a_proof_lets_in_once(protection: Protection, clock: FakeClock, token: str) -> None:
    once = made(clock, token)
    assert protection.admit_sync(sent(token, once))
    assert rule_of(protection, sent(token, once)) is rules.DPOP_ONCE
    stolen = made(clock, token, THIEF)
    assert rule_of(protection, sent(token, stolen)) is rules.DPOP_BOUND


def test_DP_02_a_proof_is_for_what_is_asked_at_the_address_that_is_configured(
    protection: Protection, clock: FakeClock, token: str
) -> None:
    for url in (URL.replace("https://api.test", "HTTPS://API.TEST:443"), URL + "?page=2#top"):
        assert protection.admit_sync(sent(token, made(clock, token, url=url)))
    for url in ("https://evil.test/orders/1", API, URL + "/", URL.replace("https", "http")):
        assert rule_of(protection, sent(token, made(clock, token, url=url))) is rules.DPOP_URL
    assert rule_of(protection, sent(token, made(clock, token, htm="POST"))) is rules.DPOP_METHOD


def test_DP_03_and_DP_06_a_proof_is_fresh_and_whole(protection: Protection, clock: FakeClock, token: str) -> None:
    for drift in (-10, 10):
        assert protection.admit_sync(sent(token, made(clock, token, iat=clock.now() + drift)))
    for drift in (-3_600, 3_600):
        assert rule_of(protection, sent(token, made(clock, token, iat=clock.now() + drift))) is rules.DPOP_TIME
    two = sent(token, made(clock, token), made(clock, token))
    joined = sent(token, f"{made(clock, token)}, {made(clock, token)}")
    assert rule_of(protection, two) is rule_of(protection, joined) is rules.DPOP_ONE
    assert rule_of(protection, sent(token, "nonsense")) is rules.JWT_COMPACT
    assert rule_of(protection, sent(token, made(clock, token, signed_by=THIEF))) is rules.JWT_SIGNATURE
    assert rule_of(protection, sent(token, made(clock, token, header={"alg": "none"}))) is rules.JWT_ALG
    private = {"jwk": key_for().as_dict(private=True)}
    assert rule_of(protection, sent(token, made(clock, token, header=private))) is rules.DPOP_KEY


def test_DP_09_what_is_remembered_is_bounded_and_forgotten(clock: FakeClock) -> None:
    seen = SeenProofs(clock, room=100)
    for number in range(1_000):
        assert seen.first_use(b"%d" % number, clock.now() + 120)
    assert len(seen) == 100
    assert not seen.first_use(b"999", clock.now() + 120)
    clock.advance(121)
    assert seen.first_use(b"new", clock.now() + 120)
    assert len(seen) == 1


@pytest.mark.parametrize("cnf", [{"x5t#S256": "x" * 43}, {"jkt": 1}, {"jkt": "x", "x5t#S256": "y"}, {}, "key", ["jkt"]])
def test_a_token_that_is_bound_to_something_else_is_refused(authority: Authority, clock: FakeClock, cnf: Any) -> None:
    protection, token = Protection(authority.verifier()), authority.token(cnf=cnf)
    for scheme in ("Bearer", "DPoP"):
        assert rule_of(protection, sent(token, made(clock, token), scheme=scheme)) is rules.TOKEN_UNBOUND


def test_an_opaque_token_is_bound_too(authority: Authority, clock: FakeClock) -> None:
    told = {"cnf": {"jkt": jkt_of(key_for())}, "token_type": "DPoP", "aud": API, "sub": "alice", "client_id": "app"}
    authority.opaque["opaque"] = {"active": True, "exp": clock.now() + 600, "iss": ISSUER, **told}
    protection = Protection(authority.verifier(introspection=ASK))
    assert protection.admit_sync(sent("opaque", made(clock, "opaque"))).sub == "alice"
    assert rule_of(protection, sent("opaque", scheme="Bearer")) is rules.TOKEN_UNBOUND
    assert rule_of(protection, sent("opaque", made(clock, "opaque", THIEF))) is rules.DPOP_BOUND


# What an API may demand


def test_an_api_may_take_bound_tokens_only(authority: Authority, clock: FakeClock, token: str) -> None:
    verifier = authority.verifier(dpop=Dpop(required=True))
    protection = Protection(verifier)
    plain = refusal(protection, Presented([f"Bearer {authority.token()}"]))
    assert plain.rule is rules.DPOP_REQUIRED
    for refused in (plain, refusal(protection, Presented([]))):
        asked = dict(protection.reply(refused).headers)["www-authenticate"]
        assert asked.startswith("DPoP ")
        assert "Bearer" not in asked
    assert protection.admit_sync(sent(token, made(clock, token)))
    assert verifier.describe().document()["dpop_bound_access_tokens_required"] is True


def test_an_api_may_demand_a_nonce(authority: Authority, clock: FakeClock, token: str) -> None:
    protection = Protection(authority.verifier(dpop=Dpop(nonce_key=b"k" * 32)))
    asked = refusal(protection, sent(token, made(clock, token)))
    reply = protection.reply(asked)
    headers = dict(reply.headers)
    assert (reply.status, asked.error) == (401, "use_dpop_nonce")
    assert 'error="use_dpop_nonce"' in headers["www-authenticate"]
    nonce = headers["dpop-nonce"]
    assert protection.admit_sync(sent(token, made(clock, token, nonce=nonce)))
    clock.advance(600)
    later = authority.token(cnf={"jkt": jkt_of(key_for())})
    assert refusal(protection, sent(later, made(clock, later, nonce=nonce))).error == "use_dpop_nonce"
    with pytest.raises(ValueError, match="32 random bytes"):
        Dpop(nonce_key=b"short")


def test_processes_may_share_what_they_remember(authority: Authority, clock: FakeClock, token: str) -> None:
    shared: dict[bytes, int] = {}
    asked: list[int] = []

    def remember(name: bytes, until: int) -> bool:
        asked.append(until - clock.now())
        known = name in shared
        shared[name] = until
        return not known

    one, other = (Protection(authority.verifier(dpop=Dpop(first_use=remember))) for _ in range(2))
    once = made(clock, token)
    assert one.admit_sync(sent(token, once))
    assert rule_of(other, sent(token, once)) is rules.DPOP_ONCE
    assert asked == [120, 120]


def test_without_an_address_of_its_own_an_api_takes_no_bound_tokens(authority: Authority, clock: FakeClock) -> None:
    verifier = TokenVerifier(ISSUER, "orders", send=authority.send, clock=clock)
    token = authority.token(aud="orders", cnf={"jkt": jkt_of(key_for())})
    refused = refusal(Protection(verifier), sent(token, made(clock, token)))
    assert (refused.rule, "base_url" in str(refused)) == (rules.DPOP_URL, True)
    with_url = Protection(verifier, base_url="https://api.test")
    assert with_url.admit_sync(sent(token, made(clock, token)))


def test_an_api_that_speaks_of_it_announces_that_it_takes_bound_tokens(authority: Authority) -> None:
    protection = Protection(authority.verifier(dpop=Dpop()))
    reply = protection.reply(refusal(protection, Presented([])))
    both = f'Bearer realm="{API}", DPoP algs="ES256 EdDSA Ed25519 PS256"'
    assert dict(reply.headers)["www-authenticate"] == both


def test_the_challenge_is_of_the_scheme_that_was_used(protection: Protection, clock: FakeClock, token: str) -> None:
    def asked(presented: Presented) -> tuple[int, str]:
        reply = protection.reply(refusal(protection, presented))
        return reply.status, dict(reply.headers)["www-authenticate"]

    algs = 'algs="ES256 EdDSA Ed25519 PS256"'
    assert asked(Presented([])) == (401, f'Bearer realm="{API}"')
    status, said = asked(sent(token, scheme="Bearer"))
    assert (status, said.startswith("Bearer realm="), said.endswith(f", DPoP {algs}")) == (401, True, True)
    status, said = asked(sent(token))
    assert (status, said.startswith("DPoP realm="), said.endswith(algs)) == (401, True, True)
    assert 'error="invalid_dpop_proof"' in said
    with pytest.raises(Refused) as caught:
        protection.admit_sync(sent(token, made(clock, token)), needs("orders:write"))
    reply = protection.reply(caught.value, needs("orders:write"))
    assert (reply.status, dict(reply.headers)["www-authenticate"][:5]) == (403, "DPoP ")


# Every adapter

PREFIXES = {"django": "/plain", "django async": "/awaited", "django rest framework": "/rest"}


def address(name: str) -> str:
    return f"https://api.test{PREFIXES.get(name, '')}/orders"


@pytest.mark.parametrize("name", APPLICATIONS)
def test_every_adapter_takes_a_bound_token_with_its_proof_and_in_no_other_way(
    name: str, authority: Authority, clock: FakeClock, token: str
) -> None:
    call, url = APPLICATIONS[name](authority.verifier()), address(name)

    def ask(*proofs: str, scheme: str = "DPoP") -> Answer:
        return call("/orders", ("authorization", f"{scheme} {token}"), *(("dpop", one) for one in proofs))

    once = made(clock, token, url=url)
    assert ask(once).json["sub"] == "alice"
    refused = [
        ask(once),
        ask(),
        ask(made(clock, token, url=url), scheme="Bearer"),
        ask(made(clock, token, THIEF, url=url)),
        ask(made(clock, token, url=url + "/other")),
        ask(made(clock, token, url=url, htm="POST")),
        ask(made(clock, token, url=url), made(clock, token, url=url)),
    ]
    assert [came.status for came in refused] == [401] * len(refused)
    assert ["DPoP " in came.challenge for came in refused] == [True] * len(refused)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_every_adapter_tells_the_nonce(name: str, authority: Authority, clock: FakeClock, token: str) -> None:
    call, url = APPLICATIONS[name](authority.verifier(dpop=Dpop(nonce_key=b"k" * 32))), address(name)
    header = "authorization", f"DPoP {token}"
    asked = call("/orders", header, ("dpop", made(clock, token, url=url)))
    assert asked.status == 401
    nonce = asked.headers["dpop-nonce"]
    assert call("/orders", header, ("dpop", made(clock, token, url=url, nonce=nonce))).status == 200
