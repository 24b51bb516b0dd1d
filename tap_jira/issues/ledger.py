"""The ledger: which issues were read by which streams, since the last census.

An issue that is changed and goes out of sight before a run has read the change is passed by the
bookmarks. If it is in sight again before the next census (:mod:`.census`), no list of ids misses
it. But the ledger does: the issue's ``updated`` lies in a span that a stream has read, and the
stream did not read the issue in it, nor later. Then it has to be read by its id.

If it was changed once more, and read by that, its ``updated`` says nothing of the former change.
What is in it does: comments and histories that are older than the bookmark, but younger than when
the stream last had the issue (:meth:`Ledger.seen_until`), were not sent.

STATE of `deleted_issues` keeps a line for each run that has read something, until a census has
looked at it::

    {"read": [{"since": 1781524500000, "until": 1781528100000,
               "by": ["changelogs", "comments", "issues"], "ids": {"0": "eJz…"}}]}
"""

from __future__ import annotations

import dataclasses
import typing as t

from tap_jira.errors import StateError
from tap_jira.issues.id_set import IdSet

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


FEW = 80
"""Issues that one answer of Cloud has with their versions, and some that are new."""


@dataclasses.dataclass(frozen=True, eq=False)
class Reading:
    """The issues that these streams have read: all that were changed in a span and were in sight.

    Others may be among them, such as those that were changed later.
    """

    since_ms: int
    until_ms: int
    streams: frozenset[str]
    ids: IdSet

    def is_like(self, other: Reading) -> bool:
        """Whether it is the same but for the streams."""
        return (self.since_ms, self.until_ms) == (other.since_ms, other.until_ms) and (
            self.ids == other.ids
        )


class Part:
    """What a pass reads, as far as it is."""

    def __init__(self, since_ms: int = 0) -> None:
        """The pass begins with what was changed then."""
        self._since_ms = since_ms
        self._ids = IdSet()
        self._reached: dict[str, tuple[int, IdSet]] = {}

    def note(self, ids: Iterable[str]) -> None:
        """These were read."""
        self._ids.update(ids)

    def reached(self, until: dict[str, int]) -> None:
        """All that was changed before is out, stream by stream."""
        ids = IdSet() | self._ids
        self._reached.update((stream, (until_ms, ids)) for stream, until_ms in until.items())

    def readings(self) -> Iterator[Reading]:
        """What the streams have read; one stream each."""
        for stream, (until_ms, ids) in self._reached.items():
            if self._since_ms < until_ms:
                yield Reading(self._since_ms, until_ms, frozenset({stream}), ids)


class Ledger:
    """What was read by the runs since the last census, and by this one."""

    def __init__(self, stream: str, kept: object) -> None:
        """Read it from STATE.

        Raises:
            StateError: it is damaged.
        """
        self._former = list(_of_state(stream, kept))
        """In the order of the runs."""
        self._parts: list[Part] = []
        self._chains: dict[tuple[str, int], list[Reading]] = {}

    def begin(self, since_ms: int) -> Part:
        """A pass begins to read what was changed since then."""
        self._parts.append(Part(since_ms))
        return self._parts[-1]

    @property
    def since_ms(self) -> int:
        """What was changed before is no concern of former runs; 0 if there were none."""
        return min((each.since_ms for each in self._former), default=0)

    @property
    def until_ms(self) -> int:
        """Nor is what was changed later."""
        return max((each.until_ms for each in self._former), default=0)

    @property
    def is_long(self) -> bool:
        """Whether more issues were read than one answer has with their versions, most likely."""
        return sum(len(each.ids) for each in self._former) > FEW

    def has_latest(self, issue_id: str) -> bool:
        """Whether the issue was read by the last run of each stream: then none can lack it."""
        last = {stream: each for each in self._former for stream in each.streams}
        return all(issue_id in each.ids for each in last.values())

    def was_missed(self, issue_id: str, version_ms: int) -> bool:
        """Whether a stream has read when this version was the latest, but not the issue."""
        had: set[str] = set()
        for each in reversed(self._former):
            if issue_id in each.ids:
                had |= each.streams
            if each.since_ms <= version_ms < each.until_ms and each.streams - had:
                return True
        return False

    def seen_until(self, stream: str, issue_id: str, settled_ms: int) -> int:
        """When the stream has last had all of an issue: at most until it was ``settled``."""
        chain = self._chain(stream, settled_ms)
        for each in chain:
            if issue_id in each.ids:
                return each.until_ms
        return chain[-1].since_ms if chain else settled_ms

    def _chain(self, stream: str, settled_ms: int) -> list[Reading]:
        """What the stream has read without a gap before it was settled, the latest first."""
        if (stream, settled_ms) not in self._chains:
            chain: list[Reading] = []
            since_ms = settled_ms
            for each in reversed(self._former):
                if stream in each.streams:
                    if each.until_ms == since_ms:
                        chain.append(each)
                        since_ms = each.since_ms
                    elif chain:
                        break
            self._chains[stream, settled_ms] = chain
        return self._chains[stream, settled_ms]

    def close(self) -> None:
        """A census has looked at what former runs have read."""
        self._former = []

    def as_state(self) -> list[dict[str, t.Any]]:
        """What is to be kept."""
        found: list[Reading] = []
        for new in [*self._former, *self._of_this_run()]:
            found = list(_followed(found, new))
        return [
            {
                "since": each.since_ms,
                "until": each.until_ms,
                "by": sorted(each.streams),
                "ids": each.ids.as_state(),
            }
            for each in found
        ]

    def _of_this_run(self) -> list[Reading]:
        """What this run has read; one for all streams that have read the same."""
        found: list[Reading] = []
        for new in (each for part in self._parts for each in part.readings()):
            for at, each in enumerate(found):
                if new.is_like(each):
                    found[at] = dataclasses.replace(each, streams=each.streams | new.streams)
                    break
            else:
                found.append(new)
        return found


def _followed(readings: Iterable[Reading], new: Reading) -> Iterator[Reading]:
    """What is still to be said of former readings once there is a new one, and that."""
    for each in readings:
        left = each
        if each.streams <= new.streams:
            left = dataclasses.replace(each, ids=each.ids - new.ids)
        if not left.ids and left.streams == new.streams and left.until_ms == new.since_ms:
            new = dataclasses.replace(new, since_ms=left.since_ms)
        else:
            yield left
    yield new


def _of_state(stream: str, kept: object) -> Iterator[Reading]:
    try:
        for each in t.cast("list[dict[str, t.Any]]", kept or []):
            since_ms, until_ms, streams = each["since"], each["until"], frozenset(each["by"])
            if not isinstance(since_ms, int) or not isinstance(until_ms, int):
                raise TypeError  # noqa: TRY301 - the same message
            yield Reading(since_ms, until_ms, streams, IdSet.of_state(stream, each.get("ids")))
    except (TypeError, KeyError):
        msg = f"The STATE of {stream} is damaged: 'read' must say by which streams, and of when."
        raise StateError(f"{msg} Remove that bookmark.") from None
