"""What is new although its dates are old, or its version is known: it comes, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault
from sandbox.model import Item, Worklog
from tests.support.changes import visible
from tests.support.tap import select, whole

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.model import Issue
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.tap import Run

INSIDE = ("comments", "changelogs", "worklogs")
INCREMENTAL = ("issues", *INSIDE, "deleted_worklogs")
#: What an importer makes of no date in a zone an hour ahead of UTC.
AN_HOUR_EARLY = -3_600_000


@pytest.fixture(params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest, sandbox: MakeSandbox) -> Sandbox:
    return sandbox(personality=request.param, issues=50)


def ids(run: Run, stream: str, issue: Issue | None = None) -> list[str]:
    """The ids of a stream's records, of one issue or of all."""
    rows = run.messages.records.get(stream, [])
    return sorted(r["id"] for r in rows if issue is None or r["issue_id"] == str(issue.id))


def inside(jira: Sandbox, issue: Issue) -> dict[str, list[str]]:
    """The ids of what is in an issue."""
    world = jira.jira.world
    return {
        "comments": sorted(str(row.id) for row in world.comments(issue)),
        "changelogs": sorted(str(row.id) for row in world.histories(issue)),
        "worklogs": sorted(str(row.id) for row in world.worklogs(issue)),
    }


def of(run: Run, issue: Issue) -> dict[str, list[str]]:
    """What came of an issue, stream by stream."""
    return {name: ids(run, name, issue) for name in INSIDE}


def is_silent(run: Run) -> bool:
    """Whether nothing came of what is read by increments."""
    return not set(INCREMENTAL).intersection(run.messages.records)


def full(jira: Sandbox, where: Any, logs: int = 2) -> Issue:
    """An issue of long ago with comments and worklogs, some more than are embedded."""
    world = jira.jira.world
    return next(
        issue
        for issue in visible(jira.jira)
        if where(issue) and len(world.worklogs(issue)) >= logs and world.comments(issue)
    )


# --- issues that come into view ---------------------------------------------------------------


@pytest.mark.parametrize("logs", [2, 21])
def test_an_issue_that_is_moved_into_a_configured_project(
    logs: int, jira: Sandbox, tap: MakeTap
) -> None:
    mine = tap(jira, project_keys=["APP"])
    issue = full(jira, lambda each: each.project.key != "APP", logs)
    state = mine.sync().state
    jira.jira.clock.advance(minutes=60)
    jira.mutate.move_issue(issue, "APP")
    jira.jira.clock.advance(minutes=60)
    run = mine.sync(state)
    assert of(run, issue) == inside(jira, issue)
    # Within the overlap as well, nothing comes twice.
    assert is_silent(mine.sync(run.state))


@pytest.mark.parametrize("alone", [True, False])
def test_an_issue_whose_security_level_is_lifted(alone: bool, jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    catalog = select(mine.discover(), *(["worklogs"] if alone else INCREMENTAL))
    issue = full(jira, lambda _: True)
    jira.mutate.hide_issue(issue)
    state = mine.sync(catalog=catalog).state
    jira.jira.clock.advance(minutes=60)
    jira.mutate.show_issue(issue)
    level = Item("security", "security", "jira", "1", "Staff", None, None)
    jira.mutate.update_issue(issue, labels=["shown"])
    assert issue.histories
    issue.histories[-1] = issue.histories[-1]._replace(items=(level,))
    jira.jira.clock.advance(minutes=60)
    run = mine.sync(state, catalog)
    streams = ("worklogs",) if alone else INSIDE
    assert {n: ids(run, n, issue) for n in streams} == {n: inside(jira, issue)[n] for n in streams}
    # What did not come into view is not sent again.
    assert ids(run, "worklogs") == ids(run, "worklogs", issue)
    jira.jira.clock.advance(minutes=60)
    assert is_silent(mine.sync(run.state, catalog))


@pytest.mark.parametrize("with_census", [True, False])
def test_an_issue_that_comes_to_match_the_filter(
    with_census: bool, jira: Sandbox, tap: MakeTap
) -> None:
    mine = tap(jira, jql='labels = "mine"')
    catalog = None if with_census else select(mine.discover(), *INCREMENTAL)
    issue = full(jira, lambda _: True, 21)
    youngest = max(visible(jira.jira), key=lambda each: each.id)
    assert youngest is not issue
    jira.mutate.update_issue(youngest, labels=["mine"])
    jira.jira.clock.advance(minutes=60)
    state = mine.sync(catalog=catalog).state
    jira.jira.clock.advance(minutes=60)
    jira.mutate.update_issue(issue, labels=["mine"])
    jira.jira.clock.advance(minutes=60)
    run = mine.sync(state, catalog=catalog)
    assert of(run, issue) == inside(jira, issue)
    assert is_silent(mine.sync(run.state, catalog=catalog))


def test_worklogs_after_a_run_that_ended_before_the_feed(jira: Sandbox, tap: MakeTap) -> None:
    """The issue is looked at again: the bookmark has not moved."""
    mine = tap(jira, project_keys=["APP"])
    issue = full(jira, lambda each: each.project.key != "APP", 21)
    state = mine.sync().state
    jira.jira.clock.advance(minutes=60)
    jira.mutate.move_issue(issue, "APP")
    jira.jira.clock.advance(minutes=60)
    jira.faults.add(Fault("status", r"/issue/.*/worklog$", status=403, count=1000))
    run = mine.run(state=state)
    assert run.code == 1
    assert ids(run, "comments", issue) == inside(jira, issue)["comments"]
    jira.faults.clear()
    assert of(mine.sync(run.state), issue)["worklogs"] == inside(jira, issue)["worklogs"]


# --- issues that are imported -----------------------------------------------------------------


@pytest.mark.parametrize("created", [None, 0, AN_HOUR_EARLY], ids=["", "zero", "before 1970"])
def test_an_imported_issue_comes_with_what_is_in_it(
    created: int | None, jira: Sandbox, tap: MakeTap
) -> None:
    mine = tap(jira)
    state = mine.sync().state
    jira.jira.clock.advance(minutes=60)
    issue = jira.mutate.import_issue(created=created, comments=25, histories=3, worklogs=22)
    for log in issue.worklogs or ():
        log.updated = log.created  # some importers do, and then no feed tells
    jira.jira.clock.advance(minutes=60)
    run = mine.sync(state)
    assert of(run, issue) == inside(jira, issue)
    assert is_silent(mine.sync(run.state))
    # It is known from then on.
    jira.mutate.update_issue(issue, summary="Changed")
    jira.jira.clock.advance(minutes=60)
    later = mine.sync(run.state)
    assert {name: len(rows) for name, rows in of(later, issue).items()} == {
        "comments": 0,
        "changelogs": 1,
        "worklogs": 0,
    }


@pytest.mark.parametrize("updated", [0, AN_HOUR_EARLY], ids=["zero", "before 1970"])
def test_an_issue_without_a_date_is_there(updated: int, jira: Sandbox, tap: MakeTap) -> None:
    issue = jira.mutate.import_issue(created=updated, updated=updated)
    jira.jira.clock.advance(minutes=60)
    mine = tap(jira, emit_activate_version_messages=True)
    assert of(mine.sync(), issue) == inside(jira, issue)
    catalog = whole(mine.discover(), "issues", "comments", "changelogs")
    run = mine.sync(catalog=catalog)
    deleted = {each["stream"] for each in run.messages.of("ACTIVATE_VERSION")}
    assert deleted >= {"issues", "comments", "changelogs"}
    assert of(run, issue) == inside(jira, issue)
    assert str(issue.id) in {row["id"] for row in run.messages.records["issues"]}


@pytest.mark.parametrize("streams", [INCREMENTAL, ("changelogs",)], ids=["all", "changelogs"])
@pytest.mark.parametrize("first", [False, True], ids=["later run", "first run"])
def test_an_imported_issue_that_the_index_shows_late(
    first: bool, streams: tuple[str, ...], jira: Sandbox, tap: MakeTap
) -> None:
    """One with a greater id was shown before."""
    mine = tap(jira)
    catalog = select(mine.discover(), *streams)
    state = None if first else mine.sync(catalog=catalog).state
    jira.jira.clock.advance(minutes=60)
    issue = jira.mutate.import_issue(comments=3, histories=3, worklogs=3)
    for log in issue.worklogs or ():
        log.updated = log.created
    jira.jira.clock.advance(seconds=5)
    jira.mutate.create_issue("APP", summary="Imported after it")
    jira.mutate.hide_issue(issue)
    jira.jira.clock.advance(seconds=150)
    early = mine.sync(state, catalog)
    jira.mutate.show_issue(issue)
    jira.jira.clock.advance(seconds=60)
    run = mine.sync(early.state, catalog)
    came = {name: ids(run, name, issue) for name in INSIDE if name in streams}
    wanted = inside(jira, issue)
    if first:  # not before their third run: see `test_an_import_before_the_highest_id_is_known`
        came.pop("worklogs", None)
    assert came == {name: wanted[name] for name in came}


@pytest.mark.parametrize("streams", [INCREMENTAL, ("changelogs",)], ids=["all", "changelogs"])
@pytest.mark.parametrize("first", [False, True], ids=["later run", "first run"])
def test_an_issue_that_is_read_while_it_is_imported(
    first: bool, streams: tuple[str, ...], jira: Sandbox, tap: MakeTap
) -> None:
    """Some of its histories, which are old, are there a moment later."""
    mine = tap(jira)
    catalog = select(mine.discover(), *streams)
    state = None if first else mine.sync(catalog=catalog).state
    jira.jira.clock.advance(minutes=60)
    issue = jira.mutate.import_issue(comments=1, histories=4)
    assert issue.histories
    late = issue.histories[2:]
    del issue.histories[2:]
    jira.jira.clock.advance(seconds=20)
    early = mine.sync(state, catalog)
    issue.histories += late
    issue.version += 1
    jira.jira.world.revision += 1
    jira.jira.clock.advance(minutes=5)
    run = mine.sync(early.state, catalog)
    assert {str(each.id) for each in late} <= {*ids(run, "changelogs", issue)}
    jira.jira.clock.advance(minutes=5)
    assert is_silent(mine.sync(run.state, catalog))


@pytest.mark.parametrize("old", [False, True], ids=["own STATE", "STATE of an older version"])
def test_an_import_before_the_highest_id_is_known(old: bool, jira: Sandbox, tap: MakeTap) -> None:
    """Worklogs learn it in the second run, when imported issues have the highest ids."""
    mine = tap(jira)
    jira.jira.clock.advance(minutes=300)
    first = jira.jira.clock.now_ms()
    state = mine.sync().state
    if old:
        for bookmark in state["bookmarks"].values():
            for name in ("highest_id", "scope"):
                bookmark.pop(name, None)
    jira.jira.clock.advance(minutes=60)
    imported = [
        jira.mutate.import_issue(created=created, comments=2, histories=2, worklogs=2)
        for created in (None, first - 3_600_000)
    ]
    for issue in imported:
        for log in issue.worklogs or ():
            log.updated = log.created
    jira.jira.clock.advance(minutes=60)
    run = mine.sync(state)
    assert [of(run, issue) for issue in imported] == [inside(jira, issue) for issue in imported]


def test_the_state_of_an_older_version_whose_worklogs_never_finished(
    jira: Sandbox, tap: MakeTap
) -> None:
    mine = tap(jira, project_keys=["APP"])
    catalog = select(mine.discover(), "worklogs")
    issue = full(jira, lambda each: each.project.key != "APP")
    state = mine.sync(catalog=catalog).state
    state["bookmarks"]["worklogs"]["unfinished_since"] = None
    jira.jira.clock.advance(minutes=60)
    jira.mutate.move_issue(issue, "APP")
    jira.jira.clock.advance(minutes=60)
    run = mine.sync(state, catalog)
    assert ids(run, "worklogs") == inside(jira, issue)["worklogs"]


def test_the_state_of_an_older_version_learns_the_highest_id(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    state = mine.sync().state
    for bookmark in state["bookmarks"].values():
        for name in ("highest_id", "scope"):
            bookmark.pop(name, None)
    jira.jira.clock.advance(minutes=60)
    old = min(visible(jira.jira), key=lambda each: each.id)
    jira.mutate.update_issue(old, summary="Changed")
    issue = jira.mutate.import_issue()
    jira.jira.clock.advance(minutes=60)
    jira.reset_counts()
    run = mine.sync(state)
    assert of(run, issue) == inside(jira, issue)
    assert len(ids(run, "changelogs", old)) == 1
    assert not ids(run, "comments", old)
    assert sum(jira.counts.values()) <= 18  # a first census among them, jira.counts
    assert run.state["bookmarks"]["comments"]["highest_id"] == issue.id


# --- histories that come silently -------------------------------------------------------------


def test_a_history_that_does_not_move_updated(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    issue = visible(jira.jira)[5]
    jira.mutate.update_issue(issue, summary="An ordinary one before it")
    jira.jira.clock.advance(minutes=60)
    state = mine.sync().state
    ranked = [jira.mutate.rank_issue(issue, what) for what in ("Rank", "Epic Child")]
    jira.jira.clock.advance(minutes=60)
    state = mine.sync(state).state
    jira.mutate.add_comment(issue)
    jira.jira.clock.advance(minutes=30)
    run = mine.sync(state)
    # Those alone: what is older than an ordinary history came with it.
    assert ids(run, "changelogs") == sorted(str(each.id) for each in ranked)
    jira.jira.clock.advance(minutes=5)
    assert not ids(mine.sync(run.state), "changelogs")
    jira.mutate.update_issue(issue, summary="Another one")
    jira.jira.clock.advance(minutes=60)
    last = mine.sync(run.state)
    jira.mutate.add_comment(issue)
    jira.jira.clock.advance(minutes=60)
    assert not ids(mine.sync(last.state), "changelogs")


# --- rows that Jira was still writing ---------------------------------------------------------


def test_a_row_that_was_read_while_it_was_written(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    state = mine.sync().state
    jira.jira.clock.advance(minutes=60)
    issue = visible(jira.jira)[3]
    comment = jira.mutate.add_comment(issue)
    jira.jira.clock.advance(seconds=20)
    first = mine.sync(state)
    assert ids(first, "comments") == [str(comment.id)]
    # The same transaction's further rows are there a moment later, with its times.
    with jira.jira.world.lock:
        comment.body = "Now with its text"
        issue.version += 1
        jira.jira.world.revision += 1
    jira.jira.clock.advance(minutes=5)
    second = mine.sync(first.state)
    assert ids(second, "issues") == [str(issue.id)]
    assert ids(second, "comments") == [str(comment.id)]
    jira.jira.clock.advance(minutes=1)
    assert is_silent(mine.sync(second.state))


# --- more worklogs in a millisecond than a feed lists ------------------------------------------


def crowd(jira: Sandbox, count: int) -> list[str]:
    """So many worklogs of some issues, all in one millisecond."""
    with jira.jira.world.lock:
        world, mutate = jira.jira.world, jira.mutate
        issues = visible(jira.jira)[:7]
        now, user = jira.jira.clock.now_ms(), world.users[1]
        made = []
        for n in range(count):
            issue = issues[n % len(issues)]
            world.pin(issue)
            log = Worklog(mutate._next("worklog"), user, user, "Bulk", now, now, now, 60)
            assert issue.worklogs is not None
            issue.worklogs.append(log)
            world.file_worklog(log.id, issue.id)
            made.append(str(log.id))
        for issue in issues:
            mutate._touch(issue, now)
        return sorted(made)


@pytest.mark.parametrize("earlier", [0, 30])
@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_worklogs_that_the_feed_cannot_list(
    personality: str, earlier: int, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    """Each comes once, whether or not they begin a page of the feed."""
    jira = sandbox(personality=personality, issues=30)
    mine = tap(jira)
    catalog = select(mine.discover(), "worklogs")
    state = mine.sync(catalog=catalog).state
    jira.jira.clock.advance(minutes=60)
    before = []
    for _ in range(earlier):
        before.append(str(jira.mutate.add_worklog(visible(jira.jira)[9]).id))
        jira.jira.clock.advance(seconds=1)
    made = crowd(jira, 1200)
    jira.jira.clock.advance(minutes=1)
    after = jira.mutate.add_worklog(visible(jira.jira)[9])
    jira.jira.clock.advance(minutes=60)
    run = mine.sync(state, catalog)
    assert ids(run, "worklogs") == sorted([*before, *made, str(after.id)])
    assert not mine.sync(run.state, catalog).messages.records


def test_broken_off_behind_a_crowded_millisecond(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=30)
    mine = tap(jira)
    catalog = select(mine.discover(), "worklogs")
    state = mine.sync(catalog=catalog).state
    jira.jira.clock.advance(minutes=60)
    made = crowd(jira, 1100)
    for _ in range(2):
        jira.jira.clock.advance(minutes=5)
        jira.mutate.add_worklog(visible(jira.jira)[9])
    jira.jira.clock.advance(minutes=60)
    jira.faults.add(Fault("status", "/issue/.*/worklog$", status=403, count=1000))
    run = mine.run(state=state, catalog=catalog)
    assert run.code == 1
    assert set(made) - {*ids(run, "worklogs")}
    jira.faults.clear()
    assert set(made) <= {*ids(mine.sync(run.state, catalog), "worklogs")}


def test_deletions_that_the_feed_cannot_list(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    catalog = select(mine.discover(), "deleted_worklogs")
    issue = visible(jira.jira)[9]
    for _ in range(2):
        jira.mutate.add_worklog(issue)
    state = mine.sync(catalog=catalog).state
    crowd(jira, 7 * 1001)
    jira.jira.clock.advance(minutes=60)
    jira.mutate.delete_issue(visible(jira.jira)[0])
    jira.jira.clock.advance(seconds=1)
    log = (issue.worklogs or [])[0]
    jira.mutate.delete_worklog(issue, log.id)
    jira.jira.clock.advance(minutes=60)
    run = mine.run(state=state, catalog=catalog)
    assert run.code == 1
    assert "more worklogs may have been deleted in one millisecond" in run.log
    # All that is listed came, also behind it; the next run goes on.
    assert len(ids(run, "deleted_worklogs")) == 1001
    assert str(log.id) in ids(run, "deleted_worklogs")
    again = mine.sync(run.state, catalog)
    assert not again.messages.records


def test_a_crowd_of_deletions_is_told_of_once(jira: Sandbox, tap: MakeTap) -> None:
    """The next run, which reads the last minutes again, finds nothing new in it."""
    mine = tap(jira)
    catalog = select(mine.discover(), "deleted_worklogs")
    jira.mutate.add_worklog(visible(jira.jira)[9])
    state = mine.sync(catalog=catalog).state
    crowd(jira, 7 * 1001)
    jira.jira.clock.advance(minutes=4)
    jira.mutate.delete_issue(visible(jira.jira)[0])
    jira.jira.clock.advance(minutes=4)
    run = mine.run(state=state, catalog=catalog)
    assert run.code == 1
    assert len([each for each in run.warnings if "may have been deleted" in each]) == 1
    assert not mine.sync(run.state, catalog).messages.records
