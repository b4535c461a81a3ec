"""The pages of coming in and of coming back, as they are drawn."""

from typing import Any

from gatelodge.protocol.reply import Reply
from gatelodge.sessions.mailed_links import MailedLink
from gatelodge.web.pages import Allows, Pages


def entry_pages(pages: Pages, text: str) -> dict[str, Reply]:
    """Return them; `text` stands for what a stranger or a person decides."""
    said = {"address": text, "user_id": 1}
    link = MailedLink("recover", "handle-1", dict(said), elsewhere=True, expires_at=0)
    form: dict[str, Any] = {"csrf": "csrf-1", "problem": "", "again": "", "client_uri": "", "what": "", "link": link}
    asked: dict[str, Any] = {"back": "interaction=handle-1", "email": text, "sign_in": "/login?interaction=handle-1"}

    def page(template: str, status: int = 200, **values: Any) -> Reply:
        return pages.render(f"entry/{template}", status=status, allows=Allows(forms="here"), **(form | values))

    new: dict[str, Any] = {"login": text, "least": 15}
    return {
        "register": page("register", **asked),
        "register, no address": page("register", 400, problem="address", **asked),
        "make an account": page("register_link", name=text, least=15, given=None),
        "recover": page("recover", **asked),
        "recover, throttled": page("recover", 429, problem="throttled", wait_minutes=7, **asked),
        "mailbox": page("mailbox", address=text, code="BCD-FGH"),
        "new password": page("recover_link", delayed=True, **new),
        "new password, wrong code": page("recover_link", 400, problem="code", delayed=True, **new),
        "all is lost": page("lost", back="", hours=24, admins=False),
        "it takes some time": page("recovery_waits", hours=24, address=text),
        "begin again": page("regain", **new),
        "begin again, weak": page("regain", 400, problem="weak", **new),
        "stop it": page("stop_recovery"),
        "it is stopped": page("done", what="recovery_stopped", sign_in="/login?page=account"),
        "new address": page("confirm_email", is_here=True),
        "new address, elsewhere": page("confirm_email", is_here=False),
        "old address": page("undo_email"),
        "link over": page("over", 410, again="/recover"),
    }
