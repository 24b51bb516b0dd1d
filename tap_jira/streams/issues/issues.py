"""The `issues` stream: a row per issue, a column per field."""

from __future__ import annotations

import typing as t
from functools import cached_property

from tap_jira.errors import ConfigurationError
from tap_jira.issues.events import (
    CommentsRead,
    Event,
    FreshRead,
    IssuesRead,
    Milestone,
    Needs,
    embedded,
)
from tap_jira.issues.windows import version_of
from tap_jira.records import schema
from tap_jira.records.decode import Members
from tap_jira.records.issue_columns import MAX_COLUMNS, Layout, issue_columns
from tap_jira.records.schema import column
from tap_jira.streams.issues.issue_based import IssueBasedStream

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pendulum
    from singer_sdk import Tap
    from singer_sdk.helpers.types import Record
    from singer_sdk.singerlib import Catalog

    from tap_jira.issues.events import Comment
    from tap_jira.issues.search import Issue
    from tap_jira.jira.site import Site
    from tap_jira.records.schema import Column
    from tap_jira.run import Run

Whole: t.TypeAlias = "tuple[Issue, Iterable[Comment] | None]"
"""An issue with its comments, if they are asked for and known."""
COMMENT_IDS = column("comment_ids", schema.array_of(schema.TEXT))
"""The comments that are there: one that is not among them any more was deleted."""
LOOKED_AT = frozenset({"created", "updated"})
"""Fields that say which issues are due."""
OUTSIDE_FIELDS = ("id", "key", "self")
"""Members of an issue that are columns, beside its fields."""


class IssuesStream(IssueBasedStream):
    """Issues: ``search/jql`` and ``issue/bulkfetch`` on Cloud, ``search`` on Data Center.

    ``{"id": "10002", "key": "ED-1", "self": …, "fields": {"summary": …, "status": {…}, …}}``
    becomes one flat row. Only the fields of the selected columns are asked for; for `comment_ids`
    the list of comments, which is completed where it was cut off (20 on Cloud).
    """

    name = "issues"
    is_of_the_whole_issue = True

    def __init__(self, tap: Tap, run: Run) -> None:
        """See :class:`.base.JiraStream`."""
        self._held: dict[str, Issue] = {}
        """Those whose comments have not come yet."""
        super().__init__(tap, run)

    def apply_catalog(self, catalog: Catalog) -> None:
        """See :meth:`.base.JiraStream.apply_catalog`; comments are not read for their ids alone.

        Where neither the column nor the stream `comments` is asked for, and no stream map makes
        something of it, the column is left out.
        """
        entry, comments = catalog.get_stream(self.name), catalog.get_stream("comments")
        column = entry and entry.metadata.get(("properties", COMMENT_IDS.name))
        with_comments = comments is not None and comments.metadata.resolve_selection()[()]
        maps = (self.config.get("stream_maps") or {}).values()
        said = [each for one in maps if isinstance(one, dict) for each in one.values()]
        with_comments = with_comments or any(COMMENT_IDS.name in str(each) for each in said)
        if column and column.selected is None and not with_comments:
            column.selected = False
        super().apply_catalog(catalog)

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
        fields = self.connection.fields
        columns = issue_columns(fields, is_cloud=site.is_cloud, layout=layout)
        if self.run.known_names.are_missing([*columns, COMMENT_IDS]):
            self.connection.confirm_fields()
            fields = self.connection.fields
            columns = issue_columns(fields, is_cloud=site.is_cloud, layout=layout)
        return [*columns, COMMENT_IDS]

    def refuse(self) -> None:
        """Refuse more columns than a table can have, as they are sent: mapped and flattened.

        Raises:
            ConfigurationError: that many are selected.
        """
        super().refuse()
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

    @cached_property
    def _lists_comments(self) -> bool:
        return any(each.name == COMMENT_IDS.name for each in self.selected_columns)

    def needs(self) -> Needs:
        """The fields of the selected columns."""
        sources = {source for each in self.selected_columns for source in each.sources}
        fields = sorted({*sources, "updated"} - {*OUTSIDE_FIELDS, COMMENT_IDS.source})
        encoded = self.record.may_stay_encoded - LOOKED_AT if self.writes_as_built else frozenset()
        comments = self._may_be_due if self._lists_comments else None
        return Needs(tuple(fields), encoded, comments=comments)

    def depends_on(self, part: str) -> bool:
        """See :meth:`.issue_based.IssueBasedStream`; without comments their ids are unknown."""
        return part != "comments" and super().depends_on(part)

    def _may_be_due(self, issue: Issue) -> bool:
        version = version_of(issue)
        bookmark = self.bookmark
        is_known = bookmark.was_sent(issue["id"], version) and issue["id"] not in bookmark.lacking
        return bookmark.includes(version) and not is_known

    def records_of(self, event: Event) -> Iterator[Record]:
        """The issues whose version is due; those whose comments follow once these are known."""
        if isinstance(event, IssuesRead):
            self._keep_for_later(event.issues)
            yield from self._rows(self._whole(event.issues))
        elif isinstance(event, CommentsRead):
            # A list without any of those that the issue has shown is not there, or not to be seen.
            is_known = event.comments or not embedded(event.issue, "comment")[0]
            if is_known and event.issue["id"] in self._held:
                yield from self._row(self._held.pop(event.issue["id"]), event.comments)
        elif isinstance(event, (Milestone, FreshRead)) and self._held:
            yield from self._without_comments(list(self._held.values()))
            self._held.clear()

    def _whole(self, issues: Iterable[Issue]) -> Iterator[Whole]:
        """Those that may be due, with their comments; the others wait for theirs."""
        if not self._lists_comments:
            yield from ((issue, None) for issue in issues)
            return
        for issue in filter(self._may_be_due, issues):
            comments, complete = embedded(issue, "comment")
            if complete:
                yield issue, comments
            else:
                self._held[issue["id"]] = issue

    def _keep_for_later(self, issues: Iterable[Issue]) -> None:
        """Those that lack what their comments tell, and are for a run without this `end_date`."""
        bookmark = self.bookmark
        if not bookmark.lacking:
            return
        later = [
            issue["id"]
            for issue in issues
            if issue["id"] in bookmark.lacking and not bookmark.includes(version_of(issue))
        ]
        if later:
            bookmark.add_lacking(later)

    def _without_comments(self, issues: list[Issue]) -> Iterator[Record]:
        """Those whose comments cannot be read, which the next run tries again."""
        self.logger.warning(
            "The comments of %d issues cannot be read: their comment_ids are null until they can.",
            len(issues),
        )
        known = self.bookmark.lacking
        for issue in issues:
            if issue["id"] not in known:
                yield from self._row(issue, None)
        self.bookmark.add_lacking(issue["id"] for issue in issues)

    def _row(self, issue: Issue, comments: Iterable[Comment] | None) -> Iterator[Record]:
        """The issue, if it is due; nothing otherwise."""
        return self._rows([(issue, comments)])

    def _rows(self, issues: Iterable[Whole]) -> Iterator[Record]:
        """Those that are due: together if they are written as they are built, one by one if not.

        Where singer-sdk writes them, STATE may be written between two.
        """
        due: Iterable[Whole] = (each for each in issues if self._is_due(each[0]))
        if self.writes_as_built:
            due = list(due)
            kinds = {type(issue["fields"]) for issue, _ in due}
            if len(kinds) == 1 and issubclass(kinds.pop(), Members):
                others = {name: [issue.get(name) for issue, _ in due] for name in OUTSIDE_FIELDS}
                if self._lists_comments:
                    others[COMMENT_IDS.source] = [_ids_of(comments) for _, comments in due]
                yield from self.record.page([issue["fields"] for issue, _ in due], others)
                return
        for issue, comments in due:
            yield self.record(issue["fields"], issue, {COMMENT_IDS.source: _ids_of(comments)})

    def _is_due(self, issue: Issue) -> bool:
        bookmark, issue_id, version_ms = self.bookmark, issue["id"], version_of(issue)
        # One that was sent without its comments is due again.
        return bookmark.includes(version_ms) and (
            bookmark.is_due(issue_id, version_ms) or issue_id in bookmark.lacking
        )


def _ids_of(comments: Iterable[Comment] | None) -> list[str] | None:
    return None if comments is None else [each["id"] for each in comments]
