"""Pages of the issue search of Data Center and Server, which are asked for by offset.

What they prove together is in :mod:`.search_dc`.
"""

from __future__ import annotations

import logging
import types
import typing as t
from functools import partial

from tap_jira.errors import BadRequestError, UnavailableError
from tap_jira.http.client import Request
from tap_jira.issues.offset_rows import Rows, rows_of
from tap_jira.issues.query import Query
from tap_jira.issues.windows import (
    SOME,
    Issue,
    TooManyError,
    WindowedSearch,
    ids_of,
    tell,
    unique,
    version_of,
)
from tap_jira.jira.jql import Window

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_jira.errors import StreamError
    from tap_jira.issues.content import Content

logger = logging.getLogger("tap-jira.search")

SLIM = Query(("updated",))
"""What proofs need of an issue; it loads where other things in the issue are broken."""
BARE = Query(("id",))
"""The least that there is to ask."""
LOOK = 1000
"""Issues of which little is asked that one answer holds: what Jira allows, unless set lower."""
HEAVY_PAGES = 2
"""Pages that are too heavy in one piece until none is asked for like that any more."""
UNREAD = "unread"
"""The member of an issue that could not be read, with the error; it has its `updated` beside it."""


class OffsetPages(WindowedSearch):
    """``POST /rest/api/2/search``; a page that cannot be had in one piece comes in parts."""

    _content: Content | None = None
    _failed: t.Mapping[str, StreamError] = types.MappingProxyType({})
    """Issues that could not be read, and why: a page that is read again does not ask for them."""
    _heavy = 0

    def count(self, window: Window) -> int:
        """The ``total`` of a page without rows."""
        return int(self._send(window, BARE, 0, 0, patient=True)["total"])

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

    def _look(self, window: Window) -> list[Issue] | None:
        """All of a window's issues with their ``updated``, if one answer holds them."""
        look = partial(self._send, window, SLIM, 0, LOOK, patient=False)
        try:
            rows, total = rows_of(self._workers.run(look), LOOK)
        except (TooManyError, UnavailableError):
            return None
        return rows if len(rows) >= total else None

    def _with_content(self, rows: list[Issue]) -> list[Issue]:
        """Those that are still there, with their content; what cannot be read is told of."""
        if self._content is None:
            return rows
        ids = [row["id"] for row in rows]
        found, failed = self._workers.run(partial(self._content.read, ids))
        unread = [{**row, UNREAD: failed[row["id"]]} for row in rows if row["id"] in failed]
        return [*found, *unread]
