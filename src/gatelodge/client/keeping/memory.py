"""A store in the memory of this process."""

from collections.abc import Generator
from contextlib import contextmanager

from gatelodge.client.forks import ForkedLock
from gatelodge.client.keeping.sealed import Seals, TokenStore
from gatelodge.client.keeping.table import Table, TableRows
from gatelodge.clock import SystemEntropy


def memory_store() -> TokenStore:
    """Return a store that ends with this process, and that no other process sees."""
    table: Table = {}
    lock = ForkedLock()

    @contextmanager
    def opened() -> Generator[Table]:
        with lock:
            yield table

    return TokenStore(TableRows(opened), Seals([SystemEntropy().bytes(32).hex()]))
