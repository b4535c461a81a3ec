"""The pages of a person's own account, one line each: a page that is not listed here is not served.

The order is that of the navigation. The overview stands before them all, made of what each of them says of itself.
"""

from gatelodge.account.apps import AppsPage
from gatelodge.account.contract import AccountPage
from gatelodge.account.data import DataPage
from gatelodge.account.email import EmailPage
from gatelodge.account.history import HistoryPage
from gatelodge.account.links import LinksPage
from gatelodge.account.passkeys import PasskeysPage
from gatelodge.account.password import PasswordPage
from gatelodge.account.profile import ProfilePage
from gatelodge.account.second_step import SecondStepPage
from gatelodge.account.sessions import SessionsPage

PAGES: tuple[type[AccountPage], ...] = (
    ProfilePage,
    EmailPage,
    PasswordPage,
    PasskeysPage,
    SecondStepPage,
    LinksPage,
    SessionsPage,
    AppsPage,
    HistoryPage,
    DataPage,  # tells of all pages before it
)
