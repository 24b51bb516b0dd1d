"""The `changelogs` stream: every history of every issue, complete."""

from __future__ import annotations

import typing as t
from functools import cached_property

import msgspec

from tap_jira.http.client import Request
from tap_jira.issues.events import (
    Event,
    HistoriesRead,
    IssuesRead,
    Needs,
    Unread,
    embedded,
    items_of,
)
from tap_jira.issues.newness import SilentChanges, came_into_view
from tap_jira.issues.part_reader import typed
from tap_jira.issues.windows import version_of
from tap_jira.records import schema
from tap_jira.records.schema import Column, column
from tap_jira.records.timestamps import epoch_ms
from tap_jira.streams.issues.issue_based import IssueBasedStream

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pendulum
    from singer_sdk import Tap
    from singer_sdk.helpers.types import Record

    from tap_jira.jira.site import Site
    from tap_jira.run import Run

ITEM = schema.object_of(
    field=schema.TEXT,
    fieldId=schema.TEXT,
    fieldtype=schema.TEXT,
    **{"from": schema.TEXT, "to": schema.TEXT, "toString": schema.TEXT},
    fromString=schema.TEXT,
)


class ChangelogsStream(IssueBasedStream):
    """Histories: ``changelog/bulkfetch`` on Cloud, ``expand=changelog`` on Data Center.

    ``{"id": "10001", "author": {…}, "created": 1492070429 | "2017-…", "items": [{"field":
    "status", "fieldId": "status", "from": "1", "fromString": "Open", "to": "3", "toString":
    "Done"}]}``. Histories never change, so ``created`` is the replication key.
    """

    name = "changelogs"
    replication_key = "created"

    def __init__(self, tap: Tap, run: Run) -> None:
        """See :class:`.base.JiraStream`."""
        self._issues: dict[str, tuple[str, int]] = {}
        """Keys and versions of the issues whose histories are awaited."""
        super().__init__(tap, run)

    def make_columns(self, site: Site) -> Iterable[Column]:
        """The columns of both products."""
        return (
            column("id", schema.TEXT),
            column("issue_id", schema.TEXT),
            column("issue_key", schema.TEXT),
            column("author", schema.user(is_cloud=site.is_cloud)),
            column("created", schema.TIMESTAMP),
            column("items", schema.array_of(ITEM)),
            column("history_metadata", schema.ANY_OBJECT),
        )

    def needs(self) -> Needs:
        """The histories."""
        return Needs(histories=True)

    def probe(self) -> Request:
        """On Cloud the histories of an issue that may not exist, which is no error there."""
        if not self.connection.site.is_cloud:
            return super().probe()
        body = {"issueIdsOrKeys": ["1"], "maxResults": 1}
        return Request("POST", "changelog/bulkfetch", json=body)

    def records_of(self, event: Event) -> Iterator[Record]:
        """The histories that are due."""
        if isinstance(event, IssuesRead):
            for issue in event.issues:
                updated = version_of(issue)
                self._issues[issue["id"]] = issue.get("key") or "", updated
                histories, complete = embedded(issue, "changelog")
                if complete and not self.connection.site.is_cloud:
                    yield from self._due(issue["id"], histories, new=self.may_be_new(issue))
        elif isinstance(event, Unread):
            updated = version_of(event.issue)
            self._issues[event.issue["id"]] = event.issue.get("key") or "", updated
        elif isinstance(event, HistoriesRead):
            for issue_id, histories in event.decoded(self._history):
                if self.bookmark.settled and self.was_overtaken(issue_id, _last(histories)):
                    continue
                new = self._may_be_new(issue_id, histories)
                yield from self._due(issue_id, histories, new=new)

    def reached(self, instant: pendulum.DateTime | None, *, settles: bool = True) -> None:
        """Forget the issues that are done with."""
        self._issues.clear()
        super().reached(instant, settles=settles)

    @cached_property
    def _history(self) -> t.Any:
        """What is decoded of a history: its author, whom nobody looks into, is handed on."""
        if not self.writes_as_built:
            return t.Any
        sources = (source for each in self.columns for source in each.sources)
        members: dict[str, t.Any] = dict.fromkeys(sources, t.Any)
        return typed("History", members | {"author": msgspec.Raw})

    def _may_be_new(self, issue_id: str, histories: Iterable[dict[str, t.Any]]) -> bool:
        """Whether these histories say so, or it was unknown or lost, or a filter changed its mind.

        See :meth:`.issue_based.IssueBasedStream.may_be_new`.
        """
        since = self.since_of(issue_id)
        if not since or self.bookmark.is_owed(issue_id):
            return True
        recent = _since(since, histories)
        if came_into_view(recent):
            return not self.was_looked_at(issue_id, _last(recent))
        key, updated = self._issues.get(issue_id, ("", 0))
        if (
            self.connection.settings.jql
            or self.is_unknown(issue_id, key)
            or self.bookmark.may_have_been_deleted(updated)
        ):
            noted = self.bookmark.was_noted(f"all {issue_id}")
            return not noted and not self.bookmark.has_read(issue_id, updated)
        return False

    def _note_all_of(self, issue_id: str, histories: Iterable[dict[str, t.Any]]) -> None:
        """All histories of an issue were sent."""
        if not self.connection.site.is_cloud:
            self.looked_at(issue_id, self._issues[issue_id][1])
            return
        # Histories do not tell the issue's version; the older ones never change.
        recent = _since(self.since_of(issue_id), histories)
        if came_into_view(recent):
            self.looked_at(issue_id, _last(recent))
        # An issue that was being imported may have got more of them since.
        updated = self._issues.get(issue_id, ("", 0))[1]
        latest = max(updated, _last(list(histories)))
        if not self.bookmark.is_young(latest):
            self.bookmark.is_first_time(f"all {issue_id}")

    def _key(self, issue_id: str) -> str:
        return self._issues.get(issue_id, ("", 0))[0]

    @cached_property
    def _silent(self) -> SilentChanges:
        return SilentChanges(self.connection.fields)

    def _due(
        self, issue_id: str, histories: list[dict[str, t.Any]], *, new: bool
    ) -> Iterator[Record]:
        """What is not out yet; all of it if the issue may have another key now."""
        bookmark = self.bookmark
        since = self.since_of(issue_id)
        recent = _since(since, histories) if since else []
        moved = since == 0 or (new and came_into_view(recent))
        # The issue may have been moved after its key was read, and before its histories were.
        key = _last_key(recent) or self._key(issue_id) or None
        home = {"issueId": issue_id, "issueKey": key}
        left_for_later = False
        for history in histories:
            version = epoch_ms(history.get("created"))
            left_for_later |= bookmark.is_for_later(version)
            if not bookmark.includes(version) or (version < since and not new):
                continue
            if bookmark.is_due(str(history["id"]), version) or moved:
                yield self.record(history, home)
        if since and not new:
            for history in self._silent.before(since, histories):
                version = epoch_ms(history.get("created"))
                if bookmark.includes(version) and bookmark.is_first_time(str(history["id"])):
                    yield self.record(history, home)
        bookmark.have_read(issue_id, self._issues.get(issue_id, ("", 0))[1])
        if self._comes_again(issue_id, histories):
            # With a filter, the next run would take the issue for one that came to match it.
            if (since or self.connection.settings.jql) and new and not left_for_later:
                self._note_all_of(issue_id, histories)
            for history in self._silent.before(bookmark.limit_ms, histories):
                bookmark.is_first_time(str(history["id"]))

    def _comes_again(self, issue_id: str, histories: Iterable[dict[str, t.Any]]) -> bool:
        """Whether the issue is in what the next run reads again."""
        limit = self.bookmark.limit_ms
        updated = self._issues.get(issue_id, ("", 0))[1]
        return updated >= limit or any(epoch_ms(each.get("created")) >= limit for each in histories)


def _since(since_ms: int, histories: Iterable[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The histories from an instant on."""
    return [each for each in histories if epoch_ms(each.get("created")) >= since_ms]


def _last(histories: Iterable[dict[str, t.Any]]) -> int:
    """When the last of them was written."""
    return max((epoch_ms(each.get("created")) for each in histories), default=0)


def _last_key(histories: list[dict[str, t.Any]]) -> str | None:
    """The key that the last move gave the issue, if there was one."""
    moves = (
        (epoch_ms(each.get("created")), item.get("toString"))
        for each in histories
        for item in items_of(each)
        if item.get("field") == "Key"
    )
    return max(moves, default=(0, None), key=lambda move: move[0])[1]
