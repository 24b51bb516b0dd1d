"""Instants, as Jira writes them and as the tap does.

Jira writes ``2021-04-01T08:52:27.109+0800`` (the offset of the caller's profile, without a
colon), ``2021-03-01T09:00:00.000Z`` or epoch milliseconds, depending on the resource. The tap
writes UTC with ``Z``, since targets drop offsets.
"""

from __future__ import annotations

import datetime as dt

import pendulum
from pendulum.parsing import parse_iso8601

UTC = dt.timezone.utc


def parse_instant(value: object) -> dt.datetime | None:
    """An aware UTC instant; ``None`` if the value is no valid one.

    An ISO text without offset is read as UTC.
    """
    try:
        if isinstance(value, str):
            parsed = parse_iso8601(value)
            if not isinstance(parsed, dt.datetime):
                return None
            if parsed.tzinfo is None:
                return parsed.replace(tzinfo=UTC)
            return parsed.astimezone(UTC)
        if isinstance(value, int) and not isinstance(value, bool):
            return dt.datetime.fromtimestamp(value / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def to_text(instant: dt.datetime) -> str:
    """A UTC instant as ``2021-04-01T00:52:27.109Z``."""
    return f"{instant.isoformat(timespec='milliseconds')[:-6]}Z"


def to_ms(instant: dt.datetime) -> int:
    """Epoch milliseconds."""
    return round(instant.timestamp() * 1000)


def from_ms(milliseconds: int) -> pendulum.DateTime:
    """The instant of an epoch in milliseconds."""
    return pendulum.from_timestamp(milliseconds / 1000)


def floor_minute(instant: pendulum.DateTime) -> pendulum.DateTime:
    """The start of the instant's minute."""
    return instant.start_of("minute")
