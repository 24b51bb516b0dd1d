"""Current tables and bridges equal what Jira shows, both products, after changes and deletions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.expected import Shown, counted
from tests.support.changes import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dbt.project import Dbt
    from tests.dbt.source import Source

#: What a model must hold.
TABLES: dict[str, Callable[[Shown], list[dict[str, Any]]]] = {
    "issues": Shown.issues,
    "comments": Shown.comments,
    "worklogs": Shown.worklogs,
    "changelogs": Shown.changelogs,
    "users": Shown.users,
    "projects": Shown.projects,
    "fields": Shown.fields,
    "sprints": Shown.sprints,
    "statuses": lambda it: it.listed("statuses", name="name"),
    "issue_types": lambda it: it.listed("issue_types", name="name", description="description"),
    "priorities": lambda it: it.listed("priorities", name="name", description="description"),
    "resolutions": lambda it: it.listed("resolutions", name="name", description="description"),
    "components": lambda it: it.listed("components", name="name"),
    "versions": lambda it: it.listed("versions", name="name", project_id="projectId"),
    "boards": lambda it: it.listed("boards", name="name", type="type"),
    "issue_link_types": lambda it: it.listed(
        "issue_link_types", name="name", inward="inward", outward="outward"
    ),
    "field_options": lambda it: it.listed("field_options", value="value", field_id="fieldId"),
    "service_desks": lambda it: it.listed("service_desks", project_id="projectId"),
    "organizations": lambda it: it.listed("organizations", name="name"),
    "issue_labels": Shown.issue_labels,
    "issue_components": lambda it: it.issue_members("components", "component", "components"),
    "issue_fix_versions": lambda it: it.issue_members("fixVersions", "version", "versions"),
    "issue_affected_versions": lambda it: it.issue_members("versions", "version", "versions"),
    "issue_links": Shown.issue_links,
    "issue_attachments": Shown.issue_attachments,
    "issue_sprints": Shown.issue_sprints,
    "issue_subtasks": Shown.issue_subtasks,
    "request_participants": Shown.request_participants,
    "sla_cycles": Shown.sla_cycles,
}


@pytest.fixture(scope="module")
def shown(source: Source) -> Shown:
    now = {str(each.id) for each in visible(source.sandbox.jira)}
    return Shown(source.sandbox.jira, source.seen - now)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_what_jira_shows(table: str, built: Dbt, shown: Shown) -> None:
    wanted, found = TABLES[table](shown), built.rows(f"jira_{table}")
    assert wanted, "there is nothing to compare"
    columns = list(wanted[0])
    want, have = counted(wanted, columns), counted(found, columns)
    missing = [row for row in want if want[row] != have.get(row)]
    more = [row for row in have if have[row] != want.get(row)]
    assert told(columns, missing, more) == []


def test_votes_and_watchers_are_as_of_the_last_change(built: Dbt, shown: Shown) -> None:
    """Nobody tells of someone who begins to watch: the sandbox has one or two who did."""
    wanted = {row["id"]: row for row in shown.crowds()}
    found = {row["id"]: (row["votes"], row["watchers"]) for row in built.rows("jira_issues")}
    differing = [
        key for key, row in wanted.items() if (row["votes"], row["watchers"]) != found[key]
    ]
    assert len(differing) <= 2 < len(wanted)


def told(columns: list[str], missing: list[Any], more: list[Any]) -> list[str]:
    """What is wrong: of rows with the same first column, the columns that differ."""
    lines = []
    for row in missing[:40]:
        near = [other for other in more if other[0] == row[0]]
        if len(near) == 1:
            pairs = zip(columns, row, near[0], strict=True)
            differ = [f"{name}: {one!r} is {two!r}" for name, one, two in pairs if one != two]
            lines.append(f"{row[0]}: {'; '.join(differ)[:500]}")
        else:
            lines.append(f"missing {row!r:.500}")
    firsts = {row[0] for row in missing}
    return [*lines, *(f"more {row!r:.500}" for row in more[:40] if row[0] not in firsts)]
