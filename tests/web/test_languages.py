"""Every language that is offered is whole, and every page is in the one its reader wants."""

import re
from urllib.parse import urlsplit

import pytest
from tests.docs import catalogues
from tests.world import World
from tests.worlds import world as world

from gatelodge.protocol.languages import DEFAULT, LANGUAGES

pytestmark = pytest.mark.anyio

OTHERS = [tag for tag in LANGUAGES if tag != DEFAULT]
_PARTS = re.compile(r"%\(\w+\)[sd]|</?\w+>")


def parts(text: str) -> list[str]:
    """Return what a translation must keep: places for values, and marks."""
    return sorted(_PARTS.findall(text))


@pytest.mark.parametrize("tag", OTHERS)
def test_a_language_that_is_offered_is_whole_and_keeps_every_value(tag: str) -> None:
    texts, translated = catalogues.template(), catalogues.read(tag)
    missing: list[object] = []
    broken: list[object] = []
    for message in texts:
        if not message.id:
            continue
        found = translated.get(message.id if isinstance(message.id, str) else message.id[0])
        if found is None or not found.string or (isinstance(found.string, tuple) and not all(found.string)):
            missing.append(message.id)
        elif isinstance(message.id, str):
            broken += [message.id] if parts(message.id) != parts(str(found.string)) else []
        else:
            kept = {*parts(message.id[0]), *parts(message.id[1])}
            broken += [message.id] if any({*parts(form)} - kept for form in found.string) else []
    assert missing == [], f"make catalogues ARGS={tag}, then translate these"
    assert broken == []
    assert catalogues.compiled(translated) == catalogues.file_of(tag).with_suffix(".mo").read_bytes()


async def test_a_page_is_in_the_language_of_its_reader(world: World) -> None:
    async with world.http() as http:
        await _is_in(http, "de", "/login?page=account", {"accept-language": "de-CH, en;q=0.5"})
        await _is_in(http, "en", "/login?page=account", {"accept-language": "tlh"})
        await _is_in(http, "de", "/nowhere", {"accept-language": "de"})
        await _is_in(http, "en", "/nowhere", {})


async def test_a_language_that_was_chosen_stays_and_the_page_too(world: World) -> None:
    async with world.http() as http:
        shown = await http.get("/login?page=account", headers={"accept-language": "de"})
        links = dict(re.findall(r'<a href="([^"]+)" lang="([\w-]+)"', shown.text))
        assert {tag: link for link, tag in links.items()} == {
            tag: f"?page=account&amp;language={tag}" for tag in LANGUAGES
        }
        chosen = await http.get("/login?page=account&language=en", headers={"accept-language": "de"})
        assert '<html lang="en"' in chosen.text
        cookie = chosen.headers["set-cookie"]
        assert "language=en" in cookie
        assert "httponly" in cookie.lower()
        name, _, value = cookie.partition(";")[0].partition("=")
        again = await http.get("/login?page=account", headers={"accept-language": "de", "cookie": f"{name}={value}"})
        assert '<html lang="en"' in again.text


@pytest.mark.parametrize("wanted", ["../../etc/passwd", "xx", "de%00", "<b>", "de&language=en"])
async def test_WEB_06_what_is_chosen_is_one_of_ours_or_nothing(world: World, wanted: str) -> None:
    async with world.http() as http:
        shown = await http.get(f"/login?page=account&language={wanted}", headers={"accept-language": "tlh"})
        expected = "de" if wanted.startswith("de&") else "en"
        assert f'<html lang="{expected}"' in shown.text
        assert "passwd" not in shown.text
        assert (await http.get("/nowhere?language=" + wanted)).status_code == 404


async def test_HTTP_11_no_link_to_another_language_carries_what_is_secret(world: World) -> None:
    async with world.http() as http:
        shown = await http.get("/?code=c0de&state=st4te&id_token_hint=h1nt&language=de&view=2")
        assert '?view=2&amp;language=de"' in shown.text
        assert not {"c0de", "st4te", "h1nt"}.intersection(re.split(r"\W+", shown.text))


async def _is_in(http: object, tag: str, path: str, headers: dict[str, str]) -> None:
    shown = await http.get(path, headers=headers)  # type: ignore[attr-defined]
    assert f'<html lang="{tag}"' in shown.text, urlsplit(path).path
