"""Streams that are read together: the trouble of one is its own, and nobody's rows are deleted.

What nobody foresaw is a mistake in the tap: it is made by changing one of its constants.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.faults import Fault
from tests.faults import support
from tests.faults.support import Tap, incomplete
from tests.faults.test_matrix import box
from tests.faults.test_unreadable import FAMILY, ordinary
from tests.support.changes import visible
from tests.support.expected import expected
from tests.support.tap import whole

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.options import Personality
    from tests.support.tap import Run


@pytest.fixture(autouse=True)
def _mistakes_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run of the tap speaks of a bug otherwise."""
    monkeypatch.setattr(support, "civil", lambda _: None)


def deleting(run: Run) -> set[str]:
    """The streams whose rows the target is told to delete if they were not read."""
    lines = (json.loads(line) for line in run.output.splitlines())
    return {line["stream"] for line in lines if line["type"] == "ACTIVATE_VERSION"}


@pytest.mark.parametrize(
    ("mistake", "failing"),
    [
        ({"records.rows.TOGETHER": 0}, {"issues"}),
        ({"streams.issues.changelogs.epoch_ms": 0}, {"changelogs"}),
        ({"issues.issue_pass.partial": 0}, set(FAMILY)),
        ({"streams.issues.issue_based.prepare": 0}, set(FAMILY)),
        ({"streams.issues.issue_based._make_pass": 0}, set(FAMILY)),
    ],
)
def test_what_nobody_foresaw_is_the_trouble_of_whom_it_happens_to(
    mistake: dict[str, float], failing: set[str], tmp_path: Path
) -> None:
    """In a stream's rows, in what several read, or before anything is read: nothing is deleted."""
    with box("cloud") as jira:
        tap = Tap(jira, tmp_path, page_size=20, emit_activate_version_messages=True)
        catalog = whole(tap.catalog(*FAMILY), *FAMILY)
        assert tap.run(catalog=catalog).code == 0
        tap.constants = mistake
        tap.tables.age()
        run = tap.run(catalog=catalog)
        assert run.code == 1
        assert incomplete(run) == failing, run.log
        assert any("bug in the tap" in line for line in run.warnings)
        assert deleting(run) == set(FAMILY) - failing
        tap.check(*FAMILY)


@pytest.mark.parametrize("kind", [["null"], "null"])
@pytest.mark.parametrize("inside", [False, True])
def test_a_catalog_that_has_something_as_null(inside: bool, kind: Any, tmp_path: Path) -> None:
    """It is null, and nothing else is amiss."""
    with box("cloud") as jira:
        tap = Tap(jira, tmp_path, page_size=20, emit_activate_version_messages=True)
        catalog = whole(tap.catalog(*FAMILY), *FAMILY)
        (issues,) = (each for each in catalog["streams"] if each["tap_stream_id"] == "issues")
        columns = issues["schema"]["properties"]
        members = columns["status"]["properties"] if inside else columns
        members["name" if inside else "summary"]["type"] = kind
        run = tap.run(catalog=catalog)
        assert run.code == 0, run.log
        assert deleting(run) == set(FAMILY)
        rows = tap.tables.rows["issues"].values()
        assert len(rows) == len(visible(jira.jira))
        assert not any(each["status"]["name"] if inside else each["summary"] for each in rows)


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_a_slice_whose_projects_cannot_be_listed(personality: Personality, tmp_path: Path) -> None:
    """All streams that would have been read are told to be incomplete."""
    with box(personality) as jira:
        tap = Tap(jira, tmp_path, page_size=20)
        catalog = tap.catalog(*FAMILY)
        jira.faults.add(Fault("status", "/project(/search)?$", 1, status=503, count=10**6))
        run = tap.run(catalog=catalog, slice={"number": 2, "of": 2, "projects": ["10000"]})
        assert run.code == 1
        assert incomplete(run) == set(FAMILY), run.log


@pytest.mark.parametrize("personality", ["cloud", "dc"])
@pytest.mark.parametrize("failing", FAMILY)
def test_a_mapped_row_that_cannot_be_written(
    failing: str, personality: Personality, tmp_path: Path
) -> None:
    """Whichever stream leads: the others are read whole, and it loses nothing."""
    with box(personality) as jira:
        tap = Tap(jira, tmp_path, page_size=20, emit_activate_version_messages=True)
        catalog = whole(tap.catalog(*FAMILY), *FAMILY)
        assert tap.run(catalog=catalog).code == 0
        tap.tables.age()
        (last,) = [*tap.tables.rows[failing]][-1]
        half = f"json.loads(config['half']) if id == '{last}' else ''"
        run = tap.run(
            catalog=catalog,
            stream_maps={failing: {"more": half}},
            stream_map_config={"half": '"\\ud83d"'},
        )
        assert run.code == 1
        assert incomplete(run) == {failing}, run.log
        assert deleting(run) == set(FAMILY) - {failing}
        tap.check(*{*FAMILY} - {failing})
        # What was written before it is told of, too.
        (rows,) = re.findall(rf"{failing}: +(\d+) rows", run.log)
        assert int(rows) == len(run.messages.records[failing]) > 0
        assert len(tap.tables.rows[failing]) >= len(expected(jira.jira)[failing])


def test_an_issue_that_is_owed_holds_up_only_the_stream_that_fails_in_it(tmp_path: Path) -> None:
    with box("cloud") as jira:
        poison = ordinary(jira)
        jira.mutate.sicken(poison, "status")
        tap = Tap(jira, tmp_path, page_size=20)
        catalog = tap.catalog(*FAMILY)
        assert tap.run(catalog=catalog).code == 1
        jira.mutate.heal(poison)
        tap.constants = {"streams.issues.comments.changed_ms": 0}
        run = tap.run(catalog=catalog)
        assert incomplete(run) == {"comments"}, run.log
        tap.check("issues", "changelogs")
        tap.constants = {}
        assert tap.run(catalog=catalog).code == 0
        tap.check(*FAMILY)


def test_a_mistake_in_the_census_is_told_of_the_stream_that_holds_it(tmp_path: Path) -> None:
    streams = (*FAMILY, "deleted_issues")
    with box("cloud") as jira:
        tap = Tap(jira, tmp_path, page_size=20)
        catalog = tap.catalog(*streams)
        for _ in range(2):
            assert tap.run(catalog=catalog).code == 0
            jira.jira.clock.advance(minutes=2 * 24 * 60)
        victim = visible(jira.jira)[3]
        jira.mutate.delete_issue(victim)
        tap.constants = {"streams.issues.deleted.look_for": 0}
        run = tap.run(catalog=catalog)
        assert incomplete(run) == {"deleted_issues"}, run.log
        tap.constants = {}
        assert tap.run(catalog=catalog).code == 0
        assert str(victim.id) in {row["id"] for row in tap.tables.rows["deleted_issues"].values()}
