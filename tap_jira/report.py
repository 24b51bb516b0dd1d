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

    def line(self, width: int) -> str:
        """The stream's line of the summary, its name in so many columns."""
        line = f"{self.name + ':':<{width}} {self.rows:>9} rows, "
        if self.leader:
            line += f"read together with {self.leader}"
        else:
            line += f"{self.requests:>5} requests, {self.seconds:>6.1f} s"
        if self.bookmark_after:
            line += f", bookmark {self.bookmark_before or 'none'} -> {self.bookmark_after}"
        if self.error:
            line += f", NOT COMPLETE: {self.error}"
        return line

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
        """Write the summary; ``waited`` are the seconds spent waiting for rate limits.

        A line for each stream that has rows or an error; the others are named together.
        """
        self.progress.end()
        parts = list(self.streams.values())
        shown = [each for each in parts if each.rows or each.error or each.bookmark_after]
        width = max((len(each.name) for each in shown), default=0) + 1
        for part in shown:
            logger.info("%s", part.line(width))
        self._together(parts)
        logger.info(
            "Total: %d rows, %d requests, %.1f s, of which %.1f s waiting for rate limits.",
            sum(part.rows for part in parts),
            sum(self._counts.values()),
            time.monotonic() - self._started,
            waited,
        )

    def _together(self, parts: list[StreamReport]) -> None:
        """What has no rows, by why it has none."""
        reasons: dict[str, list[str]] = {}
        empty: list[str] = []
        due: dict[str, str] = {}
        for part in parts:
            if part.skipped:
                reasons.setdefault(part.skipped, []).append(part.name)
            elif part.due_at:
                due[part.name] = part.due_at
            elif not (part.rows or part.error or part.bookmark_after):
                empty.append(part.name)
        if empty:
            logger.info("Without rows: %s.", ", ".join(sorted(empty)))
        if due:
            logger.info(
                "Not due before %s at the earliest: %s.", min(due.values()), ", ".join(sorted(due))
            )
        for reason, names in reasons.items():
            logger.warning("Skipped %s: %s.", reason, ", ".join(sorted(names)))
