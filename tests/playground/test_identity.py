"""The sample application believes an ID token after every check that its flow demands, and after no fewer."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc.jwk import ECKey
from tests.client.conftest import KEY, OTHER_KEY, half, json_answer, signed
from tests.conftest import FakeClock
from tests.playground.conftest import InMemory, Visitor

from gatelodge.client.errors import ServerUnavailable
from gatelodge.client.sending.http import HttpRequest, HttpResponse
from gatelodge.keys.secrets import b64
from gatelodge.playground.identity import IdTokens
from gatelodge.playground.runs import FlowRun
from gatelodge.playground.sample import Sample
from gatelodge.protocol.params import Params

pytestmark = pytest.mark.anyio
ISSUER = "https://id.test"
RUN = FlowRun("implicit", "s", "n", "v")


@dataclass
class Identities:
    """The application's check, with a server whose one key is `KEY`. Returns the id of the rule that refused."""

    clock: FakeClock
    reachable: bool = True

    async def judge(self, token: str | None, **beside: str) -> str:
        id_tokens = IdTokens(Sample(ISSUER, "secret", 60), self._send, self.clock)
        said = {**beside, "id_token": token or ""}
        refusal = await id_tokens.of_browser(RUN, "playground", Params.of(said.items()))
        assert refusal is None or (refusal.by == "client" and refusal.rule is not None)
        return refusal.rule.id if refusal and refusal.rule else ""

    async def implicit(self, key: ECKey = KEY, header: dict[str, Any] | None = None, **changes: Any) -> str:
        return await self.judge(self.token({"at_hash": half("at")} | changes, key, header), access_token="at")

    async def hybrid(self, **changes: Any) -> str:
        return await self.judge(self.token({"c_hash": half("co")} | changes), code="co")

    def token(self, changes: dict[str, Any], key: ECKey = KEY, header: dict[str, Any] | None = None) -> str:
        now = self.clock.now()
        claims = {"iss": ISSUER, "sub": "alice", "aud": "playground", "iat": now, "exp": now + 300, "nonce": "n"}
        left = {name: value for name, value in (claims | changes).items() if value is not None}
        return signed(left, key, **(header or {}))

    async def _send(self, request: HttpRequest) -> HttpResponse:
        if not self.reachable:
            raise ServerUnavailable(request.url, "it does not answer", sent=True)
        return json_answer({"keys": [KEY.as_dict(private=False)]})


@pytest.fixture
def identities(clock: FakeClock) -> Identities:
    return Identities(clock)


async def test_a_good_one_is_believed(identities: Identities) -> None:
    assert await identities.implicit() == ""
    assert await identities.hybrid() == ""


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"key": OTHER_KEY}, "client.signature"),
        ({"header": {"kid": "unheard-of"}}, "client.signature"),
        ({"nonce": "another"}, "client.nonce"),
        ({"nonce": None}, "client.nonce"),
        ({"at_hash": half("another")}, "client.at_hash"),
        ({"at_hash": None}, "client.at_hash"),
        ({"iss": "https://another.test"}, "client.id_token"),
        ({"aud": "another"}, "client.id_token"),
        ({"exp": 1_000_000_000}, "client.id_token"),
        ({"sub": None}, "client.id_token"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
async def test_one_that_fails_a_check_is_not(identities: Identities, changes: dict[str, Any], rule: str) -> None:
    assert await identities.implicit(**changes) == rule


@pytest.mark.parametrize("c_hash", [half("another"), None])
async def test_the_code_beside_it_must_be_the_one_it_names(identities: Identities, c_hash: str | None) -> None:
    assert await identities.hybrid(c_hash=c_hash) == "client.c_hash"


async def test_one_without_a_signature_is_not_believed(identities: Identities) -> None:
    claims = identities.token({"at_hash": half("at")}).split(".")[1]
    unsigned = f"{b64(json.dumps({'alg': 'none'}).encode())}.{claims}."

    assert await identities.judge(unsigned, access_token="at") == "client.id_token"


async def test_an_answer_without_the_one_that_was_asked_for_is_refused(identities: Identities) -> None:
    assert await identities.judge(None, access_token="at") == "client.whole"


async def test_without_the_server_s_keys_nobody_is_believed(identities: Identities) -> None:
    identities.reachable = False

    assert await identities.implicit() == "client.signature"


# From the token endpoint, with somebody on the line


def on_the_line(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let somebody change the claims of every ID token on its way from the token endpoint, as they cannot sign."""

    def change(path: str, body: bytes) -> bytes:
        if path != "/token":
            return body
        answer = json.loads(body)
        header, _, signature = answer["id_token"].split(".")
        answer["id_token"] = f"{header}.{b64(json.dumps(changes).encode())}.{signature}"
        return json.dumps(answer).encode()

    monkeypatch.setattr(InMemory, "change", staticmethod(change))


@pytest.mark.parametrize("flow", ["code", "public", "hybrid"])
async def test_one_that_was_changed_behind_the_browser_is_refused(
    visitor: Visitor, flow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = "playground-public" if flow == "public" else "playground"
    on_the_line(monkeypatch, iss="http://localhost:8000", aud=client, sub="somebody-else")
    await visitor.open(flow)
    await visitor.press("authorize")
    await visitor.press("exchange")

    assert visitor.refused.startswith("The application refused it")
    assert visitor.rule == "client.signature"
    assert visitor.next == "restart"
    assert 'id="break"' not in visitor.text


async def test_one_of_another_server_is_refused_at_a_refresh(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    await visitor.to_tokens("code")
    on_the_line(monkeypatch, iss="https://another.test", aud="playground", sub="demo-alice")
    await visitor.press("refresh")

    assert visitor.rule == "client.id_token"
    assert "iss is the one expected" in visitor.refused


async def test_the_one_that_came_ahead_of_the_exchange_is_shown(visitor: Visitor) -> None:
    await visitor.open("hybrid")
    await visitor.press("authorize")

    assert visitor.next == "exchange"
    assert "c_hash" in visitor.text.partition('id="tokens"')[2]
    assert "For the API." not in visitor.text
