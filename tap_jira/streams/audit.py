"""The audit log: newest first, growing while it is read, and long.

Cloud, and Data Center before 8.8, list records by ``offset`` and ``limit``
(``auditing/record``). What arrives pushes the rest down, so that rows repeat and none is skipped;
what is written late, with an older time, is within the next run's overlap. A long time is read in
parts, the oldest first, so that a run that is broken off goes on there.

Data Center from 8.8 on lists events by a cursor (``/rest/auditing/1.0/events``). They have no id:
a digest of the event is its key.
"""

from __future__ import annotations

import hashlib
import typing as t
from functools import partial
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pendulum

from tap_jira.errors import IncompleteReadError
from tap_jira.http.client import Request
from tap_jira.issues.coverage import Coverage
from tap_jira.jira.permissions import ADMINISTER
from tap_jira.records import columns
from tap_jira.records.timestamps import epoch_ms, to_text
from tap_jira.streams.issues.incremental import IncrementalStream
from tap_jira.streams.optional import OptionalStream

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_jira.jira.site import Site
    from tap_jira.records.schema import Column

Row = dict[str, t.Any]
EVENTS_SINCE = (8, 8)
"""The first version of Data Center that lists events."""
PAGE = 1000
"""Most records in one answer."""
PART = 20_000
"""Records in a part of the time at most, unless they share a minute."""
BEGINNING = pendulum.datetime(2002, 1, 1)
"""Jira is not older."""
LOOKS = 3
"""Times that a page is looked for which is empty though the count says that there are more."""
HOLE = "Jira's audit log has more than it lists: run again."
DIGEST = 16
"""Bytes of an event's digest."""


class AuditRecordsStream(IncrementalStream, OptionalStream):
    """Audit records: ``auditing/record``; events of ``/rest/auditing/1.0`` on Data Center 8.8+.

    Events have no id: a digest of the event is its `id`, and two that are equal are one row.
    """

    name = "audit_records"
    area = "Administration"
    replication_key = "created"
    needs_permission = ADMINISTER
    permission = ADMINISTER.text
    scope = "manage:jira-configuration"

    def make_columns(self, site: Site) -> Iterable[Column]:
        """Those of records, or of events."""
        if _has_events(site):
            return (
                *columns.text("id"),
                *columns.instant("created"),
                *columns.object_("author", "type"),
                *columns.objects("affected_objects", "changed_values", "extra_attributes"),
                *columns.text("source", "system", "method", "node"),
            )
        return (
            *columns.text("id", "summary", "description", "category", "event_source"),
            *columns.instant("created"),
            *columns.text("author_key", "author_account_id", "remote_address"),
            *columns.object_("object_item"),
            *columns.objects("changed_values", "associated_items"),
        )

    @property
    def coverage(self) -> Coverage:
        """Projects and filters do not concern it."""
        return Coverage.of_all(self.connection.settings)

    @property
    def was_read(self) -> bool:
        """Whether an earlier run has read it."""
        return "replication_key_value" in self.stream_state

    def probe(self) -> Request:
        """A record."""
        if _has_events(self.connection.site):
            return Request("GET", "/rest/auditing/1.0/events", params={"limit": 1})
        return Request("GET", "auditing/record", params={"limit": 1})

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """What was recorded since the bookmark, part by part."""
        self.require()
        bookmark, started_at = self.bookmark, self.connection.site.started_at
        since = bookmark.since or BEGINNING
        until = min(started_at, bookmark.end_date or started_at)
        if since < until:
            for end, pages in self._parts(since, until):
                yield from self._due(pages)
                if end < until:
                    self.reached(end)
                    self._write_state_message()
        self._open()
        self.reached(None)

    def _due(self, pages: Iterable[list[Row]]) -> Iterator[Record]:
        """Each row once; those that were sent in an earlier run's overlap not again."""
        seen: set[str] = set()
        for rows in pages:
            for row in rows:
                id_, created = str(row["id"]), epoch_ms(row.get("created"))
                included = self.bookmark.includes(created)
                if id_ not in seen and included and self.bookmark.is_due(id_, created):
                    self._open()
                    yield self.record(row)
                seen.add(id_)

    def _parts(
        self, since: pendulum.DateTime, until: pendulum.DateTime
    ) -> Iterator[tuple[pendulum.DateTime, Iterator[list[Row]]]]:
        """Parts of the time, oldest first: where each ends, and its pages."""
        if _has_events(self.connection.site):
            yield until, self._events(since, until)
            return
        first = self._page(since, until, 0)
        if first["total"] > PART and (until - since).in_minutes() > 1:
            middle = since.add(seconds=(until - since).in_seconds() // 2)
            yield from self._parts(since, middle)
            yield from self._parts(middle, until)
        else:
            yield until, self._records(since, until, first)

    def _records(
        self, since: pendulum.DateTime, until: pendulum.DateTime, page: Row
    ) -> Iterator[list[Row]]:
        offset, empty = 0, 0
        # Behind a full page there may be another one, whatever the count says.
        while True:
            records = page["records"]
            if records:
                yield records
                offset, empty = offset + len(records), 0
            if offset >= page["total"] and len(records) < PAGE:
                return
            empty += not records
            if empty == LOOKS:
                raise IncompleteReadError(HOLE)
            page = self._page(since, until, offset)

    def _page(self, since: pendulum.DateTime, until: pendulum.DateTime, offset: int) -> Row:
        """``{"offset": 0, "limit": 1000, "total": 2, "records": [{"id": 1, …}]}``."""
        params = {"from": to_text(since), "to": to_text(until), "limit": PAGE, "offset": offset}
        return t.cast("Row", self._ask("auditing/record", params))

    def _events(self, since: pendulum.DateTime, until: pendulum.DateTime) -> Iterator[list[Row]]:
        """``{"entities": […], "pagingInfo": {"lastPage": false, "nextPageLink": "…"}}``."""
        params: t.Any = {"from": to_text(since), "to": to_text(until), "limit": PAGE}
        links: set[str] = set()
        while params:
            page = self._ask("/rest/auditing/1.0/events", params)
            yield [
                {**event, "id": _digest(event), "created": event.get("timestamp")}
                for event in page["entities"]
            ]
            # Of the link only the query: it may name another host.
            paging = page.get("pagingInfo") or {}
            link = "" if paging.get("lastPage") else paging.get("nextPageLink") or ""
            if link in links or (not link and paging.get("lastPage") is False):
                raise IncompleteReadError(HOLE)
            links.add(link)
            params = parse_qsl(urlsplit(link).query)

    def _ask(self, path: str, params: t.Any) -> t.Any:
        return self.connection.workers.run(partial(self.connection.client.get, path, params))


def _has_events(site: Site) -> bool:
    return not site.is_cloud and site.version_numbers >= EVENTS_SINCE


def _digest(event: Row) -> str:
    encoded = msgspec.json.encode(event, order="sorted")
    return hashlib.blake2b(encoded, digest_size=DIGEST).hexdigest()
