"""The answers, reckoned in Python from what the sandbox knows of its issues: walks, no SQL.

Of an issue that lives (:mod:`sandbox.lives`) the record says what it held and when; of any other
its histories do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.clock import from_ms
from tests.support.changes import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from zoneinfo import ZoneInfo

    from sandbox.lives import Lives
    from sandbox.model import Issue, Sprint

#: From this epoch millisecond on, this value.
Held = list[tuple[int, Any]]
DAY = timedelta(days=1)


class Hours(NamedTuple):
    """Working hours: from and to an hour of the day, on days from 1 (Monday), in a time zone."""

    start: int
    end: int
    zone: ZoneInfo
    days: frozenset[int]

    def seconds(self, begin: int, end: int) -> float:
        """How many of the seconds between two epoch milliseconds are worked."""
        day = from_ms(begin, self.zone).date() - DAY
        total = 0.0
        while day <= from_ms(end, self.zone).date():
            if day.isoweekday() in self.days:
                opens, closes = self._at(day, self.start), self._at(day, self.end)
                total += max(0, min(end, closes) - max(begin, opens)) / 1000
            day += DAY
        return total

    def _at(self, day: date, hour: int) -> int:
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=self.zone)
        return int(moment.timestamp() * 1000)


class SprintIssue(NamedTuple):
    """What became of an issue in a sprint."""

    committed: bool
    removed: bool
    completed: bool
    carried_over: bool
    points_at_start: float | None
    points_at_end: float | None


class Reckoning:
    """The answers as of the sandbox's present."""

    def __init__(self, lives: Lives) -> None:
        """Of all issues that the tap may see, those of ``lives`` and the others."""
        self.lives, self.jira, self.world = lives, lives.jira, lives.world
        self.now = self.world.clock.now_ms()
        self.issues = {str(each.id): each for each in visible(self.jira)}
        self._record = lives.over_time()
        self._categories = {each.id: each.category for each in self.world.statuses}
        # A status in no list has a category only while somebody is in it.
        for issue in self.issues.values():
            status = self.world.value(issue, "status")
            self._categories.setdefault(status.id, status.category)

    def statuses(self, issue: Issue) -> Held:
        """The ids of its statuses; an id never follows itself."""
        held: Held = []
        for at, status in self._held(issue, "status"):
            if not held or held[-1][1] != status:
                held.append((at, status))
        return held

    def stays(self, issue: Issue) -> Iterator[tuple[str, int, int, bool]]:
        """Status, beginning, end (now for the last), and whether it lasts."""
        held = self.statuses(issue)
        for (begin, status), (end, _) in pairwise([*held, (self.now, None)]):
            yield status, begin, end, (begin, status) == held[-1]

    def category(self, status: str) -> str:
        """The category of a status, by its id."""
        return self._categories.get(status, "undefined")

    def times(
        self, name: Callable[[str], str], hours: Hours
    ) -> dict[tuple[str, str], tuple[int, float, float]]:
        """By issue and what ``name`` makes of a status: visits, seconds, working seconds."""
        found: dict[tuple[str, str], tuple[int, float, float]] = {}
        for ident, issue in self.issues.items():
            for status, begin, end, _ in self.stays(issue):
                key = ident, name(status)
                visits, seconds, working = found.get(key, (0, 0.0, 0.0))
                working += hours.seconds(begin, end)
                found[key] = (visits + 1, seconds + (end - begin) / 1000, working)
        return found

    def cycles(self) -> dict[str, tuple[int, int | None, int]]:
        """Of every issue that is done: created, started, completed."""
        found: dict[str, tuple[int, int | None, int]] = {}
        for ident, issue in self.issues.items():
            started = completed = None
            for status, begin, _, _ in self.stays(issue):
                category = self.category(status)
                if category == "indeterminate" and started is None:
                    started = begin
                if category != "done":
                    completed = None
                elif completed is None:
                    completed = begin
            if completed is not None:
                found[ident] = (issue.created, started, completed)
        return found

    def flow(self) -> Counter[tuple[date, str, str]]:
        """By day, key of the project and status: issues that are in it when the day ends."""
        found: Counter[tuple[date, str, str]] = Counter()
        today = from_ms(self.now).date()
        for issue in self.issues.values():
            held = self.statuses(issue)
            day = from_ms(issue.created).date()
            while day <= today:
                midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + DAY
                status = at_last(held, int(midnight.timestamp() * 1000) - 1)
                found[day, issue.project.key, status] += 1
                day += DAY
        return found

    def sprint(self, sprint: Sprint) -> dict[str, SprintIssue]:
        """By issue what became of it in a sprint that has begun."""
        if sprint.start is None:
            return {}
        begun, ended = sprint.start, self.now if sprint.complete is None else sprint.complete
        found: dict[str, SprintIssue] = {}
        for ident, issue in self.issues.items():
            sprints = [
                (at, {each.id: each for each in value or ()})
                for at, value in self._held(issue, self.lives.sprint)
            ]
            inside = [(at, sprint.id in members) for at, members in sprints]
            committed = bool(at_last(inside, begun))
            came = [at for at, is_in in inside if is_in and begun < at < ended]
            if not (committed or came):
                continue
            stayed = bool(at_last(inside, ended - 1))
            left = next((at for at, is_in in reversed(inside) if at < ended and not is_in), ended)
            if not stayed:
                # The first of those without it that are before the end and after the last with it.
                last = max(at for at, is_in in inside if is_in and at < ended)
                left = min(at for at, is_in in inside if not is_in and at > last)
            completed = (
                stayed and self.category(at_last(self.statuses(issue), ended) or "") == "done"
            )
            later = [at_last(sprints, ended), *(value for at, value in sprints if at > ended)]
            moved = any(
                other.id != sprint.id and (other.start is None or other.start > begun)
                for members in later
                for other in (members or {}).values()
            )
            points = self._points(issue)
            found[ident] = SprintIssue(
                committed=committed,
                removed=not stayed,
                completed=completed,
                carried_over=sprint.complete is not None and stayed and not completed and moved,
                points_at_start=at_last(points, begun if committed else min(came)),
                points_at_end=at_last(points, ended if stayed else left),
            )
        return found

    def hours(self, zone: ZoneInfo) -> dict[tuple[date, str | None, str], float]:
        """By day, person and key of the project: hours logged."""
        found: dict[tuple[date, str | None, str], float] = defaultdict(float)
        for issue in self.issues.values():
            for log in self.world.worklogs(issue):
                author = log.author
                who = (author.id if self.world.cloud else author.key) if author else None
                day = from_ms(log.started, zone).date()
                found[day, who, issue.project.key] += log.seconds / 3600
        return dict(found)

    def _points(self, issue: Issue) -> Held:
        """Of Jira's own field for story points, where it has none of the other one."""
        fields = self.world.catalogue.fields
        own = [each.id for each in fields if str(each.custom).endswith("jsw-story-points")]
        held = [self._held(issue, field) for field in (*own, self.lives.points)]
        moments = sorted({at for each in held for at, _ in each})
        return [
            (at, next((points for each in held if (points := at_last(each, at)) is not None), None))
            for at in moments
        ]

    def _held(self, issue: Issue, field: str) -> Held:
        recorded = self._record.get((issue.id, field))
        if recorded is not None:
            return [
                (each.at, each.value.id if field == "status" else each.value) for each in recorded
            ]
        if field != "status":
            return []
        changes = [
            (change.created, item)
            for change in self.world.histories(issue)
            for item in change.items
            if item.field == "status"
        ]
        if not changes:
            return [(issue.created, self.world.value(issue, "status").id)]
        return [
            (issue.created, changes[0][1].old),
            *((at, item.new) for at, item in changes),
        ]


def at_last(held: Held, moment: int) -> Any:
    """What was held at a moment; nothing before the first."""
    return next((value for at, value in reversed(held) if at <= moment), None)
