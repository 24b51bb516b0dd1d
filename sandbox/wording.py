"""How Jira's histories word a change, which is another way for each kind of field.

Nothing here is kept: an old and a new value go in, the items of a history come out.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sandbox.clock import Stamper, from_ms
from sandbox.model import Group, Instant, Issue, Item, Option, User

if TYPE_CHECKING:
    from sandbox.fields import Field

#: One item names one member that came or went; all other lists are told whole.
BY_MEMBER = {"components": "Component", "fixVersions": "Fix Version", "versions": "Version"}
#: Told without the id of the field, and by another name than the field's.
NAMELESS = {"parent": ("IssueParentAssociation", "Parent Issue"), "issuekey": ("Key", "Key")}
_ZONE = Stamper("Europe/Berlin")

Told = tuple[str | None, str | None]


def identity(value: Any, *, cloud: bool) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    """The ids and the texts of a value, pairs of them; nothing at all has none."""
    if value is None or value == "":
        return (), ()
    if isinstance(value, list):
        pairs = [identity(each, cloud=cloud) for each in value]
        return (
            tuple(ident for ids, _ in pairs for ident in ids),
            tuple(text for _, texts in pairs for text in texts),
        )
    if isinstance(value, Option) and value.child:
        return (value.id, value.child.id), (value.value, value.child.value)
    ident, text = _one(value, cloud=cloud)
    return (ident,), (text or "",)


def items(field: Field, old: Any, new: Any, *, cloud: bool) -> list[Item]:
    """What a history says when a field goes from one value to another."""
    if field.id in BY_MEMBER:
        gone = [each for each in old or () if each not in (new or ())]
        come = [each for each in new or () if each not in (old or ())]
        name = BY_MEMBER[field.id]
        return [
            *(Item(name, field.id, "jira", each.id, each.name, None, None) for each in gone),
            *(Item(name, field.id, "jira", None, None, each.id, each.name) for each in come),
        ]
    name, ident = field.name if field.custom else field.id, field.id
    if field.id in NAMELESS:
        return [_item(NAMELESS[field.id][not cloud], None, field, old, new, cloud=cloud)]
    return [_item(name, ident, field, old, new, cloud=cloud)]


def _item(name: str, ident: str | None, field: Field, old: Any, new: Any, *, cloud: bool) -> Item:
    sides = (*_told(field, old, cloud=cloud), *_told(field, new, cloud=cloud))
    return Item(name, ident, "custom" if field.custom else "jira", *sides)


def _told(field: Field, value: Any, *, cloud: bool) -> Told:
    """``from`` and ``fromString``, or ``to`` and ``toString``."""
    marker = (field.custom or field.id).rpartition(":")[2]
    if marker in {"labels", "gh-sprint"}:
        return _joined(marker, value or [], cloud=cloud)
    if value is None or value == []:
        return None, None
    if isinstance(value, list):
        return _bracketed(value, cloud=cloud)
    if isinstance(value, Option):
        return _option(value) if marker == "cascadingselect" else (value.id, value.value)
    if isinstance(value, Group):
        return None, value.name
    if isinstance(value, Instant) or field.type in {"number", "date"}:
        return _measured(field, value, cloud=cloud)
    return _one(value, cloud=cloud)


def _bracketed(values: list[Any], *, cloud: bool) -> Told:
    ids, texts = identity(values, cloud=cloud)
    if isinstance(values[0], Group):
        return None, f"[{', '.join(texts)}]"
    between = "," if isinstance(values[0], Option) else ", "
    return f"[{', '.join(str(each) for each in ids)}]", between.join(texts)


def _option(value: Option) -> Told:
    below = value.child
    child = f"Level 1 values: {below.value}({below.id})" if below else ""
    return None, f"Parent values: {value.value}({value.id}){child}"


def _measured(field: Field, value: Any, *, cloud: bool) -> Told:
    if isinstance(value, Instant):
        stamp = _ZONE(value)
        return f"{stamp[:19]}{stamp[23:]}", from_ms(value).strftime("%d/%b/%y %I:%M %p")
    if field.type == "date":
        return value, f"{value} 00:00:00.0" if field.id == "duedate" else _printed(value)
    whole = f"{value:g}" if cloud else f"{value:.1f}"
    return (None, whole) if field.custom else (str(value), str(value))


def _joined(marker: str, value: list[Any], *, cloud: bool) -> Told:
    """Labels are joined by blanks, and have no ids; sprints by commas, and nothing is ``""``."""
    ids, texts = identity(value, cloud=cloud)
    if marker == "labels":
        return ("" if cloud else None), " ".join(texts)
    return ", ".join(str(each) for each in ids), ", ".join(texts)


def _printed(day: str) -> str:
    """``2026-01-31`` as people read it."""
    moment = date.fromisoformat(day)
    return f"{moment.day}/{moment.strftime('%b/%y')}"


def _one(value: Any, *, cloud: bool) -> Told:
    if isinstance(value, User):
        return (value.id if cloud else value.key), value.display
    if isinstance(value, Group):
        return (value.id if cloud else value.name), value.name
    if isinstance(value, Issue):
        return str(value.id), value.key
    if isinstance(value, Instant):
        return None, from_ms(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Option):
        return value.id, value.value
    if isinstance(value, dict):
        return value["id"], value["name"]
    if isinstance(value, (str, int, float)):
        return None, f"{value:g}" if isinstance(value, float) else str(value)
    return str(value.id), value.name
