"""What a census costs: every id of the site, compared with those of the day before."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.tap import Cost, Tap
    from sandbox import Sandbox

STREAM = "deleted_issues"
_DAY = 25 * 60


@dataclass(frozen=True)
class Census:
    """One a day later, and one another day later, before which an issue was deleted."""

    issues: int
    idle: Cost
    lost: Cost
    found: int
    """Rows of the second one."""
    state: int
    """Bytes of the stream's part of STATE."""


def census(jira: Sandbox, tap: Tap, issues: int) -> Census:
    """Measure it; the first one, which the others compare with, is not counted."""
    catalog = tap.discover(STREAM)
    costs = []
    state = None
    for day in range(3):
        if day == 2:  # noqa: PLR2004 - the last one
            world = jira.jira.world
            there = (each for each in world.issues.values() if each.project.live)
            jira.mutate.delete_issue(next(each for each in there if not each.hidden))
        costs.append(tap.run(catalog=catalog, state=state, keep=True))
        state = tap.messages("STATE")[-1]["value"]
        jira.jira.clock.advance(minutes=_DAY)
    size = len(json.dumps(state["bookmarks"][STREAM])) if state else 0
    return Census(issues, costs[1], costs[2], len(tap.messages("RECORD")), size)
