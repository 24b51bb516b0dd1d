"""What to read of issues, and how the answers that hold them are decoded."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import typing as t
from collections import Counter
from functools import cached_property
from types import GenericAlias

import msgspec

from tap_jira.records.decode import Members, decode, decode_partly, prepared

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ISSUE_MEMBERS = ("id", "key", "self", "changelog")
ANSWER_MEMBERS = (
    *("issueErrors", "nextPageToken", "isLast", "warnings"),
    *("total", "warningMessages"),
)
"""What is read of an answer beside its issues, on Cloud and on Data Center."""
LEAST_USE = 0.25
"""Share of the issues that must use a field for its objects to be left encoded: a null that is left
encoded costs more than one that is not."""


@dataclasses.dataclass(frozen=True)
class Query:
    """What to read of each issue."""

    fields: tuple[str, ...]
    expand: tuple[str, ...] = ()
    encoded: frozenset[str] = frozenset()
    """Fields that nobody looks into: their values may come as :class:`msgspec.Raw`."""

    @cached_property
    def read(self) -> Callable[[bytes], t.Any]:
        """Decodes answers: ``{"issues": [{"id", "key", "self", "fields", "changelog"}], …}``."""
        return _PartReader(self) if self.encoded else decode


class _PartReader:
    """Decodes answers but for the objects in a query's ``encoded`` fields.

    The first answer with issues is decoded altogether. It shows in which order Jira lists the
    fields, which msgspec finds fast in that order only, and which of the encoded ones are in use.
    """

    def __init__(self, query: Query) -> None:
        self._query = query
        self._kind: t.Any = None
        self._looking = threading.Lock()

    def __call__(self, body: bytes) -> t.Any:
        if self._kind is not None:
            return decode_partly(body, self._kind)
        answer = decode(body)
        if self._looking.acquire(blocking=False):  # the first ones come side by side
            try:
                self._look_at(answer)
            finally:
                self._looking.release()
        return answer

    def _look_at(self, answer: t.Any) -> None:
        with contextlib.suppress(TypeError, AttributeError, KeyError):  # of another shape
            found = [fields for each in answer["issues"] if (fields := each["fields"])]
            if found and (kind := self._kind_of(found)):
                self._kind = prepared(kind)

    def _kind_of(self, found: Sequence[Mapping[str, t.Any]]) -> t.Any:
        listed = dict.fromkeys(name for fields in found for name in fields)
        filled = Counter(name for fields in found for name, value in fields.items() if value)
        used = {name for name, times in filled.items() if times >= len(found) * LEAST_USE}
        kinds: dict[str, t.Any] = dict.fromkeys([*listed, *self._query.fields], t.Any)
        kinds |= dict.fromkeys(self._query.encoded & used, msgspec.Raw)
        fields = Members.of("Fields", kinds)
        if fields is None:
            return None
        issue: dict[str, t.Any] = dict.fromkeys((*ISSUE_MEMBERS, *self._query.expand), t.Any)
        issue["fields"] = fields
        answer: dict[str, t.Any] = dict.fromkeys(ANSWER_MEMBERS, t.Any)
        answer["issues"] = GenericAlias(list, (typed("Issue", issue),))
        return typed("Answer", answer)


def typed(name: str, members: Mapping[str, t.Any]) -> t.Any:
    """A JSON object's type for msgspec: a dict of these members, which may all be absent."""
    make: t.Any = t.TypedDict
    return make(name, members, total=False)
