"""Instants, windows and clauses as JQL.

JQL compares `updated` and `created` by the minute, and reads a quoted date in the time zone of
the caller's profile. An unquoted integer is epoch milliseconds and free of any zone (documented
for the server since 5.2, used in production against Cloud), so that is what the tap writes,
always on a whole minute: then it does not matter whether Jira truncates.
"""

from __future__ import annotations

import dataclasses
import typing as t

from tap_jira.records.timestamps import to_ms

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    import pendulum

EVERY_ISSUE = "project is not EMPTY"
"""A condition that every issue meets: Cloud refuses a query without a restriction."""
NO_ISSUE = "project is EMPTY"
"""A condition that no issue meets: ``project in ()`` would be no JQL."""
ORDER = " ORDER BY updated ASC, key ASC"
"""A unique last sort key is what keeps offset pages apart (Atlassian KB on paginated results)."""


@dataclasses.dataclass(frozen=True)
class Span:
    """A half-open range of time, ``[start, end)``, on whole minutes; ``None`` is unbounded."""

    start: pendulum.DateTime | None = None
    end: pendulum.DateTime | None = None

    def clauses(self, field: str) -> list[str]:
        """The range as conditions on a date field."""
        found = []
        if self.start:
            found.append(f"{field} >= {to_ms(self.start)}")
        if self.end:
            found.append(f"{field} < {to_ms(self.end)}")
        return found

    def starts_before(self, instant: pendulum.DateTime) -> bool:
        """Whether there is a part before the instant, and one from it on."""
        return (not self.start or self.start < instant) and (not self.end or instant < self.end)

    def at(self, instant: pendulum.DateTime) -> tuple[Span, Span]:
        """The two parts before and from an instant."""
        return Span(self.start, instant), Span(instant, self.end)


@dataclasses.dataclass(frozen=True)
class Window:
    """What one search reads: a span of `updated`, if need be only a part of it.

    A minute that holds more issues than can be read at once is taken apart by `created`, and
    then by project.
    """

    updated: Span = Span()
    created: Span = Span()
    project_id: str | None = None

    def jql(self, scope: Iterable[str] = (), *, ordered: bool = True) -> str:
        """The query; ``scope`` are further conditions."""
        clauses = [*scope]
        if self.project_id:
            clauses.append(f"project = {self.project_id}")
        clauses += self.updated.clauses("updated")
        clauses += self.created.clauses("created")
        return " AND ".join(clauses or [EVERY_ISSUE]) + (ORDER if ordered else "")


def quote(text: str) -> str:
    """A JQL string. Quoted always: project keys such as AND or IN are reserved words."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def scope(project_keys: Iterable[str], jql: str | None) -> tuple[str, ...]:
    """The conditions that the settings ask for."""
    keys = ", ".join(quote(key) for key in project_keys)
    return (*([f"project in ({keys})"] if keys else []), *([f"({jql})"] if jql else []))
