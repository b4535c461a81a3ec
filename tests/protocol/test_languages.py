"""Which language a page is in: what somebody reads best of what we speak."""

import pytest

from gatelodge.protocol import languages
from gatelodge.protocol.languages import choose, read_accept_language


@pytest.fixture(autouse=True)
def spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "LANGUAGES", {"en": "English", "de": "Deutsch", "zh-Hans": "简体中文"})


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (("de",), "de"),
        (("DE-at",), "de"),
        (("fr", "de"), "de"),
        (("zh",), "zh-Hans"),
        (("zh-CN",), "zh-Hans"),
        (("zh-Hans-HK",), "zh-Hans"),
        (("zh-TW",), None),
        (("zh-Hant",), None),
        (("fr",), None),
        ((), None),
        (("../../etc/passwd", "en/../de", "-en", "de\0", ""), None),
    ],
)
def test_WEB_06_a_tag_is_looked_up_in_a_list_and_never_used_as_a_name(
    wanted: tuple[str, ...], language: str | None
) -> None:
    assert choose(wanted) == language


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("de-CH, de;q=0.9, en;q=0.8", ("de-CH", "de", "en")),
        ("en;q=0.1, de", ("de", "en")),
        ("de;q=0, *;q=0.5, en", ("en",)),
        ("de;q=2, x" * 40, ()),
        ("", ()),
        ("de," * 30 + "en", ("de",) * 20),
    ],
)
def test_a_browser_says_what_it_reads_in_the_order_of_its_weights(header: str, tags: tuple[str, ...]) -> None:
    assert read_accept_language(header) == tags
