"""Records out of Jira's objects: one by one, or a page of them column by column."""

from __future__ import annotations

import itertools
import typing as t
from functools import cached_property

import msgspec

from tap_jira.records.decode import KINDS
from tap_jira.records.promises import Encoded, EncodedDocuments
from tap_jira.records.schema import DOCUMENT, EXACT, converter, one_by_one, page_converter

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tap_jira.records.decode import Members
    from tap_jira.records.schema import Column, ConvertPage

Step = tuple[str, frozenset[type], Encoded, "Callable[[t.Any], t.Any]", "ConvertPage"]
"""How one member of Jira's object becomes a column: the column's name, the types whose values are
valid as they are, what encoded values become, what converts all others, and several of them. A
plain tuple is unpacked fastest."""


class _Plan(t.NamedTuple):
    """How the members of objects of one type become columns, by their places among them."""

    valid: list[tuple[str, int]]
    """Columns whose values are valid as they are, whatever comes: the type says so."""
    converted: list[tuple[Step, frozenset[type] | None, int]]
    """Others, with the types that their values are of beside null, if that is known."""
    held: list[tuple[str, Step, int]]
    """Those that are put into a column with others."""
    same: list[str]
    """Columns that are the same in all records."""


TOGETHER = 50
"""Records that are built at a time: so many stay in a processor's own memory meanwhile."""
_NOTHING, _ENCODED = frozenset({type(None)}), frozenset({msgspec.Raw})


def _step(column: Column, label: str) -> Step:
    prepare, convert = column.prepare, converter(column.schema, label)
    if prepare is None:
        exact, together = EXACT.get(convert, frozenset()), page_converter(column.schema, convert)
    else:
        convert = _after(prepare, convert)
        exact, together = frozenset(), one_by_one(convert)
    is_document = column.schema.get("properties") == DOCUMENT["properties"]
    # What has the column's type already is what would be made of it, if anything is.
    encoded = EncodedDocuments if is_document else Encoded
    return column.name, exact, encoded(column.schema, convert), convert, together


def _after(
    prepare: Callable[[t.Any], t.Any], convert: Callable[[t.Any], t.Any]
) -> Callable[[t.Any], t.Any]:
    return lambda value: convert(prepare(value))


class RowBuilder:
    """Builds records out of Jira's objects: only the given columns, each valid for its type."""

    def __init__(self, stream: str, columns: Iterable[Column]) -> None:
        """Prepare the columns that are selected."""
        columns = list(columns)
        self._empty: dict[str, t.Any] = {each.name: each.constant for each in columns}
        self._steps = {
            each.source: _step(each, f"{stream}.{each.name}")
            for each in columns
            if each.holds is None and each.constant is None
        }
        self._held = {
            each.source: (holder.name, _step(each, f"{stream}.{holder.name}.{each.name}"))
            for holder in columns
            for each in holder.holds or ()
        }
        self._plans: dict[tuple[t.Any, ...], _Plan] = {}
        self.may_stay_encoded = frozenset(self._steps.keys() | self._held.keys())
        """Members whose values may come as :class:`msgspec.Raw`."""

    def __call__(self, *objects: Mapping[str, t.Any] | Members) -> dict[str, t.Any]:
        """One record, out of the members of one or several objects."""
        row = self._empty.copy()
        step_of = self._steps.get
        for found in objects:
            for source, value in found.items():
                if value is None:
                    continue
                if (step := step_of(source)) is None:
                    self._put(row, source, value)
                    continue
                name, exact, encoded, convert, _ = step
                kind = type(value)
                if kind in exact:
                    row[name] = value
                elif kind is msgspec.Raw:
                    row[name] = encoded[bytes(value)]
                else:
                    row[name] = convert(value)
        return row

    def _put(self, row: dict[str, t.Any], source: str, value: t.Any) -> None:
        """Put a value into the column that holds several, if one does.

        Only what there is takes place.
        """
        if source not in self._held:
            return
        holder, step = self._held[source]
        kept = _value(step, value)
        if kept is None:
            return
        if row[holder] is None:
            row[holder] = {}
        row[holder][step[0]] = kept

    def page(
        self, objects: Sequence[Members], others: Mapping[str, Sequence[t.Any]]
    ) -> Iterator[t.Any]:
        """The records of objects of one type, and of ``others``: further members of each, by name.

        They are what a call would make of each, as msgspec's structs to be encoded: that is
        quicker.
        """
        for at in range(0, len(objects), TOGETHER):
            end = at + TOGETHER
            some = {source: values[at:end] for source, values in others.items()}
            yield from self._together(objects[at:end], some)

    def _together(
        self, objects: Sequence[Members], others: Mapping[str, Sequence[t.Any]]
    ) -> Iterator[t.Any]:
        """A few of them, column by column."""
        kind, count = type(objects[0]), len(objects)
        plan = self._plans.get((kind, *others)) or self._make_plan(kind, others)
        values = [*zip(*map(msgspec.structs.astuple, objects), strict=True), *others.values()]
        columns: dict[str, Iterable[t.Any]] = dict.fromkeys(self._empty, ())
        for name in plan.same:
            columns[name] = itertools.repeat(self._empty[name], count)
        for name, place in plan.valid:
            columns[name] = values[place]
        for step, known, place in plan.converted:
            columns[step[0]] = _converted(step, values[place], known)
        if plan.held:
            columns |= _holders(plan.held, values)
        return itertools.starmap(self._row, zip(*columns.values(), strict=True))

    def _make_plan(self, kind: type[Members], others: Iterable[str]) -> _Plan:
        known = {each.name: KINDS.get(each.type) for each in msgspec.structs.fields(kind)}
        plan = _Plan([], [], [], [])
        for place, source in enumerate((*kind.__struct_fields__, *others)):
            if step := self._steps.get(source):
                kinds = known.get(source)
                if kinds and kinds <= step[1]:
                    plan.valid.append((step[0], place))
                else:
                    plan.converted.append((step, kinds, place))
            elif held := self._held.get(source):
                plan.held.append((*held, place))
        there = {name for name, _ in plan.valid} | {step[0] for step, _, _ in plan.converted}
        plan.same.extend(self._empty.keys() - there)
        return self._plans.setdefault((kind, *others), plan)

    @cached_property
    def _row(self) -> type[msgspec.Struct]:
        """A record of all columns, which need not be called as members of a class may be."""
        names = {f"column_{number}": name for number, name in enumerate(self._empty)}
        return msgspec.defstruct("Row", [*names], rename=names, gc=False)


def _holders(
    held: Iterable[tuple[str, Step, int]], values: Sequence[Sequence[t.Any]]
) -> dict[str, list[dict[str, t.Any] | None]]:
    """The columns that hold several values, if there are any."""
    rows: dict[str, list[dict[str, t.Any] | None]] = {}
    for holder, step, place in held:
        found = values[place]
        if found.count(None) == len(found):
            continue
        column = rows.setdefault(holder, [None] * len(found))
        for at, value in enumerate(found):
            if value is not None and (kept := _value(step, value)) is not None:
                holding = column[at] = column[at] or {}
                holding[step[0]] = kept
    return rows


def _converted(
    step: Step, values: Sequence[t.Any], known: frozenset[type] | None = None
) -> Iterable[t.Any]:
    """A column of a page, whose values are of these types, or null, if that is ``known``."""
    _, exact, encoded, _, together = step
    kinds = known or {*map(type, values)} - _NOTHING
    if kinds <= exact:
        return values
    if kinds == _ENCODED:
        return encoded.page(values)
    if not exact and msgspec.Raw not in kinds:
        return together(values)
    return [_value(step, value) for value in values]


def _value(step: Step, value: t.Any) -> t.Any:
    """What one value becomes."""
    _, exact, encoded, convert, _ = step
    if value is None or type(value) in exact:
        return value
    return encoded[bytes(value)] if type(value) is msgspec.Raw else convert(value)
