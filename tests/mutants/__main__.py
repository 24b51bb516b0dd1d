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
import contextlib
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
    from collections.abc import Iterable, Iterator

LEAST = 0.9
#: Seconds after which tests that go on are taken to have noticed: something waits for ever.
PATIENCE = 600
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", ".hypothesis", ".meltano", "__pycache__", "build", "dist"
)


def run_tests(tree: Path, tests: Iterable[str]) -> tuple[int, str]:
    """The exit code of pytest in a tree, and the end of what it said."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "tests.mutants.plugin", "--timeout", "0", *tests]
    # The same cases of the property tests each time, and not quite as many.
    variables = {**os.environ, "PYTHONPATH": str(tree), "CI": "1", "EXAMPLES": "300"}
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

    @contextlib.contextmanager
    def one(self) -> Iterator[Path]:
        """Borrow one."""
        tree = self._free.get()
        try:
            yield tree
        finally:
            self._free.put(tree)

    def passes(self, test: str) -> bool:
        """Whether a test passes on what is there."""
        with self.one() as tree:
            begun = time.monotonic()
            code, said = run_tests(tree, [test])
        if code:
            _say(f"does not pass as it is: {test}\n{said}")
        else:
            _say(f"passes   {time.monotonic() - begun:4.0f} s  {test}")
        return not code

    def survives(self, mutant: Mutant) -> bool:
        """Whether no test notices."""
        with self.one() as tree, mutant.made_in(tree):
            return run_tests(tree, mutant.tests)[0] == 0


def try_all(mutants: list[Mutant], jobs: int) -> int:
    """Try them, say what came of each, and how many were noticed."""

    def attempt(mutant: Mutant) -> bool:
        begun = time.monotonic()
        survived = trees.survives(mutant)
        seconds = time.monotonic() - begun
        word = "SURVIVED" if survived else "noticed "
        _say(f"{word} {seconds:4.0f} s  {mutant.place}  {mutant.breaks}")
        return not survived

    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as folder,
        ThreadPoolExecutor(jobs) as pool,
    ):
        trees = Trees(Path(folder), jobs)
        tests = [*dict.fromkeys(test for mutant in mutants for test in mutant.tests)]
        _say(f"{len(tests)} tests without any change, then with {len(mutants)} of them …")
        if not all([*pool.map(trees.passes, tests)]):
            return 2
        equal = [mutant for mutant in mutants if mutant.equal]
        for mutant in equal:
            _say(f"equal            {mutant.place}  {mutant.breaks}: {mutant.equal}")
        counted = [mutant for mutant in mutants if not mutant.equal]
        noticed = sum(pool.map(attempt, counted))
    share = noticed / (len(counted) or 1)
    _say(
        f"{noticed} of {len(counted)} changes were noticed ({share:.0%}); "
        f"{len(equal)} change nothing."
    )
    return int(bool(counted) and share < LEAST)


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
