"""Streams that not everyone may read: skipped where they never were, failed where they were.

Most users are no administrators and select everything; a run that lacks a permission it never had
is a good run. A permission that was taken away is another matter: rows would be missing from then
on, and nobody would know.

The SCHEMA is written once there is something to say, so that a stream which is skipped or not due
leaves no empty table behind.
"""

from __future__ import annotations

import functools
import logging
import typing as t

from singer_sdk import metrics

from tap_jira.errors import MissingScopeError, NotFoundError, PermissionDeniedError, StreamError
from tap_jira.jira.permissions import ANYONE, Permission
from tap_jira.streams.base import JiraStream

# Python 3.10 knows of the parameter for types only.
if t.TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter


class _Quiet(_Adapter):
    """Says at level DEBUG what it is given to say at INFO."""

    def info(self, msg: object, *args: object, **options: t.Any) -> None:
        """One of singer-sdk's measurements."""
        self.debug(msg, *args, **options)


class OptionalStream(JiraStream):
    """A stream that asks for more than browsing."""

    needs_permission: Permission = ANYONE
    decisive: Permission = ANYONE
    """A permission with which nobody is refused, as far as is known; where nothing is said of it,
    a licence or a plan may be wanting as well."""

    @property
    def was_read(self) -> bool:
        """Whether an earlier run has read it."""
        raise NotImplementedError

    @functools.cached_property
    def lacks(self) -> str:
        """What the user is known to lack for it; empty if nothing."""
        return self.needs_permission.text if self.connection.lacks(self.needs_permission) else ""

    def _is_contradicted(self, error: StreamError) -> bool:
        """Whether Jira says that the user has all that the stream takes, and refuses nevertheless.

        Then it is no lack that a run could do without for ever, but something odd, and for a time.
        """
        is_refusal = isinstance(error, PermissionDeniedError)
        if not is_refusal or isinstance(error, MissingScopeError) or not self.decisive.keys:
            return False
        held = self.connection.permissions
        return held is not None and bool(held.intersection(self.decisive.keys))

    def require(self) -> None:
        """Go on only if the user may.

        Raises:
            PermissionDeniedError: it is known that they may not.
        """
        if self.lacks:
            msg = f"This user does not have {self.lacks}."
            raise PermissionDeniedError(msg)

    def log(self, message: str, *args: t.Any, **options: t.Any) -> None:
        """Log; that a stream begins would be a line for each of eighty."""
        begins = message.startswith("Beginning")
        super().log(message, *args, **({**options, "level": logging.DEBUG} if begins else options))

    def get_record_counter(self, **options: t.Any) -> metrics.Counter:
        """singer-sdk's, whose lines are at level DEBUG: the summary has the number."""
        return _quiet(super().get_record_counter(**options))

    def get_sync_timer(self, **options: t.Any) -> metrics.Timer:
        """singer-sdk's, likewise."""
        return _quiet(super().get_sync_timer(**options))

    def _write_schema_message(self) -> None:
        """Not yet (see :meth:`_open`)."""

    def _open(self) -> None:
        """Write the SCHEMA: there is a row, or known to be none."""
        super()._write_schema_message()

    def fail(self, error: StreamError) -> None:
        """Skip what was never read and may not be, or is not there; fail otherwise."""
        part = self.run.report.stream(self.name)
        if self.was_read or part.rows or self._is_contradicted(error):
            super().fail(error)
        elif isinstance(error, MissingScopeError):
            part.skipped = f"for want of the token's scope {self.scope}"
        elif self.needs_permission == ANYONE and isinstance(error, PermissionDeniedError):
            part.skipped = "since Jira refuses them to this user"
        elif isinstance(error, PermissionDeniedError):
            part.skipped = f"for want of {self.permission}"
        elif isinstance(error, NotFoundError):
            part.skipped = "since this Jira does not have them, or not for this user"
        else:
            super().fail(error)
        if part.skipped:
            self.logger.debug("Stream %s is skipped: %s", self.name, error)


Meter = t.TypeVar("Meter", bound=metrics.Meter)


def _quiet(meter: Meter) -> Meter:
    meter.logger = _Quiet(meter.logger)  # type: ignore[assignment] # it is used as a logger only
    return meter
