"""Swagger's login button: a FastAPI application protected by the library, its /docs, and the demo's sign-in."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Annotated, Any

import pytest
import uvicorn
from fastapi import Depends, FastAPI
from playwright.sync_api import Route, expect
from tests.browser.accounts import Person
from tests.browser.conftest import Demo
from tests.browser.visitor import Visitor
from tests.npm import installed
from tests.ports import free_port

from gatelodge.protocol.client import Client
from gatelodge.resource import Principal, TokenVerifier
from gatelodge.resource.fastapi import Auth

pytestmark = [pytest.mark.browser, pytest.mark.interop]

ELSEWHERE = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@*/"


def application(issuer: str) -> FastAPI:
    auth = Auth(TokenVerifier(issuer, f"{issuer}/demo/api"), scopes={"orders:read": "See your orders"})
    app = FastAPI(docs_url=None)
    app.include_router(auth.docs("swagger"))

    @app.get("/orders")
    async def orders(caller: Annotated[Principal, Depends(auth.require("orders:read"))]) -> dict[str, Any]:
        return {"orders of": caller.sub}

    return app


@contextmanager
def served(app: FastAPI, port: int) -> Generator[str]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://localhost:{port}"
    server.should_exit = True
    thread.join(10)


def bring_swagger(visitor: Visitor) -> None:
    """Answer for the machine from which FastAPI loads Swagger UI."""
    files = installed(Path(__file__).parent / "node" / "package.json") / "node_modules" / "swagger-ui-dist"

    def answer(route: Route) -> None:
        route.fulfill(path=files / route.request.url.rpartition("/")[2])

    visitor.context.route("https://cdn.jsdelivr.net/**", answer)
    visitor.context.route(
        "https://fastapi.tiangolo.com/**", lambda route: route.fulfill(path=files / "favicon-32x32.png")
    )


def test_the_login_button_of_swagger_signs_a_person_in(visitor: Visitor, person: Person, demo: Demo) -> None:
    port = free_port()
    redirect = f"http://localhost:{port}/docs/oauth2-redirect"
    scopes, grants = frozenset({"orders:read"}), frozenset({"authorization_code"})
    demo.accounts.add_client(
        Client(
            id="swagger",
            name="Swagger UI",
            type="spa",
            auth_method="none",
            redirect_uris=(redirect,),
            grants=grants,
            scopes=scopes,
            response_types=frozenset({"code"}),
        )
    )
    bring_swagger(visitor)
    with served(application(demo.site), port) as api:
        visitor.open(f"{api}/docs")
        page = visitor.page
        page.locator(".scheme-container button.authorize").click()
        page.locator(".modal-ux .scopes label .item").first.click()
        with page.expect_popup() as opened:
            page.locator(".modal-ux button.authorize").click()
        popup = opened.value
        popup.fill("#username", person.username)
        popup.fill("#password", person.password)
        popup.click("#submit")
        popup.click("#later")  # no passkey
        popup.click("#allow")
        expect(page.locator(".modal-ux button", has_text="Logout")).to_be_visible()
        page.locator(".modal-ux button.btn-done").click()
        page.locator("#operations-default-orders_orders_get").click()
        page.locator("button.try-out__btn").click()
        page.locator("button.execute").click()
        expect(page.locator(".live-responses-table tbody .response-col_status")).to_contain_text("200")
        expect(page.locator(".live-responses-table")).to_contain_text(f"sub-{person.username}")
