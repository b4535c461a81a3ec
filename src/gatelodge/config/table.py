"""The table of settings in docs/configuration.md, made from config.py so that it cannot lie.

`python -m gatelodge.config.table docs/configuration.md` brings the page up to date; a test fails when it is stale.
"""

import sys
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from gatelodge.config.loading import SHORT_NAMES
from gatelodge.config.policies import SECTIONS
from gatelodge.config.setting import about

BEGIN = "<!-- settings: made by python -m gatelodge.config.table -->"
END = "<!-- end of settings -->"


def fresh(page: str) -> str:
    """Return `page` with the tables between the two marks made anew. Raises `ValueError` without the marks."""
    before, _, rest = page.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError("the page has no place for the settings")
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


def tables() -> str:
    """Return one Markdown table for each section."""
    return "\n".join(_section(name, make()) for name, make in SECTIONS.items())


def _section(name: str, policy: Any) -> str:
    subject = (type(policy).__doc__ or "").partition(": ")[2]
    head = f"### `[{name}]`\n\n{subject[:1].upper()}{subject[1:]}\n\n| key | default | meaning |\n|---|---|---|\n"
    return head + "".join(_row(name, key, getattr(policy, key.name)) for key in fields(policy))


def _row(section: str, key: Field[Any], default: object) -> str:
    sentence = " ".join(part for part in (about(key).sentence, _limits(key), _short_name(section, key.name)) if part)
    return f"| `{key.name}` | {_shown(default)} | {sentence} |\n"


def _limits(key: Field[Any]) -> str:
    known = about(key)
    if known.choices:
        return f"One of {', '.join(f'`{choice}`' for choice in known.choices)}."
    return "" if known.low is None else f"From {known.low} to {known.high}."


def _short_name(section: str, key: str) -> str:
    return next((f"Also `{name}`." for name, setting in SHORT_NAMES.items() if setting == (section, key)), "")


def _shown(default: object) -> str:
    if default in ("", ()):
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(fresh(file.read_text("utf-8")), "utf-8")
