"""What a run did: rows, requests, seconds and bookmarks per stream, told once at its end."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import time
import typing as t

from tap_jira.progress import Progress

if t.TYPE_CHECKING:
    import collections
    from collections.abc import Iterator

logger = logging.getLogger("tap-jira.summary")


@dataclasses.dataclass
class StreamReport:
    """One stream's part."""

    name: str
    rows: int = 0
    seconds: float = 0.0
    requests: int = 0
    bookmark_before: str | None = None
    bookmark_after: str | None = None
    error: str | None = None
    due_at: str | None = None
    """When it is to be read, if not in this run."""
    skipped: str | None = None
    """What the user lacks for it, who could never read it."""
    leader: str | None = None
    """The stream in whose pass this one was read, and whose requests are its own as well."""
    counts: collections.Counter[str] | None = None

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Count the seconds and the requests of the time inside."""
        started, requests = time.monotonic(), self._requests()
        try:
            yield
        finally:
            self.seconds += time.monotonic() - started
            self.requests += self._requests() - requests

    def _requests(self) -> int:
        return sum(self.counts.values()) if self.counts is not None else 0


class Report:
    """The whole run."""

    def __init__(self, counts: collections.Counter[str]) -> None:
        """Watch the client's request counts."""
        self._counts = counts
        self._started = time.monotonic()
        self.progress = Progress(counts)
        self.streams: dict[str, StreamReport] = {}

    def stream(self, name: str) -> StreamReport:
        """The part of a stream."""
        return self.streams.setdefault(name, StreamReport(name, counts=self._counts))

    @property
    def errors(self) -> dict[str, str]:
        """The streams that could not be read, and why."""
        return {name: part.error for name, part in self.streams.items() if part.error}

    def log(self, waited: float) -> None:
        """Write the summary; ``waited`` are the seconds spent waiting for rate limits."""
        self.progress.end()
        for part in list(self.streams.values()):
            line = f"{part.name}: {part.rows} rows, "
            if part.leader:
                line += f"read together with {part.leader}"
            else:
                line += f"{part.requests} requests, {part.seconds:.1f} s"
            if part.bookmark_after:
                line += f", bookmark {part.bookmark_before or 'none'} -> {part.bookmark_after}"
            if part.error:
                line += f", NOT COMPLETE: {part.error}"
            logger.info("%s", line)
        logger.info(
            "Total: %d rows, %d requests, %.1f s, of which %.1f s waiting for rate limits.",
            sum(part.rows for part in self.streams.values()),
            sum(self._counts.values()),
            time.monotonic() - self._started,
            waited,
        )
