"""Streams that derive from issues, read together in one pass.

The first of them that singer-sdk syncs leads: it reads the pass, and the others that start from
the same bookmark write their records in it, so that what they share is asked for once. Each
keeps its own bookmark; one that was selected later, or failed, reads a pass of its own and is
back with the others at the next run.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import typing as t
from functools import partial

from tap_jira.errors import BadRequestError, ConfigurationError, StreamError
from tap_jira.issues.account import Account
from tap_jira.issues.events import (
    Event,
    FreshRead,
    IssuesRead,
    Milestone,
    Needs,
    Trouble,
    Unread,
    embedded,
)
from tap_jira.issues.id_set import IdSet
from tap_jira.issues.newness import came_into_view
from tap_jira.issues.windows import version_of
from tap_jira.jira.jql import Span
from tap_jira.records.timestamps import ceil_minute, epoch_ms, floor_minute
from tap_jira.streams.issues.family import Family, prepare
from tap_jira.streams.issues.incremental import IncrementalStream
from tap_jira.streams.issues.owed import Owed, describe

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from singer_sdk import metrics
    from singer_sdk.helpers.types import Context, Record

    from tap_jira.http.client import Request
    from tap_jira.issues.issue_pass import IssuePass
    from tap_jira.issues.projects import Projects
    from tap_jira.issues.search import Issue

logger = logging.getLogger("tap-jira.issues")


class IssueBasedStream(IncrementalStream):
    """A stream whose rows are issues, or come with them."""

    _counter: metrics.Counter
    comes_in_parts = True
    is_of_the_whole_issue = False
    """Whether its rows are as old as the issue, whatever they say themselves."""

    def needs(self) -> Needs:
        """What this stream wants to know of the issues."""
        raise NotImplementedError

    @property
    def takes_part(self) -> bool:
        """Whether the stream has something to find in another one's pass."""
        return True

    @property
    def moves_with_the_pass(self) -> bool:
        """Whether its bookmark moves with the pass over the issues."""
        return self.keeps_bookmark

    @property
    def filling(self) -> Projects | None:
        """The projects that came to the settings, while they are read."""
        backfill = self.bookmark.backfill
        return backfill.projects if backfill and self.bookmark.is_filling else None

    def probe(self) -> Request:
        """See :meth:`.source.IssueSource.probe`."""
        return self.run.issues.probe()

    def records_of(self, event: Event) -> Iterator[Record]:
        """This stream's records in what was read."""
        raise NotImplementedError

    @property
    def span(self) -> Span:
        """The part of the issues' ``updated`` that this stream reads.

        It has no end for rows inside issues even with ``end_date``: an issue that was changed
        later still holds what was written before. Only what is of the issue as a whole ends with
        the issues that were last changed before it.
        """
        since, end = self.bookmark.since, self.connection.settings.end_date
        ends = [self.bookmark.until]
        if self.is_of_the_whole_issue and end:
            ends.append(ceil_minute(end))
        first = min((each for each in ends if each), default=None)
        return Span(floor_minute(since) if since else None, first)

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """What the passes have for this stream.

        Raises:
            StreamError: all was read but some issues.
        """
        yield from self.read_passes()
        self.tell_what_is_owed()

    def read_passes(self) -> Iterable[Record]:
        """Lead the pass, or yield nothing if another stream's pass wrote this one already.

        Projects that came to the settings are read before, in a pass of their own.
        """
        if self.name in self.run.written:
            return
        self.run.before_issues()
        if self.bookmark.is_filling:
            yield from self._lead()
        yield from self._lead()

    def tell_what_is_owed(self) -> None:
        """The end of the stream's own sync: raise `StreamError` for issues that are owed."""
        error = self.owed.verdict()
        if error and not self.run.report.stream(self.name).error:
            raise error

    def _lead(self) -> Iterable[Record]:
        companions = self._companions()
        family = Family[IssueBasedStream](self, companions)
        members = family.members
        if not self.bookmark.is_filling:
            self.run.written.update(stream.name for stream in members)
        with contextlib.ExitStack() as stack:
            # What goes wrong from here on is told of all of them: no other sync of theirs would.
            stack.enter_context(family.trouble_of())
            prepare(self.run.issues, members, self.filling)
            reading = _make_pass(members)
            start = None if self.bookmark.is_filling else self.span.start
            account = Account(self.run.census, start, self.write_ahead)
            for stream in companions:
                stream.join(self, stack)
            yield from self._ask_again(family, reading)
            for event in self._guarded(members, reading):
                if isinstance(event, Trouble):
                    affected = [each for each in members if each.depends_on(event.part)]
                    family.leave(affected, event.error)
                else:
                    self._account(members, reading, event, account)
                    for stream in [*members]:
                        with family.trouble_of(stream):
                            yield from self._led(stream, event)
                if isinstance(event, FreshRead):
                    self._have_read_fresh(members)
                elif isinstance(event, Milestone):
                    self._arrive(members, event, account)
                if not members:
                    break
            reading.log_vanished()
        if family.failure:
            raise family.failure

    @functools.cached_property
    def owed(self) -> Owed:
        """The issues that this stream could not read."""
        return Owed(self.bookmark)

    def _ask_again(self, family: Family[IssueBasedStream], reading: IssuePass) -> Iterator[Record]:
        """Try what earlier runs could not read, and have the pass leave out what still cannot be.

        Each stream by itself: another one may have read what this one could not.
        """
        for stream in [*family.members]:
            with family.trouble_of(stream):
                for event in stream.owed.ask_again(partial(_make_pass, [stream], once=True)):
                    yield from self._led(stream, event)
        known: dict[str, dict[str, StreamError]] = {}
        for stream in family.members:
            for part, errors in stream.owed.known.items():
                known.setdefault(part, {}).update(errors)
        reading.leave_out(known)

    def _account(
        self,
        family: Iterable[IssueBasedStream],
        reading: IssuePass,
        event: Event,
        account: Account,
    ) -> None:
        """Count the issues that were read, and note the one that could not be."""
        if isinstance(event, IssuesRead):
            account.read([stream.bookmark for stream in family], event.issues)
            reading.read += len(event.issues)
            self.run.report.progress.issues(reading.read, reading.expected)
        elif isinstance(event, Unread):
            logger.warning("An issue cannot be read, though others can: %s", describe(event))
            account.owed([event.issue])
            for stream in family:
                if stream.depends_on(event.part):
                    stream.owed.take(event)

    def _companions(self) -> list[IssueBasedStream]:
        """The streams that this one's pass can write as well.

        They are selected, not yet written, and start and end where this one does. A connection
        test and BATCH messages take each stream by itself.
        """
        if self.ABORT_AT_RECORD_COUNT is not None or self.get_batch_config(self.config):
            return []
        return [
            stream
            for stream in self.run.selected
            if isinstance(stream, IssueBasedStream)
            and stream is not self
            and stream.name not in self.run.written
            and stream.takes_part
            and not self.run.report.stream(stream.name).error
            and stream.span == self.span
            and stream.filling == self.filling
        ]

    def _guarded(self, family: Sequence[IssueBasedStream], reading: IssuePass) -> Iterator[Event]:
        """What came into view, then the pass; what ends it is the trouble of every stream in it.

        Raises:
            ConfigurationError: Jira refuses the query that the settings ask for.
        """
        marks = [each.bookmark for each in family]
        fresh = functools.reduce(IdSet.__or__, (each.fresh | each.lacking for each in marks))
        try:
            if fresh and not self.bookmark.is_filling:
                yield from reading.by_ids(list(fresh))
                yield FreshRead()
            yield from reading.events(self.span, small=not self.bookmark.is_first_run)
        except BadRequestError as error:
            if self.connection.settings.jql:
                msg = f"Jira refuses the search; check the setting jql. {error}"
                raise ConfigurationError(msg) from error
            yield Trouble("", error)
        except StreamError as error:
            yield Trouble("", error)

    def _have_read_fresh(self, family: Iterable[IssueBasedStream]) -> None:
        for stream in family:
            stream.bookmark.read_fresh()
            stream.offer()

    def _arrive(
        self, family: Iterable[IssueBasedStream], milestone: Milestone, account: Account
    ) -> None:
        for stream in family:
            stream.arrived(milestone)
        account.arrived({s.name: s.bookmark for s in family if s.moves_with_the_pass})
        if not all(stream.state_manager.is_flushed for stream in family):
            self.state_manager.is_flushed = False
            self._write_state_message()

    def arrived(self, milestone: Milestone) -> None:
        """All that the pass has before the milestone is written."""
        self.reached(milestone.reached, settles=milestone.calm)

    def join(self, leader: IssueBasedStream, stack: contextlib.ExitStack) -> None:
        """Be written in another stream's pass, until the stack is closed."""
        self.run.report.stream(self.name).leader = leader.name
        stack.enter_context(self.get_record_counter())
        self._write_schema_message()

    def get_record_counter(self, **options: t.Any) -> metrics.Counter:
        """singer-sdk's, which also counts what is not handed to the SDK record by record."""
        self._counter = super().get_record_counter(**options)
        return self._counter

    def _led(self, stream: IssueBasedStream, event: Event) -> Iterator[Record]:
        """A stream's records: of this one, which leads, for the SDK where that has to have them.

        So it is with files and in a connection test. What goes wrong with a record that is yielded
        is not seen here, and would be told of the leader alone.
        """
        if stream is self and (self.batches or self.ABORT_AT_RECORD_COUNT is not None):
            yield from self.records_of(event)
        else:
            stream.write_records_of(event)

    def write_records_of(self, event: Event) -> None:
        """Write this stream's records in what was read, and count those that were."""
        self.write_records(self.records_of(event), self._written)

    def _written(self, rows: int) -> None:
        self.run.report.stream(self.name).rows += rows
        self.run.report.progress.rows(rows)
        self._counter.increment(rows)

    def depends_on(self, part: str) -> bool:
        """Whether the stream needs this part of a pass (see :class:`.events.Trouble`), or all."""
        return not part or self.needs().include(part)

    def may_be_new(self, issue: Issue) -> bool:
        """Whether rows of this issue that are older than the bookmark may not have been sent.

        True of a new one until it was :meth:`looked_at` in this version.
        """
        if not self.bookmark.settled_ms:
            return True
        return self.is_new_to_us(issue) and not self.was_looked_at(issue["id"], version_of(issue))

    def is_new_to_us(self, issue: Issue) -> bool:
        """Whether the issue may not have been in sight when the last pass finished.

        So it is if it :meth:`came_since`, or was moved or given another security level.
        """
        return self.came_since(issue) or self.has_moved(issue)

    def came_since(self, issue: Issue) -> bool:
        """Whether the issue is new since the last finished pass, by all that it says of itself.

        So it is if it was created or imported since, or its project came to the settings; or with a
        JQL filter, which any change can make it match. So it is if a whole read may not have seen
        it, which had the target delete it, and if it is owed.
        """
        fields = issue.get("fields") or {}
        return bool(
            self.bookmark.is_owed(issue["id"])
            or self.connection.settings.jql
            or epoch_ms(fields.get("created")) >= self.bookmark.settled_ms
            or self.bookmark.may_have_been_deleted(version_of(issue))
            or self.is_unknown(issue["id"], issue.get("key") or "")
        )

    def is_unknown(self, issue_id: str, key: str) -> bool:
        """Whether the issue was imported since, or its project came to the settings."""
        backfill = self.bookmark.backfill
        return self.bookmark.is_later_issue(issue_id) or (
            backfill is not None and self.run.issues.is_of(backfill.projects, key)
        )

    def since_of(self, issue_id: str) -> int:
        """Rows of an issue that are older than this were sent, in epoch milliseconds.

        It is when the last pass finished, unless the issue may have been out of sight by then.
        """
        settled_ms, census = self.bookmark.settled_ms, self.run.census
        if not settled_ms or not census:
            return settled_ms
        return census.ledger.seen_until(self.name, issue_id, settled_ms)

    def has_moved(self, issue: Issue) -> bool:
        """Whether the issue was moved or given another security level since, or may have been."""
        since_ms = self.since_of(issue["id"])
        histories, complete = embedded(issue, "changelog")
        recent = [each for each in histories if epoch_ms(each.get("created")) >= since_ms]
        return came_into_view(recent) or (not complete and len(recent) == len(histories))

    def looked_at(self, issue_id: str, version_ms: int) -> None:
        """This version of an issue was seen in full: no row of it was left for a later run.

        While it is in the overlap of the runs, it is seen by each.
        """
        self.bookmark.is_due(f"issue {issue_id}", version_ms)
        self.bookmark.have_read(issue_id, version_ms)

    def was_looked_at(self, issue_id: str, version_ms: int) -> bool:
        """Whether this version of an issue, or a newer one, was seen in full."""
        if issue_id in self.bookmark.fresh:
            return False
        return self.bookmark.was_sent(f"issue {issue_id}", version_ms) or self.bookmark.has_read(
            issue_id, version_ms
        )

    def was_overtaken(self, issue_id: str, version_ms: int) -> bool:
        """Whether a newer version of an issue was seen in full: this one's rows may be stale."""
        return self.bookmark.was_overtaken(f"issue {issue_id}", version_ms)


def _make_pass(family: list[IssueBasedStream], *, once: bool = False) -> IssuePass:
    """The pass that gives all of these streams what they need."""
    leader = family[0]
    increment = any(stream.bookmark.settled for stream in family)
    needs = Needs.together([stream.needs() for stream in family], increment=increment)
    return leader.run.issues.reading(needs, leader.filling, once=once)
