"""Worklogs of issues that were out of sight when the feed told of them.

The feed tells of a change once. If the worklog's issue could not be seen just then, but can at the
next census (:mod:`tap_jira.issues.census`), the feed is read once more from where it began after
the last one. It is known which worklogs were read of it (:mod:`tap_jira.issues.ledger`), and of
each it says when that was changed.
"""

from __future__ import annotations

import typing as t
from functools import partial

from tap_jira.issues.ledger import Ledger
from tap_jira.records.timestamps import to_ms

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping

    from tap_jira.http.workers import Workers
    from tap_jira.issues.bookmark import Bookmark
    from tap_jira.issues.feed import Change, FeedPage


class MissedWorklogs:
    """What was read of the feed since the last census, and what was not."""

    def __init__(self, stream: str, state: MutableMapping[str, t.Any], bookmark: Bookmark) -> None:
        """Take the stream's part of STATE; its first read of the feed has nothing to miss.

        Raises:
            StateError: it is damaged.
        """
        self._stream = stream
        self._state = state
        self._bookmark = bookmark
        self._ledger = Ledger(stream, state.get("read"))
        self._is_first = bookmark.reached is None
        self._part = self._ledger.begin(to_ms(bookmark.reached) if bookmark.reached else 0)

    def note(self, worklogs: Iterable[str]) -> None:
        """These were read."""
        self._part.note(worklogs)

    def save(self) -> None:
        """Have STATE say so: all before the bookmark was read."""
        if self._is_first or not self._bookmark.reached:
            return
        self._part.reached({self._stream: to_ms(self._bookmark.reached)})
        if read := self._ledger.as_state():
            self._state["read"] = read
        else:
            self._state.pop("read", None)

    def again(
        self,
        workers: Workers,
        page_since: Callable[[int], FeedPage],
        details: Callable[[list[Change]], list[dict[str, t.Any]]],
    ) -> Iterator[Mapping[str, t.Any]]:
        """What was not read of the feed by former runs; then that is no question any more."""
        since, page = self._ledger.since_ms - 1, None
        while since >= 0 and (page is None or not page.is_last):
            page = workers.run(partial(page_since, since))
            missed = [each for each in page.changes if self._ledger.was_missed(*each)]
            if missed:
                yield from workers.run(partial(details, missed))
            if page.last >= self._ledger.until_ms:
                break
            since = since if page.is_last else page.following
        self._ledger.close()
