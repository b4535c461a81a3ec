"""A world per test, on each engine."""

from tests.worlds import world as world
