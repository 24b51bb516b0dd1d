"""What a stream was read with, and what is missing when the settings have changed since.

STATE says it beside each bookmark: the ids of the projects (``null``: all that the user may see),
the JQL filter and the start date::

    {"scope": {"projects": ["10001"], "jql": null, "start_date": "2026-01-01T00:00:00.000Z"}}

A bookmark is true for that only. Projects that came since are read from ``start_date`` in a pass
of their own, the back-fill; how far it is stands beside it::

    {"backfill": {"projects": ["10002"], "value": "2026-03-01T00:00:00.000Z"}}

Projects are told apart by id, since keys are renamed.

A target that deletes what a whole read did not show may lose an issue that changed just then, which
the index hid for a moment, with all that is in it. Until such a change must have shown up, STATE
says when the whole read was, and what is read of issues that changed since is all new::

    {"read_whole": {"since": "2026-06-15T11:50:00.000Z", "until": "2026-06-15T12:03:00.000Z"}}
"""

from __future__ import annotations

import dataclasses
import typing as t

import pendulum

from tap_jira.errors import StateError
from tap_jira.records.timestamps import floor_minute, parse_instant, to_ms, to_text

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping

State = dict[str, t.Any]

OF_THE_BOOKMARK = (
    "replication_key",
    "replication_key_value",
    "sent",
    "unfinished_since",
    "highest_id",
    "scope",
    "backfill",
    "unread",
    "read_until",
    "fresh",
    "without_comments",
    "read",
    "read_whole",
)
"""What says how far a stream is; the names of columns, say, outlast it."""


@dataclasses.dataclass(frozen=True)
class Projects:
    """Some projects by id, or all but some."""

    ids: frozenset[str]
    others: bool = False
    """Whether all others are meant."""

    def __contains__(self, project_id: object) -> bool:
        """Whether a project is one of them."""
        return (project_id in self.ids) is not self.others

    def condition(self, visible: Iterable[str]) -> list[str]:
        """The JQL condition, if it takes one: a project that cannot be seen fails the query."""
        if not self.others:
            return [f"project in ({', '.join(sorted(self.ids))})"]
        found = sorted(self.ids.intersection(visible))
        return [f"project not in ({', '.join(found)})"] if found else []

    def as_state(self) -> State:
        """As it is kept in STATE."""
        return {"except" if self.others else "projects": sorted(self.ids)}


@dataclasses.dataclass(frozen=True)
class Coverage:
    """What a stream is read with."""

    projects: frozenset[str] | None = None
    """Their ids; ``None``: all that the user may see."""
    jql: str | None = None
    start_date: str | None = None
    """As text, in UTC."""

    @classmethod
    def of_state(cls, stream: str, scope: object) -> Coverage | None:
        """What STATE says; ``None`` if it says nothing: an older version has written it.

        Raises:
            StateError: it is damaged.
        """
        if scope is None:
            return None
        if isinstance(scope, dict):
            projects, jql = scope.get("projects"), scope.get("jql")
            start = scope.get("start_date")
            if (
                (projects is None or _is_texts(projects))
                and (jql is None or isinstance(jql, str))
                and (start is None or parse_instant(start))
            ):
                return cls(None if projects is None else frozenset(projects), jql, start)
        msg = (
            f"The STATE of {stream} is damaged: 'scope' must hold projects, jql and start_date. "
            "Correct or remove that bookmark (removing it reads the stream from start_date)."
        )
        raise StateError(msg)

    def as_state(self) -> State:
        """As it is kept in STATE."""
        projects = None if self.projects is None else sorted(self.projects)
        return {"projects": projects, "jql": self.jql, "start_date": self.start_date}

    def reason_to_read_again(self, former: Coverage) -> str | None:
        """Why nothing that was read with the former settings serves; ``None`` if it does."""
        if self.jql != former.jql:
            return "jql is another one than when it was last read"
        if former.start_date is None:
            return None
        if self.start_date is None:
            return f"it was read from start_date {former.start_date} on, which is no longer set"
        if self.start_date < former.start_date:
            return f"start_date was {former.start_date} and is {self.start_date} now"
        return None

    def reason_to_count_on_nothing(self, former: Coverage) -> str | None:
        """Why a target that keeps what was read with these settings has lost of all projects.

        ``None`` if the projects alone are others than in the former ones, or none are.
        """
        if self.jql is not None and self.jql != former.jql:
            return "it was read whole with a jql that it had not been read with"
        if self.start_date and (not former.start_date or former.start_date < self.start_date):
            return f"it was read whole from start_date {self.start_date} on"
        return None

    def admits(self, former: Coverage) -> bool:
        """Whether these settings admit all that the former ones did."""
        projects = self.projects is None or (
            former.projects is not None and former.projects <= self.projects
        )
        start = self.start_date is None or (
            former.start_date is not None and self.start_date <= former.start_date
        )
        return projects and start and self.jql in {None, former.jql}

    def missing(self, former: Coverage) -> Projects | None:
        """The projects that were not read with the former settings; ``None`` if none."""
        if former.projects is None:
            return None
        if self.projects is None:
            return Projects(former.projects, others=True)
        added = self.projects - former.projects
        return Projects(added) if added else None

    def still(self, former: Coverage) -> Coverage:
        """These settings with those projects only that were read with the former ones."""
        projects = self.projects
        if former.projects is not None:
            projects = former.projects if projects is None else projects & former.projects
        return dataclasses.replace(self, projects=projects)


@dataclasses.dataclass(frozen=True)
class WholeRead:
    """When what a target has was last read whole, if it deletes the rest."""

    since: pendulum.DateTime
    """Changes before this were in the index, and shown."""
    until: pendulum.DateTime
    """When it ended, on Jira's clock."""

    @classmethod
    def of_state(cls, stream: str, state: Mapping[str, t.Any]) -> WholeRead | None:
        """What STATE says of one that matters still.

        Raises:
            StateError: it is damaged.
        """
        kept = state.get("read_whole")
        if kept is None:
            return None
        if isinstance(kept, dict):
            since, until = (parse_instant(kept.get(name)) for name in ("since", "until"))
            if since and until:
                return cls(pendulum.instance(since), pendulum.instance(until))
        msg = f"The STATE of {stream} is damaged: 'read_whole' must say since and until."
        raise StateError(msg)

    def with_former(self, former: WholeRead | None) -> WholeRead:
        """The time of both."""
        return dataclasses.replace(self, since=min(self.since, former.since)) if former else self

    def may_have_missed(self, updated_ms: int) -> bool:
        """Whether it may not have shown an issue that was changed then; 0 is unknown."""
        return not updated_ms or updated_ms >= to_ms(self.since)

    def as_state(self) -> State:
        """As it is kept in STATE."""
        return {"since": to_text(self.since), "until": to_text(self.until)}


@dataclasses.dataclass
class Backfill:
    """How far the projects that came to the settings are read."""

    projects: Projects
    end: pendulum.DateTime
    """What changed from here on is read with all others."""
    reached: pendulum.DateTime | None = None
    done: bool = False
    """Everything before `end` is out; an issue that changed meanwhile is all new nevertheless,
    until a pass over the changes has settled."""

    def resume(self, kept: object) -> None:
        """Go on where an earlier run was, if it was with the same projects."""
        if not isinstance(kept, dict):
            return
        if {name: kept.get(name) for name in ("projects", "except")} != {
            "projects": None,
            "except": None,
            **self.projects.as_state(),
        }:
            return
        instant = parse_instant(kept.get("value"))
        self.reached = pendulum.instance(instant) if instant else None
        self.done = bool(kept.get("done"))

    def advance(self, instant: pendulum.DateTime | None) -> None:
        """Everything before the instant is out; ``None``: all there is."""
        self.reached = min(instant, self.end) if instant else self.end
        self.done = self.reached >= self.end

    def as_state(self) -> State:
        """As it is kept in STATE."""
        value = to_text(self.reached) if self.reached else None
        return {**self.projects.as_state(), "value": value, **({"done": True} if self.done else {})}


class Reconciled(t.NamedTuple):
    """What a changed scope means for a bookmark."""

    scope: Coverage
    """What is read by now; once the back-fill is done and a pass has settled, all of it is."""
    backfill: Backfill | None = None
    reason: str | None = None
    """Why the stream is read from ``start_date`` again: its bookmark is gone."""


def reconcile(stream: str, state: MutableMapping[str, t.Any], now: Coverage) -> Reconciled:
    """Compare what a bookmark was read with to what is to be read.

    A bookmark that serves no longer is removed from STATE. That is as good as a promise to read
    from the start: whatever becomes of this run, the next one does so.
    """
    value = parse_instant(state.get("read_until", state.get("replication_key_value")))
    former = Coverage.of_state(stream, state.get("scope"))
    if former is None or value is None:
        return Reconciled(now)
    if reason := now.reason_to_read_again(former):
        for name in OF_THE_BOOKMARK:
            state.pop(name, None)
        return Reconciled(now, reason=reason)
    missing = now.missing(former)
    if missing is None:
        return Reconciled(now)
    backfill = Backfill(missing, floor_minute(pendulum.instance(value)))
    backfill.resume(state.get("backfill"))
    start = parse_instant(now.start_date)
    if start and to_ms(start) >= to_ms(backfill.end):
        backfill.done = True
    return Reconciled(now.still(former), backfill)


def narrow(
    stream: str,
    state: MutableMapping[str, t.Any],
    now: Coverage,
    end_date: pendulum.DateTime | None,
    during: WholeRead,
) -> str | None:
    """Have a bookmark count on no more than was read just now: a target will have nothing else.

    Which rows beyond the bookmark that was, nothing tells but ``during``. Projects that were left
    out are back-filled by the next run that has them. If something else was left out, the bookmark
    is removed, and the reason handed back.
    """
    state.pop("sent", None)
    value = parse_instant(state.get("read_until", state.get("replication_key_value")))
    if value is None:
        return None
    former = Coverage.of_state(stream, state.get("scope")) or now
    reason = now.reason_to_count_on_nothing(former)
    if not reason and end_date and to_ms(end_date) < to_ms(value):
        reason = f"it was read whole up to end_date {to_text(end_date)} only"
    if reason:
        for name in OF_THE_BOOKMARK:
            state.pop(name, None)
        return reason
    state["read_whole"] = during.with_former(WholeRead.of_state(stream, state)).as_state()
    left = former.still(now)
    if left != former:
        state.pop("backfill", None)
    state["scope"] = left.as_state()
    return None


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
