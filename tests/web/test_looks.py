"""An installation's own name, colours, links and templates: on every page, and a mistake in one ends the start."""

from pathlib import Path

import pytest
from tests.web.samples import every_page

from gatelodge.config.colours import READABLE, contrast, written_on
from gatelodge.config.policies import ConfigError, LooksPolicy
from gatelodge.web.looks import THEME, read_looks
from gatelodge.web.pages import Pages

ISSUER = "https://id.test"


def pages_of(policy: LooksPolicy) -> Pages:
    return Pages(ISSUER, looks=read_looks(policy))


def test_name_logo_colours_and_links_are_on_every_page(tmp_path: Path) -> None:
    logo, sheet = tmp_path / "apple.SVG", tmp_path / "more.css"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    sheet.write_text(":root { --gate: #123456; }")
    policy = LooksPolicy(
        name="Orchard <b>",
        logo=str(logo),
        brand="#8a1c3b",
        brand_dark="#f29bb4",
        background=str(logo),
        stylesheet=str(sheet),
        links=("Privacy & more=https://orchard.test/privacy?a=1&b=2",),
    )
    pages = pages_of(policy)
    link = 'href="https://orchard.test/privacy?a=1&amp;b=2" rel="noopener noreferrer"'
    shown_by_these = {name: reply for name, reply in every_page(pages).items() if name != "home, administrator"}
    for name, reply in shown_by_these.items():
        page = reply.body.decode()
        assert " · Orchard &lt;b&gt;</title>" in page, name
        assert page.index("/static/style.css") < page.index("/static/theme.css"), name
        if 'class="foot"' in page:
            assert f"<a {link}>Privacy &amp; more</a>" in page, name
    theme = pages.assets.reply(THEME, None)
    assert theme is not None
    sheet_text = theme.body.decode()
    assert "--brand: #8a1c3b" in sheet_text
    assert "--on-brand: #ffffff" in sheet_text
    assert sheet_text.index('url("background.svg")') < sheet_text.index("--gate: #123456")
    shown = pages.assets.reply("logo.svg", None)
    assert shown is not None
    assert ("content-type", "image/svg+xml") in shown.headers


def test_what_stands_on_a_colour_can_be_read() -> None:
    for red in range(0, 256, 51):
        for green in range(0, 256, 51):
            colour = f"#{red:02x}{green:02x}80"
            assert contrast(written_on(colour), colour) >= READABLE


def test_templates_of_the_operator_come_first_and_can_extend_ours(tmp_path: Path) -> None:
    (tmp_path / "lodge.html").write_text('{% extends "house/lodge.html" %}{% block foot %}Since 1902{% endblock %}')
    shown = every_page(pages_of(LooksPolicy(templates=str(tmp_path))))["consent"].body.decode()
    assert "Since 1902" in shown
    assert 'id="allow"' in shown


def test_a_template_that_cannot_be_read_ends_the_start_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "authn").mkdir()
    (tmp_path / "authn" / "password.html").write_text("\n{% if %}")
    with pytest.raises(ConfigError, match=r"^looks\.templates: authn/password\.html, line 2: "):
        pages_of(LooksPolicy(templates=str(tmp_path)))
