"""docs/sign-in-on-a-device.md: every block does what the page says."""

import threading
from typing import Any

import httpx2
import pytest
from tests.docs.conftest import Demo
from tests.docs.conftest import demo as demo
from tests.docs.examples import example
from tests.person import Person


def run(demo: Demo, text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "an_example"}
    exec(demo.shell().put(text), names)
    return names


def test_a_television_is_registered_signs_somebody_in_and_can_be_switched_off(
    demo: Demo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = demo.shell()
    shell.environ = {"GATELODGE_DATABASE": "sqlite:///var/demo/demo.db"}
    assert "living-room" in shell.run(example("docs/sign-in-on-a-device.md", "gatelodge clients add"))

    television = run(demo, example("docs/sign-in-on-a-device.md", "# television.py"))
    found = list[Any]()
    monkeypatch.setitem(television, "show", lambda prompt: found.append(prompt))
    watching = threading.Thread(target=lambda: found.append(television["sign_in"]()))
    watching.start()
    while not found:
        watching.join(0.05)
    with httpx2.Client(base_url=demo.issuer, timeout=30) as http:
        assert "Look at your device" in Person(http).compare(found[0].complete).text
    watching.join(30)
    assert found[1].person.sub == "demo-alice"

    cancelled = run(demo, example("docs/sign-in-on-a-device.md", "# cancelled.py"))
    cancelled["off"].set()
    assert cancelled["sign_in"]() is None
    assert f"Open {demo.issuer}/device and enter " in capsys.readouterr().out
