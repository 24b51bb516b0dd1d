"""The `worklogs` and `deleted_worklogs` streams, on Jira's feeds of changes.

``GET worklog/updated?since={ms}`` and ``GET worklog/deleted?since={ms}`` list up to 1,000 changes,
oldest first: ``{"since": 0, "until": 1438013693136, "lastPage": true, "values": [{"worklogId":
103, "updatedTime": 1438013671562}]}``, the flag being ``isLastPage`` on some versions. Changes of
the last minute are withheld. ``POST worklog/list`` has the details of up to 1,000 at once.
"""

from __future__ import annotations

import functools
import typing as t
from functools import partial

from tap_jira import schema
from tap_jira.client import Request
from tap_jira.errors import IncompleteReadError
from tap_jira.jql import Span
from tap_jira.schema import Column, column
from tap_jira.search import CloudSearch, Query
from tap_jira.streams.incremental import IncrementalStream
from tap_jira.timestamps import floor_minute, from_ms, to_ms

if t.TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_jira.client import Result
    from tap_jira.connection import Connection
    from tap_jira.site import Site
    from tap_jira.tap import TapJira

DETAILS = 1000
"""Most worklogs in one request of ``worklog/list``."""
ID_PAGE = 1000
"""Most issues in one page of ids on Data Center."""

Change = tuple[str, int]
"""A worklog's id and the time of its change, in epoch milliseconds."""


class _FeedStream(IncrementalStream):
    """A stream on one of the two feeds."""

    feed: t.ClassVar[str]

    def __init__(self, tap: TapJira, connection: Connection) -> None:
        """See :class:`.base.JiraStream`."""
        super().__init__(tap, connection)
        self._early: concurrent.futures.Future[Result] | None = None

    @property
    def _since(self) -> int:
        """Where to start: `since` is documented as exclusive, so one millisecond earlier."""
        since = self.bookmark.since
        return max(to_ms(since) - 1, 0) if since else 0

    def start_early(self) -> None:
        """The first page."""
        request = Request("GET", self.feed, params={"since": self._since})
        self._early = self.connection.workers.start(lambda: self.connection.client.ask(request))

    def _pages(self) -> Iterator[list[Change]]:
        """The changes, page by page, each once.

        A page ends in the middle of a millisecond as well as anywhere, so the next one is asked
        for from the last change's own millisecond.

        Raises:
            IncompleteReadError: a millisecond holds more changes than a page.
        """
        workers, client = self.connection.workers, self.connection.client
        since = self._since
        previous: set[Change] = set()
        while True:
            request = Request("GET", self.feed, params={"since": since})
            future = self._early or workers.start(partial(client.ask, request))
            self._early = None
            page = workers.result(future).payload
            changes = [(str(v["worklogId"]), int(v["updatedTime"])) for v in page["values"]]
            yield [change for change in changes if change not in previous]
            if not changes or page.get("lastPage", page.get("isLastPage")):
                return
            last = max(time for _, time in changes)
            if previous.issuperset(changes) or last - 1 <= since:
                msg = (
                    f"More worklogs changed in the millisecond {last} than Jira's feed lists at "
                    "once (1,000): it cannot be read past that. Edit one of them in Jira to set "
                    "them apart, or start after it with start_date."
                )
                raise IncompleteReadError(msg)
            previous = set(changes)
            since = last - 1

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """The changes that are due, with the bookmark moving page by page."""
        bookmark = self.bookmark
        for changes in self._pages():
            due = [
                change
                for change in changes
                if bookmark.includes(change[1]) and bookmark.is_due(*change)
            ]
            yield from self._records(due)
            if changes:
                self.reached(from_ms(max(time for _, time in changes)))
                self._write_state_message()
            if changes and self.bookmark.end_date and not bookmark.includes(changes[-1][1]):
                break
        self.reached(None)

    def _records(self, changes: list[Change]) -> Iterator[Record]:
        raise NotImplementedError


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

    def _records(self, changes: list[Change]) -> Iterator[Record]:
        """Their details; those deleted or hidden meanwhile are absent."""
        ids = [int(worklog) for worklog, _ in changes]
        batches = [ids[at : at + DETAILS] for at in range(0, len(ids), DETAILS)]
        client = self.connection.client
        for worklogs in self.connection.workers.map(
            [partial(client.post, "worklog/list", {"ids": batch}) for batch in batches]
        ):
            for worklog in worklogs:
                if self._issue_ids is None or str(worklog.get("issueId")) in self._issue_ids:
                    yield self.record(worklog)

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
    replication_key = "deleted_at"

    def make_columns(self, site: Site) -> Iterable[Column]:  # noqa: ARG002 - the same on both
        """The worklog's id, and when it was deleted."""
        return (
            column("id", schema.TEXT, source="worklogId"),
            column("deleted_at", schema.TIMESTAMP, source="updatedTime"),
        )

    def _records(self, changes: list[Change]) -> Iterator[Record]:
        for worklog, time in changes:
            yield self.record({"worklogId": worklog, "updatedTime": time})
