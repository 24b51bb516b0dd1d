"""Which issues a stream reads whole by itself, because its bookmark tells that they are new.

Any other issue that some stream reads for the first time has come into view: the changes that the
next streams look for may have nothing older of it. A census has to tell them (:mod:`.census`).
"""

from __future__ import annotations

import dataclasses
import typing as t

from tap_jira.issues.coverage import Coverage
from tap_jira.issues.highest_id import numeric
from tap_jira.records.timestamps import epoch_ms

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_jira.issues.projects import Projects
    from tap_jira.issues.windows import Issue


@dataclasses.dataclass(frozen=True)
class Reach:
    """How far a stream was when the run began."""

    since_ms: int
    """It reads the issues that changed from here on."""
    settled_ms: int
    """Of those, the ones that were created from here on are new to it."""
    highest_id: int
    """So are those with a greater id."""
    filtered: bool
    """With a JQL filter all are, since any change can make an issue match it."""
    added: Projects | None
    """So are those of projects that came to the settings, which are read from the start."""

    @classmethod
    def of_state(cls, stream: str, state: Mapping[str, t.Any], now: Coverage) -> Reach | None:
        """What STATE says; ``None`` of a stream that reads everything, as at first."""
        reached = state.get("read_until", state.get("replication_key_value"))
        settled = state.get("unfinished_since", reached)
        former = Coverage.of_state(stream, state.get("scope"))
        if reached is None or (former and now.reason_to_read_again(former)):
            return None
        if epoch_ms(settled) > epoch_ms(reached):  # a first read of a feed, broken off
            return None
        highest = state.get("highest_id")
        return cls(
            epoch_ms(reached),
            epoch_ms(settled),
            highest if isinstance(highest, int) else 0,
            now.jql is not None,
            now.missing(former) if former else None,
        )

    def has_new(self, issue: Issue, is_of: Callable[[Projects, str], bool]) -> bool:
        """Whether the stream reads all that is in an issue, as one that is new to it."""
        if self.added and is_of(self.added, issue.get("key") or ""):
            return True
        fields = issue.get("fields") or {}
        return epoch_ms(fields.get("updated")) >= self.since_ms and (
            self.filtered
            or epoch_ms(fields.get("created")) >= self.settled_ms
            or self.is_later(issue["id"])
        )

    def is_later(self, issue_id: str) -> bool:
        """Whether the issue came after all that the stream has read."""
        return 0 < self.highest_id < numeric(issue_id)
