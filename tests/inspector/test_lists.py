"""Nothing is missing from the lists: every endpoint, every grant, every rule, and every name of a parameter."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from tests.world import World

from gatelodge import app
from gatelodge.grants import GRANTS
from gatelodge.grants.contract import AnyGrant
from gatelodge.inspector import advice, explain
from gatelodge.inspector.checked import OF_GRANTS, stages_of
from gatelodge.inspector.noted import PARAMETERS
from gatelodge.protocol import rules
from gatelodge.protocol.checks import DPOP_HEADER, ENDPOINTS
from gatelodge.protocol.rules import Rule
from gatelodge.protocol.steps import find_rule, steps

SOURCE = Path(__file__).parents[2] / "src" / "gatelodge"
RULES = [value for value in vars(rules).values() if isinstance(value, Rule)]
LISTS = (*ENDPOINTS.values(), *OF_GRANTS.values())
LISTED = {check.rule for stages in LISTS for stage in stages for check in stage}
ANSWER_ALIKE = {"jwks", "discovery"}  # to everybody, whatever is sent
# Checked when a client is registered, of what an authenticator or another provider says, and by the library for APIs.
ELSEWHERE = {
    *(rule.id for rule in RULES if rule.id.startswith(("registration.", "passkey.", "upstream."))),
    *("redirect.syntax", "redirect.fragment", "redirect.userinfo", "redirect.host", "redirect.port", "redirect.path"),
    *(
        "redirect.https",
        "redirect.scheme",
        "token.claims",
        "token.kind",
        "token.sign_in",
    ),
}
ROOMS = ("protocol", "client_auth", "grants", "endpoints", "tokens", "ops", "web")
OTHER_PEOPLES = ("demo/pages", "protocol/metadata", "playground")  # they read what clients read
READERS = {"get", "need", "all", "read_words"}


def test_every_grant_has_its_list() -> None:
    assert [grant.grant_type for grant in GRANTS if not grant.checks] == []


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant.grant_type)
def test_a_grant_checks_only_parameters_it_reads(grant: AnyGrant) -> None:
    checks = [check for stage in grant.checks for check in stage]
    named = {check.needs for check in checks if check.needs}.union(*(check.sent | check.unsent for check in checks))

    assert named <= grant.parameters | {DPOP_HEADER}


@pytest.mark.anyio
async def test_every_endpoint_for_programs_has_its_list(small_world: World) -> None:
    served = app.routes(small_world.server)
    names = {route.name for route in served if route.kind == "machine"}

    assert names - set(ENDPOINTS) == ANSWER_ALIKE & names


def test_every_rule_is_in_a_list() -> None:
    assert [rule.id for rule in RULES if rule not in LISTED and rule.id not in ELSEWHERE] == []


def test_no_rule_that_is_checked_elsewhere_is_in_a_list() -> None:
    assert [rule.id for rule in LISTED if rule.id in ELSEWHERE] == []


def test_a_rule_is_found_by_its_id() -> None:
    assert [rule.id for rule in RULES if find_rule(rule.id) is not rule] == []


def test_advice_is_given_for_rules_that_can_refuse_a_request() -> None:
    advised = {*advice.ADVICE, *explain.PARTICULAR}

    assert [rule.id for rule in advised if rule not in LISTED] == []


def test_every_name_that_is_read_is_known() -> None:
    read = set(names_read())

    assert {"code_verifier", "client_id", "resource", "username"} <= read
    assert read - PARAMETERS == set()


def names_read() -> Iterator[str]:
    """The names of parameters that the source of the server asks for."""
    for file in SOURCE.rglob("*.py"):
        name = file.relative_to(SOURCE).as_posix()
        if name.startswith(ROOMS) and not name.startswith(OTHER_PEOPLES):
            yield from _asked(ast.parse(file.read_bytes()))


def _asked(tree: ast.Module) -> Iterable[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=of, attr=act), args=[ast.Constant(value=str(name)), *_]) if (
                act in READERS and _are_params(of)
            ):
                yield name
            case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In()], comparators=[of]) if _are_params(of):
                yield name
            case _:
                pass


def _are_params(node: ast.expr) -> bool:
    match node:
        case ast.Name(id="params" | "form"):
            return True
        case ast.Attribute(attr="params" | "form"):
            return True
        case _:
            return False


def test_of_a_rule_in_no_list_nothing_is_claimed() -> None:
    said = steps(stages_of("token", "authorization_code"), "authorization_code", {"code"}, rules.REGISTRATION, ())

    assert [(step.rule.id, step.held) for step in said] == [("registration.consistent", False)]


def test_what_does_not_concern_a_request_is_not_said_to_have_held() -> None:
    said = steps(
        stages_of("token", "authorization_code"), "authorization_code", {"grant_type", "code", "client_id"}, None, ()
    )
    held = {step.rule.id for step in said}

    assert "code.valid" in held
    assert held.isdisjoint({"pkce.verifier", "client.basic", "client.proven", "jwt.signature", "target.granted"})


def test_a_person_who_still_has_to_sign_in_has_decided_nothing() -> None:
    asked = steps(ENDPOINTS["authorization"], "code", {"client_id", "redirect_uri"}, None, ())
    issued = steps(ENDPOINTS["authorization"], "code", {"client_id", "redirect_uri"}, None, ("authorization_answered",))

    assert {step.rule.id for step in issued} - {step.rule.id for step in asked} == {
        *("decide.refused", "decide.login", "decide.consent")
    }
