"""The `issues` stream: a row per issue, a column per field."""

from __future__ import annotations

import typing as t

from tap_jira.custom_fields import issue_columns
from tap_jira.events import Event, IssuesRead, Needs
from tap_jira.jql import Span
from tap_jira.streams.issue_based import IssueBasedStream
from tap_jira.timestamps import epoch_ms, floor_minute

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Record

    from tap_jira.schema import Column
    from tap_jira.site import Site

OUTSIDE_FIELDS = ("id", "key", "self")


class IssuesStream(IssueBasedStream):
    """Issues: ``search/jql`` and ``issue/bulkfetch`` on Cloud, ``search`` on Data Center.

    ``{"id": "10002", "key": "ED-1", "self": …, "fields": {"summary": …, "status": {…}, …}}``
    becomes one flat row. Only the fields of the selected columns are asked for.
    """

    name = "issues"

    def make_columns(self, site: Site) -> Iterable[Column]:
        """A column per field of this Jira."""
        naming = self.connection.settings.custom_field_names
        return issue_columns(self.connection.fields, is_cloud=site.is_cloud, naming=naming)

    def needs(self) -> Needs:
        """The fields of the selected columns."""
        sources = {each.source for each in self.selected_columns}
        fields = sorted({*sources, "updated"} - {*OUTSIDE_FIELDS})
        encoded = self.record.may_stay_encoded if self.writes_as_built else frozenset()
        return Needs(tuple(fields), encoded)

    @property
    def span(self) -> Span:
        """With ``end_date``, only issues that were last changed before it."""
        end = self.connection.settings.end_date
        last = floor_minute(end).add(minutes=1) if end and end != floor_minute(end) else end
        return Span(super().span.start, last)

    def records_of(self, event: Event) -> Iterator[Record]:
        """The issues whose version is due."""
        if not isinstance(event, IssuesRead):
            return
        bookmark = self.bookmark
        for issue in event.issues:
            fields = issue["fields"]
            version = epoch_ms(fields.get("updated"))
            if bookmark.includes(version) and bookmark.is_due(issue["id"], version):
                yield self.record(fields, issue)
