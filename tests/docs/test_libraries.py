"""What an application can import from the libraries is documented, and so is what it can ask of that."""

import re
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any

import pytest
from tests.docs.tables import PAGES, ROOT

from gatelodge.client import AsyncOAuthClient, ClientConfig, OAuthClient, Tokens, Wanted
from gatelodge.client.keeping import AsyncRenewer, Renewer
from gatelodge.client.login import Options, User
from gatelodge.resource import Principal, TokenVerifier
from gatelodge.testing import Gatelodge

LIBRARIES = ("client", "client.keeping", "client.login", "resource", "testing")
USED = (
    *(OAuthClient, AsyncOAuthClient, ClientConfig, Wanted, Tokens),
    *(Renewer, AsyncRenewer, Options, User, TokenVerifier, Principal, Gatelodge),
)
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.S | re.M)


@pytest.fixture(scope="module")
def words() -> frozenset[str]:
    """Every name that is written as code in README.md or in a page of docs/."""
    pages = (ROOT / "README.md", *(page for page in PAGES if page.parent == ROOT / "docs"))
    return frozenset(re.findall(r"\w+", " ".join(" ".join(CODE.findall(page.read_text("utf-8"))) for page in pages)))


@pytest.mark.parametrize("library", LIBRARIES)
def test_everything_a_library_gives_is_in_the_docs(library: str, words: frozenset[str]) -> None:
    module = import_module(f"gatelodge.{library}")
    names: list[str] = getattr(module, "__all__", None) or dir(module)
    assert names
    assert sorted({*names} - words) == []


@pytest.mark.parametrize("kind", USED, ids=lambda kind: kind.__name__)
def test_every_part_of_what_applications_hold_is_in_the_docs(kind: type, words: frozenset[str]) -> None:
    parts = parts_of(kind)
    assert parts
    assert sorted(parts - words) == []


def parts_of(kind: Any) -> set[str]:
    """The public methods, properties, fields and keys of a class."""
    named = {field.name for field in fields(kind)} if is_dataclass(kind) else set(getattr(kind, "__annotations__", ()))
    return {name for name in {*vars(kind), *named} if not name.startswith("_")}
