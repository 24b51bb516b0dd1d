"""Streams of what Jira tells of one issue at a time, declared.

Such a stream is read with the issues, by `updated`, in the pass over those that changed; each
keeps a bookmark of its own. Most cost a request for every changed issue, and for no other.

    ISSUE_REMOTE_LINKS = IssueResource(
        "issue_remote_links",
        "What issues link to outside of this Jira.",
        columns=(*columns.text("issue_id", "global_id", "relationship", "self"), …),
        cloud=Read("issue/{issueId}/remotelink"),
        data_center=Read("issue/{issueId}/remotelink"),
    )
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from tap_jira.errors import NotFoundError
from tap_jira.issues.events import Event, IssuesRead, Needs, Refused, RowsRead, Single
from tap_jira.issues.windows import version_of
from tap_jira.streams.described import DescribedStream
from tap_jira.streams.issues.issue_based import IssueBasedStream
from tap_jira.streams.reading import whole_list
from tap_jira.streams.resource import Inside, Read, Resource

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_jira.errors import StreamError
    from tap_jira.issues.events import Milestone, Rows
    from tap_jira.issues.search import Issue
    from tap_jira.run import Run
    from tap_jira.streams.resource import Row

NAMED = 3
"""Issues that a message names."""


@dataclasses.dataclass(frozen=True, eq=False)
class IssueResource(Resource):
    """A stream whose rows Jira gives issue by issue; the issue's id fills ``{issueId}``."""

    selected: bool = False
    fields: tuple[str, ...] = ()
    """The issue's fields that `concerns` looks at."""
    concerns: Callable[[Mapping[str, t.Any]], bool] | None = None
    """Whether an issue with these fields may have any: others are not asked for."""
    inner: Mapping[str, Read] = dataclasses.field(default_factory=dict)
    """Lists inside a row that may be cut off, and where they are whole."""


class IssueResourceStream(DescribedStream, IssueBasedStream):
    """A stream made of such a declaration."""

    is_of_the_whole_issue = True
    resource: IssueResource

    def __init__(self, tap: Tap, run: Run, resource: IssueResource, area: str) -> None:
        """See :class:`.described.DescribedStream`."""
        self._way: t.Any = resource.read_on(run.connection.site)
        self._answered = False
        self._refused: list[str] = []
        self._refusal: StreamError | None = None
        self._cut_off: list[str] = []
        super().__init__(tap, run, resource, area)

    @property
    def was_read(self) -> bool:
        """Whether an earlier run has read it."""
        return "replication_key_value" in self.stream_state

    @functools.cached_property
    def _is_there(self) -> bool:
        """Whether this Jira has the app that it is of.

        Where there is none, every issue would be answered 404, as one without any rows is.
        """
        app = self.resource.app
        return app is None or self.connection.has(app)

    @property
    def takes_part(self) -> bool:
        """Not if it is known that the user may not read it, or that there is nothing to read."""
        return not self.lacks and self._is_there

    def require(self) -> None:
        """See :class:`.optional.OptionalStream`.

        Raises:
            NotFoundError: it belongs to an app that this Jira does not have.
        """
        super().require()
        app = self.resource.app
        if app and not self._is_there:
            msg = f"This Jira does not have {app.name}, or no licence for it."
            raise NotFoundError(msg)

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """See :class:`.issue_based.IssueBasedStream`."""
        self.require()
        yield from super().get_records(context)
        if self._refusal and not self._answered and not self.was_read:
            raise self._refusal
        self._open()
        self._tell()

    # --- what it asks for -------------------------------------------------------------------------

    def needs(self) -> Needs:
        """The rows inside the issues, or those of each."""
        if isinstance(self._way, Inside):
            return Needs(("updated",), expand=(self._way.member,))
        fields = ("updated", *self.resource.fields)
        return Needs(fields, singly=(Single(self.name, self._is_due, self._read),))

    def _is_due(self, issue: Issue) -> bool:
        """Whether this version of an issue was not read before, and may have rows."""
        if self.bookmark.is_owed(issue["id"]):
            return True
        concerns, version = self.resource.concerns, version_of(issue)
        if concerns and not concerns(issue.get("fields") or {}):
            return False
        return self.bookmark.includes(version) and not self.was_looked_at(issue["id"], version)

    def _read(self, issue: Issue, patient: bool) -> Rows:  # noqa: FBT001 - as `Single` has it
        way: Read = self._way
        context = {"issueId": issue["id"]}
        try:
            whole = whole_list(self.connection, way, context, patient=patient)
        except way.absent:
            return []
        if whole.cut_off:
            self._cut_off.append(issue["id"])
        for row in whole.rows:
            for name, rest in self.resource.inner.items():
                row[name] = self._all_of(row.get(name), rest, context, patient=patient)
        return whole.rows

    def _all_of(self, page: t.Any, rest: Read, context: Row, *, patient: bool) -> t.Any:
        """What a page inside a row lists; all of it."""
        if not isinstance(page, dict):
            return page
        if page.get("isLastPage") is False:
            return whole_list(self.connection, rest, context, patient=patient).rows
        return page.get("values")

    # --- what it makes of it ----------------------------------------------------------------------

    def records_of(self, event: Event) -> Iterator[Record]:
        """The rows of the issues whose version is due."""
        if isinstance(event, IssuesRead):
            if isinstance(self._way, Inside):
                self._answered = True
                for issue in filter(self._is_due, event.issues):
                    yield from self._rows_of(issue, issue.get(self._way.member) or ())
        elif isinstance(event, (RowsRead, Refused)) and event.part == self.name:
            if isinstance(event, Refused):
                self._refusal = event.error
                self._refused.append(event.issue.get("key") or event.issue["id"])
            else:
                self._answered = True
                yield from self._rows_of(event.issue, event.rows)

    def _rows_of(self, issue: Issue, rows: Iterable[Row]) -> Iterator[Record]:
        version = version_of(issue)
        if self.was_overtaken(issue["id"], version):
            return
        self._open()
        shape = self.resource.row
        parent = {"issueId": issue["id"], "issueKey": issue.get("key")}
        seen = set()
        for row in rows:
            record = self.record({**(shape(row) if shape else row), **parent})
            key = self.key_of(record)
            if key is not None and key not in seen:
                seen.add(key)
                yield record
        self.looked_at(issue["id"], version)

    def arrived(self, milestone: Milestone) -> None:
        """See :class:`.issue_based.IssueBasedStream`; not while the user is only refused.

        That may be for a time: the next run asks for the same issues again.
        """
        if not self._refusal or self._answered:
            self._open()
            super().arrived(milestone)

    def _tell(self) -> None:
        """Say what was not as it should be, in one line each."""
        if self._refused:
            self.may_activate = False
            self.logger.warning(
                "%s: this user may not read those of %d issues (%s, …): it takes %s. No rows are "
                "deleted in the target.",
                self.name,
                len(self._refused),
                ", ".join(self._refused[:NAMED]),
                self.permission,
            )
        if self._cut_off:
            self.may_activate = False
            self.logger.warning(
                "%s: of %d issues Jira lists fewer than it counts; it takes %s. No rows are "
                "deleted in the target.",
                self.name,
                len(self._cut_off),
                self.permission,
            )
