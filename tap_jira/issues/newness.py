"""What is new although its dates say that it is old.

An issue's comments, histories and worklogs that are older than the bookmark were sent, as a rule.
Not so where the issue itself was not in sight: it was moved, its security level was lifted, its
project came to the settings. Nor where it came with its dates: importers keep those of the site
that it is from. And some histories come silently, without moving the issue's ``updated``.
"""

from __future__ import annotations

import typing as t

from tap_jira.http.client import Request
from tap_jira.issues.events import items_of
from tap_jira.records.timestamps import epoch_ms, floor_minute, to_ms

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pendulum

    from tap_jira.http.client import JiraClient
    from tap_jira.jira.jql import Window

History = dict[str, t.Any]

SCOPE_FIELDS = frozenset({"Key", "project", "security"})
"""Histories of these say that an issue came from where the user may not have seen it."""
EDITED_FIELDS = frozenset(
    {
        "assignee",
        "component",
        "components",
        "description",
        "duedate",
        "environment",
        "fix version",
        "fixversions",
        "issuetype",
        "labels",
        "priority",
        "project",
        "reporter",
        "resolution",
        "resolutiondate",
        "security",
        "status",
        "summary",
        "timeestimate",
        "timeoriginalestimate",
        "timespent",
        "version",
        "versions",
    }
)
"""Jira's own fields, by their names in histories: a change of one moves the issue's ``updated``."""
EDITED_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
"""The types of the custom fields that people fill in, which do the same."""


def came_into_view(histories: Iterable[Mapping[str, t.Any]]) -> bool:
    """Whether one of these changes moved the issue, or changed who may see it."""
    return any(
        str(item.get("field")) in SCOPE_FIELDS
        for history in histories
        for item in items_of(history)
    )


class SilentChanges:
    """Finds the histories that may have come without moving the issue's ``updated``.

    Ranking an issue on a board, giving an epic a child, linking a page and what apps write has been
    seen to leave ``updated`` alone (no list of it is documented). Such a history is not read until
    the issue changes otherwise, and is older than the bookmark then.

    A change that moves ``updated`` has its issue read, with all histories that it has by then. So
    those that were not read yet have come after the last such change: they are the newest ones
    before the bookmark, up to the first that contains an ordinary change. What is sent again by
    that is what such changes have come since the last ordinary one, once for each time that the
    issue is read for another reason: a comment, mostly.
    """

    def __init__(self, fields: Iterable[Mapping[str, t.Any]]) -> None:
        """``fields`` are Jira's: ``{"id", "name", "schema": {"custom": …}}``."""
        self._edited: dict[str, bool] = {}
        for field in fields:
            custom = (field.get("schema") or {}).get("custom")
            if custom:
                edited = str(custom).startswith(EDITED_TYPES)
                # Data Center's histories have the name only, which several fields may share.
                for name in (str(field.get("id")), str(field.get("name"))):
                    self._edited[name] = edited and self._edited.get(name, True)

    def before(self, since_ms: int, histories: Iterable[History]) -> list[History]:
        """The histories before an instant that may not have been read, newest first."""
        older = [each for each in histories if epoch_ms(each.get("created")) < since_ms]
        older.sort(key=lambda each: epoch_ms(each.get("created")), reverse=True)
        for count, history in enumerate(older):
            if not self._is_silent(history):
                # One written in the same moment may have come after it.
                moment = epoch_ms(history.get("created"))
                same = [
                    each
                    for each in older[count + 1 :]
                    if epoch_ms(each.get("created")) == moment and self._is_silent(each)
                ]
                return older[:count] + same
        return older

    def _is_silent(self, history: History) -> bool:
        return not any(self._is_ordinary(item) for item in items_of(history))

    def _is_ordinary(self, item: Mapping[str, t.Any]) -> bool:
        """Whether it is a change of a field that people edit; what is not known is taken for none.

        ``{"field": "Rank", "fieldtype": "custom", "fieldId": "customfield_10019", …}``; Data Center
        has no ``fieldId``, nor has Cloud for some.
        """
        name = str(item.get("field"))
        if item.get("fieldtype") == "custom":
            return self._edited.get(str(item.get("fieldId") or name), False)
        return name.lower() in EDITED_FIELDS


def newest_issue_before(
    client: JiraClient, path: str, window: Window, scope: Sequence[str], instant: pendulum.DateTime
) -> str:
    """The id of the last issue created before an instant, of those that were there by then.

    ``0`` if there is none. Its ``created`` alone does not say so: an imported issue brings that
    along. But its import is a change; what did not change since was there.
    """
    before = to_ms(floor_minute(instant))
    created = f"created < {before} AND updated < {before}"
    jql = f"{window.jql((*scope, created), ordered=False)} ORDER BY created DESC, key DESC"
    body: dict[str, t.Any] = {"jql": jql, "maxResults": 1, "fields": ["id"]}
    issues = client.ask(Request("POST", path, json=body)).payload["issues"]
    return str(issues[0]["id"]) if issues else "0"
