"""Streams that are nothing but a declared resource (:mod:`.resource`).

Such a stream is read whole. If that costs a request per parent, it is not read in every run: STATE
says when it was read completely, and with what, in ``read_at`` and ``read_with``::

    {"bookmarks": {"components": {"read_at": "2026-03-01T04:00:00.000Z", "read_with": "5f2a90c1"}}}

``read_more`` says that rows were read which only some users may read: they are not deleted when
that permission goes.
"""

from __future__ import annotations

import datetime as dt
import functools
import typing as t
import zlib

from tap_jira.http.client import Request
from tap_jira.records.timestamps import parse_instant, to_text
from tap_jira.streams.described import DescribedStream
from tap_jira.streams.resource import Joined, Read, Resource

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_jira.run import Run
    from tap_jira.streams.reading import Found, Resources

READ_AT, READ_WITH, READ_MORE = "read_at", "read_with", "read_more"


class DeclaredStream(DescribedStream):
    """A stream that is read whole, as it is declared."""

    def __init__(
        self, tap: Tap, run: Run, resource: Resource, resources: Resources, area: str
    ) -> None:
        """See :class:`.described.DescribedStream`; ``resources`` reads it."""
        self._resources = resources
        super().__init__(tap, run, resource, area)

    # --- whether it is read in this run -----------------------------------------------------------

    @property
    def was_read(self) -> bool:
        """Whether an earlier run has read it."""
        return READ_AT in self.stream_state

    @functools.cached_property
    def due_at(self) -> dt.datetime | None:
        """When it is to be read again; ``None`` for now."""
        if not self.was_read or self.ABORT_AT_RECORD_COUNT is not None:
            return None
        state, started_at = self.stream_state, self.connection.site.started_at
        read_at = parse_instant(state[READ_AT])
        if read_at is None or state.get(READ_WITH) != self._read_with or read_at > started_at:
            return None  # in the future: one of the clocks was wrong
        due_at = read_at + dt.timedelta(hours=self._interval)
        return due_at if due_at > started_at else None

    @property
    def _interval(self) -> float:
        """Hours between two reads."""
        costs = self.resource.costs_parents(self.connection.site) and not self.resource.every_run
        return self.connection.settings.interval_of(self.name, costs_parents=costs)

    @functools.cached_property
    def _read_with(self) -> str:
        """A digest of the settings that decide what the stream's rows are."""
        names = sorted(each.name for each in self.selected_columns)
        settings = self.connection.settings
        given: tuple[t.Any, ...] = (names, sorted(settings.project_keys))
        if settings.site:
            given = (*given, settings.site)
        mapped = (self.config.get("stream_maps") or {}).get(self.name, {})
        if mapped != {}:
            given = (*given, mapped)
        return f"{zlib.crc32(repr(given).encode()):08x}"

    @property
    def takes_part(self) -> bool:
        """Whether it is asked for in this run."""
        return self.selected and self.due_at is None and not self.lacks

    # --- the read ---------------------------------------------------------------------------------

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """Its rows, each key once."""
        if self.due_at is not None:
            self.run.report.stream(self.name).due_at = to_text(self.due_at)
            return
        self.require()
        seen: set[tuple[t.Any, ...]] = set()
        keyless = 0
        for row in self._resources.rows(self.resource):
            record = self.record(row)
            key = self.key_of(record)
            if key is None:
                keyless += 1
            elif key not in seen:
                seen.add(key)
                self._open()
                yield record
        self._open()
        self._tell(keyless)

    def _tell(self, keyless: int) -> None:
        """Say what was not as it should be, in one line each."""
        if keyless:
            self.may_activate = False
            self.logger.warning(
                "%d rows of %s have no %s in Jira's answer and are left out.",
                keyless,
                self.name,
                " or ".join(self.primary_keys),
            )
        joined = isinstance(self.resource.read_on(self.connection.site), Joined)
        for found in self._resources.found(self.resource):
            self._tell_of(found)
            if found.parents and found.silent and not joined:
                # All of them at once is more likely to be Jira's trouble than to be true.
                self.may_activate = False

    def _tell_of(self, found: Found) -> None:
        if found.cut_off:
            self.may_activate = False
            self.logger.warning(
                "%s: Jira does not list as many as it says that there are; no rows are deleted in "
                "the target.",
                self.name,
            )
        if found.more is False and self.stream_state.get(READ_MORE):
            self.may_activate = False
            self.logger.warning(
                "%s: this user is shown only some of what an earlier run has read; no rows are "
                "deleted in the target.",
                self.name,
            )
        if found.without:
            self.logger.info(
                "%s: %d of %d %s have none, or do not show them.",
                self.name,
                found.without,
                found.parents,
                found.what,
            )
        if found.refused:
            self.may_activate = False
            self.logger.warning(
                "%s: this user may not read those of %d of %d %s (%s, …): it takes %s. No rows are "
                "deleted in the target.",
                self.name,
                len(found.refused),
                found.parents,
                found.what,
                ", ".join(found.refused[:3]),
                self.permission,
            )

    @property
    def doubt(self) -> str:
        """A project that was not found may be there, archived or under another key."""
        needed = self._resources.needs_projects(self.resource)
        return self.connection.doubt_of_projects if needed else ""

    def complete(self) -> None:
        """Note when it was read, if it was."""
        part = self.run.report.stream(self.name)
        if part.skipped or part.due_at or self.ABORT_AT_RECORD_COUNT is not None:
            return
        super().complete()
        if not part.error:
            state = self.stream_state
            state[READ_AT] = to_text(self.connection.site.started_at)
            state[READ_WITH] = self._read_with
            if any(found.more for found in self._resources.found(self.resource)):
                state[READ_MORE] = True
            self.state_manager.is_flushed = False

    # --- what else singer-sdk and --check want ----------------------------------------------------

    def probe(self) -> Request:
        """A row of the list that it begins with."""
        way: t.Any = self.resource
        site = self.connection.site
        while isinstance(way, Resource):
            way = way.read_on(site)
            if isinstance(way, Read) and way.parents and isinstance(way.parents.rows, Resource):
                way = way.parents.rows
        if not isinstance(way, Read) or way.parents:
            return Request("GET", "mypermissions", params={"permissions": "BROWSE_PROJECTS"})
        return way.probe()
