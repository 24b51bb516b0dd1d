"""FULL_TABLE and BATCH: what a warehouse holds after live change, trouble and kills.

The target behind the runs is :class:`tests.support.target.Tables`, which deletes what a stream's
ACTIVATE_VERSION tells it to, and loads the files that BATCH messages name.
"""

from __future__ import annotations

import os
import random
import signal
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault, Sandbox
from sandbox.options import Options, PageCaps
from tests.exactness.support import after_requests
from tests.faults.support import STREAMS, Tap, incomplete, without_comment_ids
from tests.support.expected import expected
from tests.support.tap import batch_config, whole
from tests.support.target import Tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox import Mutations
    from tests.support.tap import Run

ISSUES = ("issues", "comments", "changelogs")
INCREMENTAL = (*ISSUES, "worklogs", "deleted_worklogs")
WINDOW = 20
CAPS = PageCaps(search_ids=WINDOW, search=8, search_dc=8, bulkfetch=8, feed=60)
#: The tap's own sizes, so that some dozen issues are several windows.
CONSTANTS = {
    "issues.search_cloud.CLOUD_ID_PAGE": WINDOW,
    "issues.search_cloud.CLOUD_PAGE": 8,
    "issues.source.CLOUD_PAGE": 8,
    "issues.search_dc.OFFSET_WINDOW": WINDOW,
    "streams.issues.worklogs.DETAILS": 60,
}


@pytest.fixture(params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    options = Options(
        issues=45, personality=request.param, caps=CAPS, clock_runs=False, bulk_minute=0
    )
    with Sandbox(options) as running:
        yield running


@pytest.fixture
def tap(jira: Sandbox, tmp_path: Path) -> Tap:
    return Tap(jira, tmp_path, CONSTANTS, page_size=8)


def versions(run: Run) -> dict[str, list[int]]:
    """The versions that each stream's ACTIVATE_VERSION messages name."""
    found: dict[str, list[int]] = {}
    for message in run.messages.of("ACTIVATE_VERSION"):
        found.setdefault(message["stream"], []).append(message["version"])
    return found


def activated_last(run: Run) -> None:
    """Each version is activated once, after all records of its stream, which bear it."""
    over: set[str] = set()
    for message in run.messages.all:
        if message["type"] in {"RECORD", "BATCH"}:
            assert message["stream"] not in over
        elif message["type"] == "ACTIVATE_VERSION":
            assert message["stream"] not in over
            over.add(message["stream"])
    found = versions(run)
    for message in run.messages.of("RECORD"):
        if message["stream"] in found:
            assert [message["version"]] == found[message["stream"]], message["stream"]


#: Which streams are read whole; and the setting for BATCH.
MODES = {
    "whole": (INCREMENTAL, 0),
    "mixed": (("issues", "worklogs"), 0),
    "batch": ((), 40),
    "whole, batch": (INCREMENTAL, 40),
}


@pytest.mark.parametrize("mode", MODES)
def test_tables_equal_jira_after_live_change_and_kills(
    mode: str, jira: Sandbox, tap: Tap, tmp_path: Path
) -> None:
    streams, size = MODES[mode]
    dice = random.Random(len(mode))
    catalog = whole(tap.catalog(*STREAMS), *streams)
    config: dict[str, Any] = {"emit_activate_version_messages": bool(streams)}
    reach = (18, 30) if jira.jira.options.cloud else (10, 18)
    if size:
        config["batch_config"] = batch_config(tmp_path / "files", size)

    def run(stop: signal.Signals | None = None) -> Run:
        jira.jira.clear_hooks()
        processes: list[int] = []
        if stop:
            after_requests(
                jira, dice.randrange(*reach), lambda: os.kill(processes[0], stop), forget=False
            )
        tap.tables.age()
        jira.on_request(4, _change, seed=dice.randrange(99))
        return tap.run(catalog=catalog, started=processes.append, **config)

    assert run(signal.SIGKILL).code == -signal.SIGKILL
    assert run(signal.SIGTERM).code == 128 + signal.SIGTERM
    before = run()
    world = jira.jira.world
    gone, *issues = world.issues.values()
    jira.mutate.delete_issue(gone)
    issue = next(each for each in issues if world.comments(each))
    jira.mutate.delete_comment(issue, world.comments(issue)[0].id)
    jira.jira.clear_hooks()
    jira.jira.clock.advance(minutes=30)
    tap.tables.age()
    last = tap.run(catalog=catalog, **config)
    crowded = (incomplete(before) | incomplete(last)) & {"deleted_worklogs"}
    if incomplete(last) == crowded:
        # More were deleted in one millisecond than the feed lists, which is told of once.
        tap.tables.age()
        last = tap.run(catalog=catalog, **config)
    assert last.code == 0, last.log
    activated_last(last)
    found = versions(last).keys() if streams else {"projects", "users", "fields"}
    assert found == {"projects", "users", "fields", *streams}
    tap.check(*found)
    tap.check(*(set(STREAMS) - found - crowded), gone=True)


def _change(mutations: Mutations, dice: random.Random) -> None:
    mutations.mutate_randomly(dice)
    mutations.world.clock.advance(seconds=3)


@pytest.mark.parametrize("size", [0, 40], ids=["record", "batch"])
def test_every_state_is_true(size: int, jira: Sandbox, tap: Tap, tmp_path: Path) -> None:
    """Wherever the run is killed: what STATE says is out has reached the target."""
    config: dict[str, Any] = (
        {"batch_config": batch_config(tmp_path / "files", size)} if size else {}
    )
    catalog = tap.catalog(*INCREMENTAL)
    run = tap.run(catalog=catalog, **config)
    assert run.code == 0, run.log
    tables = Tables()
    assert states_are_true(run, tables, jira) > 3
    assert tables.state is not None
    assert all(tables.state["bookmarks"][name]["replication_key_value"] for name in INCREMENTAL)
    again = tap.run(catalog=catalog, **config)
    assert {message["type"] for message in again.messages.all} == {"SCHEMA", "STATE"}


def states_are_true(run: Run, tables: Tables, jira: Sandbox) -> int:
    """Load a run of a site that stands still, and look at each STATE; how many there were."""
    wanted = expected(jira.jira)
    updated = {key: row["updated"] for key, row in wanted["issues"].items()}
    states = 0
    for message in tables.loading(run.output):
        if message["type"] != "STATE":
            continue
        states += 1
        for name, bookmark in message["value"]["bookmarks"].items():
            until = bookmark.get("replication_key_value")
            if until is None:
                continue
            for key, row in wanted[name].items():
                # What is inside an issue comes with it.
                at = (
                    row.get("deleted_at") or updated.get(row.get("issue_id", key)) or row["updated"]
                )
                at = row["updated"] if name == "worklogs" else at
                if at.isoformat(timespec="milliseconds") < until.replace("Z", "+00:00"):
                    assert (key,) in tables.rows.get(name, {}), f"{name} {key} before {until}"
    return states


def test_stopped_while_rows_wait_for_their_file(jira: Sandbox, tap: Tap, tmp_path: Path) -> None:
    """STATE does not tell of them, though the windows that they came with are done."""
    catalog = tap.catalog("issues")
    config: dict[str, Any] = {"batch_config": batch_config(tmp_path / "files", 10_000)}
    config["max_concurrency"] = 1
    jira.reset_counts()
    assert tap.run(catalog=catalog, state={}, **config).code == 0
    processes: list[int] = []
    late = jira.jira.counts.total() * 9 // 10
    after_requests(jira, late, lambda: os.kill(processes[0], signal.SIGTERM))
    run = tap.run(catalog=catalog, state={}, started=processes.append, **config)
    jira.jira.clear_hooks()
    assert run.code == 128 + signal.SIGTERM, run.log
    assert not run.messages.of("BATCH")
    assert states_are_true(run, Tables(), jira) > 0
    assert "Total: 0 rows" in run.log


def test_what_could_not_be_read_is_not_deleted(jira: Sandbox, tap: Tap) -> None:
    """A companion that fails in the pass of another stream was not read completely."""
    catalog = whole(tap.catalog(*STREAMS), *ISSUES)
    config: dict[str, Any] = {"emit_activate_version_messages": True}
    first = tap.run(catalog=catalog, state={}, **config)
    activated_last(first)
    assert versions(first).keys() == {*ISSUES, "projects", "users", "fields"}
    tap.check()
    assert not any(tap.tables.state["bookmarks"][name] for name in ISSUES)  # type: ignore[index]
    if jira.jira.options.cloud:  # on Data Center, comments come inside their issues
        jira.faults.add(Fault("status", "issue/.*/comment", status=403, count=10**6))
        tap.tables.age()
        second = tap.run(catalog=catalog, state={}, **config)
        assert incomplete(second) == {"comments"}
        assert "comments" not in versions(second)
        assert {"issues", "changelogs"} <= versions(second).keys()
        tap.check(truth=without_comment_ids(expected(jira.jira), tap.tables))
    jira.faults.clear()
    tap.tables.age()
    jira.faults.add(Fault("status", "/search", nth=4, status=403, count=10**6))
    third = tap.run(catalog=catalog, state={}, **config)
    assert incomplete(third) >= set(ISSUES)
    assert versions(third).keys() <= {"projects", "users", "fields"}
    tap.check(*ISSUES, truth=without_comment_ids(expected(jira.jira), tap.tables))


#: What a whole read may leave out that the runs around it do not, and whether all is read again.
NARROWER: dict[str, tuple[dict[str, Any], bool]] = {
    "projects": ({"project_keys": ["APP"]}, False),
    "end": ({"end_date": "2026-03-01"}, True),
}


@pytest.mark.parametrize("what", NARROWER)
def test_what_a_narrower_whole_read_deleted_comes_back(what: str, jira: Sandbox, tap: Tap) -> None:
    narrower, anew = NARROWER[what]
    catalog = tap.catalog(*INCREMENTAL)
    assert tap.run(catalog=catalog).code == 0
    jira.jira.clock.advance(minutes=60)
    tap.tables.age()
    streams = (*ISSUES, "worklogs")
    run = tap.run(catalog=whole(catalog, *streams), emit_activate_version_messages=True, **narrower)
    assert versions(run).keys() == {*streams}
    assert 0 < len(tap.tables.rows["issues"]) < len(jira.jira.world.issues)
    assert ("reads issues from start_date again" in run.log) is anew
    jira.jira.clock.advance(minutes=60)
    assert tap.run(catalog=catalog).code == 0
    tap.check(*INCREMENTAL)


def test_what_a_whole_read_did_not_see_comes_back(jira: Sandbox, tap: Tap) -> None:
    """Rows beyond the bookmark were sent before the whole read; it deletes what it did not see."""
    catalog = tap.catalog(*INCREMENTAL)
    assert tap.run(catalog=catalog).code == 0
    jira.jira.clock.advance(minutes=60)
    issue = jira.mutate.create_issue("APP", summary="New")
    for _ in range(2):
        jira.mutate.add_comment(issue)
        jira.mutate.update_issue(issue, labels=["new"])
        jira.mutate.add_worklog(issue)
        jira.jira.clock.advance(minutes=2)
    assert tap.run(catalog=catalog).code == 0
    tap.check(*INCREMENTAL)
    jira.mutate.hide_issue(issue)
    tap.tables.age()
    streams = (*ISSUES, "worklogs")
    tap.run(catalog=whole(catalog, *streams), emit_activate_version_messages=True)
    assert (str(issue.id),) not in tap.tables.rows["issues"]
    jira.mutate.show_issue(issue)
    jira.jira.clock.advance(minutes=2)
    assert tap.run(catalog=catalog).code == 0
    tap.check(*INCREMENTAL)


@pytest.mark.parametrize("streams", [INCREMENTAL, ("changelogs",)], ids=["all", "changelogs"])
@pytest.mark.parametrize("late", [False, True])
def test_an_old_issue_that_a_whole_read_did_not_see_comes_back_whole(
    late: bool, streams: tuple[str, ...], jira: Sandbox, tap: Tap
) -> None:
    """It had just changed, and the index did not show it; ``late``: nor to the run after that."""
    catalog = tap.catalog(*streams)
    assert tap.run(catalog=catalog).code == 0
    jira.jira.clock.advance(minutes=60)
    world = jira.jira.world
    issue = next(
        each
        for each in world.issues.values()
        if world.comments(each) and world.histories(each) and world.worklogs(each)
    )
    jira.mutate.update_issue(issue, labels=["changed"])
    jira.jira.clock.advance(minutes=2)
    assert tap.run(catalog=catalog).code == 0
    tap.check(*streams)
    jira.mutate.hide_issue(issue)
    tap.tables.age()
    inside = tuple(name for name in (*ISSUES, "worklogs") if name in streams)
    tap.run(catalog=whole(catalog, *inside), emit_activate_version_messages=True)
    assert not any(
        row["issue_id"] == str(issue.id) for row in tap.tables.rows["changelogs"].values()
    )
    if late:
        assert tap.run(catalog=catalog).code == 0
    jira.mutate.show_issue(issue)
    jira.jira.clock.advance(minutes=2)
    assert tap.run(catalog=catalog).code == 0
    tap.check(*streams)
    # Once that is behind the overlap, its old rows are old news again.
    jira.jira.clock.advance(minutes=60)
    assert tap.run(catalog=catalog).code == 0
    assert tap.tables.state
    assert not any("read_whole" in each for each in tap.tables.state["bookmarks"].values())
    jira.mutate.update_issue(issue, labels=["again"])
    jira.jira.clock.advance(minutes=60)
    run = tap.run(catalog=catalog)
    assert len(run.messages.records["changelogs"]) == 1
    assert not run.messages.records.get("comments")
