"""What a tap writes: one JSON message a line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

Message = dict[str, Any]
Record = dict[str, Any]


@dataclass(frozen=True)
class Messages:
    """Singer messages, in order."""

    all: tuple[Message, ...]

    @classmethod
    def parse(cls, output: bytes) -> Messages:
        """Read what a tap wrote."""
        return cls(tuple(msgspec.json.decode(line) for line in output.splitlines()))

    def of(self, kind: str) -> list[Message]:
        """The messages of a type."""
        return [message for message in self.all if message["type"] == kind]

    @cached_property
    def schemas(self) -> dict[str, list[Message]]:
        """SCHEMA messages by stream."""
        found: dict[str, list[Message]] = defaultdict(list)
        for message in self.of("SCHEMA"):
            found[message["stream"]].append(message)
        return found

    @cached_property
    def records(self) -> dict[str, list[Record]]:
        """Records by stream; a stream without any has none."""
        found: dict[str, list[Record]] = defaultdict(list)
        for message in self.of("RECORD"):
            found[message["stream"]].append(message["record"])
        return found

    def by_id(self, stream: str) -> dict[str, Record]:
        """A stream's records by id, of which none may come twice."""
        rows = {record["id"]: record for record in self.records[stream]}
        assert len(rows) == len(self.records[stream]), f"{stream} has a row twice"
        return rows

    @cached_property
    def states(self) -> list[dict[str, Any]]:
        """The values of STATE messages."""
        return [message["value"] for message in self.of("STATE")]
