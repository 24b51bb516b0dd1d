"""One pass over changed issues, for every stream that derives from them.

Issues, comments and changelogs that start from the same bookmark are read together: the search
and the issues' content are asked for once. What is cut off inside an issue is completed: comment
lists beyond their embedded limit (20 on Cloud) from ``issue/{id}/comment``, histories on Cloud
from ``changelog/bulkfetch`` altogether (embedded ones end at 40).

The pass hands out events in order; the streams make records of them.
"""

from __future__ import annotations

import dataclasses
import logging
import typing as t
from functools import partial

import msgspec

from tap_jira.client import Request
from tap_jira.decode import ENCODED_NULL, decode
from tap_jira.errors import IncompleteReadError, NotFoundError, StreamError
from tap_jira.query import Query
from tap_jira.search import ATTEMPTS, CloudSearch, Issue, OffsetSearch
from tap_jira.workers import Outcome

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pendulum

    from tap_jira.client import JiraClient
    from tap_jira.jql import Span
    from tap_jira.workers import Job, Workers

logger = logging.getLogger("tap-jira.issues")

History = dict[str, t.Any]
Comment = dict[str, t.Any]

HISTORY_ISSUES = 1000
"""Most issues in one request of ``changelog/bulkfetch``."""
HISTORY_PAGE = 10_000
"""Most histories in one answer of it."""
COMMENT_PAGE = 100
"""Most comments in one answer of ``issue/{id}/comment`` on Cloud."""

ALWAYS_FILLED = frozenset({"created", "updated", "project", "issuetype", "status"})
"""Fields that no issue is without."""
_ENCODED_EMPTY = msgspec.Raw(b"{}")


@dataclasses.dataclass(frozen=True)
class Needs:
    """What the streams of a pass want to know."""

    fields: tuple[str, ...] = ()
    """Fields of the issues; none if only histories are wanted."""
    encoded: frozenset[str] = frozenset()
    """Those of them whose objects are only handed on: see :class:`.query.Query`."""
    comments: Callable[[Issue], bool] | None = None
    """Whether an issue's comments are wanted, if any are."""
    histories: bool = False
    moves: bool = False
    """Whether it matters which issues were moved: recent histories come with the content."""
    increment: bool = False
    """Whether this is a later run: then an issue's histories are judged together."""


@dataclasses.dataclass(frozen=True)
class IssuesRead:
    """Issues with their fields; comment lists that were cut off follow as `CommentsRead`."""

    issues: list[Issue]


@dataclasses.dataclass(frozen=True)
class CommentsRead:
    """All comments of an issue that has more than were embedded."""

    issue: Issue
    comments: list[Comment]


@dataclasses.dataclass(frozen=True)
class CommentPage:
    """A page of an issue's comments, before it is put together with the others."""

    issue: Issue
    comments: list[Comment]
    total: int
    is_last: bool


@dataclasses.dataclass(frozen=True)
class HistoriesRead:
    """Histories by issue id; an issue's may be spread over several events.

    A page holds up to 10,000 of them and several pages wait for their turn, so they are kept
    encoded until then, at a tenth of the memory.
    """

    encoded: list[tuple[str, list[msgspec.Raw]]]

    @property
    def histories(self) -> Iterator[tuple[str, list[History]]]:
        """Decoded, an issue at a time."""
        for issue_id, parts in self.encoded:
            decoded = (decode(bytes(part)) or () for part in parts)
            yield issue_id, [history for histories in decoded for history in histories]


class _IssueHistories(msgspec.Struct, rename="camel"):
    """``{"issueId": "10002", "changeHistories": […]}``."""

    issue_id: str | int
    change_histories: msgspec.Raw = msgspec.Raw(b"[]")


class _HistoryPage(msgspec.Struct, rename="camel"):
    """An answer of ``changelog/bulkfetch``."""

    issue_change_logs: list[_IssueHistories]
    next_page_token: str | None = None


_history_page = partial(decode, kind=_HistoryPage)


@dataclasses.dataclass(frozen=True)
class Trouble:
    """A part of the pass that could not be read: ``comments``, ``histories``, or all (empty)."""

    part: str
    error: StreamError


@dataclasses.dataclass(frozen=True)
class Milestone:
    """Everything before ``reached`` was handed out; all there is, if it is ``None``.

    ``calm`` is false if so much moved meanwhile that an issue may have been missed which changed
    during the pass: the next one finds it, and must then take all that is in it for new.
    """

    reached: pendulum.DateTime | None
    calm: bool = True


Event: t.TypeAlias = "IssuesRead | CommentsRead | HistoriesRead | Trouble | Milestone"
Step: t.TypeAlias = "Event | CommentPage"


def embedded(issue: Issue, name: str) -> tuple[list[t.Any], bool]:
    """A list inside an issue, and whether it is all there is.

    ``comment`` is a field, ``changelog`` stands beside the fields; both say their ``total``.
    """
    holder = issue if name == "changelog" else issue.get("fields") or {}
    page = holder.get(name)
    if not isinstance(page, dict):
        return [], False
    rows = page.get("histories" if name == "changelog" else "comments") or []
    return rows, len(rows) >= (page.get("total") or 0)


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
        self._fields = tuple(sorted(fields))
        self.vanished = 0
        """Issues that were found but gone, or no longer visible, when they were read."""
        self.read = self.expected = 0
        """Issues read, and about how many there are, as far as is known."""
        self._failed: set[str] = set()

    def events(self, span: Span, *, small: bool) -> Iterator[Event]:
        """Everything in the span; ``small`` if little is expected."""
        raise NotImplementedError

    def log_vanished(self) -> None:
        """Say how many issues could not be read any more."""
        if self.vanished:
            logger.info(
                "%d issues were gone, or no longer visible, when they were read.", self.vanished
            )

    def _completions(self, issues: Iterable[Issue]) -> list[Job[Step]]:
        """Jobs for the comment lists that were cut off: a page each, overlapping by a row."""
        if not self._needs.comments:
            return []
        jobs: list[Job[Step]] = []
        for issue in issues:
            if embedded(issue, "comment")[1] or not self._needs.comments(issue):
                continue
            page = (issue.get("fields") or {}).get("comment")
            total = int(page["total"]) if isinstance(page, dict) else 0
            starts = range(0, max(total - 1, 1), COMMENT_PAGE - 1)
            jobs += [
                partial(self._comments_job, issue, start, start == starts[-1]) for start in starts
            ]
        return jobs

    def _comments_job(self, issue: Issue, start: int, is_last: bool) -> Outcome[Step]:  # noqa: FBT001
        try:
            comments, total = self._comment_page(issue["id"], start)
            return Outcome(CommentPage(issue, comments, total, is_last))
        except NotFoundError:
            return Outcome(CommentPage(issue, [], 0, is_last))
        except StreamError as error:
            return Outcome(Trouble("comments", error))

    def _comment_page(self, issue_id: str, start: int) -> tuple[list[Comment], int]:
        params = {"startAt": start, "maxResults": COMMENT_PAGE, "orderBy": "created"}
        page = self._client.get("issue/{issue}/comment", params, issue=issue_id)
        return page["comments"], int(page["total"])

    def _assembled(self, steps: Iterable[Step]) -> Iterator[Event]:
        """Put an issue's pages of comments together.

        If the last row of each is the first of the next and they add up to the total, then the
        list is whole; if not, a comment was added or deleted meanwhile, and it is read again.
        """
        comments: list[Comment] = []
        fits = True
        for step in steps:
            if not isinstance(step, CommentPage):
                yield step
                continue
            rows = step.comments
            if comments:
                fits = fits and bool(rows) and rows[0]["id"] == comments[-1]["id"]
                rows = rows[1:]
            comments += rows
            if step.is_last:
                if not fits or len(comments) != step.total:
                    yield self._workers.run(partial(self._comments_again, step.issue))
                else:
                    yield CommentsRead(step.issue, comments)
                comments, fits = [], True

    def _comments_again(self, issue: Issue) -> Event:
        """All comments of an issue, one page after the other."""
        try:
            for _ in range(ATTEMPTS):
                comments, total = self._comment_page(issue["id"], 0)
                while comments and len(comments) < total:
                    rows, total = self._comment_page(issue["id"], len(comments) - 1)
                    if len(rows) < 2 or rows[0]["id"] != comments[-1]["id"]:  # noqa: PLR2004
                        break
                    comments += rows[1:]
                if len(comments) == total:
                    return CommentsRead(issue, comments)
        except NotFoundError:
            return CommentsRead(issue, [])
        except StreamError as error:
            return Trouble("comments", error)
        msg = f"The comments of issue {issue['id']} kept changing while they were read: run again."
        return Trouble("comments", IncompleteReadError(msg))


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
        self._wants_content = bool(needs.fields or needs.comments)

    def events(self, span: Span, *, small: bool) -> Iterator[Event]:
        """See :meth:`IssuePass.events`."""
        if small and self._wants_content:
            first = self._workers.run(lambda: self._search.first_page(span, self._query))
            if first is not None:
                yield from self._assembled(self._workers.in_order(self._page_jobs(first)))
                yield Milestone(span.end)
                return
        yield from self._assembled(self._workers.in_order(self._jobs(span)))

    def _page_jobs(self, issues: list[Issue]) -> Iterator[Job[Step]]:
        """What is left to do for issues whose content is at hand."""
        yield lambda: self._read(issues)
        yield from self._history_jobs([issue["id"] for issue in issues])

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
                yield from self._history_jobs(segment)
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

    def _history_jobs(self, ids: Sequence[str]) -> Iterator[Job[Step]]:
        if self._needs.histories and ids and "histories" not in self._failed:
            yield partial(self._histories_job, ids, (None,))

    def _histories_job(self, ids: Sequence[str], tokens: tuple[str | None, ...]) -> Outcome[Step]:
        """One page of ``POST /rest/api/3/changelog/bulkfetch``.

        ``{issueChangeLogs: [{issueId, changeHistories: [{id, author, created, items}]}],
        nextPageToken?}``, ordered by date across all issues: an issue is complete only with the
        last page. `created` is in epoch milliseconds.
        """
        try:
            page = self._histories_page(ids, tokens)
            pages = [page]
            while self._needs.increment and page.next_page_token:
                tokens = (*tokens, page.next_page_token)
                page = self._histories_page(ids, tokens)
                pages.append(page)
        except StreamError as error:
            self._failed.add("histories")
            return Outcome(Trouble("histories", error))
        encoded: dict[str, list[msgspec.Raw]] = {}
        for each in (each for page in pages for each in page.issue_change_logs):
            encoded.setdefault(str(each.issue_id), []).append(each.change_histories)
        following = page.next_page_token
        then = [partial(self._histories_job, ids, (*tokens, following))] if following else []
        return Outcome(HistoriesRead(list(encoded.items())), then)

    def _histories_page(self, ids: Sequence[str], tokens: tuple[str | None, ...]) -> _HistoryPage:
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
                yield from self._assembled(self._workers.in_order(self._completions(issues)))
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
