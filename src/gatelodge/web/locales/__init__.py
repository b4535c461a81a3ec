"""The languages the pages speak. Texts stand in the templates in English; a catalogue beside this file translates them.

A language is one directory `<name>/LC_MESSAGES/gatelodge.mo` and one entry in `AVAILABLE`.
"""

import gettext
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment

DEFAULT = "en"
AVAILABLE = (DEFAULT,)


def choose(wanted: Iterable[str]) -> str:
    """Return the first of the `wanted` languages (BCP 47, best first) that we speak, else the default.

    What is wanted comes from strangers: it is looked up in a list and never used as a name of anything.
    """
    for tag in wanted:
        name = tag.casefold().split("-")[0]
        if name in AVAILABLE:
            return name
    return DEFAULT


def install(environment: Environment, locale: str) -> None:
    """Make `_()` in the templates of `environment` speak `locale`."""
    catalogue = gettext.translation("gatelodge", Path(__file__).parent, [locale], fallback=True)
    getattr(environment, "install_gettext_callables")(  # noqa: B009 - added to the environment by its extension
        catalogue.gettext, catalogue.ngettext, newstyle=True
    )
