"""The `worklogs` and `deleted_worklogs` streams, on Jira's feeds of changes.

``GET worklog/updated?since={ms}`` and ``GET worklog/deleted?since={ms}`` list up to 1,000 changes,
oldest first: ``{"since": 0, "until": 1438013693136, "lastPage": true, "values": [{"worklogId":
103, "updatedTime": 1438013671562}]}``, the flag being ``isLastPage`` on some versions. Changes of
the last minute are withheld. ``POST worklog/list`` has the details of up to 1,000 at once.
"""

from __future__ import annotations

import functools
import itertools
import typing as t
from collections import deque
from functools import partial

from tap_jira import schema
from tap_jira.client import Request
from tap_jira.errors import IncompleteReadError
from tap_jira.jql import Span
from tap_jira.query import Query
from tap_jira.schema import Column, column
from tap_jira.search import CloudSearch
from tap_jira.streams.incremental import IncrementalStream
from tap_jira.timestamps import floor_minute, from_ms, to_ms
from tap_jira.workers import Outcome

if t.TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Iterable, Iterator

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_jira.run import Run
    from tap_jira.site import Site
    from tap_jira.workers import Job

WITHHELD = 120
"""Seconds until a change is in the feeds for certain; Jira says one minute."""
DETAILS = 1000
"""Most worklogs in one request of ``worklog/list``."""
ID_PAGE = 1000
"""Most issues in one page of ids on Data Center."""

PAGES_AHEAD = 4
"""Pages whose details are asked for at once."""
EARLY_PAGES = 30
"""Most pages of a feed to read ahead while issues are being read."""
EARLY_DETAILS = 4
"""Most of those pages whose details are read ahead as well: they wait in memory."""

Change = tuple[str, int]
"""A worklog's id and the time of its change, in epoch milliseconds."""
Details = list[dict[str, t.Any]]


def _is_last(page: t.Any) -> bool:
    """Whether there is nothing behind this page of a feed.

    Raises:
        IncompleteReadError: the page has nothing, and says that there is more.
    """
    is_last = page.get("lastPage", page.get("isLastPage"))
    if not page["values"] and is_last is False:
        msg = "Jira's feed of worklogs was empty though it said that there are more: run again."
        raise IncompleteReadError(msg)
    return not page["values"] or bool(is_last)


def _last_change(page: t.Any) -> int:
    """The time of the last change on a page."""
    return max(int(each["updatedTime"]) for each in page["values"])


def _changes(pages: Iterable[t.Any]) -> Iterator[list[Change]]:
    """The changes, page by page, each once.

    A page ends in the middle of a millisecond as well as anywhere, so the next one is asked for
    from the last change's own millisecond.

    Raises:
        IncompleteReadError: a millisecond holds more changes than a page.
    """
    previous: set[Change] = set()
    for page in pages:
        changes = [(str(v["worklogId"]), int(v["updatedTime"])) for v in page["values"]]
        if previous and previous.issuperset(changes) and not _is_last(page):
            msg = (
                f"More worklogs changed in the millisecond {changes[-1][1]} than Jira's feed "
                "lists at once (1,000): it cannot be read past that. Edit one of them in Jira "
                "to set them apart, or start after it with start_date."
            )
            raise IncompleteReadError(msg)
        yield [change for change in changes if change not in previous]
        previous = set(changes)


class _FeedStream(IncrementalStream):
    """A stream on one of the two feeds."""

    feed: t.ClassVar[str]
    least_lookback = WITHHELD
    row_id = "id"
    """Jira's name of the key."""

    def __init__(self, tap: Tap, run: Run) -> None:
        """See :class:`.base.JiraStream`."""
        super().__init__(tap, run)
        self._early: concurrent.futures.Future[list[t.Any]] | None = None
        self._early_details: dict[tuple[Change, ...], concurrent.futures.Future[Details]] = {}

    @property
    def _since(self) -> int:
        """Where to start: `since` is documented as exclusive, so one millisecond earlier."""
        since = self.bookmark.since
        return max(to_ms(since) - 1, 0) if since else 0

    def start_early(self) -> None:
        """The first pages, each of which says where the next one begins, and their details."""
        self._early = self.connection.workers.start(self._read_early)

    def _read_early(self) -> list[t.Any]:
        pages: list[t.Any] = []

        def chain() -> Iterator[t.Any]:
            while not pages or (len(pages) < EARLY_PAGES and not _is_last(pages[-1])):
                pages.append(self._page(_last_change(pages[-1]) - 1 if pages else self._since))
                yield pages[-1]

        for changes in itertools.islice(_changes(chain()), EARLY_DETAILS):
            due = self._due(changes)
            details = self.connection.workers.start(partial(self._details, due))
            self._early_details[tuple(due)] = details
        deque(chain(), maxlen=0)
        return pages

    def probe(self) -> Request:
        """The feed's end."""
        return Request("GET", self.feed, params={"since": to_ms(self.connection.site.started_at)})

    def _page(self, since: int) -> t.Any:
        return self.connection.client.get(self.feed, {"since": since})

    def _raw_pages(self) -> Iterator[t.Any]:
        """The feed's pages, those read early first."""
        workers = self.connection.workers
        page: t.Any = None
        if self._early:
            early, self._early = self._early, None
            for page in workers.result(early):
                yield page
        while page is None or not _is_last(page):
            since = self._since if page is None else _last_change(page) - 1
            page = workers.run(partial(self._page, since))
            yield page

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """The changes that are due, with the bookmark moving page by page."""
        for changes, found in self.connection.workers.in_order(self._jobs(), PAGES_AHEAD):
            versions = dict(changes)
            for each in self._admitted(found):
                yield self.record(each)
                # Only now: what was read ahead is not sent yet, and what is not admitted never.
                row_id = str(each[self.row_id])
                self.bookmark.is_due(row_id, versions.get(row_id, 0))
            if changes:
                self.reached(from_ms(max(time for _, time in changes)))
                self._write_state_message()
        self.reached(None)

    def _jobs(self) -> Iterator[Job[tuple[list[Change], Details]]]:
        """What is left to ask for each page, up to `end_date`."""
        bookmark = self.bookmark
        for changes in _changes(self._raw_pages()):
            due = self._due(changes)
            early = self._early_details.pop(tuple(due), None)
            if early:
                found = self.connection.workers.result(early)
                yield partial(Outcome[tuple[list[Change], Details]], (changes, found))
            else:
                yield partial(self._fetch, changes, due)
            if bookmark.end_date and changes and not bookmark.includes(changes[-1][1]):
                return

    def _due(self, changes: list[Change]) -> list[Change]:
        """Those up to `end_date` that were not sent in this version."""
        bookmark = self.bookmark
        return [
            change
            for change in changes
            if bookmark.includes(change[1]) and not bookmark.was_sent(*change)
        ]

    def _fetch(
        self, changes: list[Change], due: list[Change]
    ) -> Outcome[tuple[list[Change], Details]]:
        """The changes of a page, with what there is to tell of those that are due."""
        return Outcome((changes, self._details(due)))

    def _details(self, changes: list[Change]) -> Details:
        raise NotImplementedError

    def _admitted(self, found: Details) -> Details:
        return found


class WorklogsStream(_FeedStream):
    """Worklogs, by the feed of changed ones and the details in bulk."""

    name = "worklogs"
    feed = "worklog/updated"

    def make_columns(self, site: Site) -> Iterable[Column]:
        """The columns of both products."""
        person = schema.user(is_cloud=site.is_cloud)
        return (
            column("id", schema.TEXT),
            column("issue_id", schema.TEXT),
            column("self", schema.TEXT),
            column("author", person),
            column("update_author", person),
            column("comment", schema.rich_text(is_cloud=site.is_cloud)),
            column("created", schema.TIMESTAMP),
            column("updated", schema.TIMESTAMP),
            column("started", schema.TIMESTAMP),
            column("time_spent", schema.TEXT),
            column("time_spent_seconds", schema.INTEGER),
            column("visibility", schema.VISIBILITY),
            column("properties", schema.array_of(schema.ANY_OBJECT)),
        )

    def _details(self, changes: list[Change]) -> Details:
        """Worklogs; those deleted or hidden meanwhile are absent."""
        ids = [int(worklog) for worklog, _ in changes]
        return [
            worklog
            for at in range(0, len(ids), DETAILS)
            for worklog in self.connection.client.post(
                "worklog/list", {"ids": ids[at : at + DETAILS]}
            )
        ]

    def _admitted(self, found: Details) -> Details:
        """Those of the issues that the settings admit."""
        admitted = self._issue_ids
        if admitted is None:
            return found
        return [worklog for worklog in found if str(worklog.get("issueId")) in admitted]

    @functools.cached_property
    def _issue_ids(self) -> set[str] | None:
        """With a filter, the ids of the issues it admits that changed since; ``None`` without.

        The feed knows no projects, but a worklog's change changes its issue, so the issue search
        over the same time has it.
        """
        connection = self.connection
        if not connection.scope:
            return None
        since = self.bookmark.since
        span = Span(floor_minute(since) if since else None)
        search = connection.search(ID_PAGE)
        if isinstance(search, CloudSearch):
            windows = search.id_windows(span)
            return {issue["id"] for issues, _ in windows for issue in issues}
        pages = search.pages(span, Query(("updated",)))
        return {issue["id"] for page in pages for issue in page.issues}


class DeletedWorklogsStream(_FeedStream):
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

    def _details(self, changes: list[Change]) -> Details:
        """There is nothing more to ask."""
        return [{"worklogId": worklog, "updatedTime": time} for worklog, time in changes]
