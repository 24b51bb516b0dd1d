"""The columns of the `issues` stream: which there are, and what they are called.

A column per field, but for custom fields that would make columns without end: on Cloud each
team-managed project brings its own, and a site with many of them has more than any database takes.
Those are values in one object, by their ids.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from tap_jira.records import schema
from tap_jira.records.custom_fields import column_schema, is_rich_text, is_sprint, sprints
from tap_jira.records.plain import plain_form
from tap_jira.records.rich_text import RichText
from tap_jira.records.schema import Column

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_jira.records.schema import Convert, Schema

MAX_NAME_BYTES = 63
"""PostgreSQL's limit for a column name."""
MAX_COLUMNS = 1500
"""PostgreSQL's limit is 1,600 columns of a table, and a target adds some of its own."""
CUSTOM_FIELDS, SCOPED_FIELDS = "custom_fields", "scoped_fields"
"""The columns that hold many fields' values."""

NOT_COLUMNS = frozenset({"comment", "worklog", "issuekey", "thumbnail"})
"""Fields that are no columns.

`comment` and `worklog` are cut off inside an issue and have streams of their own; `issuekey` is
the column `key`; `thumbnail` is internal and always empty.
"""
ALWAYS_THERE: tuple[Mapping[str, t.Any], ...] = (
    {"id": "parent", "name": "Parent", "schema": {"type": "issuelink", "system": "parent"}},
)
"""Fields of every Jira that some versions do not list, or list without a schema."""


@dataclasses.dataclass(frozen=True)
class KnownNames:
    """What columns of custom fields were called before, by the ids of the fields.

    A column keeps the name it was born with, whatever its field is called today. Its number tells
    whose it is: names end in the field's (`story_points_10016`, `customfield_10016`).
    """

    catalog: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """In the catalog that was given."""
    state: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """In STATE; the catalog has the last word."""
    columns: frozenset[str] | None = None
    """All columns of the catalog that was given; ``None``: there is none."""

    @property
    def has_catalog(self) -> bool:
        """Whether there is a catalog."""
        return self.columns is not None

    @classmethod
    def of(cls, properties: Iterable[str] | None, state: object) -> KnownNames:
        """From the columns of a given catalog (``None``: no catalog), and the list in STATE."""
        remembered = _by_field(state if isinstance(state, list) else ())
        columns = None if properties is None else frozenset(properties)
        return cls(_by_field(columns or ()), remembered, columns)

    def name_of(self, field_id: str, naming: str) -> str | None:
        """What the field's column is called; STATE knows readable names only."""
        known = self.catalog.get(field_id)
        return known or (self.state.get(field_id) if naming == "name" else None)

    def are_missing(self, columns: Iterable[Column]) -> bool:
        """Whether one that was known is not among these: its field is gone, or was left out."""
        known, sources = set(self.columns or ()), set(self.state)
        for each in columns:
            known.discard(each.name)
            sources.difference_update(each.sources)
        return bool(sources or known - {CUSTOM_FIELDS, SCOPED_FIELDS})

    def to_remember(self, columns: Iterable[Column]) -> list[str]:
        """The list for STATE: these columns, and those of fields that are out of sight now."""
        names = {**self.state, **{each.source: each.name for each in columns if _is_custom(each)}}
        return [name for _, name in sorted(names.items(), key=_system_first)]


_NUMBERED = re.compile(r"[a-z][a-z0-9_]*_([0-9]+)")


def _by_field(names: Iterable[object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        if isinstance(name, str) and len(name) <= MAX_NAME_BYTES:
            match = _NUMBERED.fullmatch(name)
            if match:
                found.setdefault(f"customfield_{match[1]}", name)
    return found


def _is_custom(column: Column) -> bool:
    return column.source.startswith("customfield_")


@dataclasses.dataclass(frozen=True)
class Layout:
    """What the settings, the catalog and STATE ask of the columns."""

    naming: str = "id"
    custom: str = "columns"
    scoped: str = "object"
    rich_text: str = "document"
    values: str = "object"
    known: KnownNames = dataclasses.field(default_factory=KnownNames)

    def holder_of(self, field_id: str, field: Mapping[str, t.Any]) -> str | None:
        """The column that the field's value goes into with others, if it has none of its own.

        A column of a catalog stays, whatever the settings are.
        """
        if not field_id.startswith("customfield_") or field_id in self.known.catalog:
            return None
        if self.custom == "object":
            return CUSTOM_FIELDS
        scope = field.get("scope")
        is_scoped = isinstance(scope, dict) and scope.get("type") == "PROJECT"
        return SCOPED_FIELDS if is_scoped and self.scoped == "object" else None

    def holders(self, *, is_cloud: bool) -> tuple[str, ...]:
        """The columns that hold several fields; there whether or not there are such fields yet."""
        if self.custom == "object":
            return (CUSTOM_FIELDS,)
        return (SCOPED_FIELDS,) if is_cloud and self.scoped == "object" else ()


def issue_columns(
    fields: Iterable[Mapping[str, t.Any]], *, is_cloud: bool, layout: Layout
) -> list[Column]:
    """The columns, with names that are unique ignoring case and at most 63 bytes long."""
    columns = [Column(name, name, schema.TEXT) for name in ("id", "key", "self")]
    held: dict[str, list[Column]] = {name: [] for name in layout.holders(is_cloud=is_cloud)}
    taken = {each.name for each in columns} | held.keys()
    known = {str(field["id"]): field for field in ALWAYS_THERE}
    for field in fields:
        if field.get("id"):
            described = known.get(str(field["id"]), {})
            known[str(field["id"])] = {**described, **field}
    for field_id, field in sorted(known.items(), key=_system_first):
        if field_id in NOT_COLUMNS:
            continue
        holder = held.get(layout.holder_of(field_id, field) or "")
        if holder is not None:
            holder.append(_column(field_id, field_id, field, is_cloud=is_cloud, layout=layout))
            continue
        human = str(field.get("name") or "")
        name = layout.known.name_of(field_id, layout.naming)
        name = name or _column_name(field_id, human, layout.naming)
        while name in taken:
            name = _shorten(name, f"_{len(taken)}")
        taken.add(name)
        columns.append(_column(name, field_id, field, is_cloud=is_cloud, layout=layout))
    return columns + [
        Column(name, name, schema.ANY_OBJECT, holds=tuple(each)) for name, each in held.items()
    ]


def _column(
    name: str, source: str, field: Mapping[str, t.Any], *, is_cloud: bool, layout: Layout
) -> Column:
    kind, prepare = _form(source, field, is_cloud=is_cloud, layout=layout)
    title, description = (str(field.get(each) or "").strip() for each in ("name", "description"))
    return Column(name, source, kind, title or None, description or None, prepare)


def _form(
    field_id: str, field: Mapping[str, t.Any], *, is_cloud: bool, layout: Layout
) -> tuple[Schema, Convert]:
    """The type of a field's column, and what brings its values into the shape of that."""
    if is_rich_text(field):
        rich = RichText.of(layout.rich_text, is_cloud=is_cloud)
        return rich.schema, rich.prepare
    is_plain = layout.values == "plain" and field_id.startswith("customfield_")
    kind = column_schema(field, is_cloud=is_cloud)
    form = (plain_form(field) if is_plain else None) or (kind, None)
    return (kind, sprints) if is_sprint(field) else form


def _system_first(item: tuple[str, t.Any]) -> tuple[bool, int, str]:
    """System fields, then custom fields by number: an order that additions do not disturb."""
    field_id, _ = item
    number = field_id.rpartition("_")[2]
    is_custom = field_id.startswith("customfield_")
    return is_custom, int(number) if is_custom and number.isdecimal() else 0, field_id


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
