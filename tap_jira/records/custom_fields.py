"""Field metadata into the types of the columns of the `issues` stream.

``GET /rest/api/{2,3}/field`` describes every field: ``{id, name, custom, schema: {type, items?,
system?, custom?, customId?}}``. The column's type is a pure function of that schema (Atlassian's
field type reference, and the value shapes seen in the field). What Jira leaves open (``any``,
apps with types of their own) becomes text: a string as it is, anything else as JSON.
"""

from __future__ import annotations

import re
import typing as t

from tap_jira.records import schema

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_jira.records.schema import Schema

SPRINT_TYPE = "com.pyxis.greenhopper.jira:gh-sprint"
SPRINT = schema.object_of(
    id=schema.INTEGER,
    name=schema.TEXT,
    state=schema.TEXT,
    boardId=schema.INTEGER,
    goal=schema.TEXT,
    startDate=schema.TEXT,
    endDate=schema.TEXT,
    completeDate=schema.TEXT,
)
MOMENT = schema.object_of(iso8601=schema.TEXT, epochMillis=schema.INTEGER)
SPAN = schema.object_of(millis=schema.INTEGER, friendly=schema.TEXT)
_CYCLE = {
    "startTime": MOMENT,
    "breachTime": MOMENT,
    "breached": schema.BOOLEAN,
    "goalDuration": SPAN,
    "elapsedTime": SPAN,
    "remainingTime": SPAN,
}
CLOCK = schema.object_of(
    id=schema.TEXT,
    name=schema.TEXT,
    completedCycles=schema.array_of(schema.object_of(**_CYCLE, stopTime=MOMENT)),
    ongoingCycle=schema.object_of(
        **_CYCLE, paused=schema.BOOLEAN, withinCalendarHours=schema.BOOLEAN
    ),
)
"""A clock of service management (SLA): what ``request/{issue}/sla`` has, inside the issue."""
TEXT_AREA = "com.atlassian.jira.plugin.system.customfieldtypes:textarea"
OBJECTS = {
    "votes": schema.ANY_OBJECT,
    "watches": schema.ANY_OBJECT,
    "progress": schema.ANY_OBJECT,
    "timetracking": schema.ANY_OBJECT,
    "issuerestriction": schema.ANY_OBJECT,
    "issuetype": schema.NAMED,
    "priority": schema.NAMED,
    "resolution": schema.NAMED,
    "securitylevel": schema.NAMED,
    "component": schema.NAMED,
    "version": schema.NAMED,
    "attachment": schema.object_of(id=schema.TEXT, filename=schema.TEXT),
    "project": schema.PROJECT,
    "status": schema.STATUS,
    "statusCategory": schema.STATUS_CATEGORY,
    "issuelink": schema.LINKED_ISSUE,
    "issuelinks": schema.LINKED_ISSUE,
    "group": schema.GROUP,
    "option": schema.OPTION,
    "option-with-child": schema.CASCADING_OPTION,
    "team": schema.ANY_OBJECT,
    "sd-customerrequesttype": schema.ANY_OBJECT,
    "sd-servicelevelagreement": CLOCK,
    "sd-customerorganization": schema.ANY_OBJECT,
    "sd-approvals": schema.ANY_OBJECT,
    "sd-feedback": schema.ANY_OBJECT,
    "sd-request-lang": schema.ANY_OBJECT,
    "cmdb-object-field": schema.ANY_OBJECT,
    "service-entity-field": schema.ANY_OBJECT,
}
SCALARS = {
    "string": schema.TEXT,
    "number": schema.NUMBER,
    "date": schema.DATE,
    "datetime": schema.TIMESTAMP,
}


def is_rich_text(field: Mapping[str, t.Any]) -> bool:
    """Whether it holds text with formatting."""
    described = field.get("schema") or {}
    return described.get("type") == "string" and (
        described.get("system") in {"description", "environment"}
        or described.get("custom") == TEXT_AREA
    )


def column_schema(field: Mapping[str, t.Any], *, is_cloud: bool) -> Schema:
    """The column's type, from the field's ``schema``."""
    described = field.get("schema") or {}
    kind = described.get("type")
    if is_sprint(field):
        return schema.array_of(SPRINT)
    if kind in {"array", "sd-approvals"}:
        items = described.get("items", kind)
        return schema.array_of(_single(items, is_cloud=is_cloud))
    return _single(kind, is_cloud=is_cloud)


def is_sprint(field: Mapping[str, t.Any]) -> bool:
    """Whether it holds sprints, which Data Center gives as text (:func:`sprints`)."""
    return (field.get("schema") or {}).get("custom") == SPRINT_TYPE


def _single(kind: str | None, *, is_cloud: bool) -> Schema:
    if kind == "user":
        return schema.user(is_cloud=is_cloud)
    return SCALARS.get(kind or "") or OBJECTS.get(kind or "") or schema.TEXT


_SPRINT_KEYS = (
    "id",
    "rapidViewId",
    "state",
    "name",
    "startDate",
    "endDate",
    "completeDate",
    "activatedDate",
    "sequence",
    "goal",
    "autoStartStop",
    "synced",
    "incompleteIssuesDestinationId",
)
_SPRINT_MEMBER = re.compile(rf"(?:^|,)({'|'.join(_SPRINT_KEYS)})=")
_SPRINT_NUMBERS = frozenset({"id", "boardId", "sequence", "incompleteIssuesDestinationId"})


def parse_sprint(text: str) -> dict[str, t.Any] | None:
    """Data Center's sprints arrive as Java's ``toString``; make them the objects of Cloud.

    ``com.atlassian.greenhopper.service.sprint.Sprint@1fdd[id=5820,rapidViewId=35,state=CLOSED,
    name=Sprint 1,goal=<null>,…]``. Names and goals may hold commas, equals signs and brackets, so
    a member ends where the next known name begins, not at a comma.
    """
    opening = text.find("[")
    if opening < 0 or not text.endswith("]"):
        return None
    inner = text[opening + 1 : -1]
    marks: list[re.Match[str]] = []
    for mark in _SPRINT_MEMBER.finditer(inner):
        # A member comes once: its name again is text, in a sprint named "a,state=CLOSED".
        if all(mark[1] != known[1] for known in marks):
            marks.append(mark)
    if not marks:
        return None
    sprint: dict[str, t.Any] = {}
    for mark, following in zip(marks, [*marks[1:], None]):  # noqa: B905 - same length by construction
        name = mark[1]
        raw = inner[mark.end() : following.start() if following else None]
        value: t.Any = None if raw == "<null>" else raw
        if name == "rapidViewId":
            name = "boardId"
        if name == "state" and value:
            value = value.lower()
        if name in _SPRINT_NUMBERS and value is not None:
            value = int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else None
        if name == "autoStartStop" and value is not None:
            value = value == "true"
        sprint[name] = value
    return sprint


def sprints(value: object) -> object:
    """A list of sprints with those that are text parsed; text that cannot be is kept as a name."""
    if not isinstance(value, list):
        return value
    return [
        (parse_sprint(each) or {"name": each}) if isinstance(each, str) else each for each in value
    ]
