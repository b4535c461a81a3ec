"""Where metadata is looked for, and what is made of it."""

import pytest
from tests.client.conftest import ISSUER, Answer, Server, json_answer, metadata_of
from tests.conftest import FakeClock

from gatelodge.client import DiscoveryFailed, HttpResponse, NotSupported, ServerMetadata, ServerUnavailable
from gatelodge.client.messages.discovery import discovery_requests, read_discovery_response
from gatelodge.client.sending.metadata import FRESH, PAUSE, RETRY, Metadata

pytestmark = pytest.mark.anyio


def test_an_issuer_with_a_path_has_three_places():
    assert [request.url for request in discovery_requests("https://h.test/p")] == [
        "https://h.test/p/.well-known/openid-configuration",
        "https://h.test/.well-known/oauth-authorization-server/p",
        "https://h.test/.well-known/openid-configuration/p",
    ]


def test_an_issuer_without_one_has_two():
    for issuer in ("https://h.test", "https://h.test/"):
        assert [request.url for request in discovery_requests(issuer)] == [
            "https://h.test/.well-known/openid-configuration",
            "https://h.test/.well-known/oauth-authorization-server",
        ]


def test_a_server_of_plain_oauth_is_found_at_the_second_place(server: Server, clock: FakeClock):
    document = server.answers.pop("/.well-known/openid-configuration")
    server.answers["/.well-known/oauth-authorization-server"] = document
    assert Metadata(ISSUER, clock=clock).get(server).token_endpoint == f"{ISSUER}/token"


def test_what_a_server_does_not_say_it_does_not_have():
    metadata = read_discovery_response(ISSUER, json_answer({"issuer": ISSUER}))
    assert metadata == ServerMetadata(issuer=ISSUER, document={"issuer": ISSUER})
    with pytest.raises(NotSupported, match="token_endpoint"):
        metadata.endpoint("token_endpoint")


@pytest.mark.parametrize(
    ("said", "promised"), [(True, True), ("true", True), (False, False), (1, False), (None, False)]
)
def test_a_promise_of_the_issuer_is_taken_by_its_word(said: object, promised: bool):
    document = metadata_of() | {"authorization_response_iss_parameter_supported": said}
    metadata = read_discovery_response(ISSUER, json_answer(document))
    assert metadata.authorization_response_iss_parameter_supported is promised


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(200, {}, b"<html>"),
        HttpResponse(200, {}, b'{"issuer": "https://id.test", "issuer": "https://id.test"}'),
        HttpResponse(200, {}, b"[" * 1_000),
        HttpResponse(204),
        HttpResponse(404),
        HttpResponse(401),
    ],
)
def test_what_is_no_document_is_refused(answer: HttpResponse):
    with pytest.raises(DiscoveryFailed):
        read_discovery_response(ISSUER, answer)


def test_a_loopback_server_may_name_loopback_endpoints():
    issuer = "http://localhost:8000"
    document = metadata_of(issuer) | {"jwks_uri": "http://127.0.0.1:8000/jwks"}
    assert read_discovery_response(issuer, json_answer(document)).jwks_uri == "http://127.0.0.1:8000/jwks"


def test_metadata_is_asked_for_again_now_and_then(server: Server, clock: FakeClock):
    metadata = Metadata(ISSUER, clock=clock)
    metadata.get(server)
    clock.advance(int(FRESH) - 1)
    metadata.get(server)
    assert len(server.requests) == 1
    clock.advance(1)
    server.metadata["token_endpoint"] = f"{ISSUER}/new"
    assert metadata.get(server).token_endpoint == f"{ISSUER}/new"


def test_what_was_had_serves_while_the_server_fails(server: Server, clock: FakeClock):
    metadata = Metadata(ISSUER, clock=clock)
    metadata.get(server)
    clock.advance(int(FRESH))
    server.answers["/.well-known/openid-configuration"] = lambda _: HttpResponse(500)
    for _ in range(3):
        assert metadata.get(server).token_endpoint == f"{ISSUER}/token"
    assert len(server.requests) == 2
    clock.advance(int(PAUSE))
    metadata.get(server)
    assert len(server.requests) == 3


def test_a_server_that_was_down_is_found_when_it_is_back(server: Server, clock: FakeClock):
    metadata, path = Metadata(ISSUER, clock=clock), "/.well-known/openid-configuration"
    good, server.answers[path] = server.answers[path], lambda _: HttpResponse(503)
    for _ in range(3):
        with pytest.raises(ServerUnavailable):
            metadata.get(server)
    assert len(server.requests) == 1
    server.answers[path] = good
    clock.advance(int(RETRY))
    assert metadata.get(server).issuer == ISSUER


OAUTH = "/.well-known/oauth-authorization-server"


def test_what_the_first_document_lacks_is_taken_from_the_second(server: Server, clock: FakeClock):
    del server.metadata["device_authorization_endpoint"]
    del server.metadata["revocation_endpoint"]
    second = metadata_of(token_endpoint=f"{ISSUER}/another", revocation_endpoint=None)
    server.answers[OAUTH] = lambda _: json_answer(second)
    metadata = Metadata(ISSUER, clock=clock).get(server)
    assert metadata.device_authorization_endpoint == f"{ISSUER}/device"
    assert metadata.token_endpoint == f"{ISSUER}/token"
    assert metadata.revocation_endpoint is None
    assert len(server.requests) == 2


async def test_tasks_find_it_too(server: Server, clock: FakeClock):
    del server.metadata["device_authorization_endpoint"]
    server.answers[OAUTH] = lambda _: json_answer(metadata_of())
    metadata = await Metadata(ISSUER, clock=clock).get_async(server.task)
    assert metadata.device_authorization_endpoint == f"{ISSUER}/device"


def down(_: object) -> HttpResponse:
    raise ServerUnavailable(ISSUER, "no answer in time", sent=True)


@pytest.mark.parametrize(
    "answer",
    [
        down,
        lambda _: HttpResponse(404),
        lambda _: HttpResponse(503),
        lambda _: HttpResponse(200, {}, b"<html>"),
        lambda _: json_answer(metadata_of("https://evil.test")),
        lambda _: json_answer(metadata_of(device_authorization_endpoint="https://127.0.0.1/device")),
    ],
    ids=["down", "missing", "overloaded", "no document", "of another issuer", "leading to this machine"],
)
def test_CL_06_a_second_document_that_is_no_good_changes_nothing(server: Server, clock: FakeClock, answer: Answer):
    del server.metadata["device_authorization_endpoint"]
    server.answers[OAUTH] = answer
    metadata = Metadata(ISSUER, clock=clock).get(server)
    assert metadata == read_discovery_response(ISSUER, json_answer(server.metadata))


def test_whoever_needs_one_endpoint_asks_for_no_second_document(server: Server, clock: FakeClock):
    del server.metadata["device_authorization_endpoint"]
    Metadata(ISSUER, wanted=("token_endpoint",), clock=clock).get(server)
    assert len(server.requests) == 1
