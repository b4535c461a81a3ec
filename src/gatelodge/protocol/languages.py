"""The languages the pages speak, and which of them somebody reads best (RFC 9110 12.5.4, RFC 4647 3.4)."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

DEFAULT = "en"
# A tag (BCP 47) and its own name, in the order in which they are offered.
LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "en": "English",
        "de": "Deutsch",
        "es": "Español",
        "fr": "Français",
        "cs": "Čeština",
        "ja": "日本語",
        "zh-Hans": "简体中文",
    }
)
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

MAX_RANGES = 20  # of one Accept-Language that are looked at
_RANGE = re.compile(r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4})(?:\s*;\s*q=([01](?:\.[0-9]{0,3})?))?")
_SCRIPTS: Mapping[str, str] = {"cn": "hans", "sg": "hans", "my": "hans", "tw": "hant", "hk": "hant", "mo": "hant"}


def choose(wanted: Iterable[str]) -> str | None:
    """Return the first of the `wanted` languages (BCP 47, best first) that we speak, or `None`.

    What is wanted comes from strangers: it is looked up in a list and never used as a name of anything.
    """
    return next((spoken for tag in wanted if (spoken := _spoken(tag)) is not None), None)


@lru_cache(maxsize=256)
def read_accept_language(header: str) -> tuple[str, ...]:
    """Return the tags of an Accept-Language, best first; what cannot be read is passed over."""
    found = (_RANGE.fullmatch(part.strip()) for part in header[:1000].split(",")[:MAX_RANGES])
    ranges = [(match[1], float(match[2] or 1)) for match in found if match is not None]
    return tuple(tag for tag, quality in sorted(ranges, key=lambda one: -one[1]) if quality > 0)


def _spoken(tag: str) -> str | None:
    """Look a tag up: exactly, else by its language; Chinese is told apart by how it is written."""
    language, *rest = tag.casefold().split("-")
    if language == "zh":
        script = next(
            (part for part in (_SCRIPTS.get(part, part) for part in rest) if part in ("hans", "hant")), "hans"
        )
        language = f"zh-{script}"
    return next((name for name in LANGUAGES if name.casefold() in (tag.casefold(), language)), None)
