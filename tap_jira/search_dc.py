"""The issue search of Jira Data Center and Server, paged by offset. See :mod:`.search`."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import typing as t
from functools import partial

from tap_jira.client import Request
from tap_jira.errors import BadRequestError, IncompleteReadError, UnavailableError
from tap_jira.jql import Span, Window
from tap_jira.query import Query
from tap_jira.timestamps import parse_instant
from tap_jira.windows import (
    ATTEMPTS,
    Issue,
    TooManyError,
    WindowedSearch,
    unique,
    updated_of,
)
from tap_jira.workers import Outcome

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    import pendulum

logger = logging.getLogger("tap-jira.search")

_Version = tuple[str, object]
_Rows = tuple[list[Issue], int]

OFFSET_WINDOW = 5000
"""Most rows of a window that is paged by offset: OpenSearch refuses to go beyond 10,000."""
LEAST_PAGE = 2
"""Rows that a page by offset must hold to lead on: one that is known, and the next."""
LOOKS_AT_GHOSTS = 3
"""Times that rows which are counted but not shown are looked for."""
MOST_STEPS = 1000
"""Most pages of a window to read one by one."""


@dataclasses.dataclass(frozen=True)
class Page:
    """Issues found, and how far everything is out once they are written.

    ``issues`` hold at least their ``id``. ``done`` is the watermark after this page, ``None``
    while its window is still being read; ``finished`` marks the end of the search.
    """

    issues: list[Issue]
    done: pendulum.DateTime | None = None
    finished: bool = False


class OffsetSearch(WindowedSearch):
    """``POST /rest/api/2/search`` of Data Center and Server, paged by offset."""

    calm = True
    """Whether no issue can have been missed that was there all the time.

    It can have been if pages did not connect, and among the latest changes if those did not come
    in one answer. The next run reads such an issue, and then all that is in it.
    """

    def count(self, window: Window) -> int:
        """The ``total`` of a page without rows."""
        return int(self._ask(window, Query(("id",)), 0, 0)["total"])

    def pages(self, span: Span, query: Query) -> Iterator[Page]:
        """The span's issues with their content, in order, proven complete."""
        whole = Window(span)
        try:
            first = self._page(whole, query, 0, self.page_size)
        except TooManyError:  # too heavy a page: how many are there to be cut?
            first = self._page(whole, query, 0, 1)
            heavy = True
        else:
            heavy = False
        rows, total = first
        self.expected = total
        if len(rows) >= total:
            yield Page(rows, span.end, finished=True)
            return
        windows = [whole]
        if total > OFFSET_WINDOW:
            windows = self._plan(span, total, updated_of(rows, self._now), OFFSET_WINDOW)
        # What may not be in the index yet is read by itself: see `_connects`.
        border = self._indexed_until
        windows = [
            Window(part)
            for updated in (window.updated for window in windows)
            for part in (updated.at(border) if updated.starts_before(border) else (updated,))
        ]
        for window in windows:
            # The first page serves as long as it lies in the first window.
            usable = window is windows[0] and not heavy and _all_before(rows, window.updated)
            usable = usable and total <= OFFSET_WINDOW  # else it tells more than the window holds
            opening = first if usable else None
            for issues in self._read(window, query, set(), opening):
                yield Page(issues)
            yield Page([], window.updated.end, finished=window is windows[-1])

    def _read(
        self, window: Window, query: Query, given: set[_Version], first: _Rows | None = None
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
        self, window: Window, query: Query, given: set[_Version], first: _Rows | None
    ) -> Iterator[list[Issue]]:
        """One attempt: the pages side by side as long as they connect, then one by one.

        A page connects if its first row was given already, in the same version: then whatever did
        not change between the two was given as well. The last page waits for all others, since
        rows that change while an open window is read move to its end.
        """
        rows, total = first or self._page(window, query, 0, self.page_size)
        if total > max(OFFSET_WINDOW, len(rows)) and self._cut(window):
            raise TooManyError
        yield _fresh(rows, given)
        if len(rows) >= total:
            return
        end = window.updated.end
        if end is None or end > self._indexed_until:
            # Rows that were just changed may still have their old places: see `_connects`.
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
                    rows, total = _rows(answer, size)
                    if not _connects(rows, given, window):
                        break
                    yield _fresh(rows, given)
                    at += len(rows) - 1
                    if len(rows) < size:
                        break
        yield from self._finish(window, query, given, at, size)

    def _finish(
        self, window: Window, query: Query, given: set[_Version], at: int, size: int
    ) -> Iterator[list[Issue]]:
        """Page by page from about there to the end, as it is once all else was read.

        Rows that left meanwhile have moved the others forward: then go back until a page connects.
        """
        back, still = 1, 0
        for _ in range(MOST_STEPS):
            rows, total = self._page(window, query, at, size)
            if at and not _connects(rows, given, window):
                self.calm = False
                at, back = max(at - back, 0), 2 * back
                continue
            fresh = _fresh(rows, given)
            if fresh:
                yield fresh
            if at + len(rows) >= total:
                return
            # The index may list issues that are gone: they count, but are not in the page.
            still = still + 1 if len(rows) < LEAST_PAGE else 0
            if still == LOOKS_AT_GHOSTS:
                if at + size >= total and self._only_ghosts(window, query, given, at, total):
                    return
                break
            at, back = at + max(len(rows) - 1, 0), 1
        raise TooManyError

    def _only_ghosts(
        self, window: Window, query: Query, given: set[_Version], at: int, total: int
    ) -> bool:
        """Whether no place from here to the end shows an issue that was not given.

        Every place is looked at: a page that lacks rows does not tell how many places it covers,
        which may be fewer than were asked for.
        """
        while at < total:
            rows, still = self._page(window, query, at, LEAST_PAGE)
            if still != total or any(_version(row) not in given for row in rows):
                return False
            at += max(len(rows), 1)
        return True

    def _page(self, window: Window, query: Query, at: int, size: int) -> _Rows:
        """Some rows and the total."""
        return _rows(self._workers.run(partial(self._ask, window, query, at, size)), size)

    def _ask(self, window: Window, query: Query, start: int, size: int) -> dict[str, t.Any]:
        body = {
            "jql": window.jql(self._scope),
            "startAt": start,
            "maxResults": size,
            "fields": list(query.fields),
            "expand": list(query.expand),
        }
        request = Request("POST", "search", json=body, read=query.read)
        try:
            answer: dict[str, t.Any] = self._client.ask(request, patient=size <= 1).payload
        except UnavailableError as error:
            if size <= 1 or not self._cut(window):
                raise
            logger.info("%s The window is read in smaller parts.", error)
            raise TooManyError from error
        except BadRequestError as error:
            if error.status == 500:  # noqa: PLR2004 - beyond the result window
                raise TooManyError from error
            raise
        for warning in answer.get("warningMessages") or ():
            logger.warning("Jira warns about the search: %s", warning)
        return answer


def _rows(answer: dict[str, t.Any], size: int) -> _Rows:
    """A page's rows, each once and no more than asked for, and the total."""
    return unique(answer["issues"])[:size], int(answer["total"])


def _fresh(issues: list[Issue], given: set[_Version]) -> list[Issue]:
    """Those not given yet, which now they are."""
    fresh = [issue for issue in issues if _version(issue) not in given]
    given.update(map(_version, fresh))
    return fresh


def _connects(rows: list[Issue], given: set[_Version], window: Window) -> bool:
    """Whether a page begins with a row that was given already, and has not moved since.

    Rows come from the database in the order of an index that may lag behind it. One that changed
    in between still has its old place, but says when it was changed: not in this window.
    """
    return bool(rows) and _version(rows[0]) in given and _all_before(rows[:1], window.updated)


def _all_before(issues: list[Issue], span: Span) -> bool:
    """Whether all were changed before the end of the span."""
    if not span.end:
        return True
    found = [parse_instant((issue.get("fields") or {}).get("updated")) for issue in issues]
    return all(instant is not None and instant < span.end for instant in found)


def _version(issue: Issue) -> _Version:
    return issue["id"], (issue.get("fields") or {}).get("updated")
