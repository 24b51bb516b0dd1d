"""The issues that the settings admit, and how this Jira is asked for them."""

from __future__ import annotations

import functools
import typing as t

from tap_jira.issues.coverage import Coverage, Projects
from tap_jira.issues.newness import newest_issue_before
from tap_jira.issues.search import CloudSearch, OffsetSearch, Scope
from tap_jira.issues.search_cloud import CLOUD_PAGE
from tap_jira.jira import jql
from tap_jira.jira.jql import Span, Window
from tap_jira.records.timestamps import floor_minute, to_text

if t.TYPE_CHECKING:
    import pendulum

    from tap_jira.jira.connection import Connection

LEAST_OFFSET_PAGE = 2
"""Pages by offset overlap by a row."""


class IssueSource:
    """What the streams that come out of issues ask of one Jira in common."""

    def __init__(self, connection: Connection) -> None:
        """Read through this connection, with its settings."""
        self._connection = connection
        self._newest: dict[pendulum.DateTime, str] = {}

    @functools.cached_property
    def coverage(self) -> Coverage:
        """What the settings ask for, with projects by id: their keys may change."""
        connection, settings = self._connection, self._connection.settings
        _ = connection.scope  # refuses keys that do not exist
        keys, start = settings.project_keys, settings.start_date
        ids = connection.ids_by_key if keys else {}  # else nobody need ask for the projects
        projects = frozenset(id_ for key, id_ in ids.items() if key in keys) if keys else None
        return Coverage(projects, settings.jql, to_text(start) if start else None)

    def conditions(self, projects: Projects) -> tuple[str, ...]:
        """The JQL conditions for these projects alone, of those that the settings admit."""
        filters = jql.scope((), self._connection.settings.jql)
        return (*projects.condition(self._connection.project_ids()), *filters)

    def is_of(self, projects: Projects, issue_key: str) -> bool:
        """Whether an issue is of one of these projects."""
        return self._connection.ids_by_key.get(issue_key.rpartition("-")[0]) in projects

    def keys_of(self, projects: Projects) -> list[str]:
        """The keys of those of the projects that are visible."""
        ids_by_key = self._connection.ids_by_key
        return sorted(key for key, id_ in ids_by_key.items() if id_ in projects)

    def newest_issue_before(self, instant: pendulum.DateTime) -> str:
        """The id of the last issue created before an instant; asked for once."""
        connection = self._connection
        if instant not in self._newest:
            ask = functools.partial(newest_issue_before, connection.client, self.search_path)
            self._newest[instant] = connection.workers.run(
                lambda: ask(Window(Span()), connection.scope, instant)
            )
        return self._newest[instant]

    @property
    def search_path(self) -> str:
        """The resource of the issue search."""
        return "search/jql" if self._connection.site.is_cloud else "search"

    def search(
        self, default_page_size: int, conditions: tuple[str, ...] | None = None
    ) -> CloudSearch | OffsetSearch:
        """The issue search of this product, with ``page_size`` issues a page.

        The default is Data Center's; Cloud gives 100 at most. The conditions are those of the
        settings, unless others are given.
        """
        connection = self._connection
        client, workers, settings = connection.client, connection.workers, connection.settings
        started_at = connection.site.started_at
        indexed_until = floor_minute(started_at.subtract(seconds=settings.lookback_seconds))
        given = connection.scope if conditions is None else conditions
        scope = Scope(given, started_at, indexed_until, connection.project_ids)
        size = settings.page_size or default_page_size
        if connection.site.is_cloud:
            return CloudSearch(client, workers, scope, min(size, CLOUD_PAGE))
        return OffsetSearch(client, workers, scope, max(size, LEAST_OFFSET_PAGE))
