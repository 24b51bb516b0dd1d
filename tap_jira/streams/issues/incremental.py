"""Streams with a bookmark that says how far everything is out, as is proven (:mod:`.bookmark`)."""

from __future__ import annotations

import copy
import functools
import typing as t
from types import GenericAlias

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_jira.issues.bookmark import Bookmark
from tap_jira.issues.coverage import WholeRead, narrow
from tap_jira.issues.id_set import IdSet
from tap_jira.issues.part_reader import row_type
from tap_jira.records.decode import decode_partly
from tap_jira.records.timestamps import to_text
from tap_jira.streams.own_state import OwnStateStream

if t.TYPE_CHECKING:
    from collections.abc import Callable

    import pendulum

    from tap_jira.issues.coverage import Coverage


class IncrementalStream(OwnStateStream):
    """A stream that reads what changed since its bookmark."""

    replication_key = "updated"
    _settled = True
    least_lookback = 0
    """Seconds for which Jira withholds what changed, whatever the settings say."""

    @property
    def keeps_bookmark(self) -> bool:
        """Not if the catalog asks for FULL_TABLE: STATE then stays what an increment made it."""
        return self.replication_method == REPLICATION_INCREMENTAL

    @functools.cached_property
    def _working_state(self) -> dict[str, t.Any]:
        """The stream's part of STATE; apart from it while rows may wait for their file (BATCH).

        The bookmark, and whatever else a stream keeps in STATE, is written here.
        """
        if not self.keeps_bookmark:
            return {}
        state: dict[str, t.Any] = self.stream_state
        return copy.deepcopy(state) if self.get_batch_config(self.config) else state

    @property
    def coverage(self) -> Coverage:
        """What it is read with; a bookmark is true for that only."""
        return self.run.issues.coverage

    @functools.cached_property
    def bookmark(self) -> Bookmark:
        """This run's bookmark; one that is not kept if the catalog asks for FULL_TABLE."""
        settings = self.connection.settings
        bookmark = Bookmark(
            self.name,
            self._working_state,
            str(self.replication_key),
            started_at=self.connection.site.started_at,
            lookback=max(settings.lookback_seconds, self.least_lookback),
            period=(settings.start_date, settings.end_date),
            coverage=self.coverage if self.keeps_bookmark else None,
        )
        value = to_text(bookmark.value) if bookmark.value else None
        self.run.report.stream(self.name).bookmark_before = value
        if bookmark.stays:
            self.logger.warning(
                "end_date lies before the bookmark of %s (%s), which stays as it is: what this run "
                "finds, the next one without such an end_date reads again.",
                self.name,
                value,
            )
        return bookmark

    @functools.cached_property
    def rows_type(self) -> t.Any:
        """The type of Jira's rows for msgspec: what nobody looks into stays encoded."""
        row = row_type(self.selected_columns) if self.writes_as_built else t.Any
        return GenericAlias(list, (row,))

    @functools.cached_property
    def read_rows(self) -> Callable[[bytes], t.Any]:
        """Decodes an array of such rows."""
        return functools.partial(decode_partly, kind=self.rows_type)

    @property
    def is_at_first(self) -> bool:
        """Whether no read of all that there is was ever finished; a whole read does not count."""
        state = self.stream_state
        return (
            self.keeps_bookmark
            and state.get("unfinished_since", state.get("replication_key_value")) is None
        )

    def take_fresh(self, ids: IdSet) -> bool:
        """Whether it is to read these issues by id, since it was past them.

        STATE says so at once, also where files are waited for (BATCH), or where the stream is not
        selected in this run, or read whole: that may end before it has them.
        """
        state = self.stream_state
        if state.get("replication_key_value") is None:
            return False
        state["fresh"] = (IdSet.of_state(self.name, state.get("fresh")) | ids).as_state()
        if self.selected and self.keeps_bookmark:
            self.bookmark.add_fresh(ids)
        return self.keeps_bookmark

    def reached(self, instant: pendulum.DateTime | None, *, settles: bool = True) -> None:
        """Everything before the instant is written (everything at all, if ``None``)."""
        self.bookmark.advance(instant, settles=settles)
        self._settled = settles
        self.offer()

    def offer(self) -> None:
        """The working state may be STATE, once no row waits for its file any more."""
        if self.batches:
            self.batches.milestone()
        else:
            self.publish()

    def publish(self) -> None:
        """See :meth:`.base.JiraStream.publish`: the working state is STATE from now on."""
        if not self.keeps_bookmark:
            return
        state = self.stream_state
        if self._working_state is not state:
            if state == self._working_state:
                return
            state.clear()
            state.update(copy.deepcopy(self._working_state))
        value = state.get("replication_key_value")
        self.run.report.stream(self.name).bookmark_after = value
        self.state_manager.is_flushed = False

    def about_to_delete(self) -> None:
        """See :meth:`.base.JiraStream.about_to_delete`; STATE has to say so before."""
        state: dict[str, t.Any] = self.stream_state
        before = copy.deepcopy(state)
        end = self.connection.settings.end_date
        during = WholeRead(self.bookmark.limit, self.connection.site.now())
        if reason := narrow(self.name, state, self.coverage, end, during):
            self.logger.info("The next run reads %s from start_date again: %s.", self.name, reason)
        if census := self.run.census:
            census.distrust()
            census.save()
        if state != before or census:
            self.run.write_state(self._tap)

    def write_ahead(self) -> None:
        """Write STATE before rows that it has to tell of, unless it is heavy."""
        self.run.write_ahead(self._tap)

    @property
    def doubt(self) -> str:
        """A project left out with a warning may still be there; so may an issue that moved."""
        if left_out := self.connection.left_out:
            return f"project_keys names {', '.join(left_out)}, which could not be found."
        if not self._settled:
            return "so much changed meanwhile that an issue may be missing; run again."
        return ""
