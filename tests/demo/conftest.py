"""The demo's server in memory: the one the playground's tests play with."""

from tests.playground.conftest import world as world
