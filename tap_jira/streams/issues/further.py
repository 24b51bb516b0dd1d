"""What issues carry beside their fields: watchers, votes, links to elsewhere, properties."""

from __future__ import annotations

import typing as t

from tap_jira.jira.permissions import VOTERS_AND_WATCHERS
from tap_jira.records import columns, schema
from tap_jira.records.schema import column
from tap_jira.streams.issues.resource import IssueResource
from tap_jira.streams.people import DATA_CENTER_PERSON, PERSON
from tap_jira.streams.resource import Inside, Read, inside

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_jira.streams.resource import Row


def _counts(field: str, count: str) -> dict[str, t.Any]:
    """Only the issues whose field does not say that there are none."""

    def concerns(fields: Mapping[str, t.Any]) -> bool:
        value = fields.get(field)
        return not isinstance(value, dict) or value.get(count) != 0

    return {"fields": (field,), "concerns": concerns}


def _people(name: str, doc: str, path: str, rows: str, field: str, count: str) -> IssueResource:
    read = Read(path, inside(rows), count=count)
    return IssueResource(
        name,
        doc,
        key=("issue_id", "account_id"),
        data_center_key=("issue_id", "user_key"),
        columns=(*columns.text("issue_id", "issue_key"), *PERSON),
        data_center_columns=(*columns.text("issue_id", "issue_key"), *DATA_CENTER_PERSON),
        cloud=read,
        data_center=read,
        permission=VOTERS_AND_WATCHERS,
        **_counts(field, count),
    )


ISSUE_WATCHERS = _people(
    "issue_watchers",
    "Who watches issues.",
    "issue/{issueId}/watchers",
    "watchers",
    "watches",
    "watchCount",
)
ISSUE_VOTES = _people(
    "issue_votes", "Who has voted for issues.", "issue/{issueId}/votes", "voters", "votes", "votes"
)

_LINKS = Read("issue/{issueId}/remotelink")
ISSUE_REMOTE_LINKS = IssueResource(
    "issue_remote_links",
    "What issues link to outside of this Jira.",
    columns=(
        *columns.whole("id"),
        *columns.text("issue_id", "issue_key", "global_id", "relationship", "self"),
        *columns.object_("application", "object"),
    ),
    cloud=_LINKS,
    data_center=_LINKS,
)


def _entries(payload: t.Any) -> Iterable[Row]:
    """``{"id": …, "properties": {key: value}}``; without the member, there are none."""
    entries = payload.get("properties") or {}
    return [{"key": key, "value": value} for key, value in entries.items()]


_PROPERTIES = Read("issue/{issueId}", _entries, params={"fields": "id", "properties": "*all"})
ISSUE_PROPERTIES = IssueResource(
    "issue_properties",
    "What apps keep with issues.",
    key=("issue_id", "key"),
    columns=(*columns.text("issue_id", "issue_key", "key"), *columns.object_("value")),
    cloud=_PROPERTIES,
    data_center=_PROPERTIES,
)

_TRANSITION = (
    *columns.text("id", "issue_id", "issue_key", "name"),
    column("to", schema.STATUS),
)
_TRANSITIONS = Inside("transitions")
ISSUE_TRANSITIONS = IssueResource(
    "issue_transitions",
    "What this user could do next with issues.",
    key=("issue_id", "id"),
    columns=(
        *_TRANSITION,
        *columns.flag("has_screen", "is_global", "is_initial", "is_available", "is_conditional"),
        *columns.flag("looped"),
    ),
    data_center_columns=(
        *_TRANSITION,
        *columns.text("description"),
        *columns.whole("opsbar_sequence"),
    ),
    cloud=_TRANSITIONS,
    data_center=_TRANSITIONS,
)

RESOURCES = (
    ISSUE_WATCHERS,
    ISSUE_VOTES,
    ISSUE_REMOTE_LINKS,
    ISSUE_PROPERTIES,
    ISSUE_TRANSITIONS,
)
