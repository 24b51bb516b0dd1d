"""``tap-jira --check``: what these credentials can do on this Jira, without reading any of it.

One small request per stream, beside those that every run begins with.
"""

from __future__ import annotations

import dataclasses
import typing as t
from functools import partial

import msgspec

from tap_jira.errors import StreamError, TapJiraError

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_jira.jira.connection import Connection
    from tap_jira.streams.base import JiraStream

SKEW_WARNING = 60
"""Seconds of difference between the clocks that are worth a word."""
LIMIT_HEADERS = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-FillRate",
    "X-RateLimit-Interval-Seconds",
    "X-RateLimit-NearLimit",
    "RateLimit",
    "RateLimit-Policy",
    "Beta-RateLimit",
    "Beta-RateLimit-Policy",
)


@dataclasses.dataclass(frozen=True)
class StreamCheck:
    """Whether a stream can be read, and what it asks for."""

    name: str
    readable: bool
    permission: str
    scope: str
    problem: str | None = None


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """What was found out."""

    site: str
    version: str
    base_url: str
    user: str | None
    time_zone: str | None
    clock_skew_seconds: float
    projects: list[str]
    projects_problem: str | None
    streams: list[StreamCheck]
    rate_limit: dict[str, str]
    requests: int

    @property
    def ok(self) -> bool:
        """Whether a run would be complete."""
        return self.projects_problem is None and all(each.readable for each in self.streams)

    def as_json(self) -> str:
        """For programs."""
        content = {**dataclasses.asdict(self), "ok": self.ok}
        return msgspec.json.format(msgspec.json.encode(content), indent=2).decode()

    def as_text(self) -> str:
        """For people."""
        skew = self.clock_skew_seconds
        lines = [
            f"Jira          {self.site} {self.version} at {self.base_url}",
            f"User          {self.user or 'anonymous'}",
            f"Time zone     {self.time_zone or 'unknown'} (bookmarks and dates are in UTC)",
            f"Clock         {abs(skew):.0f} s {'ahead of' if skew >= 0 else 'behind'} this machine"
            + (": set one of them right" if abs(skew) > SKEW_WARNING else ""),
            f"Projects      {', '.join(self.projects) or 'all that are visible'}"
            + (f": {self.projects_problem}" if self.projects_problem else ""),
            "Rate limit    "
            + (
                ", ".join(f"{name}: {value}" for name, value in self.rate_limit.items())
                or "not told by this Jira"
            ),
            "",
            "Streams",
        ]
        width = max(len(each.name) for each in self.streams)
        for each in self.streams:
            verdict = "readable" if each.readable else "NOT READABLE"
            lines.append(f"  {each.name:<{width}}  {verdict}")
            if each.problem:
                needs = f"needs {each.permission}; with a scoped or OAuth token {each.scope}"
                lines += [f"  {'':<{width}}  {each.problem}", f"  {'':<{width}}  {needs}"]
        lines += [
            "",
            f"{self.requests} requests. {'All is well.' if self.ok else 'Not all is well.'}",
        ]
        return "\n".join(lines)


def diagnose(connection: Connection, streams: Iterable[JiraStream]) -> Diagnosis:
    """Try everything once.

    Raises:
        TapJiraError: the credentials are no good, or there is no Jira.
    """
    client, workers, site = connection.client, connection.workers, connection.site
    problem = None
    try:
        _ = connection.scope
    except TapJiraError as error:
        problem = str(error)
    limits: dict[str, str] = {}

    def probe(stream: JiraStream) -> StreamCheck:
        trouble = None
        try:
            result = client.ask(stream.probe(), patient=False)
            limits.update(
                {
                    name: result.response.headers[name]
                    for name in LIMIT_HEADERS
                    if name in result.response.headers
                }
            )
        except StreamError as error:
            trouble = str(error)
        return StreamCheck(stream.name, trouble is None, stream.permission, stream.scope, trouble)

    checks = workers.map([partial(probe, stream) for stream in streams])
    user = site.user or {}
    name = user.get("displayName")
    return Diagnosis(
        site=site.kind,
        version=site.version,
        base_url=site.base_url,
        user=str(name) if name else None,
        time_zone=site.time_zone,
        clock_skew_seconds=round(site.clock_skew, 1),
        projects=list(connection.settings.project_keys),
        projects_problem=problem,
        streams=checks,
        rate_limit=limits,
        requests=sum(client.counts.values()),
    )
