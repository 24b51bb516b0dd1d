"""The issue search of Jira Cloud: ids by token, content in bulk. See :mod:`.search`."""

from __future__ import annotations

import contextlib
import logging
import typing as t
from functools import partial

from tap_jira.errors import BadRequestError, IncompleteReadError, StreamError, UnavailableError
from tap_jira.http.client import Request
from tap_jira.issues.query import Query
from tap_jira.issues.windows import (
    ATTEMPTS,
    DATED,
    FILL,
    IDS,
    SOME,
    Issue,
    TooManyError,
    WindowedSearch,
    ids_of,
    tell,
    unique,
    updated_of,
)
from tap_jira.jira.jql import Span, Window
from tap_jira.records.timestamps import to_text

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pendulum

logger = logging.getLogger("tap-jira.search")

CLOUD_ID_PAGE = 5000
"""Most issues in one answer of ``search/jql`` when only ids are asked for."""
CLOUD_PAGE = 100
"""Most issues in one answer with any other field, and of ``issue/bulkfetch``."""
COUNTED_FROM = 2000
"""Issues of a full read for whose number is asked: that takes one request in a hundred then."""
FEWER, FEWER_BY = 0.95, 10
"""The share of a count below which, and the number by which, what was found is clearly fewer. It is
an estimate, and lags behind."""
SHORT_PAGE_WALKS = 3
"""Times that a window whose page is short is walked before it is cut."""


class CloudSearch(WindowedSearch):
    """``POST /rest/api/3/search/jql`` for ids, ``POST /rest/api/3/issue/bulkfetch`` for content.

    Reading ids first costs one request for 5,000 issues, and makes their content addressable:
    any 100 of them can be fetched at any time, concurrently, from the issues themselves rather
    than from the search index that lags behind them (:class:`.content.CloudContent`).
    """

    def count(self, window: Window) -> int:
        """``POST /rest/api/3/search/approximate-count``."""
        jql = window.jql(self._scope, ordered=False)
        return int(self._client.post("search/approximate-count", {"jql": jql})["count"])

    @property
    def id_page(self) -> int:
        """Most issues in one answer of which only the id is asked for."""
        return CLOUD_ID_PAGE

    # What follows runs on the main thread, and only its requests on the pool: splitting a crowded
    # window asks for projects, which is a request of its own.

    def first_page(self, span: Span, query: Query) -> list[Issue] | None:
        """Everything in one answer with its content, or ``None`` if that cannot be had."""
        try:
            answer = self._settled(Window(span), query, self.page_size, patient=False)
        except (UnavailableError, TooManyError):
            return None  # perhaps because of a single issue: ids first
        return None if answer.get("nextPageToken") else unique(answer["issues"])

    def by_ids(self, ids: Sequence[str], query: Query) -> list[Issue]:
        """What the index shows of some issues; asked for on the calling thread, impatiently."""
        body = {
            "jql": f"id in ({', '.join(ids)})",
            "fields": list(query.fields),
            "maxResults": len(ids),
        }
        request = Request("POST", "search/jql", json=body)
        return unique(self._client.ask(request, patient=False).payload["issues"])

    def dated(self, issues: Sequence[Issue]) -> list[Issue]:
        """Issues with their ``updated``; asked for like :meth:`by_ids`.

        One that the index does not show any more may just have changed.
        """
        found: dict[str, Issue] = {}
        with contextlib.suppress(StreamError):
            shown = self.by_ids([issue["id"] for issue in issues], DATED)
            found = {issue["id"]: issue for issue in shown}
        unknown = {"fields": {"updated": to_text(self.now)}}
        return [found.get(each["id"], each | unknown) for each in issues]

    def some_ids(self) -> list[str]:
        """Issues of any time; asked for like :meth:`by_ids`."""
        jql = Window().jql(self._scope)
        body = {"jql": jql, "fields": list(IDS.fields), "maxResults": SOME}
        request = Request("POST", "search/jql", json=body)
        return ids_of(self._client.ask(request, patient=False).payload)

    def id_windows(self, span: Span) -> Iterator[tuple[list[Issue], pendulum.DateTime | None]]:
        """Windows in order: the ids in each, and its end."""
        whole = Window(span)
        try:
            issues = self._read_once(whole)
            if span.start is None and len(issues) >= COUNTED_FROM:
                issues = self._compared(whole, issues, self._counted(whole))
            yield issues, span.end
        except TooManyError:
            windows = self._plan(
                span,
                self._workers.run(lambda: self.count(whole)),
                self._oldest(whole),
                int(CLOUD_ID_PAGE * FILL),
            )
            # One after the other: an issue that changes leaves its window for a later one, which
            # therefore must not have been read before.
            for window, held in windows:
                yield self._compared(window, self.ids(window), held), window.updated.end

    def _counted(self, window: Window) -> int:
        """The count of a window that was read; 0 if Jira does not tell, since it only confirms."""
        with contextlib.suppress(StreamError):
            return self._workers.run(partial(self.count, window))
        return 0

    def _compared(self, window: Window, issues: list[Issue], count: int) -> list[Issue]:
        """The window's issues, read again if they are clearly fewer than Jira counts.

        Under load the search may show fewer issues than there are, for a moment.
        """
        if len(issues) >= count * FEWER - FEWER_BY:
            return issues
        again = unique([*issues, *self.ids(window)])
        logger.info(
            "Jira counts about %d issues where it shows %d; read again, it showed %d.",
            count,
            len(issues),
            len(again),
        )
        return again

    def in_window(self, window: Window) -> Iterator[list[Issue]]:
        """The issues of a window, by id, proven complete."""
        yield self.ids(window)

    def ids(self, window: Window) -> list[Issue]:
        """The window's issues, by id, proven complete.

        Raises:
            IncompleteReadError: the window could not be proven complete.
        """
        try:
            return self._read_once(window)
        except TooManyError:
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
        answer = self._settled(window, IDS, CLOUD_ID_PAGE)
        issues = answer["issues"]
        if not answer.get("nextPageToken"):
            return unique(issues)
        if len(issues) < CLOUD_ID_PAGE // 2:
            # Fewer than asked for, and a token: a short page, maybe the last. Smaller windows
            # might not help.
            found = self._walk(window, SHORT_PAGE_WALKS)
            if found is not None:
                return found
        raise TooManyError

    def _settled(
        self,
        window: Window,
        query: Query,
        size: int,
        token: str | None = None,
        *,
        patient: bool = True,
    ) -> dict[str, t.Any]:
        """An answer that says whether there is more, by its token.

        Some sites say of every last page that it is not the last; but an answer that was cut short
        looks the same. It is believed if the next one is equal.

        Raises:
            TooManyError: they kept differing.
        """
        before: set[str] | None = None
        for _ in range(ATTEMPTS):
            answer = self._ask(window, query, size, token, patient=patient)
            if answer.get("nextPageToken") or answer.get("isLast") is not False:
                return answer
            found = {issue["id"] for issue in answer["issues"]}
            if found == before:
                return answer
            before = found
        raise TooManyError

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
                answer = self._settled(window, IDS, CLOUD_ID_PAGE, token)
            except TooManyError:
                return None
            except BadRequestError:
                if token is None:
                    raise
                return None  # the token is no longer accepted
            issues += unique(answer["issues"])
            token = answer.get("nextPageToken")
            if not token:
                return issues
            if token in tokens:
                return None
            tokens.add(token)

    def _oldest(self, window: Window) -> pendulum.DateTime:
        """When the first issue was updated; the earliest there may be if that cannot be read."""
        try:
            answer = self._ask(window, Query(("updated",)), 1, patient=False)
        except UnavailableError:
            return updated_of([], self.now)
        return updated_of(answer["issues"], self.now)

    def _ask(
        self,
        window: Window,
        query: Query,
        size: int,
        token: str | None = None,
        *,
        patient: bool = True,
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
        answer: dict[str, t.Any] = self._workers.run(
            partial(self._client.ask, request, patient=patient)
        ).payload
        tell(answer.get("warnings"))
        return answer
