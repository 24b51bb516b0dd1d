"""Streams with a bookmark that is a proven watermark (:mod:`tap_jira.bookmark`).

singer-sdk takes the largest replication key it has seen for the bookmark. Here the bookmark says
how far everything is out, so the hooks that would move it with each record do nothing.
"""

from __future__ import annotations

import functools
import typing as t

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_jira.bookmark import Bookmark
from tap_jira.streams.base import JiraStream
from tap_jira.timestamps import to_text

if t.TYPE_CHECKING:
    import pendulum
    from singer_sdk.helpers.types import Context, Record


class IncrementalStream(JiraStream):
    """A stream that reads what changed since its bookmark."""

    replication_key = "updated"
    least_lookback = 0
    """Seconds for which Jira withholds what changed, whatever the settings say."""

    @functools.cached_property
    def bookmark(self) -> Bookmark:
        """This run's bookmark; one that is not kept if the catalog asks for FULL_TABLE."""
        settings = self.connection.settings
        keeps = self.replication_method == REPLICATION_INCREMENTAL
        bookmark = Bookmark(
            self.name,
            self.stream_state if keeps else {},
            str(self.replication_key),
            started_at=self.connection.site.started_at,
            lookback=max(settings.lookback_seconds, self.least_lookback),
            period=(settings.start_date, settings.end_date),
        )
        report = self.run.report.stream(self.name)
        report.bookmark_before = to_text(bookmark.value) if bookmark.value else None
        return bookmark

    def reached(self, instant: pendulum.DateTime | None, *, settles: bool = True) -> None:
        """Everything before the instant is written (everything at all, if ``None``)."""
        self.bookmark.advance(instant, settles=settles)
        value = self.bookmark.value
        self.run.report.stream(self.name).bookmark_after = to_text(value) if value else None
        self.state_manager.is_flushed = False

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """The bookmark knows where it starts."""

    def get_replication_key_signpost(self, context: Context | None = None) -> None:  # noqa: ARG002
        """The bookmark has its own limit."""
        return

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """The bookmark moves by :meth:`reached`, not by what a record says."""
