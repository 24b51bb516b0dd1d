"""What service management promises: in a field of the issue as in the request, one structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.dates import date, duration
from sandbox.model import mix

if TYPE_CHECKING:
    from sandbox.model import Issue
    from sandbox.shelf import Row
    from sandbox.world import World

NAMES = ("Time to resolution", "Time to first response", "Zeit bis zur Freigabe ⏱")
HOUR = 3_600_000


def promises(issue: Issue) -> int:
    """How many there are: several on most requests, on a few more than a page has."""
    h = mix(issue.seed, 8300)
    return 51 if h % 31 == 0 else h % (len(NAMES) + 1)


def promise(world: World, issue: Issue, number: int, link: str = "") -> Row:
    """One of them, with its cycles that are over and the one that is not."""
    h, ident = mix(issue.seed, 8400 + number), str(10 + number)
    name = NAMES[number % len(NAMES)]
    row: Row = {"id": ident, "name": name if number < len(NAMES) else f"{name} {number}"}
    row["_links"] = {"self": f"{link}{ident}" if link else ""}
    if world.cloud and h % 3:
        row["slaDisplayFormat"] = ("NEW_SLA_FORMAT", "OLD_SLA_FORMAT")[h % 2]
    done = h % 4
    row["completedCycles"] = [_cycle(issue, n, h >> n) for n in range(done)]
    if h // 4 % 2:
        row["ongoingCycle"] = _ongoing(issue, done, h >> 9)
    return row


def _cycle(issue: Issue, number: int, h: int) -> Row:
    start, goal, took = issue.created + number * 9 * HOUR, 4 * HOUR, h % (8 * HOUR)
    row: Row = {"startTime": date(start), "stopTime": date(start + took)}
    if h % 5:
        row["breachTime"] = date(start + goal)
    row |= {"breached": took > goal, "goalDuration": duration(goal)}
    return row | {"elapsedTime": duration(took), "remainingTime": duration(goal - took)}


def _ongoing(issue: Issue, number: int, h: int) -> Row:
    paused = h % 3 == 0
    row = {**_cycle(issue, number, h), "paused": paused, "withinCalendarHours": h % 2 == 0}
    del row["stopTime"]
    if paused:
        row.pop("breachTime", None)
    return row
