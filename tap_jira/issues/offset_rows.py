"""What a page by offset holds, and whether it continues what was given. See :mod:`.search_dc`."""

from __future__ import annotations

import typing as t

from tap_jira.issues.windows import Issue, unique, version_of
from tap_jira.records.timestamps import parse_instant

if t.TYPE_CHECKING:
    from tap_jira.jira.jql import Span

Version = tuple[str, int]
"""An issue's id and its ``updated``, in epoch milliseconds."""
Rows = tuple[list[Issue], int]
"""A page's issues, and how many the window has."""


def rows_of(answer: dict[str, t.Any], size: int) -> Rows:
    """A page's rows, each once and no more than asked for, and the total."""
    return unique(answer["issues"])[:size], int(answer["total"])


def fresh(issues: list[Issue], given: set[Version]) -> list[Issue]:
    """Those not given yet, which now they are."""
    fresh = [issue for issue in issues if id_and_version(issue) not in given]
    given.update(map(id_and_version, fresh))
    return fresh


def connects(rows: list[Issue], given: set[Version]) -> bool:
    """Whether a page begins with a row that was given already, in the same version.

    In a window with an end it has kept its place then: who changes leaves the window, as soon as
    the index knows of it. Until then the row is where it was, and says when it was changed.
    """
    return bool(rows) and id_and_version(rows[0]) in given


def all_before(issues: list[Issue], span: Span) -> bool:
    """Whether all were changed before the end of the span."""
    if not span.end:
        return True
    found = [parse_instant((issue.get("fields") or {}).get("updated")) for issue in issues]
    return all(instant is not None and instant < span.end for instant in found)


def id_and_version(issue: Issue) -> Version:
    """What tells whether an issue is still the same."""
    return issue["id"], version_of(issue)
