"""A site in slices: together they read what one run reads, and nothing twice."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.options import PageCaps, RateLimit
from tests.support.changes import every_kind, visible
from tests.support.launch import BIN, environment
from tests.support.messages import Messages
from tests.support.tap import Tap, select, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sandbox import Sandbox
    from sandbox.model import Issue
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.tap import Run

Rows = dict[tuple[str, tuple[Any, ...]], dict[str, Any]]
States = dict[int, dict[str, Any]]
DAY = 24 * 60
INCREMENTAL = ("issues", "comments", "changelogs", "worklogs", "deleted_worklogs")


@pytest.fixture(params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest, sandbox: MakeSandbox) -> Sandbox:
    return sandbox(personality=request.param, issues=120)


def cut(mine: Tap, number: int, **config: Any) -> list[dict[str, Any]]:
    """The settings of so many slices."""
    run = mine.run("--slices", str(number), **config)
    assert run.code == 0, run.log
    assert not run.errors, run.log
    made: list[dict[str, Any]] = json.loads(run.output)
    return made


def rows(messages: Messages, stream: str | None = None, *, once: bool = True) -> Rows:
    """The records by stream and key, of which none may come twice, unless it is no matter."""
    keys = {name: schemas[0]["key_properties"] for name, schemas in messages.schemas.items()}
    found = [
        ((name, tuple(record[part] for part in keys[name])), record)
        for name, records in messages.records.items()
        for record in records
        if stream in {None, name}
    ]
    twice = [key for key, n in Counter(key for key, _ in found).items() if n > 1]
    assert not (once and twice)
    return dict(found)


def together(parts: Iterable[Rows]) -> Rows:
    """The rows of several runs, of which none may come twice."""
    united: Rows = {}
    for part in parts:
        assert not united.keys() & part.keys()
        united |= part
    return united


def read(
    mine: Tap, slices: list[dict[str, Any]], states: States | None = None, **how: Any
) -> tuple[list[Run], States]:
    """Every slice once, and what STATE says after it."""
    runs = [mine.sync((states or {}).get(n), **each, **how) for n, each in enumerate(slices)]
    return runs, {n: run.state for n, run in enumerate(runs)}


def has(part: Mapping[str, Any], issue: Issue) -> bool:
    """Whether a slice reads an issue, by what the setting says and nothing else."""
    project = str(issue.project.id)
    own = part.get("projects")
    if project in part.get("other_than", ()) or (own is not None and project not in own):
        return False
    ends = part.get("created", {}).get(project, {})
    minute = issue.created // 60_000
    return minute >= _minute(ends.get("from"), 0) and minute < _minute(ends.get("before"), 10**9)


def _minute(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    return int(dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) // 60


def test_any_number_of_slices_has_every_issue_once(sandbox: MakeSandbox, tap: MakeTap) -> None:
    for personality in ("cloud", "dc"):
        # Projects at the border of two pages are in both of them.
        caps = PageCaps(projects=2)
        jira = sandbox(personality=personality, issues=300, more_projects=30, caps=caps)
        mine = tap(jira)
        issues = visible(jira.jira)
        for number in (1, 2, 3, 5, 12, 40):
            made = [each["slice"] for each in cut(mine, number)]
            assert 0 < len(made) <= number
            assert [(each["number"], each["of"]) for each in made] == [
                (n, len(made)) for n in range(1, len(made) + 1)
            ]
            assert ["projects" in each for each in made] == [False, *[True] * (len(made) - 1)]
            held = Counter(n for issue in issues for n, part in enumerate(made) if has(part, issue))
            assert sum(held.values()) == len(issues)
            assert all(sum(has(part, issue) for part in made) == 1 for issue in issues)
            # No slice has much more than its share; a bulk import's minute cannot be cut.
            assert max(held.values()) <= 1.5 * len(issues) / number + 5
            # Thousands of projects need no count each.
            assert jira.counts["POST /search/approximate-count"] < 2000


def test_counts_do_not_grow_with_the_number_of_projects(sandbox: MakeSandbox, tap: MakeTap) -> None:
    counts = []
    for more in (0, 1000):
        jira = sandbox(issues=200, more_projects=more)
        cut(tap(jira), 4)
        counts.append(jira.counts["POST /search/approximate-count"])
    assert counts[1] <= counts[0] + 60


@pytest.mark.parametrize("number", [1, 3, 6])
def test_together_they_read_the_whole(number: int, jira: Sandbox, tap: MakeTap) -> None:
    """All streams, also those that do not come out of issues; then what has changed."""
    mine = tap(jira, full_table_interval_hours=0)
    mine.core = number != 3
    slices = cut(mine, number)
    assert any("created" in each["slice"] for each in slices) == (number > 1)
    entire = mine.sync()
    runs, states = read(mine, slices)
    assert together(rows(run.messages) for run in runs) == rows(entire.messages)
    assert [f"slice {n} of {len(slices)}" in run.log for n, run in enumerate(runs, 1)]
    jira.jira.clock.advance(minutes=60)
    every_kind(jira.jira)
    # What moved from one slice to another is new to that, with all that is in it.
    jira.jira.clock.advance(minutes=DAY)
    entire = mine.sync(entire.state)
    runs, _ = read(mine, slices, states)
    united = {key: row for run in runs for key, row in rows(run.messages, once=False).items()}
    wanted = rows(entire.messages, once=False)
    assert {key: united[key] for key in wanted} == wanted
    truth = {str(issue.id) for issue in visible(jira.jira)}
    gone = {key[0] for (name, key) in united if name == "deleted_issues"}
    assert gone == {key[0] for (name, key) in wanted if name == "deleted_issues"}
    assert not gone & truth


def test_what_comes_later_belongs_to_one_slice(jira: Sandbox, tap: MakeTap) -> None:
    """A new project, a restored one, a renamed one, and new issues in one that is cut."""
    mine = tap(jira)
    slices = cut(mine, 4)
    runs, states = read(mine, slices)
    before = together(rows(run.messages) for run in runs)
    jira.jira.clock.advance(minutes=60)
    world = jira.jira.world
    app = next(each for each in world.projects if each.key == "APP")
    jira.mutate.rename_project(app, "APPLE")
    jira.mutate.restore_project("OLD")
    new = [jira.mutate.create_issue(key, summary="New") for key in ("APPLE", "OLD", "AND", "SUP")]
    for issue in new:
        jira.mutate.add_worklog(issue)
        jira.mutate.add_comment(issue)
    jira.jira.clock.advance(minutes=DAY)
    runs, states = read(mine, slices, states)
    came = together(rows(run.messages, "issues") for run in runs)
    old = {str(each.id) for each in visible(jira.jira) if each.project.key == "OLD"}
    assert {key[0] for _, key in came} == old | {str(each.id) for each in new}
    for stream in ("comments", "worklogs", "changelogs"):
        united = {**together(rows(run.messages, stream) for run in runs), **before}
        inside = getattr(world, stream if stream != "changelogs" else "histories")
        wanted = {str(row.id) for issue in visible(jira.jira) for row in inside(issue)}
        assert {key[0] for name, key in united if name == stream} == wanted
    jira.jira.clock.advance(minutes=60)
    runs, _ = read(mine, slices, states)
    assert not together(rows(run.messages, "issues") for run in runs)


@pytest.mark.parametrize("jql", [None, "labels is not EMPTY OR labels is EMPTY"])
def test_what_moves_to_another_slice_is_not_gone(
    jql: str | None, jira: Sandbox, tap: MakeTap
) -> None:
    mine = tap(jira, **({"jql": jql} if jql else {}))
    slices = cut(mine, 3)
    runs, states = read(mine, slices)
    issues = visible(jira.jira)
    parts = [each["slice"] for each in slices]

    def home(issue: Issue) -> int:
        return next(n for n, part in enumerate(parts) if has(part, issue))

    there = {str(each.project.key): home(each) for each in issues}
    moved, lost = [each for each in issues if home(each) == there["APP"]][:2]
    other = next(key for key, part in there.items() if part != home(moved))
    for issue in (moved, lost):
        jira.mutate.move_issue(issue, other)
    for days in range(3):
        jira.jira.clock.advance(minutes=DAY)
        runs, states = read(mine, slices, states)
        assert not [run for run in runs if run.messages.records.get("deleted_issues")]
        if days == 0:
            came = together(rows(run.messages, once=False) for run in runs)
            wanted = {str(row.id) for row in jira.jira.world.comments(moved)}
            assert {key[0] for name, key in came if name == "comments"} >= wanted
    jira.mutate.delete_issue(lost)
    jira.jira.clock.advance(minutes=DAY)
    runs, _ = read(mine, slices, states)
    told = {row["id"] for run in runs for row in run.messages.records.get("deleted_issues", ())}
    assert told == {str(lost.id)}


def test_what_moves_out_of_the_years_of_a_slice_is_not_gone(jira: Sandbox, tap: MakeTap) -> None:
    """Two slices have a part of the same two projects each."""
    mine = tap(jira, jql="labels is not EMPTY OR labels is EMPTY")
    ids = {each.key: str(each.id) for each in jira.jira.world.projects}
    app, sup, year = ids["APP"], ids["SUP"], "2026-01-01T00:00:00Z"
    early, late = {"before": year}, {"from": year}
    parts: list[dict[str, Any]] = [
        {"number": 1, "of": 3, "other_than": [app, sup]},
        {"number": 2, "of": 3, "projects": [app, sup], "created": {app: early, sup: late}},
        {"number": 3, "of": 3, "projects": [app, sup], "created": {app: late, sup: early}},
    ]
    slices = [{"slice": each} for each in parts]
    _, states = read(mine, slices)
    held = {str(each.id) for each in visible(jira.jira) if has(parts[1], each)}
    moved = next(each for each in visible(jira.jira) if str(each.id) in held and each.key[0] == "A")
    jira.jira.clock.advance(minutes=60)
    jira.mutate.move_issue(moved, "SUP")
    assert has(parts[2], moved)
    for _ in range(3):
        jira.jira.clock.advance(minutes=DAY)
        runs, states = read(mine, slices, states)
        assert not [run for run in runs if run.messages.records.get("deleted_issues")]
    jira.mutate.delete_issue(moved)
    jira.jira.clock.advance(minutes=DAY)
    runs, _ = read(mine, slices, states)
    told = {row["id"] for run in runs for row in run.messages.records.get("deleted_issues", ())}
    assert told == {str(moved.id)}


def test_slices_that_are_made_anew_go_on(jira: Sandbox, tap: MakeTap) -> None:
    """STATE of a slice that had others: what came to it is read, what it lost is not gone."""
    mine = tap(jira)
    world = jira.jira.world
    ids = {each.key: str(each.id) for each in world.projects}

    def part(key: str, **created: Any) -> dict[str, Any]:
        cut_up = {"created": {ids["APP"]: created}} if created else {}
        return {"number": 2, "of": 2, "projects": [ids["APP"], ids[key]], **cut_up}

    parts = [part("AND", before="2025-09-01"), part("SUP", before="2026-02-01"), part("SUP")]
    state: dict[str, Any] | None = None
    came: dict[str, set[str]] = {name: set() for name in ("issues", "comments", "worklogs")}
    for number, each in enumerate(parts):
        run = mine.sync(state, slice=each)
        came = {name: ids | {row["id"] for row in run.messages.records.get(name, ())}
                for name, ids in came.items()}  # fmt: skip
        issues = [issue for issue in visible(jira.jira) if has(each, issue)]
        assert came["issues"] >= {str(issue.id) for issue in issues}
        for name in ("comments", "worklogs"):
            wanted = {str(row.id) for issue in issues for row in getattr(world, name)(issue)}
            assert came[name] >= wanted
        assert not run.messages.records.get("deleted_issues")
        said = [line.text for line in run.lines if "of the slice are new to" in line.text]
        everything = "changelogs, comments, issues, worklogs" if number else "worklogs"
        assert all(f"new to {everything}: reading them" in text for text in said)
        assert said
        state = run.state
        jira.jira.clock.advance(minutes=DAY)
    assert not mine.sync(state, slice=parts[-1]).messages.records.get("issues")


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_three_side_by_side_under_one_limit(
    personality: Any, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(
        personality=personality,
        issues=240,
        clock_runs=True,
        rate_limit=RateLimit(per_second=40, burst=40),
    )
    (tmp_path / "whole").mkdir()
    config = {**jira.settings(), "page_size": 50}
    mine = Tap(tmp_path / "whole", config)
    slices = cut(mine, 3)
    assert len(slices) == 3

    def run(part: dict[str, Any]) -> Messages:
        folder = tmp_path / f"{part['slice']['number']}"
        folder.mkdir()
        for name, content in {"config": config, "slice": part}.items():
            (folder / f"{name}.json").write_text(json.dumps(content))
        arguments = [f"--config={folder / name}.json" for name in ("config", "slice")]
        run = subprocess.run(
            [BIN / "tap-jira", *arguments], capture_output=True, env=environment(), check=False
        )
        assert run.returncode == 0, run.stderr.decode()
        return Messages.parse(run.stdout)

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(run, slices))
    refused, sent = jira.jira.limiter.refused, sum(jira.counts.values())
    assert refused < 0.1 * sent, (refused, sent)
    jira.jira.limiter.limit = None
    catalog = select(mine.discover(), *INCREMENTAL)
    entire = rows(mine.sync(catalog=catalog).messages)
    united = together(map(rows, found))
    assert {key: row for key, row in united.items() if key[0] in INCREMENTAL} == entire


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({"number": 3, "of": 2}, "there is no number 3 of 2"),
        ({"number": 1}, "Object missing required field `of`"),
        ({"number": 1, "of": 2, "project": ["1"]}, "Object contains unknown field `project`"),
        ({"number": 1, "of": 2, "projects": ["APP"]}, "matching regex"),
        ({"number": 1, "of": 2, "projects": [], "other_than": ["1"]}, "projects or other_than"),
        ({"number": 1, "of": 2, "projects": [], "created": {"1": {}}}, "it has no project 1"),
        (
            {"number": 1, "of": 1, "created": {"1": {"from": "2026", "before": "2025-01-01"}}},
            "slice is not a date",
        ),
        (
            {
                "number": 1,
                "of": 1,
                "created": {"1": {"from": "2026-01-01", "before": "2025-01-01"}},
            },
            "created of 1 ends before it begins",
        ),
    ],
)
def test_a_slice_that_is_none(
    part: dict[str, Any], reason: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    run = tap(sandbox(issues=1)).run(slice=part)
    assert run.code == 1
    assert len(run.errors) == 1
    assert reason in run.errors[0]


def test_a_slice_in_a_variable(sandbox: MakeSandbox, tap: MakeTap) -> None:
    """As Meltano hands it over."""
    jira = sandbox(issues=60)
    part = cut(tap(jira), 2)[1]["slice"]
    mine = tap(jira)
    mine.variables["TAP_JIRA_SLICE"] = json.dumps(part)
    run = mine.run("--config", "ENV")
    assert run.code == 0, run.log
    wanted = {str(issue.id) for issue in visible(jira.jira) if has(part, issue)}
    assert {row["id"] for row in run.messages.records["issues"]} == wanted


def test_slices_are_not_cut_again(sandbox: MakeSandbox, tap: MakeTap) -> None:
    run = tap(sandbox(issues=1), slice={"number": 1, "of": 1}).run("--slices", "2")
    assert run.code == 1
    assert "has a slice already" in run.errors[0]
    assert tap(sandbox(issues=1)).run("--slices", "0").code == 2


def test_no_slice_deletes_what_another_one_has_read(jira: Sandbox, tap: MakeTap) -> None:
    """What all slices have a part of is refused; what one of them has whole is deleted there."""
    mine = tap(jira, emit_activate_version_messages=True)
    slices = cut(mine, 2)
    catalog = whole(mine.discover(), "comments")
    run = mine.run(catalog=catalog, **slices[0])
    assert run.code == 1
    assert "delete the rows of comments that other slices have read" in run.errors[0]
    runs = [mine.sync(None, select(catalog, "users", "issues"), **each) for each in slices]
    told = [[each["stream"] for each in run.messages.of("ACTIVATE_VERSION")] for run in runs]
    assert told == [["users"], []]


def test_the_share_of_a_slice(sandbox: MakeSandbox, tap: MakeTap) -> None:
    """Of four requests at once four slices have one each; where one runs at a time, it has all."""
    found = []
    for at_once in (None, 1):
        jira = sandbox(issues=200, latency_seconds=0.05, clock_runs=True)
        mine = tap(jira, max_concurrency=4, page_size=10)
        mine.sync(slice={"number": 1, "of": 4}, slices_at_once=at_once)
        found.append(jira.jira.most_at_once)
    assert found[0] == 1
    assert 1 < found[1] <= 4
