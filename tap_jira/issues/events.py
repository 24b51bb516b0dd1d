"""What a pass over changed issues hands out, in order, and what it is asked for."""

from __future__ import annotations

import dataclasses
import typing as t

from tap_jira.records.decode import decode_partly
from tap_jira.records.timestamps import epoch_ms

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import msgspec
    import pendulum

    from tap_jira.errors import StreamError
    from tap_jira.issues.windows import Issue

History = dict[str, t.Any]
Comment = dict[str, t.Any]
Worklog = dict[str, t.Any]
Rows = list[dict[str, t.Any]]


@dataclasses.dataclass(frozen=True, eq=False)
class Single:
    """What a stream wants of one issue at a time (:mod:`.singly`)."""

    part: str
    """What it is called in :class:`Trouble` and :class:`Unread`."""
    wanted: Callable[[Issue], bool]
    """Whether it is due for an issue."""
    read: Callable[[Issue, bool], Rows]
    """Asks for it, patiently or not; raises `NotFoundError` if the issue has none."""


@dataclasses.dataclass(frozen=True)
class Needs:
    """What the streams of a pass want to know."""

    fields: tuple[str, ...] = ()
    """Fields of the issues; none if only histories are wanted."""
    encoded: frozenset[str] = frozenset()
    """Those of them whose objects are only handed on: see :class:`.query.Query`."""
    shapes: Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    """What is looked into of fields that are asked for besides: see there."""
    comments: Callable[[Issue], bool] | None = None
    """Whether an issue's comments are wanted, if any are."""
    worklogs: Callable[[Issue], bool] | None = None
    """Whether all worklogs of an issue are wanted, if any are."""
    histories: bool = False
    moves: bool = False
    """Whether it matters which issues were moved: recent histories come with the content."""
    increment: bool = False
    """Whether this is a later run: then an issue's histories are judged together."""
    expand: tuple[str, ...] = ()
    """What else is to come with the content."""
    singly: tuple[Single, ...] = ()

    @classmethod
    def together(cls, each: Sequence[Needs], *, increment: bool) -> Needs:
        """What several streams want to know; ``increment``: whether this is a later run."""
        looked_at = {field for need in each for field in need.fields if field not in need.encoded}
        return cls(
            fields=tuple(sorted({field for need in each for field in need.fields})),
            encoded=frozenset().union(*(need.encoded for need in each)) - looked_at,
            shapes={
                name: shape
                for need in each
                for name, shape in need.shapes.items()
                if name not in looked_at
            },
            comments=_any_of([need.comments for need in each if need.comments]),
            worklogs=next((need.worklogs for need in each if need.worklogs), None),
            histories=any(need.histories for need in each),
            moves=any(need.moves for need in each) and increment,
            increment=increment,
            expand=tuple(sorted({name for need in each for name in need.expand})),
            singly=tuple(single for need in each for single in need.singly),
        )

    @property
    def content(self) -> bool:
        """Whether anything is wanted beside histories."""
        further = self.expand or self.singly
        return bool(self.fields or self.comments or self.worklogs or further)

    def include(self, part: str) -> bool:
        """Whether this part of a pass is wanted."""
        return any(part == each.part for each in self.singly) or bool(getattr(self, part, False))


@dataclasses.dataclass(frozen=True)
class IssuesRead:
    """Issues with their fields.

    Lists that were cut off follow, as `CommentsRead` and `WorklogsRead`.
    """

    issues: list[Issue]


@dataclasses.dataclass(frozen=True)
class CommentsRead:
    """All comments of an issue that has more than were embedded."""

    issue: Issue
    comments: list[Comment]


@dataclasses.dataclass(frozen=True)
class WorklogsRead:
    """All worklogs of an issue that has more than were embedded."""

    issue: Issue
    worklogs: list[Worklog]


@dataclasses.dataclass(frozen=True)
class CommentPage:
    """A page of an issue's comments, before it is put together with the others."""

    issue: Issue
    comments: list[Comment]
    total: int | None
    """How many there are, as this page says; ``None`` if it does not, or could not be had."""
    is_last: bool


@dataclasses.dataclass(frozen=True)
class HistoriesRead:
    """Histories by issue id; an issue's may be spread over several events.

    A page holds up to 10,000 of them and several pages wait for their turn, so they are kept
    encoded until then, at a tenth of the memory.
    """

    encoded: list[tuple[str, list[msgspec.Raw]]]

    def decoded(self, kind: t.Any = t.Any) -> Iterator[tuple[str, list[History]]]:
        """An issue at a time; a history is of the given kind for msgspec."""
        for issue_id, parts in self.encoded:
            decoded = (decode_partly(bytes(part), list[kind]) or () for part in parts)
            yield issue_id, [history for histories in decoded for history in histories]


@dataclasses.dataclass(frozen=True)
class RowsRead:
    """What was asked for a single issue."""

    part: str
    issue: Issue
    rows: Rows


@dataclasses.dataclass(frozen=True)
class Refused:
    """What the user may not see of a single issue."""

    part: str
    issue: Issue
    error: StreamError


@dataclasses.dataclass(frozen=True)
class Trouble:
    """A part of the pass that could not be read.

    ``content``, ``comments``, ``worklogs``, ``histories`` or that of a :class:`Single`; all of it,
    if empty.
    """

    part: str
    error: StreamError


@dataclasses.dataclass(frozen=True)
class Unread:
    """A part of one issue that cannot be read, though others can: see :class:`Trouble`.

    ``issue`` has its ``id``; its ``key`` and its ``updated``, if they are known.
    """

    part: str
    issue: Issue
    error: StreamError


@dataclasses.dataclass(frozen=True)
class FreshRead:
    """All issues that came into view were handed out."""


@dataclasses.dataclass(frozen=True)
class Milestone:
    """Everything before ``reached`` was handed out; all there is, if it is ``None``.

    ``calm`` is false if so much moved meanwhile that an issue may have been missed which changed
    during the pass: the next one finds it, and must then take all that is in it for new.
    """

    reached: pendulum.DateTime | None
    calm: bool = True


Event: t.TypeAlias = (
    "IssuesRead | CommentsRead | WorklogsRead | HistoriesRead | RowsRead | Refused | Trouble | "
    "Unread | FreshRead | Milestone"
)
Step: t.TypeAlias = "Event | CommentPage"


_ROWS = {"changelog": "histories", "comment": "comments", "worklog": "worklogs"}
"""By list inside an issue: the member that holds its rows."""


def changed_ms(row: t.Mapping[str, t.Any]) -> int:
    """When a comment or a worklog was changed last, in epoch milliseconds.

    That is when it was made, if it says nothing readable of a change; 0 if it says neither.
    """
    return epoch_ms(row.get("updated")) or epoch_ms(row.get("created"))


def embedded(issue: Issue, name: str) -> tuple[list[t.Any], bool]:
    """A list inside an issue, and whether it is all there is.

    ``comment`` and ``worklog`` are fields, ``changelog`` stands beside the fields; all say their
    ``total``. One that does not may be cut off.
    """
    holder = issue if name == "changelog" else issue.get("fields") or {}
    page = holder.get(name)
    if not isinstance(page, dict):
        return [], False
    rows, total = page.get(_ROWS[name]) or [], page.get("total")
    if not isinstance(rows, list):
        return [], False
    return rows, isinstance(total, int) and len(rows) >= total


def items_of(history: Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The changes in a history: one per field."""
    return objects(history.get("items"))


def objects(value: object) -> list[dict[str, t.Any]]:
    """The objects in what should be a list of them."""
    return [each for each in value if type(each) is dict] if isinstance(value, list) else []


def _any_of(wanted: list[Callable[[Issue], bool]]) -> Callable[[Issue], bool] | None:
    """Whether any stream wants it of an issue; ``None`` if none ever does."""
    return (lambda issue: any(wants(issue) for wants in wanted)) if wanted else None
