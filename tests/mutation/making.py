"""mutmut, and the mutants that matter most and that it does not make: a check left out, and an act left out.

It turns a check around, which whoever is in the right notices; what nobody notices is that a check is gone. This is run
by its path, since a folder that is on the path of the tests already would come before their copy.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

CHECKS = "--checks"  # only these

cst: Any = import_module("libcst")
mutators: Any = import_module("mutmut.mutation.mutators")
mutmut: Any = import_module("mutmut.__main__")


def without_check(node: Any) -> Iterator[Any]:
    """Yield an `if` that never holds."""
    yield node.with_changes(test=cst.Name("False"))


def without_act(node: Any) -> Iterator[Any]:
    """Yield nothing in place of a call whose value nobody takes."""
    if isinstance(node.value, cst.Call | cst.Await):
        yield node.with_changes(value=cst.Ellipsis())


if __name__ == "__main__":
    if CHECKS in sys.argv:
        sys.argv.remove(CHECKS)
        mutators.mutation_operators.clear()
    mutators.mutation_operators += [(cst.If, without_check), (cst.Expr, without_act)]
    sys.exit(mutmut.cli())
