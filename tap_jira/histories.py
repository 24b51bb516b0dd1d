"""Histories on Cloud, from ``POST /rest/api/3/changelog/bulkfetch``."""

from __future__ import annotations

import typing as t
from functools import partial

import msgspec

from tap_jira.client import Request
from tap_jira.decode import decode
from tap_jira.errors import IncompleteReadError, StreamError
from tap_jira.events import HistoriesRead, Step, Trouble
from tap_jira.workers import Outcome

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_jira.client import JiraClient
    from tap_jira.workers import Job

HISTORY_PAGE = 10_000
"""Most histories in one answer of ``changelog/bulkfetch``."""


class _IssueHistories(msgspec.Struct, rename="camel"):
    """``{"issueId": "10002", "changeHistories": […]}``."""

    issue_id: str | int
    change_histories: msgspec.Raw = msgspec.Raw(b"[]")


class _HistoryPage(msgspec.Struct, rename="camel"):
    """An answer of ``changelog/bulkfetch``."""

    issue_change_logs: list[_IssueHistories]
    next_page_token: str | None = None


_history_page = partial(decode, kind=_HistoryPage)


class Histories:
    """Asks for the histories of issues, page after page.

    With ``whole``, an issue's are handed out together.
    """

    def __init__(self, client: JiraClient, *, whole: bool) -> None:
        """Take what they come through."""
        self._client = client
        self._whole = whole
        self._failed = False

    def jobs(self, ids: Sequence[str]) -> Iterator[Job[Step]]:
        """What has to be asked for these issues; nothing once that has failed."""
        if ids and not self._failed:
            yield partial(self._job, ids, (None,))

    def _job(self, ids: Sequence[str], tokens: tuple[str | None, ...]) -> Outcome[Step]:
        """One page of ``POST /rest/api/3/changelog/bulkfetch``.

        ``{issueChangeLogs: [{issueId, changeHistories: [{id, author, created, items}]}],
        nextPageToken?}``, ordered by date across all issues: an issue is complete only with the
        last page. `created` is in epoch milliseconds.
        """
        try:
            page = self._page(ids, tokens)
            pages = [page]
            while self._whole and page.next_page_token:
                tokens = (*tokens, page.next_page_token)
                page = self._page(ids, tokens)
                pages.append(page)
        except StreamError as error:
            self._failed = True
            return Outcome(Trouble("histories", error))
        encoded: dict[str, list[msgspec.Raw]] = {}
        for each in (each for page in pages for each in page.issue_change_logs):
            encoded.setdefault(str(each.issue_id), []).append(each.change_histories)
        following = page.next_page_token
        then = [partial(self._job, ids, (*tokens, following))] if following else []
        return Outcome(HistoriesRead(list(encoded.items())), then)

    def _page(self, ids: Sequence[str], tokens: tuple[str | None, ...]) -> _HistoryPage:
        """The page of the last of the tokens; the others were had before."""
        body: dict[str, t.Any] = {"issueIdsOrKeys": list(ids), "maxResults": HISTORY_PAGE}
        if tokens[-1]:
            body["nextPageToken"] = tokens[-1]
        request = Request("POST", "changelog/bulkfetch", json=body, read=_history_page)
        page: _HistoryPage = self._client.ask(request).payload
        if page.next_page_token in tokens[1:]:
            msg = "Jira's changelog pages repeat themselves: run again."
            raise IncompleteReadError(msg)
        return page
