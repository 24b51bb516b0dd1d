"""Virtual time and its printed forms."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

_QUARTER = 900_000
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def to_ms(moment: datetime) -> int:
    """Milliseconds since the epoch of an aware datetime."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int, zone: ZoneInfo | timezone = timezone.utc) -> datetime:
    """The aware datetime of an epoch millisecond."""
    return (EPOCH + timedelta(milliseconds=ms)).astimezone(zone)


class Clock:
    """Starts at a fixed instant; real time may pass on top; tests push it forward."""

    def __init__(self, start: datetime, *, runs: bool = True) -> None:
        """Start at ``start``."""
        self._base = to_ms(start)
        self._runs = runs
        self._begun = time.monotonic()

    @property
    def start_ms(self) -> int:
        """The instant the world was generated for, plus what was advanced."""
        return self._base

    def now_ms(self) -> int:
        """The virtual now."""
        passed = int((time.monotonic() - self._begun) * 1000) if self._runs else 0
        return self._base + passed

    def now(self) -> datetime:
        """The virtual now as an aware UTC datetime."""
        return from_ms(self.now_ms())

    def advance(self, seconds: float = 0.0, *, minutes: float = 0.0, days: float = 0.0) -> None:
        """Move time forward."""
        self._base += int((seconds + 60 * minutes + 86_400 * days) * 1000)

    def http_date(self) -> str:
        """The ``Date`` header."""
        return format_datetime(self.now(), usegmt=True)


class Stamper:
    """Prints instants as Jira does: the profile zone's offset of that date, without a colon."""

    def __init__(self, zone: str) -> None:
        """Print in ``zone``."""
        self.zone = ZoneInfo(zone)
        # An offset never changes inside a quarter of an hour, so the costly part is kept per
        # quarter: thousands of issues carry dozens of instants each.
        self._quarters: dict[int, tuple[str, int, str]] = {}

    def __call__(self, ms: int) -> str:
        """Print ``ms``, for example ``2021-04-01T08:52:27.109+0800``."""
        quarter, rest = divmod(ms, _QUARTER)
        known = self._quarters.get(quarter)
        if known is None:
            local = from_ms(quarter * _QUARTER, self.zone)
            text = local.isoformat(timespec="minutes")  # 2021-04-01T08:45+08:00
            known = (text[:14], local.minute, f"{text[16:19]}{text[20:22]}")
            self._quarters[quarter] = known
        minute, rest = divmod(rest, 60_000)
        second, milli = divmod(rest, 1000)
        return f"{known[0]}{known[1] + minute:02d}:{second:02d}.{milli:03d}{known[2]}"
