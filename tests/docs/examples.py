"""The fenced examples of the documentation, and which test runs each."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
RUNNABLE = {"bash", "sh", "console", "python", "sql", "toml"}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)


@dataclass(frozen=True)
class Example:
    """One fenced block. `page` is its path in the repository."""

    page: str
    language: str
    text: str

    @property
    def place(self) -> tuple[str, str]:
        """The page and the first line, by which a test names it."""
        return self.page, self.text.splitlines()[0]


def examples(*languages: str) -> list[Example]:
    """Return every block in one of these languages, page by page."""
    return [
        Example(page.relative_to(ROOT).as_posix(), language, text)
        for page in PAGES
        for language, text in _FENCE.findall(page.read_text("utf-8"))
        if language in languages
    ]


def example(page: str, begins: str) -> str:
    """Return the one block of a page that begins with these words."""
    found = [one.text for one in examples(*RUNNABLE) if one.page == page and one.text.startswith(begins)]
    assert len(found) == 1, f"{page} has {len(found)} examples that begin with {begins!r}"
    return found[0]
