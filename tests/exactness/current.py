"""What is there now, of all that a target holds: the rows without those that are said to be gone.

That is what the documentation tells analysts to do, so it is done the same way here: an issue is
gone if its last row in ``deleted_issues`` was not taken back, and all that is in it with it; a
worklog if ``deleted_worklogs`` has it; a comment if its issue's ``comment_ids`` has it no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.compare import differences, exact
from tests.support.expected import expected

if TYPE_CHECKING:
    from sandbox.jira import Jira
    from tests.support.expected import Row, Rows
    from tests.support.target import Tables

INSIDE = ("comments", "changelogs", "worklogs")
#: Fields that show other issues: those are hidden, renamed and deleted without a change of this
#: one, so that nothing tells of it.
_EMBEDDING = ("Parent", "Sub-tasks", "Linked Issues", "Epic Link", "Parent Link")


def current(tables: Tables) -> dict[str, Rows]:
    """The rows of the issues, and of what is in them, that are there now."""
    told = tables.typed("deleted_issues")
    gone = {key for key, row in told.items() if "returned_at" not in row}
    dropped = tables.typed("deleted_worklogs").keys()
    issues = {key: row for key, row in tables.typed("issues").items() if key not in gone}
    found = {
        name: {key: row for key, row in tables.typed(name).items() if row["issue_id"] in issues}
        for name in INSIDE
    }
    found["worklogs"] = {key: row for key, row in found["worklogs"].items() if key not in dropped}
    found["comments"] = {
        key: row
        for key, row in found["comments"].items()
        if key in issues[row["issue_id"]]["comment_ids"]
    }
    return {"issues": issues, **found}


def wrong(tables: Tables, jira: Jira) -> list[str]:
    """What distinguishes what is there now, after a target's account, from what Jira shows."""
    shown = expected(jira)
    catalogue = jira.world.catalogue
    without = {each.id.lower() for each in catalogue.fields if each.name in _EMBEDDING}
    said: list[str] = []
    for name, rows in current(tables).items():
        wanted = {key: _shown(row, without) for key, row in shown[name].items()}
        found = {key: _shown(row, without) for key, row in rows.items()}
        for key in wanted.keys() & found.keys():
            if wanted[key] != found[key]:  # of nearly all it is known already
                wanted[key], found[key] = exact(wanted[key]), exact(found[key])
        said += differences(name, wanted, found)
    return said


def _shown(row: Row, without: set[str]) -> Row:
    return {name: value for name, value in row.items() if value is not None and name not in without}
