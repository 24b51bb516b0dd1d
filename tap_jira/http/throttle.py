"""Staying inside Jira's rate limits, for all threads together.

Four things are held back (sources: Atlassian's pages on rate limiting for Cloud and for Data
Center):

* **An endpoint whose bucket is empty.** A 429 closes that endpoint for as long as the answer says;
  what is known of its bucket (:mod:`.bucket`) decides when the next request may go, so that
  little is refused and little is left unused. Data Center has one bucket for all that a user asks,
  and says how fast it fills: that one is kept besides.
* **An endpoint that pauses** (503 with ``Retry-After``): closed for so long. It says nothing of a
  rate; after it the endpoint goes on as before, with few requests under way at first.
* **An endpoint whose limit is documented and low** (the customers of a service desk: 5 requests a
  second). To find it by being refused would be rude, and a burst beyond it is not documented: its
  requests are sent at even intervals from the first one on.
* **Everything, when an hourly quota is used up** (``RateLimit-Reason: jira-quota-…``): until the
  reset that Jira names, or the turn of the hour.

And the number of requests under way: it starts at 8, grows with every success, and halves where
Jira objects to that number (``…concurrent…``) or to everything.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import random
import threading
import time
import typing as t

from tap_jira.http.bucket import Bucket, Sent
from tap_jira.http.ratelimits import fill_rate, hint, number
from tap_jira.http.refusals import NEVER

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

logger = logging.getLogger("tap-jira.throttle")

FIRST_CONCURRENCY = 8.0
"""Requests under way at first: what a run begins with goes to as many endpoints."""
GROWTH = 0.25
"""Additional requests under way for each one that succeeded."""
LEAST_WAIT = 1.0
"""Seconds to wait at least after a 429: Data Center may say 0 while the bucket is empty."""
JITTER = (0.05, 0.3)
"""Seconds to wait beyond that, so that several taps do not come back in the same instant."""
PLENTY = 1e6
"""Requests that an endpoint will take at any time, where its limit is the user's."""
EASE = 1.25
"""Times the interval that such a rate needs: requests do not arrive as evenly as they are sent."""
LOGGED_WAIT = 1.0
"""Waits from this length on are worth a line in the log."""
HOUR = 3600.0


class Clock(t.Protocol):
    """Where a throttle has the time from: the module :mod:`time`, or a simulation."""

    def monotonic(self) -> float:
        """Seconds since some moment."""

    def time(self) -> float:
        """Seconds since 1970."""


@dataclasses.dataclass
class Admission:
    """One request that may be sent now. It is under way until it leaves."""

    throttle: Throttle
    endpoint: str
    passes: list[tuple[Bucket, Sent]]

    def succeeded(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer that was not a refusal."""
        self.throttle.learn(self, headers)

    def refused(self, headers: Mapping[str, str], attempt: int, *, limit: bool = True) -> float:
        """Close what Jira closed, for a limit or for a pause of its own; seconds until then."""
        return self.throttle.close(self, headers, attempt, limit=limit)

    def leave(self) -> None:
        """It is not under way any more."""
        self.throttle.dismiss(self)


class Throttle:
    """Admission control; one object for the whole tap."""

    def __init__(
        self,
        max_concurrency: int,
        clock: Clock = time,
        dice: random.Random | None = None,
        *,
        share: float = 1.0,
    ) -> None:
        """Allow at most this many requests under way.

        ``share`` is the part of each limit that is this process's, where several run side by side.
        """
        self._clock = clock
        self._share = share
        self._dice = dice or random.Random()  # noqa: S311 - no secret
        self._most = float(max_concurrency)
        self._allowed = min(FIRST_CONCURRENCY, self._most)
        self._busy = 0
        self._opens = 0.0
        self._buckets: dict[str, Bucket] = {}
        self._users: Bucket | None = None
        self._next: dict[str, float] = {}
        """When the next request may go, by the endpoints whose rate is documented."""
        self._changed = threading.Condition()
        self.waited = 0.0
        """Seconds that requests spent waiting for rate limits, longest single waits added up."""

    @contextlib.contextmanager
    def slot(self, endpoint: str, per_second: float | None = None) -> Iterator[Admission]:
        """Wait for admission, and be counted as under way meanwhile."""
        with self._changed:
            while not isinstance(admission := self.admit(endpoint, per_second), Admission):
                self._changed.wait(admission if admission < NEVER else None)
        try:
            yield admission
        finally:
            admission.leave()

    def admit(self, endpoint: str, per_second: float | None = None) -> Admission | float:
        """Let one more request begin, or else say in how many seconds to ask again.

        ``per_second`` is the endpoint's documented rate, where there is one to mind.
        """
        with self._changed:
            now = self._clock.monotonic()
            buckets = self._of(endpoint)
            wait = max(self._opens - now, *(bucket.wait(now) for bucket in buckets))
            wait = max(wait, self._next.get(endpoint, now) - now)
            if wait > 0:
                return wait
            if self._busy >= int(self._allowed):
                return NEVER
            self._busy += 1
            if per_second:
                self._next[endpoint] = now + EASE / (per_second * self._share)
            return Admission(self, endpoint, [(bucket, bucket.begin(now)) for bucket in buckets])

    def _of(self, endpoint: str) -> list[Bucket]:
        """The buckets that a request takes from."""
        own = self._buckets.setdefault(endpoint, Bucket.unknown(self._share))
        if self._users and not own.found:
            own.level = own.burst = own.rate = PLENTY
        return [own, self._users] if self._users else [own]

    def dismiss(self, admission: Admission) -> None:
        """Count one less under way."""
        with self._changed:
            self._busy -= 1
            for bucket, sent in admission.passes:
                bucket.end(sent)
            self._changed.notify_all()

    def learn(self, admission: Admission, headers: Mapping[str, str]) -> None:
        """Learn from an answer that was not a refusal."""
        with self._changed:
            now = self._clock.monotonic()
            self._allowed = min(self._most, self._allowed + GROWTH)
            for bucket, sent in admission.passes:
                bucket.accepted(sent, now)
            self._read(admission, headers)
            self._changed.notify_all()

    def _read(self, admission: Admission, headers: Mapping[str, str]) -> None:
        """What an answer says of what remains."""
        remaining = number(headers.get("X-RateLimit-Remaining"), -1.0)
        most = number(headers.get("X-RateLimit-Limit"), 0.0)
        rate = fill_rate(headers)
        if rate and self._users is None:
            # The others have not been counted yet.
            level = remaining * self._share - self._busy + 1
            now, burst = self._clock.monotonic(), max(most * self._share, 1.0)
            self._users = Bucket(rate, burst, level, now, fixed=True, told=True, share=self._share)
        if self._users and rate:
            self._users.rate = rate * self._share
        if remaining < 0:
            own = admission.passes[0][0]
            if headers.get("X-RateLimit-NearLimit", "").lower() == "true":
                own.most = own.probes = 1.0
            return
        for bucket, sent in admission.passes:
            if rate is None or bucket is self._users:
                bucket.remains(sent, remaining, most)

    def _refuse(
        self, admission: Admission, headers: Mapping[str, str], now: float, opens: float
    ) -> None:
        """Tell the bucket that was empty; the endpoint is closed in any case."""
        own, sent = admission.passes[0]
        left = number(headers.get("X-RateLimit-Remaining"), 0.0)
        if len(admission.passes) == 1 or left >= 1:
            own.refused(sent, now, opens)
            return
        own.pause(opens, now)
        users, sent = admission.passes[1]
        users.refused(sent, now, opens)

    def close(
        self, admission: Admission, headers: Mapping[str, str], attempt: int, *, limit: bool
    ) -> float:
        """Close what Jira closed; how many seconds that is."""
        hinted = hint(headers)
        reason = headers.get("RateLimit-Reason", "").lower()
        everything = "quota" in reason
        if hinted is None:
            left = HOUR - self._clock.time() % HOUR
            hinted = left if everything else min(2.0 * 2**attempt, 30.0)
        wait = max(hinted, LEAST_WAIT) + self._dice.uniform(*JITTER)
        with self._changed:
            now = self._clock.monotonic()
            own = admission.passes[0][0]
            opens = now + wait
            before = max(self._opens if everything else 0.0, own.opens, now)
            if everything:
                if now >= self._opens:
                    self._allowed = max(1.0, self._allowed / 2)
                self._opens = max(self._opens, opens)
            elif not limit:
                own.pause(opens, now)
            else:
                if "concurrent" in reason and now >= own.opens:
                    self._allowed = max(1.0, self._allowed / 2)
                self._refuse(admission, headers, now, opens)
            added = opens - before
            if added > 0:
                self.waited += added
            if added >= LOGGED_WAIT:
                logger.info(
                    "Rate limit: waiting %.0f s before asking %s again (%s).",
                    wait,
                    "anything" if everything else admission.endpoint,
                    reason or "429 or 503 from Jira",
                )
            self._changed.notify_all()
        return wait
