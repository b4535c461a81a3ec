"""For tests to which the engine is all one: the database is tested with each grant and with the stores."""

import pytest


@pytest.fixture
def engine() -> str:
    return "sqlite"
