"""Settings that change between two runs with the same STATE."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault, PageCaps
from tests.exactness.support import Tap as Process
from tests.exactness.support import records
from tests.support.changes import visible
from tests.support.tap import select

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.tap import Run

CONTENT = ("POST /issue/bulkfetch", "POST /search")
SMALL = {
    "issues.search_cloud.CLOUD_ID_PAGE": 6,
    "issues.search_cloud.CLOUD_PAGE": 6,
    "issues.source.CLOUD_PAGE": 6,
    "issues.search_dc.OFFSET_WINDOW": 6,
}
ALL = ("changelogs", "comments", "issues", "worklogs")


@pytest.fixture(params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest, sandbox: MakeSandbox) -> Sandbox:
    return sandbox(personality=request.param, issues=60)


def truth(jira: Sandbox, *keys: str) -> dict[str, set[str]]:
    """The ids of what belongs to these projects."""
    world = jira.jira.world
    issues = [each for each in visible(jira.jira) if not keys or each.project.key in keys]
    return {
        "issues": {str(issue.id) for issue in issues},
        "comments": {str(row.id) for issue in issues for row in world.comments(issue)},
        "changelogs": {str(row.id) for issue in issues for row in world.histories(issue)},
        "worklogs": {str(row.id) for issue in issues for row in world.worklogs(issue)},
    }


def found(run: Run) -> dict[str, set[str]]:
    """The ids of what came."""
    return {name: {row["id"] for row in run.messages.records.get(name, [])} for name in ALL}


def said(run: Run) -> list[str]:
    """What the log says of changed settings."""
    return [line.text for line in run.lines if "from start_date" in line.text]


NOTHING: dict[str, set[str]] = {name: set() for name in ALL}


def test_projects_that_are_added(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    first = mine.sync(project_keys=["APP"])
    assert found(first) == truth(jira, "APP")
    jira.jira.clock.advance(minutes=60)
    # A renamed project is none that is added.
    project = next(each for each in jira.jira.world.projects if each.key == "APP")
    jira.mutate.rename_project(project, "APPLE")
    run = mine.sync(first.state, project_keys=["APPLE", "AND"])
    assert found(run) == truth(jira, "AND")
    assert said(run) == [
        f"project_keys admits more than it did: reading AND from start_date for {', '.join(ALL)}."
    ]
    jira.jira.clock.advance(minutes=60)
    again = mine.sync(run.state, project_keys=["AND", "APPLE"])
    assert found(again) == NOTHING
    assert not said(again)
    # One that was taken away in between is added again; then all the others are.
    jira.jira.clock.advance(minutes=60)
    less = mine.sync(again.state, project_keys=["APPLE"])
    assert found(less) == NOTHING
    jira.jira.clock.advance(minutes=60)
    assert found(mine.sync(less.state, project_keys=["APPLE", "AND"])) == truth(jira, "AND")
    everything = mine.sync(less.state)
    rest = {name: ids - truth(jira, "APPLE")[name] for name, ids in truth(jira).items()}
    assert found(everything) == rest
    assert found(mine.sync(everything.state)) == NOTHING


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_a_back_fill_goes_on_where_it_was_broken_off(
    personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    caps = PageCaps(search_ids=6, search=6, search_dc=6, bulkfetch=6)
    jira = sandbox(personality=personality, issues=120, caps=caps, bulk_minute=0)
    mine = Process(jira, tmp_path, SMALL, project_keys=["APP"], max_concurrency=1)
    mine.run()
    jira.jira.clock.advance(minutes=60)
    mine.reconfigure(project_keys=["APP", "AND"])
    mine.tables.rows.clear()
    reached: list[str] = []
    for attempt in range(2):
        process = mine.start()
        jira.reset_counts()
        # What changes after it was read, or before, is new all over.
        news = [each for each in visible(jira.jira) if each.project.key == "AND"][attempt::6]

        def strike(*_: Any, process: Any = process, news: Any = news) -> None:
            read = [each.body for each in jira.requests if each.endpoint in CONTENT]
            # The census asks for ids, and others for how many there are.
            if len([body for body in read if len(body.get("fields", ())) > 2]) == 4:
                for issue in news:
                    jira.mutate.update_issue(issue, labels=["changed"])
                process.kill()

        jira.on_request(1, strike)
        messages = mine.end(process)
        sent = [at for stream, _, at in records(messages) if stream == "issues"]
        assert min(sent) >= max(["", *reached]), "it began anew"
        jira.jira.clear_hooks()
        assert process.returncode == -signal.SIGKILL
        reached.append(mine.state["bookmarks"]["issues"]["backfill"]["value"])
        jira.jira.clock.advance(minutes=20)
    assert reached[0] < reached[1]
    mine.run()
    wanted = truth(jira, "AND")
    assert {name: rows - mine.rows[name].keys() for name, rows in wanted.items()} == NOTHING
    assert all(
        not {"backfill", "unfinished_since"} & bookmark.keys()
        for bookmark in mine.state["bookmarks"].values()
    )
    jira.jira.clock.advance(minutes=60)
    assert not records(mine.run())


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_a_project_that_is_added_while_the_feed_is_not_done(
    personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    """Its issues that changed since the feed's bookmark have older worklogs, too."""
    jira = sandbox(personality=personality, issues=80, caps=PageCaps(feed=20, worklogs_by_id=1000))
    mine = tap(jira, max_concurrency=1)
    catalog = select(mine.discover(), "worklogs")
    jira.faults.add(Fault("status", "worklog/list", nth=6, status=403, count=10**6))
    first = mine.run(catalog=catalog, project_keys=["APP"])
    bookmark = first.state["bookmarks"]["worklogs"]
    assert bookmark["replication_key_value"] < bookmark["unfinished_since"]
    jira.faults.clear()
    jira.jira.clock.advance(minutes=60)
    run = mine.sync(first.state, catalog, project_keys=["APP", "AND"])
    wanted = truth(jira, "APP", "AND")["worklogs"]
    assert found(first)["worklogs"] | found(run)["worklogs"] == wanted


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({"jql": "issuetype = Bug"}, {"jql": "issuetype != Bug"}, "jql is another one"),
        ({"jql": "issuetype = Bug"}, {}, "jql is another one"),
        ({"start_date": "2026-01-01"}, {"start_date": "2025-01-01"}, "start_date was 2026-01-01"),
        ({"start_date": "2026-01-01"}, {}, "no longer set"),
    ],
)
def test_a_bookmark_that_serves_no_longer(
    before: dict[str, Any], after: dict[str, Any], reason: str, jira: Sandbox, tap: MakeTap
) -> None:
    mine = tap(jira)
    state = mine.sync(**before).state
    jira.jira.clock.advance(minutes=60)
    run = mine.sync(state, **after)
    assert found(run) == found(mine.sync(**after))
    assert any(reason in line for line in said(run)), run.log
    again = mine.sync(run.state, **after)
    assert found(again) == NOTHING
    assert not said(again)


def test_a_later_start_date_reads_nothing_again(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    state = mine.sync().state
    jira.jira.clock.advance(minutes=60)
    assert found(mine.sync(state, start_date="2026-01-01")) == NOTHING


def test_a_long_history_in_slices(jira: Sandbox, tap: MakeTap) -> None:
    """An issue that is still changing comes with each slice's part of what is in it."""
    world = jira.jira.world
    assert max(len(world.comments(issue)) for issue in visible(jira.jira)) > 100
    mine = tap(jira)
    state: dict[str, Any] = {}
    came: dict[str, set[str]] = {name: set() for name in ALL}
    for end in ("2025-06-01", "2025-09-01", "2026-03-01", None):
        run = mine.sync(state, end_date=end)
        came = {name: ids | found(run)[name] for name, ids in came.items()}
        state = run.state
        jira.jira.clock.advance(minutes=60)
    assert came == truth(jira)


def test_an_end_before_the_bookmark_leaves_state_as_it_is(jira: Sandbox, tap: MakeTap) -> None:
    """What is new has rows behind that end, which a later run would not look for."""
    mine = tap(jira, project_keys=["APP"])
    issue = next(
        each
        for each in visible(jira.jira)
        if each.project.key == "AND" and len(jira.jira.world.worklogs(each)) > 1
    )
    jira.mutate.add_worklog(issue)
    jira.jira.clock.advance(minutes=60)
    state = mine.sync().state
    jira.jira.clock.advance(minutes=60)
    jira.mutate.move_issue(issue, "APP")
    jira.jira.clock.advance(minutes=60)
    narrow = mine.sync(state, project_keys=["APP", "SUP"], end_date="2026-03-01")
    assert narrow.state["bookmarks"]["worklogs"] == state["bookmarks"]["worklogs"]
    assert any("end_date lies before the bookmark" in line for line in narrow.warnings)
    jira.jira.clock.advance(minutes=60)
    came, wanted = found(mine.sync(narrow.state, project_keys=["APP", "SUP"])), truth(jira, "SUP")
    assert {name: wanted[name] - ids for name, ids in came.items()} == NOTHING
    assert {str(log.id) for log in jira.jira.world.worklogs(issue)} <= came["worklogs"]
    assert {str(row.id) for row in jira.jira.world.comments(issue)} <= came["comments"]
