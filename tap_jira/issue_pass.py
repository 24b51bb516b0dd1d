"""One pass over changed issues, for every stream that derives from them.

Issues, comments and changelogs that start from the same bookmark are read together: the search
and the issues' content are asked for once. What is cut off inside an issue is completed: comment
lists beyond their embedded limit (20 on Cloud) from ``issue/{id}/comment``, histories on Cloud
from ``changelog/bulkfetch`` altogether (embedded ones end at 40).

The pass hands out events in order; the streams make records of them.
"""

from __future__ import annotations

import logging
import typing as t
from functools import partial

import msgspec

from tap_jira.comment_lists import CommentLists
from tap_jira.decode import ENCODED_NULL
from tap_jira.errors import IncompleteReadError, NotFoundError
from tap_jira.events import Event, IssuesRead, Milestone, Needs, Step, embedded
from tap_jira.histories import Histories
from tap_jira.issue_worklogs import WorklogLists
from tap_jira.query import Query
from tap_jira.windows import ATTEMPTS, Issue
from tap_jira.workers import Outcome

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_jira.client import JiraClient
    from tap_jira.jql import Span
    from tap_jira.search_cloud import CloudSearch
    from tap_jira.search_dc import OffsetSearch
    from tap_jira.workers import Job, Workers

logger = logging.getLogger("tap-jira.issues")

HISTORY_ISSUES = 1000
"""Most issues in one request of ``changelog/bulkfetch``."""
ALWAYS_FILLED = frozenset({"created", "updated", "project", "issuetype", "status"})
"""Fields that no issue is without."""
_ENCODED_EMPTY = msgspec.Raw(b"{}")


class IssuePass:
    """Reads a span of issues for some streams; what differs by product is in the subclasses."""

    def __init__(self, client: JiraClient, workers: Workers, needs: Needs) -> None:
        """Take what the streams need."""
        self._client = client
        self._workers = workers
        self._needs = needs
        fields = set(needs.fields) | {"created", "updated"}
        if needs.comments:
            fields.add("comment")
        if needs.worklogs:
            fields.add("worklog")
        self._fields = tuple(sorted(fields))
        self.vanished = 0
        """Issues that were found but gone, or no longer visible, when they were read."""
        self.read = self.expected = 0
        """Issues read, and about how many there are, as far as is known."""
        self._comments = CommentLists(client, workers, needs.comments)
        self._worklogs = WorklogLists(client, needs.worklogs)

    def events(self, span: Span, *, small: bool) -> Iterator[Event]:
        """Everything in the span; ``small`` if little is expected."""
        raise NotImplementedError

    def _completions(self, issues: list[Issue]) -> list[Job[Step]]:
        """What is left to ask for each issue."""
        return [*self._worklogs.completions(issues), *self._comments.completions(issues)]

    def log_vanished(self) -> None:
        """Say how many issues could not be read any more."""
        if self.vanished:
            logger.info(
                "%d issues were gone, or no longer visible, when they were read.", self.vanished
            )


class CloudPass(IssuePass):
    """Ids first, then content and histories of the ids in bulk, concurrently."""

    def __init__(
        self, client: JiraClient, workers: Workers, needs: Needs, search: CloudSearch
    ) -> None:
        """Take the search."""
        super().__init__(client, workers, needs)
        self._search = search
        expand = ("changelog",) if needs.moves else ()
        self._query = Query(self._fields, expand, needs.encoded)
        self._always = ALWAYS_FILLED.intersection(self._fields)
        self._histories = Histories(client, whole=needs.increment)
        self._wants_content = bool(needs.fields or needs.comments or needs.worklogs)

    def events(self, span: Span, *, small: bool) -> Iterator[Event]:
        """See :meth:`IssuePass.events`."""
        if small and self._wants_content:
            first = self._search.first_page(span, self._query)
            if first is not None:
                yield from self._comments.assembled(self._workers.in_order(self._page_jobs(first)))
                yield Milestone(span.end)
                return
        yield from self._comments.assembled(self._workers.in_order(self._jobs(span)))

    def _page_jobs(self, issues: list[Issue]) -> Iterator[Job[Step]]:
        """What is left to do for issues whose content is at hand."""
        yield lambda: self._read(issues)
        if self._needs.histories:
            yield from self._histories.jobs([issue["id"] for issue in issues])

    def _jobs(self, span: Span) -> Iterator[Job[Step]]:
        """All that has to be asked for, window by window."""
        size = self._search.page_size
        listed = 0
        for issues, end in self._search.id_windows(span):
            ids = [issue["id"] for issue in issues]
            listed += len(ids)
            self.expected = max(self._search.expected, listed)
            for start in range(0, len(ids), HISTORY_ISSUES):
                segment = ids[start : start + HISTORY_ISSUES]
                if self._wants_content:
                    for at in range(0, len(segment), size):
                        yield partial(self._content_job, segment[at : at + size])
                else:  # their keys are all there is to know
                    found = issues[start : start + HISTORY_ISSUES]
                    yield partial(Outcome[Step], IssuesRead(found))
                if self._needs.histories:
                    yield from self._histories.jobs(segment)
            yield partial(Outcome[Step], Milestone(end))

    def _content_job(self, ids: Sequence[str]) -> Outcome[Step]:
        issues = self._search.fetch(ids, self._query)
        absent = [*dict.fromkeys(ids).keys() - {issue["id"] for issue in issues}]
        if absent:  # gone, most likely; an answer cut short looks the same
            issues += self._search.fetch(absent, self._query)
        self.vanished += len(ids) - len(issues)
        return self._read(issues)

    def _read(self, issues: list[Issue]) -> Outcome[Step]:
        """Check what was read, and have the rest completed.

        When a field fails to load, Jira leaves it out and says nothing (``failFast`` is off). The
        ones that every issue has tell; a missing comment list is completed from its own resource.
        """
        whole = [issue for issue in issues if self._is_whole(issue)]
        if len(whole) < len(issues):
            again = [issue["id"] for issue in issues if not self._is_whole(issue)]
            for _ in range(ATTEMPTS):
                found = self._search.fetch(again, self._query)
                whole += [issue for issue in found if self._is_whole(issue)]
                again = [issue["id"] for issue in found if not self._is_whole(issue)]
                if not again:
                    break
            else:
                msg = f"Jira left out fields of issue {again[0]} every time: run again later."
                raise IncompleteReadError(msg)
        return Outcome(IssuesRead(whole), self._completions(whole))

    def _is_whole(self, issue: Issue) -> bool:
        fields = issue.get("fields") or {}
        values = [*map(fields.get, self._always)]
        return all(values) and ENCODED_NULL not in values and _ENCODED_EMPTY not in values


class OffsetPass(IssuePass):
    """Data Center: content, comments and histories all come with the search's pages."""

    def __init__(
        self, client: JiraClient, workers: Workers, needs: Needs, search: OffsetSearch
    ) -> None:
        """Take the search."""
        super().__init__(client, workers, needs)
        self._search = search
        expand = ("changelog",) if needs.moves or needs.histories else ()
        self._query = Query(self._fields, expand, needs.encoded)

    def events(self, span: Span, *, small: bool) -> Iterator[Event]:  # noqa: ARG002 - always so
        """See :meth:`IssuePass.events`."""
        for page in self._search.pages(span, self._query):
            if page.issues:
                self.expected = self._search.expected
                issues = self._with_histories(page.issues)
                yield IssuesRead(issues)
                yield from self._comments.assembled(
                    self._workers.in_order(self._completions(issues))
                )
            if page.finished:
                yield Milestone(span.end, self._search.calm)
            elif page.done:
                yield Milestone(page.done)

    def _with_histories(self, issues: list[Issue]) -> list[Issue]:
        """The issues with whole changelogs: there is no other resource for them here."""
        if not self._needs.histories:
            return issues
        whole = [
            issue if embedded(issue, "changelog")[1] else self._read_alone(issue)
            for issue in issues
        ]
        self.vanished += whole.count(None)
        return [issue for issue in whole if issue is not None]

    def _read_alone(self, issue: Issue) -> Issue | None:
        """The issue on its own; ``None`` if it is gone."""

        def read() -> Issue:
            return t.cast(
                "Issue",
                self._client.get(
                    "issue/{issue}",
                    {"fields": ",".join(self._fields), "expand": "changelog"},
                    issue=issue["id"],
                ),
            )

        try:
            found = self._workers.run(read)
        except NotFoundError:
            return None
        if not embedded(found, "changelog")[1]:
            msg = f"Jira does not give the whole changelog of issue {issue['id']}."
            raise IncompleteReadError(msg)
        return found
