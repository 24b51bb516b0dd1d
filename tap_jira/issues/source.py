"""The issues that the settings admit, and how this Jira is asked for them."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from tap_jira.http.client import Request
from tap_jira.issues.coverage import Coverage
from tap_jira.issues.creation import windows_of_creation
from tap_jira.issues.id_set import IdSet
from tap_jira.issues.issue_pass import CloudPass, OffsetPass
from tap_jira.issues.look import look_for
from tap_jira.issues.newness import newest_issue_before
from tap_jira.issues.offset_pages import SLIM
from tap_jira.issues.projects import EVERY, MOST_LISTED, Projects
from tap_jira.issues.search import CloudSearch, OffsetSearch, Scope
from tap_jira.issues.search_cloud import CLOUD_PAGE
from tap_jira.issues.windows import DATED
from tap_jira.jira import jql
from tap_jira.jira.jql import Span, Window
from tap_jira.records.timestamps import floor_minute, to_text

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pendulum

    from tap_jira.issues.events import Needs
    from tap_jira.issues.issue_pass import IssuePass
    from tap_jira.issues.windows import Issue
    from tap_jira.jira.connection import Connection
    from tap_jira.slice import Slice

OFFSET_PAGE = 250
"""Issues a page on Data Center, without histories: its own limit is 1,000, but a page is held in
memory whole, and so are the next ones."""
HISTORY_OFFSET_PAGE = 100
"""Issues a page on Data Center with histories: all of an issue's come with it, and long ones have
run servers out of memory (JRASERVER-60107)."""
ID_PAGE = 1000
"""Most issues in one page of ids on Data Center."""
FULL = 0.98
"""How full a page of ids is planned to be whose issues are known."""
LEAST_OFFSET_PAGE = 2
"""Pages by offset overlap by a row."""


class IssueSource:
    """What the streams that come out of issues ask of one Jira in common."""

    def __init__(self, connection: Connection) -> None:
        """Read through this connection, with its settings."""
        self._connection = connection
        self._newest: dict[pendulum.DateTime, str] = {}

    @property
    def slice(self) -> Slice | None:
        """The part of what the settings admit that is read, if not all."""
        return self._connection.settings.slice

    @functools.cached_property
    def configured(self) -> Projects:
        """The projects that `project_keys` admits, by id: their keys may change."""
        connection, keys = self._connection, self._connection.settings.project_keys
        _ = connection.scope  # refuses keys that do not exist
        if not keys:
            return EVERY  # nobody need ask for the projects
        ids = connection.ids_by_key
        return Projects(frozenset(id_ for key, id_ in ids.items() if key in keys))

    @functools.cached_property
    def coverage(self) -> Coverage:
        """What is asked for: what the settings admit, of that what the slice has."""
        settings, projects = self._connection.settings, self.configured
        every = dataclasses.replace(Coverage.of_all(settings), jql=settings.jql)
        if self.slice is None:
            return dataclasses.replace(every, projects=projects)
        own = self.slice.projects
        some = Projects(self.slice.other_than, others=True) if own is None else Projects(own)
        created = tuple(
            (project, (to_text(since) if since else None, to_text(before) if before else None))
            for project, (since, before) in self.slice.created
        )
        return dataclasses.replace(every, projects=projects & some, created=created)

    @functools.cached_property
    def conditions_now(self) -> tuple[str, ...]:
        """The JQL conditions for all that is asked for; empty if that is everything."""
        if self.slice is None:
            return self._connection.scope
        return self.conditions(self.coverage.projects)

    def conditions(self, projects: Projects) -> tuple[str, ...]:
        """The JQL conditions for these projects alone, of those that are asked for."""
        filters = jql.scope((), self._connection.settings.jql)
        return (*self.coverage.conditions(self._connection.project_ids, projects), *filters)

    def conditions_of(self, scope: Coverage) -> tuple[str, ...] | None:
        """The JQL conditions for what was asked for, now or formerly; ``None``: no issue."""
        conditions = scope.conditions(self._connection.project_ids, scope.projects)
        if jql.NO_ISSUE in conditions:
            return None
        return (*conditions, *jql.scope((), scope.jql))

    def probe(self) -> Request:
        """The search with the configured filter, for one issue and nothing of it."""
        query = Window().jql(jql.scope((), self._connection.settings.jql))
        body = {"jql": query, "maxResults": 1, "fields": ["id"]}
        return Request("POST", self.search_path, json=body)

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
                lambda: ask(Window(Span()), self.conditions_now, instant)
            )
        return self._newest[instant]

    def ids(self, span: Span, conditions: tuple[str, ...] | None = None) -> Iterator[list[str]]:
        """The ids of the issues in a span, some at a time."""
        search = self.search(ID_PAGE, conditions)
        if isinstance(search, CloudSearch):
            for issues, _ in search.id_windows(span):
                yield [issue["id"] for issue in issues]
            return
        for page in search.pages(span, SLIM):
            yield [issue["id"] for issue in page.issues]

    def all_ids(self, span: Span, conditions: tuple[str, ...], known: IdSet) -> Iterator[list[str]]:
        """The ids of the issues in a span, of which most should be ``known``.

        It takes about as many requests as there are pages of them. What comes into the span
        meanwhile is not looked for.
        """
        search = self.search(ID_PAGE, conditions)
        look = functools.partial(look_for, self._connection, fields=("created",))
        for created in windows_of_creation(known, int(search.id_page * FULL), look):
            for issues in search.in_window(Window(span, created)):
                yield [issue["id"] for issue in issues]

    def changed(
        self, span: Span, conditions: tuple[str, ...], *, few: bool
    ) -> Iterator[list[Issue]]:
        """The issues in a span; on Cloud with their ``updated`` only if they are ``few``."""
        search = self.search(ID_PAGE, conditions)
        if isinstance(search, OffsetSearch):
            for page in search.pages(span, SLIM):
                yield page.issues
        elif few and (found := search.first_page(span, DATED)) is not None:
            yield found
        else:
            for issues, _ in search.id_windows(span):
                yield issues

    def matching(self, ids: Iterable[str]) -> IdSet:
        """Those of some issues, which are there, that the filter of the settings matches."""
        filters = jql.scope((), self._connection.settings.jql)
        asked = list(ids)
        if not filters:
            return IdSet(asked)
        found = IdSet()
        for start in range(0, len(asked), MOST_LISTED):
            some = f"id in ({', '.join(asked[start : start + MOST_LISTED])})"
            for shown in self.ids(Span(), (some, *filters)):
                found.update(shown)
        return found

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
        given = self.conditions_now if conditions is None else conditions
        scope = Scope(given, started_at, indexed_until, connection.project_ids)
        size = settings.page_size or default_page_size
        if connection.site.is_cloud:
            return CloudSearch(client, workers, scope, min(size, CLOUD_PAGE))
        return OffsetSearch(client, workers, scope, max(size, LEAST_OFFSET_PAGE))

    def reading(
        self, needs: Needs, projects: Projects | None = None, *, once: bool = False
    ) -> IssuePass:
        """A pass over the issues that the settings admit, or those of some projects only.

        With ``once``, issues that fail are not tried again.
        """
        with_histories = needs.histories or needs.moves
        default = HISTORY_OFFSET_PAGE if with_histories else OFFSET_PAGE
        search = self.search(default, self.conditions(projects) if projects else None)
        connection = self._connection
        client, workers = connection.client, connection.workers
        if isinstance(search, CloudSearch):
            return CloudPass(client, workers, needs, search, once=once)
        return OffsetPass(client, workers, needs, search, once=once)
