"""The `issues` stream: a row per issue, a column per field."""

from __future__ import annotations

import typing as t

from tap_jira.errors import ConfigurationError
from tap_jira.issues.events import Event, IssuesRead, Needs
from tap_jira.records.issue_columns import MAX_COLUMNS, Layout, issue_columns
from tap_jira.records.timestamps import epoch_ms
from tap_jira.streams.issues.issue_based import IssueBasedStream

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pendulum
    from singer_sdk.helpers.types import Record

    from tap_jira.jira.site import Site
    from tap_jira.records.schema import Column

OUTSIDE_FIELDS = ("id", "key", "self")


class IssuesStream(IssueBasedStream):
    """Issues: ``search/jql`` and ``issue/bulkfetch`` on Cloud, ``search`` on Data Center.

    ``{"id": "10002", "key": "ED-1", "self": …, "fields": {"summary": …, "status": {…}, …}}``
    becomes one flat row. Only the fields of the selected columns are asked for.
    """

    name = "issues"
    is_of_the_whole_issue = True

    def make_columns(self, site: Site) -> Iterable[Column]:
        """A column per field of this Jira, but for those that share one.

        Where a field is missing that a catalog or STATE knows, the list of fields may have been cut
        short: what it lacks would be neither asked for nor sent.
        """
        settings = self.connection.settings
        layout = Layout(
            settings.custom_field_names,
            settings.custom_fields,
            settings.scoped_custom_fields,
            settings.rich_text,
            settings.custom_field_values,
            self.run.known_names,
        )
        columns = issue_columns(self.connection.fields, is_cloud=site.is_cloud, layout=layout)
        if self.run.known_names.are_missing(columns):
            self.connection.confirm_fields()
            columns = issue_columns(self.connection.fields, is_cloud=site.is_cloud, layout=layout)
        return columns

    def refuse(self) -> None:
        """Refuse more columns than a table can have, as they are sent: mapped and flattened.

        Raises:
            ConfigurationError: that many are selected.
        """
        for message in self._generate_schema_messages():
            count, selected = len(message.schema["properties"]), len(self.selected_columns)
            if count > MAX_COLUMNS:
                made = "" if count == selected else f" ({selected:,} before it is flattened)"
                msg = (
                    f"The stream {message.stream} has {count:,} columns{made}, and tables have no "
                    f"room for more than {MAX_COLUMNS:,}: set scoped_custom_fields or "
                    "custom_fields to object, which puts custom fields into one column, deselect "
                    "columns that you do not need, or do without flattening."
                )
                raise ConfigurationError(msg)

    def reached(self, instant: pendulum.DateTime | None, *, settles: bool = True) -> None:
        """Remember what readable columns are called: nothing else does without a catalog."""
        known = self.run.known_names
        naming = self.connection.settings.custom_field_names
        if naming == "name" and not known.has_catalog:
            self._working_state["column_names"] = known.to_remember(self.selected_columns)
        super().reached(instant, settles=settles)

    def needs(self) -> Needs:
        """The fields of the selected columns."""
        sources = {source for each in self.selected_columns for source in each.sources}
        fields = sorted({*sources, "updated"} - {*OUTSIDE_FIELDS})
        encoded = self.record.may_stay_encoded if self.writes_as_built else frozenset()
        return Needs(tuple(fields), encoded)

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
