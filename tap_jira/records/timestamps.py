"""Instants, as Jira writes them and as the tap does.

Jira writes ``2021-04-01T08:52:27.109+0800`` (the offset of the caller's profile, without a
colon), ``2021-03-01T09:00:00.000Z`` or epoch milliseconds, depending on the resource; service
management writes all of it at once: ``{"iso8601": …, "jira": …, "friendly": …, "epochMillis": …}``.
The tap writes UTC with ``Z``, since targets drop offsets.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t
from functools import lru_cache

import msgspec
import pendulum
from pendulum.parsing import parse_iso8601

if t.TYPE_CHECKING:
    from collections.abc import Sequence

UTC = dt.timezone.utc
EPOCH = dt.datetime(1970, 1, 1, tzinfo=UTC)
END_OF_TIME = 253_402_300_800_000
"""The year 10000, in epoch milliseconds."""
DAY, MINUTE = 86_400_000, 60_000
"""In milliseconds."""
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(T\d\d)(:[0-5]\d:[0-5]\d\.\d{3})([+-]\d{4})", re.ASCII
).fullmatch
"""The day, the hour, the rest of the time, and the offset, as Jira writes most times."""
_SHIFTS = {
    f"T{hour:02}{sign}{offset:02}00": ((hour - int(f"{sign}{offset}")) // 24, hour_there)
    for hour in range(24)
    for sign in "+-"
    for offset in range(15)
    for hour_there in [f"T{(hour - int(f'{sign}{offset}')) % 24:02}"]
}
"""By the hour and an offset in whole hours: how many days later it is in UTC, and the hour."""
_MINUTES = [f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1440)]
_DAYS_KEPT = 1 << 14
_TEXTS_KEPT = 1 << 12


def parse_instant(value: object) -> dt.datetime | None:
    """An aware UTC instant; ``None`` if the value is no valid one.

    An ISO text without offset is read as UTC.
    """
    if isinstance(value, dict):
        told = (value.get("epochMillis"), value.get("iso8601"), value.get("jira"))
        value = next((each for each in told if each is not None and type(each) is not dict), None)
    try:
        if isinstance(value, str):
            parsed = parse_iso8601(value)
            if not isinstance(parsed, dt.datetime):
                return None
            if parsed.tzinfo is None:
                return parsed.replace(tzinfo=UTC)
            return parsed.astimezone(UTC)
        if isinstance(value, int) and not isinstance(value, bool):
            return EPOCH + dt.timedelta(milliseconds=value)
    except (ValueError, OverflowError):
        pass
    return None


def to_text(instant: dt.datetime) -> str:
    """A UTC instant as ``2021-04-01T00:52:27.109Z``."""
    return f"{instant.isoformat(timespec='milliseconds')[:-6]}Z"


def utc_text(value: object) -> str | None:
    """Jira's time as the tap writes it; ``None`` if the value is no valid one.

    Where the offset is in whole hours only the day and the hour differ, and days repeat: an issue
    holds half a dozen times, which would be a third of the work on it. Those of histories in
    milliseconds repeat their days, too.
    """
    if type(value) is str:
        if found := _TIME(value):
            day, hour, rest, offset = found.groups()
            days, hour = _SHIFTS.get(hour + offset, (0, ""))
            if hour and (day := _shifted(day, days)):
                return f"{day}{hour}{rest}Z"
    elif type(value) is int and 0 <= value < END_OF_TIME:
        days, rest = divmod(value, DAY)
        minute, rest = divmod(rest, MINUTE)
        return f"{_day_of(days)}{_MINUTES[minute]}{rest // 1000:02}.{rest % 1000:03}Z"
    instant = parse_instant(value)
    return to_text(instant) if instant else None


class _Instants(msgspec.Struct, gc=False):
    instants: list[dt.datetime | None]


def utc_texts(values: Sequence[t.Any]) -> list[str | None] | None:
    """The same of several, or null; ``None`` if not all of them are texts, and valid ones."""
    try:
        # That they are valid takes a fifth of the time in which each shows it.
        msgspec.convert({"instants": values}, _Instants)
        return [each if each is None else _valid_in_utc(each) for each in values]
    except (msgspec.ValidationError, ValueError):
        return None


def _valid_in_utc(text: str) -> str:
    """A valid time in UTC.

    Raises:
        ValueError: there is no such time in UTC.
    """
    days, hour = _SHIFTS.get(text[10:13] + text[23:], (0, ""))
    # With an offset in whole hours the rest is a time to the millisecond.
    if hour and (day := _shifted(text[:10], days)):
        return f"{day}{hour}{text[13:23]}Z"
    if (there := utc_text(text)) is None:
        raise ValueError(text)
    return there


def date_text(value: object) -> str | None:
    """The day of Jira's date or time; ``None`` if the value is no valid one."""
    return _shifted(str(value)[:10], 0) or None


def epoch_ms(value: object) -> int:
    """Jira's time in epoch milliseconds; 0 if the value is no valid one.

    One before 1970, such as an importer's zero in another zone, is 1: earlier than all others.
    """
    if type(value) is str:
        return _epoch_ms(value)
    if type(value) is int and 0 < value < END_OF_TIME:
        return value
    return _ms_of(parse_instant(value))


@lru_cache(_TEXTS_KEPT)
def _epoch_ms(text: str) -> int:
    """The same of a text: what a pass asks of an issue, every stream asks again."""
    try:
        found = msgspec.convert(text, dt.datetime)
        instant = found.astimezone(UTC) if found.tzinfo else parse_instant(text)
    except (ValueError, OverflowError):  # it is written in a rarer way
        instant = parse_instant(text)
    return _ms_of(instant)


def _ms_of(instant: dt.datetime | None) -> int:
    return min(max(to_ms(instant), 1), END_OF_TIME - 1) if instant else 0


@lru_cache(_DAYS_KEPT)
def _shifted(day: str, days: int) -> str:
    """The day so many days later; nothing if there is no such day."""
    try:
        return (dt.date.fromisoformat(day) + dt.timedelta(days)).isoformat()
    except (ValueError, OverflowError):
        pass
    return ""


@lru_cache(_DAYS_KEPT)
def _day_of(days: int) -> str:
    """The day so many days after the epoch."""
    return (EPOCH + dt.timedelta(days)).date().isoformat()


def to_ms(instant: dt.datetime) -> int:
    """Epoch milliseconds."""
    return round(instant.timestamp() * 1000)


def from_ms(milliseconds: int) -> pendulum.DateTime:
    """The instant of an epoch in milliseconds."""
    return pendulum.from_timestamp(milliseconds / 1000)


def floor_minute(instant: pendulum.DateTime) -> pendulum.DateTime:
    """The start of the instant's minute."""
    return instant.start_of("minute")


def ceil_minute(instant: pendulum.DateTime) -> pendulum.DateTime:
    """The first start of a minute that is not before the instant."""
    start = floor_minute(instant)
    return start if start == instant else start.add(minutes=1)
