"""The world whose people also come from another provider."""

from tests.federated import federated as federated
from tests.federated import stub as stub
