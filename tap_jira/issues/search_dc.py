"""The issue search of Jira Data Center and Server, paged by offset. See :mod:`.search`."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from tap_jira.errors import IncompleteReadError
from tap_jira.http.workers import Outcome
from tap_jira.issues.offset_pages import LOOK, SLIM, OffsetPages
from tap_jira.issues.offset_rows import (
    Rows,
    Version,
    all_before,
    connects,
    fresh,
    id_and_version,
    rows_of,
)
from tap_jira.issues.windows import ATTEMPTS, Issue, TooManyError, updated_of
from tap_jira.jira.jql import Span, Window

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    import pendulum

    from tap_jira.issues.content import Content
    from tap_jira.issues.query import Query

OFFSET_WINDOW = 5000
"""Most rows of a window that is paged by offset: OpenSearch refuses to go beyond 10,000."""
LEAST_PAGE = 2
"""Rows that a page by offset must hold to lead on: one that is known, and the next."""
LOOKS_AT_GHOSTS = 3
"""Times that rows which are counted but not shown are looked for."""
MOST_STEPS = 1000
"""Most pages of a window to read one by one."""
MOST_RETURNS = 4
"""Times to go back, without a row that was not given, until pages are given up: rows that say no
time do not connect, and may fill the page on which others would."""
LOOKS = 4
"""Times that the latest changes are looked at again before they are left to the next run."""


@dataclasses.dataclass(frozen=True)
class Page:
    """Issues found, and how far everything is out once they are written.

    ``issues`` hold at least their ``id``. ``done`` is the watermark after this page, ``None``
    while its window is still being read; ``finished`` marks the end of the search.
    """

    issues: list[Issue]
    done: pendulum.DateTime | None = None
    finished: bool = False


class OffsetSearch(OffsetPages):
    """The issues of spans, proven complete."""

    calm = True
    """Whether no issue can have been missed that was there all the time.

    It can have been if pages did not connect, and among the latest changes if those did not come
    in one answer; then one more look at them, which is one answer, may show that none was. Else
    the next run reads such an issue, and then all that is in it.
    """

    def pages(self, span: Span, query: Query, content: Content | None = None) -> Iterator[Page]:
        """The span's issues with their content, in order, proven complete.

        ``content`` reads issues by their ids. With it, a page that cannot be had in one piece is
        put together from parts, and an issue that cannot be read comes as ``UNREAD``.
        """
        self._content = content
        whole = Window(span)
        rows: list[Issue]
        try:
            rows, total = self._page(whole, query, 0, self.page_size)
        except TooManyError:  # it cannot be had in one go: how many are there to be cut?
            rows, total = [], self._workers.run(lambda: self.count(whole))
        self.expected = total
        if len(rows) >= total:
            yield Page(rows, span.end, finished=True)
            return
        windows = [whole]
        if total > OFFSET_WINDOW:
            planned = self._plan(span, total, updated_of(rows, self.now), OFFSET_WINDOW)
            windows = [window for window, _ in planned]
        # What may not be in the index yet is read by itself: see `connects`.
        windows = [Window(part) for window in windows for part in self.parts(window.updated)]
        handed: set[Version] = set()
        settled = True
        for window in windows:
            if total > LOOK:  # too much to look at all of it: only the latest changes then
                handed.clear()
                settled = settled and self.calm
            # The first page serves as long as it lies in the first window.
            usable = bool(rows) and window is windows[0] and all_before(rows, window.updated)
            usable = usable and total <= OFFSET_WINDOW  # else it tells more than the window holds
            opening = (rows, total) if usable else None
            for issues in self._read(window, query, set(), opening):
                handed.update(map(id_and_version, issues))
                yield Page(issues)
            if window is windows[-1] and not self.calm and settled:
                yield from self._look_again(whole if total <= LOOK else window, handed)
            yield Page([], window.updated.end, finished=window is windows[-1])

    def in_window(self, window: Window) -> Iterator[list[Issue]]:
        """The issues of a window with their ``updated``, proven complete."""
        return self._read(window, SLIM, set())

    def _look_again(self, window: Window, handed: set[Version]) -> Iterator[Page]:
        """One more look at what several pages gave, until it shows nothing new.

        It asks for little, so that all of it comes in one answer: then an issue that slipped from
        one page to another is in it. What it shows that was not ``handed`` out is read by itself.
        """
        for _ in range(LOOKS):
            rows = self._look(window)
            if rows is None:
                return
            new = [row for row in rows if id_and_version(row) not in handed]
            if not new:
                self.calm = True
                return
            if self._content is None:
                return
            yield Page(fresh(self._with_content(new), handed))
            # One that is gone, though the index shows it, is not waited for.
            handed.update(map(id_and_version, new))

    def _read(
        self, window: Window, query: Query, given: set[Version], first: Rows | None = None
    ) -> Iterator[list[Issue]]:
        """A window's issues, page by page; cut and read again if its pages do not connect.

        ``given`` are those handed out already, which need not be handed out again.
        """
        for _ in range(ATTEMPTS):
            try:
                yield from self._read_once(window, query, given, first)
            except TooManyError:
                self.calm = False
                first = None
                parts = self._cut(window)
                for part in parts:
                    yield from self._read(part, query, given)
                if not parts:
                    continue
            return
        msg = (
            f"Jira's pages for {window.jql(self._scope)} kept shifting while they were read: run "
            "again when fewer issues are changing."
        )
        raise IncompleteReadError(msg)

    def _read_once(
        self, window: Window, query: Query, given: set[Version], first: Rows | None
    ) -> Iterator[list[Issue]]:
        """One attempt: the pages side by side as long as they connect, then one by one.

        A page connects if its first row was given already, in the same version: then whatever did
        not change between the two was given as well. The last page waits for all others, since
        rows that change while an open window is read move to its end.
        """
        rows, total = first or self._page(window, query, 0, self.page_size)
        if total > max(OFFSET_WINDOW, len(rows)) and self._cut(window):
            raise TooManyError
        yield fresh(rows, given)
        if len(rows) >= total:
            return
        if self.may_lag(window.updated.end):
            # Rows that were just changed may still have their old places, or none.
            self.calm = False
        size = max(len(rows), LEAST_PAGE)
        at = max(len(rows) - 1, 0)
        jobs = (
            lambda at=at: Outcome(self._ask(window, query, at, size))
            for at in range(size - 1, total - size, size - 1)
        )
        if at:
            with contextlib.closing(self._workers.in_order(jobs)) as answers:
                for answer in answers:
                    rows, total = rows_of(answer, size)
                    if not connects(rows, given):
                        break
                    yield fresh(rows, given)
                    at += len(rows) - 1
                    if len(rows) < size:
                        break
        yield from self._finish(window, query, given, at, size)

    def _finish(
        self, window: Window, query: Query, given: set[Version], at: int, size: int
    ) -> Iterator[list[Issue]]:
        """Page by page from about there to the end, as it is once all else was read.

        Rows that left meanwhile have moved the others forward: then go back until a page connects.
        """
        back, still, returns = 1, 0, 0
        for _ in range(MOST_STEPS):
            rows, total = self._page(window, query, at, size)
            if at and not connects(rows, given):
                self.calm = False
                returns += back == 1
                if returns > MOST_RETURNS:
                    yield from self._at_once(window, given)
                    return
                at, back = max(at - back, 0), 2 * back
                continue
            if new := fresh(rows, given):
                yield new
                returns = 0
            if at + len(rows) >= total:
                return
            # The index may list issues that are gone: they count, but are not in the page.
            still = still + 1 if len(rows) < LEAST_PAGE else 0
            if still == LOOKS_AT_GHOSTS:
                at, rows = self._next_shown(window, query, given, at, total)
                if not rows:
                    return
                yield fresh(rows, given)
                still = 0
            else:
                at += max(len(rows) - 1, 0)
            back = 1
        raise TooManyError

    def _at_once(self, window: Window, given: set[Version]) -> Iterator[list[Issue]]:
        """What is left of a window whose pages do not connect, by one look at all of it.

        Raises:
            TooManyError: no answer holds it.
        """
        rows = self._look(window)
        if rows is None:
            raise TooManyError
        left = [row for row in rows if id_and_version(row) not in given]
        for at in range(0, len(left), self.page_size):
            yield fresh(self._with_content(left[at : at + self.page_size]), given)

    def _next_shown(
        self, window: Window, query: Query, given: set[Version], at: int, total: int
    ) -> tuple[int, list[Issue]]:
        """The first place from here that shows an issue which was not given, and what it shows.

        Every place is looked at: a page that lacks rows does not tell how many places it covers,
        which may be fewer than were asked for. Nothing was missed if the row here is still here.

        Raises:
            TooManyError: it is not, or others moved.
        """
        for place in range(at, total):
            rows, now = self._page(window, query, place, LEAST_PAGE)
            if now != total:
                raise TooManyError
            if any(id_and_version(row) not in given for row in rows):
                here, now = self._page(window, query, at, LEAST_PAGE)
                if now != total or ((at or here) and not connects(here, given)):
                    raise TooManyError
                return place, rows
        return total, []
