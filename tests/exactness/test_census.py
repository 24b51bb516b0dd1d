"""What is gone is told of, what comes into view is read: nobody updates either."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault
from sandbox.options import PageCaps
from tap_jira.issues.id_set import IdSet
from tests.exactness.current import wrong
from tests.exactness.test_newness import INCREMENTAL, INSIDE, full, inside, of
from tests.support.changes import visible
from tests.support.tap import batch_config, select, whole
from tests.support.target import Tables

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from sandbox.messages import Request
    from sandbox.model import Issue
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.tap import Run, Tap

DAY = 24 * 60
AN_OLD_DATE = 1_600_000_000_000


@pytest.fixture(params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest, sandbox: MakeSandbox) -> Sandbox:
    return sandbox(personality=request.param, issues=50)


def later(
    jira: Sandbox,
    mine: Tap,
    run: Run,
    *,
    minutes: int = DAY,
    state: dict[str, Any] | None = None,
    **how: Any,
) -> Run:
    """A run some time after another one, with its STATE unless another one is given."""
    jira.jira.clock.advance(minutes=minutes)
    jira.reset_counts()
    return mine.sync(state or run.state, **how)


def told(run: Run) -> dict[str, tuple[bool, bool]]:
    """By issue: whether it is said to be gone, and to be back."""
    rows = run.messages.records.get("deleted_issues", [])
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: (bool(row["gone_at"]), bool(row["returned_at"])) for row in rows}


GONE, BACK = (True, False), (True, True)


# --- what is gone ---------------------------------------------------------------------------------


def test_a_deleted_issue_is_found_once_a_day(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    first = mine.sync()
    assert told(first) == {}
    lost = full(jira, lambda _: True)
    jira.mutate.delete_issue(lost)
    second = later(jira, mine, first, minutes=60)
    assert told(second) == {}
    third = later(jira, mine, second)
    assert told(third) == {str(lost.id): GONE}
    (row,) = third.messages.records["deleted_issues"]
    assert row["gone_at"].startswith("2026-06-16T13:00:00")
    fourth = later(jira, mine, third)
    assert told(fourth) == {}


def test_what_it_costs(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    second = later(jira, mine, mine.sync())
    third = later(jira, mine, second, minutes=60)
    without = sum(jira.counts.values())
    fourth = later(jira, mine, third)
    idle = sum(jira.counts.values())
    # One answer has all ids but of those that changed of late, another one has these, and one the
    # worklogs since the last census; Data Center says besides whether it rebuilds its index.
    assert idle - without <= (3 if jira.jira.options.cloud else 4)
    jira.mutate.delete_issue(full(jira, lambda _: True))
    later(jira, mine, fourth)
    assert sum(jira.counts.values()) - idle <= 2


def test_what_is_just_new_is_read_once(jira: Sandbox, tap: MakeTap) -> None:
    """By its date, as in a run without a census, which asks for no more."""
    mine = tap(jira)
    first = later(jira, mine, mine.sync())
    costs = []
    for minutes in (60, DAY):
        issue = jira.mutate.create_issue("APP", summary="New")
        jira.mutate.add_comment(issue, "Also new")
        first = later(jira, mine, first, minutes=minutes)
        assert [row["id"] for row in first.messages.records["issues"]] == [str(issue.id)]
        assert of(first, issue) == inside(jira, issue)
        costs.append(sum(jira.counts.values()))
    without, with_it = costs
    # All ids, and those of what changed; Data Center says besides whether it rebuilds its index.
    assert with_it - without <= (2 if jira.jira.options.cloud else 3)


@pytest.mark.parametrize(
    ("hours", "found"), [(2, True), (48, False), ({"deleted_issues": 2}, True)]
)
def test_the_interval_is_a_setting(hours: Any, found: bool, jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira, full_table_interval_hours=hours)
    first = mine.sync()
    lost = full(jira, lambda _: True)
    jira.mutate.delete_issue(lost)
    assert bool(told(later(jira, mine, first, minutes=180))) is found


def test_an_interval_has_an_end(jira: Sandbox, tap: MakeTap) -> None:
    run = tap(jira).run(full_table_interval_hours=10**9)
    assert run.code == 1
    assert "full_table_interval_hours" in run.errors[-1]
    mine = tap(jira, full_table_interval_hours=100 * 365 * 24)
    assert told(later(jira, mine, mine.sync())) == {}


def test_an_issue_that_the_index_does_not_show_is_not_gone(
    sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(issues=50)
    mine = tap(jira)
    run = mine.sync()
    for _ in range(3):
        jira.jira.faults.add(Fault("lose_row", match="POST /search/jql", nth=1, count=1))
        run = later(jira, mine, run)
        assert told(run) == {}
    assert jira.jira.faults.struck


def test_an_index_that_is_being_rebuilt_says_nothing(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(personality="dc", issues=50)
    mine = tap(jira, on_stream_error="warn")
    first = mine.sync()
    jira.mutate.reindex(40)
    second = later(jira, mine, first)
    assert told(second) == {}
    jira.mutate.reindex(None)
    third = later(jira, mine, second, minutes=5)
    assert told(third) == {}
    assert "replication_key_value" in third.state["bookmarks"]["deleted_issues"]


def looks(request: Request) -> bool:
    """Whether issues are looked for by their ids."""
    return b"issueIdsOrKeys" in request.body or b"id in (" in request.body


@pytest.mark.parametrize(("status", "most"), [(403, 2), (400, 100)])
def test_a_look_that_always_fails_says_so(
    status: int, most: int, jira: Sandbox, tap: MakeTap
) -> None:
    """No issue is to blame: so many requests would be sent in vain, and no deletion ever found."""
    mine = tap(jira)
    first = mine.sync()
    lost = visible(jira.jira)[:40]
    for each in lost:
        jira.mutate.delete_issue(each)
    fault = Fault("status", match="search|bulkfetch", status=status, count=10**6, when=looks)
    jira.jira.faults.add(fault)
    jira.jira.clock.advance(minutes=DAY)
    second = mine.run(state=first.state)
    assert second.code == 1
    assert [each for each in second.warnings if "deleted_issues could not be read" in each]
    assert told(second) == {}
    assert fault.struck <= most
    jira.jira.faults.clear()
    third = later(jira, mine, second, minutes=60)
    assert told(third) == {str(each.id): GONE for each in lost}


def test_an_issue_that_fails_to_load_is_not_gone(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=50)
    mine = tap(jira)
    first = mine.sync()
    jira.jira.faults.add(Fault("lose_row", match="POST /search/jql", nth=1, count=1))
    nothing: dict[str, Any] = {"issues": [], "issueErrors": [{"errorMessage": "Try again"}]}
    jira.jira.faults.add(Fault("put", match="bulkfetch", values=nothing, count=2))
    assert told(later(jira, mine, first)) == {}
    assert all(fault.struck for fault in jira.jira.faults.active)


def test_a_short_answer_is_no_deletion(sandbox: MakeSandbox, tap: MakeTap) -> None:
    """Data Center gives no more than an administrator has set, however much is asked for."""
    jira = sandbox(personality="dc", issues=120, caps=PageCaps(search_dc=10))
    mine = tap(jira, jql='labels is EMPTY OR labels != "left"')
    first = mine.sync()
    left = visible(jira.jira)[:40]
    for each in left:
        jira.mutate.update_issue(each, labels=["left"])
    assert told(later(jira, mine, first)) == {}


def test_what_was_never_sent_is_not_missed(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira, start_date="2026-06-01T00:00:00Z")
    first = mine.sync()
    sent = {row["id"] for row in first.messages.records["issues"]}
    old = next(each for each in visible(jira.jira) if str(each.id) not in sent)
    new = next(each for each in visible(jira.jira) if str(each.id) in sent)
    for each in (old, new):
        jira.mutate.delete_issue(each)
    assert told(later(jira, mine, first)) == {str(new.id): GONE}


# --- what comes back, and into view ---------------------------------------------------------------


def hide(jira: Sandbox, issue: Issue, how: str) -> None:
    if how == "permission":
        jira.mutate.hide_issue(issue)
    else:
        jira.mutate.archive_project(issue.project)


def show(jira: Sandbox, issue: Issue, how: str) -> None:
    if how == "permission":
        jira.mutate.show_issue(issue)
    else:
        jira.mutate.restore_project(issue.project)


@pytest.mark.parametrize("how", ["permission", "archive"])
def test_what_was_hidden_is_gone_and_returns(how: str, jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    first = mine.sync()
    issue = full(jira, lambda _: True)
    hide(jira, issue, how)
    second = later(jira, mine, first)
    assert told(second)[str(issue.id)] == GONE
    (gone_at,) = [
        row["gone_at"]
        for row in second.messages.records["deleted_issues"]
        if row["id"] == str(issue.id)
    ]
    show(jira, issue, how)
    third = later(jira, mine, second)
    assert told(third) == dict.fromkeys(told(second), BACK)
    assert {row["gone_at"] for row in third.messages.records["deleted_issues"]} == {gone_at}
    assert of(third, issue) == inside(jira, issue)
    assert told(later(jira, mine, third)) == {}


@pytest.mark.parametrize("how", ["permission", "archive"])
def test_what_comes_into_view_comes_whole(how: str, jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    issue = full(jira, lambda _: True)
    hide(jira, issue, how)
    first = mine.sync()
    assert str(issue.id) not in {row["id"] for row in first.messages.records["issues"]}
    show(jira, issue, how)
    second = later(jira, mine, first)
    assert str(issue.id) in {row["id"] for row in second.messages.records["issues"]}
    assert of(second, issue) == inside(jira, issue)
    assert told(second) == {}
    third = later(jira, mine, second)
    assert "issues" not in third.messages.records


def test_an_import_that_keeps_its_dates(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    first = mine.sync()
    jira.jira.clock.advance(minutes=30)
    issue = jira.mutate.import_issue(
        "APP", comments=3, worklogs=2, histories=2, updated=AN_OLD_DATE
    )
    second = later(jira, mine, first)
    assert str(issue.id) in {row["id"] for row in second.messages.records["issues"]}
    assert of(second, issue) == inside(jira, issue)


def of_all(runs: list[Run], issue: Issue) -> dict[str, list[str]]:
    """What came of an issue in some runs."""
    each = [of(run, issue) for run in runs]
    return {name: sorted({row for one in each for row in one[name]}) for name in each[0]}


def whole_issues(catalog: dict[str, Any], *, first: bool) -> dict[str, Any]:
    return whole(catalog, "issues")


def late_changelogs(catalog: dict[str, Any], *, first: bool) -> dict[str, Any]:
    streams = ["issues", "comments", "worklogs", "deleted_issues"]
    return select(catalog, *streams, *([] if first else ["changelogs"]))


def all_the_same(catalog: dict[str, Any], *, first: bool) -> dict[str, Any]:
    return catalog


@pytest.mark.parametrize(
    ("catalog_of", "changed"),
    [(all_the_same, True), (whole_issues, False), (late_changelogs, False)],
    ids=["changed", "issues read whole", "a stream selected later"],
)
def test_what_is_read_before_the_census_shows_it(
    catalog_of: Any, changed: bool, jira: Sandbox, tap: MakeTap
) -> None:
    """Some stream has it by then, but others lack what is old in it."""
    mine = tap(jira)
    catalog = mine.discover()
    issue = full(jira, lambda _: True)
    jira.mutate.hide_issue(issue)
    first = mine.sync(catalog=catalog_of(catalog, first=True))
    jira.mutate.show_issue(issue)
    jira.jira.clock.advance(minutes=60)
    if changed:
        jira.mutate.update_issue(issue, summary="Changed")
    runs = [first]
    for minutes in (60, DAY):
        rest = catalog_of(catalog, first=False)
        runs.append(later(jira, mine, runs[-1], minutes=minutes, catalog=rest))
    assert of_all(runs, issue) == inside(jira, issue)
    last = later(jira, mine, runs[-1], catalog=catalog_of(catalog, first=False))
    assert of_all([last], issue) == {"comments": [], "changelogs": [], "worklogs": []}


def test_a_whole_read_that_ended_early_is_owed_them(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    mine.constants = {"states.SHARE": 0}
    issue = full(jira, lambda _: True)
    jira.mutate.hide_issue(issue)
    first = mine.sync()
    jira.mutate.show_issue(issue)
    second = later(jira, mine, first, catalog=whole(mine.discover(), "issues"))
    for state in second.messages.states:
        third = mine.sync(state)
        rows = third.messages.records.get("issues", [])
        assert str(issue.id) in {row["id"] for row in rows}


def test_what_is_read_again_from_the_start(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    issue = full(jira, lambda _: True)
    jira.mutate.hide_issue(issue)
    first = mine.sync()
    jira.mutate.show_issue(issue)
    first.state["bookmarks"].pop("issues")
    second = later(jira, mine, first)
    assert str(issue.id) in {row["id"] for row in second.messages.records["issues"]}
    third = later(jira, mine, second)
    assert of_all([second, third], issue) == inside(jira, issue)
    assert "issues" not in later(jira, mine, third).messages.records


@pytest.mark.parametrize("at_first", [True, False], ids=["none at first", "all gone, and back"])
def test_all_come_into_view(at_first: bool, jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    issues = visible(jira.jira)
    issue = full(jira, lambda _: True)
    runs = [] if at_first else [mine.sync()]
    for each in issues:
        jira.mutate.hide_issue(each)
    runs.append(later(jira, mine, runs[-1]) if runs else mine.sync())
    jira.mutate.add_comment(issue, "While nobody could see it")
    runs.append(later(jira, mine, runs[-1]))
    for each in issues:
        jira.mutate.show_issue(each)
    runs.append(later(jira, mine, runs[-1]))
    assert len(runs[-1].messages.records["issues"]) == len(issues)
    assert of_all(runs, issue) == inside(jira, issue)


def test_a_first_read_that_was_broken_off_is_not_read_again(jira: Sandbox, tap: MakeTap) -> None:
    """Whichever of its STATEs is the last, what it had read has not come into view since."""
    mine = tap(jira)
    mine.constants = {"states.SHARE": 0, "issues.search_cloud.CLOUD_ID_PAGE": 20}
    first = mine.sync()
    for state in first.messages.states[:: max(1, len(first.messages.states) // 6)]:
        second = mine.sync(state)
        third = later(jira, mine, second)
        assert "issues" not in third.messages.records


@pytest.mark.parametrize("seen_before", [True, False])
def test_what_is_changed_once_it_is_in_view_comes_whole(
    seen_before: bool, jira: Sandbox, tap: MakeTap
) -> None:
    """Its change has it read before the next census: without what is older."""
    mine = tap(jira)
    issue = full(jira, lambda _: True)
    run = mine.sync() if seen_before else None
    jira.mutate.hide_issue(issue)
    gone = later(jira, mine, run) if run else mine.sync()
    assert told(gone) == ({str(issue.id): GONE} if run else {})
    jira.mutate.add_comment(issue, "Nobody saw this")
    jira.jira.clock.advance(minutes=60)
    there = later(jira, mine, gone, minutes=60)
    assert "issues" not in there.messages.records
    jira.mutate.show_issue(issue)
    jira.mutate.update_issue(issue, summary="Here again")
    changed = later(jira, mine, there, minutes=60)
    assert str(issue.id) in {row["id"] for row in changed.messages.records["issues"]}
    found = later(jira, mine, changed)
    assert of(found, issue) == inside(jira, issue)
    assert told(found) == ({str(issue.id): BACK} if run else {})
    assert "comments" not in later(jira, mine, found).messages.records


def test_what_was_read_in_part_is_missed_as_well(jira: Sandbox, tap: MakeTap) -> None:
    """An import that kept its dates is changed, read, and deleted before a census has seen it."""
    mine = tap(jira)
    first = mine.sync()
    issue = jira.mutate.import_issue("APP", updated=AN_OLD_DATE)
    jira.mutate.create_issue("APP")  # a later one, which is new by its id
    second = later(jira, mine, first, minutes=60)
    jira.mutate.update_issue(issue, summary="Changed")
    third = later(jira, mine, second, minutes=60)
    assert [row["id"] for row in third.messages.records["issues"]] == [str(issue.id)]
    jira.mutate.delete_issue(issue)
    assert told(later(jira, mine, third)) == {str(issue.id): GONE}


@pytest.mark.parametrize("streams", [INCREMENTAL, ("worklogs",), ("comments",)])
def test_what_a_whole_read_had_deleted_comes_again(
    streams: tuple[str, ...], jira: Sandbox, tap: MakeTap
) -> None:
    """It was out of sight for less than a day: the target lacks it, though it was there always."""
    mine = tap(jira, emit_activate_version_messages=True)
    target = Tables()
    first = mine.sync()
    target.load(first.output)
    issue = full(jira, lambda _: True)
    jira.mutate.hide_issue(issue)
    target.age()
    second = later(jira, mine, first, minutes=60, catalog=whole(mine.discover(), *streams))
    target.load(second.output)
    for each in set(streams) & {"comments", "worklogs"}:
        assert str(issue.id) not in {row["issue_id"] for row in target.rows[each].values()}
    jira.mutate.show_issue(issue)
    third = later(jira, mine, second)
    target.load(third.output)
    found = {
        name: sorted(
            key for (key,), row in target.rows[name].items() if row["issue_id"] == str(issue.id)
        )
        for name in INSIDE
    }
    assert found == inside(jira, issue)
    assert (str(issue.id),) in target.rows["issues"]
    assert {row["id"] for row in third.messages.records["issues"]} == {str(issue.id)}


@pytest.mark.parametrize("changed", [True, False])
def test_what_a_whole_read_missed_is_found_nevertheless(
    changed: bool, jira: Sandbox, tap: MakeTap
) -> None:
    mine = tap(jira, on_stream_error="warn")
    issue = full(jira, lambda _: True)
    jira.mutate.hide_issue(issue)
    first = mine.sync()
    jira.mutate.show_issue(issue)
    if changed:
        jira.mutate.update_issue(issue, summary="Shown")
    mine.hurry = True
    jira.jira.faults.add(Fault("status", match=r"worklog/updated", status=500, count=10**6))
    catalog = whole(mine.discover(), *INCREMENTAL)
    second = later(jira, mine, first, minutes=60 if changed else DAY, catalog=catalog)
    jira.jira.faults.clear()
    found = of(later(jira, mine, second), issue)
    assert {name: sorted(set(ids)) for name, ids in found.items()} == inside(jira, issue)


def test_a_whole_read_makes_nothing_news(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira, emit_activate_version_messages=True)
    catalog = whole(mine.discover(), *INCREMENTAL)
    run = mine.sync()
    for _ in range(2):
        run = later(jira, mine, run, minutes=60, catalog=catalog)
        assert "untold" not in run.state["bookmarks"]["deleted_issues"]
    assert "issues" not in later(jira, mine, run).messages.records


def test_what_is_new_is_known_to_the_census(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    # A first read by the feed does not learn the highest id; the next one of issues does.
    first = mine.sync()
    jira.mutate.create_issue("APP")
    first = later(jira, mine, first, minutes=60)
    jira.jira.clock.advance(minutes=60)
    for issue in (jira.mutate.create_issue("APP"), jira.mutate.import_issue("APP")):
        jira.mutate.add_comment(issue)
    second = later(jira, mine, first, minutes=60)
    assert len(second.messages.records["issues"]) == 2
    assert "issues" not in later(jira, mine, second).messages.records


def test_a_stream_that_is_not_selected_is_owed(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    issue = full(jira, lambda _: True)
    jira.mutate.hide_issue(issue)
    first = mine.sync()
    jira.mutate.show_issue(issue)
    catalog = mine.discover()
    fewer = select(catalog, "issues", "deleted_issues")
    second = later(jira, mine, first, catalog=fewer)
    assert str(issue.id) in {row["id"] for row in second.messages.records["issues"]}
    third = later(jira, mine, second, minutes=60)
    assert of(third, issue) == inside(jira, issue)
    assert "issues" not in third.messages.records


def test_one_that_fails_is_owed_to_its_stream_alone(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira, on_stream_error="warn")
    issue = full(jira, lambda _: True, 21)
    jira.mutate.hide_issue(issue)
    first = mine.sync()
    jira.mutate.show_issue(issue)
    feed = r"worklog" if jira.jira.options.cloud else r"/worklog"
    mine.hurry = True
    jira.jira.faults.add(Fault("status", match=rf"issue.*{feed}", status=500, count=10**6))
    second = later(jira, mine, first)
    jira.jira.faults.clear()
    third = later(jira, mine, second, minutes=60)
    both = {
        name: sorted({*of(second, issue)[name], *of(third, issue)[name]})
        for name in of(third, issue)
    }
    assert both == inside(jira, issue)


@pytest.mark.parametrize("hides", [True, False], ids=["gone", "returned"])
def test_rows_that_were_out_before_a_kill_are_put_right(
    hides: bool, jira: Sandbox, tap: MakeTap
) -> None:
    """STATE does not have what a run found that was killed; a target may."""
    mine = tap(jira)
    issue = full(jira, lambda _: True)
    change, undo = jira.mutate.hide_issue, jira.mutate.show_issue
    target = Tables()
    run = mine.sync()
    target.load(run.output)
    if not hides:
        change(issue)
        run = later(jira, mine, run)
        target.load(run.output)
        change, undo = undo, change
    change(issue)
    jira.jira.clock.advance(minutes=DAY)
    killed = mine.sync(run.state)
    target.load(killed.output)
    (row,) = killed.messages.records["deleted_issues"]
    assert bool(row["returned_at"]) is not hides
    lines = killed.output.splitlines()
    at = next(n for n, line in enumerate(lines) if b'"stream":"deleted_issues","record"' in line)
    states = [json.loads(each) for each in lines[:at] if b'"STATE"' in each]
    undo(issue)
    if hides:
        jira.mutate.add_comment(issue, "Not seen by the one that was killed")
        issue.updated -= DAY * 60_000 // 2
    state = states[-1]["value"] if states else run.state
    jira.jira.clock.advance(minutes=60)
    last_run = mine.sync(state)
    target.load(last_run.output)
    if hides:
        assert of(last_run, issue) == inside(jira, issue)
    (last,) = target.rows["deleted_issues"].values()
    assert bool(last["returned_at"]) is hides


# --- what was changed while it was out of sight --------------------------------------------------


@pytest.mark.parametrize("again", [False, True], ids=["and no more", "and once more"])
@pytest.mark.parametrize("files", [False, True], ids=["messages", "files"])
@pytest.mark.parametrize("many", [False, True], ids=["few others", "many others"])
def test_what_no_run_saw_is_found_by_the_next_census(
    again: bool, files: bool, many: bool, jira: Sandbox, tap: MakeTap, tmp_path: Path
) -> None:
    """It was there at both, and its ``updated`` had been passed."""
    mine = tap(jira, **({"batch_config": batch_config(tmp_path / "out", 20)} if files else {}))
    if many:
        mine.constants = {"issues.ledger.FEW": 0, "issues.search_cloud.CLOUD_ID_PAGE": 20}
    target = Tables()
    first = mine.sync()
    target.load(first.output)
    run = later(jira, mine, first)
    target.load(run.output)
    issue, other = full(jira, lambda _: True), visible(jira.jira)[-1]
    jira.jira.clock.advance(minutes=30)
    jira.mutate.update_issue(issue, summary="Changed before any run")
    jira.mutate.hide_issue(issue)
    jira.mutate.add_worklog(issue, 300)
    comment = jira.mutate.add_comment(issue, "Nobody saw this")
    jira.mutate.edit_comment(issue, comment.id, "Nor this")
    jira.mutate.update_issue(other, summary="Seen by all")
    for _ in range(2):
        run = later(jira, mine, run, minutes=60)
        target.load(run.output)
    jira.mutate.show_issue(issue)
    jira.jira.clock.advance(minutes=30)
    if again:
        jira.mutate.add_comment(issue, "Here again")
    assert wrong(target, jira.jira)
    for minutes in (60, DAY):
        run = later(jira, mine, run, minutes=minutes)
        target.load(run.output)
    assert wrong(target, jira.jira) == []
    # It is sent whole once, if at all, and nothing else is sent again.
    assert {row["id"] for row in run.messages.records.get("issues", [])} <= {str(issue.id)}
    assert not {*INSIDE, "issues"} & later(jira, mine, run).messages.records.keys()


def test_what_every_run_saw_is_not_read_again(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    run = later(jira, mine, mine.sync())
    issues = visible(jira.jira)[:30]
    for hour in range(5):
        for issue in issues[5 * hour : 5 * hour + 9]:
            jira.mutate.update_issue(issue, summary=f"Changed at {hour}")
            jira.jira.clock.advance(minutes=7)
        run = later(jira, mine, run, minutes=60)
    kept = run.state["bookmarks"]["deleted_issues"]["read"]
    assert len(kept) > 3
    census = later(jira, mine, run)
    assert census.messages.records.keys() <= {"users", "fields", "projects"}
    assert len(census.state["bookmarks"]["deleted_issues"]["read"]) == 1


@pytest.mark.parametrize("minutes", [-DAY, -10, 10, DAY])
def test_only_the_clock_of_jira_counts(minutes: int, jira: Sandbox, tap: MakeTap) -> None:
    """This machine's may go before or after it."""
    mine = tap(jira)
    ahead = time.time() * 1000 + minutes * 60_000 - jira.jira.clock.now_ms()
    jira.jira.clock.advance(minutes=ahead / 60_000)
    target = Tables()
    run = mine.sync()
    target.load(run.output)
    lost, issue = visible(jira.jira)[:2]
    jira.mutate.delete_issue(lost)
    jira.mutate.add_comment(issue, "Not seen")
    jira.mutate.hide_issue(issue)
    for step in (20, 20, DAY):
        run = later(jira, mine, run, minutes=step)
        target.load(run.output)
        jira.mutate.show_issue(issue)
    assert told(run) == {str(lost.id): GONE}
    assert wrong(target, jira.jira) == []


def test_idle_runs_leave_nothing_in_state(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    run = later(jira, mine, mine.sync())
    weights = []
    for _ in range(4):
        run = later(jira, mine, run, minutes=60)
        weights.append(len(json.dumps(run.state)))
    assert len(set(weights)) == 1


@pytest.mark.parametrize("kept", [{"0": "x"}, [{"since": "x", "until": 1, "by": []}], [{"by": 1}]])
def test_a_damaged_account_is_told_of(kept: Any, jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    state = mine.sync().state
    state["bookmarks"]["deleted_issues"]["read"] = kept
    run = mine.run(state=state)
    assert run.code == 1
    assert "deleted_issues" in run.errors[-1]


# --- runs that are killed -------------------------------------------------------------------------


def cut(run: Run, mark: bytes) -> tuple[bytes, dict[str, Any] | None]:
    """What a target has of a run that a SIGKILL ends after a line, and the last STATE of it."""
    lines = run.output.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if mark in line) + 1
    states = [json.loads(line)["value"] for line in lines[:at] if b'"type":"STATE"' in line]
    return b"".join(lines[:at]), states[-1] if states else None


def test_what_a_killed_run_wrote_is_missed_as_well(jira: Sandbox, tap: MakeTap) -> None:
    """An issue that is new in it, and deleted before the next run."""
    mine = tap(jira)
    target = Tables()
    first = mine.sync()
    target.load(first.output)
    new = jira.mutate.create_issue("APP")
    second = later(jira, mine, first, minutes=60)
    output, state = cut(second, f'"stream":"issues","record":{{"id":"{new.id}"'.encode())
    target.load(output)
    jira.mutate.delete_issue(new)
    assert told(later(jira, mine, second, state=state or first.state)) == {str(new.id): GONE}


def test_what_a_killed_run_had_deleted_comes_again(jira: Sandbox, tap: MakeTap) -> None:
    """It was read whole, and killed before STATE said that the issue is gone."""
    mine = tap(jira, emit_activate_version_messages=True)
    target = Tables()
    first = mine.sync()
    target.load(first.output)
    issue = full(jira, lambda _: True)
    jira.mutate.hide_issue(issue)
    jira.jira.clock.advance(minutes=60)
    target.age()
    second = mine.sync(first.state, catalog=whole(mine.discover(), "comments"))
    output, state = cut(second, b'"ACTIVATE_VERSION"')
    target.load(output)
    assert str(issue.id) not in {row["issue_id"] for row in target.rows["comments"].values()}
    jira.mutate.show_issue(issue)
    third = later(jira, mine, second, state=state or first.state)
    target.load(third.output)
    assert wrong(target, jira.jira) == []


# --- what it takes --------------------------------------------------------------------------------


@pytest.mark.parametrize("imports", [0, 150], ids=["in order", "with imports"])
@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_a_census_takes_about_as_many_requests_as_there_are_pages(
    personality: str, imports: int, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    """Issues are known by then: when some of them were created tells where to cut."""
    jira = sandbox(personality=personality, issues=400)
    mine = tap(jira, page_size=20)
    mine.constants = {"issues.search_cloud.CLOUD_ID_PAGE": 20}
    dice = random.Random(3)
    for _ in range(imports):
        created = AN_OLD_DATE + dice.randrange(10**11)
        jira.mutate.import_issue("APP", created=created, updated=created + 60_000)
    catalog = select(mine.discover(), "deleted_issues")
    first = mine.sync(catalog=catalog)
    run = later(jira, mine, first, catalog=catalog)
    lost = [visible(jira.jira)[at] for at in (3, 200)]
    for each in lost:
        jira.mutate.delete_issue(each)
    requests = []
    for _ in range(2):
        run = later(jira, mine, run, catalog=catalog)
        requests.append(jira.counts[f"POST /search{'/jql' if personality == 'cloud' else ''}"])
    assert told(run) == {}
    pages = len(visible(jira.jira)) / 20
    assert requests[1] <= pages * (1.1 if not imports else 2) + 6


@pytest.mark.parametrize(("plain", "most"), [(1000, 2), (100, 8), (0, 8)])
def test_many_are_looked_for_at_once(
    plain: int, most: int, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    """As many as this Jira allows, and by the search where it has no such resource."""
    jira = sandbox(issues=400, caps=PageCaps(bulkfetch_plain=plain), bulkfetch=plain > 0)
    mine = tap(jira)
    first = mine.sync()
    lost = visible(jira.jira)[:150]
    for each in lost:
        jira.mutate.delete_issue(each)
    second = later(jira, mine, first)
    assert told(second) == {str(each.id): GONE for each in lost}
    assert jira.counts["POST /issue/bulkfetch"] <= most
    # Nor are many called gone that no list shows, but that are there.
    nothing: dict[str, Any] = {"issues": [], "isLast": True}
    jira.jira.faults.add(Fault("put", match="POST /search/jql", values=nothing, count=2))
    assert told(later(jira, mine, second)) == {}
    assert [fault.struck for fault in jira.jira.faults.active] == [2]


# --- settings that change -------------------------------------------------------------------------


def test_fewer_projects_are_no_deletions(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    first = mine.sync()
    lost = full(jira, lambda each: each.project.key != "APP")
    jira.mutate.delete_issue(lost)
    jira.jira.clock.advance(minutes=60)
    second = mine.sync(first.state, project_keys=["APP"])
    # What was deleted before is told of; what the settings leave out is not.
    assert told(second) == {str(lost.id): GONE}
    mine_now = full(jira, lambda each: each.project.key == "APP")
    jira.mutate.delete_issue(mine_now)
    third = later(jira, mine, second, project_keys=["APP"])
    assert told(third) == {str(mine_now.id): GONE}
    # And all of them again.
    fourth = later(jira, mine, third)
    assert told(fourth) == {}
    fifth = later(jira, mine, fourth)
    assert told(fifth) == {}
    assert "issues" not in fifth.messages.records


def test_more_projects_are_no_news(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    first = mine.sync(project_keys=["APP"])
    lost = full(jira, lambda each: each.project.key == "APP")
    jira.mutate.delete_issue(lost)
    second = later(jira, mine, first)
    assert told(second) == {str(lost.id): GONE}
    third = later(jira, mine, second)
    assert told(third) == {}
    assert "issues" not in third.messages.records


def test_another_filter(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    first = mine.sync(jql="project = APP")
    second = later(jira, mine, first, jql="project != APP")
    assert told(second) == {}
    third = later(jira, mine, second, jql="project != APP")
    assert told(third) == {}
    assert "issues" not in third.messages.records


@pytest.mark.parametrize("config", [{"project_keys": ["APP"]}, {"jql": "project = APP"}])
def test_an_issue_that_leaves(config: dict[str, Any], jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira, **config)
    first = mine.sync()
    issue = full(jira, lambda each: each.project.key == "APP")
    jira.mutate.move_issue(issue, "SUP")
    second = later(jira, mine, first)
    third = later(jira, mine, second)
    assert {**told(second), **told(third)} == {str(issue.id): GONE}
    jira.mutate.move_issue(issue, "APP")
    fourth = later(jira, mine, third)
    fifth = later(jira, mine, fourth, minutes=60)
    assert {**told(fourth), **told(fifth)} == {str(issue.id): BACK}


def test_a_project_that_is_deleted(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira, project_keys=["APP", "SUP"], on_unknown_project="warn")
    first = mine.sync()
    lost = {str(each.id) for each in visible(jira.jira) if each.project.key == "SUP"}
    jira.mutate.purge_project("SUP")
    second = later(jira, mine, first)
    assert told(second) == dict.fromkeys(lost, GONE)


# --- other modes ----------------------------------------------------------------------------------


def test_in_files(jira: Sandbox, tap: MakeTap, tmp_path: Path) -> None:
    mine = tap(jira, batch_config=batch_config(tmp_path / "out", 20))
    target = Tables()
    hidden, lost = (each for each in visible(jira.jira)[:2])
    jira.mutate.hide_issue(hidden)
    first = mine.sync()
    target.load(first.output)
    jira.mutate.show_issue(hidden)
    jira.mutate.delete_issue(lost)
    second = later(jira, mine, first)
    target.load(second.output)
    assert (str(hidden.id),) in target.rows["issues"]
    assert target.rows["deleted_issues"].keys() == {(str(lost.id),)}


def test_read_whole_it_is_all_that_are_gone(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira, emit_activate_version_messages=True)
    catalog = whole(mine.discover(), "deleted_issues")
    target = Tables()
    run = mine.sync(catalog=catalog)
    lost = [str(each.id) for each in visible(jira.jira)[:2]]
    for each in lost:
        jira.mutate.delete_issue(int(each))
        run = later(jira, mine, run, catalog=catalog)
        target.load(run.output)
    assert target.rows["deleted_issues"].keys() == {(each,) for each in lost}


def test_alone(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    catalog = select(mine.discover(), "deleted_issues")
    first = mine.sync(catalog=catalog)
    lost = full(jira, lambda _: True)
    jira.mutate.delete_issue(lost)
    second = later(jira, mine, first, catalog=catalog)
    assert told(second) == {str(lost.id): GONE}


def test_a_damaged_state_is_told_of(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    state = mine.sync().state
    state["bookmarks"]["deleted_issues"]["known"] = {"0": "nonsense"}
    run = mine.run(state=state)
    assert run.code == 1
    assert "deleted_issues" in run.errors[-1]


# --- what STATE weighs ----------------------------------------------------------------------------


@pytest.mark.parametrize(("issues", "most"), [(100_000, 20_000), (1_000_000, 200_000)])
def test_state_stays_small(issues: int, most: int) -> None:
    chance = random.Random(7)
    ids = [
        str(number) for number in range(10_000, 10_000 + issues * 10 // 9) if chance.random() < 0.9
    ]
    known = IdSet(ids)
    assert len(known) == len(ids)
    kept = known.as_state()
    assert len(json.dumps(kept)) < most
    assert list(IdSet.of_state("x", kept)) == ids
