"""Comment lists that were cut off inside their issues, completed from ``issue/{id}/comment``."""

from __future__ import annotations

import typing as t
from functools import partial

from tap_jira.errors import IncompleteReadError, NotFoundError, StreamError
from tap_jira.events import Comment, CommentPage, CommentsRead, Event, Step, Trouble, embedded
from tap_jira.windows import ATTEMPTS, Issue
from tap_jira.workers import Outcome

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_jira.client import JiraClient
    from tap_jira.workers import Job, Workers

COMMENT_PAGE = 100
"""Most comments in one answer of ``issue/{id}/comment`` on Cloud."""


class CommentLists:
    """Completes comment lists; ``wanted`` tells whether an issue's comments are."""

    def __init__(
        self, client: JiraClient, workers: Workers, wanted: Callable[[Issue], bool] | None
    ) -> None:
        """Take what the comments come through."""
        self._client = client
        self._workers = workers
        self._wanted = wanted

    def completions(self, issues: Iterable[Issue]) -> list[Job[Step]]:
        """Jobs for the comment lists that were cut off: a page each, overlapping by a row."""
        if not self._wanted:
            return []
        jobs: list[Job[Step]] = []
        for issue in issues:
            if embedded(issue, "comment")[1] or not self._wanted(issue):
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
