"""The issue search of Jira Data Center and Server, paged by offset. See :mod:`.search`."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import types
import typing as t
from functools import partial

from tap_jira.errors import BadRequestError, IncompleteReadError, UnavailableError
from tap_jira.http.client import Request
from tap_jira.http.workers import Outcome
from tap_jira.issues.offset_rows import (
    Given,
    Rows,
    Version,
    all_before,
    connects,
    fresh,
    id_and_version,
    rows_of,
)
from tap_jira.issues.query import Query
from tap_jira.issues.windows import (
    ATTEMPTS,
    SOME,
    Issue,
    TooManyError,
    WindowedSearch,
    ids_of,
    tell,
    unique,
    updated_of,
    version_of,
)
from tap_jira.jira.jql import Span, Window

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pendulum

    from tap_jira.errors import StreamError
    from tap_jira.issues.content import Content

logger = logging.getLogger("tap-jira.search")

OFFSET_WINDOW = 5000
"""Most rows of a window that is paged by offset: OpenSearch refuses to go beyond 10,000."""
LEAST_PAGE = 2
"""Rows that a page by offset must hold to lead on: one that is known, and the next."""
LOOKS_AT_GHOSTS = 3
"""Times that rows which are counted but not shown are looked for."""
MOST_STEPS = 1000
"""Most pages of a window to read one by one."""
MOST_RETURNS = 4
"""Times to go back, without a row that was not given, until the window is read in parts: rows which
never connect, as their time is not of the window, may fill the page on which others would."""
SLIM = Query(("updated",))
"""What proofs need of an issue; it loads where other things in the issue are broken."""
BARE = Query(("id",))
"""The least that there is to ask."""
LOOK = 1000
"""Issues of which little is asked that one answer holds: what Jira allows, unless set lower."""
LOOKS = 4
"""Times that the latest changes are looked at again before they are left to the next run."""
HEAVY_PAGES = 2
"""Pages that are too heavy in one piece until none is asked for like that any more."""
UNREAD = "unread"
"""The member of an issue that could not be read, with the error; it has its `updated` beside it."""


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
    in one answer; then one more look at them, which is one answer, may show that none was. Else
    the next run reads such an issue, and then all that is in it.
    """
    _content: Content | None = None
    _failed: t.Mapping[str, StreamError] = types.MappingProxyType({})
    """Issues that could not be read, and why: a page that is read again does not ask for them."""
    _heavy = 0

    def count(self, window: Window) -> int:
        """The ``total`` of a page without rows."""
        return int(self._send(window, Query(("id",)), 0, 0, patient=True)["total"])

    @property
    def id_page(self) -> int:
        """Most issues in one answer of which little is asked for."""
        return self.page_size

    def by_ids(self, ids: Sequence[str]) -> list[Issue]:
        """Keys of some issues, as far as the index shows them; asked for on the calling thread."""
        return unique(self._brief(f"id in ({', '.join(ids)})", len(ids))["issues"])

    def some_ids(self) -> list[str]:
        """Issues of any time; asked for like :meth:`by_ids`."""
        return ids_of(self._brief(Window().jql(self._scope), SOME))

    def _brief(self, jql: str, size: int) -> dict[str, t.Any]:
        body = {"jql": jql, "startAt": 0, "maxResults": size, "fields": list(BARE.fields)}
        request = Request("POST", "search", json={**body, "validateQuery": False})
        answer: dict[str, t.Any] = self._client.ask(request, patient=False).payload
        return answer

    def pages(self, span: Span, query: Query, content: Content | None = None) -> Iterator[Page]:
        """The span's issues with their content, in order, proven complete.

        ``content`` reads issues by their ids. With it, a page that cannot be had in one piece is
        put together from parts, and an issue that cannot be read comes as :data:`UNREAD`.
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
            for issues in self._read(window, query, Given(), opening):
                handed.update(map(id_and_version, issues))
                yield Page(issues)
            if window is windows[-1] and not self.calm and settled:
                yield from self._look_again(whole if total <= LOOK else window, handed)
            yield Page([], window.updated.end, finished=window is windows[-1])

    def in_window(self, window: Window) -> Iterator[list[Issue]]:
        """The issues of a window with their ``updated``, proven complete."""
        return self._read(window, SLIM, Given())

    def _look_again(self, window: Window, handed: set[Version]) -> Iterator[Page]:
        """One more look at what several pages gave, until it shows nothing new.

        It asks for little, so that all of it comes in one answer: then an issue that slipped from
        one page to another is in it. What it shows that was not ``handed`` out is read by itself.
        """
        for _ in range(LOOKS):
            look = partial(self._send, window, SLIM, 0, LOOK, patient=False)
            try:
                rows, total = rows_of(self._workers.run(look), LOOK)
            except (TooManyError, UnavailableError):
                return
            if len(rows) < total:
                return
            new = [row for row in rows if id_and_version(row) not in handed]
            if not new:
                self.calm = True
                return
            if self._content is None:
                return
            ids = [row["id"] for row in new]
            found, failed = self._workers.run(partial(self._content.read, ids))
            unread = [{**row, UNREAD: failed[row["id"]]} for row in new if row["id"] in failed]
            yield Page(fresh([*found, *unread], handed))
            # One that is gone, though the index shows it, is not waited for.
            handed.update(map(id_and_version, new))

    def _read(
        self, window: Window, query: Query, given: Given, first: Rows | None = None
    ) -> Iterator[list[Issue]]:
        """A window's issues, page by page; cut and read again if its pages do not connect."""
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
            "again when fewer issues are changing; if it stays, Jira's search index has issues at "
            "other times than they have, which a re-index mends."
        )
        raise IncompleteReadError(msg)

    def _read_once(
        self, window: Window, query: Query, given: Given, first: Rows | None
    ) -> Iterator[list[Issue]]:
        """One attempt: the pages side by side as long as they connect, then one by one.

        A page connects if its first row was met already, in the same version: then whatever did
        not change between the two was met as well. The last page waits for all others, since
        rows that change while an open window is read move to its end.
        """
        given.begin()
        rows, total = first or self._page(window, query, 0, self.page_size)
        if total > max(OFFSET_WINDOW, len(rows)) and self._cut(window):
            raise TooManyError
        yield given.fresh(rows)
        if len(rows) >= total:
            return
        if self.may_lag(window.updated.end):
            # Rows that were just changed may still have their old places: see `connects`.
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
                    if not connects(rows, given, window):
                        break
                    yield given.fresh(rows)
                    at += len(rows) - 1
                    if len(rows) < size:
                        break
        yield from self._finish(window, query, given, at, size)

    def _finish(
        self, window: Window, query: Query, given: Given, at: int, size: int
    ) -> Iterator[list[Issue]]:
        """Page by page from about there to the end, as it is once all else was read.

        Rows that left meanwhile have moved the others forward: then go back until a page connects.
        """
        back, still, returns = 1, 0, 0
        for _ in range(MOST_STEPS):
            rows, total = self._page(window, query, at, size)
            if at and not connects(rows, given, window):
                self.calm = False
                returns += back == 1
                if returns > MOST_RETURNS:
                    break
                at, back = max(at - back, 0), 2 * back
                continue
            known = len(given.met)
            yield given.fresh(rows)
            if len(given.met) > known:
                returns = 0
            if at + len(rows) >= total:
                return
            # The index may list issues that are gone: they count, but are not in the page.
            still = still + 1 if len(rows) < LEAST_PAGE else 0
            if still == LOOKS_AT_GHOSTS:
                at, rows = self._next_shown(window, query, given, at, total)
                if not rows:
                    return
                yield given.fresh(rows)
                still = 0
            else:
                at += max(len(rows) - 1, 0)
            back = 1
        raise TooManyError

    def _next_shown(
        self, window: Window, query: Query, given: Given, at: int, total: int
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
            if any(id_and_version(row) not in given.met for row in rows):
                here, now = self._page(window, query, at, LEAST_PAGE)
                if now != total or ((at or here) and not connects(here, given, window)):
                    raise TooManyError
                return place, rows
        return total, []

    def _page(self, window: Window, query: Query, at: int, size: int) -> Rows:
        """Some rows and the total."""
        return rows_of(self._workers.run(partial(self._ask, window, query, at, size)), size)

    def _ask(self, window: Window, query: Query, start: int, size: int) -> dict[str, t.Any]:
        """A page; asked for in parts if it cannot be had in one."""
        content = self._content
        if content is None:
            return self._slim(window, start, size)
        is_heavy = self._heavy >= HEAVY_PAGES
        if not is_heavy:
            try:
                answer = self._send(window, query, start, size, patient=False)
            except UnavailableError as error:
                is_heavy = True
                logger.info("%s It is read in parts.", error)
            else:
                content.note(answer["issues"])
                if all(map(content.is_whole, answer["issues"])):
                    return answer
        answer = self._slim(window, start, size)
        rows = unique(answer["issues"])
        found, failed = content.read(each["id"] for each in rows if each["id"] not in self._failed)
        if is_heavy and not failed:
            self._heavy += 1
        self._failed = failed = {**self._failed, **failed}
        read = {issue["id"]: issue for issue in found}
        updated: object = None
        for row in rows:
            if version_of(row):
                updated = row["fields"]["updated"]
            # Else it does not say so itself: not before the one that comes before it.
            if row["id"] in failed:
                fields = {"updated": updated}
                read[row["id"]] = {**row, "fields": fields, UNREAD: failed[row["id"]]}
        # In the order of the answer; those that are gone meanwhile count, as if it listed them.
        issues = [read[row["id"]] for row in rows if row["id"] in read]
        return {**answer, "issues": issues}

    def _slim(self, window: Window, start: int, size: int) -> dict[str, t.Any]:
        """A page of which little is asked; in halves that connect, if that is too much.

        Raises:
            TooManyError: the halves do not connect.
        """
        try:
            return self._send(window, SLIM, start, size, patient=False)
        except UnavailableError:
            if size <= 1:
                return self._send(window, BARE, start, size, patient=True)
        middle = (size + 1) // 2
        first = self._slim(window, start, middle)
        rows = unique(first["issues"])
        if len(rows) < middle or start + middle >= first["total"]:
            return first
        second = self._slim(window, start + middle, size - middle)
        # The halves connect if what lies on their border is still the same.
        border = self._send(window, BARE, start + middle - 1, 2, patient=True)
        met = [row["id"] for row in border["issues"]]
        ends = [row["id"] for row in (*rows[-1:], *second["issues"][:1])]
        if met != ends or not first["total"] == second["total"] == border["total"]:
            raise TooManyError
        return {**second, "issues": [*rows, *second["issues"]]}

    def _send(
        self, window: Window, query: Query, start: int, size: int, *, patient: bool
    ) -> dict[str, t.Any]:
        body = {
            "jql": window.jql(self._scope),
            "startAt": start,
            "maxResults": size,
            "fields": list(query.fields),
            "expand": list(query.expand),
        }
        request = Request("POST", "search", json=body, read=query.read)
        try:
            answer: dict[str, t.Any] = self._client.ask(request, patient=patient).payload
        except BadRequestError as error:
            if error.status == 500:  # noqa: PLR2004 - beyond the result window
                raise TooManyError from error
            raise
        tell(answer.get("warningMessages"))
        return answer
