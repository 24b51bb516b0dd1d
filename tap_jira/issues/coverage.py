"""What a stream was read with, and what is missing when the settings have changed since.

STATE says it beside each bookmark: the ids of the projects (``null``: all that the user may see),
the JQL filter and the start date::

    {"scope": {"projects": ["10001"], "jql": null, "start_date": "2026-01-01T00:00:00.000Z"}}

In a slice (:mod:`..slice`) the projects may be all but some, and of some it may have only the
issues that were created in a range of time::

    {"scope": {"projects": {"except": ["10001"]}, "created": {"10002": [null, "2024-05-01…"]}, …}}

A bookmark is true for that only. Projects that came since are read from ``start_date`` in a pass
of their own, the back-fill; how far it is stands beside it::

    {"backfill": {"projects": ["10002"], "value": "2026-03-01T00:00:00.000Z"}}

Projects are told apart by id, since keys are renamed. With the setting `site` it says which, since
the rows of another one are others.

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
from tap_jira.issues.projects import EVERY, Projects
from tap_jira.jira.jql import Span
from tap_jira.records.timestamps import epoch_ms, floor_minute, parse_instant, to_ms, to_text

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping

    from tap_jira.settings import Settings

State = dict[str, t.Any]
Range = tuple["str | None", "str | None"]
"""From when on issues were created, and before when, as text; ``None`` is unbounded."""

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
class Coverage:
    """What a stream is read with."""

    projects: Projects = EVERY
    jql: str | None = None
    start_date: str | None = None
    """As text, in UTC."""
    created: tuple[tuple[str, Range], ...] = ()
    """By project, in order: when the issues were created that are meant, if not all of it."""
    site: str | None = None
    """What this Jira is called in every key."""

    @classmethod
    def of_all(cls, settings: Settings) -> Coverage:
        """All that there is since the configured start, whatever the projects and the filter."""
        start = settings.start_date
        return cls(start_date=to_text(start) if start else None, site=settings.site)

    @classmethod
    def of_state(cls, stream: str, scope: object) -> Coverage | None:
        """What STATE says; ``None`` if it says nothing: an older version has written it.

        Raises:
            StateError: it is damaged.
        """
        if scope is None:
            return None
        if isinstance(scope, dict):
            projects, jql = _projects_of(scope.get("projects")), scope.get("jql")
            start, created = scope.get("start_date"), _ranges_of(scope.get("created", {}))
            site = scope.get("site")
            if (
                projects is not None
                and created is not None
                and all(each is None or isinstance(each, str) for each in (jql, site))
                and (start is None or parse_instant(start))
            ):
                return cls(projects, jql, start, created, site)
        msg = (
            f"The STATE of {stream} is damaged: 'scope' must hold projects, jql and start_date. "
            "Correct or remove that bookmark (removing it reads the stream from start_date)."
        )
        raise StateError(msg)

    def as_state(self) -> State:
        """As it is kept in STATE."""
        projects: t.Any = self.projects.as_state()
        if self.projects == EVERY:
            projects = None
        elif not self.projects.others:
            projects = projects["projects"]
        created = {each: list(found) for each, found in self.created}
        given = {"created": created, "site": self.site}
        return {
            "projects": projects,
            "jql": self.jql,
            "start_date": self.start_date,
            **{name: each for name, each in given.items() if each},
        }

    def reason_to_read_again(self, former: Coverage) -> str | None:
        """Why nothing that was read with the former settings serves; ``None`` if it does."""
        if self.site != former.site:
            return f"site was {former.site or 'not set'} and is {self.site or 'not set'} now"
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
        start = self.start_date is None or (
            former.start_date is not None and self.start_date <= former.start_date
        )
        return (
            former.projects <= self.projects
            and set(self.created) <= set(former.created)
            and start
            and self.jql in {None, former.jql}
        )

    def missing(self, former: Coverage) -> Projects | None:
        """The projects that were not read with the former settings; ``None`` if none."""
        missing = self.projects - (former.projects - self._recut(former))
        return missing or None

    def still(self, former: Coverage) -> Coverage:
        """These settings with those projects only that were read with the former ones."""
        projects = (self.projects & former.projects) - self._recut(former)
        return dataclasses.replace(self, projects=projects)

    def _recut(self, former: Coverage) -> Projects:
        """The projects of which another range was read."""
        changed = set(self.created) ^ set(former.created)
        return Projects(frozenset(project for project, _ in changed))

    def has(self, project_id: str, created_ms: int) -> bool:
        """Whether it has an issue of a project, by when that was created."""
        since, before = dict(self.created).get(project_id, (None, None))
        return (
            project_id in self.projects
            and epoch_ms(since) <= created_ms
            and (before is None or created_ms < epoch_ms(before))
        )

    def conditions(self, visible: Callable[[], Iterable[str]], projects: Projects) -> list[str]:
        """The JQL conditions for these of its projects, without the filter."""
        if projects == EVERY and not self.created:
            return []
        there = set(visible())
        cut = [
            f"(project != {each} OR {' AND '.join(Span(*_instants(found)).clauses('created'))})"
            for each, found in self.created
            if each in there and each in projects and found != (None, None)
        ]
        return [*projects.condition(there), *cut]


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


def _projects_of(kept: object) -> Projects | None:
    """What STATE says of projects; ``None`` if it is damaged."""
    others = isinstance(kept, dict)
    ids = kept.get("except") if isinstance(kept, dict) else kept
    if ids is None and not others:
        return EVERY
    if isinstance(ids, list) and all(isinstance(each, str) for each in ids):
        return Projects(frozenset(ids), others)
    return None


def _ranges_of(kept: object) -> tuple[tuple[str, Range], ...] | None:
    """What STATE says of ranges of time; ``None`` if it is damaged."""
    if not isinstance(kept, dict):
        return None
    for each in kept.values():
        if not isinstance(each, list) or len(each) != 2:  # noqa: PLR2004 - its two ends
            return None
        if not all(end is None or parse_instant(end) for end in each):
            return None
    return tuple((project, (since, before)) for project, (since, before) in sorted(kept.items()))


def _instants(found: Range) -> list[pendulum.DateTime | None]:
    instants = [parse_instant(each) if each else None for each in found]
    return [pendulum.instance(each) if each else None for each in instants]
