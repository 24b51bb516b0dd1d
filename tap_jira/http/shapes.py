"""What an answer must hold to be the answer to its question.

A proxy, a cache or a half-started server can answer 200 with JSON that is not Jira's. Like JSON
that is cut off it is worth another try, and in the end one clear line.

Ids are text in Jira's answers, but not on every site and not in every resource: what is declared a
key here is text from here on.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from tap_jira.records.decode import InvalidJsonError, Members

_NAMES = {dict: "an object", list: "an array", bool: "true or false", str: "a text"}
_KEY = frozenset({str, int})
_HOLDERS = (dict, list, Members)
"""What has values inside."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a member of a row may be."""

    name: str
    types: frozenset[type]

    @property
    def if_there(self) -> Kind:
        """The same, or nothing."""
        return Kind(self.name, self.types | {type(None)})


TEXT = Kind("a text", frozenset({str}))
NUMBER = Kind("a number", frozenset({int}))
OBJECT = Kind("an object", frozenset({dict}))


@dataclasses.dataclass(frozen=True)
class Row:
    """What every row of a list has: its key, and what else is looked into."""

    key: str | None = "id"
    members: t.Mapping[str, Kind] = dataclasses.field(default_factory=dict)
    inside: t.Mapping[str, Row] = dataclasses.field(default_factory=dict)
    """Objects and lists inside it, by their paths, where they are there."""


ISSUE: t.Final = Row(
    members={"fields": OBJECT.if_there},
    inside={
        "fields": Row(None, inside={"comment.comments": Row(), "worklog.worklogs": Row()}),
        "changelog.histories": Row(),
    },
)
SCHEMA: t.Final = ("type", "items", "system", "custom")
"""The members of a field's schema."""
CHANGE: t.Final = Row("worklogId", {"updatedTime": NUMBER})
FIELD: t.Final = Row(
    members={"schema": OBJECT.if_there},
    inside={"schema": Row(None, dict.fromkeys(SCHEMA, TEXT.if_there))},
)
ROWS: t.Final[t.Mapping[str, tuple[str | None, Row]]] = {
    "POST search/jql": ("issues", ISSUE),
    "POST search": ("issues", ISSUE),
    "POST issue/bulkfetch": ("issues", ISSUE),
    "GET issue/{issue}/comment": ("comments", Row()),
    "GET issue/{issue}/worklog": ("worklogs", Row()),
    "GET worklog/updated": ("values", CHANGE),
    "GET worklog/deleted": ("values", CHANGE),
    "POST worklog/list": (None, Row()),
    "GET project/search": ("values", Row()),
    "GET project": (None, Row()),
    "GET users/search": (None, Row("accountId")),
    "GET user/list": ("values", Row("key")),
    "GET user/search": (None, Row("name")),
    "GET field": (None, FIELD),
    "GET auditing/record": ("records", Row()),
}
"""By endpoint: the member that holds the rows (``None``: the answer itself is the array), and what
every row has. What ``changelog/bulkfetch`` must hold is in :mod:`tap_jira.issues.histories`."""
OBJECTS: t.Final[t.Mapping[str, Row]] = {"GET issue/{issue}": ISSUE}
"""By endpoint: what an answer that is itself the row has."""
NUMBERS: t.Final[t.Mapping[str, str]] = {
    "POST search": "total",
    "GET auditing/record": "total",
    "POST search/approximate-count": "count",
}
"""By endpoint: a member that must be a number."""
FIELDS: t.Final = frozenset({"summary", "status", "project", "issuetype", "created", "updated"})
"""Fields that every Jira has: a list without them is cut short."""


def check(endpoint: str, payload: t.Any) -> None:
    """Refuse what is no answer of this endpoint.

    Raises:
        InvalidJsonError: saying what is missing.
    """
    number = NUMBERS.get(endpoint)
    if number and not (isinstance(payload, dict) and isinstance(payload.get(number), int)):
        msg = f"it lacks the number {number!r}"
        raise InvalidJsonError(msg)
    if endpoint in OBJECTS:
        _check_rows([payload], OBJECTS[endpoint])
    if endpoint not in ROWS:
        return
    member, row = ROWS[endpoint]
    rows = payload
    if member:
        rows = payload.get(member) if isinstance(payload, dict) else None
    if not isinstance(rows, list):
        msg = f"it lacks the array {member!r}" if member else "it is no array"
        raise InvalidJsonError(msg)
    _check_rows(rows, row)
    if endpoint == "GET field" and (missing := FIELDS - {each["id"] for each in rows}):
        msg = f"it lacks the field {min(missing)!r}"
        raise InvalidJsonError(msg)


def _check_rows(rows: list[t.Any], row: Row) -> None:
    """Refuse rows that are not as declared; make their keys text.

    Raises:
        InvalidJsonError: saying what a row has instead.
    """
    if row.key:
        _check_keys(rows, row.key)
    for name, kind in row.members.items():
        kinds = {_kind(found) for found in {*map(type, [each.get(name) for each in rows])}}
        if not kinds <= kind.types:
            _refuse(name, kinds - kind.types, kind.name)
    for path, inner in row.inside.items():
        if found := _inside(rows, path.split(".")):
            _check_rows(found, inner)


def _inside(rows: list[t.Any], path: list[str]) -> list[t.Any]:
    """The objects at a path and what is in lists there, where they are there."""
    found = rows
    for name in path:
        if not any(issubclass(kind, dict) or hasattr(kind, name) for kind in {*map(type, found)}):
            return []
        inner = [each.get(name) for each in found if type(each) is not list]
        kinds = {*map(type, inner)}
        holders = {kind for kind in kinds if issubclass(kind, _HOLDERS)}
        if not holders:
            return []
        found = inner if holders == kinds else [each for each in inner if type(each) in holders]
    if list not in {*map(type, found)}:
        return found
    lists = (each if type(each) is list else (each,) for each in found)
    return [*itertools.chain.from_iterable(lists)]


def _check_keys(rows: list[t.Any], key: str) -> None:
    kinds = {*map(type, [row.get(key) if type(row) is dict else None for row in rows])}
    if not kinds <= _KEY:
        _refuse(key, kinds - _KEY, "a text")
    if int in kinds:
        for row in rows:
            row[key] = str(row[key])


def _kind(kind: type) -> type:
    """The type of a value as JSON has it: an object may be decoded in part."""
    return dict if issubclass(kind, Members) else kind


def _refuse(name: str, kinds: set[type], wanted: str) -> t.NoReturn:
    if type(None) in kinds:
        msg = f"a row lacks {name!r}"
        raise InvalidJsonError(msg)
    found = _NAMES.get(min(kinds, key=str), "a number")
    msg = f"the {name!r} of a row is {found}, not {wanted}"
    raise InvalidJsonError(msg)
