"""What the tables of declared streams must hold, from what the sandbox has on its shelf.

Written from the rules of `docs/data-model.md`, without the tap: a member is the column of its name
in snake case, with the type that the SCHEMA promises.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.truth import area_truth
from tests.support.expected import snake_case, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.site import Site
    from tests.support.messages import Messages

Key = tuple[str, ...]
Table = dict[Key, dict[str, Any]]
#: Members that no column is made of, by stream; ``*`` for all.
LEFT_OUT: dict[str, set[str]] = {
    "*": {"expand", "_expands", "_links"},
    # The user's way to write what the date says.
    "versions": {"user_release_date", "user_start_date"},
    # The name again, marked where it was found.
    "groups": {"html"},
    # What an account had before Cloud knew account ids: empty.
    "group_members": {"key", "name"},
    # It is the user's key.
    "organization_members": {"key"},
    "service_desk_customers": {"key"},
}
#: Columns that the shelf does not tell: a page of another resource, and what time it is.
BESIDES = {"priority_schemes": {"priorities"}, "server_info": {"server_time"}}
#: Columns that are not called after their member.
RENAMED = {
    "field_options": {"option_id": "parent_option_id"},
    "issue_watchers": {"key": "user_key"},
    "issue_votes": {"key": "user_key"},
    # Of an event, which says no id either.
    "audit_records": {"timestamp": "created"},
}
#: What `statuses/search` calls the categories that `status` has by their keys.
CATEGORIES = {"TODO": "new", "IN_PROGRESS": "indeterminate", "DONE": "done"}


def wanted(site: Site, stream: str, schema: Mapping[str, Any]) -> Table:
    """The rows that the table must have, as its SCHEMA would have them."""
    properties = schema["schema"]["properties"]
    table: Table = {}
    for raw in area_truth(site, stream):
        if str(raw.get("statusCategory")) in CATEGORIES:
            raw["statusCategory"] = {"key": CATEGORIES[raw["statusCategory"]]}
        renamed = RENAMED.get(stream, {})
        row: dict[str, Any] = {}
        for name, value in raw.items():
            column = snake_case(name)
            column = renamed.get(column, column)
            if column in properties or column not in LEFT_OUT["*"] | LEFT_OUT.get(stream, set()):
                row[column] = _value(value, properties.get(column, {}))
        row = {name: value for name, value in row.items() if value is not None}
        key = _key(row, schema)
        assert key not in table, f"the sandbox has {stream} {key} twice"
        table[key] = row
    # Data Center's options know their children only.
    for (id_,), row in list(table.items()) if stream == "field_options" else ():
        for child in row.get("children_ids") or ():
            table[(child,)]["parent_option_id"] = id_
    return table


def found(messages: Messages, stream: str, schema: Mapping[str, Any]) -> Table:
    """The rows that a run has sent."""
    return table_of(stream, messages.records[stream], schema)


def table_of(stream: str, rows: Iterable[Mapping[str, Any]], schema: Mapping[str, Any]) -> Table:
    """These rows, sent or stored, by their key."""
    properties = schema["schema"]["properties"]
    table: Table = {}
    for each in rows:
        row = {
            name: _value(_number(value), properties[name])
            for name, value in each.items()
            if value is not None
        }
        key = _key(row, schema)
        assert key not in table, f"{stream} {key} came twice"
        table[key] = row
    return table


def nameless(table: Table) -> Table:
    """By all that they say, of rows whose `id` the tap has made up of just that."""
    found = [{name: each for name, each in row.items() if name != "id"} for row in table.values()]
    return {_key(row, {"key_properties": ["id"]}): row for row in found}


def differences(stream: str, want: Table, have: Table) -> list[str]:
    """In words."""
    said = [f"{stream} {key}: missing" for key in want.keys() - have.keys()]
    said += [f"{stream} {key}: not in Jira" for key in have.keys() - want.keys()]
    for key in want.keys() & have.keys():
        names = (want[key].keys() | have[key].keys()) - BESIDES.get(stream, set())
        said += [
            f"{stream} {key}.{name}: {have[key].get(name)!r:.200}, in Jira "
            f"{want[key].get(name)!r:.200}"
            for name in sorted(names)
            if want[key].get(name) != have[key].get(name)
        ]
    return sorted(said)


def _key(row: Mapping[str, Any], schema: Mapping[str, Any]) -> Key:
    """Of what has no key, all that it says."""
    parts = schema["key_properties"]
    if all(part in row for part in parts):
        return tuple(str(row[part]) for part in parts)
    return (json.dumps(row, sort_keys=True, default=str),)


def _number(value: Any) -> Any:
    """As JSON has it, if a database says it exactly."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value


def _value(value: Any, promised: Mapping[str, Any]) -> Any:
    if value is None:
        return None
    kinds = promised.get("type", [])
    kind = next((each for each in kinds if each != "null"), None) if kinds else None
    form = promised.get("format")
    value = storable(value)
    if isinstance(kinds, str):
        kind = kinds
    if kind == "string" and form == "date-time" and isinstance(value, dict):
        return dt.datetime.fromtimestamp(value["epochMillis"] / 1000, dt.timezone.utc)
    if kind == "string" and form == "date-time":
        return dt.datetime.fromisoformat(str(value).replace("Z", "+00:00")).astimezone(
            dt.timezone.utc
        )
    if kind == "string" and form == "date":
        return str(value)[:10]
    if kind == "string":
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    if kind == "array":
        items = promised.get("items", {})
        return [_value(each, items) for each in (value if isinstance(value, list) else [value])]
    if kind == "object":
        members = promised.get("properties") or {}
        value = value if isinstance(value, dict) else {"value": value}
        return {
            name: _value(inner, members[name]) if name in members else inner
            for name, inner in value.items()
        }
    return value
