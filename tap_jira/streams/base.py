"""What every stream of the tap shares: singer-sdk's hooks, pointed at the client.

The overrides, and why each is there:

``_write_record_message``
    Records are built valid, with the selected columns only (:class:`.rows.RowBuilder`); those
    that are neither mapped nor flattened are encoded as they stand.
``_generate_record_messages``
    For the others: the SDK's per-record selection and type conformance have nothing left to do.
``_process_record``
    The SDK copies each record for child streams; there are none.
``_write_schema_message``
    One SCHEMA per stream and run, also when a stream is written in another one's pass; with it
    the version of the records to come, which the SDK sets in a stream's own sync.
``_write_activate_version_message``
    Nothing: the SDK sends it before a record was read. :meth:`JiraStream.complete` does.
``_sync_records``
    One stream's trouble is that stream's trouble.
``_sync_batches``
    STATE only about rows that a BATCH message has named (:mod:`.batches`).
"""

from __future__ import annotations

import contextlib
import logging
import sys
import typing as t
from functools import cached_property

from singer_sdk import RESTStream
from singer_sdk.helpers._util import utc_now
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import RecordMessage
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_jira.batches import Batches
from tap_jira.blame import of_one_stream, sentence
from tap_jira.errors import ConfigurationError, TapJiraError
from tap_jira.records.rows import RowBuilder
from tap_jira.records.schema import Column, constant, kind_of, table, takes
from tap_jira.streams.catalogs import SITE, check
from tap_jira.writer import BuiltRecord

if t.TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from singer_sdk import Tap
    from singer_sdk.helpers._batch import BatchConfig
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import Catalog

    from tap_jira.errors import StreamError
    from tap_jira.http.client import Request
    from tap_jira.jira.site import Site
    from tap_jira.run import Run
    from tap_jira.writer import BufferedWriter

NAMED = 5
"""Most columns to name in a warning."""


class JiraStream(RESTStream[t.Any]):
    """A stream of the tap; ``columns`` and ``primary_keys`` describe its records."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    primary_keys: Sequence[str] = ("id",)
    area = "Issues"
    """What the stream is about."""
    permission: str = "the project permission Browse projects"
    """What Jira asks of the user."""
    scope: str = "read:jira-work"
    """The classic scope that a scoped or OAuth token has to have."""
    comes_in_parts = False
    """Whether each slice reads a part of it; if not, the slice that has the rest reads it."""
    may_activate = True
    """False once rows are known to be missing in what was read: the target must keep them."""

    def __init__(self, tap: Tap, run: Run) -> None:
        """Describe the stream for this Jira."""
        self.run = run
        self.connection = run.connection
        self.columns = list(self.make_columns(run.connection.site))
        if site := run.connection.settings.site:
            self.columns.insert(0, constant(SITE, site))
            self.primary_keys = (SITE, *self.primary_keys)
        self.batches: Batches | None = None
        """What is read goes into files (BATCH)."""
        self._schema_written = False
        super().__init__(tap, schema=table(self.columns, self.primary_keys))

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take selection and columns from a catalog; the key is the product's own.

        Raises:
            ConfigurationError: it does not fit (:func:`.catalogs.check`).
        """
        keys = self.primary_keys
        super().apply_catalog(catalog)
        entry = catalog.get_stream(self.name)
        if entry is not None:
            self.primary_keys = keys
            check(entry, self, keys, self.connection.site.kind)

    def make_columns(self, site: Site) -> Iterable[Column]:
        """The columns that this stream has on this Jira."""
        raise NotImplementedError

    @property
    def selected(self) -> bool:
        """Whether it is read in this run: not in a slice that has no part of it."""
        part = self.connection.settings.slice
        asked_for: bool = self.mask.get((), True)
        return asked_for and (part is None or part.has_the_rest or self.comes_in_parts)

    @selected.setter
    def selected(self, value: bool | None) -> None:
        self.metadata.root.selected = value

    @property
    def url_base(self) -> str:
        """The platform API's address."""
        return f"{self.connection.client.base_url}/"

    @property
    def selected_columns(self) -> list[Column]:
        """The columns to send, with the types that the catalog promises.

        A catalog may be older than the tap or than Jira's fields: what it does not have is not
        sent, and what it declares otherwise is converted to that.
        """
        promised = self.effective_schema.get("properties", {})
        selected = []
        for each in self.columns:
            declared = promised.get(each.name)
            if declared is None or not self.mask.get(("properties", each.name), True):
                continue
            selected.append(each.as_declared(declared))
        return selected

    def tell_of_changed_types(self) -> None:
        """Warn of columns that a catalog promises otherwise than Jira has them now."""
        now = {each.name: each.schema for each in self.columns}
        changed = [
            f"{each.name} ({kind_of(each.schema)}, in Jira {kind_of(now[each.name])})"
            for each in self.selected_columns
            if not takes(each.schema, now[each.name])
        ]
        if changed:
            more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
            self.logger.warning(
                "The catalog has columns of %s with another type than Jira: %s%s. Values that do "
                "not fit become null, or are wrapped. Make a new one with --discover, and a new "
                "column or table in the target, to have them as they are.",
                self.name,
                ", ".join(changed[:NAMED]),
                more,
            )

    @cached_property
    def record(self) -> RowBuilder:
        """Makes a record out of Jira's object."""
        return RowBuilder(self.name, self.selected_columns)

    @cached_property
    def writes_as_built(self) -> bool:
        """Whether records are written as they are built: neither mapped, flattened nor batched.

        A connection test takes them one by one.
        """
        is_test = self.ABORT_AT_RECORD_COUNT is not None
        return not (self.get_batch_config(self.config) or is_test) and all(
            isinstance(each, SameRecordTransform) and not each.flattening_enabled
            for each in self.stream_maps
        )

    def key_of(self, record: Record) -> tuple[t.Any, ...] | None:
        """The record's primary key; ``None`` if a part of it is missing."""
        key = tuple(record[name] for name in self.primary_keys)
        return None if None in key else key

    def _process_record(self, *_: t.Any, **__: t.Any) -> None:
        """There are no child streams and no partitions to prepare a record for."""

    def _write_record_message(self, record: Record) -> None:
        if self.writes_as_built:
            self.write_records((record,))
        else:
            super()._write_record_message(record)

    def write_records(
        self, records: Iterable[Record], written: Callable[[int], None] = lambda _: None
    ) -> None:
        """Write records that were read together; ``written`` is told of how many, come what may."""
        rows, extracted, records = 0, utc_now(), self.connection.workers.checked(records)

        def built() -> Iterator[BuiltRecord]:
            nonlocal rows
            for each in records:
                # What is read first may be what has the schema written, and the version known.
                yield BuiltRecord(self.name, each, self._stream_version, extracted)
                rows += 1

        try:
            if self.writes_as_built:
                t.cast("BufferedWriter", self._tap.message_writer).write_records(built())
            else:
                for record in records:
                    super()._write_record_message(record)
                    rows += 1
        finally:
            if rows:
                self.state_manager.is_flushed = False
            written(rows)

    def _generate_record_messages(self, record: Record) -> Generator[RecordMessage, None, None]:
        extracted = utc_now()
        for stream_map in self.stream_maps:
            mapped = stream_map.transform(record)
            if mapped is not None:
                yield RecordMessage(
                    stream=stream_map.stream_alias,
                    record=mapped,
                    version=self._stream_version,
                    time_extracted=extracted,
                )

    def _write_schema_message(self) -> None:
        if self._schema_written:
            return
        self._schema_written = True
        if self.has_versions:
            self._stream_version = self._initialized_at // 1000
        super()._write_schema_message()

    @property
    def has_versions(self) -> bool:
        """Whether it is read whole, and a target is to delete what was not read."""
        return (
            self.replication_method == REPLICATION_FULL_TABLE
            and self.emit_activate_version_messages
        )

    def _write_activate_version_message(self, full_table_version: int) -> None:
        """Not yet (see :meth:`complete`)."""

    def complete(self) -> None:
        """All of the stream is written: the target may delete what it has besides, if asked to.

        Called at the end of the stream's own sync, before which another stream's pass may have
        written it. Whatever could not be read, in whosever pass, has called :meth:`fail`, and then
        nothing is deleted.
        """
        part = self.run.report.stream(self.name)
        if not self.may_delete or part.error or part.skipped:
            return
        if doubt := self.doubt:
            self.logger.warning(
                "No rows of %s are deleted in the target (no ACTIVATE_VERSION): %s",
                self.name,
                doubt,
            )
            return
        self.about_to_delete()
        super()._write_activate_version_message(t.cast("int", self._stream_version))

    @property
    def may_delete(self) -> bool:
        """Whether the target may be told to delete what was not read."""
        is_test = self.ABORT_AT_RECORD_COUNT is not None
        return self._stream_version is not None and self.may_activate and not is_test

    def about_to_delete(self) -> None:
        """The target will be left with what was just read: STATE must not count on more."""

    @property
    def doubt(self) -> str:
        """Why a row that Jira still has may not have been read, though nothing failed."""
        return ""

    def publish(self) -> None:
        """No row waits for its file any more: STATE may say how far the stream is."""

    def _sync_batches(self, batch_config: BatchConfig, context: Context | None = None) -> None:
        with self.get_batch_counter() as counter:
            self.batches = Batches(
                self._tap, batch_config, self.stream_maps, self._stream_version, self._closed
            )
            for _ in self._sync_records(context, write_messages=False):
                """Each is in its file already, or waits for one."""
            with self._concluding():
                self.batches.close()
            counter.increment(self.batches.count)
        self.complete()

    def _closed(self) -> None:
        self.publish()
        self._write_state_message()

    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, t.Any], t.Any, t.Any]:
        report = self.run.report.stream(self.name)
        progress = self.run.report.progress
        progress.begin(self.name)
        with report.timed(), self._concluding():
            try:
                self._begin()
                records = self.connection.workers.checked(
                    super()._sync_records(context, write_messages=write_messages)
                )
                for record in self.batches.taking(records) if self.batches else records:
                    report.rows += 1
                    progress.rows()
                    yield record
                    if report.rows == self.ABORT_AT_RECORD_COUNT:
                        # A connection test has enough; the SDK's own limit is told as a failure.
                        return
            except Exception as error:
                trouble = of_one_stream(error)
                if not trouble:
                    raise
                self.fail(trouble)
                return
        if write_messages:
            self.complete()

    @contextlib.contextmanager
    def _concluding(self) -> Iterator[None]:
        """If an error ends the run here, tell what was written: rows without a file were not."""
        try:
            yield
        except Exception as error:
            if self.batches:
                self.run.report.stream(self.name).rows -= self.batches.waiting
            if isinstance(error, TapJiraError):
                raise self.run.abort(error, self._tap) from error
            self.run.conclude_after(error, self._tap)
            raise

    def log(self, message: str, *args: t.Any, **options: t.Any) -> None:
        """Log, but not what the SDK says of an error that is told in one line in the end."""
        error = sys.exc_info()[1]
        told = isinstance(error, Exception) and sentence(error)
        if not told or options.get("level") != logging.ERROR:
            super().log(message, *args, **options)

    def _begin(self) -> None:
        """With the run's first stream: resolve the configured projects, send requests ahead."""
        if not self.run.is_first():
            return
        if part := self.connection.settings.slice:
            self.logger.info("This is %s.", part)
        for stream in self.run.selected:
            if isinstance(stream, JiraStream):
                stream.refuse()
                stream.tell_of_changed_types()
        _ = self.connection.scope
        for stream in self.run.selected:
            if isinstance(stream, JiraStream) and stream.ABORT_AT_RECORD_COUNT is None:
                stream.start_early()

    def fail(self, error: StreamError) -> None:
        """This stream could not be read; the others go on."""
        self.run.report.stream(self.name).error = str(error)
        self.logger.warning("Stream %s could not be read: %s", self.name, error)

    def probe(self) -> Request:
        """The smallest request that shows whether the stream can be read."""
        raise NotImplementedError

    def refuse(self) -> None:
        """Refuse what is selected if it cannot be written, before anything is read.

        Raises:
            ConfigurationError: a target would delete what is not of this run.
        """
        settings, others = self.connection.settings, ""
        if self.comes_in_parts and settings.slice:
            others = "other slices have read: switch it off, or read the stream without slices"
        elif settings.site:
            others = "are of other sites: switch it off, or load each site into tables of its own"
        if self.has_versions and others:
            msg = (
                "emit_activate_version_messages would have the target delete the rows of "
                f"{self.name} that {others}."
            )
            raise ConfigurationError(msg)

    def start_early(self) -> None:
        """Send requests ahead whose answers will be needed whatever comes."""
