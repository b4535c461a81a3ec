"""Which passwords may be chosen: each rule by itself, in the order in which people are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelodge.authn.password_judge import common_passwords, problem_of, rules_of
from gatelodge.config.policies import SignInPolicy
from gatelodge.protocol.password_rules import PasswordRules, context_words, judge

ALONE = SignInPolicy()
SECOND = SignInPolicy(second_factor="required")
ADA = context_words("ada.lovelace", "ada.lovelace@engines.example", "Ada Lovelace", "https://login.example.com")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("fourteen chars", "short"),
        ("x" * 129, "long"),
        ("lovelace engines", "personal"),
        ("Gatelodge-Gatelodge-1", "personal"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "weak"),
        ("password1234567", "weak"),
        ("qwertyuiopasdfghjkl", "weak"),
        ("password password", "weak"),
        ("football-football_football", "weak"),
        ("1 2 3 4 5 6 7 8 9", "weak"),
        (" " * 15, "weak"),
        ("two trees behind my uncle's barn", None),
        ("ein Zug nach Lübeck um halb vier", None),
        ("牛が三頭と青い自転車の夢を見たので歩いた", None),
        ("lovelace has three old bicycles", None),
    ],
)
def test_a_password_alone_is_long_rare_and_not_about_oneself(password: str, problem: str | None) -> None:
    assert problem_of(password, ALONE, ADA) == problem


def test_eight_characters_are_enough_beside_a_second_factor_that_everybody_must_have() -> None:
    assert (rules_of(ALONE).least, rules_of(SECOND).least) == (15, 8)
    assert problem_of("mK7$wq#z", SECOND, ADA) is None
    assert problem_of("mK7$wq#", SECOND, ADA) == "short"


@pytest.mark.parametrize("password", ["password", "iloveyou", "Football1", "11111111"])
def test_ASVS_6_2_4_a_common_password_is_refused_in_any_case(password: str) -> None:
    assert problem_of(password, SECOND, ()) == "common"


def test_the_list_is_whole_and_holds_nothing_that_is_too_short_anyway() -> None:
    assert len(common_passwords()) > 16_000
    assert min(map(len, common_passwords())) == 8


@given(st.text(min_size=1, max_size=140))
def test_whatever_is_typed_is_judged(password: str) -> None:
    problem = judge(password, PasswordRules(8), ADA, common_passwords().__contains__, lambda _: 4)
    assert (problem == "short") == (len(password) < 8)
    assert (problem == "long") == (len(password) > 128)
