"""``tap-jira --check``: what these credentials can do on this Jira, without reading any of it.

One small request for each thing that a permission opens, beside those that every run begins with;
`mypermissions` answers for the global ones.
"""

from __future__ import annotations

import dataclasses
import textwrap
import typing as t
from functools import partial

import msgspec

from tap_jira.errors import StreamError, TapJiraError
from tap_jira.jira.permissions import ANYONE, BROWSE
from tap_jira.streams.optional import OptionalStream

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_jira.http.client import Request
    from tap_jira.jira.connection import Connection
    from tap_jira.streams.base import JiraStream

SKEW_WARNING = 60
"""Seconds of difference between the clocks that are worth a word."""
LINE = 100
"""Columns of a terminal."""
INDENT = " " * 6
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
    area: str
    readable: bool
    permission: str
    scope: str
    problem: str | None = None
    needed: bool = True
    """Whether a run that lacks it is not complete; others are skipped."""


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
        return self.projects_problem is None and all(
            each.readable or not each.needed for each in self.streams
        )

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
            "Readable",
            *self._by(lambda each: each.area, readable=True),
        ]
        for each in self.streams:
            if not each.readable and each.needed:
                needs = f"needs {each.permission}; with a scoped or OAuth token {each.scope}"
                lines += ["", f"NOT READABLE  {each.name}: {each.problem}", f"  {needs}"]
        if any(not each.readable and not each.needed for each in self.streams):
            lines += ["", "Skipped in a run, for want of"]
            lines += self._by(lambda each: each.permission, readable=False)
        lines += [
            "",
            f"{self.requests} requests. {'All is well.' if self.ok else 'Not all is well.'}",
        ]
        return "\n".join(lines)

    def _by(self, group: Callable[[StreamCheck], str], *, readable: bool) -> list[str]:
        """The streams that are readable, or those to be skipped, by group."""
        groups: dict[str, list[str]] = {}
        for each in self.streams:
            if each.readable is readable and (readable or not each.needed):
                groups.setdefault(group(each), []).append(each.name)
        lines: list[str] = []
        for name, streams in groups.items():
            lines.append(f"  {name}")
            lines += textwrap.wrap(
                ", ".join(sorted(streams)), LINE, initial_indent=INDENT, subsequent_indent=INDENT
            )
        return lines


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

    def probe(request: Request) -> str | None:
        try:
            result = client.ask(request, patient=False)
        except StreamError as error:
            return str(error)
        headers = result.response.headers
        limits.update({name: headers[name] for name in LIMIT_HEADERS if name in headers})
        return None

    streams = list(streams)
    asked = {_question(stream): stream.probe() for stream in streams if not _is_known(stream)}
    found = workers.map([partial(probe, each) for each in asked.values()])
    answers = dict(zip(asked, found, strict=True))
    checks = [_verdict(stream, answers) for stream in streams]
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


def _is_known(stream: JiraStream) -> bool:
    """Whether no request is needed to know: `mypermissions` tells, or browsing is all it takes."""
    if not isinstance(stream, OptionalStream):
        return False
    if stream.needs_permission in {ANYONE, BROWSE}:
        return True
    return bool(stream.needs_permission.keys) and stream.connection.permissions is not None


def _question(stream: JiraStream) -> str:
    """What the answer is the same for: what an optional stream needs, or the request itself."""
    if isinstance(stream, OptionalStream):
        return stream.permission
    request = stream.probe()
    return repr((request.method, request.path, request.params, request.json))


def _verdict(stream: JiraStream, answers: Mapping[str, str | None]) -> StreamCheck:
    if isinstance(stream, OptionalStream) and _is_known(stream):
        problem = stream.lacks or None
    else:
        problem = answers[_question(stream)]
    try:
        stream.refuse()
    except TapJiraError as error:
        problem = problem or str(error)
    return StreamCheck(
        stream.name,
        stream.area,
        problem is None,
        stream.permission,
        stream.scope,
        problem,
        needed=not (isinstance(stream, OptionalStream) and not stream.was_read),
    )
