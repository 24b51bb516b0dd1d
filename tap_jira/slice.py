"""The setting ``slice``: the part of a site that one process reads, of several that read it all.

What comes out of issues is divided by project, and a project that is too large by the time at which
its issues were created, which never changes. ``tap-jira --slices`` makes the slices::

    {"number": 1, "of": 3, "other_than": ["10001", "10002"]}
    {"number": 2, "of": 3, "projects": ["10001"]}
    {"number": 3, "of": 3, "projects": ["10002"], "created": {"10002": {"before": "2024-05-01"}}}

The one without ``projects`` has all that no other one names: the projects of tomorrow, and every
stream that does not come out of issues. Projects are named by id, since their keys change.
"""

from __future__ import annotations

import dataclasses
import typing as t

import msgspec

from tap_jira.errors import ConfigurationError

if t.TYPE_CHECKING:
    import pendulum

ProjectId = t.Annotated[str, msgspec.Meta(pattern=r"^[0-9]+$")]
Range = tuple["pendulum.DateTime | None", "pendulum.DateTime | None"]
"""From when on issues were created, and before when, on whole minutes; ``None`` is unbounded."""


class _Created(msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from"}):
    since: str | None = None
    before: str | None = None


class _Given(msgspec.Struct, forbid_unknown_fields=True):
    number: t.Annotated[int, msgspec.Meta(ge=1)]
    of: t.Annotated[int, msgspec.Meta(ge=1)]
    projects: list[ProjectId] | None = None
    other_than: list[ProjectId] = []
    created: dict[ProjectId, _Created] = {}


@dataclasses.dataclass(frozen=True)
class Slice:
    """Some of the issues, and perhaps all that is not of issues."""

    number: int
    of: int
    """How many slices there are."""
    projects: frozenset[str] | None = None
    """The ids of the projects that it reads; ``None``: all but ``other_than``."""
    other_than: frozenset[str] = frozenset()
    created: tuple[tuple[str, Range], ...] = ()
    """Projects of which it reads only issues that were created in a range of time."""

    @property
    def has_the_rest(self) -> bool:
        """Whether it reads what no slice names: projects to come, what is not of issues."""
        return self.projects is None

    def __str__(self) -> str:
        """For the log."""
        return f"slice {self.number} of {self.of}"

    @classmethod
    def parse(cls, given: object, instant: t.Callable[[str], pendulum.DateTime]) -> Slice:
        """The setting; ``instant`` reads a date.

        Raises:
            ConfigurationError: what is wrong with it.
        """
        try:
            found = msgspec.convert(given, _Given)
        except msgspec.ValidationError as error:
            raise _invalid(str(error)) from None
        if found.number > found.of:
            raise _invalid(f"there is no number {found.number} of {found.of}")
        if found.projects is not None and found.other_than:
            raise _invalid("it has projects or other_than, not both")
        own = None if found.projects is None else frozenset(found.projects)
        others = frozenset(found.other_than)
        ranges: list[tuple[str, Range]] = []
        for project, each in sorted(found.created.items()):
            if project in others or (own is not None and project not in own):
                raise _invalid(f"it has no project {project}, of which created speaks")
            since, before = (
                instant(text).start_of("minute") if text else None
                for text in (each.since, each.before)
            )
            if since and before and since >= before:
                raise _invalid(f"created of {project} ends before it begins")
            ranges.append((project, (since, before)))
        return cls(found.number, found.of, own, others, tuple(ranges))


def _invalid(reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"The setting slice is not valid: {reason}. Take it as tap-jira --slices prints it."
    )
