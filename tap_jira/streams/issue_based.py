"""Streams that derive from issues, read together in one pass.

The first of them that singer-sdk syncs leads: it reads the pass, and the others that start from
the same bookmark write their records in it, so that what they share is asked for once. Each
keeps its own bookmark; one that was selected later, or failed, reads a pass of its own and is
back with the others at the next run.
"""

from __future__ import annotations

import contextlib
import typing as t

from tap_jira.issue_pass import (
    CloudPass,
    Event,
    IssuePass,
    Milestone,
    Needs,
    OffsetPass,
    Trouble,
    embedded,
)
from tap_jira.jql import Span
from tap_jira.search import CLOUD_PAGE, CloudSearch, Issue, OffsetSearch
from tap_jira.streams.incremental import IncrementalStream
from tap_jira.timestamps import floor_minute, parse_instant, to_ms

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_jira.errors import StreamError

OFFSET_PAGE = 250
"""Issues a page on Data Center, without histories: its own limit is 1,000, but a page is held in
memory whole, and so are the next ones."""
HISTORY_OFFSET_PAGE = 100
"""Issues a page on Data Center with histories: all of an issue's come with it, and long ones have
run servers out of memory (JRASERVER-60107)."""
SCOPE_FIELDS = frozenset({"Key", "project", "security"})
"""Histories of these say that an issue came from where the user may not have seen it."""


class IssueBasedStream(IncrementalStream):
    """A stream whose rows are issues, or come with them."""

    def needs(self) -> Needs:
        """What this stream wants to know of the issues."""
        raise NotImplementedError

    def records_of(self, event: Event) -> Iterator[Record]:
        """This stream's records in what was read."""
        raise NotImplementedError

    @property
    def span(self) -> Span:
        """The part of the issues' ``updated`` that this stream reads.

        It has no end for rows inside issues even with ``end_date``: an issue that was changed
        later still holds what was written before.
        """
        since = self.bookmark.since
        return Span(floor_minute(since) if since else None)

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """Lead the pass, or yield nothing if another stream's pass wrote this one already."""
        if self._tap.was_read(self.name):
            return
        family = [self, *self._tap.companions(self)]
        failure: StreamError | None = None
        self._tap.mark_read(stream.name for stream in family)
        reading = _make_pass(family)
        span = self.span
        with contextlib.ExitStack() as stack:
            counters = {
                stream.name: stack.enter_context(stream.get_record_counter())
                for stream in family[1:]
            }
            for stream in family[1:]:
                stream._write_schema_message()  # noqa: SLF001 - the same class
            for event in reading.events(span, small=not self.bookmark.is_first_run):
                if isinstance(event, Trouble):
                    for stream in [each for each in family if each.depends_on(event.part)]:
                        family.remove(stream)
                        if stream is self:
                            failure = event.error
                        else:
                            stream.fail(event.error)
                    if not family:
                        break
                    continue
                if isinstance(event, Milestone):
                    for stream in family:
                        stream.reached(event.reached)
                    self.state_manager.is_flushed = False
                    self._write_state_message()
                    continue
                for stream in family:
                    if stream is self:
                        yield from stream.records_of(event)
                        continue
                    rows = 0
                    for record in stream.records_of(event):
                        stream.emit(record)
                        rows += 1
                    counters[stream.name].increment(rows)
                    self._tap.report.stream(stream.name).rows += rows
        if reading.vanished:
            self.logger.info(
                "%d issues were gone, or no longer visible, when they were read.", reading.vanished
            )
        if failure:
            raise failure

    def depends_on(self, part: str) -> bool:
        """Whether the stream needs this part of a pass: ``comments`` or ``histories``."""
        return bool(getattr(self.needs(), part))

    def may_be_new(self, issue: Issue) -> bool:
        """Whether rows of this issue that are older than the bookmark may not have been sent.

        So it is if the issue was created, moved or given another security level since; or with a
        JQL filter, which any change can make it match.
        """
        since = self.bookmark.value
        if since is None or self.connection.settings.jql:
            return True
        since_ms = to_ms(since)
        if milliseconds((issue.get("fields") or {}).get("created")) >= since_ms:
            return True
        histories, complete = embedded(issue, "changelog")
        recent = [each for each in histories if milliseconds(each.get("created")) >= since_ms]
        return came_into_view(recent) or (not complete and len(recent) == len(histories))


def came_into_view(histories: Iterable[t.Mapping[str, t.Any]]) -> bool:
    """Whether one of these changes moved the issue, or changed who may see it."""
    return any(
        item.get("field") in SCOPE_FIELDS
        for history in histories
        for item in history.get("items") or ()
    )


def milliseconds(value: object) -> int:
    """An instant of Jira's in epoch milliseconds; 0 if it is none, so that the row is sent."""
    instant = parse_instant(value)
    return to_ms(instant) if instant else 0


def _make_pass(family: list[IssueBasedStream]) -> IssuePass:
    """The pass that gives all of these streams what they need."""
    leader = family[0]
    connection = leader.connection
    each = [stream.needs() for stream in family]
    needs = Needs(
        fields=tuple(sorted({field for need in each for field in need.fields})),
        comments=any(need.comments for need in each),
        histories=any(need.histories for need in each),
        moves=any(need.moves for need in each) and not leader.bookmark.is_first_run,
        increment=not leader.bookmark.is_first_run,
    )
    client, workers = connection.client, connection.workers
    shared = (client, workers, connection.scope, connection.site.started_at, connection.project_ids)
    size = connection.settings.page_size
    if connection.site.is_cloud:
        search = CloudSearch(*shared, page_size=min(size or CLOUD_PAGE, CLOUD_PAGE))
        return CloudPass(client, workers, needs, search)
    with_histories = needs.histories or needs.moves
    default = HISTORY_OFFSET_PAGE if with_histories else OFFSET_PAGE
    return OffsetPass(
        client, workers, needs, OffsetSearch(*shared, page_size=max(2, size or default))
    )
