"""A whole server, on each engine, and people who look at their accounts in browsers."""

from tests.federated import federated as federated
from tests.federated import stub as stub
from tests.worlds import world as world
