"""Writing a letter: subject, text and HTML out of one template, in the language of whom it is for.

A template says each sentence once. `letter.txt` or `letter.html` is what it extends, and the paragraphs and buttons it
uses come from `in_text.txt` or `in_html.html`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"

_GAPS = re.compile(r"\n{3,}")

Form = Literal["text", "html"]
Install = Callable[[Environment, str], None]
Choose = Callable[[Iterable[str]], str]

LAYOUTS: Mapping[Form, tuple[str, str]] = {
    "text": ("letter.txt", "in_text.txt"),
    "html": ("letter.html", "in_html.html"),
}


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """A letter as it is read; `subject` is one line."""

    subject: str
    text: str
    html: str


class Stationery:
    """Writes the letters of one issuer. `install` makes a template's environment speak one of `locales`."""

    def __init__(self, issuer: str, locales: Iterable[str], install: Install) -> None:
        self._shared = {"issuer": issuer, "host": urlsplit(issuer).netloc}
        self._environments: dict[tuple[str, Form], Environment] = {}
        for locale in locales:
            for form in LAYOUTS:
                environment = _environment(form)
                install(environment, locale)
                self._environments[locale, form] = environment

    def write(self, template: str, locale: str, values: Mapping[str, str | int]) -> WrittenLetter:
        """Return the letter of this template; `locale` is one of ours."""
        subject = self._render(template, locale, "text", values, only="subject")
        return WrittenLetter(
            " ".join(subject.split()),
            _GAPS.sub("\n\n", self._render(template, locale, "text", values)).strip() + "\n",
            self._render(template, locale, "html", values),
        )

    def _render(self, template: str, locale: str, form: Form, values: Mapping[str, str | int], only: str = "") -> str:
        layout, manner = LAYOUTS[form]
        found = self._environments[locale, form].get_template(f"{template}.letter.html")
        given = {**self._shared, "locale": locale, "layout": layout, "manner": manner, **values}
        if not only:
            return found.render(given)
        return "".join(found.blocks[only](found.new_context(given)))


def _environment(form: Form) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=form == "html",  # noqa: S701 - what is read as text is text
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters["moment"] = _moment
    return environment


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
