"""How the pages look at one installation: its name, logo, colours, links in the foot, and templates of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from gatelodge.config.colours import written_on
from gatelodge.config.policies import LooksPolicy

THEME = "theme.css"


class FootLink(NamedTuple):
    """A link in the foot of every page."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Looks:
    """What templates are told. `files` are static files by name, the theme among them if anything is set.

    `logo` and `theme` are names of files, or empty. `templates` is the folder with the operator's templates, or `None`.
    """

    name: str = "Gatelodge"
    logo: str = ""
    theme: str = ""
    links: tuple[FootLink, ...] = ()
    templates: Path | None = None
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes], repr=False)


def read_looks(policy: LooksPolicy) -> Looks:
    """Read the files that `policy` names; `config.rules` has checked that they are there."""
    files: dict[str, bytes] = {}
    logo = _take(files, "logo", policy.logo)
    background = _take(files, "background", policy.background)
    theme = _theme(policy, background)
    if theme:
        files[THEME] = theme.encode()
    links = tuple(FootLink(*map(str.strip, link.split("=", 1))) for link in policy.links)
    folder = Path(policy.templates) if policy.templates else None
    return Looks(policy.name, logo, THEME if theme else "", links, folder, files)


def _take(files: dict[str, bytes], name: str, path: str) -> str:
    if not path:
        return ""
    file = Path(path)
    files[name + file.suffix.lower()] = file.read_bytes()
    return name + file.suffix.lower()


def _theme(policy: LooksPolicy, background: str) -> str:
    """Return the style sheet that comes after ours: the colours, the background, then the operator's own rules."""
    parts: list[str] = []
    if policy.brand:
        parts.append(f":root {{ {_colours(policy.brand)} }}")
    if dark := policy.brand_dark or policy.brand:
        parts.append(f"@media (prefers-color-scheme: dark) {{ :root {{ {_colours(dark)} }} }}")
    if background:
        parts.append(f'body {{ background: var(--ground) url("{background}") center / cover no-repeat fixed; }}')
    if policy.stylesheet:
        parts.append(Path(policy.stylesheet).read_text("utf-8"))
    return "\n".join(parts)


def _colours(brand: str) -> str:
    ink = written_on(brand)
    strong = f"color-mix(in srgb, {brand} 85%, {'#000000' if ink == '#ffffff' else '#ffffff'})"
    return f"--brand: {brand}; --brand-strong: {strong}; --on-brand: {ink};"
