"""Two tables, row by row and column by column."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.support.expected import without_nulls

if TYPE_CHECKING:
    from tests.support.expected import Row, Rows

TABLES = (
    "projects",
    "users",
    "fields",
    "issues",
    "comments",
    "changelogs",
    "worklogs",
    "deleted_worklogs",
)
_SHOWN = 400


def key_of(table: str, *, cloud: bool) -> str:
    """The key column of a table."""
    if table == "users":
        return "account_id" if cloud else "key"
    return "id"


def differences(
    table: str, wanted: Rows, found: Rows, gone: frozenset[str] = frozenset()
) -> list[str]:
    """What distinguishes the tables, in words; rows of ``gone`` may still be there."""
    said = [f"{table} {key}: missing" for key in wanted.keys() - found.keys()]
    said += [f"{table} {key}: not in Jira" for key in found.keys() - wanted.keys() - gone]
    for key in wanted.keys() & found.keys():
        said += [f"{table} {key}{text}" for text in _columns(wanted[key], found[key])]
    return sorted(said)


def _columns(wanted: Row, found: Row) -> list[str]:
    said = [f".{name}: no such column" for name in wanted.keys() - found.keys()]
    for name, value in found.items():
        if _comparable(name, value) != _comparable(name, wanted.get(name)):
            said.append(f".{name}: {value!r:.{_SHOWN}} instead of {wanted.get(name)!r:.{_SHOWN}}")
    return said


def _comparable(name: str, value: Any) -> Any:
    return without_nulls(value) if name == "items" and value else value


def exact(value: Any) -> Any:
    """Numbers inside objects are floats on one side, decimals on the other."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {name: exact(inner) for name, inner in value.items()}
    return [exact(inner) for inner in value] if isinstance(value, list) else value
