"""Staying inside Jira's rate limits, for all threads together.

Three things are held back (sources: Atlassian's pages on rate limiting for Cloud and for Data
Center):

* **An endpoint that pushes back.** A 429, or a 503 with ``Retry-After``, closes that endpoint for
  as long as the answer says, and afterwards paces it at a rate learned from what got through.
  ``X-RateLimit-NearLimit`` starts the pacing before anything is refused, and Data Center's bucket
  headers (``X-RateLimit-FillRate`` per ``X-RateLimit-Interval-Seconds``) give the rate outright.
* **Everything, when an hourly quota is used up** (``RateLimit-Reason: jira-quota-…``): until the
  reset that Jira names, or the turn of the hour.
* **The number of requests under way**: it starts at 8, grows with every success and halves when
  Jira pushes back. What is under way when a limit shows is refused; so where answers do not tell
  how much is left, an endpoint is asked for more than it will surely take by one request at first
  and after each refusal, then by more and more.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import random
import re
import threading
import time
import typing as t
from email.utils import parsedate_to_datetime

import pendulum
from pendulum.parsing.exceptions import ParserError

from tap_jira.errors import InterruptedRunError

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

logger = logging.getLogger("tap-jira.throttle")

FIRST_CONCURRENCY = 8.0
"""Requests under way at first: what a run begins with goes to as many endpoints."""
GROWTH = 0.25
"""Additional requests under way for each one that succeeded."""
SURE_BURST, SURE_RATE = 18.0, 10.0
"""Requests to an endpoint, at once and a second, that it will surely take: within a limit of 10 a
second and 20 at once, a tenth of the rate that Atlassian publishes (it publishes no burst). The two
to spare are for what Jira counts later than the tap: requests are on their way for a while."""
PROBE_GROWTH = 0.2
"""Additional requests under way beyond that for each such one that succeeded."""
LEAST_WAIT = 1.0
"""Seconds to wait at least after a 429: Data Center may say 0 while the bucket is empty."""
PACE_MARGIN = 0.5
"""Share of the rate that got through before a refusal that is used after it."""
PACE_DOUBLES = 10.0
"""Seconds in which a paced endpoint's rate doubles while its requests succeed."""
LEAST_PACE = 1.0
"""Requests a second to try at least after a refusal."""
PACE_CEILING = 80.0
"""Requests a second at which pacing ends (Cloud allows 100 an endpoint)."""
LONGEST_CATCH_UP = 5.0
"""Seconds of a wait, at most, in which what got through before it is earned back."""
LOGGED_WAIT = 1.0
"""Waits from this length on are worth a line in the log."""
HOUR = 3600.0
_USED_UP = re.compile(r";\s*r=0\s*;\s*t=(\d{1,9})\b")


@dataclasses.dataclass
class _Endpoint:
    """What is known of one endpoint's limit. Times are on the monotonic clock."""

    opens: float = 0.0
    """Closed until then."""
    rate: float | None = None
    """Requests a second, once it had to be paced."""
    due: float = 0.0
    """When the next request may start under pacing."""
    first: float = 0.0
    accepted: int = 0
    """Requests that got through since `first`."""
    busy: int = 0
    """Requests under way."""
    remaining: float = float("inf")
    """How many more Jira said it would take, with its latest answer."""
    sure: float = SURE_BURST
    """How many more it will surely take, as of `counted`."""
    counted: float = 0.0
    probing: int = 0
    """Requests under way beyond what is sure."""
    probes: float = 1.0
    """How many of those there may be."""

    def earn(self, now: float) -> None:
        """Bring `sure` up to this moment."""
        self.sure = min(SURE_BURST, self.sure + (now - self.counted) * SURE_RATE)
        self.counted = now

    @property
    def has_room(self) -> bool:
        """Whether one more may be under way: one may always go and see."""
        if self.remaining < float("inf"):
            return self.busy < max(1.0, self.remaining)  # those under way will be counted too
        return self.sure >= 1 or self.probing < int(self.probes)

    def begin(self) -> bool:
        """Count one more under way; whether it is beyond what is sure."""
        probing = self.sure < 1 and self.remaining == float("inf")
        self.sure = max(0.0, self.sure - 1)
        self.busy += 1
        self.probing += probing
        return probing

    def end(self, *, probing: bool, succeeded: bool) -> None:
        """Count one less under way; if it went well, more may be next time."""
        self.busy -= 1
        self.probing -= probing
        if probing and succeeded:
            self.probes += PROBE_GROWTH


class Throttle:
    """Admission control; one object for the whole tap."""

    def __init__(self, max_concurrency: int) -> None:
        """Allow at most this many requests under way."""
        self._most = float(max_concurrency)
        self._allowed = min(FIRST_CONCURRENCY, self._most)
        self._busy = 0
        self._opens = 0.0
        self._endpoints: dict[str, _Endpoint] = {}
        self._changed = threading.Condition()
        self._last_cut = 0.0
        self._stopped = False
        self.waited = 0.0
        """Seconds that requests spent waiting for rate limits, longest single waits added up."""

    def stop(self) -> None:
        """Let every waiting thread fail with :class:`InterruptedRunError`."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    @contextlib.contextmanager
    def slot(self, endpoint: str) -> Iterator[None]:
        """Wait for admission, and be counted as under way meanwhile."""
        with self._changed:
            state = self._endpoints.setdefault(endpoint, _Endpoint())
            while True:
                if self._stopped:
                    raise InterruptedRunError
                now = time.monotonic()
                wait = max(self._opens, state.opens, state.due if state.rate else 0.0) - now
                state.earn(now)
                if wait <= 0 and state.has_room and self._busy < int(self._allowed):
                    break
                if wait <= 0 and not state.has_room:
                    wait = (1 - state.sure) / SURE_RATE
                self._changed.wait(wait if wait > 0 else None)
            self._busy += 1
            probing = state.begin()
            if state.rate:
                state.due = max(now, state.due) + 1 / state.rate
        succeeded = False
        try:
            yield
            succeeded = True
        finally:
            with self._changed:
                self._busy -= 1
                state.end(probing=probing, succeeded=succeeded)
                self._changed.notify_all()

    def succeeded(self, endpoint: str, headers: Mapping[str, str]) -> None:
        """Learn from an answer that was not a refusal."""
        with self._changed:
            self._allowed = min(self._most, self._allowed + GROWTH)
            state = self._endpoints[endpoint]
            now = time.monotonic()
            if not state.accepted:
                state.first = now
            state.accepted += 1
            state.remaining = _number(headers.get("X-RateLimit-Remaining"), float("inf"))
            if state.rate:
                state.rate *= 2 ** (1 / (state.rate * PACE_DOUBLES))
                if state.rate > PACE_CEILING:
                    state.rate = None
            bucket = _bucket_rate(headers)
            if bucket and _number(headers.get("X-RateLimit-Remaining"), 1e9) <= 2 * self._busy:
                state.rate = bucket * PACE_MARGIN if state.rate is None else min(state.rate, bucket)
            elif headers.get("X-RateLimit-NearLimit", "").lower() == "true" and not state.rate:
                state.rate = self._learned_rate(state, now, LEAST_WAIT)
                state.due = now + 1 / state.rate
            self._changed.notify_all()

    def refused(self, endpoint: str, headers: Mapping[str, str], attempt: int) -> float:
        """Close what Jira closed; how many seconds that is."""
        hinted = _hint(headers)
        reason = headers.get("RateLimit-Reason", "").lower()
        everything = "quota" in reason
        if hinted is None:
            hinted = HOUR - time.time() % HOUR if everything else min(2.0 * 2**attempt, 30.0)
        # The jitter keeps several taps from coming back in the same instant.
        wait = max(hinted, LEAST_WAIT) + random.uniform(0.05, 0.3)  # noqa: S311 - no secret
        with self._changed:
            now = time.monotonic()
            state = self._endpoints[endpoint]
            closed_before = max(self._opens if everything else 0.0, state.opens, now)
            if now - self._last_cut > wait or self._last_cut == 0.0:
                self._allowed = max(1.0, self._allowed / 2)
                self._last_cut = now
            if state.opens <= now and not everything:  # a quota says nothing of a rate
                rate = _bucket_rate(headers) or self._learned_rate(state, now, wait)
                state.rate = min(rate, state.rate * 0.7) if state.rate else rate
                state.probes = 1.0
            state.accepted = 0
            opens = now + wait
            if everything:
                self._opens = max(self._opens, opens)
            else:
                state.opens = max(state.opens, opens)
            added = opens - closed_before
            if added > 0:
                self.waited += added
            if added >= LOGGED_WAIT:
                logger.info(
                    "Rate limit: waiting %.0f s before asking %s again (%s).",
                    wait,
                    "anything" if everything else endpoint,
                    reason or "429 or 503 from Jira",
                )
            self._changed.notify_all()
        return wait

    @staticmethod
    def _learned_rate(state: _Endpoint, now: float, wait: float) -> float:
        """A rate the limit can bear: what got through until now, and then nothing for `wait`."""
        elapsed = (now - state.first if state.accepted else 0.0) + min(wait, LONGEST_CATCH_UP)
        return max(LEAST_PACE, PACE_MARGIN * state.accepted / elapsed)


def _bucket_rate(headers: Mapping[str, str]) -> float | None:
    """Data Center's steady rate in requests a second, if rate limiting is on there."""
    fill = _number(headers.get("X-RateLimit-FillRate"), 0.0)
    interval = _number(headers.get("X-RateLimit-Interval-Seconds"), 0.0)
    return fill / interval if fill > 0 and interval > 0 else None


def _hint(headers: Mapping[str, str]) -> float | None:
    """How long Jira asks to wait: ``Retry-After``, or else ``X-RateLimit-Reset``, or ``RateLimit``.

    ``Retry-After`` is in seconds or an HTTP date, ``X-RateLimit-Reset`` an ISO 8601 instant,
    sometimes without seconds; ``RateLimit`` lists limits (``"name";r=0;t=3, …``: what remains, and
    the seconds until it is full again), and has a prefix while in beta.
    """
    after = headers.get("Retry-After", "").strip()
    if after:
        seconds = _number(after, -1.0)
        return seconds if seconds >= 0 else _until(after, headers)
    reset = headers.get("X-RateLimit-Reset", "").strip()
    if reset:
        return _until(reset, headers)
    limits = f"{headers.get('RateLimit', '')},{headers.get('Beta-RateLimit', '')}"
    waits = _USED_UP.findall(limits)
    return max(map(float, waits)) if waits else None


def _until(text: str, headers: Mapping[str, str]) -> float | None:
    """Seconds from the answer's own ``Date`` until an instant, since Jira's clock counts."""
    instant, now = _parse(text), _parse(headers.get("Date", ""))
    if instant is None:
        return None
    return max(0.0, (instant - (now or pendulum.now("UTC"))).total_seconds())


def _parse(text: str) -> pendulum.DateTime | None:
    """An ISO 8601 instant or an HTTP date."""
    with contextlib.suppress(ParserError, ValueError):
        value = pendulum.parse(text)
        return value if isinstance(value, pendulum.DateTime) else None
    with contextlib.suppress(TypeError, ValueError):
        return pendulum.instance(parsedate_to_datetime(text))
    return None


def _number(text: str | None, default: float) -> float:
    try:
        return float(text) if text else default
    except ValueError:
        return default
