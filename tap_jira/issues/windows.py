"""Planning a search: a span of `updated` is cut into windows that can be read reliably.

Windows are sized by counts, and lie in order of `updated`, so that the end of each finished one is
a watermark: everything before it is out. See :mod:`.search`.
"""

from __future__ import annotations

import dataclasses
import logging
import typing as t

from tap_jira.issues.query import Query
from tap_jira.jira.jql import Span, Window
from tap_jira.records.timestamps import epoch_ms, floor_minute, parse_instant

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pendulum

    from tap_jira.http.client import JiraClient
    from tap_jira.http.workers import Workers

logger = logging.getLogger("tap-jira.search")

Issue = dict[str, t.Any]

FILL = 0.9
"""How full a window is planned to be; counts are estimates on Cloud."""
ATTEMPTS = 6
"""Times that a window which cannot be cut any further is read before giving up."""
SOME = 100
"""Issues to ask for where any will do."""
EARLIEST_YEAR = 2000
"""Where cutting by `created` begins; Jira is from 2002."""
IDS = Query(("id", "key"))
"""The only fields of which Cloud gives thousands at once."""
DATED = Query(("updated",))
"""The version of issues of which nothing else is wanted."""


class TooManyError(Exception):
    """The window does not fit."""


@dataclasses.dataclass(frozen=True)
class Scope:
    """What a search is confined to, and what it knows of its Jira."""

    conditions: tuple[str, ...]
    """JQL conditions from the settings."""
    now: pendulum.DateTime
    """Jira's clock at the start of the run."""
    indexed_until: pendulum.DateTime
    """Changes before this are in the search index, and the bookmark never passes it."""
    project_ids: Callable[[], Sequence[str]]
    """Lists the visible projects."""


class WindowedSearch:
    """What the two products share: counting, planning and cutting windows."""

    def __init__(self, client: JiraClient, workers: Workers, scope: Scope, page_size: int) -> None:
        """``page_size`` is how many issues with content to ask for; Jira may give fewer."""
        self._client = client
        self._workers = workers
        self._scope = scope.conditions
        self.now = scope.now
        self._indexed_until = scope.indexed_until
        self._project_ids = scope.project_ids
        self.page_size = page_size
        self.expected = 0
        """About how many issues there are, once that is known."""

    def parts(self, span: Span) -> tuple[Span, ...]:
        """A span without the latest changes, and those, which the index may not show all."""
        border = self._indexed_until
        return span.at(border) if span.starts_before(border) else (span,)

    def may_lag(self, end: pendulum.DateTime | None) -> bool:
        """Whether some of the changes before an instant may not be in the index yet."""
        return end is None or end > self._indexed_until

    def count(self, window: Window) -> int:
        """About how many issues the window holds."""
        raise NotImplementedError

    def _plan(
        self, span: Span, total: int, oldest: pendulum.DateTime, size: int
    ) -> list[tuple[Window, int]]:
        """Cut a span into windows of at most about ``size`` issues, sized by counts.

        About how many issues each holds comes with it.

        Each round cuts every window that is still too large in two and counts the first halves,
        all at once.
        """
        start = max(span.start, oldest) if span.start else oldest
        bounds = Span(floor_minute(start), span.end)
        sized: list[tuple[Span, int]] = [(bounds, total)]
        while True:
            cuts = [self._middle(part) if held > size else None for part, held in sized]
            if not any(cuts):
                break
            halves = [part.at(cut) for (part, _), cut in zip(sized, cuts, strict=True) if cut]
            counts = iter(
                self._workers.map(
                    [lambda half=half[0]: self.count(Window(half)) for half in halves]  # type: ignore[misc]
                )
            )
            following: list[tuple[Span, int]] = []
            for (part, held), cut in zip(sized, cuts, strict=True):
                if cut is None:
                    following.append((part, held))
                    continue
                before, after = part.at(cut)
                first = next(counts)
                following += [(before, first), (after, max(held - first, 0))]
            sized = following
        merged: list[tuple[Span, int]] = []
        for part, held in sized:
            if merged and merged[-1][1] + held <= size:
                last, kept = merged.pop()
                merged.append((Span(last.start, part.end), kept + held))
            else:
                merged.append((part, held))
        # The first window keeps the span's own start: nothing may lie before the oldest issue.
        (first_part, held), *rest = merged
        merged = [(Span(span.start, first_part.end), held), *rest]
        self.expected = total
        logger.info("Reading about %d issues in %d windows.", total, len(merged))
        return [(Window(part), held) for part, held in merged]

    def _middle(self, span: Span) -> pendulum.DateTime | None:
        """The whole minute nearest to the middle; ``None`` if the span is a single minute."""
        start = span.start or self.now.set(year=EARLIEST_YEAR).start_of("year")
        end = span.end or floor_minute(self.now).add(minutes=1)
        middle = floor_minute(start.add(seconds=(end - start).total_seconds() / 2))
        return middle if start < middle < end else None

    def _cut(self, window: Window) -> list[Window]:
        """Smaller windows that hold the same issues; empty if there is no way to cut."""
        middle = self._middle(window.updated)
        if middle and not (window.created.start or window.created.end or window.project_id):
            return [Window(part) for part in window.updated.at(middle)]
        middle = self._middle(window.created)
        if middle and not window.project_id:
            return [dataclasses.replace(window, created=part) for part in window.created.at(middle)]
        if window.project_id is None:
            return [
                dataclasses.replace(window, project_id=project) for project in self._project_ids()
            ]
        return []


def unique(issues: list[Issue]) -> list[Issue]:
    """Without repetitions, in order."""
    return list({issue["id"]: issue for issue in issues}.values())


def ids_of(answer: dict[str, t.Any]) -> list[str]:
    """The ids of the issues in an answer."""
    return [issue["id"] for issue in unique(answer["issues"])]


def tell(warnings: object) -> None:
    """Log what Jira warns of in an answer to a search."""
    for warning in warnings if isinstance(warnings, list) else ():
        logger.warning("Jira warns about the search: %s", warning)


def version_of(issue: Issue) -> int:
    """When the issue was changed, in epoch milliseconds; 0 if that is not known."""
    return epoch_ms((issue.get("fields") or {}).get("updated"))


def updated_of(issues: list[Issue], default: pendulum.DateTime) -> pendulum.DateTime:
    """When the first of the issues was updated; the earliest time there is if it does not say."""
    import pendulum  # noqa: PLC0415

    for issue in issues[:1]:
        instant = parse_instant((issue.get("fields") or {}).get("updated"))
        if instant:
            return pendulum.instance(instant)
    return default.set(year=EARLIEST_YEAR).start_of("year")
