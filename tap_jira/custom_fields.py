"""Field metadata into typed columns of the `issues` stream.

``GET /rest/api/{2,3}/field`` describes every field: ``{id, name, custom, schema: {type, items?,
system?, custom?, customId?}}``. The column's type is a pure function of that schema (Atlassian's
field type reference, and the value shapes seen in the field). What Jira leaves open (``any``,
apps with types of their own) becomes text: a string as it is, anything else as JSON.
"""

from __future__ import annotations

import re
import typing as t

from tap_jira import schema
from tap_jira.schema import Column, Schema

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_NAME_BYTES = 63
"""PostgreSQL's limit for a column name."""

NOT_COLUMNS = frozenset({"comment", "worklog", "issuekey", "thumbnail"})
"""Fields that are no columns.

`comment` and `worklog` are cut off inside an issue and have streams of their own; `issuekey` is
the column `key`; `thumbnail` is internal and always empty.
"""
ALWAYS_THERE: tuple[Mapping[str, t.Any], ...] = (
    {"id": "parent", "name": "Parent", "schema": {"type": "issuelink", "system": "parent"}},
)
"""Fields of every Jira that some versions do not list, or list without a schema."""

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
    "sd-servicelevelagreement": schema.ANY_OBJECT,
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


def column_schema(field: Mapping[str, t.Any], *, is_cloud: bool) -> Schema:
    """The column's type, from the field's ``schema``."""
    described = field.get("schema") or {}
    kind = described.get("type")
    if _is_sprint(field):
        return schema.array_of(SPRINT)
    if kind in {"array", "sd-approvals"}:
        items = described.get("items", kind)
        return schema.array_of(_single(items, described, is_cloud=is_cloud))
    return _single(kind, described, is_cloud=is_cloud)


def _is_sprint(field: Mapping[str, t.Any]) -> bool:
    return (field.get("schema") or {}).get("custom") == SPRINT_TYPE


def _single(kind: str | None, described: Mapping[str, t.Any], *, is_cloud: bool) -> Schema:
    if kind == "user":
        return schema.user(is_cloud=is_cloud)
    if kind == "string" and (
        described.get("system") in {"description", "environment"}
        or described.get("custom") == TEXT_AREA
    ):
        return schema.rich_text(is_cloud=is_cloud)
    return SCALARS.get(kind or "") or OBJECTS.get(kind or "") or schema.TEXT


def issue_columns(
    fields: Iterable[Mapping[str, t.Any]], *, is_cloud: bool, naming: str
) -> list[Column]:
    """A column per field, with names that are unique ignoring case and at most 63 bytes long."""
    columns = [
        Column("id", "id", schema.TEXT),
        Column("key", "key", schema.TEXT),
        Column("self", "self", schema.TEXT),
    ]
    taken = {each.name for each in columns}
    known = {str(field["id"]): field for field in ALWAYS_THERE}
    for field in fields:
        if field.get("id"):
            described = known.get(str(field["id"]), {})
            known[str(field["id"])] = {**described, **field}
    for field_id, field in sorted(known.items(), key=_system_first):
        if field_id in NOT_COLUMNS:
            continue
        name = _column_name(field_id, str(field.get("name") or ""), naming)
        while name in taken:
            name = _shorten(name, f"_{len(taken)}")
        taken.add(name)
        columns.append(
            Column(
                name,
                field_id,
                column_schema(field, is_cloud=is_cloud),
                title=str(field.get("name") or "") or None,
                prepare=sprints if _is_sprint(field) else None,
            )
        )
    return columns


def _system_first(item: tuple[str, t.Any]) -> tuple[bool, int, str]:
    """System fields, then custom fields by number: an order that additions do not disturb."""
    field_id, _ = item
    number = field_id.rpartition("_")[2]
    is_custom = field_id.startswith("customfield_")
    return is_custom, int(number) if is_custom and number.isdigit() else 0, field_id


def _column_name(field_id: str, human: str, naming: str) -> str:
    if naming == "name" and field_id.startswith("customfield_"):
        readable = re.sub(r"[^a-z0-9]+", "_", human.lower()).strip("_")
        if readable and not readable[0].isdigit():
            return _shorten(readable, f"_{field_id.rpartition('_')[2]}")
    return _shorten(snake_case(field_id), "")


def snake_case(name: str) -> str:
    """``fixVersions`` as ``fix_versions``."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def _shorten(name: str, suffix: str) -> str:
    """The name with the suffix, within the limit (names are ASCII here)."""
    return f"{name[: MAX_NAME_BYTES - len(suffix)].rstrip('_')}{suffix}"


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
            value = int(value) if re.fullmatch(r"-?\d+", value) else None
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
