"""Judging new passwords: the rules of `protocol/password_rules.py`, with a list of common ones and an estimate.

`common_passwords.txt.gz` are the 16,293 passwords of at least eight characters that are common in two lists: that of
zxcvbn (MIT) and that of Django (BSD, made from Royce Williams' list). Shorter ones are too short anyway.
"""

import asyncio
import gzip
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from gatelodge.config.policies import SignInPolicy
from gatelodge.protocol.password_rules import PasswordRules, Problem, judge

COMMON = Path(__file__).parent / "common_passwords.txt.gz"
BETWEEN = re.compile(r"[\s._-]+")  # what stands between words
READ = 72  # characters an estimate looks at: what is longer is strong, or shows by then that it is not


def rules_of(policy: SignInPolicy) -> PasswordRules:
    """Return the rules in force: a password that is never enough by itself may be shorter."""
    enforced = policy.second_factor == "required"
    return PasswordRules(policy.min_password_with_factor, 2) if enforced else PasswordRules(policy.min_password)


def problem_of(password: str, policy: SignInPolicy, words: Iterable[str]) -> Problem | None:
    """Return what is wrong with a new password, or `None`. Takes up to a tenth of a second."""
    known = tuple(words)
    return judge(password, rules_of(policy), known, common_passwords().__contains__, lambda text: _score(text, known))


async def look_at(password: str, policy: SignInPolicy, words: Iterable[str]) -> Problem | None:
    """Do the same beside the event loop."""
    return await asyncio.to_thread(problem_of, password, policy, words)


@cache
def common_passwords() -> frozenset[str]:
    """Return the common passwords, in lower case."""
    with gzip.open(COMMON, "rt", encoding="utf-8") as file:
        return frozenset(line.rstrip("\n") for line in file)


def _score(password: str, words: tuple[str, ...]) -> int:
    from zxcvbn import zxcvbn  # a tenth of a second to import, and 4 MB

    # It sees a word that is repeated at once, and not one with a blank or a dash between.
    forms = {password[:READ], BETWEEN.sub("", password)[:READ] or password[:1]}
    return min(int(zxcvbn(form, user_inputs=list(words))["score"]) for form in forms)
