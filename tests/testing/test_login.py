"""A whole application with `Login`, tested as its authors would: nothing in it knows that it is tested."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from gatelodge.client.login.starlette import Login
from gatelodge.testing import Gatelodge


def test_a_person_logs_in_to_an_application(gatelodge: Gatelodge):
    shop = gatelodge.add_client("shop", redirect_uri="https://shop.test/callback")
    login = Login(gatelodge.issuer, shop.client_id, shop.client_secret)

    async def home(request: Request) -> Response:
        return PlainTextResponse(f"Hello {(await login.require_user(request)).sub}")

    app = Starlette(routes=[Route("/", home)])
    login.mount(app)
    ada = gatelodge.add_user("ada")

    with TestClient(app, base_url="https://shop.test", follow_redirects=False) as browser:
        begun = browser.get("/login")
        came_back = browser.get(gatelodge.answer(begun.headers["location"], ada))
        assert browser.get(came_back.headers["location"]).text == f"Hello {ada.sub}"
