"""A whole server, on each engine, and people who look at their accounts in browsers."""

from tests.worlds import world as world
