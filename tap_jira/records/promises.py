"""Objects that keep what their schema says of their members.

A column's schema names the best-known members of an object (``id``, ``name``, ``value``, …) and
their types, and targets refuse a row in which one has another: real sites send ids of attachments,
security levels and apps' options as numbers. Nearly all objects are as promised. So those are only
looked at, and nothing of them is copied: a decoded one member by member, an encoded one by a
decoder that skips what nothing is said of, and once only while the same bytes come again, as those
of statuses, projects and people do.
"""

from __future__ import annotations

import typing as t
from functools import cached_property
from types import GenericAlias

import msgspec

from tap_jira.records.decode import BOUNDS, can_be_handed_on, decode

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Convert = Callable[[t.Any], t.Any]

Member = tuple[str, "type | None", "Convert"]
"""A member's name, the type whose values are as promised, and what converts the others."""

REMEMBERED, REMEMBERED_BYTES = 2_000, 1_000
"""Most encoded values that are remembered by a column, and the longest of them."""
EXAMINED_TIMES = 8
"""Times that values are examined together before they are looked up again: some turn out alike."""
DOCUMENT_BEGINS = (b'{"type":"doc","version":1,', b'{"version":1,"type":"doc",')
"""How Jira writes a document: its promised members come first."""
_NULL = b"null"
_OR_NULL = (*DOCUMENT_BEGINS, _NULL)
_bytes = msgspec.json.Encoder().encode
"""Of what is encoded already: in half the time that its own take."""
_NO_VALUE = t.Annotated[int, msgspec.Meta(gt=0, lt=0)]
"""A type without any value but null."""


def keeper(members: Sequence[Member]) -> Convert:
    """What makes any decoded value an object with the promised members.

    What is no object becomes the member ``value`` of one.
    """

    def keep(value: t.Any) -> t.Any:
        kept = value if type(value) is dict else {"value": value}
        get = kept.get
        for name, exact, convert in members:
            found = get(name)
            if type(found) is not exact and found is not None:
                converted = convert(found)
                if converted is not found:
                    kept = {**kept, name: converted}
        return kept

    return keep


class Encoded(dict[bytes, t.Any]):
    """What a column's encoded values (:class:`msgspec.Raw`) become, by their bytes.

    One that is not known yet is examined when it is looked up: it goes on as it came if it keeps
    the promise. Those that are short are remembered.
    """

    def __init__(self, schema: Mapping[str, t.Any], convert: Convert) -> None:
        """Take the schema, and what converts decoded values to it."""
        super().__init__()
        self._schema = schema
        self._convert = convert
        self._looked_up = 0.0
        self._examined = 0
        """Values that were not known, of those that were looked up."""

    @cached_property
    def _check(self) -> msgspec.json.Decoder[t.Any]:
        return msgspec.json.Decoder(GenericAlias(list, (promised_kind(self._schema),)))

    def __missing__(self, encoded: bytes) -> t.Any:
        """Examine an object, or a list of objects."""
        self._examined += 1
        kept = self._examine(encoded)
        if len(encoded) <= REMEMBERED_BYTES:
            if len(self) >= REMEMBERED:
                self.clear()
            self[encoded] = kept
        return kept

    def page(self, values: Sequence[msgspec.Raw | None]) -> Iterable[t.Any]:
        """What the values of several objects become, which may be null as well.

        What is handed on is the part that came, null not excepted: it is to be encoded soon. Where
        most values are new they are examined together, and looked up only now and then.
        """
        if 2 * self._examined > self._looked_up:
            self._looked_up += len(values) / EXAMINED_TIMES
            together = _joined(values)
            if can_be_handed_on(together) and self._hold(together):
                return values
        self._looked_up += len(values)
        return map(self.__getitem__, map(_bytes, values))

    def _examine(self, encoded: bytes) -> t.Any:
        if encoded == _NULL:
            return None
        if can_be_handed_on(encoded) and self._hold(encoded):
            # Not the part that came: it would keep the whole answer in memory.
            return msgspec.Raw(encoded)
        decoded = decode(encoded)
        return None if decoded is None else self._convert(decoded)

    def _hold(self, encoded: bytes) -> bool:
        """Whether one or several are as promised; what is not promised is not looked at."""
        try:
            self._check.decode(b"[%b]" % encoded)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return True


class EncodedDocuments(Encoded):
    """The same of rich texts, of which hardly one is like another: none is remembered."""

    def __getitem__(self, encoded: bytes) -> t.Any:
        """Examine one, if it does not begin as Jira writes them."""
        if encoded.startswith(DOCUMENT_BEGINS) and can_be_handed_on(encoded):
            return msgspec.Raw(encoded)
        return self._examine(encoded)

    def page(self, values: Sequence[msgspec.Raw | None]) -> Iterable[t.Any]:
        """The same of several: most times all are as they should be, which shows at once."""
        parts = [*map(_bytes, values)]
        are_alike = False not in [each.startswith(_OR_NULL) for each in parts]
        if are_alike and can_be_handed_on(b",".join(parts)):
            return values
        return map(self.__getitem__, parts)


def _joined(values: Sequence[msgspec.Raw | None]) -> bytes:
    """Several as the items of a JSON array."""
    try:
        return b",".join(t.cast("Sequence[msgspec.Raw]", values))
    except TypeError:  # some are absent
        return b",".join(map(_bytes, values))


def type_of(schema: Mapping[str, t.Any]) -> str:
    """The JSON type that a schema names beside null; ``null`` if there is none."""
    kinds = schema.get("type", "string")
    named = [kinds] if isinstance(kinds, str) else kinds
    return next((kind for kind in named if kind != "null"), "null")


def promised_kind(schema: Mapping[str, t.Any]) -> t.Any:
    """A schema as a type of msgspec's that takes no value that the schema does not."""
    kind = type_of(schema)
    found: t.Any = _NO_VALUE if "format" in schema else _SCALARS.get(kind, _NO_VALUE)
    if kind == "array":
        found = list[promised_kind(schema.get("items") or {})]  # type: ignore[misc] # made at run time
    elif kind == "object":
        found = _object_of(schema.get("properties") or {})
    return found | None


def _object_of(members: Mapping[str, Mapping[str, t.Any]]) -> t.Any:
    if not members:
        return dict[str, t.Any]
    names = {f"member_{number}": name for number, name in enumerate(members)}
    fields = [(name, promised_kind(members[names[name]]), None) for name in names]
    try:
        return msgspec.defstruct("Promised", fields, rename=names, gc=False)
    except ValueError:  # a catalog may name one with a quote in it
        return _NO_VALUE


_SCALARS: dict[str, t.Any] = {
    "string": str,
    "integer": t.Annotated[int, BOUNDS],
    "number": t.Annotated[float, BOUNDS],
    "boolean": bool,
}
