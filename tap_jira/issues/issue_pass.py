"""One pass over changed issues, for every stream that derives from them.

Issues, comments and changelogs that start from the same bookmark are read together: the search
and the issues' content are asked for once. What is cut off inside an issue is completed: comment
lists beyond their embedded limit (20 on Cloud) from ``issue/{id}/comment``, histories on Cloud
from ``changelog/bulkfetch`` altogether (embedded ones end at 40).

The pass hands out events in order; the streams make records of them. An issue that cannot be read
while others can is an event as well: it holds up no other.
"""

from __future__ import annotations

import contextlib
import logging
import typing as t
from functools import partial

from tap_jira.errors import IncompleteReadError, NotFoundError, StreamError
from tap_jira.http.workers import Outcome
from tap_jira.issues.comment_lists import CommentLists
from tap_jira.issues.content import CloudContent, Content, OffsetContent, read_alone
from tap_jira.issues.events import (
    Event,
    IssuesRead,
    Milestone,
    Needs,
    Step,
    Trouble,
    Unread,
    embedded,
)
from tap_jira.issues.histories import Histories
from tap_jira.issues.issue_worklogs import WorklogLists
from tap_jira.issues.offset_pages import UNREAD
from tap_jira.issues.portions import Portions
from tap_jira.issues.query import Query
from tap_jira.issues.search_cloud import CLOUD_PAGE, CloudSearch
from tap_jira.issues.singly import SingleReads
from tap_jira.issues.unreadable import OnceAsked, Unreadable, UnreadableError
from tap_jira.issues.windows import DATED, IDS
from tap_jira.jira.reindexing import under_reconstruction

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pendulum

    from tap_jira.http.client import JiraClient
    from tap_jira.http.workers import Job, Workers
    from tap_jira.issues.search_dc import OffsetSearch
    from tap_jira.issues.windows import Issue
    from tap_jira.jira.jql import Span

logger = logging.getLogger("tap-jira.issues")

EQUAL_READS = 3
"""Times that a changelog is read which does not say how long it is."""


class IssuePass:
    """Reads a span of issues for some streams; what differs by product is in the subclasses."""

    _content: Content

    def __init__(
        self,
        client: JiraClient,
        workers: Workers,
        needs: Needs,
        search: CloudSearch | OffsetSearch,
        *,
        once: bool = False,
    ) -> None:
        """Take what the streams need; with ``once``, issues that fail are not tried again."""
        self._client = client
        self._workers = workers
        self._needs = needs
        self._once = once
        fields = set(needs.fields) | {"created", "updated"}
        if needs.comments:
            fields.add("comment")
        if needs.worklogs:
            fields.add("worklog")
        self._fields = tuple(sorted(fields))
        self._some_ids = OnceAsked(search.some_ids)
        self._comments = CommentLists(client, workers, needs.comments, self._unreadable())
        self._worklogs = WorklogLists(client, needs.worklogs, self._unreadable())
        self._singly = SingleReads(needs.singly, self._unreadable)
        self.vanished = 0
        """Issues that were found but gone, or no longer visible, when they were read."""
        self.read = self.expected = 0
        """Issues read, and about how many there are, as far as is known."""

    def _unreadable(self) -> Unreadable:
        """Who judges the failures of a part."""
        return Unreadable(once=self._once, elsewhere=self._some_ids)

    def events(self, span: Span, *, small: bool) -> Iterator[Event]:
        """Everything in the span; ``small`` if little is expected."""
        raise NotImplementedError

    def _completions(self, issues: list[Issue]) -> list[Job[Step]]:
        """What is left to ask for each issue."""
        return [
            *self._worklogs.completions(issues),
            *self._comments.completions(issues),
            *self._singly.completions(issues),
        ]

    def owed(self, ids: Sequence[str]) -> Iterator[Event]:
        """What is in issues that could not be read by an earlier run; gone ones have nothing."""
        raise NotImplementedError

    def by_ids(self, ids: Sequence[str]) -> Iterator[Event]:
        """What is in these issues, whenever they were changed; gone ones have nothing."""
        raise NotImplementedError

    def leave_out(self, known: Mapping[str, Mapping[str, StreamError]]) -> None:
        """By part: issues that were asked for already in this run, and could not be read."""
        self._comments.known = known.get("comments", {})
        self._worklogs.known = known.get("worklogs", {})
        self._singly.known = known
        self._content.known = {**known.get("content", {}), **known.get("", {})}

    def log_vanished(self) -> None:
        """Say how many issues could not be read any more."""
        if self.vanished:
            logger.info(
                "%d issues were gone, or no longer visible, when they were read.", self.vanished
            )


class CloudPass(IssuePass):
    """Ids first, then content and histories of the ids in bulk, concurrently."""

    def __init__(
        self,
        client: JiraClient,
        workers: Workers,
        needs: Needs,
        search: CloudSearch,
        *,
        once: bool = False,
    ) -> None:
        """Take the search."""
        super().__init__(client, workers, needs, search, once=once)
        self._search = search
        expand = (*needs.expand, *(("changelog",) if needs.moves else ()))
        self._query = Query(self._fields, expand, needs.encoded, needs.shapes)
        self._content = CloudContent(client, self._query, Portions(CLOUD_PAGE), self._unreadable())
        self._histories = Histories(
            client, workers, self._unreadable(), self._described, whole=needs.increment
        )

    def leave_out(self, known: Mapping[str, Mapping[str, StreamError]]) -> None:
        """See :meth:`IssuePass.leave_out`."""
        super().leave_out(known)
        self._histories.known = known.get("histories", {})

    def events(self, span: Span, *, small: bool) -> Iterator[Event]:
        """See :meth:`IssuePass.events`."""
        if small:
            query = self._query if self._needs.content else DATED
            first = self._search.first_page(span, query)
            if first is not None:
                yield from self._done(self._page_jobs(first))
                yield Milestone(span.end)
                return
        yield from self._done(self._jobs(span))

    def owed(self, ids: Sequence[str]) -> Iterator[Event]:
        """See :meth:`IssuePass.owed`."""
        return self._done(self._owed_jobs(ids))

    def _owed_jobs(self, ids: Sequence[str]) -> Iterator[Job[Step]]:
        if self._needs.content:
            yield from (partial(self._content_job, [{"id": each}]) for each in ids)
        for issue_id in ids if self._needs.histories else ():
            issue: Issue = {"id": issue_id}
            if not self._needs.content:  # its key is not known
                issue = self._workers.run(partial(self._described, issue))
                yield partial(Outcome[Step], IssuesRead([issue]))
            yield from self._histories.jobs([issue])

    def by_ids(self, ids: Sequence[str]) -> Iterator[Event]:
        """See :meth:`IssuePass.by_ids`."""
        size = self._histories.segment
        for start in range(0, len(ids), size):
            issues: list[Issue] = [{"id": each} for each in ids[start : start + size]]
            if not self._needs.content:  # their keys are not known
                issues = self._workers.run(
                    partial(self._search.by_ids, [each["id"] for each in issues], IDS)
                )
            yield from self._done(self._segment(issues, dated=True))

    def _done(self, jobs: Iterator[Job[Step]]) -> Iterator[Event]:
        steps: Iterator[Step] = self._workers.in_order(jobs)
        if self._needs.histories:
            steps = self._histories.confirmed(steps)
        return self._comments.assembled(steps)

    def _page_jobs(self, issues: list[Issue]) -> Iterator[Job[Step]]:
        """What is left to do for issues whose content is at hand."""
        if self._needs.content:
            yield partial(self._content_job, issues, issues)
        else:
            yield partial(Outcome[Step], IssuesRead(issues))
        if self._needs.histories:
            yield from self._histories.jobs(issues)

    def _jobs(self, span: Span) -> Iterator[Job[Step]]:
        """All that has to be asked for, window by window."""
        listed = 0
        for issues, end in self._windows(span):
            listed += len(issues)
            self.expected = max(self._search.expected, listed)
            for start in range(0, len(issues), self._histories.segment):
                segment = issues[start : start + self._histories.segment]
                yield from self._segment(segment, dated=self._search.may_lag(end))
            yield partial(Outcome[Step], Milestone(end))

    def _segment(self, issues: list[Issue], *, dated: bool) -> Iterator[Job[Step]]:
        """All that has to be asked for some issues; ``dated``: their versions matter."""
        size = self._search.page_size
        if self._needs.content or dated:
            read = self._content_job if self._needs.content else self._dated_job
            for at in range(0, len(issues), size):
                yield partial(read, issues[at : at + size])
        else:  # their keys are all there is to know
            yield partial(Outcome[Step], IssuesRead(issues))
        if self._needs.histories:
            yield from self._histories.jobs(issues)

    def _windows(self, span: Span) -> Iterator[tuple[list[Issue], pendulum.DateTime | None]]:
        """The ids; without content those of the latest changes by themselves."""
        for part in [span] if self._needs.content else self._search.parts(span):
            yield from self._search.id_windows(part)

    def _dated_job(self, issues: Sequence[Issue]) -> Outcome[Step]:
        """The latest changes, with their ``updated``: they may not be whole, or not all shown."""
        return Outcome(IssuesRead(self._search.dated(issues)))

    def _content_job(self, issues: Sequence[Issue], read: Sequence[Issue] = ()) -> Outcome[Step]:
        """Issues with their content, of which some are ``read``; what is cut off follows.

        A comment list that failed to load is completed from its own resource.
        """
        ids = [each["id"] for each in issues]
        found, failed = self._content.read(ids, read)
        self.vanished += len(ids) - len(found) - len(failed)
        then = self._completions(found)
        for issue in issues:
            if error := failed.get(issue["id"]):
                unread = Unread("content", self._described(issue), error)
                then.append(partial(Outcome[Step], unread))
        return Outcome(IssuesRead(found), then)

    def _described(self, issue: Issue) -> Issue:
        """The issue with its key and its ``updated``, as far as the index shows them."""
        queries = (IDS,) if self._once else (Query(("updated",)), IDS)
        for query in queries:
            with contextlib.suppress(StreamError):
                for found in self._search.by_ids([issue["id"]], query):
                    return found
        return {"id": issue["id"], "key": issue.get("key")}


class OffsetPass(IssuePass):
    """Data Center: content, comments and histories all come with the search's pages."""

    def __init__(
        self,
        client: JiraClient,
        workers: Workers,
        needs: Needs,
        search: OffsetSearch,
        *,
        once: bool = False,
    ) -> None:
        """Take the search."""
        super().__init__(client, workers, needs, search, once=once)
        self._search = search
        with_histories = needs.moves or needs.histories
        expand = (*needs.expand, *(("changelog",) if with_histories else ()))
        self._query = Query(self._fields, expand, needs.encoded, needs.shapes)
        self._changelogs = self._unreadable()
        self._changelogs_known: Mapping[str, StreamError] = {}
        self._content = OffsetContent(
            client, self._query, Portions(max(1, search.page_size // 2)), self._unreadable()
        )

    def leave_out(self, known: Mapping[str, Mapping[str, StreamError]]) -> None:
        """See :meth:`IssuePass.leave_out`."""
        super().leave_out(known)
        self._changelogs_known = known.get("histories", {})

    def events(self, span: Span, *, small: bool) -> Iterator[Event]:  # noqa: ARG002 - always so
        """See :meth:`IssuePass.events`."""
        reconstruction = self._workers.run(partial(under_reconstruction, self._client))
        for page in self._search.pages(span, self._query, self._content):
            if page.issues:
                self.expected = self._search.expected
                yield from self._read(page.issues)
            if reconstruction:
                continue
            if page.finished:
                yield Milestone(span.end, self._search.calm)
            elif page.done:
                yield Milestone(page.done)
        if reconstruction:
            yield Trouble("", IncompleteReadError(reconstruction))

    def owed(self, ids: Sequence[str]) -> Iterator[Event]:
        """See :meth:`IssuePass.owed`."""
        for issue_id in ids:
            yield from self.by_ids([issue_id])

    def by_ids(self, ids: Sequence[str]) -> Iterator[Event]:
        """See :meth:`IssuePass.by_ids`."""
        size = self._search.page_size
        for start in range(0, len(ids), size):
            some = list(ids[start : start + size])
            found, failed = self._workers.run(partial(self._content.read, some))
            yield from self._read(found)
            for issue_id, error in failed.items():
                issues: list[Issue] = []
                with contextlib.suppress(StreamError):
                    issues = self._workers.run(partial(self._search.by_ids, [issue_id]))
                yield Unread("", next(iter(issues), {"id": issue_id}), error)

    def _read(self, issues: list[Issue]) -> Iterator[Event]:
        """The issues with all that is in them."""
        whole = [issue for issue in issues if UNREAD not in issue]
        unread: list[Unread] = []
        if self._needs.histories:
            whole = self._with_histories(whole, unread)
        yield IssuesRead(whole)
        jobs = self._completions(whole)
        yield from self._comments.assembled(self._workers.in_order(jobs))
        yield from unread
        for issue in issues:
            if UNREAD in issue:
                yield Unread("", issue, issue[UNREAD])

    def _with_histories(self, issues: list[Issue], unread: list[Unread]) -> list[Issue]:
        """The issues with whole changelogs: there is no other resource for them here."""
        found: list[Issue] = []
        for issue in issues:
            known = self._changelogs_known.get(issue["id"])
            if embedded(issue, "changelog")[1]:
                found.append(issue)
            elif known:
                found.append(issue)
                unread.append(Unread("histories", issue, known))
            else:
                with contextlib.suppress(NotFoundError):
                    found.append(self._with_history(issue, unread))
        self.vanished += len(issues) - len(found)
        return found

    def _with_history(self, issue: Issue, unread: list[Unread]) -> Issue:
        """One with its whole changelog; as it is, if that cannot be read."""
        try:
            return self._workers.run(partial(self._changelog, issue["id"]))
        except UnreadableError as error:
            unread.append(Unread("histories", issue, error.error))
            return issue

    def _changelog(self, issue_id: str) -> Issue:
        """An issue by itself, whose changelog has as many histories as it says.

        If it does not say, two equal answers are believed. If it says more, there are more: there
        is no other page to look for them.
        """

        def ask(issue_id: str, patient: bool) -> Issue:  # noqa: FBT001 - a callback
            before: list[object] | None = None
            for _ in range(EQUAL_READS):
                found = read_alone(self._client, issue_id, self._query, patient=patient)
                histories, complete = embedded(found, "changelog")
                if complete:
                    return found
                ids = [each.get("id") for each in histories]
                if ids == before and "total" not in found.get("changelog", {"total": None}):
                    found["changelog"]["total"] = len(ids)
                    return found
                before = ids
            msg = f"Jira does not give the whole changelog of issue {issue_id}."
            raise IncompleteReadError(msg)

        return self._changelogs.read(issue_id, ask)
