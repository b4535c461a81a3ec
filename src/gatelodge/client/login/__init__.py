"""Logging people in with ten lines: `Login(issuer, client_id, client_secret)`, mounted in a web framework.

`gatelodge.client.login.starlette` (FastAPI too) and `.flask` have a `Login` of their own; for `.django`, the one of
this package goes into the settings.
"""

from gatelodge.client.login.async_core import AsyncLogin
from gatelodge.client.login.core import Login
from gatelodge.client.login.options import Asking, AsyncOptions, Options
from gatelodge.client.login.sessions import User
from gatelodge.client.login.visit import Visit, local_path

__all__ = ["Asking", "AsyncLogin", "AsyncOptions", "Login", "Options", "User", "Visit", "local_path"]
