"""A person at a browser who fills in whatever form a foreign server shows, until it sends the browser elsewhere."""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urljoin, urlsplit

import httpx2


def walk(browser: httpx2.Client, url: str, given: Mapping[str, str]) -> str:
    """Open a URL and go on until another host is next; return that URL. `given` is what the person types."""
    page, home = browser.get(url), urlsplit(url).netloc
    for _ in range(20):
        if page.is_redirect:
            target = urljoin(str(page.url), page.headers["location"])
            if urlsplit(target).netloc != home:
                return target
            page = browser.get(target)
        else:
            page = submit(browser, page, given)
    raise AssertionError(f"no end in sight at {page.url}: {page.text[-900:]}")


def submit(browser: httpx2.Client, page: httpx2.Response, given: Mapping[str, str]) -> httpx2.Response:
    """Send the first form of a page, agreeing to everything."""
    form = re.search(r"<form([^>]*)>(.*?)</form>", page.text, re.S)
    assert form is not None, f"no form at {page.url}: {page.text[-900:]}"
    action = re.search(r'action="([^"]*)"', form[1])
    fields = {}
    for tag in re.findall(r"<(?:input|button)[^>]*>", form[2]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "abort":
            fields[name[1]] = unescape(value[1]) if value else ""
    data = {name: given.get(name, value) for name, value in fields.items()}
    return browser.post(urljoin(str(page.url), unescape(action[1]) if action else ""), data=data)
