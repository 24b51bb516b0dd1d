"""``tap-jira --slices N``: a site cut into parts that are read side by side.

Each part is the setting :mod:`.slice` of one process, to be laid over the configuration. What comes
out of issues is divided, as evenly as counts and whole projects allow:

1. Projects are weighed in groups, and a group in halves until it is light or a single project: so
   that thousands of small projects take few counts.
2. A project that is heavier than a part should be is cut by the time at which its issues were
   created, which does not change when they do. It fills part after part.
3. The groups that are left go, the heaviest first, to the part that is lightest.

The part with the most projects becomes the one that names none: whatever is not named elsewhere is
its own, today and later.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t
from functools import partial

from tap_jira.errors import ConfigurationError
from tap_jira.issues.projects import Projects
from tap_jira.issues.source import IssueSource
from tap_jira.issues.windows import EARLIEST_YEAR
from tap_jira.jira.jql import Span, Window
from tap_jira.records.timestamps import floor_minute

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pendulum

    from tap_jira.jira.connection import Connection

MOST_SLICES = 1000
EVER = Span()
"""All of time."""
GRAINS = 8
"""Pieces that a part is made of, where there is a choice: so much may it be off by."""


@dataclasses.dataclass(frozen=True)
class _Piece:
    """Some projects, or some time of one."""

    weight: int
    """About how many issues there are."""
    projects: tuple[str, ...]
    created: Span = EVER


@dataclasses.dataclass
class _Part:
    """What will be a slice."""

    weight: int = 0
    projects: set[str] = dataclasses.field(default_factory=set)
    created: dict[str, Span] = dataclasses.field(default_factory=dict)

    def add(self, piece: _Piece) -> None:
        """Take a piece; one of a project that is cut follows the last one of it."""
        self.weight += piece.weight
        self.projects.update(piece.projects)
        if piece.created != EVER:
            (project,) = piece.projects
            before = self.created.get(project, piece.created)
            self.created[project] = Span(before.start, piece.created.end)


class Planner:
    """Cuts a site into slices."""

    def __init__(self, connection: Connection) -> None:
        """Count through this connection, what its settings admit.

        Raises:
            ConfigurationError: they are a slice already.
        """
        if connection.settings.slice:
            msg = "The configuration has a slice already: leave the setting out to make slices."
            raise ConfigurationError(msg)
        self._connection = connection
        self._source = IssueSource(connection)
        settings = connection.settings
        ends = [each and floor_minute(each) for each in (settings.start_date, settings.end_date)]
        self._updated = Span(*ends)

    def plan(self, most: int) -> list[dict[str, t.Any]]:
        """At most this many settings ``{"slice": {…}}``, none of which is empty but the first."""
        everything = [
            each for each in self._connection.project_ids() if each in self._source.configured
        ]
        total = sum(self._counts([_Piece(0, tuple(everything))])) if everything else 0
        fair = max(math.ceil(total / most), 1)
        pieces = self._weighed(_Piece(total, tuple(everything)), fair / GRAINS)
        parts = [_Part() for _ in range(most)]
        large = [each for each in pieces if each.weight > fair]
        self._fill(parts, [self._in_time(each, fair / GRAINS) for each in large], fair)
        for each in sorted(pieces, key=lambda each: each.weight, reverse=True):
            if each.weight and each not in large:
                min(parts, key=lambda part: part.weight).add(each)
        return _settings([each for each in parts if each.projects] or parts[:1])

    def _weighed(self, whole: _Piece, grain: float) -> list[_Piece]:
        """Groups of projects, none heavier than a grain unless it is one project."""
        done: list[_Piece] = []
        heavy = [whole] if whole.weight else []
        while heavy:
            halves = [half for each in heavy for half in _halves(each)]
            done += [each for each in heavy if len(each.projects) < 2]  # noqa: PLR2004 - no halves
            weighed = [
                dataclasses.replace(each, weight=weight)
                for each, weight in zip(halves, self._counts(halves), strict=True)
            ]
            done += [each for each in weighed if each.weight <= grain]
            heavy = [each for each in weighed if each.weight > grain]
        return done

    def _in_time(self, project: _Piece, grain: float) -> list[_Piece]:
        """A project cut by when its issues were created, in that order."""
        begin = self._now.set(year=EARLIEST_YEAR).start_of("year")
        pieces = [dataclasses.replace(project, created=Span(begin, floor_minute(self._now)))]
        while True:
            cuts = [_middle(each.created) if each.weight > grain else None for each in pieces]
            if not any(cuts):
                break
            halves = [
                dataclasses.replace(each, created=half)
                for each, cut in zip(pieces, cuts, strict=True)
                for half in (each.created.at(cut) if cut else ())
            ]
            weights = iter(self._counts(halves))
            cut_up = iter(halves)
            pieces = [
                dataclasses.replace(next(cut_up), weight=next(weights)) if cut else each
                for each, cut in zip(pieces, cuts, strict=True)
                for _ in range(2 if cut else 1)
            ]
        if len(pieces) == 1:
            return [project]
        first, last = pieces[0], pieces[-1]
        pieces[0] = dataclasses.replace(first, created=Span(None, first.created.end))
        pieces[-1] = dataclasses.replace(last, created=Span(last.created.start))
        return pieces

    @staticmethod
    def _fill(parts: Sequence[_Part], projects: Iterable[list[_Piece]], fair: int) -> None:
        """Fill part after part with what is too heavy for any."""
        rest = iter(parts)
        part = next(rest)
        for piece in (each for pieces in projects for each in pieces):
            if part.weight and part.weight + piece.weight / 2 > fair:
                part = next(rest, part)
            part.add(piece)

    @property
    def _now(self) -> pendulum.DateTime:
        return self._connection.site.started_at

    def _counts(self, pieces: Iterable[_Piece]) -> list[int]:
        """About how many issues each holds, asked side by side."""
        jobs = []
        for each in pieces:
            conditions = self._source.conditions(Projects(frozenset(each.projects)))
            search = self._source.search(1, conditions)
            jobs.append(partial(search.count, Window(self._updated, each.created)))
        return self._connection.workers.map(jobs)


def _halves(piece: _Piece) -> Iterator[_Piece]:
    middle = len(piece.projects) // 2
    if middle:
        for projects in (piece.projects[:middle], piece.projects[middle:]):
            yield dataclasses.replace(piece, projects=projects)


def _middle(span: Span) -> pendulum.DateTime | None:
    """The whole minute in the middle; ``None`` of a minute."""
    if span.start is None or span.end is None:
        return None
    middle = floor_minute(span.start.add(seconds=(span.end - span.start).total_seconds() / 2))
    return middle if span.start < middle < span.end else None


def _settings(parts: Sequence[_Part]) -> list[dict[str, t.Any]]:
    """The settings of these slices, that with the rest first."""
    rest = max(parts, key=lambda part: (len(part.projects), -part.weight))
    others = [each for each in parts if each is not rest]
    named = set().union(*(each.projects for each in others)) - rest.projects
    made: list[dict[str, t.Any]] = []
    for number, part in enumerate([rest, *others], 1):
        own = {"other_than": named} if part is rest else {"projects": part.projects}
        setting: dict[str, t.Any] = {"number": number, "of": len(parts)}
        setting |= {name: sorted(ids, key=int) for name, ids in own.items() if ids}
        cut = {each: span for each, span in sorted(part.created.items()) if span != EVER}
        if cut:
            setting["created"] = {each: _range(span) for each, span in cut.items()}
        made.append({"slice": setting})
    return made


def _range(span: Span) -> dict[str, str]:
    ends = {"from": span.start, "before": span.end}
    return {name: end.to_iso8601_string() for name, end in ends.items() if end}
