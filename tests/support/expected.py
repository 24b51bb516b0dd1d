"""What a warehouse must hold, from what Jira shows.

Written from the design and from Jira's documentation, and on purpose without the tap: what both
would get wrong in the same way, no test could find.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.truth import truth
from tests.support.readable import markdown, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.jira import Jira

Row = dict[str, Any]
Rows = dict[str, Row]
Convert = "Callable[[Any], Any]"

#: Fields of an issue that are no columns of it: streams of their own, ``key``, and nothing.
NO_COLUMNS = {"comment", "worklog", "issuekey", "thumbnail"}
#: Members that no column is made of.
_LEFT_OUT = {"worklogs": {"issueKey"}, "projects": {"properties"}, "issues": {"expand"}}
_INSTANTS = {
    "created",
    "updated",
    "started",
    "archivedDate",
    "deletedDate",
    "retentionTillDate",
    "lastLoginTime",
}
#: What Data Center's list of users says beside the user.
_LISTED = {"deleted": False, "lastLoginTime": "2026-05-30T16:37:01+0200"}
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

#: Declared types whose values are JSON objects.
_OBJECTS = {
    *("user", "group", "project", "status", "statusCategory", "issuetype", "priority"),
    *("resolution", "securitylevel", "component", "version", "option", "option-with-child"),
    *("issuelink", "issuelinks", "attachment", "votes", "watches", "progress", "timetracking"),
    *("issuerestriction", "team", "sd-customerrequesttype", "sd-servicelevelagreement"),
    *("sd-customerorganization", "sd-approvals", "sd-feedback", "sd-request-lang"),
    *("cmdb-object-field", "service-entity-field"),
}
_SPRINT = re.compile(
    r"[\w.]+@\w+\[id=(?P<id>\d+),rapidViewId=(?P<boardId>\d+),state=(?P<state>\w+),"
    r"name=(?P<name>.*),startDate=(?P<startDate>[^,]*),endDate=(?P<endDate>[^,]*),"
    r"completeDate=(?P<completeDate>[^,]*),activatedDate=(?P<activatedDate>[^,]*),"
    r"sequence=(?P<sequence>\d+),goal=(?P<goal>.*),autoStartStop=(?P<autoStartStop>\w+)\]"
)


def expected(jira: Jira, rich_text: str = "document", values: str = "object") -> dict[str, Rows]:
    """Every table's rows by key; columns that are not in a row are null."""
    cloud = jira.options.cloud
    found = truth(jira, version="2" if rich_text == "markup" else None)
    rich = markdown if cloud and rich_text == "markdown" else _as_is
    kinds = issue_kinds(found["fields"], cloud=cloud, rich=rich)
    if values == "plain":
        kinds |= {
            name: _plain(field["schema"], kinds[name])
            for name, field in found["fields"].items()
            if field["custom"]
        }
    tables = {
        name: {key: _row(name, raw) for key, raw in found[name].items()}
        for name in ("comments", "changelogs", "worklogs", "projects", "fields")
    }
    for name, column in (("comments", "body"), ("worklogs", "comment")):
        for row in tables[name].values():
            row[column] = row[column] and rich(row[column])
    listed = {} if jira.options.cloud else _LISTED
    tables["users"] = {key: _row("users", {**raw, **listed}) for key, raw in found["users"].items()}
    scoped = {name for name, field in found["fields"].items() if field.get("scope")}
    tables["issues"] = {key: _issue(raw, kinds, scoped) for key, raw in found["issues"].items()}
    for row in tables["issues"].values():
        row["comment_ids"] = []
    for key, row in tables["comments"].items():
        tables["issues"][row["issue_id"]]["comment_ids"].append(key)
    tables["deleted_worklogs"] = {
        key: {"id": str(raw["worklogId"]), "deleted_at": _epoch(raw["updatedTime"])}
        for key, raw in found["deleted_worklogs"].items()
    }
    return tables


@functools.cache
def snake_case(name: str) -> str:
    """``fixVersions`` is the column ``fix_versions``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def storable(value: Any) -> Any:
    """Without U+0000 and lone surrogates, at every depth."""
    try:
        if b"\\u0000" not in msgspec.json.encode(value):
            return value
    except UnicodeEncodeError:  # a surrogate
        pass
    return _cleaned(value)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    return value


def without_nulls(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A history's items; Jira's bulk resource leaves their nulls out, its others do not."""
    return [{name: value for name, value in item.items() if value is not None} for item in items]


def _row(table: str, raw: Mapping[str, Any]) -> Row:
    row: Row = {}
    for name, value in raw.items():
        if name in _LEFT_OUT.get(table, ()):
            continue
        if name in _INSTANTS:
            row[snake_case(name)] = instant(value)
        elif name == "items":
            row["items"] = without_nulls(storable(value))
        else:
            row[snake_case(name)] = _number(storable(value))
    return row


def _issue(
    raw: Mapping[str, Any], kinds: Mapping[str, Callable[[Any], Any]], scoped: set[str]
) -> Row:
    """A column for each field, but for those of one project: they are in an object together."""
    row: Row = {name: raw[name] for name in ("id", "key", "self")}
    together: dict[str, Any] = {}
    for name, value in raw["fields"].items():
        if name not in NO_COLUMNS:
            converted = None if value is None else kinds[name](storable(value))
            if name not in scoped:
                row[snake_case(name)] = converted
            elif converted is not None:
                together[name] = _inside(converted)
    return {**row, "scoped_fields": together or None} if scoped else row


def _inside(value: Any) -> Any:
    """A converted value as it stands inside an object: times are text there."""
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def issue_kinds(
    fields: Mapping[str, Mapping[str, Any]], *, cloud: bool, rich: Callable[[Any], Any]
) -> dict[str, Callable[[Any], Any]]:
    """How the value of each field is stored."""
    kinds = {
        name: rich if _is_rich(schema) else _kind(schema, cloud=cloud)
        for name, field in fields.items()
        for schema in [field.get("schema") or {}]
    }
    # Jira's list of fields does not say what a parent is.
    return {**kinds, "parent": _as_is}


def _kind(schema: Mapping[str, Any], *, cloud: bool) -> Callable[[Any], Any]:
    """How a value of this declared type is stored."""
    kind, marker = schema.get("type"), schema.get("custom", "")
    if marker.endswith(":gh-sprint"):
        return _as_is if cloud else server_sprints
    if kind in {"array", "sd-approvals"}:
        one = _kind({**schema, "type": schema.get("items", kind), "items": None}, cloud=cloud)
        one = _as_is if kind == "sd-approvals" else one
        return lambda values: [None if value is None else one(value) for value in values]
    if kind in _OBJECTS:
        return _as_is
    return {"number": _number, "date": _date, "datetime": instant}.get(str(kind), _text)


def _plain(schema: Mapping[str, Any], otherwise: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """How a custom field's value is stored as what people see of it."""
    items = schema.get("items")

    def store(value: Any) -> Any:
        if schema["type"] == "array" and plain(items, value[:1][0]) != value[0]:
            return [plain(items, each) for each in value]
        said = plain(schema["type"], value)
        return otherwise(value) if said is value else said

    return store


def _is_rich(schema: Mapping[str, Any]) -> bool:
    """Whether it is text with formatting."""
    return str(schema.get("custom", "")).endswith(":textarea") or schema.get("system") in {
        "description",
        "environment",
    }


def _as_is(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    """Text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _number(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        value = float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(str(value))
    return value


def _date(value: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=dt.timezone.utc).date()
    except ValueError:
        return None


def instant(value: str | int) -> dt.datetime:
    """An instant in any of Jira's forms, in UTC."""
    return _instant(value)


@functools.lru_cache(100_000)
def _instant(value: str | int) -> dt.datetime:
    if isinstance(value, int):
        return _epoch(value)
    shape = "%Y-%m-%dT%H:%M:%S.%f%z" if "." in value else "%Y-%m-%dT%H:%M:%S%z"
    return dt.datetime.strptime(value, shape).astimezone(dt.timezone.utc)


def _epoch(milliseconds: int) -> dt.datetime:
    start = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    return start + dt.timedelta(milliseconds=milliseconds)


def server_sprints(values: list[str]) -> list[dict[str, Any]]:
    """Sprints as Data Center prints them, as the objects that Cloud gives."""
    found = []
    for text in values:
        members = _SPRINT.fullmatch(text)
        assert members, text
        sprint: dict[str, Any] = {
            name: None if value == "<null>" else value
            for name, value in members.groupdict().items()
        }
        for name in ("id", "boardId", "sequence"):
            sprint[name] = int(sprint[name])
        sprint["state"] = sprint["state"].lower()
        sprint["autoStartStop"] = sprint["autoStartStop"] == "true"
        found.append(sprint)
    return found
