"""Streams whose part of STATE is their own affair.

singer-sdk takes the largest replication key it has seen for the bookmark. Here the stream says how
far it is, so the hooks that would move the bookmark with each record do nothing.
"""

from __future__ import annotations

import typing as t

from tap_jira.streams.base import JiraStream

if t.TYPE_CHECKING:
    from singer_sdk.helpers.types import Context, Record


class OwnStateStream(JiraStream):
    """A stream that writes its bookmark by itself."""

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """The bookmark knows where it starts."""

    def get_replication_key_signpost(self, context: Context | None = None) -> None:  # noqa: ARG002
        """The bookmark has its own limit."""
        return

    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """The bookmark is not moved by what a record says."""
