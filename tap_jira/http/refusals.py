"""What a limit is, by what was accepted and what was refused.

For servers that do not tell what remains. A refusal says that the bucket was empty when that
request was sent, so that

* between two refusals it has earned at least what got through in between, and not more unless it
  was full for a while, such as while the endpoint was closed;
* from full (at first) to empty it gave its burst and what it had earned meanwhile.

After the first refusal requests go one by one as fast as they are taken: that empties the bucket,
and the second refusal gives the rate. From then on requests are paced by it. As nothing else would
show that there is more, the pace rises after a while, the later the longer the time is that it was
measured over; the next refusal measures anew.

A bucket of one or two requests never shows its rate that way: it is always full or empty. Its pace
is found by trying: up until it is refused, then up to a little below that.
"""

from __future__ import annotations

import collections
import dataclasses
import math

SPARE = 0.97
"""Share of a measured rate that is used: requests overtake each other on their way."""
SLOWEST = 0.02
"""Requests a second at least."""
FEW = 4
"""A bucket that holds fewer is always full or empty."""
REMEMBERED = 400
"""Acceptances since the last refusal that are looked at."""
SHORTEST_RUN = 4
"""Acceptances that show a pace."""
SHORT, LONG = 1.0, 3.0
"""Seconds after it opened in which a refusal is for what was thought to be saved up; and seconds
over which a rate is measured well enough to be kept in spite of that."""
DOUBT = 0.9
"""What such a rate is multiplied by with each refusal that contradicts it."""
STEEP = 1.5
"""How many times the rate that got through on the whole a pace is that has risen fast: then the
bucket was full for part of the time, and the truth is between the two."""
BACK, FAR_BACK = 0.8, 0.5
"""What is left of a pace that was refused, later or at once."""
HOLD, SHORTEST_HOLD, LONGEST_HOLD = 4.0, 2.0, 60.0
"""For how many times as long as it was measured a rate is kept; seconds at least and at most."""
RISE, SLOW_RISE, MOST_RISE = 0.06, 0.04, 0.02
"""By what share a rate rises a second: measured once, and measured again; and with each success at
most."""
CLIMB, NEAR, CREEP = 1.1, 0.9, 0.001
"""The same for a bucket of few: with each success until near the pace that was refused, and a
second from there on."""
NEVER = float("inf")


@dataclasses.dataclass
class Refusals:
    """One limit's rate and burst, as far as refusals have shown them."""

    rate: float
    burst: float
    number: int = 0
    """Refusals, those of one moment counted once."""
    empty: float | None = None
    """When it was empty last: a request sent then was refused."""
    count: int = 0
    """How many got through since then, or since the start."""
    passed: collections.deque[float] = dataclasses.field(
        default_factory=lambda: collections.deque(maxlen=REMEMBERED)
    )
    """When those were sent."""
    full: tuple[int, float] = (0, 0.0)
    """How many got through before the first refusal, in how many seconds."""
    most: float = NEVER
    """What it holds at most, as refusals right after a pause have shown."""
    proven: float = 0.0
    """The rate as it was measured over a long time."""
    opened: float = 0.0
    """When it opened again after the last refusal."""
    rises: float = 0.0
    """When the rate begins to rise."""
    ceiling: float = NEVER
    """The pace that was refused, of a bucket of few."""
    few: bool = False

    def accepted(self, at: float, now: float) -> None:
        """A request got through that was sent at `at`."""
        if self.empty is not None and at <= self.empty:
            return
        self.passed.append(at)
        self.count += 1
        if self.empty is None:
            return
        if self.number == 1:
            # It has earned at least what got through since it was empty, but for one.
            self.rate = max(self.rate, (self.count - 1) / max(at - self.empty, 0.1))
        elif now >= self.rises:
            self._rise()

    def _rise(self) -> None:
        if not self.few:
            second = RISE if self.number == 2 else SLOW_RISE  # noqa: PLR2004 - measured once
            self.rate *= 1 + min(MOST_RISE, second / self.rate)
        elif self.rate < NEAR * self.ceiling:
            self.rate = min(self.rate * CLIMB, NEAR * self.ceiling)
        else:
            self.rate *= 1 + CREEP / self.rate

    def refused(self, at: float, wait: float) -> None:
        """A request was refused that was sent at `at`; it opens again `wait` seconds later."""
        self.number += 1
        if self.empty is None:
            self.full = self.count, at - (self.passed[0] if self.passed else at)
            self.burst = max(1.0, self.count)
            self.rate = min(self.rate, 1 / wait)
        else:
            self._measure(at, max(at - self.empty, 0.1), at + wait)
        self.opened = at + wait
        self.empty = at
        self.passed.clear()
        self.count = 0

    def _measure(self, at: float, seconds: float, opens: float) -> None:
        """Learn from what got through in the `seconds` since the refusal before this one."""
        even = self.count / seconds
        rate = max(even, self._from_full(at))
        burst = self._burst(even)
        if self.number > 2 and at - self.opened < SHORT:  # noqa: PLR2004
            since = sum(each >= self.opened for each in self.passed)
            burst = self.most = max(1.0, min(burst, since))
            rate = max(rate, min(self.rate, self.proven) * DOUBT)
            self.proven *= DOUBT
        if seconds >= LONG:
            self.proven = even
        self.few = burst < FEW
        self.rate = max(SPARE * (self._tried(at, rate) if self.few else self._paced(rate)), SLOWEST)
        self.burst = self._burst(self.rate)
        hold = min(LONGEST_HOLD, max(SHORTEST_HOLD, HOLD * seconds))
        self.rises = opens + (0.0 if self.few else hold)

    def _burst(self, rate: float) -> float:
        """What it holds, if it earns so much."""
        got, took = self.full
        return max(1.0, min(got - rate * took, self.most))

    def _from_full(self, at: float) -> float:
        """The rate at least, since it gave no more than when it was full before."""
        got, took = self.full
        rate = 0.0
        for index in range(len(self.passed) - SHORTEST_RUN + 1):
            span = at - self.passed[index] - took
            if span > took:
                rate = max(rate, (len(self.passed) - index - got) / span)
        return rate

    def _paced(self, rate: float) -> float:
        """The rate, if it is at least `rate` and the present one was refused."""
        if self.number == 2 or self.rate < STEEP * rate:  # noqa: PLR2004
            return rate
        return max(rate, min(BACK * self.rate, math.sqrt(rate * self.rate)))

    def _tried(self, at: float, rate: float) -> float:
        """The pace to try next with a bucket of few."""
        if self.number == 2:  # noqa: PLR2004 - they went one by one, as fast as they could
            gap = max(at - self.passed[-1], 0.01) if self.passed else 1 / rate if rate else 1.0
            return max(rate, math.sqrt(rate / gap))
        self.ceiling = self.rate
        return self.rate * (FAR_BACK if at - self.opened < SHORT else BACK)
