"""Answers from which something was lost, or in which something is no longer what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault
from tests.faults.support import Tap, incomplete
from tests.faults.test_matrix import box
from tests.support.changes import visible
from tests.support.expected import expected

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


SPOILT: list[tuple[str, str, dict[str, Any], set[str], str]] = [
    ("cloud", "/worklog/updated", {"values.updatedTime": None}, {"worklogs"}, "'updatedTime'"),
    ("cloud", "/worklog/updated", {"values.updatedTime": "soon"}, {"worklogs"}, "not a number"),
    ("dc", "/worklog/updated", {"values.worklogId": {}}, {"worklogs"}, "'worklogId'"),
    ("dc", "/worklog/deleted", {"values.updatedTime": []}, {"deleted_worklogs"}, "an array"),
    ("cloud", "/worklog/list", {"id": None}, {"worklogs"}, "'id'"),
]


@pytest.mark.parametrize(("personality", "match", "values", "missed", "words"), SPOILT)
def test_rows_that_are_not_as_declared(
    personality: str,
    match: str,
    values: dict[str, Any],
    missed: set[str],
    words: str,
    tmp_path: Path,
) -> None:
    """Once they are read again; for ever, their stream alone says what is wrong."""
    with box(personality) as jira:
        fault = jira.faults.add(Fault("put", match, values=values))
        Tap(jira, tmp_path).sync()
        assert fault.struck == 1
        jira.faults.add(Fault("put", match, values=values, count=999))
        run = Tap(jira, tmp_path).run()
        assert incomplete(run) == missed
        assert words in " ".join(run.warnings)


@pytest.mark.parametrize(
    "spoilt", ["text", [], {"type": ["string"]}, {"type": "array", "items": 5}]
)
@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_fields_that_are_not_described_as_they_are(
    spoilt: Any, personality: str, tmp_path: Path
) -> None:
    with box(personality) as jira:
        jira.faults.add(Fault("put", "GET /field$", values={"schema": spoilt}))
        Tap(jira, tmp_path).sync()
        assert jira.faults.struck
        jira.faults.add(Fault("put", "GET /field$", values={"schema": spoilt}, count=999))
        run = Tap(jira, tmp_path).run()
        assert run.code == 1
        (error,) = run.errors
        assert "of a row is" in error


@pytest.mark.parametrize("inside", ["comment.comments", "worklog.worklogs"])
@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_rows_inside_issues_without_their_ids(
    inside: str, personality: str, tmp_path: Path
) -> None:
    match = "/issue/bulkfetch" if personality == "cloud" else "POST /search$"
    with box(personality) as jira:
        tap = Tap(jira, tmp_path, page_size=20, project_keys=["SUP"])
        assert tap.run().code == 0
        # What comes into the settings' scope is read with all that is in it.
        keys = ["SUP", "APP"]
        values = {f"issues.fields.{inside}.id": None}
        fault = jira.faults.add(Fault("put", match, values=values))
        assert tap.run(project_keys=keys).code == 0
        assert fault.struck == 1
        clean = Tap(jira, tmp_path, page_size=20, project_keys=keys)
        jira.faults.clear()
        assert clean.run(state={}).code == 0
        for name in ("comments", "worklogs"):
            assert tap.tables.rows[name].keys() >= clean.tables.rows[name].keys()


# --- ids that are numbers ---------------------------------------------------------------------


@pytest.mark.parametrize("run", ["first", "later"])
@pytest.mark.parametrize(
    ("personality", "bulkfetch"), [("cloud", True), ("cloud", False), ("dc", True)]
)
def test_a_site_with_numbers_for_ids(
    personality: str, bulkfetch: bool, run: str, tmp_path: Path
) -> None:
    """Every row once, under an id that is text; the next run knows them."""
    with box(personality, bulkfetch=bulkfetch) as jira:
        tap = Tap(jira, tmp_path, page_size=20)
        if run == "later":
            tap.sync()
            jira.jira.clock.advance(minutes=30)
            for issue in visible(jira.jira)[:8]:
                jira.mutate.update_issue(issue, summary="Changed")
                jira.mutate.add_comment(issue)
                jira.mutate.add_worklog(issue)
            jira.jira.clock.advance(minutes=5)
        jira.faults.add(Fault("number_ids", "", count=9999))
        assert tap.run().code == 0
        truth = expected(jira.jira)
        for name in ("issues", "comments", "changelogs", "worklogs", "projects"):
            rows = tap.tables.rows[name].values()
            assert {row["id"] for row in rows} == truth[name].keys()
            for row in rows:
                assert all(type(row.get(key, "")) is str for key in ("id", "issue_id"))
        again = tap.run()
        assert again.code == 0, again.log
        assert set(again.messages.records) == {"projects", "users", "fields"}
