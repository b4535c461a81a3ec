"""docs/tokens-of-other-providers.md: every example takes the tokens its provider issues, and no ID token of it."""

from typing import Any

import pytest
from tests.conftest import FakeClock
from tests.docs.examples import example
from tests.resource.conftest import Authority
from tests.resource.shapes import ACCESS, IDENTITY, KEYCLOAK
from tests.resource.world import World

from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.protocol import rules
from gatelodge.resource import Refused, TokenVerifier

EXAMPLES = {
    "Entra 2.0": (example("docs/tokens-of-other-providers.md", "# entra.py"), 3),
    "Entra": (example("docs/tokens-of-other-providers.md", "# entra_both_versions.py"), 5),
    "Entra 2.0, of many": (example("docs/tokens-of-other-providers.md", "# entra_many_tenants.py"), 3),
    "Auth0": (example("docs/tokens-of-other-providers.md", "# auth0.py"), 4),
    "Okta": (example("docs/tokens-of-other-providers.md", "# okta.py"), 2),
    "Keycloak": (example("docs/tokens-of-other-providers.md", "# keycloak.py"), 3),
    "Cognito, ": (example("docs/tokens-of-other-providers.md", "# cognito.py"), 2),
    "Duende": (example("docs/tokens-of-other-providers.md", "# duende.py"), 2),
    "Any server": (example("docs/tokens-of-other-providers.md", "# any_provider.py"), 1),
}


@pytest.fixture
def world(clock: FakeClock) -> World:
    return World(clock)


def verifier_in(text: str, send: Any, clock: FakeClock) -> TokenVerifier:
    """Run an example where the providers of `send` are the network."""
    at = text.rindex(")")
    there = f"{text[:at].rstrip().rstrip(',')}, send=send, clock=clock)"
    names: dict[str, Any] = {"send": send, "clock": clock}
    exec(there, names)
    return names["verifier"]


@pytest.mark.parametrize("provider", EXAMPLES)
def test_the_example_of_a_provider_takes_its_tokens(provider: str, world: World) -> None:
    text, count = EXAMPLES[provider]
    begins = provider.removesuffix(", of many")
    verifier = verifier_in(text, world.send, world.clock)
    shapes = [shape for name, shape in ACCESS.items() if name.startswith(begins)]
    assert len(shapes) == count
    for shape in shapes:
        caller = verifier.verify_sync(world.token(shape))
        assert (caller.sub, caller.scopes) == (shape.sub, set(shape.scopes))
    for shape in IDENTITY.values():
        with pytest.raises(Refused):
            verifier.verify_sync(world.token(shape))


def test_the_example_that_asks_about_jwts(world: World) -> None:
    shape = ACCESS["Keycloak, a person"]

    def send(request: HttpRequest) -> HttpResponse:
        if request.url.endswith("/introspect"):
            return HttpResponse(200, {}, b'{"active": false}')
        return world.send(request)

    text = example("docs/tokens-of-other-providers.md", "# asked.py")
    verifier = verifier_in(text, send, world.clock)
    assert verifier.issuer == KEYCLOAK
    with pytest.raises(Refused) as caught:
        verifier.verify_sync(world.token(shape))
    assert caught.value.rule is rules.TOKEN_ACTIVE


def test_the_example_of_several_issuers(clock: FakeClock) -> None:
    text = example("docs/tokens-of-other-providers.md", "# several.py")
    for issuer in ("https://id.example.com", "https://id.partner.example"):
        authority = Authority(clock, issuer)
        verifier = verifier_in(text, authority.send, clock)
        for audience in verifier.audiences:
            assert verifier.verify_sync(authority.token(aud=audience)).issuer == issuer


@pytest.mark.parametrize("alg", ["EdDSA", "Ed25519", "ES384"])
def test_the_example_of_algorithms(alg: str, clock: FakeClock) -> None:
    authority = Authority(clock, "https://id.example.com", published={"key-1": alg})
    verifier = verifier_in(example("docs/tokens-of-other-providers.md", "# algorithms.py"), authority.send, clock)
    assert verifier.verify_sync(authority.token(alg=alg, aud=verifier.audience))
