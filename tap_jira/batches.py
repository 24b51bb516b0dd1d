"""BATCH messages: rows in files, and STATE only about rows whose file was named.

singer-sdk fills a file regardless of milestones, and its STATE messages go out while rows wait for
the file to be full: a kill then loses them. Here STATE moves when a file is closed. A milestone
closes the file if it is worth one; if not, the rows go on waiting, and STATE with them. Unlike in
the SDK, stream maps and flattening apply to rows in files as they do to RECORD messages.

Targets on singer-sdk load a file as it is, and know of a row's version what the row itself says in
``_sdc_table_version``, the SDK's column for it. Without that, ACTIVATE_VERSION would delete the
rows that were just loaded.
"""

from __future__ import annotations

import typing as t

from singer_sdk.batch import Batcher
from singer_sdk.contrib.msgspec import encoder
from singer_sdk.helpers._batch import SDKBatchMessage

from tap_jira.writer import BufferedWriter

if t.TYPE_CHECKING:
    from singer_sdk import Tap
    from singer_sdk.helpers._batch import BatchConfig
    from singer_sdk.helpers.types import Record
    from singer_sdk.mapper import StreamMap

WORTH_A_FILE = 4
"""A milestone closes a file that is at least one of so many parts full."""
VERSION_COLUMN = "_sdc_table_version"


class Batches:
    """One stream's rows on their way into files."""

    def __init__(
        self,
        tap: Tap,
        config: BatchConfig,
        maps: t.Sequence[StreamMap],
        version: int | None,
        closed: t.Callable[[], None],
    ) -> None:
        """Tell by ``closed`` that no row waits any more."""
        self._tap = tap
        self._config = config
        self._rows: list[tuple[StreamMap, list[Record]]] = [(each, []) for each in maps]
        self._version = {} if version is None else {VERSION_COLUMN: version}
        self._closed = closed
        self.count = 0
        """The files so far."""
        self.waiting = 0
        """How many of the stream's rows no BATCH message has named yet."""

    def taking(self, records: t.Iterable[Record]) -> t.Iterator[Record]:
        """The same rows, each once it waits for its files; those are closed when they are full."""
        for each in records:
            self._add(each)
            yield each
            if self._most_waiting >= self._config.batch_size:
                self.close()

    def _add(self, record: Record) -> None:
        """Put a row into the current file of each stream that the maps make of this one."""
        for stream_map, rows in self._rows:
            mapped = stream_map.transform(record)
            if mapped is not None:
                rows.append({**mapped, **self._version} if self._version else mapped)
        self.waiting += 1

    @property
    def _most_waiting(self) -> int:
        return max((len(rows) for _, rows in self._rows), default=0)

    def milestone(self) -> None:
        """A segment's rows are all here: close the file if they are worth one, or if none wait."""
        waiting = self._most_waiting
        if not waiting or waiting * WORTH_A_FILE >= self._config.batch_size:
            self.close()

    def close(self) -> None:
        """Write what waits, and say so."""
        for stream_map, rows in self._rows:
            if rows:
                self._write(stream_map.stream_alias, rows)
                rows.clear()
        self.waiting = 0
        self._closed()

    def _write(self, name: str, rows: list[Record]) -> None:
        # One row stands for all: what a file weighs here need not be exact.
        weight = len(rows) * len(encoder.encode(rows[-1]))
        batcher = Batcher(self._tap.name, name, self._config)
        for manifest in batcher.get_batches(iter(rows)):
            message = SDKBatchMessage(
                stream=name,
                encoding=self._config.encoding,
                manifest=manifest,
                version=self._version.get(VERSION_COLUMN),
            )
            self._tap.write_message(message)
            self.count += 1
        if isinstance(self._tap.message_writer, BufferedWriter):
            self._tap.message_writer.weigh(weight)
