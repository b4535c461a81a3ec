"""The colours can be told apart: WCAG 2.2 AA, in light and in dark."""

import re

import pytest

from gatelodge.config.colours import contrast
from gatelodge.web.assets import STATIC

CSS = (STATIC[0] / "style.css").read_text()
LIGHT, DARK = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part)) for part in CSS.split("@media", 2)[:2])

TEXT = [
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink", "wash"),
    ("soft", "ground"),
    ("soft", "surface"),
    ("brand", "ground"),
    ("brand", "surface"),
    ("brand", "wash"),
    ("brand-strong", "surface"),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("danger", "danger-wash"),
    ("warn", "warn-wash"),
]
EDGES = [("edge", "surface"), ("edge", "ground"), ("brand", "ground"), ("danger", "surface")]


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "behind"), TEXT)
def test_text_is_readable(scheme: dict[str, str], text: str, behind: str) -> None:
    assert contrast(scheme[text], scheme[behind]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("edge", "behind"), EDGES)
def test_fields_and_focus_can_be_seen(scheme: dict[str, str], edge: str, behind: str) -> None:
    assert contrast(scheme[edge], scheme[behind]) >= 3


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21
