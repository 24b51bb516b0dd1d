"""A run under rate limits in virtual time: the real throttle, a made-up Jira, no threads.

Workers take jobs in order and ask the throttle as the client does: what is refused is asked again
by the worker it befell. Requests take half of their latency to the server and half back, so that a
bucket counts them in another order than the tap does. Nothing waits: the simulation goes from one
event to the next, and the throttle's clock shows the event's time.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import math
import random
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Make = Callable[["Clock", random.Random], Any]

Headers = Literal["all", "retry-after", "structured", "none", "quota", "data center"]
"""What answers tell: Cloud's headers, ``Retry-After`` on refusals only, ``RateLimit`` on refusals
only, nothing at all, what remains of another limit, or Data Center's headers (whose one bucket is
for all endpoints of a user)."""
START = 1_000_000.0
JITTER = 0.1
"""Share by which a request's way is shorter or longer."""
HOUR = 3600.0


@dataclasses.dataclass(frozen=True)
class Limit:
    """A token bucket; infinite where there is none."""

    rate: float = math.inf
    burst: float = math.inf


@dataclasses.dataclass
class _Tokens:
    left: float
    at: float


@dataclasses.dataclass
class Scenario:
    """A Jira and what is asked of it."""

    limit: Limit
    headers: Headers = "all"
    latency: float = 0.05
    jobs: Mapping[str, int] = dataclasses.field(
        default_factory=lambda: {"comments": 60, "bulk": 20, "field": 1, "users": 2}
    )
    workers: int = 8
    taps: int = 1
    """Processes side by side, each with a throttle and so many workers of its own."""
    seed: int = 1
    others: float = 0.0
    """Requests a second that other clients send to each endpoint."""
    later: Limit | None = None
    """The limit from `changes` on."""
    changes: float = math.inf
    """Seconds after the start."""
    hourly: int | None = None
    """A quota of requests for each `period`."""
    period: float = HOUR
    pause_after: int | None = None
    """Answer this many requests, then one of them with a 503 and ``Retry-After``."""


@dataclasses.dataclass
class Outcome:
    """How it went."""

    seconds: float
    refused: int
    early: int
    """Requests sent after an answer to their endpoint said that it is too early."""
    least: float
    """Seconds that any client would need."""
    log: list[tuple[float, str, int]]
    """When each request was sent, to which endpoint, and its status."""

    @property
    def efficiency(self) -> float:
        """The least possible time as a share of the time taken."""
        return self.least / self.seconds


class Server:
    """Answers as a Jira under limits does; times are seconds of the virtual clock."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._buckets: dict[str, _Tokens] = {}
        self._others: dict[str, float] = {}
        self._quota: Counter[int] = Counter()
        self._served = 0

    def answer(self, endpoint: str, now: float) -> tuple[int, dict[str, str]]:
        """Status and headers for a request that arrives now."""
        mine = self._scenario
        self._served += 1
        if self._served == mine.pause_after:
            return 503, {"Retry-After": "1"}
        if mine.hourly is not None:
            turn = int(now // mine.period)
            if self._quota[turn] >= mine.hourly:
                left = math.ceil((turn + 1) * mine.period - now)
                reason = {"RateLimit-Reason": "jira-quota-tenant-based"}
                return 429, {**reason, "Retry-After": str(left)}
        limit = self._limit(now)
        if limit.rate == math.inf:
            self._quota[int(now // mine.period)] += 1
            return 200, {}
        tokens = self._filled("user" if mine.headers == "data center" else endpoint, now)
        if tokens.left >= 1:
            tokens.left -= 1
            self._quota[int(now // mine.period)] += 1
            return 200, self._headers(limit, tokens, 0)
        seconds = max(1, math.ceil((1 - tokens.left) / limit.rate))
        return 429, self._headers(limit, tokens, seconds)

    def _limit(self, now: float) -> Limit:
        mine = self._scenario
        return mine.later if mine.later and now - START >= mine.changes else mine.limit

    def _filled(self, name: str, now: float) -> _Tokens:
        """The bucket, with what it earned and without what others took."""
        limit, others = self._limit(now), self._scenario.others
        tokens = self._buckets.setdefault(name, _Tokens(limit.burst, now))
        begin = tokens.at
        due = self._others.setdefault(name, now + 1 / others if others else math.inf)
        while due <= now:
            tokens.left = min(limit.burst, tokens.left + (due - begin) * limit.rate)
            tokens.left -= tokens.left >= 1
            begin, due = due, due + 1 / others
        self._others[name] = due
        tokens.left = min(limit.burst, tokens.left + (now - begin) * limit.rate)
        tokens.at = now
        return tokens

    def _headers(self, limit: Limit, tokens: _Tokens, seconds: int) -> dict[str, str]:
        kind = self._scenario.headers
        if kind == "none":
            return {}
        if kind == "structured":
            return {"Beta-RateLimit": f'"burst";r=0;t={seconds}'} if seconds else {}
        after = {"Retry-After": str(seconds)} if seconds else {}
        if kind == "retry-after":
            return after
        if kind == "quota":
            left = 65_000 - self._served
            return {"X-RateLimit-Limit": "65000", "X-RateLimit-Remaining": str(left)} | after
        left = int(tokens.left)
        told = {"X-RateLimit-Limit": f"{limit.burst:g}", "X-RateLimit-Remaining": str(left)}
        if kind == "data center":
            rate = {"X-RateLimit-FillRate": f"{limit.rate:g}", "X-RateLimit-Interval-Seconds": "1"}
            return told | rate | {"Retry-After": str(seconds)}
        near = {"X-RateLimit-NearLimit": "true"} if left * 5 < limit.burst else {}
        return told | near | after


class Clock:
    """The time of the simulation, in place of the machine's."""

    def __init__(self) -> None:
        self.now = START

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return self.now

    def time(self) -> float:
        """Seconds since 1970."""
        return self.now


class _Simulation:
    """One run: workers, requests on their way, and the next moment in which something happens."""

    def __init__(self, scenario: Scenario, make: Make) -> None:
        self.clock = Clock()
        self.log: list[tuple[float, str, int]] = []
        self.early = 0
        self._scenario = scenario
        self._dice = random.Random(scenario.seed)
        self._throttles = [
            make(self.clock, random.Random(scenario.seed + n)) for n in range(scenario.taps)
        ]
        self._server = Server(scenario)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._jobs = iter(_mixed(scenario.jobs))
        self._waiting: list[tuple[str, int, int]] = []
        self._closed: dict[str, float] = {}
        self._woken = math.inf

    def run(self) -> float:
        """Seconds until every job is done."""
        for _ in range(self._scenario.workers):
            for tap in range(self._scenario.taps):
                self._take(tap)
        self._admit()
        finished = START
        while self._events:
            self.clock.now, _, act = heapq.heappop(self._events)
            act()
            self._admit()
            finished = self.clock.now
        assert not self._waiting, "the throttle holds requests back for ever"
        return finished - START

    def _at(self, time: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._order), act))

    def _take(self, tap: int) -> None:
        job = next(self._jobs, None)
        if job is not None:
            self._waiting.append((job, 0, tap))

    def _admit(self) -> None:
        """Let every worker ask the throttle, as long as one of them is let through."""
        progress, wakes = True, math.inf
        while progress:
            progress, wakes = False, math.inf
            for each in list(self._waiting):
                found = self._throttles[each[2]].admit(each[0])
                if isinstance(found, float):
                    wakes = min(wakes, self.clock.now + max(found, 1e-6))
                    continue
                self._waiting.remove(each)
                self._send(*each, found)
                progress = True
        if wakes < math.inf and not self.clock.now < self._woken <= wakes:
            self._woken = wakes
            self._at(wakes, lambda: None)

    def _send(self, endpoint: str, attempt: int, tap: int, admission: Any) -> None:
        sent = self.clock.now
        closed = (self._closed.get(name, 0.0) for name in (endpoint, "everything"))
        self.early += sent < max(closed)
        there, back = (
            self._scenario.latency / 2 * self._dice.uniform(1 - JITTER, 1 + JITTER)
            for _ in range(2)
        )

        def arrive() -> None:
            status, headers = self._server.answer(endpoint, self.clock.now)
            self.log.append((sent, endpoint, status))
            self._at(
                self.clock.now + back,
                lambda: self._receive(endpoint, attempt, tap, admission, status, headers),
            )

        self._at(self.clock.now + there, arrive)

    def _receive(
        self,
        endpoint: str,
        attempt: int,
        tap: int,
        admission: Any,
        status: int,
        headers: dict[str, str],
    ) -> None:
        if status == 200:
            admission.succeeded(headers)
            self._take(tap)
        else:
            admission.refused(headers, attempt, limit=status == 429)
            quota = "quota" in headers.get("RateLimit-Reason", "")
            after = float(headers.get("Retry-After", "0"))
            self._closed["everything" if quota else endpoint] = self.clock.now + after
            self._waiting.append((endpoint, attempt + 1, tap))
        admission.leave()


def simulate(scenario: Scenario, make: Make) -> Outcome:
    """Run the scenario's jobs through the throttle that `make` makes."""
    simulation = _Simulation(scenario, make)
    seconds = simulation.run()
    refused = sum(status == 429 for _, _, status in simulation.log)
    least = _least(scenario)
    return Outcome(seconds, refused, simulation.early, least, sorted(simulation.log))


def _mixed(jobs: Mapping[str, int]) -> Sequence[str]:
    """The jobs, those of each endpoint spread evenly."""
    placed = [((i + 0.5) / count, name) for name, count in jobs.items() for i in range(count)]
    return [name for _, name in sorted(placed)]


def _least(scenario: Scenario) -> float:
    """What the limits and the latency leave to the best of clients."""
    jobs, total = scenario.jobs, sum(scenario.jobs.values())
    rounds = math.ceil(total / (scenario.workers * scenario.taps)) * scenario.latency
    found = [rounds]
    groups = [total] if scenario.headers == "data center" else list(jobs.values())
    found += [_earned(scenario, count) + scenario.latency for count in groups]
    if scenario.hourly:
        turns = (total - 1) // scenario.hourly
        ends = math.ceil(START / scenario.period) * scenario.period - START
        found.append(ends + (turns - 1) * scenario.period if turns else 0.0)
    return max(found)


def _earned(scenario: Scenario, count: int) -> float:
    """Seconds until a bucket has given this many tokens."""
    first, later = scenario.limit, scenario.later
    if first.rate == math.inf:
        return 0.0
    missing = count - first.burst
    rate = first.rate - scenario.others
    if missing <= 0:
        return 0.0
    if later is None or missing / rate <= scenario.changes:
        return missing / rate
    left = missing - rate * scenario.changes
    return scenario.changes + (left / (later.rate - scenario.others))
