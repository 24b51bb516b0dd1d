"""Issue search: every issue of a span of `updated`, exactly, while Jira changes.

What makes it hard. Cloud pages by an opaque token whose pages may repeat or skip rows while
issues change; Data Center pages by offset, so that an issue which changes while one reads moves
to the end and pulls an unread one into a page that was read already. Neither is relied on:

**A set that came in one answer is whole.** Cloud gives up to 5,000 ids in one answer, Data Center
up to a page of issues. A span that fits is read in one request and needs no proof. One that does
not is cut into windows small enough, sized by counts.

**Data Center's windows of several pages overlap by one row.** If the last row of each page is
the first of the next, then nothing between them was missed: rows are in a strict order, a page is
contiguous, and a row that did not change keeps its place between its neighbours. If it is not,
the window is cut and read again.

**An issue that changes leaves its window for the last one**, which is open, or for the next run.

Order of reading is order of `updated`, so that the end of each finished window is a watermark:
everything before it is out.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import typing as t
from functools import partial

from tap_jira.client import Request
from tap_jira.errors import (
    BadRequestError,
    IncompleteReadError,
    NotFoundError,
    UnavailableError,
)
from tap_jira.jql import Span, Window
from tap_jira.query import Query
from tap_jira.timestamps import floor_minute, parse_instant
from tap_jira.workers import Outcome

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pendulum

    from tap_jira.client import JiraClient
    from tap_jira.workers import Workers

logger = logging.getLogger("tap-jira.search")

Issue = dict[str, t.Any]
_Version = tuple[str, object]
_Rows = tuple[list[Issue], int]

CLOUD_ID_PAGE = 5000
"""Most issues in one answer of ``search/jql`` when only ids are asked for."""
CLOUD_PAGE = 100
"""Most issues in one answer with any other field, and of ``issue/bulkfetch``."""
FILL = 0.9
"""How full a window is planned to be; counts are estimates on Cloud."""
OFFSET_WINDOW = 5000
"""Most rows of a window that is paged by offset: OpenSearch refuses to go beyond 10,000."""
ATTEMPTS = 6
"""Times that a window which cannot be cut any further is read before giving up."""
SHORT_PAGE_WALKS = 3
"""Times that a window whose page is short is walked before it is cut."""
LEAST_PAGE = 2
"""Rows that a page by offset must hold to lead on: one that is known, and the next."""
LOOKS_AT_GHOSTS = 3
"""Times that rows which are counted but not shown are looked for."""
MOST_STEPS = 1000
"""Most pages of a window to read one by one."""
EARLIEST_YEAR = 2000
"""Where cutting by `created` begins; Jira is from 2002."""


class _TooManyError(Exception):
    """The window does not fit."""


IDS = Query(("id", "key"))
"""The only fields of which Cloud gives thousands at once."""


@dataclasses.dataclass(frozen=True)
class Page:
    """Issues found, and how far everything is out once they are written.

    ``issues`` hold at least their ``id``. ``done`` is the watermark after this page, ``None``
    while its window is still being read; ``finished`` marks the end of the search.
    """

    issues: list[Issue]
    done: pendulum.DateTime | None = None
    finished: bool = False


@dataclasses.dataclass(frozen=True)
class Scope:
    """What a search is confined to, and what it knows of its Jira."""

    conditions: tuple[str, ...]
    """JQL conditions from the settings."""
    now: pendulum.DateTime
    """Jira's clock at the start of the run."""
    indexed_until: pendulum.DateTime
    """Changes before this are in the search index, and the bookmark never passes it."""
    project_ids: Callable[[], Sequence[str]]
    """Lists the visible projects."""


class _Search:
    """What the two products share: counting, planning and cutting windows."""

    def __init__(self, client: JiraClient, workers: Workers, scope: Scope, page_size: int) -> None:
        """``page_size`` is how many issues with content to ask for; Jira may give fewer."""
        self._client = client
        self._workers = workers
        self._scope = scope.conditions
        self._now = scope.now
        self._indexed_until = scope.indexed_until
        self._project_ids = scope.project_ids
        self.page_size = page_size
        self.expected = 0
        """About how many issues there are, once that is known."""

    def count(self, window: Window) -> int:
        """About how many issues the window holds."""
        raise NotImplementedError

    def _plan(self, span: Span, total: int, oldest: pendulum.DateTime, size: int) -> list[Window]:
        """Cut a span into windows of at most about ``size`` issues, sized by counts.

        Each round cuts every window that is still too large in two and counts the first halves,
        all at once.
        """
        start = max(span.start, oldest) if span.start else oldest
        bounds = Span(floor_minute(start), span.end)
        sized: list[tuple[Span, int]] = [(bounds, total)]
        while True:
            cuts = [self._middle(part) if held > size else None for part, held in sized]
            if not any(cuts):
                break
            halves = [part.at(cut) for (part, _), cut in zip(sized, cuts, strict=True) if cut]
            counts = iter(
                self._workers.map(
                    [lambda half=half[0]: self.count(Window(half)) for half in halves]  # type: ignore[misc]
                )
            )
            following: list[tuple[Span, int]] = []
            for (part, held), cut in zip(sized, cuts, strict=True):
                if cut is None:
                    following.append((part, held))
                    continue
                before, after = part.at(cut)
                first = next(counts)
                following += [(before, first), (after, max(held - first, 0))]
            sized = following
        merged: list[tuple[Span, int]] = []
        for part, held in sized:
            if merged and merged[-1][1] + held <= size:
                last, kept = merged.pop()
                merged.append((Span(last.start, part.end), kept + held))
            else:
                merged.append((part, held))
        # The first window keeps the span's own start: nothing may lie before the oldest issue.
        (first_part, held), *rest = merged
        merged = [(Span(span.start, first_part.end), held), *rest]
        self.expected = total
        logger.info("Reading about %d issues in %d windows.", total, len(merged))
        return [Window(part) for part, _ in merged]

    def _middle(self, span: Span) -> pendulum.DateTime | None:
        """The whole minute nearest to the middle; ``None`` if the span is a single minute."""
        start = span.start or self._now.set(year=EARLIEST_YEAR).start_of("year")
        end = span.end or floor_minute(self._now).add(minutes=1)
        middle = floor_minute(start.add(seconds=(end - start).total_seconds() / 2))
        return middle if start < middle < end else None

    def _cut(self, window: Window) -> list[Window]:
        """Smaller windows that hold the same issues; empty if there is no way to cut."""
        middle = self._middle(window.updated)
        if middle and not (window.created.start or window.created.end or window.project_id):
            return [Window(part) for part in window.updated.at(middle)]
        middle = self._middle(window.created)
        if middle and not window.project_id:
            return [dataclasses.replace(window, created=part) for part in window.created.at(middle)]
        if window.project_id is None:
            return [
                dataclasses.replace(window, project_id=project) for project in self._project_ids()
            ]
        return []


class CloudSearch(_Search):
    """``POST /rest/api/3/search/jql`` for ids, ``POST /rest/api/3/issue/bulkfetch`` for content.

    Reading ids first costs one request for 5,000 issues, and makes their content addressable:
    any 100 of them can be fetched at any time, concurrently, from the issues themselves rather
    than from the search index that lags behind them.
    """

    _has_bulkfetch = True

    def count(self, window: Window) -> int:
        """``POST /rest/api/3/search/approximate-count``."""
        jql = window.jql(self._scope, ordered=False)
        return int(self._client.post("search/approximate-count", {"jql": jql})["count"])

    def first_page(self, span: Span, query: Query) -> list[Issue] | None:
        """Everything in one answer with its content, or ``None`` if it is too much for that."""
        answer = self._ask(Window(span), query, self.page_size)
        if answer.get("nextPageToken") or answer.get("isLast") is False:
            return None
        return _unique(answer["issues"])

    def id_windows(self, span: Span) -> Iterator[tuple[list[Issue], pendulum.DateTime | None]]:
        """Windows in order: the ids in each, and its end."""
        whole = Window(span)
        try:
            yield self._workers.run(lambda: self._read_once(whole)), span.end
        except _TooManyError:
            windows = self._plan(
                span,
                self._workers.run(lambda: self.count(whole)),
                self._workers.run(lambda: self._oldest(whole)),
                int(CLOUD_ID_PAGE * FILL),
            )
            # One after the other: an issue that changes leaves its window for a later one, which
            # therefore must not have been read before.
            for window in windows:
                yield self._workers.run(partial(self.ids, window)), window.updated.end

    def ids(self, window: Window) -> list[Issue]:
        """The window's issues, by id, proven complete.

        Raises:
            IncompleteReadError: the window could not be proven complete.
        """
        try:
            return self._read_once(window)
        except _TooManyError:
            parts = self._cut(window)
            if parts:
                return [issue for part in parts for issue in self.ids(part)]
        found = self._walk(window, ATTEMPTS)
        if found is None:
            msg = (
                f"Jira's pages for {window.jql(self._scope)} kept contradicting each other: run "
                "again when fewer issues are changing."
            )
            raise IncompleteReadError(msg)
        return found

    def _read_once(self, window: Window) -> list[Issue]:
        """One answer with all of the window's ids."""
        answer = self._ask(window, IDS, CLOUD_ID_PAGE)
        issues = answer["issues"]
        if not answer.get("nextPageToken"):
            if answer.get("isLast") is False:
                # No token to go on with, yet said not to be the last: do not believe it whole.
                raise _TooManyError
            return _unique(issues)
        if len(issues) < CLOUD_ID_PAGE // 2:
            # Fewer than asked for, and a token: a short page, maybe the last. Smaller windows
            # might not help.
            found = self._walk(window, SHORT_PAGE_WALKS)
            if found is not None:
                return found
        raise _TooManyError

    def _walk(self, window: Window, attempts: int) -> list[Issue] | None:
        """Follow the tokens until two walks agree; ``None`` if they do not.

        Pages skip a row when one before it moved: it left, or hopped to the end. So a walk
        skipped nothing if all that it found is still there in the next, and nothing in it came on
        two pages.
        """
        before: dict[str, Issue] | None = None
        for _ in range(attempts):
            issues = self._walk_once(window)
            if issues is None:
                continue
            found = {issue["id"]: issue for issue in issues}
            if before is not None and before.keys() <= found.keys():
                return list(found.values())
            before = found if len(found) == len(issues) else None
        return None

    def _walk_once(self, window: Window) -> list[Issue] | None:
        """One walk along the tokens; ``None`` if it went in circles or was cut short."""
        issues: list[Issue] = []
        tokens: set[str] = set()
        token: str | None = None
        while True:
            try:
                answer = self._ask(window, IDS, CLOUD_ID_PAGE, token)
            except BadRequestError:
                if token is None:
                    raise
                return None  # the token is no longer accepted
            issues += _unique(answer["issues"])
            token = answer.get("nextPageToken")
            if not token:
                return None if answer.get("isLast") is False else issues
            if token in tokens:
                return None
            tokens.add(token)

    def _oldest(self, window: Window) -> pendulum.DateTime:
        answer = self._ask(window, Query(("updated",)), 1)
        return _updated_of(answer["issues"], self._now)

    def _ask(
        self, window: Window, query: Query, size: int, token: str | None = None
    ) -> dict[str, t.Any]:
        body: dict[str, t.Any] = {
            "jql": window.jql(self._scope),
            "fields": list(query.fields),
            "maxResults": size,
        }
        if query.expand:
            body["expand"] = ",".join(query.expand)
        if token:
            body["nextPageToken"] = token
        request = Request("POST", "search/jql", json=body, read=query.read)
        answer: dict[str, t.Any] = self._client.ask(request).payload
        for warning in answer.get("warnings") or ():
            logger.warning("Jira warns about the search: %s", warning)
        return answer

    def fetch(self, ids: Sequence[str], query: Query) -> list[Issue]:
        """The content of up to 100 issues; those that vanished meanwhile are absent.

        An answer that cannot be had is asked for in halves: one heavy or broken issue must not
        hold up the others.
        """
        body: dict[str, t.Any] = {"issueIdsOrKeys": list(ids), "fields": list(query.fields)}
        if query.expand:
            body["expand"] = list(query.expand)
        request = Request("POST", "issue/bulkfetch", json=body, read=query.read)
        if not self._has_bulkfetch:
            return self._fetch_by_search(ids, query)
        try:
            answer = self._client.ask(request, patient=len(ids) == 1).payload
        except NotFoundError:
            logger.info("This Jira has no issue/bulkfetch: issues are read through the search.")
            self._has_bulkfetch = False
            return self._fetch_by_search(ids, query)
        except UnavailableError:
            if len(ids) == 1:
                raise
            return self._fetch_halves(ids, query)
        issues: list[Issue] = answer["issues"]
        failed = [str(error["id"]) for error in answer.get("issueErrors") or () if "id" in error]
        if failed and len(failed) < len(ids):
            return [*issues, *self.fetch(failed, query)]
        if failed:
            if len(ids) == 1:
                msg = f"Jira could not load issue {ids[0]}: {answer['issueErrors'][0]}"
                raise IncompleteReadError(msg)
            return self._fetch_halves(ids, query)
        return issues

    def _fetch_by_search(self, ids: Sequence[str], query: Query) -> list[Issue]:
        """The content through ``search/jql``, where there is no bulk resource.

        One id that is gone can leave the others out of the answer, without an error; so what is
        missing is asked for in halves, and is gone only if it is missing alone.
        """
        jql = f"id in ({', '.join(ids)})"
        body: dict[str, t.Any] = {"jql": jql, "fields": list(query.fields), "maxResults": len(ids)}
        if query.expand:
            body["expand"] = ",".join(query.expand)
        request = Request("POST", "search/jql", json=body, read=query.read)
        issues = _unique(self._client.ask(request).payload["issues"])
        found = {issue["id"] for issue in issues}
        missing = [each for each in ids if each not in found]
        if not missing or len(ids) == 1:
            return issues
        middle = (len(missing) + 1) // 2
        halves = (missing[:middle], missing[middle:])
        return [
            *issues,
            *(issue for half in halves if half for issue in self._fetch_by_search(half, query)),
        ]

    def _fetch_halves(self, ids: Sequence[str], query: Query) -> list[Issue]:
        middle = len(ids) // 2
        return [*self.fetch(ids[:middle], query), *self.fetch(ids[middle:], query)]


class OffsetSearch(_Search):
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
        except _TooManyError:  # too heavy a page: how many are there to be cut?
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
            windows = self._plan(span, total, _updated_of(rows, self._now), OFFSET_WINDOW)
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
            except _TooManyError:
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
            raise _TooManyError
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
        raise _TooManyError

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
            raise _TooManyError from error
        except BadRequestError as error:
            if error.status == 500:  # noqa: PLR2004 - beyond the result window
                raise _TooManyError from error
            raise
        for warning in answer.get("warningMessages") or ():
            logger.warning("Jira warns about the search: %s", warning)
        return answer


def _unique(issues: list[Issue]) -> list[Issue]:
    """Without repetitions, in order."""
    return list({issue["id"]: issue for issue in issues}.values())


def _rows(answer: dict[str, t.Any], size: int) -> _Rows:
    """A page's rows, each once and no more than asked for, and the total."""
    return _unique(answer["issues"])[:size], int(answer["total"])


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


def _updated_of(issues: list[Issue], default: pendulum.DateTime) -> pendulum.DateTime:
    """When the first of the issues was updated; the earliest time there is if it does not say."""
    import pendulum  # noqa: PLC0415

    for issue in issues[:1]:
        instant = parse_instant((issue.get("fields") or {}).get("updated"))
        if instant:
            return pendulum.instance(instant)
    return default.set(year=EARLIEST_YEAR).start_of("year")
