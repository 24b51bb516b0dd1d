"""Both products through the command line and a real target into a real PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.changes import every_kind
from tests.support.compare import TABLES, differences, key_of
from tests.support.expected import Rows, expected
from tests.support.tap import batch_config, select, whole
from tests.support.warehouse import as_doubles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox import Sandbox
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.tap import Run, Tap
    from tests.support.warehouse import Warehouse

ISSUE_STREAMS = ("issues", "comments", "changelogs", "worklogs", "deleted_worklogs")
PERSONALITIES = ("cloud", "dc")


def unlike(
    jira: Sandbox,
    warehouse: Warehouse,
    wanted: dict[str, Rows],
    *gone: str,
    tables: Sequence[str] = TABLES,
) -> list[str]:
    """How the warehouse differs from Jira; rows with the ids ``gone`` may still be there."""
    cloud = jira.jira.options.cloud
    return [
        text
        for table in tables
        for text in differences(
            table,
            as_doubles(wanted[table]),
            warehouse.rows(table, key_of(table, cloud=cloud)),
            frozenset(gone),
        )
    ]


def as_last_changed(before: dict[str, Rows], after: dict[str, Rows]) -> dict[str, Rows]:
    """What the second run can know: an issue as it was when it was last changed.

    What other issues embed of a changed one (its summary in their links) does not count as their
    change, in Jira.
    """
    known = {
        key: row
        for key, row in before["issues"].items()
        if key in after["issues"] and row["updated"] == after["issues"][key]["updated"]
    }
    return {**after, "issues": {**after["issues"], **known}}


@dataclass
class Story:
    """Runs of one tap into one schema."""

    jira: Sandbox
    tap: Tap
    warehouse: Warehouse
    state: dict[str, Any] | None = None

    def run(self) -> Run:
        """One run, from the state of the one before, counted by itself."""
        self.jira.reset_counts()
        run = self.tap.sync(self.state)
        self.state = self.warehouse.load(run)
        return run


@pytest.fixture(params=PERSONALITIES)
def story(
    request: pytest.FixtureRequest, sandbox: MakeSandbox, tap: MakeTap, warehouse: Warehouse
) -> Story:
    jira = sandbox(personality=request.param)
    return Story(jira, tap(jira), warehouse)


def test_tables_equal_jira_after_a_full_run_after_changes_and_when_idle(story: Story) -> None:
    jira = story.jira
    story.run()
    before = expected(jira.jira)
    assert story.warehouse.tables == {*TABLES, "deleted_issues"}
    assert unlike(jira, story.warehouse, before) == []

    every_kind(jira.jira)
    jira.jira.clock.advance(minutes=5)
    story.run()
    after = expected(jira.jira)
    deleted = set(after["deleted_worklogs"])
    gone = {
        key
        for table in ("issues", "comments", "changelogs")
        for key in before[table].keys() - after[table].keys()
    }
    assert len(gone) > 100
    assert before["worklogs"].keys() - after["worklogs"].keys() <= deleted
    wanted = as_last_changed(before, after)
    assert unlike(jira, story.warehouse, wanted, *gone, *deleted) == []

    # Shortly afterwards, while what was changed is read again, and later on.
    state = story.state
    for minutes in (1, 60, 60):
        jira.jira.clock.advance(minutes=minutes)
        jira.reset_counts()
        idle = story.tap.sync(state)
        state = idle.state
        sent = {stream: len(idle.messages.records[stream]) for stream in ISSUE_STREAMS}
        assert sent == dict.fromkeys(ISSUE_STREAMS, 0)
    assert sum(jira.counts.values()) <= 12, jira.counts


#: What COPY's text format has a meaning of its own for, and more that is easily spoilt.
NASTY = (
    *("\\N", "\\.", "\\", "\\\\N", "\\x41", "a\tb", "a\r\nb", "\x01\x1f", "NULL", "null", ""),
    *("{}", '{"a"}', "{a,b}", '"', "'", "é💥\u2028\u00a0", " ends with a space ", "\0"),
)


def test_what_means_something_to_copy_arrives_as_it_is(
    sandbox: MakeSandbox, tap: MakeTap, warehouse: Warehouse
) -> None:
    jira = sandbox(issues=60)
    issue = next(each for each in jira.jira.world.issues.values() if each.project.live)
    for text in NASTY:
        jira.mutate.update_issue(issue, labels=[*NASTY, text], summary=text)  # texts, and objects
        jira.mutate.add_comment(issue, text)  # objects
    jira.jira.clock.advance(minutes=60)
    catalog = select(tap(jira).discover(), "issues", "comments", "changelogs")
    warehouse.load(tap(jira).sync(catalog=catalog))
    wanted = expected(jira.jira)
    for table in ("issues", "comments", "changelogs"):
        assert differences(table, as_doubles(wanted[table]), warehouse.rows(table)) == []
    assert warehouse.rows("issues")[str(issue.id)]["labels"][:2] == ["\\N", "\\."]


def test_reading_whole_as_the_documentation_says(
    sandbox: MakeSandbox, tap: MakeTap, warehouse: Warehouse, tmp_path: Path
) -> None:
    """Whatever Jira no longer has is gone from the tables, and nothing else; in files, too."""
    warehouse.configure(hard_delete=True)
    jira = sandbox(issues=30)
    mine = tap(jira)
    catalog = mine.discover()
    state = warehouse.load(mine.sync(catalog=catalog))
    read_whole = whole(catalog, "issues", "comments", "changelogs", "worklogs")
    files = {"batch_config": batch_config(tmp_path / "files", 100)}
    for more in ({}, files):
        world = jira.jira.world
        gone, *issues = world.issues.values()
        jira.mutate.delete_issue(gone)
        issue = next(each for each in issues if world.comments(each) and world.worklogs(each))
        jira.mutate.delete_comment(issue, world.comments(issue)[0].id)
        jira.mutate.delete_worklog(issue, world.worklogs(issue)[0].id)
        jira.jira.clock.advance(minutes=30)
        run = mine.sync(state, read_whole, emit_activate_version_messages=True, **more)
        after = warehouse.load(run)
        assert unlike(jira, warehouse, expected(jira.jira)) == []
        kept = ("issues", "comments", "changelogs", "worklogs")
        # What was sent is not counted on any more: the target may have deleted it.
        # It notes as well when that was: what it did not see may come back.
        for name in kept:
            assert after["bookmarks"][name].pop("read_whole")
            state["bookmarks"][name].pop("read_whole", None)
        assert [after["bookmarks"][name] for name in kept] == [
            {member: each for member, each in state["bookmarks"][name].items() if member != "sent"}
            for name in kept
        ]
        state = after
    warehouse.load(mine.sync(state, catalog))
    assert unlike(jira, warehouse, expected(jira.jira)) == []
