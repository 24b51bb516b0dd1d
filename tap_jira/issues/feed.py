"""Jira's feeds of changed and deleted worklogs, page by page.

``GET worklog/updated?since={ms}`` and ``GET worklog/deleted?since={ms}`` list up to 1,000 changes,
oldest first: ``{"since": 0, "until": 1438013693136, "lastPage": true, "values": [{"worklogId":
103, "updatedTime": 1438013671562}]}``, the flag being ``isLastPage`` on some versions. Changes of
the last minute are withheld. ``since`` is documented as exclusive; both readings are served.
"""

from __future__ import annotations

import dataclasses
import typing as t

from tap_jira.errors import IncompleteReadError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Change = tuple[str, int]
"""A worklog's id and the time of its change, in epoch milliseconds."""


@dataclasses.dataclass(frozen=True)
class FeedPage:
    """One answer of a feed."""

    since: int
    """What was asked for."""
    changes: list[Change]
    is_last: bool
    until: int

    @classmethod
    def of(cls, answer: Mapping[str, t.Any], since: int) -> FeedPage:
        """Read an answer."""
        changes = [(str(v["worklogId"]), int(v["updatedTime"])) for v in answer["values"]]
        is_last = answer.get("lastPage", answer.get("isLastPage"))
        until = answer.get("until")
        return cls(
            since,
            changes,
            bool(is_last) or (not changes and is_last is None),
            until if isinstance(until, int) else since,
        )

    @property
    def is_hole(self) -> bool:
        """Whether it has nothing, and says that there is more."""
        return not self.changes and not self.is_last

    @property
    def last(self) -> int:
        """The time of its last change."""
        return max((time for _, time in self.changes), default=self.until)

    @property
    def crowd(self) -> int | None:
        """The millisecond that fills the whole page: it may hold more than the feed lists."""
        times = {time for _, time in self.changes}
        return self.last if len(times) == 1 and not self.is_last else None

    @property
    def following(self) -> int:
        """What to ask for next.

        A page ends in the middle of a millisecond as well as anywhere, so that is the last change's
        own millisecond; behind it, if it fills the page.

        Raises:
            IncompleteReadError: the feed does not lead on.
        """
        if self.crowd is not None:
            return self.crowd if self.since < self.crowd else self.crowd + 1
        if self.last - 1 > self.since:
            return self.last - 1
        if self.last > self.since:
            return self.last
        msg = "Jira's feed of worklogs was empty though it said that there are more: run again."
        raise IncompleteReadError(msg)


def fresh(pages: Iterable[FeedPage]) -> Iterator[tuple[FeedPage, list[Change]]]:
    """The pages, each with those of its changes that the one before did not have."""
    previous: set[Change] = set()
    for page in pages:
        yield page, [change for change in page.changes if change not in previous]
        previous = set(page.changes)
