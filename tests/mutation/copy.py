"""A copy of the project that mutmut may change, and what became of the mutants in it."""

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path

from tests.mutation.concern import ROOT, uses_postgres

NEEDED = ("src", "tests", "docs", "examples", "pyproject.toml", "README.md")
MUTMUT = (sys.executable, "-P", Path(__file__).with_name("making.py"))  # -P: its folder is no folder to import from
UNREACHED = "could not find any test case for any mutant"  # what mutmut says when no test calls anything of a file
FATES = {0: "alive", 5: "unreached", 33: "unreached", None: "untried"}  # mutmut's exit codes; any other one is a death

# How a refusal is worded, and under which rule it is told, is asserted where it matters, and of a value that may not be
# seen its name is all there is to see: mutants of these are noise.
WORDED = [
    r"\braise [A-Z]\w+\(",
    r"\braise _refusal\(",
    r"\breturn (OAuthError|GrantRefused)\(",
    r"\breturn \"\w+\(\.\.\.\)\"$",
]
CODECS = re.compile(r'"(ascii|utf-8|sha256|surrogatepass)"', re.IGNORECASE)


@dataclass(frozen=True)
class Mutant:
    """One change, and what the tests said to it."""

    function: str
    was: str
    becomes: str
    fate: str


class Copy:
    """The project in `folder`, with one file to be mutated."""

    def __init__(self, folder: Path, file: str, tests: Sequence[str]) -> None:
        self._folder = folder
        self._file = f"src/gatelodge/{file}"
        (folder / "mutants" / "src").mkdir(parents=True)  # Python never looks again at a path it did not find
        for name in NEEDED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        with (folder / "pyproject.toml").open("a") as configuration:
            configuration.write(_configured(self._file, tests, postgres=uses_postgres(file)))

    def run(self, seconds: float, only: Sequence[str] = ()) -> list[Mutant]:
        """Try every mutant, for so many seconds at most, or `only` these. Exits if the tests fail without any."""
        log = self._folder / "mutmut.log"
        with log.open("w") as output:
            running = subprocess.Popen(
                [*MUTMUT, "run", "--max-children", "1", *only],
                cwd=self._folder, env=self._environment(), stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
            try:
                running.wait(seconds)
            except subprocess.TimeoutExpired:
                pass  # what it found so far counts
            finally:  # also when somebody interrupts
                if running.poll() is None:
                    os.killpg(running.pid, signal.SIGKILL)
                code = running.wait()
        told, mutants = log.read_text(errors="replace"), list(self._mutants())
        if UNREACHED in told:
            return [replace(mutant, fate="unreached") for mutant in mutants]
        if mutants and code not in (0, -signal.SIGKILL):
            sys.exit(f"{self._file}: mutmut could not begin\n{_last_lines(told)}")
        return mutants

    def _environment(self) -> dict[str, str]:
        """The tests of a mutant are a set to mutmut: with a fixed seed their order is the same in every run."""
        return {**os.environ, "PYTHONPATH": str(self._folder / "mutants" / "src"), "PYTHONHASHSEED": "0"}

    def _mutants(self) -> Iterator[Mutant]:
        meta = self._folder / "mutants" / f"{self._file}.meta"
        codes = json.loads(meta.read_text())["exit_code_by_key"] if meta.exists() else {}
        texts = _functions((self._folder / "mutants" / self._file).read_text()) if codes else {}
        for name, code in codes.items():
            fate = FATES.get(code, "dead")
            was, becomes = _difference(texts, name.rpartition(".")[2]) if fate == "alive" else ("", "")
            same = fate == "alive" and _in_small_letters(was) == _in_small_letters(becomes)
            yield Mutant(_function(name), was, becomes, "the same" if same else fate)


def _configured(file: str, tests: Sequence[str], *, postgres: bool) -> str:
    settings = {
        "source_paths": ["src"],
        "only_mutate": [file],
        "also_copy": ["docs", "examples", "README.md"],
        "do_not_mutate_patterns": WORDED,
        "pytest_add_cli_args": [] if postgres else ["-k", "not postgres"],
        "pytest_add_cli_args_test_selection": list(tests),
    }
    return "\n".join(["", "[tool.mutmut]", *(f"{name} = {json.dumps(value)}" for name, value in settings.items()), ""])


def _function(name: str) -> str:
    """Return what mutmut's name of a mutant says of where it is: `module.xǁClassǁmethod__mutmut_3`."""
    return re.sub(r"^xǁ|^x_", "", name.rpartition(".")[2].partition("__mutmut_")[0]).replace("ǁ", ".")


def _functions(source: str) -> dict[str, list[str]]:
    """Return the lines of every function and method: mutmut writes each mutant as one, beside the one it is of."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lines = source.splitlines()
    return {node.name: [line.strip() for line in lines[node.lineno - 1 : node.end_lineno]] for node in nodes}


def _difference(texts: Mapping[str, list[str]], mutant: str) -> tuple[str, str]:
    """Return the lines that a mutant has another way, and how it has them."""
    original = mutant.partition("__mutmut_")[0] + "__mutmut_orig"
    was = [line.replace(original, _function(original)) for line in texts[original]]
    becomes = [line.replace(mutant, _function(original)) for line in texts[mutant]]
    changed = [one for one in SequenceMatcher(None, was, becomes, autojunk=False).get_opcodes() if one[0] != "equal"]
    return (
        "\n".join(line for _, start, end, _, _ in changed for line in was[start:end]),
        "\n".join(line for _, _, _, start, end in changed for line in becomes[start:end]),
    )


def _in_small_letters(line: str) -> str:
    return CODECS.sub(lambda found: found[0].lower(), line)


def _last_lines(told: str) -> str:
    return "\n".join(told.replace("\r", "\n").splitlines()[-40:])
