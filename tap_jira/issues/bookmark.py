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

The same goes for what is new whatever its dates say, such as an issue that was imported from
another site: it has a greater id than ``highest_id``, the highest one when the last pass finished.

An issue that cannot be read, though others can, must not hold those up, and the bookmark must not
pass it. Then STATE also says how far all others are, which is where the next run starts to read,
and which issues it owes, each with a time (in epoch milliseconds, 0 if unknown) that it was not
changed before::

    {"replication_key_value": "2026-06-01T08:15:00.000Z", "read_until": "2026-06-15T11:50:00.000Z",
     "unread": {"10042": 1780301700123}, …}

They are asked for by id. Once one is read, or gone, it is struck off; once all are, the bookmark
is where the others are. Issues that a census saw come into view (:mod:`.census`) are read by id as
well: ``fresh`` has them, until they are. So are those that were sent without what
their comments tell, since these could not be read (``without_comments``).
"""

from __future__ import annotations

import typing as t

from tap_jira.errors import StateError
from tap_jira.issues.coverage import OF_THE_BOOKMARK, Backfill, Coverage, WholeRead, reconcile
from tap_jira.issues.highest_id import HighestId, numeric
from tap_jira.issues.id_set import IdSet
from tap_jira.records.timestamps import floor_minute, from_ms, parse_instant, to_ms, to_text

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping

    import pendulum

MEMORY = 10_000
"""Most rows remembered per stream; beyond that the oldest are forgotten, and sent again."""
STATE_MEMBERS = frozenset(
    {
        *OF_THE_BOOKMARK,
        "column_names",
        "starting_replication_value",
        "replication_key_signpost",
        "progress_markers",
    }
) - {"replication_key_value"}
"""What a bookmark may hold without a value: it was written before anything was out."""
SETTLING = 60
"""Seconds until Jira has surely written all of a row: its comments, its histories. What was younger
when the run began may have been read before that, in the version that it kept."""
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
        coverage: Coverage | None = None,
    ) -> None:
        """Read the stream's part of STATE.

        ``period`` is `start_date` and `end_date`; ``coverage`` what the stream is to be read with,
        if it matters what it was read with before.

        Raises:
            StateError: it is damaged, or not from this tap.
        """
        self._state = state
        self._replication_key = replication_key
        self.start_date, self.end_date = period
        self._start_ms, self._end_ms = (to_ms(each) if each else None for each in period)
        self.limit = floor_minute(
            min(started_at.subtract(seconds=lookback), self.end_date or started_at)
        )
        """The bookmark never passes this; a whole minute, as search compares by the minute."""
        self.limit_ms = to_ms(self.limit)
        self._young_ms = to_ms(started_at) - SETTLING * 1000
        self.began: pendulum.DateTime | None = None
        """What a first run that does not finish notes as ``unfinished_since``."""
        self._coverage = coverage
        self._scope: Coverage | None = None
        self.backfill: Backfill | None = None
        """Projects that came to the settings and are read from the start, if there are."""
        self.reason: str | None = None
        """Why everything is read again, if it is."""
        if coverage:
            self._scope, self.backfill, self.reason = reconcile(stream, state, coverage)
        value = state.get("replication_key_value")
        if value is None and state.keys() - STATE_MEMBERS:
            msg = (
                f"The STATE of {stream} is not one of this tap: it has no replication_key_value. "
                "Correct or remove that bookmark (removing it reads the stream from start_date)."
            )
            raise StateError(msg)
        self.value = None if value is None else _parse(stream, value)
        others = state.get("read_until", value)
        self.reached = None if others is None else _parse(stream, others)
        """How far all is out but what is owed."""
        self._read_whole = WholeRead.of_state(stream, state)
        self.unread: dict[str, int] = _numbers(stream, state, "unread")
        """Issues that are owed, and when they were changed at the earliest."""
        settled = state.get("unfinished_since", others)
        self._settled = None if settled is None else _parse(stream, settled)
        if self.reached and self.reached > started_at.add(seconds=FUTURE_TOLERANCE):
            msg = (
                f"The STATE of {stream} says {to_text(self.reached)}, which is later than Jira's "
                f"clock ({to_text(started_at)}): correct or remove that bookmark."
            )
            raise StateError(msg)
        self.fresh = IdSet.of_state(stream, state.get("fresh"))
        """Issues that came into view though nothing changed them: they are read by id, whole."""
        self.lacking = IdSet.of_state(stream, state.get("without_comments"))
        """Issues that were sent without what their comments tell: they are read by id again."""
        self._lacking_now = IdSet()
        self._read_now: dict[str, int] = {}
        self.stays = bool(self.end_date and self.reached and self.end_date < self.reached)
        """Whether `end_date` lies before what is out: then rows may be left out that no later run
        would look for, if this one made any progress."""
        self._sent: dict[str, int] = _numbers(stream, state, "sent")
        indexed_ms = to_ms(started_at) - lookback * 1000
        self._ids = HighestId(stream, state.get("highest_id"), self._young_ms, indexed_ms)

    def settle_what_is_out(self) -> None:
        """What is before the bookmark is out, even if no pass was ever finished."""
        self._settled = self._settled or self.reached

    @property
    def is_filling(self) -> bool:
        """Whether projects that came to the settings are being read, before all others."""
        return self.backfill is not None and not self.backfill.done

    @property
    def since(self) -> pendulum.DateTime | None:
        """Where this run starts to read."""
        value = self.backfill.reached if self.backfill and self.is_filling else self.reached
        return max((each for each in (value, self.start_date) if each), default=None)

    @property
    def until(self) -> pendulum.DateTime | None:
        """Where it ends; ``None``: with the newest."""
        return self.backfill.end if self.backfill and self.is_filling else None

    @property
    def is_first_run(self) -> bool:
        """Whether nothing was replicated before, of what is read now."""
        return self.reached is None or self.is_filling

    @property
    def settled(self) -> pendulum.DateTime | None:
        """Rows inside issues that are older are out, all of them; ``None`` if none need be."""
        return None if self.is_filling else self._settled

    @property
    def settled_ms(self) -> int:
        """The same in epoch milliseconds; 0 if none need be."""
        return to_ms(self.settled) if self.settled else 0

    @property
    def lacks_highest_id(self) -> bool:
        """Whether it is a later run, and STATE (of an older version) has no `highest_id`."""
        return self._settled is not None and self._ids.former is None

    def learn_highest_id(self, issue_id: str) -> None:
        """The highest id when the last pass finished, from elsewhere."""
        self._ids.former = numeric(issue_id)

    def saw_issues(self, seen: Iterable[tuple[str, int]]) -> None:
        """Issues were read, in these versions."""
        self._ids.saw(seen)

    def is_later_issue(self, issue_id: str) -> bool:
        """Whether the issue came after the last finished pass, whatever its dates say."""
        return self._ids.is_later(issue_id)

    def is_owed(self, issue_id: str) -> bool:
        """Whether an issue is read by its id, with all that is in it."""
        return issue_id in self.unread or issue_id in self.fresh

    def have_read(self, issue_id: str, version_ms: int) -> None:
        """This version of an issue that came into view was seen in full."""
        if issue_id in self.fresh:
            self._read_now[issue_id] = version_ms

    def has_read(self, issue_id: str, version_ms: int) -> bool:
        """Whether this version was seen in full in this run, since it came into view."""
        return self._read_now.get(issue_id, -1) >= version_ms

    def add_fresh(self, ids: IdSet) -> None:
        """These came into view; STATE says so at once."""
        self.fresh |= ids
        self._state["fresh"] = self.fresh.as_state()

    def read_fresh(self) -> None:
        """All that came into view is out."""
        self.fresh = self.lacking = IdSet()
        self._state.pop("fresh", None)
        self.add_lacking(())

    def add_lacking(self, ids: Iterable[str]) -> None:
        """These are sent without what their comments tell; STATE says so at once."""
        self._lacking_now.update(ids)
        lacking = self.lacking | self._lacking_now
        if lacking:
            self._state["without_comments"] = lacking.as_state()
        else:
            self._state.pop("without_comments", None)

    def may_have_been_deleted(self, updated_ms: int) -> bool:
        """Whether the target may have lost an issue that was changed then, with what is in it.

        A whole read may not have shown it, and had the target delete what it did not show.
        """
        return self._read_whole is not None and self._read_whole.may_have_missed(updated_ms)

    def owe(self, issue_id: str, updated_ms: int) -> None:
        """This issue could not be read; 0 if it is not known when it was changed."""
        at = updated_ms or (to_ms(self.reached) if self.reached else 0)
        self.unread.setdefault(issue_id, at)

    def settle(self, issue_id: str) -> None:
        """This issue is not owed any more."""
        self.unread.pop(issue_id, None)

    def is_due(self, row_id: str, version_ms: int) -> bool:
        """Whether this version of a row lies in the configured period and was not sent yet.

        Saying yes counts as sending it.
        """
        if self.was_sent(row_id, version_ms):
            return False
        if version_ms >= self.limit_ms:
            self._sent[row_id] = max(version_ms, self._sent.get(row_id, 0))
        return True

    def was_sent(self, row_id: str, version_ms: int) -> bool:
        """Whether this version of a row, or a newer one, was sent already.

        A row that is read twice in a run may be answered in the other order. One that was young
        may not have been whole, and is no longer the same though its version is.
        """
        sent = self._sent.get(row_id, -1)
        return sent > version_ms or (sent == version_ms and version_ms < self._young_ms)

    def is_young(self, version_ms: int) -> bool:
        """Whether Jira may not have been done with it when it was read."""
        return version_ms >= self._young_ms

    def was_overtaken(self, row_id: str, version_ms: int) -> bool:
        """Whether a newer version of a row was sent."""
        return self._sent.get(row_id, -1) > version_ms

    def was_noted(self, row_id: str) -> bool:
        """Whether :meth:`is_first_time` was asked of a row while its issue is in the overlap."""
        return row_id in self._sent

    def is_first_time(self, row_id: str) -> bool:
        """Whether a row that is older than the bookmark is sent for the first time.

        Saying yes counts as sending it. That is remembered while its issue is in the overlap.
        """
        if row_id in self._sent:
            return False
        self._sent[row_id] = max(self.limit_ms, self._young_ms - 1)
        return True

    def includes(self, version_ms: int) -> bool:
        """Whether a version lies between ``start_date`` and ``end_date``; if unknown, it does."""
        is_early = self._start_ms is not None and 0 < version_ms < self._start_ms
        return not is_early and not self.is_for_later(version_ms)

    def is_for_later(self, version_ms: int) -> bool:
        """Whether a version does not lie before ``end_date``: a later run may want it."""
        return self._end_ms is not None and version_ms >= self._end_ms

    def advance(self, instant: pendulum.DateTime | None, *, settles: bool = True) -> None:
        """Everything before the instant is out; ``None``: everything that there is.

        `settled` stays as it was for the whole run, since a pass is judged by where it began. It
        moves at the end, unless the pass says that it saw too much move to be sure.
        """
        if self.stays:
            return
        if self.backfill and not self.backfill.done:
            self.backfill.advance(instant)
            self._say(self.reached)
            return
        reached = min(instant, self.limit) if instant else self.limit
        self.reached = max(reached, self.reached) if self.reached else reached
        passed = self._passed(self.reached)
        self.value = max(passed, self.value) if passed and self.value else passed or self.value
        if instant or not settles:
            settled = self._settled or self.began
            self._state["unfinished_since"] = to_text(settled) if settled else None
        else:
            self._state.pop("unfinished_since", None)
            if self._read_whole and self.limit >= self._read_whole.until:
                self._state.pop("read_whole", None)
            self._scope, self.backfill = self._coverage, None
        # While a first run is unfinished all is new, and there is no former id to be kept.
        if self._settled is None or not (instant or not settles or self.lacks_highest_id):
            highest = self._ids.now
            if highest is not None:
                self._state["highest_id"] = highest
        self._say(self.reached)

    def _say(self, reached: pendulum.DateTime | None) -> None:
        """Write into STATE what is the same however far a pass is."""
        if reached:
            self._state["replication_key"] = self._replication_key
        if self.value:
            self._state["replication_key_value"] = to_text(self.value)
        self._state["sent"] = self._kept(to_ms(reached) if reached else 0)
        members: dict[str, t.Any] = {
            "read_until": to_text(reached) if reached and self.unread else None,
            "unread": dict(self.unread),
            "scope": self._scope and self._scope.as_state(),
            "backfill": self.backfill and self.backfill.as_state(),
        }
        for name, member in members.items():
            if member:
                self._state[name] = member
            elif name != "scope":
                self._state.pop(name, None)

    def _kept(self, since_ms: int) -> dict[str, int]:
        """What the next run reads again, and need not send again.

        A row that was young is due again in the same version, but not in an older one.
        """
        sent = {
            row: version if version < self._young_ms else version - 1
            for row, version in self._sent.items()
            if version >= since_ms
        }
        if len(sent) > MEMORY:
            newest = sorted(sent.items(), key=lambda item: item[1])[-MEMORY:]
            sent = dict(newest)
        return sent

    def _passed(self, reached: pendulum.DateTime) -> pendulum.DateTime | None:
        """How far really everything is out; ``None`` if an owed issue may be of any time."""
        if not self.unread:
            return reached
        earliest = min(self.unread.values())
        return min(reached, floor_minute(from_ms(earliest))) if earliest else None


def _numbers(stream: str, state: Mapping[str, t.Any], name: str) -> dict[str, int]:
    """A member of STATE that maps ids to milliseconds."""
    found = state.get(name) or {}
    if not isinstance(found, dict) or not all(isinstance(v, int) for v in found.values()):
        msg = f"The STATE of {stream} is damaged: {name!r} must map ids to milliseconds."
        raise StateError(msg)
    return dict(found)


def _parse(stream: str, value: object) -> pendulum.DateTime:
    instant = parse_instant(value) if isinstance(value, str) else None
    if instant is None:
        msg = (
            f"The STATE of {stream} is not one of this tap: {value!r} is not a date-time. Correct "
            "or remove that bookmark (removing it reads the stream from start_date again)."
        )
        raise StateError(msg)
    return from_ms(to_ms(instant))
