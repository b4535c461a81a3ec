"""docs/call-an-api.md and docs/client-library.md: every example runs against the demo."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.docs.conftest import Demo, Person, Shell
from tests.docs.examples import example

from gatelodge.client import Wanted

ORDERS = "a looking glass"


@pytest.fixture
def shell(demo: Demo, tmp_path: Path) -> Shell:
    """A shell of a program that has a home of its own and nothing in its environment."""
    return Shell(tmp_path, {"localhost:8000": f"localhost:{demo.port}"})


def run(shell: Shell, text: str) -> str:
    """Run a program as one runs a file."""
    name = text.split()[1]
    (shell.folder / name).write_text(shell.put(text))
    return shell.run(f"python {name}")


# docs/call-an-api.md


def test_a_job_calls_an_api(shell: Shell) -> None:
    assert ORDERS in run(shell, example("docs/call-an-api.md", "# job.py"))


def test_a_service_calls_an_api_from_a_task(shell: Shell) -> None:
    assert ORDERS in run(shell, example("docs/call-an-api.md", "# service.py"))


def test_httpx_has_the_same(shell: Shell) -> None:
    assert ORDERS in run(shell, example("docs/call-an-api.md", "# with_httpx.py"))


def test_a_token_is_bound_to_a_key(shell: Shell) -> None:
    assert ORDERS in run(shell, example("docs/call-an-api.md", "# bound.py"))


def test_who_calls_is_found_in_the_environment(shell: Shell) -> None:
    (shell.folder / "anywhere.py").write_text(shell.put(example("docs/call-an-api.md", "# anywhere.py")))
    assert ORDERS in shell.run(example("docs/call-an-api.md", "export GATELODGE_ISSUER"))


def test_who_calls_is_found_in_a_file(shell: Shell) -> None:
    (shell.folder / "anywhere.py").write_text(shell.put(example("docs/call-an-api.md", "# anywhere.py")))
    assert ORDERS in shell.run(example("docs/call-an-api.md", "mkdir -p ~/.config"))


def test_a_key_is_as_good_as_a_secret(demo: Demo, shell: Shell) -> None:
    shell.environ |= {"GATELODGE_DATABASE": f"sqlite:///{demo.folder}/var/demo/demo.db"}
    shell.run(example("docs/call-an-api.md", "openssl genpkey"))
    assert ORDERS in run(shell, example("docs/call-an-api.md", "# signed.py"))


# docs/protected-requests.md


def test_a_careful_shop_pushes_and_signs_and_takes_what_is_signed(
    demo: Demo, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = demo.shell()
    said = shell.run(example("docs/protected-requests.md", "export GATELODGE_DATABASE"))
    secret = next(word for word in said.split() if word.startswith("gls_"))
    monkeypatch.chdir(demo.folder)
    shop = names_of(shell, example("docs/protected-requests.md", "# careful_shop.py").replace("gls_...", secret))
    client = shop["login"].client

    begun = client.begin(Wanted(redirect_uri="http://localhost:5000/callback"))
    came = person.refused_at(begun.url)
    tokens = client.finish(begun.transaction, came)

    assert set(parse_qs(urlsplit(begun.url).query)) == {"client_id", "request_uri"}
    assert set(parse_qs(urlsplit(came).query)) == {"response"}
    assert tokens.person.sub == "demo-alice"


# docs/client-library.md


def test_a_sign_in_and_all_that_follows(demo: Demo, person: Person) -> None:
    shell = demo.shell()
    said = shell.run(example("docs/client-library.md", "export GATELODGE_DATABASE"))
    secret = next(word for word in said.split() if word.startswith("gls_"))
    tool = names_of(shell, example("docs/client-library.md", "# tool.py").replace("gls_...", secret))
    more = names_of(shell, example("docs/client-library.md", "# more.py"))

    url, kept = tool["begin"]()
    tokens = tool["finish"](kept, person.refused_at(url))
    email, active, leaving = more["use"](tool["client"], tokens)

    assert (email, active) == ("alice@example.com", True)
    assert leaving.startswith(f"{demo.issuer}/logout?")
    assert tokens.person.sub == "demo-alice"


def test_the_functions_alone(shell: Shell) -> None:
    assert names_of(shell, example("docs/client-library.md", "# pure.py"))["tokens"].token_type == "Bearer"


def names_of(shell: Shell, text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "an_example"}
    exec(shell.put(text), names)
    return names
