"""The worklogs of one issue: inside it, or from their own resource.

Both products put the first 20 into an issue's field ``worklog``: ``{"startAt": 0, "maxResults": 20,
"total": 2454, "worklogs": […]}``. ``GET issue/{id}/worklog`` has them all: on Data Center in one
answer, on Cloud in pages of up to 5,000.
"""

from __future__ import annotations

import typing as t
from functools import partial

from tap_jira.errors import IncompleteReadError, NotFoundError, StreamError
from tap_jira.http.client import Request
from tap_jira.http.workers import Outcome
from tap_jira.issues.events import Step, Trouble, Unread, Worklog, WorklogsRead, embedded
from tap_jira.issues.unreadable import UnreadableError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_jira.http.client import JiraClient
    from tap_jira.http.workers import Job
    from tap_jira.issues.unreadable import Unreadable
    from tap_jira.issues.windows import Issue

PAGE = 5000
"""Most worklogs in one answer on Cloud."""
ATTEMPTS = 5
"""Times that an issue's worklogs are read which change meanwhile."""


class WorklogLists:
    """Completes worklog lists; ``wanted`` tells whether an issue's worklogs are."""

    def __init__(
        self,
        client: JiraClient,
        wanted: Callable[[Issue], bool] | None,
        unreadable: Unreadable,
    ) -> None:
        """Take what the worklogs come through."""
        self._client = client
        self._wanted = wanted
        self._unreadable = unreadable
        self.known: Mapping[str, StreamError] = {}
        """Issues whose worklogs cannot be read, and why: they are not asked for."""

    def completions(self, issues: Iterable[Issue]) -> list[Job[Step]]:
        """Jobs for the worklog lists that were cut off, or are not there."""
        wanted = self._wanted
        if not wanted:
            return []
        return [
            partial(self._job, issue)
            for issue in issues
            if not embedded(issue, "worklog")[1] and wanted(issue)
        ]

    def _job(self, issue: Issue) -> Outcome[Step]:
        if error := self.known.get(issue["id"]):
            return Outcome(Unread("worklogs", issue, error))

        def ask(issue_id: str, patient: bool) -> WorklogsRead:  # noqa: FBT001 - a callback
            asked = issue if issue_id == issue["id"] else {"id": issue_id}
            return read_worklogs(self._client, asked, patient=patient)

        try:
            return Outcome(self._unreadable.read(issue["id"], ask))
        except UnreadableError as error:
            return Outcome(Unread("worklogs", issue, error.error))
        except StreamError as error:
            return Outcome(Trouble("worklogs", error))


def read_worklogs(
    client: JiraClient, issue: dict[str, t.Any], *, patient: bool = True
) -> WorklogsRead:
    """All worklogs of an issue; none if it is gone, or time tracking is off.

    Raises:
        IncompleteReadError: they kept changing.
    """
    former: list[object] | None = None
    for _ in range(ATTEMPTS):
        try:
            rows, total = _read_once(client, str(issue["id"]), patient=patient)
        except NotFoundError:
            return WorklogsRead(issue, [])
        found = [each["id"] for each in rows]
        # Some may count that this user may not see: then two equal reads are the truth.
        if len(found) == total or found == former:
            return WorklogsRead(issue, rows)
        former = found
    msg = f"The worklogs of issue {issue['id']} kept changing while they were read: run again."
    raise IncompleteReadError(msg)


def _read_once(client: JiraClient, issue_id: str, *, patient: bool) -> tuple[list[Worklog], int]:
    """The pages one after the other, each row once."""
    rows: dict[object, Worklog] = {}
    at = 0
    while True:
        params = {"startAt": at, "maxResults": PAGE}
        request = Request("GET", "issue/{issue}/worklog", {"issue": issue_id}, params)
        page = client.ask(request, patient=patient).payload
        found, total = page.get("worklogs") or [], int(page.get("total") or 0)
        known = len(rows)
        rows |= {each["id"]: each for each in found}
        at += len(found)
        if at >= total or len(rows) == known:
            return list(rows.values()), total
