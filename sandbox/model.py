"""The things a Jira site is made of."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_MASK = (1 << 64) - 1


def mix(a: int, b: int) -> int:
    """A fast, reproducible hash: every generated value hangs on one of these."""
    x = (a * 0x9E3779B97F4A7C15 + b * 0xC2B2AE3D27D4EB4F + 0x165667B19E3779F9) & _MASK
    x = ((x ^ (x >> 29)) * 0xBF58476D1CE4E5B9) & _MASK
    return (x ^ (x >> 32)) & _MASK


class Instant(int):
    """An epoch millisecond, printed in the caller's zone."""

    __slots__ = ()


@dataclass(eq=False)
class User:
    """A person or an app."""

    id: str
    key: str
    name: str
    display: str
    email: str | None
    active: bool = True
    kind: str = "atlassian"
    time_zone: str | None = "Europe/Berlin"
    #: Embedded in issues, but gone from every list of users.
    listed: bool = True


@dataclass(eq=False)
class Group:
    """A group of users."""

    id: str
    name: str


@dataclass(eq=False)
class Option:
    """A value of a select list, perhaps below a parent."""

    id: str
    value: str
    child: Option | None = None


@dataclass(eq=False)
class Status:
    """A step of the workflow."""

    id: str
    name: str
    category: str


@dataclass(eq=False)
class IssueType:
    """A kind of issue."""

    id: str
    name: str
    level: int = 0
    scope: str | None = None


@dataclass(eq=False)
class Named:
    """A priority, resolution or component."""

    id: str
    name: str
    sort: str


@dataclass(eq=False)
class Version:
    """A version of a project."""

    id: str
    name: str
    project_id: int
    released: bool
    date: str | None


@dataclass(eq=False)
class Sprint:
    """A sprint; names hold what breaks naive parsers."""

    id: int
    name: str
    state: str
    board: int
    start: int | None
    end: int | None
    complete: int | None
    goal: str


@dataclass(eq=False)
class Project:
    """A project and how far its keys have come."""

    id: int
    key: str
    name: str
    kind: str = "software"
    archived: bool = False
    deleted: bool = False
    hidden: bool = False
    public: bool = False
    team_managed: bool = False
    lead: User | None = None
    next_number: int = 1
    versions: list[Version] = field(default_factory=list)
    components: list[Named] = field(default_factory=list)

    @property
    def live(self) -> bool:
        """Whether its issues can be found at all."""
        return not (self.archived or self.deleted or self.hidden)


@dataclass(eq=False)
class Comment:
    """A comment of an issue."""

    id: int
    author: User | None
    editor: User | None
    body: str
    created: int
    updated: int
    visibility: str | None = None
    public: bool = True
    #: For a role or group that the caller is not in.
    hidden: bool = False


@dataclass(eq=False)
class Worklog:
    """Time logged on an issue."""

    id: int
    author: User | None
    editor: User | None
    body: str
    created: int
    updated: int
    started: int
    seconds: int
    visibility: str | None = None


class Item(NamedTuple):
    """One field change."""

    field: str
    field_id: str | None
    kind: str
    old: str | None
    old_text: str | None
    new: str | None
    new_text: str | None


class History(NamedTuple):
    """One change of an issue."""

    id: int
    author: User | None
    created: int
    items: tuple[Item, ...]


class Link(NamedTuple):
    """A link as seen from one of its ends."""

    id: int
    kind: int
    other: int
    outward: bool


class Children(NamedTuple):
    """How many children of a kind an issue was born with, and their first id."""

    first: int
    size: int


@dataclass(eq=False)
class Issue:
    """An issue: a small skeleton; values not overridden are computed from ``seed`` on demand.

    ``comments``, ``histories`` and ``worklogs`` stay None until a mutation touches them, so a
    hundred thousand untouched issues cost little.
    """

    __slots__ = (
        "comments",
        "counts",
        "created",
        "hidden",
        "histories",
        "id",
        "kind",
        "number",
        "overrides",
        "parent",
        "project",
        "seed",
        "updated",
        "version",
        "worklogs",
    )
    id: int
    project: Project
    number: int
    kind: IssueType
    seed: int
    created: int
    updated: int
    parent: int | None
    counts: tuple[Children, Children, Children]
    hidden: bool
    version: int
    overrides: dict[str, Any]
    comments: list[Comment] | None
    histories: list[History] | None
    worklogs: list[Worklog] | None

    @property
    def key(self) -> str:
        """The key as of now."""
        return f"{self.project.key}-{self.number}"

    def snapshot(self) -> Issue:
        """What a search index remembers of it."""
        twin = copy.copy(self)
        twin.overrides = dict(self.overrides)
        return twin


@dataclass(eq=False)
class Filed:
    """The row a worklog feed prints."""

    worklog_id: int
    updated: int
    issue_id: int
