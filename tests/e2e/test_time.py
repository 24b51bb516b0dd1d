"""Time: start_date, end_date and bookmarks mean instants, whatever zone the profile is in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.expected import expected
from tests.support.tap import select

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.tap import Run

#: The time that decides, by stream.
DECIDING = {
    "issues": "updated",
    "comments": "updated",
    "changelogs": "created",
    "worklogs": "updated",
    "deleted_worklogs": "deleted_at",
}
STEP = dt.timedelta(minutes=7, seconds=13)
Times = dict[str, dict[str, dt.datetime]]


def utc(text: str) -> dt.datetime:
    """An instant; the text has no offset."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone.utc)


#: Zones, and instants at which their clocks are moved (or nothing happens).
ZONES = [
    ("America/Los_Angeles", "2026-03-08T10:00:00"),
    ("America/Los_Angeles", "2026-11-01T09:00:00"),
    ("UTC", "2026-06-15T12:00:00"),
    ("Asia/Kolkata", "2026-06-15T12:00:00"),
    ("Pacific/Auckland", "2026-04-04T14:00:00"),
    ("Pacific/Auckland", "2026-09-26T14:00:00"),
]


def four_hours_of_work(jira: Sandbox) -> None:
    """Something of everything every few minutes, ending with the clock four hours on."""
    mutate, clock = jira.jira.mutate, jira.jira.clock
    for number in range(int(dt.timedelta(hours=4) / STEP)):
        issue = mutate.create_issue("APP", summary=f"New {number}")
        mutate.add_comment(issue)
        log = mutate.add_worklog(issue)
        old = mutate.issue(10_000 + number % 20)
        mutate.add_comment(old)
        clock.advance(STEP.total_seconds())
        mutate.update_issue(issue, summary="Changed")
        if number % 3 == 0:
            mutate.delete_worklog(issue, log.id)
    clock.advance(minutes=5)  # the feeds of worklogs withhold the last minute


def times(jira: Sandbox) -> Times:
    """Every row's deciding time, by stream and id."""
    tables = expected(jira.jira)
    return {
        stream: {key: row[column] for key, row in tables[stream].items()}
        for stream, column in DECIDING.items()
    }


def within(every: Times, start: dt.datetime, end: dt.datetime) -> dict[str, set[str]]:
    """The ids of the rows in ``[start, end)``."""
    return {
        stream: {key for key, time in rows.items() if start <= time < end}
        for stream, rows in every.items()
    }


def sent(run: Run) -> dict[str, set[str]]:
    """The ids of the rows that a run sent, none of them twice."""
    return {stream: set(run.messages.by_id(stream)) for stream in DECIDING}


def bookmarks(run: Run) -> dict[str, str]:
    """The bookmarks of a run's last STATE."""
    return {stream: run.state["bookmarks"][stream]["replication_key_value"] for stream in DECIDING}


@pytest.mark.parametrize("personality", ["cloud", "dc"])
@pytest.mark.parametrize(("zone", "moment"), ZONES)
def test_a_period_means_the_same_in_every_zone(
    zone: str, moment: str, personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    middle = utc(moment)
    jira = sandbox(
        personality=personality,
        time_zone=zone,
        issues=40,
        start=middle - dt.timedelta(hours=2),
    )
    four_hours_of_work(jira)
    start = middle - dt.timedelta(minutes=61, seconds=30)
    end = middle + dt.timedelta(minutes=61, seconds=29)
    due = within(times(jira), start, end)
    assert all(len(rows) >= 5 for rows in due.values())
    run = tap(jira).sync(start_date=start.isoformat(), end_date=f"{end:%Y-%m-%dT%H:%M:%SZ}")
    assert sent(run) == due
    assert all(value <= f"{end:%Y-%m-%dT%H:%M:%S}" for value in bookmarks(run).values())


def test_a_period_is_half_open_to_the_second(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=20, start=utc("2026-06-15T12:00:00"))
    mutate, clock = jira.jira.mutate, jira.jira.clock
    made = []
    for _ in range(4):
        made.append(str(mutate.create_issue(summary="New").id))
        clock.advance(1)
    clock.advance(minutes=5)
    run = tap(jira).sync(start_date="2026-06-15T12:00:01Z", end_date="2026-06-15T12:00:03Z")
    assert sent(run)["issues"] == set(made[1:3])


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-14", "2026-06-14T00:00:00"),
        ("2026-06-14T10:30:00", "2026-06-14T10:30:00"),
        ("2026-06-14T10:30:00+12:00", "2026-06-13T22:30:00"),
    ],
)
def test_start_date_is_utc_unless_it_has_an_offset(
    text: str, instant: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(time_zone="Pacific/Auckland", start=utc("2026-06-15T12:00:00"))
    mutate, clock = jira.jira.mutate, jira.jira.clock
    clock.advance(days=-2)
    made = {}
    for _ in range(36):
        clock.advance(minutes=60)
        made[str(mutate.create_issue(summary="New").id)] = clock.now()
    clock.advance(days=1)
    run = tap(jira).sync(start_date=text)
    new = sent(run)["issues"] & made.keys()
    assert new == {key for key, time in made.items() if time >= utc(instant)}
    assert 0 < len(new) < len(made)


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_consecutive_periods_have_no_gap_and_no_overlap(
    personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    start = utc("2026-06-15T12:00:00")
    jira = sandbox(personality=personality, time_zone="Asia/Kolkata", issues=60, start=start)
    four_hours_of_work(jira)
    cuts = [start + dt.timedelta(minutes=n, seconds=n) for n in (-500_000, 37, 111)]
    edges: list[str | None] = [None, *(cut.isoformat() for cut in cuts), None]
    parts = []
    for begin, end in zip(edges, edges[1:], strict=False):  # noqa: RUF007 - pairs of optionals
        config: dict[str, Any] = {"start_date": begin, "end_date": end}
        parts.append(sent(tap(jira).sync(**config)))
    for stream, rows in times(jira).items():
        found = [key for part in parts for key in part[stream]]
        assert len(found) == len(set(found)), f"{stream} has rows in two periods"
        assert set(found) == set(rows)


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_a_backfill_goes_on_from_the_state_when_the_end_moves(
    personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    start = utc("2026-06-15T12:00:00")
    jira = sandbox(personality=personality, time_zone="America/Los_Angeles", issues=60, start=start)
    four_hours_of_work(jira)
    state = None
    found: dict[str, list[str]] = {stream: [] for stream in DECIDING}
    for end in ("2026-06-15T13:00:30Z", "2026-06-15T14:20:10Z", None):
        config: dict[str, Any] = {"end_date": end}
        run = tap(jira).sync(state, **config)
        state = run.state
        for stream, ids in sent(run).items():
            found[stream] += ids
    for stream, rows in times(jira).items():
        assert sorted(set(found[stream])) == sorted(rows)
        # An issue of which a slice left something out is looked at again in the next one.
        assert len(found[stream]) <= len(rows) + 3


@pytest.mark.parametrize(
    ("first", "personality"),
    [("comments", "cloud"), ("changelogs", "cloud"), ("issues", "dc"), ("worklogs", "dc")],
)
def test_a_stream_selected_later_reads_its_own_past(
    first: str, personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(personality=personality, issues=40)
    mine = tap(jira)
    catalog = mine.discover()
    alone = mine.sync(catalog=select(catalog, first))
    everything = {stream: set(rows) for stream, rows in times(jira).items()}
    nothing: dict[str, set[str]] = {stream: set() for stream in DECIDING}
    assert sent(alone) == {**nothing, first: everything[first]}
    assert all(row["issue_key"] for row in alone.messages.records["changelogs"])
    later = mine.sync(alone.state, select(catalog, *DECIDING))
    assert sent(later) == {**everything, first: set()}
    assert sent(mine.sync(later.state, select(catalog, *DECIDING))) == nothing


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_an_issue_changed_after_the_end_still_shows_what_was_written_before(
    personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(personality=personality, issues=20, start=utc("2026-06-15T12:00:00"))
    mutate, clock = jira.jira.mutate, jira.jira.clock
    issue = mutate.create_issue(summary="New")
    comment = str(mutate.add_comment(issue).id)
    clock.advance(minutes=30)
    mutate.update_issue(issue, summary="Changed")
    clock.advance(minutes=30)
    run = tap(jira).sync(start_date="2026-06-15T12:00:00Z", end_date="2026-06-15T12:10:00Z")
    assert str(issue.id) not in sent(run)["issues"]
    assert comment in sent(run)["comments"]


@pytest.mark.parametrize("arguments", [[], ["--discover"]], ids=str)
def test_a_start_date_in_the_future_is_mentioned_once(
    arguments: list[str], sandbox: MakeSandbox, tap: MakeTap
) -> None:
    """By Jira's clock, which is the one that counts."""
    jira = sandbox(issues=5)
    now = jira.jira.clock.now_ms() / 1000
    for seconds, lines in ((-3600, 0), (3600, 1)):
        date = dt.datetime.fromtimestamp(now + seconds, tz=dt.timezone.utc)
        run = tap(jira, start_date=date.isoformat()).run(*arguments)
        assert run.code == 0, run.log
        found = [line for line in run.warnings if "start_date" in line]
        assert len(found) == lines
        assert all("future" in line for line in found)
