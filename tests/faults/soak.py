"""Hourly runs in a row, on a site that changes, with everything that goes wrong in a year.

Each run meets what its dice say: changes while it reads, imports, faults, the end of its token or
session, or SIGKILL; it writes RECORD or BATCH messages, reads everything whole now and then, and
for a while some projects only. The clock is a virtual one, so a hundred hours take minutes. After
the last run every table must be what Jira shows::

    python -m tests.faults.soak --runs 100 --seed 7

Or a year of days instead, in which issues are deleted, archived, hidden, shown and imported as well
(:mod:`tests.exactness.year`), with the same faults and kills; what is there now, after all that the
tables say of what is gone, must be what Jira shows::

    python -m tests.faults.soak --days 365 --seed 7
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import os
import random
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.mutate import KINDS
from tests.exactness.year import CAPS as YEAR_CAPS
from tests.exactness.year import Year
from tests.faults.support import STREAMS, Tap, folder
from tests.faults.test_credentials import end_credentials, make
from tests.faults.test_matrix import CAPS, MIXED, PASSING, box, fault
from tests.support.tap import batch_config, whole

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from pathlib import Path

    from sandbox import Mutations, Request, Sandbox
    from tests.support.tap import Run

HOUR = 3600
WHOLE = ("issues", "comments", "changelogs", "worklogs")
#: What no run may fail by.
MODES = {"some projects", "BATCH", "FULL_TABLE"}
#: Ways to log in; the seed says which.
WAYS = ("cloud oauth", "dc cookie", "cloud basic", "dc pat", "cloud client_credentials", "dc oauth")
#: Faults that end a run, or a stream of it, until the next one.
LASTING: dict[str, dict[str, Any]] = {
    "status 503": {"status": 503, "count": 50},
    "reset": {"count": 50},
    "login_page": {},
    "status 403": {"status": 403},
    "redirect": {},
}


#: Those that pass and leave no member of their own in a row.
UNMARKED = [kind for kind in MIXED if kind not in {"huge_integers", "invalid_utf8"}]


@dataclass
class Soak:
    """One site, one tap, many runs."""

    jira: Sandbox
    tap: Tap
    dice: random.Random
    say: Callable[[str], None] = print
    codes: list[int] = field(default_factory=list)
    #: `project_keys`, which stay for some runs.
    projects: list[str] | None = None

    def run(self, number: int) -> None:
        """One hour later, with whatever comes."""
        self.jira.jira.clock.advance(HOUR - 120 + self.dice.randrange(240))
        plan: list[str] = []
        processes: list[int] = []
        for _ in range(self.dice.randrange(12)):
            self.jira.mutate.mutate_randomly(self.dice, (*KINDS, "import"))
        settings, catalog = self._mode(number, plan)
        if self.dice.random() < 0.6:
            plan.append("changes")
            self.jira.on_request(self.dice.randrange(3, 9), _change, seed=self.dice.randrange(999))
        if self.dice.random() < 0.6:
            plan += add_faults(self.jira, self.dice, MIXED, PASSING, self.dice.randrange(1, 5))
        if self.dice.random() < 0.2:
            plan += add_faults(self.jira, self.dice, list(LASTING), LASTING, 1, chance=0.05)
        if self.dice.random() < 0.3:
            plan.append("killed")
            at_request(self.jira, self.dice.randrange(4, 30), lambda: _kill(processes))
        elif self.dice.random() < 0.4:
            plan.append("logged out")
            at_request(self.jira, self.dice.randrange(2, 25), lambda: end_credentials(self.jira))
        run = self.tap.run(started=processes.append, catalog=catalog, **settings)
        self.say(f"{number:4}  exit {run.code:3}  {', '.join(plan) or 'quiet'}")
        assert run.code in {0, 1, -signal.SIGKILL}, run.log
        assert run.code == 0 or set(plan) - MODES, run.log
        self.codes.append(run.code)
        self.jira.faults.clear()
        self.jira.jira.clear_hooks()

    def _mode(self, number: int, plan: list[str]) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """The settings of a run, and its catalog."""
        settings: dict[str, Any] = {}
        if self.dice.random() < 0.1:
            self.projects = None if self.projects else ["APP", "AND"]
        if self.projects:
            plan.append("some projects")
            settings["project_keys"] = self.projects
        if self.dice.random() < 0.25:
            plan.append("BATCH")
            files = self.tap.folder / f"batches-{number}"
            settings["batch_config"] = batch_config(files, self.dice.choice([7, 100]))
        # With some projects only, a whole read would delete what the others have, as it should.
        if self.dice.random() < 0.1 and not self.projects:
            plan.append("FULL_TABLE")
            return {**settings, "emit_activate_version_messages": True}, self.whole
        return settings, None

    @functools.cached_property
    def whole(self) -> dict[str, Any]:
        """The catalog for reading everything whole."""
        return whole(self.tap.catalog(*STREAMS), *WHOLE)

    def finish(self) -> None:
        """Two quiet runs, after which every table is what Jira shows."""
        for _ in range(2):
            self.jira.jira.clock.advance(HOUR)
            run = self.tap.run()
            assert run.code == 0, run.log
        self.tap.check(gone=True, marks=True)


def add_faults(
    jira: Sandbox,
    dice: random.Random,
    kinds: list[str],
    options: dict[str, dict[str, Any]],
    count: int,
    *,
    chance: float = 0.03,
) -> list[str]:
    """Have some of these faults strike now and then; which they are."""
    chosen = dice.sample(kinds, count)
    for kind in chosen:
        more = {"probability": chance, "seed": dice.randrange(999), "when": _replaceable}
        jira.faults.add(fault(kind, "", 1, {"count": 4, **options[kind], **more}))
    return chosen


def at_request(jira: Sandbox, request: int, act: Callable[[], None]) -> None:
    """Do something at the n-th request from now on."""
    seen = [0]

    def count(_mutations: Mutations, _dice: random.Random) -> None:
        seen[0] += 1
        if seen[0] == request:
            act()

    jira.on_request(1, count)


class TroubledYear(Year):
    """A year with faults on the line, and runs that a SIGKILL ends wherever they are."""

    processes: ClassVar[list[int]] = []

    def _trouble(self, plan: list[str], settings: dict[str, Any]) -> None:
        """See :class:`.year.Year`."""
        super()._trouble(plan, settings)
        self.processes.clear()
        if self.dice.random() < 0.4:
            plan += add_faults(self.jira, self.dice, UNMARKED, PASSING, 1 + self.dice.randrange(4))
        if self.dice.random() < 0.1:
            plan += add_faults(self.jira, self.dice, list(LASTING), LASTING, 1, chance=0.05)
        if self.dice.random() < 0.15 and self.state:
            plan.append("SIGKILL")
            at_request(self.jira, 4 + self.dice.randrange(26), lambda: _kill(self.processes))

    def started(self, process: int) -> None:
        """See :class:`.year.Year`."""
        self.processes.append(process)

    def may_end(self, run: Run) -> bool:
        """What could not be read is told, and read by a later run."""
        return run.code in {1, -signal.SIGKILL}


def _replaceable(request: Request) -> bool:
    """Whether an answer may be lost: not one with a rotated token, there is no other of it.

    (Atlassian lets the old token live for ten minutes against that; the sandbox does not.)
    """
    return not request.path.endswith("/token")


def _change(mutations: Mutations, dice: random.Random) -> None:
    mutations.mutate_randomly(dice)


def _kill(processes: list[int]) -> None:
    os.kill(processes[0], signal.SIGKILL)


def soak(
    runs: int, seed: int, files: Path, *, issues: int = 60, say: Callable[[str], None] = print
) -> list[int]:
    """Run so many hours; the exit codes."""
    way = WAYS[seed % len(WAYS)]
    say(f"seed {seed}: {runs} hourly runs, {way}")
    # An issue's worklogs vanish with it in one millisecond, which must fit into a page of the feed.
    caps = dataclasses.replace(CAPS, feed=1000)
    with box(way.split()[0], issues=issues, clock_runs=True, caps=caps) as jira:
        hours = Soak(jira, make(jira, way, files), random.Random(seed), say)
        _ = hours.whole  # discovered before anything goes wrong
        for number in range(1, runs + 1):
            hours.run(number)
        hours.finish()
        return hours.codes


def year(
    days: int, seed: int, files: Path, *, issues: int = 60, say: Callable[[str], None] = print
) -> Counter[str]:
    """Live so many days; what happened, by how often."""
    personality = ("cloud", "dc")[seed % 2]
    say(f"seed {seed}: {days} days, {personality}")
    with box(personality, issues=issues, caps=YEAR_CAPS) as jira:
        site = TroubledYear(jira, files, random.Random(seed), say)
        site.live(days)
        return site.done


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--issues", type=int, default=150)
    parser.add_argument("--days", type=int, help="a year, or a part of one, instead of hours")
    given = parser.parse_args()
    with folder() as files:
        if given.days:
            done = year(given.days, given.seed, files, issues=given.issues)
            print(f"seed {given.seed}: what is there equals Jira after {dict(done)}.")  # noqa: T201
            return
        codes = soak(given.runs, given.seed, files, issues=given.issues)
    counted = ", ".join(f"{codes.count(code)} with exit code {code}" for code in sorted({*codes}))
    print(  # noqa: T201 - the result
        f"seed {given.seed}: every table equals Jira after {len(codes)} runs ({counted})."
    )


if __name__ == "__main__":
    main()
