"""Decoding answers that hold issues only as far as anybody looks into them.

What is only handed on may stay encoded (:class:`msgspec.Raw`), and what is decoded goes into a type
that takes no number which a loader refuses. Both depend on what this Jira puts into its fields, so
the first answer with issues is decoded altogether and looked at. So is a later one that differs in
more than the field that msgspec names, and the fields that do are treated otherwise from then on.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import threading
import typing as t
from types import GenericAlias

import msgspec

from tap_jira.records.decode import (
    KINDS,
    Members,
    bounded,
    decode,
    decode_into,
    prepared,
)
from tap_jira.records.schema import kind_of

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_jira.records.schema import Column

LOOKED_AT = ("id", "issueId", "created", "updated")
"""Members of a comment or a worklog that say which it is, and whether it is due."""
ISSUE_MEMBERS = ("id", "key", "self", "changelog")
ANSWER_MEMBERS = (
    *("issueErrors", "nextPageToken", "isLast", "warnings"),
    *("total", "warningMessages"),
)
"""What is read of an answer beside its issues, on Cloud and on Data Center."""
LEAST_USE = 0.25
"""Share of the issues that must use a field for its objects to be left encoded: a null that is left
encoded costs more than one that is not."""
LONG = 500
"""Bytes from which on an object is best left encoded though it is like no other."""
DEEPEST = 3
"""Levels beyond which a value has no type of its own: types double with each, which takes time."""
CHANGES = 20
"""Answers that may differ: making types anew takes longer than reading a page with them."""
_ANYTHING = (msgspec.Raw, t.Any)
_FIELD = re.compile(r"\$\.issues\[\d+\]\.fields\.(\w+)")


class _Way(t.NamedTuple):
    """How answers are decoded: the types of the fields, and of an answer."""

    fields: Mapping[str, t.Any]
    kind: t.Any
    is_bounded: bool
    """Whether nothing is decoded in which any number may be, neither in the fields nor beside."""


class PartReader:
    """Decodes answers: ``{"issues": [{"id", "key", "self", "fields", "changelog"}], …}``.

    ``encoded`` are the fields that nobody looks into, ``shapes`` the types of those that somebody
    looks into as far as their types say. Jira's order of the fields is kept, since msgspec finds
    them fast in that order only.
    """

    def __init__(
        self,
        fields: Sequence[str],
        expand: Sequence[str],
        encoded: frozenset[str],
        shapes: Mapping[str, t.Any],
    ) -> None:
        """Take what is asked for of each issue."""
        self._fields = fields
        self._members = dict.fromkeys(ISSUE_MEMBERS, bounded(DEEPEST))
        self._members |= dict.fromkeys(expand, t.Any)
        self._encoded = encoded
        self._shapes = shapes
        self._way: _Way | None = None
        self._changes = 0
        self._changing = threading.Lock()

    def __call__(self, body: bytes) -> t.Any:
        """An answer, or whatever else it is that came.

        Raises:
            InvalidJsonError: it is no JSON.
        """
        is_named = False
        while True:
            way, said = self._way, ""
            try:
                if way:
                    return decode_into(body, way.kind, is_bounded=way.is_bounded)
            except msgspec.ValidationError as error:
                said = str(error)
            with self._changing:  # the first ones come side by side: one of them is enough
                if self._way is not way:
                    continue
                if way and not is_named and (changed := self._without(way, said)):
                    self._way, is_named = changed, True
                    continue
                answer = decode(body)
                found = _fields_of(answer)
                self._way = self._changed(way, found, said) if way else self._look_at(found)
                if way or not self._way:
                    return answer

    def _look_at(self, found: Sequence[Mapping[str, t.Any]]) -> _Way | None:
        """How to decode answers that are like this one; not known if it holds no issue."""
        listed = dict.fromkeys(itertools.chain.from_iterable(found))
        if not listed:
            return None
        names = dict.fromkeys([*listed, *self._fields])
        return self._typed({name: self._kind_of(name, found) for name in names})

    def _kind_of(self, name: str, found: Sequence[Mapping[str, t.Any]]) -> t.Any:
        values = _values(name, found)
        if name in self._encoded and _is_best_left(values, len(found)):
            return msgspec.Raw
        if name in self._shapes:
            return self._shapes[name] if _are_of(self._shapes[name], values) else t.Any
        if simple := [kind for kind in KINDS if values and _fit(kind, values)]:
            return simple[0]
        kind = bounded(DEEPEST)
        return kind if _are_of(kind, values) else self._otherwise(name)

    def _otherwise(self, name: str) -> t.Any:
        """The type of a field that may hold anything."""
        return msgspec.Raw if name in self._encoded else t.Any

    def _without(self, way: _Way, said: str) -> _Way | None:
        """How to decode if only the field differs that msgspec names; it mostly is one."""
        named = _FIELD.search(said)
        kind = way.fields.get(named[1], t.Any) if named else t.Any
        if not named or kind in _ANYTHING or self._changes + 1 >= CHANGES:
            return None
        self._changes += 1
        return self._typed({**way.fields, named[1]: self._otherwise(named[1])})

    def _changed(self, way: _Way, found: Sequence[Mapping[str, t.Any]], said: str) -> _Way | None:
        """How to decode after an answer that differs; msgspec says where it does first.

        All fields that do are treated otherwise at once, and in the end all that there are.
        """
        self._changes += 1
        if self._changes == CHANGES:
            self._members = dict.fromkeys(self._members, t.Any)
            return self._typed({name: self._otherwise(name) for name in way.fields})
        if self._changes > CHANGES:
            return way
        named = _FIELD.search(said)
        differing = [
            name
            for name, kind in way.fields.items()
            if kind not in _ANYTHING and not _fit(kind, _values(name, found))
        ]
        differing += [named[1]] if named else []
        kinds = {**way.fields, **{name: self._otherwise(name) for name in differing}}
        return self._typed(kinds) if kinds != way.fields else way

    def _typed(self, kinds: Mapping[str, t.Any]) -> _Way | None:
        """The way to decode with these types of fields; none if a field has no fit name."""
        fields = Members.of("Fields", kinds)
        if fields is None:
            return None
        answer: dict[str, t.Any] = dict.fromkeys(ANSWER_MEMBERS, bounded(DEEPEST))
        answer["issues"] = GenericAlias(list, (typed("Issue", self._members | {"fields": fields}),))
        # The first answer shows the members in the order in which the others have them.
        is_bounded = t.Any not in (*kinds.values(), *self._members.values())
        return _Way(kinds, prepared(typed("Answer", answer)), is_bounded)


def _fields_of(answer: t.Any) -> list[Mapping[str, t.Any]]:
    """The fields of the issues in an answer; none if it is of another shape."""
    with contextlib.suppress(TypeError, AttributeError, KeyError):
        found = [fields for each in answer["issues"] if (fields := each["fields"])]
        return found if all(type(fields) is dict for fields in found) else []
    return []


def _is_best_left(values: Sequence[t.Any], issues: int) -> bool:
    """Whether these are objects, or lists of them, in use and either alike or long."""
    filled = [value for value in values if value]
    if len(filled) < issues * LEAST_USE or not any(map(_holds_objects, filled)):
        return False
    encoded = [msgspec.json.encode(value) for value in filled]
    return 2 * len(set(encoded)) <= len(encoded) + 1 or sum(map(len, encoded)) >= LONG * len(filled)


def _holds_objects(value: t.Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict))


def _values(name: str, found: Iterable[Mapping[str, t.Any]]) -> list[t.Any]:
    """What a field holds where it holds anything."""
    return [value for fields in found if (value := fields.get(name)) is not None]


def _with_parts(values: Sequence[t.Any]) -> list[t.Any]:
    """Those that are lists or objects."""
    return [value for value in values if type(value) in (dict, list)]


def _fit(kind: t.Any, values: Sequence[t.Any]) -> bool:
    """Whether the values are of a type."""
    kinds = KINDS.get(kind)
    return {*map(type, values)} <= kinds if kinds else _are_of(kind, values)


def _are_of(kind: t.Any, values: Sequence[t.Any]) -> bool:
    """Whether the values are of a type that takes all that has no parts."""
    parts = _with_parts(values)
    if not parts:
        return True
    try:
        # What may stay encoded is known from JSON only.
        msgspec.json.decode(msgspec.json.encode(parts), type=GenericAlias(list, (kind,)))
    except (msgspec.ValidationError, RecursionError):
        return False
    return True


def row_type(columns: Iterable[Column]) -> t.Any:
    """A row's type for msgspec: what has parts stays encoded, as nobody looks into it.

    It is of scalars otherwise, but for what Jira sends against its own reference, and is ready for
    several threads.
    """
    members: dict[str, t.Any] = {}
    for each in columns:
        has_parts = each.prepare or kind_of(each.schema).rpartition(" ")[2] == "object"
        members |= dict.fromkeys(each.sources, msgspec.Raw if has_parts else bounded(1))
    # Whatever a catalog declares them: these are looked into.
    return prepared(typed("Row", members | dict.fromkeys(LOOKED_AT, bounded(1))))


def typed(name: str, members: Mapping[str, t.Any]) -> t.Any:
    """A JSON object's type for msgspec: a dict of these members, which may all be absent."""
    make: t.Any = t.TypedDict
    return make(name, members, total=False)
