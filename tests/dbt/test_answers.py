"""The answers equal what the sandbox's own record of its issues says, reckoned without SQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from sandbox.clock import to_ms
from sandbox.lives import Lives
from tests.dbt.conftest import PRODUCTS
from tests.dbt.reckoning import Hours, Reckoning

if TYPE_CHECKING:
    from datetime import date

    from tests.dbt.conftest import MakeDbt, MakeSource
    from tests.dbt.project import Dbt, Row
    from tests.dbt.source import Source

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = Hours(9, 17, BERLIN, frozenset({1, 2, 3, 4, 5}))
WORKING = {"start": "09:00", "end": "17:00", "time_zone": "Europe/Berlin", "days": [1, 2, 3, 4, 5]}
ANSWERS = (
    "jira_issue_status_periods",
    "jira_time_in_status",
    "jira_time_in_status_category",
    "jira_issue_cycle_times",
    "jira_throughput_by_week",
    "jira_cumulative_flow",
    "jira_sprint_issues",
    "jira_sprint_report",
    "jira_hours_by_person_and_day",
    "jira_service_levels",
    "jira_workload",
)
#: With the tests of what is built, and of nothing else.
ONLY = ("--select", "+path:models/answers", "--indirect-selection", "cautious")


#: What the answers are made of, but for service levels.
STREAMS = (
    "issues",
    "deleted_issues",
    "changelogs",
    "worklogs",
    "deleted_worklogs",
    "projects",
    "statuses",
    "fields",
    "sprints",
    "users",
)


@dataclass
class Lived:
    """A Jira in which issues lived, read and built, and read and built again after more of it."""

    source: Source
    lives: Lives
    dbt: Dbt
    make_dbt: MakeDbt
    #: By issue the transaction that wrote its part of the history, before the second build.
    before: dict[str, str] = field(default_factory=dict)
    first_read: int = 0

    @property
    def now(self) -> str:
        return self.lives.world.clock.now().strftime("%Y-%m-%d %H:%M:%S.%f")

    def run(self, dbt: Dbt) -> None:
        dbt.run(*ONLY[:2], now=self.now, working_hours=WORKING)

    def build(self, dbt: Dbt) -> None:
        dbt.build(*ONLY, now=self.now, working_hours=WORKING)

    def written(self) -> dict[str, str]:
        """By issue the transaction that wrote its part of the history."""
        query = SQL("SELECT issue_id, max(xmin::text) FROM {} GROUP BY 1")
        table = Identifier(self.dbt.schema, "jira_issue_spans")
        with psycopg.connect(self.dbt.uri) as connection:
            return dict(connection.execute(query.format(table)).fetchall())

    def whole(self) -> Dbt:
        """Everything anew, in a schema of its own."""
        other = self.make_dbt(self.source, f"whole_{self.source.schema}")
        self.run(other)
        return other


@pytest.fixture(scope="module", params=PRODUCTS)
def lived(request: pytest.FixtureRequest, make_source: MakeSource, make_dbt: MakeDbt) -> Lived:
    source = make_source(request.param, issues=110, streams=STREAMS)
    lives = Lives(source.sandbox.jira, issues=30)
    lives.go_on(days=60)
    source.sync()
    made = Lived(source, lives, make_dbt(source, f"answers_{source.schema}"), make_dbt)
    made.run(made.dbt)
    made.before, made.first_read = made.written(), lives.world.clock.now_ms()
    lives.go_on(days=20)
    free = [each for each in lives.issues if not lives.world.below.get(each.id)]
    lives.delete(free[0])
    lives.mutate.delete_issue(10_003)
    source.sandbox.jira.clock.advance(days=1.1)
    source.sync()
    made.build(made.dbt)
    return made


@pytest.fixture(scope="module")
def reckoned(lived: Lived) -> Reckoning:
    return Reckoning(lived.lives)


def ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment.replace(tzinfo=timezone.utc))


def close(number: float | None) -> Any:
    return None if number is None else pytest.approx(number, abs=0.01)


def test_time_in_status(lived: Lived, reckoned: Reckoning) -> None:
    rows = lived.dbt.rows("jira_time_in_status")
    assert len(rows) > len(reckoned.issues) > 50
    assert {
        (row["issue_id"], row["status_id"]): (row["visits"], row["seconds"], row["working_seconds"])
        for row in rows
    } == {
        key: (visits, close(seconds), close(working))
        for key, (visits, seconds, working) in reckoned.times(str, HOURS).items()
    }
    names = {each.id: (each.name, each.category) for each in lived.lives.world.statuses}
    told = {row["status_id"]: (row["status_name"], row["status_category_key"]) for row in rows}
    assert names.items() <= told.items()
    assert told["10090"] == ("Waiting for Godot", reckoned.category("10090"))


def test_time_in_category(lived: Lived, reckoned: Reckoning) -> None:
    times = reckoned.times(reckoned.category, HOURS)
    assert {
        (row["issue_id"], row["status_category_key"]): (row["seconds"], row["working_seconds"])
        for row in lived.dbt.rows("jira_time_in_status_category")
    } == {key: (close(seconds), close(working)) for key, (_, seconds, working) in times.items()}


def test_stays_begin_and_end_as_they_did(lived: Lived, reckoned: Reckoning) -> None:
    periods = lived.dbt.rows("jira_issue_status_periods")
    assert Counter(
        (row["issue_id"], row["status_id"], ms(row["entered"]), ms(row["left_at"]))
        for row in periods
    ) == Counter(
        (ident, status, begin, None if lasts else end)
        for ident, issue in reckoned.issues.items()
        for status, begin, end, lasts in reckoned.stays(issue)
    )


def test_cycle_times_and_throughput(lived: Lived, reckoned: Reckoning) -> None:
    cycles = reckoned.cycles()
    rows = lived.dbt.rows("jira_issue_cycle_times")
    assert len(rows) > 10
    assert {
        row["issue_id"]: (ms(row["created"]), ms(row["started"]), ms(row["completed"]))
        for row in rows
    } == cycles
    for row in rows:
        created, started, completed = cycles[row["issue_id"]]
        assert row["lead_seconds"] == close((completed - created) / 1000)
        assert row["working_lead_seconds"] == close(HOURS.seconds(created, completed))
        if started is None:
            assert row["cycle_seconds"] is row["working_cycle_seconds"] is None
        else:
            assert row["cycle_seconds"] == close((completed - started) / 1000)
            assert row["working_cycle_seconds"] == close(HOURS.seconds(started, completed))
    weeks: Counter[tuple[date, str]] = Counter()
    for row in rows:
        day = row["completed"].date()
        weeks[day - timedelta(days=day.weekday()), row["project_key"]] += 1
    through = lived.dbt.rows("jira_throughput_by_week")
    assert {
        (row["week"], row["project_key"]): row["issues"] for row in through if row["issues"]
    } == weeks
    assert_every(through, "week", timedelta(days=7), "project_id")


def test_cumulative_flow(lived: Lived, reckoned: Reckoning) -> None:
    rows = lived.dbt.rows("jira_cumulative_flow")
    flow = reckoned.flow()
    assert {
        (row["day"], row["project_key"], row["status_id"]): row["issues"]
        for row in rows
        if row["issues"]
    } == flow
    assert_every(rows, "day", timedelta(days=1), "project_id", "status_id")
    assert max(row["day"] for row in rows) == lived.lives.world.clock.now().date()


def test_sprints(lived: Lived, reckoned: Reckoning) -> None:
    rows = lived.dbt.rows("jira_sprint_issues")
    report = {row["sprint_id"]: row for row in lived.dbt.rows("jira_sprint_report")}
    seen: Counter[str] = Counter()
    for sprint in lived.lives.sprints:
        expected = reckoned.sprint(sprint)
        mine = [row for row in rows if row["sprint_id"] == str(sprint.id)]
        assert {row["issue_id"]: outcome(row) for row in mine} == {
            ident: each._replace(
                points_at_start=close(each.points_at_start), points_at_end=close(each.points_at_end)
            )
            for ident, each in expected.items()
        }, sprint
        if sprint.state == "future":
            assert str(sprint.id) not in report
            continue
        line = report[str(sprint.id)]
        assert (line["sprint_name"], line["state"]) == (sprint.name, sprint.state)
        parts = {
            "committed": [e.points_at_start for e in expected.values() if e.committed],
            "added": [e.points_at_start for e in expected.values() if not e.committed],
            "removed": [e.points_at_end for e in expected.values() if e.removed],
            "completed": [e.points_at_end for e in expected.values() if e.completed],
            "carried_over": [e.points_at_end for e in expected.values() if e.carried_over],
        }
        for part, points in parts.items():
            assert line[f"{part}_issues"] == len(points), (sprint, part)
            assert line[f"{part}_points"] == close(sum(each or 0 for each in points)), part
            seen[part] += len(points)
    assert all(seen[part] for part in parts), seen


def test_hours(lived: Lived, reckoned: Reckoning) -> None:
    assert {
        (row["day"], row["person_id"], row["project_key"]): row["hours"]
        for row in lived.dbt.rows("jira_hours_by_person_and_day")
    } == {key: close(hours) for key, hours in reckoned.hours(BERLIN).items()}


def test_workload(lived: Lived, reckoned: Reckoning) -> None:
    world = lived.lives.world
    expected: dict[str | None, list[float]] = defaultdict(lambda: [0, 0, 0])
    for issue in reckoned.issues.values():
        status, who = world.value(issue, "status"), world.value(issue, "assignee")
        if status.category != "done":
            line = expected[who and (who.id if world.cloud else who.key)]
            line[0] += 1
            line[1] += status.category == "indeterminate"
            line[2] += world.value(issue, "timeestimate") or 0
    assert {
        row["person_id"]: [
            row["open_issues"],
            row["in_progress_issues"],
            row["remaining_estimate_seconds"],
        ]
        for row in lived.dbt.rows("jira_workload")
    } == expected


def test_only_issues_that_changed_are_built_again(lived: Lived, reckoned: Reckoning) -> None:
    after = lived.written()
    kept = {issue for issue, written in lived.before.items() if after.get(issue) == written}
    living = {str(each.id) for each in (*lived.lives.issues, *lived.lives.epics)}
    assert kept >= reckoned.issues.keys() - living
    since = lived.first_read
    changed = {ident for ident, each in reckoned.issues.items() if each.updated > since}
    assert changed
    assert not kept & changed
    assert after.keys() == reckoned.issues.keys()
    assert lived.before.keys() - after.keys(), "none was deleted"


def test_what_changed_only_equals_everything_anew(lived: Lived) -> None:
    whole = lived.whole()
    for answer in ANSWERS:
        assert unordered(lived.dbt.rows(answer)) == unordered(whole.rows(answer)), answer


def test_without_changes_nothing_is_said_of_the_past(
    make_source: MakeSource, make_dbt: MakeDbt
) -> None:
    source = make_source("cloud", issues=20, streams=("issues", "worklogs", "statuses", "sprints"))
    source.sync()
    dbt = make_dbt(source, f"unchanged_{source.schema}")
    log = dbt.build(*ONLY)
    assert 'Without the stream "changelogs" nothing is known of the past' in log
    told = {answer for answer in ANSWERS if dbt.rows(answer)}
    assert told == {"jira_hours_by_person_and_day", "jira_workload"}


def outcome(row: Row) -> tuple[Any, ...]:
    assert row["is_added"] is not row["is_committed"]
    flags = ("is_committed", "is_removed", "is_completed", "is_carried_over")
    return (*(row[name] for name in flags), row["points_at_start"], row["points_at_end"])


def assert_every(rows: list[Row], column: str, step: timedelta, *by: str) -> None:
    """No day and no week is missing from the first to the last, which all have in common."""
    series = defaultdict(set)
    for row in rows:
        series[tuple(row[name] for name in by)].add(row[column])
    last = max(row[column] for row in rows)
    for days in series.values():
        assert len(days) == (last - min(days)) // step + 1


def unordered(rows: list[Row]) -> Counter[tuple[Any, ...]]:
    return Counter(
        tuple(round(each, 3) if isinstance(each, float) else each for each in row.values())
        for row in rows
    )
