"""Writing Singer messages: msgspec, and one flush for many records."""

from __future__ import annotations

import sys
import typing as t

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter, encoder
from singer_sdk.singerlib.encoding.simple import RecordMessage

if t.TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from singer_sdk.singerlib.encoding.simple import Message

BUFFER = 1 << 16
"""Bytes after which records are handed to the target without waiting for more."""


class BuiltRecord(msgspec.Struct, tag="RECORD", tag_field="type", omit_defaults=True, gc=False):
    """A RECORD message that is encoded as it stands; the SDK's goes through a dataclass and a dict.

    ``{"type": "RECORD", "stream": …, "record": {…}, "version": …, "time_extracted": …}``
    """

    stream: str
    record: dict[str, t.Any] | msgspec.Struct
    version: int | None = None
    time_extracted: dt.datetime | None = None


class BufferedWriter(MsgSpecWriter):
    """singer-sdk's msgspec writer flushes after each message, a system call per record.

    Here records wait for each other; any other message, a STATE above all, flushes what came
    before it and itself.
    """

    def __init__(self) -> None:
        """Begin with nothing waiting."""
        super().__init__()
        self._waiting: list[bytes] = []
        self._size = 0
        """Bytes that wait, with the ends of their lines."""
        self._leaving = b""
        """What is being written."""
        self._gone = 0

    @property
    def weight(self) -> int:
        """Bytes written so far, in messages and in the files that they name."""
        return self._gone + len(self._leaving) + self._size

    def weigh(self, size: int) -> None:
        """So many bytes were written into a file."""
        self._gone += size

    def write_message(self, message: Message) -> None:
        """Add the message; flush unless it is a record."""
        self._add(encoder.encode(message.to_dict()))
        if self._size >= BUFFER or not isinstance(message, RecordMessage):
            self.flush()

    def write_records(self, messages: Iterable[BuiltRecord]) -> None:
        """Add records that were read together; flush whenever many wait."""
        encode, add = encoder.encode, self._add
        for message in messages:
            add(encode(message))
            if self._size >= BUFFER:
                self.flush()

    def write_line(self, encoded: bytes) -> None:
        """Add a message that is encoded already, and hand everything over."""
        self._add(encoded)
        self.flush()

    def _add(self, encoded: bytes) -> None:
        """Let a message wait."""
        self._waiting.append(encoded)
        self._size += len(encoded) + 1

    def flush(self) -> None:
        """Hand everything over.

        With PYTHONUNBUFFERED a write is the system's own: if a signal interrupts it while the
        target is busy, it has taken a part only.
        """
        if self._waiting:
            self._leaving += b"\n".join((*self._waiting, b""))
            self._waiting.clear()
            self._size = 0
        while self._leaving:
            written = sys.stdout.buffer.write(self._leaving)
            self._gone += written
            self._leaving = self._leaving[written:]
        sys.stdout.flush()
