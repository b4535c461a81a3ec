"""The catalogues of the pages' languages, kept beside the templates they translate.

`make catalogues` brings them up to date: new texts come in untranslated, texts that are gone go, and what is translated
is compiled. A test fails while one is stale or not whole, so a language is either complete or not offered.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gatelodge.protocol.languages import DEFAULT, LANGUAGES
from gatelodge.web.assets import HOUSE
from gatelodge.web.locales import CATALOGUES, folder_of

# The rooms whose pages and letters are translated; the others' readers are developers.
FOR_PEOPLE = ("account", "authn", "entry", "mail", "providers", "web")
SHOWN = frozenset({"entry", "title", "words"})  # members that templates translate: `_(entry.words)`
SHOWN_FIRST = frozenset({"AccountAct"})  # classes whose first argument is one
HEAD: Mapping[str, Any] = {"project": "Gatelodge", "version": "0", "charset": "utf-8", "fuzzy": False}
OPTIONS = {"trimmed": "false", "silent": "false", "newstyle_gettext": "true"}


def words(tree: ast.AST) -> Iterator[str]:
    """Yield what templates show of values that stand in code."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))) if name in SHOWN:
                yield text
            case ast.keyword(arg=str(name), value=ast.Constant(value=str(text))) if name in SHOWN:
                yield text
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(text)), *_]) if name in SHOWN_FIRST:
                yield text
            case _:
                pass


def template() -> Catalog:
    """Return every text that a person can be shown."""
    catalogue = Catalog(charset="utf-8")
    for file in sorted(file for room in FOR_PEOPLE for file in (HOUSE / room).rglob("*")):
        where = [(file.relative_to(HOUSE).as_posix(), 0)]
        if file.suffix in (".html", ".txt") and file.parent.name == "templates":
            for _, message, _, _ in extract_from_file("jinja2.ext:babel_extract", file, options=OPTIONS):
                catalogue.add(message, locations=where)
        elif file.suffix == ".py":
            for text in words(ast.parse(file.read_text("utf-8"))):
                catalogue.add(text, locations=where)
    return catalogue


def file_of(language: str) -> Path:
    """Return where the translation of a language is written."""
    return CATALOGUES / folder_of(language) / "LC_MESSAGES" / "gatelodge.po"


def read(language: str) -> Catalog:
    """Return a translation as it is written."""
    with file_of(language).open("rb") as file:
        return read_po(file, locale=folder_of(language))


def compiled(catalogue: Catalog) -> bytes:
    """Return what `gettext` reads."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main(languages: list[str]) -> None:
    """Bring the catalogues of these languages up to date, else those of all that are offered."""
    texts = template()
    for language in languages or [tag for tag in LANGUAGES if tag != DEFAULT]:
        file = file_of(language)
        catalogue = read(language) if file.exists() else Catalog(locale=folder_of(language), header_comment="#", **HEAD)
        catalogue.update(texts, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # the same in every run
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            write_po(out, catalogue, width=0, omit_header=False, include_lineno=False, sort_by_file=True)
        file.with_suffix(".mo").write_bytes(compiled(read(language)))
        missing = sum(1 for message in catalogue if message.id and not message.string)
        sys.stdout.write(f"{language}: {len(catalogue)} texts, {missing} to translate\n")


if __name__ == "__main__":
    main(sys.argv[1:])
