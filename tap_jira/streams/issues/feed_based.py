"""Streams on one of Jira's feeds (:mod:`.feed`)."""

from __future__ import annotations

import itertools
import typing as t
from collections import deque
from functools import partial

from tap_jira.http.client import Request
from tap_jira.http.workers import Outcome
from tap_jira.issues.feed import Change, FeedPage, fresh
from tap_jira.records.timestamps import from_ms, to_ms
from tap_jira.streams.issues.incremental import IncrementalStream

if t.TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Iterable, Iterator

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_jira.http.workers import Job
    from tap_jira.run import Run

WITHHELD = 120
"""Seconds until a change is in the feeds for certain; Jira says one minute."""
PAGES_AHEAD = 4
"""Pages whose details are asked for at once."""
EARLY_PAGES = 30
"""Most pages of a feed to read ahead while issues are being read."""
EARLY_DETAILS = 4
"""Most of those pages whose details are read ahead as well: they wait in memory."""

Details = list[dict[str, t.Any]]
Crowds = dict[int, set[str]]
"""Milliseconds with more changes than the feed lists, and the ids that it did list."""
_Found = tuple[FeedPage, list[Change], Details]


class FeedStream(IncrementalStream):
    """A stream on one of the two feeds."""

    feed: t.ClassVar[str]
    least_lookback = WITHHELD
    row_id = "id"
    """Jira's name of the key."""

    def __init__(self, tap: Tap, run: Run) -> None:
        """See :class:`.base.JiraStream`."""
        super().__init__(tap, run)
        self._early: concurrent.futures.Future[list[FeedPage]] | None = None
        self._early_details: dict[tuple[Change, ...], concurrent.futures.Future[Details]] = {}

    @property
    def _since(self) -> int:
        """Where to start: `since` is documented as exclusive, so one millisecond earlier."""
        dates = (self.bookmark.reached, self.bookmark.start_date)
        since = max((each for each in dates if each), default=None)
        return max(to_ms(since) - 1, 0) if since else 0

    def start_early(self) -> None:
        """The first pages, each of which says where the next one begins, and their details."""
        _ = self.bookmark  # here, since it may ask for the projects, and no job may wait for one
        self._early = self.connection.workers.start(self._read_early)

    def _read_early(self) -> list[FeedPage]:
        pages: list[FeedPage] = []

        def chain() -> Iterator[FeedPage]:
            while not pages or (len(pages) < EARLY_PAGES and not pages[-1].is_last):
                pages.append(self._page(pages[-1].following if pages else self._since))
                yield pages[-1]

        for _, changes in itertools.islice(fresh(chain()), EARLY_DETAILS):
            details = partial(self._details, self._due(changes))
            self._early_details[tuple(changes)] = self.connection.workers.start(details)
        deque(chain(), maxlen=0)
        return pages

    def probe(self) -> Request:
        """The feed's end."""
        return Request("GET", self.feed, params={"since": to_ms(self.connection.site.started_at)})

    def _page(self, since: int) -> FeedPage:
        """A page; one with nothing on it that says there is more is asked for again."""
        page = FeedPage.of(self.connection.client.get(self.feed, {"since": since}), since)
        if page.is_hole:
            page = FeedPage.of(self.connection.client.get(self.feed, {"since": since}), since)
        return page

    def _pages(self) -> Iterator[FeedPage]:
        """The feed's pages, those read early first."""
        workers = self.connection.workers
        page: FeedPage | None = None
        if self._early:
            early, self._early = self._early, None
            for page in workers.result(early):
                yield page
        while page is None or not page.is_last:
            since = self._since if page is None else page.following
            page = workers.run(partial(self._page, since))
            yield page

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """The changes that are due, with the bookmark moving page by page.

        It does not pass a millisecond with more changes than the feed lists before those are out.
        """
        crowds: Crowds = {}
        for page, changes, found in self.connection.workers.in_order(self._jobs(), PAGES_AHEAD):
            versions = dict(changes)
            crowd = None if self._was_taken(page) else page.crowd
            self.have_read(changes, found)
            for each in self._admitted(found):
                yield self.record(each)
                # Only now: what was read ahead is not sent yet, and what is not admitted never.
                row_id = str(each[self.row_id])
                self.bookmark.is_due(row_id, versions.get(row_id, 0))
            if crowd is not None and self.bookmark.includes(crowd):
                crowds.setdefault(crowd, set()).update(row_id for row_id, _ in page.changes)
            if changes and not crowds:
                self.reached(from_ms(max(time for _, time in changes)))
                self._write_state_message()
        yield from self._finish(crowds)

    def have_read(self, changes: list[Change], found: Details) -> None:
        """A page is about to be written, with what was found of its changes."""

    def _was_taken(self, page: FeedPage) -> bool:
        """Whether an earlier run sent all that a page lists: the overlap shows it again."""
        return all(self.bookmark.was_sent(*change) for change in page.changes)

    def _finish(self, crowds: Crowds) -> Iterable[Record]:
        """What the feed did not list of these milliseconds; then everything is out."""
        raise NotImplementedError

    def _jobs(self) -> Iterator[Job[_Found]]:
        """What is left to ask for each page, up to `end_date`."""
        bookmark = self.bookmark
        for page, changes in fresh(self._pages()):
            early = self._early_details.pop(tuple(changes), None)
            if early:
                found = self.connection.workers.result(early)
                yield partial(Outcome[_Found], (page, changes, found))
            else:
                yield partial(self._fetch, page, changes, self._due(changes))
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

    def _fetch(self, page: FeedPage, changes: list[Change], due: list[Change]) -> Outcome[_Found]:
        """The changes of a page, with what there is to tell of those that are due."""
        return Outcome((page, changes, self._details(due)))

    def _details(self, changes: list[Change]) -> Details:
        raise NotImplementedError

    def _admitted(self, found: Details) -> Details:
        return found
