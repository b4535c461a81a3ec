"""Example Corp looks like itself, and says who can sign in there."""

from tests.web.samples import every_page

from gatelodge.config.policies import LooksPolicy
from gatelodge.demo import corp
from gatelodge.web.looks import THEME, read_looks
from gatelodge.web.pages import Pages


def test_example_corp_looks_like_itself_and_says_who_works_there() -> None:
    theirs, ours = (Pages(corp.issuer(8005), looks=read_looks(looks)) for looks in (corp.LOOKS, LooksPolicy()))
    shown, usual = (every_page(pages)["sign in"].body.decode() for pages in (theirs, ours))

    for said in (f"<strong>{corp.PEOPLE[0].new.username}</strong>", f"<code>{corp.PEOPLE[0].password}</code>"):
        assert said in shown
        assert said not in usual
    assert "/static/logo.svg?v=" in shown
    sheet = theirs.assets.reply(THEME, None)
    assert sheet is not None
    assert b"--ground: #e8ecfa" in sheet.body
    assert b"--brand: #3a4fb8" in sheet.body
