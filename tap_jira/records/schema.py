"""The pieces that schemas are made of: column kinds, and the objects that Jira repeats.

A column has one type for ever, a pure function of what the field is, always with ``null``. Its
conversion makes any value that Jira may send valid for that type: a surprise becomes null or
text, never a failed load. Inside a column Jira's own names and shapes stay as they are.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import typing as t
from types import GenericAlias

import msgspec

from tap_jira.records.promises import Member, keeper, promised_kind, type_of
from tap_jira.records.timestamps import date_text, utc_text, utc_texts

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

logger = logging.getLogger("tap-jira.schema")

Schema = dict[str, t.Any]
Convert = t.Optional["Callable[[t.Any], t.Any]"]
ConvertPage = t.Callable[["Sequence[t.Any]"], "Iterable[t.Any]"]

INT64 = {"minimum": -(2**63), "maximum": 2**63 - 1}

TEXT: Schema = {"type": ["string", "null"]}
INTEGER: Schema = {"type": ["integer", "null"], **INT64}
NUMBER: Schema = {"type": ["number", "null"]}
BOOLEAN: Schema = {"type": ["boolean", "null"]}
TIMESTAMP: Schema = {"type": ["string", "null"], "format": "date-time"}
DATE: Schema = {"type": ["string", "null"], "format": "date"}


def object_of(**properties: Schema) -> Schema:
    """An open object whose best-known members are named.

    Flattening makes a column of each of these; where none is named there is one for the object,
    but not if an empty list of them stands there.
    """
    named = {"properties": properties} if properties else {}
    return {"type": ["object", "null"], **named, "additionalProperties": True}


def array_of(items: Schema) -> Schema:
    """A list."""
    return {"type": ["array", "null"], "items": items}


ANY_OBJECT = object_of()
NAMED = object_of(id=TEXT, name=TEXT)
GROUP = object_of(name=TEXT)
OPTION = object_of(id=TEXT, value=TEXT)
PROJECT = object_of(id=TEXT, key=TEXT, name=TEXT)
STATUS_CATEGORY = object_of(key=TEXT, name=TEXT)
STATUS = object_of(id=TEXT, name=TEXT, statusCategory=STATUS_CATEGORY)
LINKED_ISSUE = object_of(id=TEXT, key=TEXT)
DOCUMENT = object_of(type=TEXT, version=NUMBER)
CASCADING_OPTION = object_of(id=TEXT, value=TEXT, child=OPTION)
VISIBILITY = object_of(type=TEXT, value=TEXT)


def user(*, is_cloud: bool) -> Schema:
    """A user inside another record: by account id on Cloud, by key and name elsewhere."""
    identity = {"accountId": TEXT} if is_cloud else {"key": TEXT, "name": TEXT}
    return object_of(**identity, displayName=TEXT, emailAddress=TEXT, active=BOOLEAN)


@dataclasses.dataclass(frozen=True)
class Column:
    """One column: its name, the member of Jira's object it is read from, its type."""

    name: str
    source: str
    schema: Schema
    title: str | None = None
    description: str | None = None
    prepare: Convert = None
    """Brings a value of another product version into the shape of the type."""
    holds: tuple[Column, ...] | None = None
    """What is in this column's objects, by name; ``None``: a value of its own."""
    constant: str | None = None
    """The value of every row, which nothing of Jira's gives; ``None`` of all other columns."""

    def as_declared(self, declared: Schema) -> Column:
        """With the type that a catalog promises.

        What brings values into the shape of this type is of no use for another one.
        """
        prepare = self.prepare if kind_of(declared) == kind_of(self.schema) else None
        return dataclasses.replace(self, schema=declared, prepare=prepare)

    @property
    def sources(self) -> tuple[str, ...]:
        """The members of Jira's object that it takes its value from."""
        held = () if self.constant else self.holds
        return (self.source,) if held is None else tuple(each.source for each in held)

    @property
    def property_schema(self) -> Schema:
        """The column's JSON schema as it is published."""
        told = {"title": self.title, "description": self.description}
        return {**self.schema, **{name: text for name, text in told.items() if text}}


def column(
    name: str, schema: Schema, source: str | None = None, *, prepare: Convert = None
) -> Column:
    """A column; the member of Jira's object is the camel-cased name unless given."""
    if source is None:
        first, *rest = name.split("_")
        source = first + "".join(part.capitalize() for part in rest)
    return Column(name, source, schema, prepare=prepare)


def constant(name: str, value: str) -> Column:
    """A column of text that is the same in every row."""
    return Column(name, "", TEXT, constant=value)


def table(columns: Iterable[Column], required: Iterable[str]) -> Schema:
    """A stream's schema."""
    properties = {each.name: each.property_schema for each in columns}
    for key in required:
        kinds = [kind for kind in properties[key]["type"] if kind != "null"]
        properties[key] = {**properties[key], "type": kinds}
    return {"type": "object", "properties": properties, "required": list(required)}


def kind_of(schema: Schema) -> str:
    """A type in words: ``number``, ``date-time``, ``array of object``."""
    kind = type_of(schema)
    if kind == "array":
        return f"array of {kind_of(schema.get('items') or TEXT)}"
    return str(schema.get("format") or kind)


def takes(promised: Schema, schema: Schema) -> bool:
    """Whether a column takes whatever is valid for another: text takes everything."""
    kind = kind_of(promised)
    return kind in {"string", kind_of(schema)} or (kind, kind_of(schema)) == ("number", "integer")


def converter(schema: Schema, label: str) -> Callable[[t.Any], t.Any]:
    """What turns Jira's value into one that is valid for a column; ``label`` names it in warnings.

    Null stays null and is not handed to the conversion.
    """
    kind = type_of(schema)
    shape = schema.get("format")
    if kind == "string" and shape == "date-time":
        return _dated(utc_text, label)
    if kind == "string" and shape == "date":
        return _dated(date_text, label)
    if kind == "array":
        return _array(schema.get("items") or TEXT, label)
    described = schema.get("properties")
    if kind == "object" and described:
        return keeper([_member(name, inner, label) for name, inner in described.items()])
    return _CONVERSIONS[kind]


def one_by_one(convert: Callable[[t.Any], t.Any]) -> ConvertPage:
    """Converts the values of several objects, each of them null or not, by what converts one."""
    return lambda values: [value if value is None else convert(value) for value in values]


def page_converter(schema: Schema, convert: Callable[[t.Any], t.Any]) -> ConvertPage:
    """The same, but for what shows much sooner of all at once: they are times, or as promised."""
    kind, each = type_of(schema), one_by_one(convert)
    if kind == "string" and schema.get("format") == "date-time":
        return lambda values: utc_texts(values) or each(values)
    if kind not in {"array", "object"}:
        return each

    @functools.cache  # most columns never need it
    def page() -> type[msgspec.Struct]:
        fields = [("values", GenericAlias(list, (promised_kind(schema),)))]
        return msgspec.defstruct("Page", fields)

    def as_promised(values: Sequence[t.Any]) -> Iterable[t.Any]:
        try:
            msgspec.convert({"values": values}, page())
        except (msgspec.ValidationError, RecursionError):
            return each(values)
        return values

    return as_promised


def _member(name: str, schema: Schema, label: str) -> Member:
    convert = converter(schema, f"{label}.{name}")
    kinds = EXACT.get(convert, frozenset())
    return name, next(iter(kinds)) if len(kinds) == 1 else None, convert


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _integer(value: object) -> int | None:
    if isinstance(value, str) or (isinstance(value, float) and value.is_integer()):
        try:
            value = int(value)
        except (ValueError, OverflowError):
            return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if INT64["minimum"] <= value <= INT64["maximum"] else None
    return None


def _number(value: object) -> int | float | None:
    """A number; one beyond 64 bits as the double that Jira's number fields are."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, int) and INT64["minimum"] <= value <= INT64["maximum"]:
        return value
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _nothing(_: object) -> None:
    """What a catalog has as null is null."""


def _object(value: object) -> object:
    return value if isinstance(value, dict) else {"value": value}


def _array(items: Schema, label: str) -> Callable[[t.Any], list[t.Any]]:
    item = converter(items, label)
    valid = EXACT.get(item, frozenset())

    def convert(value: object) -> list[t.Any]:
        values = value if isinstance(value, list) else [value]
        if not values or valid.issuperset(map(type, values)):  # most lists are empty
            return values
        return [None if each is None else item(each) for each in values]

    def convert_texts(value: object) -> list[t.Any]:
        return value if type(value) is list and _hold_texts(value) else convert(value)

    return convert_texts if _is_all_text(items) else convert


def _is_all_text(schema: Schema) -> bool:
    """Whether so many members are promised, all as text, that they are best looked at at once."""
    members = schema.get("properties") or {}
    return len(members) >= MANY and all(inner == TEXT for inner in members.values())


MANY = 4
"""Promised members from which on looking at all values of an object at once is quicker."""


def _hold_texts(values: list[t.Any]) -> bool:
    """Whether these are objects with nothing but text and null in them."""
    for each in values:
        if type(each) is not dict:
            return False
        for value in each.values():
            if type(value) is not str and value is not None:
                return False
    return True


_CONVERSIONS: dict[str, Callable[[t.Any], t.Any]] = {
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "object": _object,
    "null": _nothing,
}


EXACT: dict[object, frozenset[type]] = {
    _text: frozenset({str}),
    _integer: frozenset({int}),
    _number: frozenset({int, float}),
    _boolean: frozenset({bool}),
    _object: frozenset({dict}),
}
"""Types whose values need no conversion: what was decoded holds no whole number beyond 64 bits."""


def _dated(convert: Callable[[t.Any], str | None], label: str) -> Callable[[t.Any], str | None]:
    """Convert times; a value that is none becomes null and is mentioned once per column."""
    warned = False

    def convert_or_warn(value: object) -> str | None:
        nonlocal warned
        converted = convert(value)
        if converted is None and not warned:
            warned = True
            logger.warning(
                "%s holds a value that is not a valid date; such values become null (the first: "
                "%.40r).",
                label,
                value,
            )
        return converted

    return convert_or_warn
