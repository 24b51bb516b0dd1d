"""The measurement of the models runs, at a tiny size; how quick anything is, it tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bench.models import models
from bench.report import of_models
from bench.tap import Tap
from sandbox import Options, Sandbox

if TYPE_CHECKING:
    from pathlib import Path

SIZE, COPIES = 40, 1
STEPWISE = {"jira_issue_revisions", "jira_changelog_items", "jira_issue_field_history"}


def test_models_of_copied_issues_are_built_twice(tmp_path: Path) -> None:
    with Sandbox(Options(issues=SIZE)) as jira:
        found = models(jira, Tap(jira, tmp_path), COPIES)
    assert found.issues == (COPIES + 1) * SIZE
    assert found.rows > 2 * found.issues
    for build in (found.full, found.changed):
        assert build.models.keys() >= STEPWISE
        assert build.models.keys() == found.full.models.keys()
        assert 0 < build.models["jira_issue_field_history"] < build.wall < build.process
        assert min(build.database, build.dbt, build.server) > 0
    text = of_models(found)
    assert f"## Models of {found.issues:,} issues, {found.rows:,} raw rows, in PostgreSQL" in text
    assert re.search(r"^\| everything \| [\d.]+ \| [\d.]+ \|", text, re.MULTILINE)
    assert re.search(r"^\| after 40 changes \| [\d.]+ \| [\d.]+ \|", text, re.MULTILINE)
