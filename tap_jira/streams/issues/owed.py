"""Issues that cannot be read: asked for again by each run, told of, and never passed over.

What one stream could not read, another one may have read: each owes by itself.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict

from tap_jira.errors import IncompleteReadError, StreamError
from tap_jira.issues.events import Event, Trouble, Unread
from tap_jira.issues.windows import version_of

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_jira.issues.bookmark import Bookmark
    from tap_jira.issues.issue_pass import IssuePass

NAMED = 3
"""Issues that the message at the end names."""
WHAT = {"content": "fields"} | {each: each for each in ("comments", "worklogs", "histories")}
"""By part of a pass: what it is to a user."""


class Owed:
    """What a stream owes of issues, during one run."""

    def __init__(self, bookmark: Bookmark) -> None:
        """Take what remembers them."""
        self._bookmark = bookmark
        self._errors: dict[str, str] = {}
        self.known: dict[str, dict[str, StreamError]] = defaultdict(dict)
        """By part: issues that could not be read in this run, and why."""

    def take(self, event: Unread) -> None:
        """An issue cannot be read: go on without it."""
        issue = event.issue
        issue_id = issue["id"]
        self.known[event.part][issue_id] = event.error
        self._bookmark.owe(issue_id, version_of(issue))
        self._errors[issue_id] = describe(event)

    def ask_again(self, make_pass: Callable[[], IssuePass]) -> Iterator[Event]:
        """What is in the issues that earlier runs could not read; those are new to the reader."""
        ids = sorted(self._bookmark.unread)
        if not ids:
            return
        still: set[str] = set()
        try:
            for event in make_pass().owed(ids):
                if isinstance(event, Unread):
                    still.add(event.issue["id"])
                    self.take(event)
                elif isinstance(event, Trouble):
                    raise event.error
                else:
                    yield event
        except StreamError:
            return  # Jira is in trouble: what follows will tell
        for issue_id in ids:
            if issue_id not in still:
                self._bookmark.settle(issue_id)

    def verdict(self) -> StreamError | None:
        """What to tell of a read that lacks issues; ``None`` if it lacks none."""
        unread = self._bookmark.unread
        if not unread:
            return None
        named = [self._errors.get(each, each) for each in unread][:NAMED]
        rest = f" And {len(unread) - NAMED} more." if len(unread) > NAMED else ""
        return IncompleteReadError(
            f"All was read but {len(unread)} "
            f"{'issue' if len(unread) == 1 else 'issues'} that Jira cannot give: "
            f"{' '.join(named)}{rest} Each run asks for them again; a Jira administrator may find "
            "what is wrong with them."
        )


def describe(event: Unread) -> str:
    """Which issue, what of it, and why."""
    issue = event.issue
    name = f"{issue['key']} ({issue['id']})" if issue.get("key") else str(issue["id"])
    what = f"its {WHAT[event.part]}: " if event.part in WHAT else ""
    return f"{name}, {what}{event.error}"
