"""The catalogue of fields: what each is, and how its value follows from an issue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from sandbox.model import Issue

#: Makes a value out of the world (which knows the fields, so is unknown here), an issue and dice.
Pick = Callable[[Any, "Issue", int], Any]


_KEPT = 256


class Absent:
    """The type of a value that is not even null: the field is on no screen of the issue."""


ABSENT = Absent()


@dataclass(eq=False)
class Field:
    """One field of the site."""

    id: str
    name: str
    type: str | None
    pick: Pick
    items: str | None = None
    custom: str | None = None
    navigable: bool = True
    #: The team-managed project it is confined to.
    scope: int | None = None
    clauses: tuple[str, ...] = ()
    salt: int = 0
    configuration: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Tell rich text by its kind."""
        marker = self.custom or self.id
        self.rich = marker.endswith((":textarea", "description", "environment"))

    @property
    def description(self) -> str:
        """What an administrator wrote about it: of most fields nothing."""
        told = self.custom and self.salt % 3 == 0
        return f"What “{self.name}” is for,\nsaid in two lines." if told else ""

    def definition(self, *, cloud: bool) -> dict[str, Any]:
        """The row of ``GET /field``."""
        number = self.id[12:]
        clauses = list(self.clauses) or ([f"cf[{number}]", self.name] if self.custom else [self.id])
        row: dict[str, Any] = {"id": self.id}
        if cloud:
            row["key"] = self.id
        row |= {"name": self.name}
        if cloud:
            row["untranslatedName"] = self.name
        row |= {
            "custom": self.custom is not None,
            "orderable": self.navigable,
            "navigable": self.navigable,
            "searchable": True,
            "clauseNames": clauses,
        }
        if self.scope is not None:
            row["scope"] = {"type": "PROJECT", "project": {"id": str(self.scope)}}
        schema = self.schema(cloud=cloud)
        if schema is not None:
            row["schema"] = schema
        return row

    def schema(self, *, cloud: bool) -> dict[str, Any] | None:
        """The declared type; a few pseudo fields have none."""
        if self.type is None:
            return None
        schema: dict[str, Any] = {"type": self.type}
        if self.items:
            schema["items"] = self.items
        if self.custom is None:
            return {**schema, "system": self.id}
        schema |= {"custom": self.custom, "customId": int(self.id[12:])}
        if cloud and self.configuration:
            schema["configuration"] = self.configuration
        return schema


class Catalogue:
    """Every field by id, and selections of them by the names of a request."""

    def __init__(self, fields: list[Field]) -> None:
        """Index the fields."""
        self.fields = fields
        for salt, field in enumerate(fields, 1):
            field.salt = salt
        self.by_id = {field.id: field for field in fields}
        self._selections: dict[tuple[str, ...], tuple[Field, ...]] = {}

    def named(self, name: str) -> Field:
        """The first field with that name."""
        return next(field for field in self.fields if field.name == name)

    def resolve(self, text: str) -> Field | None:
        """A field of a JQL clause: its id, clause name or name, in any case."""
        wanted = text.lower()
        for field in self.fields:
            names = (field.id, field.name, *field.clauses, f"cf[{field.id[12:]}]")
            if wanted in {name.lower() for name in names}:
                return field
        return None

    def select(self, names: tuple[str, ...]) -> tuple[Field, ...]:
        """The fields a request asked for; unknown names are ignored, ``-x`` takes away."""
        known = self._selections.get(names)
        if known is not None:
            return known
        picked: dict[str, Field] = {}
        if names and all(name.startswith("-") for name in names):
            names_used: tuple[str, ...] = ("*navigable", *names)
        else:
            names_used = names
        for name in names_used:
            if name == "*all":
                picked |= self.by_id
            elif name == "*navigable":
                picked |= {field.id: field for field in self.fields if field.navigable}
            elif name.startswith("-"):
                picked.pop(name[1:], None)
            elif name in self.by_id:
                picked[name] = self.by_id[name]
        # Jira lists them in an order of its own, not in that of the request.
        ordered = sorted(picked.values(), key=lambda field: crc32(field.id.encode()))
        chosen = tuple(field for field in ordered if field.id != "issuekey")
        if len(self._selections) > _KEPT:
            self._selections.clear()
        self._selections[names] = chosen
        return chosen
