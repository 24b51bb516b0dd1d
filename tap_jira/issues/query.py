"""What to read of issues, and how the answers that hold them are decoded."""

from __future__ import annotations

import dataclasses
import typing as t
from functools import cached_property

from tap_jira.issues.part_reader import PartReader
from tap_jira.records.decode import decode

if t.TYPE_CHECKING:
    from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Query:
    """What to read of each issue."""

    fields: tuple[str, ...]
    expand: tuple[str, ...] = ()
    encoded: frozenset[str] = frozenset()
    """Fields that nobody looks into: their values may come as :class:`msgspec.Raw`."""
    shapes: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    """By field: msgspec's type of what is looked into, with all else as :class:`msgspec.Raw`."""

    @cached_property
    def read(self) -> Callable[[bytes], t.Any]:
        """Decodes answers: ``{"issues": [{"id", "key", "self", "fields", "changelog"}], …}``."""
        if not (self.encoded or self.shapes):
            return decode
        return PartReader(self.fields, self.expand, self.encoded, self.shapes)
