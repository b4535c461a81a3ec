"""Signing a person in from a program on their own machine (RFC 8252), and keeping who is signed in where.

Nothing is imported until it is used.
"""

from typing import TYPE_CHECKING

from gatelodge.client.doors import door

if TYPE_CHECKING:
    from gatelodge.client.native.accounts import Account as Account
    from gatelodge.client.native.accounts import Accounts as Accounts
    from gatelodge.client.native.accounts import NotSignedIn as NotSignedIn
    from gatelodge.client.native.accounts import OpenAccount as OpenAccount
    from gatelodge.client.native.sign_in import EnterCode as EnterCode
    from gatelodge.client.native.sign_in import InBrowser as InBrowser
    from gatelodge.client.native.sign_in import Native as Native
    from gatelodge.client.native.sign_in import Open as Open
    from gatelodge.client.native.sign_in import OpenUrl as OpenUrl
    from gatelodge.client.native.sign_in import Prompt as Prompt
    from gatelodge.client.native.sign_in import SignInTimedOut as SignInTimedOut
    from gatelodge.client.native.sign_in import system_browser as system_browser

_WHERE = {
    "Account": "accounts",
    "Accounts": "accounts",
    "EnterCode": "sign_in",
    "InBrowser": "sign_in",
    "Native": "sign_in",
    "NotSignedIn": "accounts",
    "Open": "sign_in",
    "OpenAccount": "accounts",
    "OpenUrl": "sign_in",
    "Prompt": "sign_in",
    "SignInTimedOut": "sign_in",
    "system_browser": "sign_in",
}

__getattr__, __dir__ = door(__name__, _WHERE)
