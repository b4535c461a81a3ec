"""The catalogues of the pages: texts stand in templates in English, and a catalogue beside this file translates them.

A language is one directory `<tag>/LC_MESSAGES`, which `make catalogues` keeps up to date, and one entry of `LANGUAGES`
in `protocol/languages.py`.
"""

import gettext
from pathlib import Path

from jinja2 import Environment

CATALOGUES = Path(__file__).parent


def folder_of(language: str) -> str:
    """Return the name `gettext` has for a language."""
    return language.replace("-", "_")


def install(environment: Environment, language: str) -> None:
    """Make `_()` in the templates of `environment` speak `language`."""
    catalogue = gettext.translation("gatelodge", CATALOGUES, [folder_of(language)], fallback=True)
    getattr(environment, "install_gettext_callables")(  # noqa: B009 - added to the environment by its extension
        catalogue.gettext, catalogue.ngettext, newstyle=True
    )
