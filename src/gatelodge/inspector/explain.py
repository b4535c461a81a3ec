"""Why a request was refused, for its developer: more than the wire says, and still no value that could be a secret.

What is shown of a request are redirect URIs (cut and escaped), names, and words this server knows already.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from gatelodge.inspector.advice import ADVICE
from gatelodge.inspector.noted import GRANT_TYPES, PARAMETERS
from gatelodge.protocol import rules
from gatelodge.protocol.client import Client
from gatelodge.protocol.params import Params
from gatelodge.protocol.rules import Rule
from gatelodge.protocol.targets import Apis
from gatelodge.protocol.uri_differences import closest, differences, differs_in_port, shown

MOST_LISTED = 6
LONGEST_NAME = (
    100  # characters of what is compared with names that are known: comparing is slow, and a stranger sends it
)


@dataclass(frozen=True, slots=True)
class Case:
    """A request that was refused, looked at once and kept nowhere.

    `with_header` says whether it had an Authorization header. `client` is the one it named, if it is known and enabled.
    """

    params: Params
    with_header: bool
    client: Client | None
    apis: Apis
    issuer: str

    def value(self, name: str) -> str:
        """Return the first value of a parameter, `""` if there is none."""
        return next(iter(self.params.all(name)), "")


def explain(rule: Rule, case: Case) -> str:
    """Return what was wrong and what to do; `""` if nothing is known beyond the rule's own sentence."""
    particular = PARTICULAR.get(rule)
    said = particular(case) if particular else ""
    return said or ADVICE.get(rule, "")


def _redirect_exact(case: Case) -> str:
    sent, client = case.value("redirect_uri"), case.client
    if client is None:
        return ""
    said = f"{shown(sent)} is not registered for {client.id}. {_compared(sent, client.redirect_uris)}"
    only_port = any(differs_in_port(sent, registered) for registered in client.redirect_uris)
    return f"{said} Only a native client may choose its port." if only_port and client.type != "native" else said


def _redirect_required(case: Case) -> str:
    registered = len(case.client.redirect_uris) if case.client else 0
    why = "openid is asked for" if registered == 1 else f"{registered} are registered"
    return f"redirect_uri was left out, and {why}."


def _logout_redirect(case: Case) -> str:
    client = case.client
    if client is None:
        return "Send client_id or id_token_hint, so that it is known whose address this is."
    sent = case.value("post_logout_redirect_uri")
    return f"{shown(sent)} is not registered for {client.id}. {_compared(sent, client.post_logout_redirect_uris)}"


def _code_redirect(case: Case) -> str:
    sent = case.value("redirect_uri")
    if not sent:
        return "redirect_uri was left out here; it must be repeated as it was sent to the authorization endpoint."
    registered = case.client.redirect_uris if case.client else ()
    if sent in registered:
        return "It is registered, but the code was made for another one."
    return f"{shown(sent)} is not the one the code was made for. {_compared(sent, registered)}"


def _target_known(case: Case) -> str:
    unknown = next((sent for sent in case.params.all("resource") if sent not in case.apis), "")
    return f"{shown(unknown)} is no API of this server. {_compared(unknown, case.apis)}"


def _compared(sent: str, registered: Iterable[str]) -> str:
    nearest = closest(sent, registered)
    if nearest is None:
        return "None is registered."
    return f"The closest that is registered is {nearest}: yours {' and '.join(differences(sent, nearest))}."


def _client_known(case: Case) -> str:
    sent = case.value("client_id")
    if not sent:
        return "client_id is missing."
    around = " It has white space around it." if sent != sent.strip() else ""
    return f"No client of this id is registered and enabled; gatelodge clients list shows all.{around}"


def _client_proven(case: Case) -> str:
    client, used = case.client, _methods(case)
    if client is None:
        return "No client of this id is registered and enabled." if used or case.value("client_id") else _NO_PROOF
    if not any(used == [way] for way in _ways(client)):
        sent = f"used {' and '.join(used)}" if used else "proved nothing"
        return f"{client.id} is registered for {' or '.join(_ways(client))}, and this request {sent}."
    if client.auth_method == "private_key_jwt":
        return ""
    return f"The secret is not one that {client.id} has; an old one stops working when its overlap ends."


def _ways(client: Client) -> tuple[str, ...]:
    either = ("client_secret_basic", "client_secret_post")
    return either if client.keeps_secret and not client.auth_fixed else (client.auth_method,)


_NO_PROOF = "The request says nothing of which client it comes from."


def _client_enabled(case: Case) -> str:
    return "" if case.client is None and not case.value("client_id") else _client_proven(case)


def _one_method(case: Case) -> str:
    used = _methods(case)
    if len(used) > 1:
        return f"This request used {' and '.join(used)}."
    return "client_id in the body is another client than the one that proved itself."


def _methods(case: Case) -> list[str]:
    """Return the ways in which a request tries to prove its client."""
    is_workload = case.client is not None and case.client.auth_method == "workload_jwt"
    used = {
        "client_secret_basic": case.with_header,
        "client_secret_post": "client_secret" in case.params,
        "workload_jwt" if is_workload else "private_key_jwt": "client_assertion" in case.params,
    }
    return [method for method, is_used in used.items() if is_used]


def _grant_known(case: Case) -> str:
    sent = case.value("grant_type")
    legacy = {"password": "legacy.password", "implicit": "legacy.implicit"}.get(sent)
    if legacy:
        return f"{legacy} is off."
    near = get_close_matches(sent[:LONGEST_NAME].strip().lower(), GRANT_TYPES, 1)
    closest = f"The closest that this server has is {near[0]}. " if near else ""
    return f"{closest}The metadata lists what there is in grant_types_supported."


def _grant_allowed(case: Case) -> str:
    client = case.client
    if client is None:
        return ""
    if client.is_public and case.value("grant_type") in client.grants:
        return f"{client.id} is public, and this grant needs a client that can prove itself."
    return f"{client.id} is registered for {_listed(client.grants)}."


def _response_type_allowed(case: Case) -> str:
    return f"{case.client.id} is registered for {_listed(case.client.response_types)}." if case.client else ""


def _response_type_on(_case: Case) -> str:
    return "legacy.implicit and legacy.hybrid switch such response types on; better is code with PKCE."


def _scope_allowed(case: Case) -> str:
    client = case.client
    if client is None:
        return ""
    extra = [name for name in case.value("scope").split() if name not in client.scopes]
    known = case.apis.claim_scopes.about_people.union(*(api.scopes for api in case.apis.values()))
    named = [name for name in extra if name in known]
    asked = [_listed(named)] if named else []
    asked += [f"{len(extra) - len(named)} that no API here has"] if len(named) < len(extra) else []
    said = f"It asks for {' and for '.join(asked)}. " if asked else ""
    return f"{said}{client.id} is registered for {_listed(client.scopes)}."


def _scope_of_resource(case: Case) -> str:
    named = [case.apis[sent] for sent in case.params.all("resource") if sent in case.apis]
    return " ".join(f"{api.identifier} has {_listed(api.scopes)}." for api in named[:MOST_LISTED])


def _scope_one_api(case: Case) -> str:
    asked = frozenset(case.value("scope").split())
    owners = [(api.identifier, sorted(asked.intersection(api.scopes))) for api in case.apis.values()]
    return " ".join(f"{name} has {_listed(scopes)}." for name, scopes in owners[:MOST_LISTED] if scopes)


def _pkce_method(case: Case) -> str:
    return "" if "code_challenge_method" in case.params else "Without code_challenge_method, plain is meant, not S256."


def _pkce_challenge(case: Case) -> str:
    sent = case.value("code_challenge")
    found = [f"It has {len(sent)} characters instead of 43."] if len(sent) != 43 else []
    found += ["base64url has no padding: leave = out."] if "=" in sent else []
    found += ["base64url has - and _ where base64 has + and /."] if {"+", "/", " "} & set(sent) else []
    found += ["It looks like hexadecimal: encode the 32 bytes of the digest instead."] if len(sent) == 64 else []
    return " ".join(found)


def _pkce_verifier(case: Case) -> str:
    return "" if "code_verifier" in case.params else "code_verifier was not sent."


def _audience(case: Case) -> str:
    return f"aud must be the text {case.issuer} and nothing else, no list and no endpoint."


def _once(case: Case) -> str:
    known = PARAMETERS.intersection(case.params.repeated)
    if known:
        return f"More than once came {_listed(known)}."
    return "It was one that this server does not read; it counts all the same." if case.params.repeated else ""


def _listed(names: Iterable[str]) -> str:
    found = sorted(names)
    more = len(found) - MOST_LISTED
    return (", ".join(found[:MOST_LISTED]) or "nothing") + (f" and {more} more" if more > 0 else "")


PARTICULAR: Mapping[Rule, Callable[[Case], str]] = {
    rules.REDIRECT_EXACT: _redirect_exact,
    rules.REDIRECT_REQUIRED: _redirect_required,
    rules.LOGOUT_REDIRECT: _logout_redirect,
    rules.CODE_REDIRECT: _code_redirect,
    rules.TARGET_KNOWN: _target_known,
    rules.CLIENT_KNOWN: _client_known,
    rules.CLIENT_PROVEN: _client_proven,
    rules.CLIENT_ENABLED: _client_enabled,
    rules.CLIENT_ONE_METHOD: _one_method,
    rules.GRANT_KNOWN: _grant_known,
    rules.GRANT_ALLOWED: _grant_allowed,
    rules.RESPONSE_TYPE_ALLOWED: _response_type_allowed,
    rules.RESPONSE_TYPE_ON: _response_type_on,
    rules.SCOPE_ALLOWED: _scope_allowed,
    rules.SCOPE_OF_RESOURCE: _scope_of_resource,
    rules.SCOPE_ONE_API: _scope_one_api,
    rules.PKCE_METHOD: _pkce_method,
    rules.PKCE_CHALLENGE: _pkce_challenge,
    rules.PKCE_VERIFIER: _pkce_verifier,
    rules.JWT_AUD: _audience,
    rules.ONCE: _once,
}
