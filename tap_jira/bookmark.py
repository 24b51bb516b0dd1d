"""How far a stream is: a proven watermark, and what was sent beyond it.

The bookmark of a stream that is read by ``updated`` says "everything before this instant is
out". It never passes the run's start minus ``lookback_seconds``, so every run reads that overlap
again; which rows of it were already sent, in which version, is remembered in STATE beside the
bookmark, so that they are not sent again::

    {"replication_key": "updated", "replication_key_value": "2026-06-15T11:50:00.000Z",
     "sent": {"10042": 1781524500123}}

Rows inside issues (comments, histories) are another matter while a pass is unfinished: an issue
that changed late is read late, with all the older rows in it. What is out of those is what the
last finished pass covered, whatever the bookmark says; an unfinished pass notes that beside it as
``unfinished_since`` (``null``: no pass was ever finished).
"""

from __future__ import annotations

import typing as t

from tap_jira.errors import StateError
from tap_jira.timestamps import floor_minute, from_ms, parse_instant, to_ms, to_text

if t.TYPE_CHECKING:
    from collections.abc import MutableMapping

    import pendulum

MEMORY = 10_000
"""Most rows remembered per stream; beyond that the oldest are forgotten, and sent again."""
STATE_MEMBERS = frozenset(
    {
        "replication_key",
        "sent",
        "unfinished_since",
        "starting_replication_value",
        "replication_key_signpost",
        "progress_markers",
    }
)
"""What a bookmark may hold without a value: it was written before anything was out."""
FUTURE_TOLERANCE = 3600
"""Seconds that a bookmark may lie ahead of Jira's clock before it is not believed."""


class Bookmark:
    """One stream's bookmark, during one run."""

    def __init__(
        self,
        stream: str,
        state: MutableMapping[str, t.Any],
        replication_key: str,
        *,
        started_at: pendulum.DateTime,
        lookback: int,
        period: tuple[pendulum.DateTime | None, pendulum.DateTime | None],
    ) -> None:
        """Read the stream's part of STATE; `period` is `start_date` and `end_date`.

        Raises:
            StateError: it is damaged, or not from this tap.
        """
        self._state = state
        self._replication_key = replication_key
        self.start_date, self.end_date = period
        self.limit = floor_minute(
            min(started_at.subtract(seconds=lookback), self.end_date or started_at)
        )
        """The bookmark never passes this; a whole minute, as search compares by the minute."""
        self._limit_ms = to_ms(self.limit)
        value = state.get("replication_key_value")
        if value is None and state.keys() - STATE_MEMBERS:
            msg = (
                f"The STATE of {stream} is not one of this tap: it has no replication_key_value. "
                "Correct or remove that bookmark (removing it reads the stream from start_date)."
            )
            raise StateError(msg)
        self.value = None if value is None else _parse(stream, value)
        settled = state.get("unfinished_since", value)
        self.settled = None if settled is None else _parse(stream, settled)
        """Rows inside issues that are older are out, all of them; ``None`` if none need be."""
        self.settled_ms = to_ms(self.settled) if self.settled else 0
        if self.value and self.value > started_at.add(seconds=FUTURE_TOLERANCE):
            msg = (
                f"The STATE of {stream} says {to_text(self.value)}, which is later than Jira's "
                f"clock ({to_text(started_at)}): correct or remove that bookmark."
            )
            raise StateError(msg)
        sent = state.get("sent") or {}
        if not isinstance(sent, dict) or not all(isinstance(v, int) for v in sent.values()):
            msg = f"The STATE of {stream} is damaged: 'sent' must map ids to milliseconds."
            raise StateError(msg)
        self._sent: dict[str, int] = dict(sent)

    @property
    def since(self) -> pendulum.DateTime | None:
        """Where this run starts to read."""
        return max((each for each in (self.value, self.start_date) if each), default=None)

    @property
    def is_first_run(self) -> bool:
        """Whether nothing was replicated before."""
        return self.value is None

    def is_due(self, row_id: str, version_ms: int) -> bool:
        """Whether this version of a row lies in the configured period and was not sent yet.

        Saying yes counts as sending it.
        """
        if self.was_sent(row_id, version_ms):
            return False
        if version_ms >= self._limit_ms:
            self._sent[row_id] = version_ms
        return True

    def was_sent(self, row_id: str, version_ms: int) -> bool:
        """Whether this version of a row, or a newer one, was sent already.

        A row that is read twice in a run may be answered in the other order.
        """
        return self._sent.get(row_id, version_ms - 1) >= version_ms

    def includes(self, version_ms: int) -> bool:
        """Whether a version lies between ``start_date`` and ``end_date``."""
        if self.start_date and version_ms < to_ms(self.start_date):
            return False
        return not (self.end_date and version_ms >= to_ms(self.end_date))

    def advance(self, instant: pendulum.DateTime | None, *, settles: bool = True) -> None:
        """Everything before the instant is out; ``None``: everything that there is.

        `settled` stays as it was for the whole run, since a pass is judged by where it began. It
        moves at the end, unless the pass says that it saw too much move to be sure.
        """
        reached = min(instant, self.limit) if instant else self.limit
        self.value = max(reached, self.value) if self.value else reached
        kept = to_ms(self.value)
        sent = {row: version for row, version in self._sent.items() if version >= kept}
        if len(sent) > MEMORY:
            newest = sorted(sent.items(), key=lambda item: item[1])[-MEMORY:]
            sent = dict(newest)
        self._state["replication_key"] = self._replication_key
        self._state["replication_key_value"] = to_text(self.value)
        self._state["sent"] = sent
        if instant or not settles:
            self._state["unfinished_since"] = to_text(self.settled) if self.settled else None
        else:
            self._state.pop("unfinished_since", None)


def _parse(stream: str, value: object) -> pendulum.DateTime:
    instant = parse_instant(value) if isinstance(value, str) else None
    if instant is None:
        msg = (
            f"The STATE of {stream} is not one of this tap: {value!r} is not a date-time. Correct "
            "or remove that bookmark (removing it reads the stream from start_date again)."
        )
        raise StateError(msg)
    return from_ms(to_ms(instant))
