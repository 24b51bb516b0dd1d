"""One run: the Jira it reads, the streams that take part, and what came of it."""

from __future__ import annotations

import logging
import typing as t

from tap_jira.errors import InterruptedRunError
from tap_jira.issues.source import IssueSource
from tap_jira.report import Report
from tap_jira.states import States
from tap_jira.writer import BufferedWriter

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from singer_sdk import Stream, Tap

    from tap_jira.errors import TapJiraError
    from tap_jira.issues.census import Census
    from tap_jira.jira.connection import Connection
    from tap_jira.records.issue_columns import KnownNames

logger = logging.getLogger("tap-jira")

FAILED = 1
"""The exit code of a run that is not complete."""


@t.runtime_checkable
class Forerunner(t.Protocol):
    """A stream that has something to do before any issue is read."""

    def before_issues(self) -> None:
        """Do it."""


class Run:
    """What the streams of a run share beside Jira itself."""

    def __init__(
        self,
        connection: Connection,
        streams: Callable[[], Mapping[str, Stream]],
        known_names: KnownNames,
    ) -> None:
        """``streams`` gives all streams by name, once they are there."""
        self.connection = connection
        self.issues = IssueSource(connection)
        self.known_names = known_names
        self.report = Report(connection.client.counts)
        self.written: set[str] = set()
        """The streams that some pass of this run writes."""
        self.census: Census | None = None
        """What keeps account of the issues that are read, if they are to be missed one day."""
        self._issues_begun = False
        self._streams = streams
        self._first = True

    @property
    def all(self) -> list[Stream]:
        """All streams."""
        return list(self._streams().values())

    @property
    def selected(self) -> list[Stream]:
        """The streams that take part, in the order in which they are synced."""
        return [stream for stream in self._streams().values() if stream.selected]

    def before_issues(self) -> None:
        """Issues are about to be read: tell the streams, once."""
        if self._issues_begun:
            return
        self._issues_begun = True
        for stream in self.selected:
            if isinstance(stream, Forerunner):
                stream.before_issues()

    def is_first(self) -> bool:
        """Whether nothing of the run has begun; from now on it has."""
        first, self._first = self._first, False
        return first

    def abort(self, error: TapJiraError, tap: Tap) -> SystemExit:
        """What to raise so that the run ends here, with one line and an exit code."""
        logger.error("%s", error)
        self.finish(tap)
        return SystemExit(error.exit_code if isinstance(error, InterruptedRunError) else FAILED)

    def finish(self, tap: Tap) -> None:
        """Write the last STATE, and conclude."""
        self.write_state(tap)
        self.conclude(tap)

    def write_state(self, tap: Tap) -> None:
        """Write STATE, whatever it weighs."""
        if isinstance(tap.state_writer, States):
            tap.state_writer.write_last(tap.state)

    def write_ahead(self, tap: Tap) -> None:
        """Write STATE before rows that it tells of, unless it is heavy."""
        if isinstance(tap.state_writer, States):
            tap.state_writer.write_ahead(tap.state)

    def conclude(self, tap: Tap) -> None:
        """Write what is buffered, and the summary."""
        if isinstance(tap.message_writer, BufferedWriter):
            tap.message_writer.flush()
        self.report.log(self.connection.client.throttle.waited)

    def conclude_after(self, error: Exception, tap: Tap) -> None:
        """The same, unless it is that nothing can be written."""
        if not isinstance(error, OSError):
            self.conclude(tap)
