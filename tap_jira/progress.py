"""How far a run is, while it runs: a live line on a terminal, a log line now and then elsewhere."""

from __future__ import annotations

import logging
import sys
import time
import typing as t

if t.TYPE_CHECKING:
    import collections

logger = logging.getLogger("tap-jira.progress")

LIVE_INTERVAL = 0.5
LOG_INTERVAL = 60.0
"""Seconds between two looks."""
CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Tells about one stream at a time."""

    def __init__(self, counts: collections.Counter[str], stream: t.TextIO = sys.stderr) -> None:
        """Watch the client's request counts."""
        self._counts = counts
        self._stream = stream
        self._live = stream.isatty()
        self._interval = LIVE_INTERVAL if self._live else LOG_INTERVAL
        self._name = ""
        self._began = self._looked = time.monotonic()
        self._rows = 0
        self._done, self._total = 0, 0
        self._shown = False

    def begin(self, name: str) -> None:
        """A stream starts."""
        self.end()
        self._name = name
        self._began = time.monotonic()
        self._rows = self._done = self._total = 0

    def rows(self, count: int = 1) -> None:
        """Records were written."""
        self._rows += count
        now = time.monotonic()
        if now - self._looked >= self._interval:
            self._looked = now
            self._show(now - self._began)

    def issues(self, done: int, total: int) -> None:
        """So many of about so many issues were read."""
        self._done, self._total = done, total

    def end(self) -> None:
        """Leave a clean line behind."""
        if self._shown:
            self._stream.write(CLEAR_LINE)
            self._stream.flush()
            self._shown = False

    def _show(self, seconds: float) -> None:
        parts = [f"{self._name}: {self._rows:,} records"]
        if self._total:
            parts.append(f"{self._done:,} of {self._total:,} issues")
        parts.append(f"{self._rows / max(seconds, 0.001):,.0f}/s")
        parts.append(f"{sum(self._counts.values()):,} requests")
        if self._done and self._total > self._done:
            parts.append(f"{seconds / self._done * (self._total - self._done):,.0f} s left")
        text = ", ".join(parts)
        if self._live:
            self._stream.write(f"{CLEAR_LINE}{text}")
            self._stream.flush()
            self._shown = True
        else:
            logger.info("%s", text)
