"""Records out of Jira's objects: one by one, or a page of them column by column."""

from __future__ import annotations

import itertools
import typing as t
from functools import cached_property

import msgspec

from tap_jira.records.promises import Encoded, EncodedDocuments
from tap_jira.records.schema import DOCUMENT, EXACT, converter

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tap_jira.records.decode import Members
    from tap_jira.records.schema import Column

Step = tuple[str, frozenset[type], Encoded, "Callable[[t.Any], t.Any]"]
"""How one member of Jira's object becomes a column: the column's name, the types whose values are
valid as they are, what encoded values become, and what converts all others. A plain tuple is
unpacked fastest."""
TOGETHER = 50
"""Records that are built at a time: so many stay in a processor's own memory meanwhile."""
_NOTHING = type(None)
_bytes = msgspec.json.Encoder().encode
"""Of what is encoded already: in half the time that its own take."""


def _step(column: Column, label: str) -> Step:
    prepare, convert = column.prepare, converter(column.schema, label)
    exact = EXACT.get(convert, frozenset())
    if prepare is not None:
        exact, convert = frozenset(), _after(prepare, convert)
    described = column.schema.get("items") or column.schema
    goes_on = prepare is None or bool(described.get("properties"))
    is_document = column.schema.get("properties") == DOCUMENT["properties"]
    encoded = EncodedDocuments if is_document else Encoded
    return column.name, exact, encoded(column.schema if goes_on else None, convert), convert


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
                name, exact, encoded, convert = step
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
        (kept,) = _converted(step, (value,))
        if kept is None:
            return
        if row[holder] is None:
            row[holder] = {}
        row[holder][step[0]] = kept

    def page(
        self, objects: Sequence[Members], others: Sequence[Sequence[Mapping[str, t.Any]]]
    ) -> Iterator[t.Any]:
        """The records of objects of one type, each with the others in its place, to be encoded.

        They are what a call would make of each, as msgspec's structs: that is quicker.
        """
        for at in range(0, len(objects), TOGETHER):
            end = at + TOGETHER
            yield from self._together(objects[at:end], [those[at:end] for those in others])

    def _together(
        self, objects: Sequence[Members], others: Iterable[Sequence[Mapping[str, t.Any]]]
    ) -> Iterator[t.Any]:
        """A few of them, column by column."""
        values: dict[str, Sequence[t.Any]] = dict(
            zip(
                type(objects[0]).__struct_fields__,
                zip(*map(msgspec.structs.astuple, objects), strict=True),
                strict=True,
            )
        )
        for those in others:
            for source in dict.fromkeys(itertools.chain.from_iterable(those)):
                if source in self._steps:
                    values[source] = [each.get(source) for each in those]
        columns: dict[str, Iterable[t.Any]] = {
            step[0]: _converted(step, values[source])
            for source, step in self._steps.items()
            if source in values
        }
        if self._held:
            columns |= self._holders(values, len(objects))
        same = {name: itertools.repeat(each, len(objects)) for name, each in self._empty.items()}
        rows = zip(*(same | columns).values(), strict=True)
        return itertools.starmap(self._row, rows)

    @cached_property
    def _row(self) -> type[msgspec.Struct]:
        """A record of all columns, which need not be called as members of a class may be."""
        names = {f"column_{number}": name for number, name in enumerate(self._empty)}
        return msgspec.defstruct("Row", [*names], rename=names, gc=False)

    def _holders(
        self, values: Mapping[str, Sequence[t.Any]], count: int
    ) -> dict[str, list[dict[str, t.Any] | None]]:
        """The columns that hold several values, if there are any."""
        rows: dict[str, list[dict[str, t.Any] | None]] = {}
        for source, (holder, step) in self._held.items():
            held = values.get(source)
            if held is None or held.count(None) == count:
                continue
            column = rows.setdefault(holder, [None] * count)
            for at, value in enumerate(_converted(step, held)):
                if value is not None:
                    kept = column[at] = column[at] or {}
                    kept[step[0]] = value
        return rows


def _converted(step: Step, values: Sequence[t.Any]) -> Iterable[t.Any]:
    """A column of a page."""
    _, exact, encoded, convert = step
    kinds = {*map(type, values)}
    if kinds == {msgspec.Raw}:
        return map(encoded.__getitem__, map(_bytes, values))
    kinds.discard(_NOTHING)
    if kinds <= exact:
        return values
    if not exact and msgspec.Raw not in kinds:
        return [value if value is None else convert(value) for value in values]
    return [
        value
        if value is None or type(value) in exact
        else encoded[bytes(value)]
        if type(value) is msgspec.Raw
        else convert(value)
        for value in values
    ]
