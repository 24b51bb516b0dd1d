"""Comment lists that were cut off inside their issues, completed from ``issue/{id}/comment``."""

from __future__ import annotations

import typing as t
from functools import partial

from tap_jira.errors import IncompleteReadError, NotFoundError, StreamError
from tap_jira.http.client import Request
from tap_jira.http.workers import Outcome
from tap_jira.issues.events import (
    Comment,
    CommentPage,
    CommentsRead,
    Event,
    Step,
    Trouble,
    Unread,
    embedded,
)
from tap_jira.issues.unreadable import UnreadableError
from tap_jira.issues.windows import ATTEMPTS, Issue

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tap_jira.http.client import JiraClient
    from tap_jira.http.workers import Job, Workers
    from tap_jira.issues.unreadable import Unreadable

COMMENT_PAGE = 100
"""Most comments in one answer of ``issue/{id}/comment`` on Cloud."""
EQUAL_READS = 3
"""Reads that have to agree if they lack comments that were seen inside the issue."""

_Versions = list[tuple[object, object]]


class CommentLists:
    """Completes comment lists; ``wanted`` tells whether an issue's comments are.

    **A list is whole** if it has as many comments as its ``total`` says, each page beginning with
    the last comment of the one before. But a total can differ from what is shown for good: it may
    count what this user is not shown, or a comment of which only the number is left. So a list is
    whole as well if two reads of it, one after the other, are equal.
    """

    def __init__(
        self,
        client: JiraClient,
        workers: Workers,
        wanted: Callable[[Issue], bool] | None,
        unreadable: Unreadable,
    ) -> None:
        """Take what the comments come through."""
        self._client = client
        self._workers = workers
        self._wanted = wanted
        self._unreadable = unreadable
        self._failed = False
        self.known: Mapping[str, StreamError] = {}
        """Issues whose comments cannot be read, and why: they are not asked for."""

    def completions(self, issues: Iterable[Issue]) -> list[Job[Step]]:
        """Jobs for the comment lists that were cut off: a page each, overlapping by a row."""
        if not self._wanted or self._failed:
            return []
        jobs: list[Job[Step]] = []
        for issue in issues:
            if embedded(issue, "comment")[1] or not self._wanted(issue):
                continue
            if error := self.known.get(issue["id"]):
                jobs.append(partial(Outcome[Step], Unread("comments", issue, error)))
                continue
            page = (issue.get("fields") or {}).get("comment")
            total = page.get("total") if isinstance(page, dict) else None
            if not isinstance(total, int) or self._unreadable.once:
                jobs.append(partial(Outcome[Step], CommentPage(issue, [], None, is_last=True)))
                continue
            starts = range(0, max(total - 1, 1), COMMENT_PAGE - 1)
            jobs += [partial(self._job, issue, start, start == starts[-1]) for start in starts]
        return jobs

    def _job(self, issue: Issue, start: int, is_last: bool) -> Outcome[Step]:  # noqa: FBT001
        """One page; what is wrong with it shows when the list is read again."""
        try:
            comments, total = self._page(issue["id"], start, patient=False)
        except StreamError:
            return Outcome(CommentPage(issue, [], None, is_last))
        self._unreadable.loaded(issue["id"])
        return Outcome(CommentPage(issue, comments, total, is_last))

    def _page(
        self, issue_id: str, start: int, *, patient: bool
    ) -> tuple[list[Comment], int | None]:
        params = {"startAt": start, "maxResults": COMMENT_PAGE, "orderBy": "created"}
        request = Request("GET", "issue/{issue}/comment", {"issue": issue_id}, params)
        page = self._client.ask(request, patient=patient).payload
        total = page.get("total")
        return page["comments"], total if isinstance(total, int) else None

    def assembled(self, steps: Iterable[Step]) -> Iterator[Event]:
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
                if fits and len(comments) == step.total:
                    yield CommentsRead(step.issue, comments)
                elif not self._failed:
                    yield self._workers.run(partial(self._again, step.issue))
                comments, fits = [], True

    def _again(self, issue: Issue) -> Event:
        """All comments of an issue, one page after the other."""

        def ask(issue_id: str, patient: bool) -> list[Comment]:  # noqa: FBT001 - a callback
            seen = embedded(issue, "comment")[0] if issue_id == issue["id"] else []
            return self._read(issue_id, {comment["id"] for comment in seen}, patient=patient)

        try:
            return CommentsRead(issue, self._unreadable.read(issue["id"], ask))
        except NotFoundError:
            return CommentsRead(issue, [])
        except UnreadableError as error:
            return Unread("comments", issue, error.error)
        except StreamError as error:
            self._failed = True
            return Trouble("comments", error)

    def _read(self, issue_id: str, seen: set[str], *, patient: bool) -> list[Comment]:
        """A list that adds up, or that two reads agree on.

        ``seen`` came inside the issue. A list without them may be cut short rather than changed,
        so more reads have to agree on it.

        Raises:
            IncompleteReadError: it kept changing.
        """
        before: _Versions | None = None
        agreed = 0
        for _ in range(ATTEMPTS):
            comments, total = self._walk(issue_id, patient=patient)
            if comments is None:
                before = None
                continue
            if len(comments) == total:
                return comments
            versions = [(each["id"], each.get("updated")) for each in comments]
            agreed = agreed + 1 if versions == before else 1
            before = versions
            if agreed >= (EQUAL_READS if seen - {each["id"] for each in comments} else 2):
                return comments
        msg = f"The comments of issue {issue_id} kept changing while they were read: run again."
        raise IncompleteReadError(msg)

    def _walk(self, issue_id: str, *, patient: bool) -> tuple[list[Comment] | None, int | None]:
        """One read from the first to the last page, and the total that it said in the end.

        There are no comments if the pages did not fit together.
        """
        comments, total = self._page(issue_id, 0, patient=patient)
        while comments and len(comments) != total:
            rows, total = self._page(issue_id, len(comments) - 1, patient=patient)
            if not rows or rows[0]["id"] != comments[-1]["id"]:
                return None, total
            if len(rows) == 1:
                # The last one, unless pages hold a single comment.
                rows[1:], total = self._page(issue_id, len(comments), patient=patient)
            if len(rows) == 1:
                break
            comments = [*comments, *rows[1:]]
        return comments, total
