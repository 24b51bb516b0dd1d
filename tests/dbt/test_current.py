"""Current tables and bridges against what Jira shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.dbt.project import Dbt
    from tests.dbt.source import Source


def test_issues(source: Source, built: Dbt) -> None:
    assert built.rows("jira_issues")
