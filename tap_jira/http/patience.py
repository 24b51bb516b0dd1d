"""How long a command waits for a Jira that does not answer, and what it says meanwhile.

A run has time: it tries each request for about a minute, so that a short outage costs nothing. At
an interactive command somebody sits and waits: it gives up sooner. Whoever waits is told so, once,
before it gets long.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("tap-jira.patience")

INTERACTIVE = 15.0
"""Seconds that an interactive command goes on trying."""
CONNECT_TIMEOUT = 20.0
"""Seconds to wait for a connection; an address where nothing is may swallow every packet."""
INTERACTIVE_CONNECT_TIMEOUT = 5.0
LEAST_TIMEOUT = 1.0
"""Seconds that a request is given even if time is up: somebody else's wait may have used it."""
TIMES = 5
"""Times `request_timeout` after which a run gives up an answer that comes but has no end."""
SILENCE = 1.0
"""Seconds without an answer after which whoever waits is told."""


class Patience:
    """What all requests of a command share: one clock until Jira answers, and one line to tell.

    Example:
        >>> patience = Patience(INTERACTIVE)
        >>> end = patience.begin()
        >>> patience.pause(end, 8.0)
        8.0
        >>> patience.answered()
    """

    def __init__(
        self, seconds: float | None = None, clock: t.Callable[[], float] = time.monotonic
    ) -> None:
        """Give up after ``seconds``, or only when all tries are used up."""
        self._seconds = seconds
        self._clock = clock
        self._began: float | None = None
        self._answered = False
        self._told = False
        self._lock = threading.Lock()

    @classmethod
    def of_an_interactive_command(cls) -> Patience:
        """That of somebody who sits and waits."""
        return cls(INTERACTIVE)

    def begin(self) -> float:
        """When trying to have a request answered ends, on the clock.

        Until Jira has answered for the first time all requests have the same time: the one that
        began it.
        """
        if self._seconds is None:
            return float("inf")
        now = self._clock()
        with self._lock:
            if self._began is None or self._answered:
                self._began = now
            return self._began + self._seconds

    def pause(self, end: float, pause: float) -> float | None:
        """How long to pause before the next try; ``None`` if time is up."""
        left = end - self._clock()
        return min(pause, left) if left > 0 else None

    def timeouts(self, request_timeout: float) -> tuple[float, float]:
        """Seconds to wait for a connection, and for an answer.

        An answer may be slow to come from a Jira that has answered before.
        """
        if self._seconds is None:
            return min(CONNECT_TIMEOUT, request_timeout), request_timeout
        connect = min(INTERACTIVE_CONNECT_TIMEOUT, request_timeout)
        if self._began is None or not self.is_in_doubt:
            return connect, request_timeout
        left = max(LEAST_TIMEOUT, self._began + self._seconds - self._clock())
        return min(connect, left), min(request_timeout, left)

    def whole(self, request_timeout: float) -> float:
        """Seconds until an exchange has to be over, however steadily something comes.

        The time-outs are for each piece of an answer, so that one that trickles has no end. A run
        has time for a large one on a slow line; who sits and waits has none beyond them.
        """
        if self._seconds is None:
            return TIMES * request_timeout
        return self.timeouts(request_timeout)[1]

    @property
    def is_in_doubt(self) -> bool:
        """Whether time-outs are cut short: somebody waits, and nothing has answered yet."""
        return self._seconds is not None and not self._answered

    def answered(self) -> None:
        """Jira is there."""
        self._answered = True

    def trying_again(self, reason: object) -> None:
        """Say that it is tried again, and why."""
        if self._to_be_told():
            # An error's text is for when nothing helped.
            why = str(reason).replace(", several times", "")
            logger.info("Trying again%s: %s", self._for_how_long(), why)

    @contextlib.contextmanager
    def listening(self, host: str) -> Iterator[None]:
        """Say so if there is no answer for a while."""
        if not self._to_be_told(yet=False):
            yield
            return
        timer = threading.Timer(SILENCE, self._silent, [host])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _silent(self, host: str) -> None:
        if self._to_be_told():
            logger.info("%s has not answered yet; waiting%s.", host, self._for_how_long())

    def _for_how_long(self) -> str:
        return "" if self._seconds is None else f" for up to {self._seconds:.0f} s"

    def _to_be_told(self, *, yet: bool = True) -> bool:
        """Whether somebody is to be told, which happens once: not of a run's later troubles."""
        with self._lock:
            wanted = not self._told and not (self._answered and self._seconds is None)
            self._told = self._told or (wanted and yet)
            return wanted
