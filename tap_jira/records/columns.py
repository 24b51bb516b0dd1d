"""Several columns of one type at once, named as they are in Jira but for the case."""

from __future__ import annotations

import functools
import typing as t

from tap_jira.records import schema
from tap_jira.records.schema import Column, column

if t.TYPE_CHECKING:
    from collections.abc import Callable

Columns = tuple[Column, ...]


def _all(kind: schema.Schema, *names: str) -> Columns:
    return tuple(column(name, kind) for name in names)


def _columns(kind: schema.Schema) -> Callable[..., Columns]:
    return functools.partial(_all, kind)


text = _columns(schema.TEXT)
whole = _columns(schema.INTEGER)
flag = _columns(schema.BOOLEAN)
instant = _columns(schema.TIMESTAMP)
day = _columns(schema.DATE)
object_ = _columns(schema.ANY_OBJECT)
texts = _columns(schema.array_of(schema.TEXT))
objects = _columns(schema.array_of(schema.ANY_OBJECT))
SCOPE = column("scope", schema.object_of(type=schema.TEXT, project=schema.PROJECT))
"""Where something of a team-managed project belongs."""


def person(*names: str, is_cloud: bool) -> Columns:
    """Users."""
    return _all(schema.user(is_cloud=is_cloud), *names)
