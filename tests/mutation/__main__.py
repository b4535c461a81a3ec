"""`make mutants`: changes the source a little, many times over, and says which changes no test notices.

mutmut makes the mutants, in a copy of the project, so that none can ever be committed, and the tests that `concern.py`
names are run for each. A mutant that lives must stand in `survivors.toml`, with its reason. `ARGS` names files or rooms
and bounds the time: `make mutants ARGS="protocol/pkce.py grants --minutes 20"`.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.mutation import survivors
from tests.mutation.concern import ROOMS, SOURCE, concerning
from tests.mutation.copy import Copy, Mutant
from tests.mutation.survivors import Survivor


def main(arguments: Sequence[str]) -> int:
    """Return 0 if every mutant died or is excused, and no excuse is left over."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument(
        "names", nargs="*", default=ROOMS, help="files or rooms below src/gatelodge; all of them if none"
    )
    parser.add_argument("--minutes", type=float, default=240, help="how long it may take; what is left is told")
    parser.add_argument(
        "--checks", action="store_const", const=["--checks"], default=[], help="leave out checks and acts, and no more"
    )
    asked = parser.parse_args(arguments)
    ends_at = time.monotonic() + asked.minutes * 60
    files = [file for name in asked.names for file in files_of(name)]
    faults = sum(tell_of(file, ends_at - time.monotonic(), asked.checks) for file in files)
    print(f"{faults} to look at" if faults else "Every mutant died, or is excused in survivors.toml.")
    return 1 if faults else 0


def files_of(name: str) -> list[str]:
    """Return the files that a file or room below `src/gatelodge` consists of."""
    named = SOURCE / name
    found = [named] if named.is_file() else sorted(named.rglob("*.py"))
    if not found:
        sys.exit(f"there is no src/gatelodge/{name}")
    return [file.relative_to(SOURCE).as_posix() for file in found]


def tell_of(file: str, seconds: float, only: Sequence[str]) -> int:
    """Try every mutant of one file, print what is wrong, and return how much that is."""
    complaints = complaints_of(file, seconds, only) if seconds > 0 else [f"{file}: no time was left for it"]
    print(*complaints, sep="\n", end="\n" if complaints else "", flush=True)
    return len(complaints)


def complaints_of(file: str, seconds: float, only: Sequence[str]) -> list[str]:
    """Try every mutant of one file and say how they fared."""
    with tempfile.TemporaryDirectory(prefix="gatelodge-mutants-") as folder:
        mutants = Copy(Path(folder), file, concerning(file)).run(seconds, only)
    counted = Counter(mutant.fate for mutant in mutants)
    print(f"{file}: {len(mutants)} mutants", *(f"{count} {fate}" for fate, count in sorted(counted.items())), sep=", ")
    return judge(file, mutants, whole=not only)


def judge(file: str, mutants: Sequence[Mutant], *, whole: bool = True) -> list[str]:
    """Compare who lives with who may; of a run that is not `whole`, not everybody who may is there."""
    excused = [one for one in survivors.read() if one.file == file]
    lives = [Survivor(file, one.function, one.was, one.becomes) for one in mutants if one.fate == "alive"]
    unreached = Counter(one.function for one in mutants if one.fate == "unreached")
    untried = sum(one.fate == "untried" for one in mutants)
    complaints = [f"{file}: {untried} mutants were not tried, for want of time"] if untried else []
    complaints += [f"{file}: no test calls {one}, nor its {count} mutants" for one, count in sorted(unreached.items())]
    complaints += [f"no test notices:\n{one.as_toml()}" for one in lives if one not in excused]
    if whole and not untried:
        complaints += [f"excused, but noticed or gone:\n{one.as_toml()}" for one in excused if one not in lives]
    return complaints


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
