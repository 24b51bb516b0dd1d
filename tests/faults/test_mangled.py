"""Answers from which something was lost, or in which something is no longer what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault
from tests.faults.support import Tap, incomplete
from tests.faults.test_matrix import box
from tests.support.changes import visible

if TYPE_CHECKING:
    from pathlib import Path

BULK = "/changelog/bulkfetch"


# --- histories that are missing without a word ------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("without", {"fields": ("issueChangeLogs.changeHistories",)}),
        ("put", {"values": {"issueChangeLogs.changeHistories": None}}),
        ("put", {"values": {"issueChangeLogs.changeHistories": []}}),
        ("without", {"fields": ("issueChangeLogs",)}),
        ("lose_row", {}),
        ("empty_page", {}),
    ],
)
@pytest.mark.parametrize("run", ["first", "later"])
def test_histories_that_are_lost_once_are_asked_for_again(
    kind: str, how: dict[str, Any], run: str, tmp_path: Path
) -> None:
    with box("cloud") as jira:
        tap = Tap(jira, tmp_path)
        if run == "later":
            tap.sync()
            jira.jira.clock.advance(minutes=30)
            for issue in visible(jira.jira)[:8]:
                jira.mutate.update_issue(issue, summary="Changed")
            jira.jira.clock.advance(minutes=30)
        fault = jira.faults.add(Fault(kind, BULK, **how))
        tap.sync(gone=run == "later")
        assert fault.struck == 1


def test_histories_that_are_always_left_out_are_none(tmp_path: Path) -> None:
    """Two equal answers are the truth."""
    with box("cloud") as jira:
        lists = ("issueChangeLogs.changeHistories",)
        jira.faults.add(Fault("without", BULK, fields=lists, count=999))
        tap = Tap(jira, tmp_path)
        run = tap.run()
        assert run.code == 0, run.log
        assert not tap.tables.rows.get("changelogs")
        assert jira.counts["POST /changelog/bulkfetch"] <= 4


def test_that_issues_have_no_histories_costs_a_request_only_if_they_changed(
    tmp_path: Path,
) -> None:
    with box("cloud", issues=0) as jira:
        made = [jira.mutate.create_issue("APP", summary=f"No. {n}") for n in range(5)]
        jira.jira.clock.advance(minutes=30)
        Tap(jira, tmp_path).sync()
        assert jira.counts["POST /changelog/bulkfetch"] == 1
        jira.reset_counts()
        jira.mutate.add_comment(made[0])
        jira.jira.clock.advance(minutes=30)
        Tap(jira, tmp_path).sync()
        assert jira.counts["POST /changelog/bulkfetch"] == 2


# --- rows that are not as they should be ------------------------------------------------------


@pytest.mark.parametrize("value", [None, {}, 1.5], ids=str)
def test_a_history_without_its_id(value: Any, tmp_path: Path) -> None:
    """Once it is read again; for ever, its stream says so, and no record is without its key."""
    with box("cloud") as jira:
        values = {"issueChangeLogs.changeHistories.id": value}
        jira.faults.add(Fault("put", BULK, values=values))
        Tap(jira, tmp_path).sync()
        jira.faults.add(Fault("put", BULK, values=values, count=999))
        tap = Tap(jira, tmp_path)
        run = tap.run()
        assert incomplete(run) == {"changelogs"}
        assert not tap.tables.rows.get("changelogs")
        assert "the histories of issue" in " ".join(run.warnings)
        jira.faults.clear()
        tap.sync()
