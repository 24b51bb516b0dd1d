"""What is kept account of while a pass reads issues, for later runs and for the census."""

from __future__ import annotations

import typing as t

from tap_jira.issues.ledger import Part
from tap_jira.issues.windows import version_of
from tap_jira.records.timestamps import to_ms

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pendulum

    from tap_jira.issues.bookmark import Bookmark
    from tap_jira.issues.census import Census
    from tap_jira.issues.windows import Issue


class Account:
    """The account of one pass."""

    def __init__(
        self,
        census: Census | None,
        start: pendulum.DateTime | None,
        write_ahead: Callable[[], None],
    ) -> None:
        """The pass begins with what changed at ``start``, if it looks for changes.

        ``write_ahead`` writes STATE before the rows that it tells of, unless it is heavy.
        """
        self._census = census
        self._part = census.ledger.begin(to_ms(start)) if census and start else Part()
        self._write_ahead = write_ahead
        self._looks = start is not None

    def read(self, bookmarks: Iterable[Bookmark], issues: list[Issue]) -> None:
        """These were read by streams with these bookmarks, and are about to be written.

        STATE says so before, if there are new ones: once a run that is killed has written their
        rows, they have to be missed. A first read is repeated from its last STATE.
        """
        seen = [(issue["id"], version_of(issue)) for issue in issues]
        for bookmark in bookmarks:
            bookmark.saw_issues(seen)
        self.owed(issues)
        if not self._census:
            return
        self._census.note(issues)
        if self._looks and self._census.is_ahead:
            self._census.save()
            self._write_ahead()

    def owed(self, issues: list[Issue]) -> None:
        """These were read, or will be."""
        self._part.note(each["id"] for each in issues)

    def arrived(self, bookmarks: Mapping[str, Bookmark]) -> None:
        """What was read so far is written, and the bookmarks of these streams say so.

        A stream that has never read all there is cannot have missed anything.
        """
        marks = {
            stream: to_ms(bookmark.reached)
            for stream, bookmark in bookmarks.items()
            if bookmark.reached and bookmark.settled
        }
        self._part.reached(marks)
        if self._census:
            self._census.save()
