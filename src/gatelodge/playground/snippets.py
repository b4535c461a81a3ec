"""Code to take away: what the chosen flow looks like in an application, with this server's values in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gatelodge.playground.flows import Flow
from gatelodge.playground.sample import Sample

CODE = Path(__file__).parent / "code"
NAMES = {
    "javascript": "JavaScript",
    "python": "Python",
    "fastapi": "FastAPI",
    "django": "Django",
    "flask": "Flask",
    "curl": "curl",
}
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
KINDS: Mapping[str, tuple[str, ...]] = {
    "code": ("fastapi", "django", "flask", "curl"),
    "public": ("javascript", "python", "curl"),
    "machine": ("python", "fastapi", "django", "flask", "curl"),
    "api": ("fastapi", "django", "flask"),
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code in one framework or language."""

    key: str
    name: str
    text: str


def of_client(flow: Flow, sample: Sample) -> list[Snippet]:
    """Return the code of the application that performs a flow, in every framework."""
    shown = SHOWN.get(flow.key)
    return [] if shown is None else _snippets(shown, sample)


def of_api(sample: Sample) -> list[Snippet]:
    """Return the code of the API that is called, in every framework."""
    return _snippets("api", sample)


def _snippets(kind: str, sample: Sample) -> list[Snippet]:
    return [Snippet(f"{kind}-{key}", NAMES[key], _filled(text, sample)) for key, text in _texts(kind)]


@cache
def _texts(kind: str) -> tuple[tuple[str, str], ...]:
    return tuple((key, (CODE / f"{kind}_{key}.txt").read_text("utf-8")) for key in KINDS[kind])


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
