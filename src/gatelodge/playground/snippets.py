"""Code to take away: what a flow looks like in an application, with this server's values in it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gatelodge.playground.sample import Sample

FOLDER = Path(__file__).parent / "code"
NAMES = {
    "javascript": "JavaScript",
    "python": "Python",
    "fastapi": "FastAPI",
    "django": "Django",
    "flask": "Flask",
    "curl": "curl",
}


@dataclass(frozen=True, slots=True)
class Code:
    """Code that does one thing in several frameworks and languages: a file `kind_language.txt` for each."""

    kind: str
    languages: tuple[str, ...]
    folder: Path = FOLDER


API = Code("api", ("fastapi", "django", "flask"))  # the API that is called, by every flow


@dataclass(frozen=True, slots=True)
class Snippet:
    """Code in one framework or language."""

    key: str
    name: str
    text: str


def snippets(code: Code | None, sample: Sample) -> list[Snippet]:
    """Return the code in every framework, as it is for the sample application."""
    if code is None:
        return []
    return [Snippet(f"{code.kind}-{key}", NAMES[key], _filled(text, sample)) for key, text in _texts(code)]


@cache
def _texts(code: Code) -> tuple[tuple[str, str], ...]:
    return tuple((key, (code.folder / f"{code.kind}_{key}.txt").read_text("utf-8")) for key in code.languages)


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
