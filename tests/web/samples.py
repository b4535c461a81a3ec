"""One sample of every page, with the values it needs: what tests render to look at all of them."""

from typing import Any

from tests.web.entry_samples import entry_pages
from tests.web.factor_samples import factor_pages

from gatelodge.demo import data as demo_data
from gatelodge.demo.pages.backend import ShownExchange
from gatelodge.demo.pages.legacy import FLOWS
from gatelodge.endpoints.failures import Onward
from gatelodge.protocol.client import Api
from gatelodge.protocol.decide import AskConsent
from gatelodge.protocol.progress import SignedInPerson
from gatelodge.protocol.reply import Reply
from gatelodge.protocol.targets import Apis
from gatelodge.stores.users import UserRecord
from gatelodge.web.asked import AskedScope, groups
from gatelodge.web.login import OtherWay
from gatelodge.web.pages import Allows, Pages
from gatelodge.web.select_account import ShownAccount

ORDERS = Api("https://api.test/orders", "Orders", {"orders:read": "See your orders", "orders:write": "Change orders"})
ALICE = UserRecord(
    1,
    "sub-alice",
    "alice",
    "alice@example.test",
    True,
    "Alice Liddell",
    {"phone_number": "+44 20 7946 0018", "address": {"formatted": "1 Rabbit Hole Lane\nOxford"}},
    True,
    False,
    0,
)
PERSON = SignedInPerson(1, "sub-alice", 7, "sid", 0, "pwd", "acr")
EVERYTHING = ("openid", "profile", "email", "phone", "address", "offline_access", "orders:read", "orders:write")
ASKED = groups(AskConsent(PERSON, EVERYTHING, (ORDERS.identifier,)), (ORDERS.identifier,), Apis([ORDERS]), ALICE)
EXCHANGE = ShownExchange(
    "Code exchange", "POST https://id.test/token\n\ncode=abcdefgh…", 200, '{\n  "expires_in": 600\n}'
)
FORM: dict[str, Any] = {
    "handle": "handle-1",
    "query": "interaction=handle-1",
    "csrf": "csrf-1",
    "again": "",
    "client_uri": "https://shop.test/",
    "beside": [],
    "beginning": "",
}


def every_page(pages: Pages, text: str = "Orchard Shop") -> dict[str, Reply]:
    """Return every page; `text` stands wherever a stranger, a client or a person decides what is shown."""
    anywhere = Allows(forms="anywhere")
    person: dict[str, Any] = {"person_name": text, "person_login": text}
    login: dict[str, Any] = {
        "client_name": text,
        "given": {"username": text},
        "entries": [OtherWay(f"{pages.base}/login/other", "Sign in in another way")],
        "wait_minutes": 2,
        "page": "",
        "action": f"{pages.base}/login?interaction=handle-1",
        **FORM,
    }
    own: dict[str, Any] = {
        **login,
        "client_name": "",
        "page": "inspector",
        "action": f"{pages.base}/login?page=inspector",
    }
    late: dict[str, Any] = {**login, "again": "late"}
    accounts = [ShownAccount("sid-1", text, text, True), ShownAccount("sid-2", text, text, False)]
    finished: dict[str, Any] = {**FORM, "again": "finished"}
    return {
        "sign in": pages.render("authn/password", allows=anywhere, problem=None, **login),
        "sign in, wrong": pages.render("authn/password", allows=anywhere, problem="wrong", **login),
        "sign in, throttled": pages.render("authn/password", allows=anywhere, problem="throttled", **login),
        "sign in, busy": pages.render("authn/password", allows=anywhere, problem="busy", **login),
        "sign in, own page": pages.render("authn/password", allows=Allows(forms="here"), problem=None, **own),
        "sign in, late": pages.render("authn/password", allows=anywhere, problem=None, **late),
        **factor_pages(pages, text, login),
        **entry_pages(pages, text),
        "no administrator": pages.render("no_administrator", status=403, query="page=inspector", **person),
        "inspector off": pages.render("inspector/off", status=404),
        "consent": pages.render(
            "consent",
            allows=anywhere,
            client_name=text,
            client_host=text,
            next_host=text,
            policy_uri="https://shop.test/privacy",
            tos_uri="https://shop.test/terms",
            groups=_asked(text),
            on_device=False,
            before=(AskedScope("phone"), AskedScope("orders:read", sentence=text)),
            **person,
            **FORM,
        ),
        **_device(pages, text),
        "select account": pages.render("select_account", allows=anywhere, client_name=text, accounts=accounts, **FORM),
        "select account, finished": pages.render(
            "select_account", allows=anywhere, client_name=text, accounts=accounts, **finished
        ),
        "sign out": pages.render(
            "logout", allows=anywhere, csrf="csrf-1", carried=[("state", text)], client_name=text, again="", **person
        ),
        "sign out, changed": pages.render(
            "logout", allows=anywhere, csrf="csrf-1", carried=[], client_name=text, again="changed", **person
        ),
        "signed out": pages.render("signed_out", stayed=False, frames=(), goes_to=""),
        "stayed": pages.render("signed_out", stayed=True, frames=(), goes_to=""),
        "error": pages.error("invalid_request", text, "00112233"),
        "expired": pages.error("expired", "", "00112233", 403),
        "expired, with a way on": pages.error("expired", "", "00112233", 403, Onward(text, "https://shop.test/")),
        "wrong address": pages.error("invalid_request", "", "00112233", 421),
        "broken": pages.error("server_error", "something went wrong on our side", "00112233", 500),
        "home": _home(pages, administrator=False),
        "home, administrator": _home(Pages(pages.issuer), administrator=True),
        "demo web": _demo_web(pages, None, "", text),
        "demo web, back": _demo_web(pages, [("code", text), ("state", text), ("iss", text)], "", text),
        "demo web, not asked": _demo_web(pages, [("state", text)], "state", text),
        "demo spa": pages.render("demo/spa", allows=Allows(scripts=True), issuer=pages.issuer),
        "demo legacy": pages.render("demo/legacy", allows=Allows(forms="here"), flows=FLOWS, exchange=EXCHANGE),
        "demo legacy, back": pages.render(
            "demo/legacy_callback",
            allows=Allows(scripts=True),
            issuer=text,
            state=text,
            nonce=text,
            came=[(text, text)],
        ),
    }


def _home(pages: Pages, *, administrator: bool) -> Reply:
    shown = demo_data.shown(pages.issuer)
    return pages.render("home", issuer=pages.issuer, administrator=administrator, shown=shown)


def _asked(text: str) -> object:
    api = Api(ORDERS.identifier, text, {"orders:read": text})
    user = UserRecord(
        1, "s", text, text, True, text, {"phone_number": text, "address": {"formatted": text}}, True, False, 0
    )
    step = AskConsent(PERSON, (*EVERYTHING[:6], "orders:read", "strange"), (api.identifier,))
    return groups(step, (api.identifier,), Apis([api]), user)


def _demo_web(pages: Pages, came: list[tuple[str, str]] | None, problem: str, text: str) -> Reply:
    return pages.render(
        "demo/web",
        allows=Allows(forms="anywhere"),
        came=came,
        problem=problem,
        exchanges=(ShownExchange(text, text, 200, text),) if came else (),
        claims=text if came else "",
        signed_in=came is not None,
        told_to_leave=came is None,
        name=text,
        may_refresh=True,
    )


def _device(pages: Pages, text: str) -> dict[str, Reply]:
    here, code = Allows(forms="here"), "WDJB-MJHT"
    asked: dict[str, Any] = {
        "action": f"{pages.base}/device?interaction=handle-1",
        "csrf": "csrf-1",
        "code": code,
        "client_name": text,
        "client_uri": "",
        "address": "2001:db8:85a3:8d3:1319:8a2e:370:7348",
        "minutes": 2,
    }
    ends = ("allowed", "refused", "answered", "over", "twice")
    return {
        "device": pages.render("device", allows=here, csrf="csrf-1", code="", problem=""),
        "device, wrong": pages.render("device", allows=here, csrf="csrf-1", code="", problem="wrong"),
        "device, throttled": pages.render("device", allows=here, csrf="csrf-1", code="", problem="throttled"),
        "device, late": pages.render("device", allows=here, csrf="csrf-1", code="", problem="late"),
        "device, by a link": pages.render("device", allows=here, csrf="csrf-1", code=code, problem=""),
        "device, near": pages.render("device_compare", allows=here, near=True, **asked),
        "device, far": pages.render("device_compare", allows=here, near=False, **asked),
        **{f"device, {end}": pages.render("device_end", end=end, client_name=text) for end in ends},
    }
