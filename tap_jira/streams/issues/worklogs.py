"""The `worklogs` and `deleted_worklogs` streams.

Worklogs come by Jira's feed of changes (:mod:`.feed`), with the details of up to 1,000 at
once from ``POST worklog/list``. Those of an issue that came into view are no news to the feed:
they come with the issue, in the pass over changed issues.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t
from functools import partial

from tap_jira.errors import IncompleteReadError
from tap_jira.http.client import Request
from tap_jira.issues.coverage import Coverage
from tap_jira.issues.events import (
    Event,
    IssuesRead,
    Milestone,
    Needs,
    Trouble,
    Unread,
    WorklogsRead,
    changed_ms,
    embedded,
)
from tap_jira.issues.portions import Portions
from tap_jira.issues.projects import Projects
from tap_jira.issues.windows import version_of
from tap_jira.jira.jql import Span
from tap_jira.records import schema
from tap_jira.records.rich_text import RichText
from tap_jira.records.schema import Column, column
from tap_jira.records.timestamps import floor_minute, from_ms, to_text
from tap_jira.streams.issues.feed_based import Crowds, Details, FeedStream
from tap_jira.streams.issues.issue_based import IssueBasedStream
from tap_jira.streams.issues.missed_worklogs import MissedWorklogs

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_jira.issues.bookmark import Bookmark
    from tap_jira.issues.feed import Change, FeedPage
    from tap_jira.issues.search import Issue
    from tap_jira.jira.site import Site
    from tap_jira.run import Run

DETAILS = 1000
"""Most worklogs in one request of ``worklog/list``."""


class WorklogsStream(FeedStream, IssueBasedStream):
    """Worklogs, by the feed of changed ones and the details in bulk.

    In later runs the pass over changed issues comes first: it has the worklogs of issues that came
    into view, and with a filter it tells which issues the filter admits. The bookmark moves with
    the feed, so that after an interruption the next run looks at those issues again.
    """

    name = "worklogs"
    feed = "worklog/updated"
    moves_with_the_pass = False

    def __init__(self, tap: Tap, run: Run) -> None:
        """See :class:`.base.JiraStream`."""
        super().__init__(tap, run)
        self._calm = True
        self._seen: set[str] = set()
        """With a filter: the issues of the pass."""
        self._seen_all = False
        self._from_issues: dict[str, int] = {}
        """Worklogs that came with their issues, with their versions."""

    def make_columns(self, site: Site) -> Iterable[Column]:
        """The columns of both products."""
        person = schema.user(is_cloud=site.is_cloud)
        rich_text = self.connection.settings.rich_text
        return (
            column("id", schema.TEXT),
            column("issue_id", schema.TEXT),
            column("self", schema.TEXT),
            column("author", person),
            column("update_author", person),
            RichText.of(rich_text, is_cloud=site.is_cloud).column("comment"),
            column("created", schema.TIMESTAMP),
            column("updated", schema.TIMESTAMP),
            column("started", schema.TIMESTAMP),
            column("time_spent", schema.TEXT),
            column("time_spent_seconds", schema.INTEGER),
            column("visibility", schema.VISIBILITY),
            *([column("properties", schema.array_of(schema.ANY_OBJECT))] if site.is_cloud else ()),
        )

    @functools.cached_property
    def bookmark(self) -> Bookmark:
        """See :class:`.incremental.IncrementalStream`.

        What comes into view after a first run has begun, the feed may be past already. STATE of an
        older version may not say when that was: the feed's own bookmark is not later.
        """
        if self.run.issues.slice and "replication_key_value" not in self._working_state:
            self._begin_without_feed()
        bookmark = super().bookmark
        bookmark.settle_what_is_out()
        if bookmark.reached is None:
            bookmark.began = bookmark.limit
        return bookmark

    def _begin_without_feed(self) -> None:
        """Have a slice's first run take worklogs from its issues: the feed lists all slices'.

        To have been read until now, with no project, is to have them all to fill in.
        """
        if self.keeps_bookmark:
            settings, now = self.connection.settings, self.connection.site.started_at
            lookback = max(settings.lookback_seconds, self.least_lookback)
            until = min(now.subtract(seconds=lookback), settings.end_date or now)
            nothing = dataclasses.replace(self.coverage, projects=Projects(frozenset()))
            self._working_state["replication_key_value"] = to_text(floor_minute(until))
            self._working_state["scope"] = nothing.as_state()

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """The issues' part first, unless another stream's pass had it; then the feed's."""
        report = self.run.report.stream(self.name)
        if report.error:
            return  # in the other stream's pass
        if self.takes_part:
            yield from self.read_passes()
        report.leader = None  # the feed's requests are its own
        yield from FeedStream.get_records(self, context)
        self.tell_what_is_owed()

    # --- the issues' part ---------------------------------------------------------------------

    @property
    def _looks(self) -> bool:
        """Whether issues may have come into view: a first run has everything by the feed."""
        return self.bookmark.is_filling or self.bookmark.settled is not None

    @property
    def takes_part(self) -> bool:
        """Whether there may be such issues, or a filter to be asked."""
        return self._looks or bool(self.run.issues.conditions_now)

    @property
    def span(self) -> Span:
        """What changed since the bookmark.

        The feed of a first run that was broken off is far back; what it lists is in view, unless it
        is of projects that came to the settings: those are back-filled up to the feed's bookmark.
        """
        bookmark = self.bookmark
        if bookmark.backfill or bookmark.reached is None or bookmark.settled is None:
            return super().span
        starts = (bookmark.since, bookmark.settled)
        return Span(floor_minute(max(each for each in starts if each)))

    def needs(self) -> Needs:
        """The worklogs inside the issues, and which issues came into view."""
        return Needs(worklogs=self._are_wanted, moves=True) if self._looks else Needs()

    def _are_wanted(self, issue: Issue) -> bool:
        """Whether all worklogs of an issue are due, and were not sent in this version of it."""
        if self.bookmark.is_owed(issue["id"]):
            return True
        if self.was_looked_at(issue["id"], version_of(issue)):
            return False
        return self.bookmark.is_filling or self.is_new_to_us(issue)

    def records_of(self, event: Event) -> Iterator[Record]:
        """The worklogs of the issues that came into view."""
        if isinstance(event, IssuesRead):
            self._seen.update(issue["id"] for issue in event.issues)
        elif isinstance(event, Unread):
            self._seen.add(event.issue["id"])  # the filter admits it, and the feed has its worklogs
        if not self._looks:
            return
        lists = [
            (issue, rows)
            for issue, rows in _lists_in(event)
            if isinstance(event, WorklogsRead) or self._are_wanted(issue)
        ]
        whole = {str(row["id"]): row for row in self._whole([r for _, rows in lists for r in rows])}
        for issue, rows in lists:
            found = map(whole.get, [str(row["id"]) for row in rows])
            yield from self._all_of(issue, [row for row in found if row])

    def _all_of(self, issue: Issue, worklogs: Details) -> Iterator[Record]:
        bookmark = self.bookmark
        left_for_later = False
        for each in worklogs:
            worklog_id, version = str(each["id"]), changed_ms(each)
            left_for_later |= bookmark.is_for_later(version)
            if bookmark.includes(version) and bookmark.is_due(worklog_id, version):
                self._from_issues[worklog_id] = version
                yield self.record({"issueId": issue["id"]}, each)
        if not left_for_later:
            self.looked_at(issue["id"], version_of(issue))

    def _whole(self, worklogs: Details) -> Details:
        """Cloud's worklogs inside issues lack their properties: those of the bulk resource."""
        if not worklogs or not self.connection.site.is_cloud:
            return worklogs
        changes = [(str(each["id"]), changed_ms(each)) for each in worklogs]
        return self.connection.workers.run(partial(self._details, changes))

    def arrived(self, milestone: Milestone) -> None:
        """The bookmark of all but a back-fill is the feed's."""
        if self.bookmark.is_filling:
            self.reached(milestone.reached)
            self._seen.clear()
        elif milestone.reached is None:
            self._calm = milestone.calm
            since = self.bookmark.since
            self._seen_all = self.span.start == (floor_minute(since) if since else None)

    # --- the feed's part ----------------------------------------------------------------------

    def _finish(self, crowds: Crowds) -> Iterable[Record]:
        """The worklogs of crowded milliseconds from their issues.

        Which issues those are nothing tells: an importer may have written the issues' own dates as
        well. So all issues are read, once.
        """
        if crowds:
            self.logger.info(
                "Jira's feed does not list all worklogs that changed in %s: reading those of all "
                "issues.",
                " and ".join(to_text(from_ms(crowd)) for crowd in sorted(crowds)),
            )
            reading = self.run.issues.reading(Needs(worklogs=lambda _: True))
            for event in reading.events(Span(), small=False):
                if isinstance(event, Trouble):
                    raise event.error
                if isinstance(event, Unread):
                    self.owed.take(event)
                due = [
                    worklog
                    for issue, worklogs in _lists_in(event)
                    for worklog in ({"issueId": issue["id"], **each} for each in worklogs)
                    if (version := changed_ms(worklog)) in crowds
                    and (worklog_id := str(worklog["id"])) not in crowds[version]
                    and self.bookmark.is_due(worklog_id, version)
                ]
                yield from map(self.record, self._whole(due))
        yield from self._asked_again()
        self.reached(None, settles=self._calm)

    def _asked_again(self) -> Iterable[Record]:
        """What earlier runs were not shown, of the issues that a census has just seen."""
        census = self.run.census
        if not census or not census.is_settled:
            return
        for each in self._missed.again(self.connection.workers, self._page, self._details):
            worklog_id, version = str(each["id"]), changed_ms(each)
            is_out = self._from_issues.get(worklog_id, -1) >= version
            is_wanted = str(each.get("issueId")) in census.known and not is_out
            if is_wanted and self.bookmark.includes(version):
                yield self.record(each)

    @functools.cached_property
    def _missed(self) -> MissedWorklogs:
        return MissedWorklogs(self.name, self._working_state, self.bookmark)

    def have_read(self, changes: list[Change], found: Details) -> None:
        """See :class:`.feed_based.FeedStream`."""
        there = {str(each["id"]) for each in found}
        self._missed.note(
            worklog
            for worklog, version in changes
            if worklog in there
            or self.bookmark.was_sent(worklog, version)
            or self._from_issues.get(worklog, -1) >= version
        )

    def offer(self) -> None:
        """See :class:`.incremental.IncrementalStream`."""
        self._missed.save()
        super().offer()

    def _was_taken(self, page: FeedPage) -> bool:
        """Not if it was this run, by the issues of some."""
        return not self._from_issues and super()._was_taken(page)

    def _due(self, changes: list[Change]) -> list[Change]:
        """Those that did not come with their issues."""
        here = self._from_issues
        return [each for each in super()._due(changes) if here.get(each[0], -1) < each[1]]

    def _details(self, changes: list[Change]) -> Details:
        """Worklogs; those deleted or hidden meanwhile are absent, twice."""

        def ask(some: Sequence[Change], _: float = 1.0, *, patient: bool = False) -> Details:
            ids = [int(worklog) for worklog, _ in some]
            # Data Center has no such expansion.
            params = {"expand": "properties"} if self.connection.site.is_cloud else None
            body, read = {"ids": ids}, self.read_rows
            request = Request("POST", "worklog/list", params=params, json=body, read=read)
            found: Details = self.connection.client.ask(request, patient=patient).payload
            return found

        def alone(change: Change) -> Details:
            return ask([change], patient=True)

        found = self._portions.read(changes, ask, alone)
        there = {str(worklog.get("id")) for worklog in found}
        absent = [change for change in changes if change[0] not in there]
        return [*found, *self._portions.read(absent, ask, alone)]

    @functools.cached_property
    def _portions(self) -> Portions:
        return Portions(DETAILS)

    def _admitted(self, found: Details) -> Details:
        """Those of the issues that the settings admit, but for those that came with the issue."""
        admitted = self._issue_ids
        return [
            worklog
            for worklog in found
            if (admitted is None or str(worklog.get("issueId")) in admitted)
            and self._from_issues.get(str(worklog["id"]), -1) < changed_ms(worklog)
        ]

    @functools.cached_property
    def _issue_ids(self) -> set[str] | None:
        """With a filter, the ids of the issues it admits that changed since; ``None`` without.

        The feed knows no projects, but a worklog's change changes its issue, so the issue search
        over the same time has it.
        """
        if not self.run.issues.conditions_now:
            return None
        if self._seen_all:
            return self._seen | self.bookmark.unread.keys()
        since = self.bookmark.since
        span = Span(floor_minute(since) if since else None)
        return {each for ids in self.run.issues.ids(span) for each in ids}


class DeletedWorklogsStream(FeedStream):
    """Deleted worklogs: the one kind of deletion that Jira tells of."""

    name = "deleted_worklogs"
    feed = "worklog/deleted"
    row_id = "worklogId"
    replication_key = "deleted_at"

    def make_columns(self, site: Site) -> Iterable[Column]:  # noqa: ARG002 - the same on both
        """The worklog's id, and when it was deleted."""
        return (
            column("id", schema.TEXT, source="worklogId"),
            column("deleted_at", schema.TIMESTAMP, source="updatedTime"),
        )

    @property
    def coverage(self) -> Coverage:
        """The feed has those of all projects, whatever the settings say."""
        return Coverage.of_all(self.connection.settings)

    def _details(self, changes: list[Change]) -> Details:
        """There is nothing more to ask."""
        return [{"worklogId": worklog, "updatedTime": time} for worklog, time in changes]

    def _finish(self, crowds: Crowds) -> Iterable[Record]:
        """Nothing else lists deletions: go on, and say once what may be missing.

        Raises:
            IncompleteReadError: a millisecond may hold more than the feed lists.
        """
        self.reached(None)
        if crowds:
            self._write_state_message()
            instants = " and ".join(to_text(from_ms(crowd)) for crowd in sorted(crowds))
            msg = (
                f"At {instants} more worklogs may have been deleted in one millisecond than Jira's "
                "feed lists (1,000), and nothing else lists them: rows may remain in worklogs that "
                "are gone. Read worklogs whole to be rid of them; the next run goes on behind that."
            )
            raise IncompleteReadError(msg)
        return ()


def _lists_in(event: Event) -> Iterator[tuple[Issue, Details]]:
    """The issues whose worklogs are all in this event, with those."""
    if isinstance(event, WorklogsRead):
        yield event.issue, event.worklogs
    elif isinstance(event, IssuesRead):
        for issue in event.issues:
            worklogs, complete = embedded(issue, "worklog")
            if complete:
                yield issue, worklogs
