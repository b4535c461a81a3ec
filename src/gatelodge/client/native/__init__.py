"""Signing a person in from a program on their own machine (RFC 8252), and keeping who is signed in where."""

from gatelodge.client.native.sign_in import EnterCode as EnterCode
from gatelodge.client.native.sign_in import InBrowser as InBrowser
from gatelodge.client.native.sign_in import Native as Native
from gatelodge.client.native.sign_in import Open as Open
from gatelodge.client.native.sign_in import OpenUrl as OpenUrl
from gatelodge.client.native.sign_in import Prompt as Prompt
from gatelodge.client.native.sign_in import SignInTimedOut as SignInTimedOut
from gatelodge.client.native.sign_in import system_browser as system_browser
