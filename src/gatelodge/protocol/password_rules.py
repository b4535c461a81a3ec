"""Which passwords may be chosen (NIST SP 800-63B-4 3.1.1.2, ASVS 6.2): long, not common, not about oneself.

There are no rules for kinds of characters, and nothing ever expires. How hard a password is to guess is estimated
elsewhere, and comes in as a score from 0 to 4.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Problem = Literal["short", "long", "common", "personal", "weak"]

MOST = 128  # characters
PRODUCT = "gatelodge"

_WORD = 3  # characters: what is shorter is a part of any word
_OWN = 8  # characters a password must have besides words that anybody who knows the person would try
_PARTS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """How many characters a password has at least, and its score: at 3 it is hard to guess for whoever has the hash."""

    least: int
    score: int = 3


def context_words(*about: str | None) -> frozenset[str]:
    """Return the words of whatever is known of a person and of where they sign in: names, addresses, hosts."""
    texts = [text.casefold() for text in (PRODUCT, *about) if text]
    parts = (part for text in texts for part in (text, *_PARTS.findall(text)))
    return frozenset(part for part in parts if len(part) >= _WORD)


def judge(
    password: str,
    rules: PasswordRules,
    words: Iterable[str],
    is_common: Callable[[str], bool],
    score_of: Callable[[str], int],
) -> Problem | None:
    """Return what is wrong with a new password, or `None`. `score_of` is asked last: it takes long."""
    if len(password) < rules.least:
        return "short"
    if len(password) > MOST:
        return "long"
    folded = password.casefold()
    if is_common(folded):
        return "common"
    if len(_without(folded, words)) < _OWN:
        return "personal"
    return "weak" if score_of(password) < rules.score else None


def _without(folded: str, words: Iterable[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        folded = folded.replace(word, "")
    return folded
