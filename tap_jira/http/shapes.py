"""What an answer must hold to be the answer to its question.

A proxy, a cache or a half-started server can answer 200 with JSON that is not Jira's. Like JSON
that is cut off it is worth another try, and in the end one clear line.
"""

from __future__ import annotations

import typing as t

from tap_jira.records.decode import InvalidJsonError

ROWS: t.Final[t.Mapping[str, tuple[str | None, str]]] = {
    "POST search/jql": ("issues", "id"),
    "POST search": ("issues", "id"),
    "POST issue/bulkfetch": ("issues", "id"),
    "GET issue/{issue}/comment": ("comments", "id"),
    "GET worklog/updated": ("values", "worklogId"),
    "GET worklog/deleted": ("values", "worklogId"),
    "POST worklog/list": (None, "id"),
    "GET project/search": ("values", "id"),
    "GET project": (None, "id"),
    "GET users/search": (None, "accountId"),
    "GET user/list": ("values", "key"),
    "GET user/search": (None, "name"),
    "GET field": (None, "id"),
    "GET auditing/record": ("records", "id"),
}
"""By endpoint: the member that holds the rows (``None``: the answer itself is the array), and what
every row has."""
NUMBERS: t.Final[t.Mapping[str, str]] = {
    "POST search": "total",
    "GET auditing/record": "total",
    "POST search/approximate-count": "count",
}
"""By endpoint: a member that must be a number."""
FIELDS: t.Final = frozenset({"summary", "status", "project", "issuetype", "created", "updated"})
"""Fields that every Jira has: a list without them is cut short."""
_KEY_KINDS = frozenset({str, int})
_KINDS = {dict: "an object", list: "an array", bool: "true or false"}


def check(endpoint: str, payload: t.Any) -> None:
    """Refuse what is no answer of this endpoint.

    Raises:
        InvalidJsonError: saying what is missing.
    """
    number = NUMBERS.get(endpoint)
    if number and not (isinstance(payload, dict) and isinstance(payload.get(number), int)):
        msg = f"it lacks the number {number!r}"
        raise InvalidJsonError(msg)
    if endpoint not in ROWS:
        return
    member, key = ROWS[endpoint]
    rows = payload
    if member:
        rows = payload.get(member) if isinstance(payload, dict) else None
    if not isinstance(rows, list):
        msg = f"it lacks the array {member!r}" if member else "it is no array"
        raise InvalidJsonError(msg)
    _check_keys(rows, key)
    if endpoint == "GET field" and (missing := FIELDS - {row[key] for row in rows}):
        msg = f"it lacks the field {min(missing)!r}"
        raise InvalidJsonError(msg)
    if member == "issues":
        for issue in rows:
            fields = issue.get("fields")
            _check_inside(fields.get("comment") if isinstance(fields, dict) else None, "comments")
            _check_inside(issue.get("changelog"), "histories")


def _check_inside(page: t.Any, member: str) -> None:
    """Refuse rows inside an issue as those of an answer are."""
    rows = page.get(member) if isinstance(page, dict) else None
    if isinstance(rows, list) and rows:
        _check_keys(rows, "id")


def _check_keys(rows: list[t.Any], key: str) -> None:
    """Refuse rows that do not have a text or a whole number for their key.

    Raises:
        InvalidJsonError: saying what a row has instead.
    """
    kinds = {type(row.get(key) if isinstance(row, dict) else None) for row in rows}
    if kinds <= _KEY_KINDS:
        return
    if type(None) in kinds:
        msg = f"a row lacks {key!r}"
        raise InvalidJsonError(msg)
    kind = next(iter(kinds - _KEY_KINDS))
    msg = f"the {key!r} of a row is {_KINDS.get(kind, 'a number')}, not a text"
    raise InvalidJsonError(msg)
