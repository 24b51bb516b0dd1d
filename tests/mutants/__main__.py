"""Change the core in one place, and see whether a test notices: ``make mutants``.

The changes are a list (:mod:`tests.mutants.catalogue`) and not made by a tool: mutmut and
cosmic-ray make thousands of them, while what shows that no row is lost runs the tap as a process
for seconds, and neither can be told which of the tests is the one that must notice, or that a
change is equal to what it replaces. A person wrote down what each breaks.

Each change is made in a copy of the tree, of which there are as many as run side by side. First
all the tests named must pass without any change. The result is ``noticed``, ``survived``, or
``equal`` with the reason; fewer than nine of ten noticed are a failure::

    python -m tests.mutants --jobs 2 --only worklogs
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutant import ROOT, Mutant

if TYPE_CHECKING:
    from collections.abc import Iterable

LEAST = 0.9
#: Seconds after which tests that go on are taken to have noticed: something waits for ever.
PATIENCE = 600
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", ".hypothesis", ".meltano", "__pycache__", "build", "dist"
)


def run_tests(tree: Path, tests: Iterable[str]) -> tuple[int, str]:
    """The exit code of pytest in a tree, and the end of what it said."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "tests.mutants.plugin", *tests]
    # The same cases of the property tests each time.
    variables = {**os.environ, "PYTHONPATH": str(tree), "CI": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=tree, env=variables, capture_output=True, text=True, timeout=PATIENCE,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return -1, "it did not end"
    return done.returncode, done.stdout[-2000:]


class Trees:
    """Copies of the tree, lent to one change at a time."""

    def __init__(self, folder: Path, count: int) -> None:
        """Make the copies."""
        self._free: queue.Queue[Path] = queue.Queue()
        for number in range(count):
            copy = folder / str(number)
            shutil.copytree(ROOT, copy, ignore=_LEFT_OUT, symlinks=True)
            self._free.put(copy)

    def unchanged(self, tests: Iterable[str]) -> tuple[int, str]:
        """Run tests on what is there."""
        tree = self._free.get()
        try:
            return run_tests(tree, tests)
        finally:
            self._free.put(tree)

    def survives(self, mutant: Mutant) -> bool:
        """Whether no test notices."""
        tree = self._free.get()
        try:
            mutant.apply(tree)
            return run_tests(tree, mutant.tests)[0] == 0
        finally:
            mutant.undo(tree)
            self._free.put(tree)


def try_all(mutants: list[Mutant], jobs: int) -> int:
    """Try them, say what came of each, and how many were noticed."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees = Trees(Path(folder), jobs)
        tests = dict.fromkeys(test for mutant in mutants for test in mutant.tests)
        _say(f"{len(tests)} tests without any change …")
        code, said = trees.unchanged(tests)
        if code:
            _say(f"They do not pass as it is:\n{said}")
            return 2

        def attempt(mutant: Mutant) -> bool:
            if mutant.equal:
                _say(f"equal            {mutant.place}  {mutant.breaks}: {mutant.equal}")
                return False
            begun = time.monotonic()
            survived = trees.survives(mutant)
            seconds = time.monotonic() - begun
            word = "SURVIVED" if survived else "noticed "
            _say(f"{word} {seconds:5.0f} s  {mutant.place}  {mutant.breaks}")
            return not survived

        with ThreadPoolExecutor(jobs) as pool:
            noticed = sum(pool.map(attempt, mutants))
    counted = sum(not mutant.equal for mutant in mutants)
    _say(f"{noticed} of {counted} changes were noticed; {len(mutants) - counted} are equal.")
    return int(noticed < LEAST * counted)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the result


def main() -> int:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="a regular expression on file and effect")
    given = parser.parse_args()
    chosen = [each for each in MUTANTS if re.search(given.only, f"{each.file} {each.breaks}")]
    stale = [f"{each.file}: {each.old!r} {why}" for each in chosen for why in each.problems()]
    if stale:
        _say("\n".join(stale))
        return 2
    return try_all(chosen, given.jobs)


if __name__ == "__main__":
    raise SystemExit(main())
