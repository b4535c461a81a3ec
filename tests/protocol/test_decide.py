"""The policy of /authorize: who must do what before anything is issued."""

from dataclasses import dataclass, replace

import pytest

from gatelodge.protocol.access_request import NOBODY, AccessRequest
from gatelodge.protocol.client import AuthMethod, Client, ClientType
from gatelodge.protocol.decide import AskConsent, AskSignIn, Issue, SelectAccount, Step, StepUp, next_step
from gatelodge.protocol.errors import OAuthError
from gatelodge.protocol.progress import ConsentAnswer, Progress, SignedInPerson
from gatelodge.protocol.targets import permission

NOW = 1_700_000_000
API = "https://orders.test"
OTHER = "https://invoices.test"

WEB1 = Client("web1", "Web", "web", "client_secret_basic")
OWN = replace(WEB1, trusted=True)

ALICE = SignedInPerson(1, "alice", 10, "sid-10", NOW - 100, "pwd", "1")
ALICE_AGAIN = replace(ALICE, session_id=11, sid="sid-11", auth_time=NOW)
SINCE = Progress().sign_in(ALICE_AGAIN.session_id)
BOB = SignedInPerson(2, "bob", 20, "sid-20", NOW - 100, "pwd", "1")
BOB_NOW = replace(BOB, session_id=21, sid="sid-21", auth_time=NOW)


@dataclass(frozen=True)
class Before:
    """What was allowed before."""

    scopes: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()


EVERYTHING = Before(frozenset({"openid", "profile", "email", "orders:read"}), frozenset({API}))


def asking(*prompt: str, scope: str = "openid", resource: tuple[str, ...] = ()) -> AccessRequest:
    return AccessRequest(scope=tuple(scope.split()), resource=resource, prompt=frozenset(prompt))


def step(
    asked: AccessRequest,
    person: SignedInPerson | None = ALICE,
    granted: Before | None = EVERYTHING,
    progress: Progress | None = None,
    client: Client = WEB1,
    now: int = NOW,
) -> Step:
    """Return what is next for a person who did not sign in for this request, unless `progress` says otherwise."""
    return next_step(asked, client, person, granted, progress or Progress(), {"1", "2"}, now)


def error(
    asked: AccessRequest,
    person: SignedInPerson | None = ALICE,
    granted: Before | None = EVERYTHING,
    progress: Progress | None = None,
) -> str:
    with pytest.raises(OAuthError) as refusal:
        step(asked, person, granted, progress)
    assert refusal.value.rule is not None
    return refusal.value.code


def test_nobody_signed_in_must_sign_in():
    assert step(asking(), None, None) == AskSignIn()


def test_a_person_who_allowed_it_before_just_passes():
    assert step(asking(scope="openid email")) == Issue(ALICE, ("openid", "email"), ())


def test_a_person_who_was_never_asked_is_asked():
    assert step(asking(scope="openid email"), granted=None) == AskConsent(ALICE, ("openid", "email"), ())


def test_RED_20_prompt_none_never_asks_but_says_what_it_would_have_asked():
    assert error(asking("none"), None, None) == "login_required"
    assert error(asking("none"), granted=None) == "consent_required"
    assert error(replace(asking("none"), max_age=50)) == "login_required"
    assert error(replace(asking("none"), essential_acr=("2",))) == "interaction_required"
    assert step(asking("none")) == Issue(ALICE, ("openid",), ())


def test_AZ_11_prompt_login_wants_a_sign_in_of_this_interaction():
    assert step(asking("login")) == AskSignIn(reauthenticate=True)
    assert step(asking("login"), now=NOW + 60) == AskSignIn(reauthenticate=True)
    assert step(asking("login"), ALICE_AGAIN, progress=SINCE) == Issue(ALICE_AGAIN, ("openid",), ())


@pytest.mark.parametrize("session_id", [9, 12])
def test_AZ_11_another_session_put_in_its_place_is_no_sign_in(session_id: int):
    other = replace(ALICE, session_id=session_id, auth_time=NOW)

    assert step(asking("login"), other, progress=SINCE) == AskSignIn(reauthenticate=True)


@pytest.mark.parametrize(("max_age", "passes"), [(0, False), (1, False), (99, False), (100, True), (101, True)])
def test_AZ_11_max_age_counts_from_the_last_sign_in(max_age: int, passes: bool):
    asked = replace(asking(), max_age=max_age)

    assert isinstance(step(asked), Issue) is passes
    assert step(asked, ALICE_AGAIN, progress=SINCE) == Issue(ALICE_AGAIN, ("openid",), ())


def test_AZ_11_max_age_zero_is_prompt_login_even_within_the_second():
    just_now = replace(ALICE, auth_time=NOW)

    assert step(replace(asking(), max_age=0), just_now) == AskSignIn(reauthenticate=True)


def test_a_person_who_takes_their_time_at_consent_is_not_sent_back_to_sign_in():
    asked = replace(asking(), max_age=10)

    assert isinstance(step(asked, ALICE_AGAIN, progress=SINCE, now=NOW + 600), Issue)


def test_AZ_13_a_hint_of_somebody_else_never_answers_for_this_person():
    asked = replace(asking(), hinted_sub="bob")

    assert step(asked) == AskSignIn(reauthenticate=True)
    assert error(replace(asked, prompt=frozenset({"none"}))) == "login_required"
    assert step(asked, BOB_NOW, progress=Progress().sign_in(BOB_NOW.session_id)) == Issue(BOB_NOW, ("openid",), ())
    assert step(replace(asked, hinted_sub="alice")) == Issue(ALICE, ("openid",), ())


def test_AZ_13_whoever_signs_in_instead_ends_the_request():
    assert error(replace(asking(), hinted_sub="bob"), ALICE_AGAIN, progress=SINCE) == "login_required"


def test_an_account_is_picked_in_this_interaction():
    begun = Progress()
    bob_came = begun.sign_in(BOB_NOW.session_id)

    assert step(asking("select_account"), progress=begun) == SelectAccount(ALICE)
    assert step(asking("select_account"), progress=begun.choose("bob")) == SelectAccount(ALICE)
    assert step(asking("select_account"), progress=begun.choose("alice")) == Issue(ALICE, ("openid",), ())
    assert step(asking("select_account"), BOB_NOW, progress=bob_came) == Issue(BOB_NOW, ("openid",), ())
    assert step(asking("select_account"), None, None) == AskSignIn()


def test_AZ_13_a_hint_that_says_nothing_answers_for_nobody():
    nobody = replace(asking(), hinted_sub=NOBODY)

    assert step(nobody) == SelectAccount(ALICE)
    assert step(nobody, progress=Progress(chosen_sub="alice")) == Issue(ALICE, ("openid",), ())
    assert error(replace(nobody, prompt=frozenset({"none"}))) == "login_required"


def test_who_comes_back_to_what_was_answered_says_as_whom_unless_nobody_may_be_asked():
    answered = Progress().ask_again("finished")

    assert step(asking(), progress=answered) == SelectAccount(ALICE)
    assert step(asking("none"), progress=answered) == Issue(ALICE, ("openid",), ())


def test_AZ_25_an_essential_acr_is_reached_or_refused():
    assert step(replace(asking(), essential_acr=("1", "2"))) == Issue(ALICE, ("openid",), ())
    assert step(replace(asking(), essential_acr=("3", "2"))) == StepUp(("2",))
    assert error(replace(asking(), essential_acr=("3",))) == "unmet_authentication_requirements"
    assert error(replace(asking("none"), essential_acr=("3",))) == "unmet_authentication_requirements"


def test_AZ_25_a_voluntary_acr_is_a_wish():
    assert step(replace(asking(), acr_values=("3",))) == Issue(ALICE, ("openid",), ())
    wished = replace(asking(), acr_values=("3", "2"))
    assert step(wished) == StepUp(("2",))
    assert step(replace(wished, prompt=frozenset({"none"}))) == Issue(ALICE, ("openid",), ())
    assert step(wished, replace(ALICE, acr="2")) == Issue(replace(ALICE, acr="2"), ("openid",), ())
    assert step(wished, ALICE_AGAIN, progress=SINCE) == Issue(ALICE_AGAIN, ("openid",), ())


def test_AZ_23_more_than_was_allowed_is_asked_and_nothing_else():
    asked = asking(scope="openid email offline_access")

    assert step(asked, granted=Before(frozenset({"openid"}))) == AskConsent(
        ALICE, ("email", "offline_access"), (), remembered=("openid",)
    )


def test_an_api_that_was_not_allowed_is_asked_for():
    asked = asking(scope="openid orders:read", resource=(API,))

    assert step(asked, granted=Before(frozenset({"openid", "orders:read"}))) == AskConsent(
        ALICE, (), (API,), remembered=("openid", "orders:read")
    )
    assert step(asked) == Issue(ALICE, ("openid", "orders:read"), (API,))


def test_AZ_23_a_scope_of_one_name_at_another_api_is_asked_for():
    permissions = tuple(permission(api, "write") for api in (API, OTHER))
    asked = replace(asking(scope="openid write", resource=(API, OTHER)), permissions=permissions)
    here = Before(frozenset({"openid", "write"}), frozenset({API, OTHER, permissions[0]}))
    there = replace(here, resources=here.resources | {permissions[1]})

    assert step(asked, granted=here) == AskConsent(ALICE, ("write",), (), remembered=("openid",))
    assert step(asked, granted=there) == Issue(ALICE, ("openid", "write"), (API, OTHER))


def test_prompt_consent_asks_for_all_of_it_again_and_once():
    asked = asking("consent", scope="openid orders:read", resource=(API,))
    answer = ConsentAnswer("alice", ("openid", "orders:read"), ("openid", "orders:read"), (API,))

    assert step(asked) == AskConsent(ALICE, ("openid", "orders:read"), (API,))
    assert step(asked, progress=Progress().answer(answer)) == Issue(ALICE, ("openid", "orders:read"), (API,))


def test_AZ_22_what_somebody_else_answered_does_not_count():
    progress = Progress().answer(ConsentAnswer("alice", ("openid",), ("openid",)))

    assert step(asking(), BOB_NOW, None, progress) == AskConsent(BOB_NOW, ("openid",), ())
    assert step(asking("consent"), BOB_NOW, EVERYTHING, progress) == AskConsent(BOB_NOW, ("openid",), ())


def test_what_a_person_leaves_out_is_not_granted():
    progress = Progress().answer(ConsentAnswer("alice", ("profile", "email"), ("profile",)))
    granted = Before(frozenset({"openid", "profile"}))

    assert step(asking(scope="openid profile email"), granted=granted, progress=progress) == Issue(
        ALICE, ("openid", "profile"), ()
    )


def test_an_api_at_which_everything_is_left_out_is_not_what_the_token_is_for():
    answer = ConsentAnswer("alice", ("openid", "orders:read"), ("openid",), (API,), left_out=(API,))
    asked = asking(scope="openid orders:read", resource=(API,))

    assert step(asked, granted=None, progress=Progress().answer(answer)) == Issue(ALICE, ("openid",), ())


def test_leaving_it_out_now_outweighs_having_allowed_it_before():
    progress = Progress().answer(ConsentAnswer("alice", ("openid", "email"), ("openid",)))

    assert step(asking("consent", scope="openid email"), progress=progress) == Issue(ALICE, ("openid",), ())


@pytest.mark.parametrize("allowed", [(), ("email",)])
def test_leaving_out_everything_or_who_one_is_refuses(allowed: tuple[str, ...]):
    progress = Progress().answer(ConsentAnswer("alice", ("openid", "email"), allowed))

    assert error(asking(scope="openid email"), granted=None, progress=progress) == "access_denied"


@pytest.mark.parametrize(
    ("client_type", "method", "asks"),
    [("native", "none", True), ("native", "client_secret_basic", False), ("spa", "none", False)],
)
def test_who_may_be_an_impostor_is_asked_for_each_time(client_type: ClientType, method: AuthMethod, asks: bool):
    client = replace(WEB1, type=client_type, auth_method=method)

    assert isinstance(step(asking(), client=client), AskConsent) is asks
    assert step(
        asking(), client=client, progress=Progress(consent=ConsentAnswer("alice", ("openid",), ("openid",)))
    ) == Issue(ALICE, ("openid",), ())


def test_the_operators_own_clients_do_not_ask_unless_they_want_to():
    assert step(asking(), granted=None, client=OWN) == Issue(ALICE, ("openid",), ())
    assert step(asking("consent"), granted=None, client=OWN) == AskConsent(ALICE, ("openid",), ())


def test_a_refusal_ends_it_whatever_else_is_open():
    assert error(asking(), progress=Progress().refuse()) == "access_denied"
    assert error(asking("login"), None, None, Progress().refuse()) == "access_denied"


def test_claims_asked_for_one_by_one_need_the_consent_of_their_scope():
    asked = replace(asking(), claims_userinfo=("email", "name"), claims_id_token=("email",))
    settled = Before(frozenset({"openid", "email"}))

    assert step(asked, granted=settled) == AskConsent(ALICE, ("profile",), (), remembered=("openid", "email"))
    assert step(asked) == Issue(ALICE, ("openid",), (), ("email", "name"), ("email",))


def test_and_are_left_out_with_it():
    asked = replace(asking(), claims_userinfo=("email", "name"), claims_id_token=("email",))
    progress = Progress().answer(ConsentAnswer("alice", ("openid", "email", "profile"), ("openid", "profile")))

    assert step(asked, granted=None, progress=progress) == Issue(ALICE, ("openid",), (), ("name",), ())


def test_signing_in_comes_before_stepping_up():
    assert step(replace(asking("login"), essential_acr=("2",))) == AskSignIn(reauthenticate=True)


def test_signing_in_comes_before_consent():
    assert step(asking("login", "consent"), granted=None) == AskSignIn(reauthenticate=True)
    assert isinstance(step(asking("login", "consent"), ALICE_AGAIN, None, SINCE), AskConsent)
