"""Opening the room: the pages that have letters sent, where this server sends any, and those that links lead to."""

from gatelodge.authn.room import Authn
from gatelodge.endpoints.routes import Route
from gatelodge.entry.choosing import PasskeyChoice, PasswordChoice
from gatelodge.entry.delayed import LostPage, RegainPage, StopPage
from gatelodge.entry.email import ConfirmEmailPage, UndoEmailPage
from gatelodge.entry.frame import EntryFrame
from gatelodge.entry.recover import RecoverLinkPage, RecoverPage
from gatelodge.entry.register import RegisterLinkPage, RegisterPage
from gatelodge.foundation.contract import Foundation
from gatelodge.ops.delayed_recovery import DelayedRecoveries
from gatelodge.ops.email_change import EmailChanges
from gatelodge.ops.limits import LetterLimits
from gatelodge.ops.recovery import Recoveries
from gatelodge.ops.registration import Newcomers
from gatelodge.sessions.room import SessionsRoom
from gatelodge.web.room import Web


def routes(on: Foundation, web: Web, sessions: SessionsRoom, authn: Authn) -> tuple[Route, ...]:
    """Return the pages; none where nobody is written to."""
    if not on.letters.are_sent:
        return ()
    policy = on.config.accounts
    frame = EntryFrame(web.pages, sessions.browsers, sessions.csrf_key, sessions.links, on.clock)
    limits = LetterLimits(on.vault.derive("letter limits"), policy)
    choice = PasswordChoice(sessions.links, authn.passwords, on.config.sign_in, on.clock, on.site.issuer)
    passkeys = authn.passkeys and PasskeyChoice(authn.passkeys, on.mint)
    newcomers = Newcomers(sessions.links, on.letters, limits, policy)
    ask, make = (
        RegisterPage(frame, on.db, newcomers),
        RegisterLinkPage(frame, on.db, newcomers, choice, passkeys, on.entropy),
    )
    found = [
        Route("register", "/register", {"GET": ask.show, "POST": ask.submit}),
        Route("register_link", "/register/{link}", {"GET": make.show, "POST": make.submit}),
    ]
    changes = EmailChanges(sessions.links, on.letters, limits, policy)
    confirm, undo = ConfirmEmailPage(frame, on.db, changes), UndoEmailPage(frame, on.db, changes)
    found += [
        Route("confirm_email", "/confirm/{link}", {"GET": confirm.show, "POST": confirm.submit}),
        Route("undo_email", "/undo/{link}", {"GET": undo.show, "POST": undo.submit}),
    ]
    if policy.recovery:
        recoveries = Recoveries(sessions.links, on.letters, limits, policy)
        delayed = DelayedRecoveries(sessions.links, on.letters, limits, policy)
        lost = RecoverPage(frame, on.db, recoveries, authn.known)
        again = RecoverLinkPage(frame, on.db, recoveries, choice, delayed)
        regain, stop = RegainPage(frame, on.db, delayed, choice), StopPage(frame, on.db, delayed)
        found += [
            Route("recover", "/recover", {"GET": lost.show, "POST": lost.submit}),
            Route("recover_link", "/recover/{link}", {"GET": again.show, "POST": again.submit}),
            Route("regain", "/regain/{link}", {"GET": regain.show, "POST": regain.submit}),
            Route("stop_recovery", "/stop/{link}", {"GET": stop.show, "POST": stop.submit}),
        ]
        if policy.recovery_delay_hours:
            all_lost = LostPage(frame, policy.recovery_delay_hours, policy.recovery_delay_admins)
            found.append(Route("lost", "/lost", {"GET": all_lost.show}))
    return tuple(found)
