"""What Jira's headers say of its rate limits.

====================================  ==========================================================
``Retry-After``                       seconds, or an HTTP date
``X-RateLimit-Reset``                 an instant, sometimes without seconds
``X-RateLimit-Limit``, ``-Remaining`` how many at most, and how many are left
``X-RateLimit-NearLimit: true``       a fifth is left (Cloud)
``RateLimit-Reason``                  which limit it was (Cloud)
``RateLimit``, ``Beta-RateLimit``     limits with what remains and the seconds to the reset (Cloud)
``X-RateLimit-FillRate`` in           the steady rate (Data Center)
``X-RateLimit-Interval-Seconds``
====================================  ==========================================================

Sources: Atlassian's pages on rate limiting for Cloud and for Data Center.
"""

from __future__ import annotations

import contextlib
import re
import typing as t
from email.utils import parsedate_to_datetime

import pendulum
from pendulum.parsing.exceptions import ParserError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_USED_UP = re.compile(r";\s*r=0\s*;\s*t=(\d{1,9})\b")


def fill_rate(headers: Mapping[str, str]) -> float | None:
    """Data Center's steady rate in requests a second, if rate limiting is on there."""
    fill = number(headers.get("X-RateLimit-FillRate"), 0.0)
    interval = number(headers.get("X-RateLimit-Interval-Seconds"), 0.0)
    return fill / interval if fill > 0 and interval > 0 else None


def hint(headers: Mapping[str, str]) -> float | None:
    """How long Jira asks to wait: ``Retry-After``, or else ``X-RateLimit-Reset``, or ``RateLimit``.

    ``Retry-After`` is in seconds or an HTTP date, ``X-RateLimit-Reset`` an ISO 8601 instant,
    sometimes without seconds; ``RateLimit`` lists limits (``"name";r=0;t=3, …``: what remains, and
    the seconds until it is full again), and has a prefix while in beta.
    """
    after = headers.get("Retry-After", "").strip()
    if after:
        seconds = number(after, -1.0)
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


def number(text: str | None, default: float) -> float:
    """A header's number; the default if there is none."""
    try:
        return float(text) if text else default
    except ValueError:
        return default
