"""The issue search of Jira Cloud: ids by token, content in bulk. See :mod:`.search`."""

from __future__ import annotations

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
from tap_jira.windows import (
    ATTEMPTS,
    FILL,
    IDS,
    Issue,
    TooManyError,
    WindowedSearch,
    unique,
    updated_of,
)

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pendulum

logger = logging.getLogger("tap-jira.search")

CLOUD_ID_PAGE = 5000
"""Most issues in one answer of ``search/jql`` when only ids are asked for."""
CLOUD_PAGE = 100
"""Most issues in one answer with any other field, and of ``issue/bulkfetch``."""
SHORT_PAGE_WALKS = 3
"""Times that a window whose page is short is walked before it is cut."""


class CloudSearch(WindowedSearch):
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

    # What follows runs on the main thread, and only its requests on the pool: splitting a crowded
    # window asks for projects, which is a request of its own.

    def first_page(self, span: Span, query: Query) -> list[Issue] | None:
        """Everything in one answer with its content, or ``None`` if it is too much for that."""
        answer = self._ask(Window(span), query, self.page_size)
        if answer.get("nextPageToken") or answer.get("isLast") is False:
            return None
        return unique(answer["issues"])

    def id_windows(self, span: Span) -> Iterator[tuple[list[Issue], pendulum.DateTime | None]]:
        """Windows in order: the ids in each, and its end."""
        whole = Window(span)
        try:
            yield self._read_once(whole), span.end
        except TooManyError:
            windows = self._plan(
                span,
                self._workers.run(lambda: self.count(whole)),
                self._oldest(whole),
                int(CLOUD_ID_PAGE * FILL),
            )
            # One after the other: an issue that changes leaves its window for a later one, which
            # therefore must not have been read before.
            for window in windows:
                yield self.ids(window), window.updated.end

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
        answer = self._ask(window, IDS, CLOUD_ID_PAGE)
        issues = answer["issues"]
        if not answer.get("nextPageToken"):
            if answer.get("isLast") is False:
                # No token to go on with, yet said not to be the last: do not believe it whole.
                raise TooManyError
            return unique(issues)
        if len(issues) < CLOUD_ID_PAGE // 2:
            # Fewer than asked for, and a token: a short page, maybe the last. Smaller windows
            # might not help.
            found = self._walk(window, SHORT_PAGE_WALKS)
            if found is not None:
                return found
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
                answer = self._ask(window, IDS, CLOUD_ID_PAGE, token)
            except BadRequestError:
                if token is None:
                    raise
                return None  # the token is no longer accepted
            issues += unique(answer["issues"])
            token = answer.get("nextPageToken")
            if not token:
                return None if answer.get("isLast") is False else issues
            if token in tokens:
                return None
            tokens.add(token)

    def _oldest(self, window: Window) -> pendulum.DateTime:
        answer = self._ask(window, Query(("updated",)), 1)
        return updated_of(answer["issues"], self._now)

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
        answer: dict[str, t.Any] = self._workers.run(partial(self._client.ask, request)).payload
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
        issues = unique(self._client.ask(request).payload["issues"])
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
