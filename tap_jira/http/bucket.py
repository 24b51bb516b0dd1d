"""What is known of one limit: Jira's token buckets, seen from outside.

A bucket holds up to ``burst`` requests and earns ``rate`` of them a second; a request that finds
less than one is refused (429). What it holds is reckoned by what is known of it:

* **Nothing was refused yet**: what an endpoint will surely take, and perhaps more, which is tried
  by one request at first, then by more and more.
* **Jira tells what remains** (``X-RateLimit-Remaining``): what is left is known with each answer,
  and what it earns from how that changes; Data Center tells its rate as well.
* **Otherwise** what was accepted and refused gives both (:mod:`.refusals`).

Between a request's sending and its being counted lies half a round trip, for all much the same: so
everything is reckoned by the moments of sending.
"""

from __future__ import annotations

import dataclasses

from tap_jira.http.refusals import FEW, NEVER, Refusals

SURE_BURST, SURE_RATE = 18.0, 10.0
"""Requests to an endpoint, at once and a second, that it will surely take: within a limit of 10 a
second and 20 at once, a tenth of the rate that Atlassian publishes (it publishes no burst). The two
to spare are for what Jira counts later than the tap: requests are on their way for a while."""
PROBE_GROWTH, SEARCH_GROWTH = 0.2, 0.04
"""Additional requests under way beyond what is sure for each such one that succeeded: before a
limit has shown, and after."""
LEAST_RATE = 1.0
"""Requests a second where what remains is told and nothing else known: an empty bucket is left
alone for a second, as long as a refusal would close it."""
RESERVE, LATE = 1.0, 0.2
"""Requests left in a bucket of which Jira tells, for those that overtake others, and seconds of its
rate, for those that are late: a busy machine sends some of them well after they were let go."""
DOUBT, REGAINED, LEAST_TRUST = 0.95, 1.0005, 0.5
"""What its rate is multiplied by with each refusal, and with each success; and the least of it."""
SPAN, SHORTEST_SPAN = 10.0, 0.4
"""Seconds over which such a bucket is watched to learn its rate, and that tell it at all."""
APART = 0.01
"""Seconds between two requests that surely come in that order."""
FOREIGN = 2.0
"""If so much should have remained when a request was refused, it is another limit that is told of,
such as a quota."""


@dataclasses.dataclass(eq=False)
class Sent:
    """A request under way, as a bucket sees it."""

    at: float
    probing: bool


@dataclasses.dataclass
class _Sight:
    """What remained, as told for a request."""

    at: float
    remaining: float
    earned: float
    """What had been earned until then, counted from some moment."""


@dataclasses.dataclass
class Bucket:
    """One limit. Times are seconds on the throttle's clock."""

    rate: float = SURE_RATE
    burst: float = SURE_BURST
    level: float = SURE_BURST
    """How many requests it will surely take, as of `counted`."""
    counted: float = 0.0
    fixed: bool = False
    """Whether Jira tells the rate."""
    told: bool = False
    """Whether Jira tells what remains."""
    share: float = 1.0
    """The part of it that is this process's."""
    opens: float = 0.0
    """Closed until then."""
    closed: float = 0.0
    """When it was closed last."""
    most: float = NEVER
    """Requests that may be under way: few after a pause."""
    probes: float = 1.0
    """How many of those may be beyond what is sure."""
    refusals: Refusals = dataclasses.field(default_factory=lambda: Refusals(SURE_RATE, SURE_BURST))
    _under_way: list[Sent] = dataclasses.field(default_factory=list)
    _taken: int = 0
    """Requests begun, but for those that were refused."""
    _sights: list[_Sight] = dataclasses.field(default_factory=list)
    """The first, a middle and the last one of those that give the rate."""
    _measured: bool = False
    """Whether they have given it."""
    _trust: float = 1.0
    """Share of a told rate that is used: less after each refusal."""
    _foreign: bool = False
    """Whether it is another limit that is told of."""

    @classmethod
    def unknown(cls, share: float = 1.0) -> Bucket:
        """One of which nothing is known yet."""
        rate, burst = SURE_RATE * share, max(SURE_BURST * share, 1.0)
        return cls(rate, burst, burst, refusals=Refusals(rate, burst), share=share)

    @property
    def found(self) -> bool:
        """Whether a limit has shown."""
        return self.refusals.number > 0

    def earn(self, now: float) -> None:
        """Bring `level` up to this moment."""
        if now > self.counted:
            earned = (now - self.counted) * self.rate * self._trust
            self.level = min(self.burst, self.level + earned)
            self.counted = now

    def wait(self, now: float) -> float:
        """Seconds until one more may go; `NEVER`, if that takes an answer first."""
        if now < self.opens:
            return self.opens - now
        if len(self._under_way) >= self.most:
            return NEVER
        self.earn(now)
        needed = 1.0
        if self._measured or self.fixed:
            needed += min(RESERVE + LATE * self.rate, (self.burst - 1) / 4)
        if self.level >= needed:
            return 0.0
        if not self.told and self.refusals.number < 2:  # noqa: PLR2004 - it is being searched for
            probing = sum(each.probing for each in self._under_way)
            if probing < int(self.probes):
                return 0.0
        return (needed - self.level) / (self.rate * self._trust) + 1e-6

    def begin(self, now: float) -> Sent:
        """Count one more under way."""
        sent = Sent(now, probing=self.level < 1)
        self.level = self.level - 1 if self.told else max(0.0, self.level - 1)
        self._taken += 1
        self._under_way.append(sent)
        return sent

    def end(self, sent: Sent) -> None:
        """Count one less under way."""
        if sent in self._under_way:
            self._under_way.remove(sent)

    def pause(self, until: float, now: float) -> None:
        """Close it, and begin again with few."""
        if now >= self.opens:
            self.closed = now
        self.opens = max(self.opens, until)
        self.most = 1.0

    def accepted(self, sent: Sent, now: float) -> None:
        """A request got through."""
        self.end(sent)
        if sent.at >= self.opens:
            self.most += 1
        self._trust = min(1.0, self._trust * REGAINED)
        if sent.probing:
            self.probes += SEARCH_GROWTH if self.found else PROBE_GROWTH
        self.refusals.accepted(sent.at, now)
        self._follow()

    def _follow(self) -> None:
        """Go by what refusals have shown, where nothing better is known."""
        if self.found and not self.told and not self.fixed:
            self.rate, self.burst = self.refusals.rate, self.refusals.burst

    def refused(self, sent: Sent, now: float, until: float) -> None:
        """A request was refused: it was empty when that was sent."""
        self.end(sent)
        self._taken -= 1
        again = sent.at <= self.closed or now < self.opens
        if self.told and not self.fixed and not again and self.level >= FOREIGN:
            self.told, self._foreign, self._measured = False, True, False
        self.pause(until, now)
        self.level = 0.0
        self.counted = max(self.counted, sent.at)
        self.probes = 1.0
        if again:  # it was under way when the first one was refused
            return
        if self.told:
            self._trust = max(LEAST_TRUST, self._trust * DOUBT)
        self.refusals.refused(sent.at, until - now)
        self._follow()

    def remains(self, sent: Sent, remaining: float, most: float) -> None:
        """Jira says what is left, and perhaps how much there is at most."""
        if self._foreign or (1 <= most < FEW and not self.fixed):
            return  # of so few, next to nothing remains at any time
        remaining, most = remaining * self.share, max(most * self.share, min(most, 1.0))
        last = self._sights[-1] if self._sights else None
        if last and sent.at < last.at - APART:
            return  # overtaken
        if last and sent.at <= last.at + APART:
            remaining = min(remaining, last.remaining)
        if not self.told and not self.fixed:
            self.rate = LEAST_RATE  # until more is known; what remains may be used at once
        self.told = True
        self.burst = most if most >= 1 else max(self.burst, remaining + 1)
        self.level = remaining - len(self._under_way)  # none of them may have been counted yet
        self.counted = sent.at
        self._watch(_Sight(sent.at, remaining, self.level + self._taken))

    def _watch(self, sight: _Sight) -> None:
        """Learn the rate from how what remains has changed."""
        first = self._sights[0] if self._sights else sight
        seconds = sight.at - first.at
        full = sight.remaining >= self.burst - 1  # then it may have earned more
        if seconds >= SHORTEST_SPAN and not self.fixed:
            rate = (sight.earned - first.earned - 1) / seconds
            self.rate = max(LEAST_RATE, rate, self.rate if full else 0.0)
            self._measured = True
        if full or not self._sights:
            self._sights = [sight, sight]
        elif sight.at - self._sights[1].at > SPAN:
            self._sights = [self._sights[1], sight, sight]
        else:
            self._sights[-1] = sight
