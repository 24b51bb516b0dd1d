"""Rate limits: a token bucket per endpoint (Cloud) or for the user (Data Center)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.clock import Stamper
from sandbox.messages import Response, ok

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.options import RateLimit

#: Requests already on their way when the 429 was sent are no violation.
GRACE_MS = 500


@dataclass
class _Bucket:
    tokens: float
    at: int
    blocked_from: int = 0
    blocked_until: int = 0


@dataclass(frozen=True)
class Violation:
    """A request that came before its ``Retry-After`` had passed."""

    endpoint: str
    at: int
    allowed_at: int


class Limiter:
    """Counts requests and remembers who did not wait."""

    def __init__(self, clock: Clock, limit: RateLimit | None, *, cloud: bool) -> None:
        """Limit by ``limit``; None lets everything through."""
        self.clock = clock
        self.limit = limit
        self.cloud = cloud
        self.violations: list[Violation] = []
        self.refused = 0
        self._buckets: dict[str, _Bucket] = {}

    def announce(self, endpoint: str, seconds: float) -> None:
        """Note a 429 sent by someone else (a fault), so that impatience is seen."""
        bucket = self._bucket(endpoint)
        bucket.blocked_from = self.clock.now_ms() + GRACE_MS
        bucket.blocked_until = self.clock.now_ms() + int(seconds * 1000)

    def _bucket(self, endpoint: str) -> _Bucket:
        now = self.clock.now_ms()
        burst = self.limit.burst if self.limit else 1
        return self._buckets.setdefault(endpoint, _Bucket(burst, now))

    def check(self, endpoint: str) -> tuple[Response | None, dict[str, str]]:
        """A 429, or None; and headers for the answer."""
        now = self.clock.now_ms()
        name = endpoint if self.cloud else "user"
        waiting = self._buckets.get(endpoint)
        if waiting and waiting.blocked_from <= now < waiting.blocked_until:
            self.violations.append(Violation(endpoint, now, waiting.blocked_until))
        if self.limit is None:
            return None, {}
        limit, bucket = self.limit, self._bucket(name)
        earned = (now - bucket.at) / 1000 * limit.per_second
        bucket.tokens = min(float(limit.burst), bucket.tokens + earned)
        bucket.at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return None, self._headers(limit, bucket, 0)
        wait = math.inf if limit.per_second <= 0 else (1 - bucket.tokens) / limit.per_second
        seconds = 3600 if wait == math.inf else max(1, math.ceil(wait))
        self.refused += 1
        self._bucket(endpoint)
        self.announce(endpoint, seconds)
        headers = self._headers(limit, bucket, seconds)
        if self.cloud:
            headers["RateLimit-Reason"] = "jira-burst-based"
            reset = Stamper("UTC")(now + seconds * 1000)
            headers["X-RateLimit-Reset"] = reset[:16] + "Z"
            shape: object = {"errorMessages": ["Rate limit exceeded."], "errors": {}}
        else:
            shape = {"message": "Rate limit exceeded."}
        refusal = ok(shape, 429)
        refusal.headers |= headers
        return refusal, headers

    def _headers(self, limit: RateLimit, bucket: _Bucket, seconds: int) -> dict[str, str]:
        left = int(bucket.tokens)
        headers = {"X-RateLimit-Limit": str(limit.burst), "X-RateLimit-Remaining": str(left)}
        if self.cloud:
            if left * 5 < limit.burst:
                headers["X-RateLimit-NearLimit"] = "true"
            if seconds:
                headers["Retry-After"] = str(seconds)
            return headers
        headers["X-RateLimit-Interval-Seconds"] = "1"
        headers["X-RateLimit-FillRate"] = f"{limit.per_second:g}"
        headers["retry-after"] = str(seconds)
        return headers
