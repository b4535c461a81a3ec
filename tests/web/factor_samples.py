"""The pages of second factors, as they are drawn."""

from datetime import UTC, datetime
from typing import Any

import segno

from gatelodge.protocol.reply import Reply
from gatelodge.web.pages import Allows, Pages

CODES = tuple(f"ABCD-EFGH-JKLM-NPQR-STUV-WXY{at}" for at in range(10))


def factor_pages(pages: Pages, text: str, login: dict[str, Any]) -> dict[str, Reply]:
    """Return them; `login` is what sign-in pages are given, `text` stands for what a stranger decides."""
    given = {
        "seed": text,
        "picture": segno.make("otpauth://totp/a").svg_inline(omitsize=True, svgclass="qr", lineclass=None),
        "address": f"otpauth://totp/{text}",
        "text": "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
    }
    login = {**login, "trust_days": 30, "beginning": f"{pages.base}/login?interaction=handle-1"}
    form = {"action": f"{pages.base}/login/go-on?interaction=handle-1", "csrf": "csrf-1"}
    ways = [(f"{pages.base}/login/set-up/passkey?interaction=handle-1", "Set up a passkey")]
    setup = {**form, "entries": ways, "beginning": f"{pages.base}/login", "again": "", "client_uri": "", "given": given}
    due = datetime(2027, 1, 22, tzinfo=UTC)

    def page(name: str, **values: Any) -> Reply:
        return pages.render(name, allows=Allows(forms="anywhere"), **values)

    return {
        "code": page("authn/totp", problem=None, **{**login, "given": {"closed": False, "sub": "demo-bob"}}),
        "code, wrong": page("authn/totp", problem="wrong", **{**login, "given": {"closed": False, "sub": "demo-bob"}}),
        "code, closed": page("authn/totp", problem="wrong", **{**login, "given": {"closed": True, "sub": "demo-bob"}}),
        "recovery code": page("authn/recovery", problem=None, **{**login, "given": {}}),
        "set up an app": page("authn/totp_setup", problem="", **setup),
        "set up an app, wrong": page("authn/totp_setup", problem="wrong", **setup),
        "codes to keep": page("authn/recovery_codes_made", given={"codes": CODES}, **form),
        "put off": page("go_on", entries=ways, due=due, **form),
        "go on": page("go_on", entries=[], due=None, **form),
    }
