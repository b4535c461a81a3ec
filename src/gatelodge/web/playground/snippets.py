"""Code to take away: what the chosen flow looks like in an application, with this server's values in it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gatelodge.web.playground.flows import Flow
from gatelodge.web.playground.sample import Sample

CODE = Path(__file__).parent / "code"
NAMES = {"fastapi": "FastAPI", "django": "Django", "flask": "Flask", "curl": "curl"}
# Which code shows a flow. Whoever looks at what OAuth 2.1 removed is given what replaces it.
SHOWN = {
    "code": "code",
    "refresh": "code",
    "hybrid": "code",
    "password": "code",
    "public": "public",
    "implicit": "public",
    "machine": "machine",
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code in one framework or language."""

    key: str
    name: str
    text: str


def snippets(flow: Flow, sample: Sample) -> list[Snippet]:
    """Return the code of a flow, in every framework."""
    shown = SHOWN.get(flow.key)
    return [] if shown is None else [Snippet(key, NAMES[key], _filled(text, sample)) for key, text in _texts(shown)]


@cache
def _texts(flow: str) -> tuple[tuple[str, str], ...]:
    return tuple((key, (CODE / f"{flow}_{key}.txt").read_text("utf-8")) for key in NAMES)


def _filled(text: str, sample: Sample) -> str:
    values = {
        "@ISSUER@": sample.issuer,
        "@CLIENT@": sample.client_id(public=False),
        "@PUBLIC_CLIENT@": sample.client_id(public=True),
        "@CALLBACK@": sample.callback,
        "@API@": sample.api,
        "@SECRET@": sample.public_secret,
    }
    for name, value in values.items():
        text = text.replace(name, value)
    return text
