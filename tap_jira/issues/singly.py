"""What a stream asks of one issue at a time: its watchers, its remote links.

Neither the search nor the bulk resources have them. Each issue is a request, side by side with the
others, and only for the issues whose version is due.
"""

from __future__ import annotations

import dataclasses
import threading
import typing as t
from functools import partial

from tap_jira.errors import NotFoundError, PermissionDeniedError, StreamError
from tap_jira.http.workers import Outcome
from tap_jira.issues.events import Refused, RowsRead, Single, Step, Trouble, Unread
from tap_jira.issues.unreadable import UnreadableError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_jira.http.workers import Job
    from tap_jira.issues.events import Rows
    from tap_jira.issues.unreadable import Unreadable
    from tap_jira.issues.windows import Issue

MOST_REFUSED = 20
"""Issues that may be refused while none is answered, until no further one is asked for."""


@dataclasses.dataclass
class _Standing:
    """How one stream's requests fare."""

    unreadable: Unreadable
    answered: bool = False
    refused: int = 0
    end: StreamError | None = None
    """Why no further issue is asked for: Jira is in trouble, or refuses one after the other."""


class SingleReads:
    """Asks for what streams want of single issues."""

    def __init__(self, wanted: Iterable[Single], unreadable: Callable[[], Unreadable]) -> None:
        """``unreadable`` makes a judge of failures, one for each stream."""
        self._standing = {each: _Standing(unreadable()) for each in wanted}
        self._lock = threading.Lock()
        self.known: Mapping[str, Mapping[str, StreamError]] = {}
        """By part: issues that cannot be read, and why; they are not asked for."""

    def completions(self, issues: Iterable[Issue]) -> list[Job[Step]]:
        """Jobs for the issues, in order."""
        return [
            partial(self._job, single, issue)
            for issue in issues
            for single in self._standing
            if single.wanted(issue)
        ]

    def _job(self, single: Single, issue: Issue) -> Outcome[Step]:
        part, standing = single.part, self._standing[single]
        if error := self.known.get(part, {}).get(issue["id"]):
            return Outcome(Unread(part, issue, error))
        if standing.end:
            return Outcome(Trouble(part, standing.end))

        def ask(issue_id: str, patient: bool) -> Rows | PermissionDeniedError:  # noqa: FBT001 - a callback
            if standing.end:  # meanwhile, by another one
                raise standing.end
            asked = issue if issue_id == issue["id"] else {"id": issue_id}
            try:
                return single.read(asked, patient)
            except PermissionDeniedError as error:
                return error

        try:
            found = standing.unreadable.read(issue["id"], ask)
        except NotFoundError:
            found = []
        except UnreadableError as error:
            return Outcome(Unread(part, issue, error.error))
        except StreamError as error:
            standing.end = error
            return Outcome(Trouble(part, error))
        if not isinstance(found, PermissionDeniedError):
            standing.answered = True
            return Outcome(RowsRead(part, issue, found))
        with self._lock:
            standing.refused += 1
            if standing.refused >= MOST_REFUSED and not standing.answered:
                standing.end = found
                return Outcome(Trouble(part, found))
        return Outcome(Refused(part, issue, found))
