"""Streams that not everyone may read: skipped where they never were, failed where they were.

Most users are no administrators and select everything; a run that lacks a permission it never had
is a good run. A permission that was taken away is another matter: rows would be missing from then
on, and nobody would know.

The SCHEMA is written once there is something to say, so that a stream which is skipped or not due
leaves no empty table behind.
"""

from __future__ import annotations

import functools

from tap_jira.errors import NotFoundError, PermissionDeniedError, StreamError
from tap_jira.jira.permissions import ANYONE, Permission
from tap_jira.streams.base import JiraStream


class OptionalStream(JiraStream):
    """A stream that asks for more than browsing."""

    needs_permission: Permission = ANYONE

    @property
    def was_read(self) -> bool:
        """Whether an earlier run has read it."""
        raise NotImplementedError

    @functools.cached_property
    def lacks(self) -> str:
        """What the user is known to lack for it; empty if nothing."""
        needed = self.needs_permission
        if needed.keys and needed.is_lacked(self.connection.permissions):
            return needed.text
        return ""

    def require(self) -> None:
        """Go on only if the user may.

        Raises:
            PermissionDeniedError: it is known that they may not.
        """
        if self.lacks:
            msg = f"This user does not have {self.lacks}."
            raise PermissionDeniedError(msg)

    def _write_schema_message(self) -> None:
        """Not yet (see :meth:`_open`)."""

    def _open(self) -> None:
        """Write the SCHEMA: there is a row, or known to be none."""
        super()._write_schema_message()

    def fail(self, error: StreamError) -> None:
        """Skip what was never read and may not be, or is not there; fail otherwise."""
        part = self.run.report.stream(self.name)
        if self.was_read or part.rows:
            super().fail(error)
        elif isinstance(error, PermissionDeniedError):
            part.skipped = f"for want of {self.permission}"
        elif isinstance(error, NotFoundError):
            part.skipped = "since this Jira does not have them, or not for this user"
        else:
            super().fail(error)
        if part.skipped:
            self.logger.debug("Stream %s is skipped: %s", self.name, error)
