"""Logging people in with FastAPI: the `Login` of Starlette, where users of FastAPI look for it.

@app.get("/")
async def home(user: Annotated[User, Depends(login.require_user)]): ...
"""

from gatelodge.client.login.starlette import Login as Login
