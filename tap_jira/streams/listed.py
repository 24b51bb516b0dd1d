"""Streams on plain lists of the platform API, read through singer-sdk's own paging."""

from __future__ import annotations

import typing as t
from urllib.parse import parse_qsl, urlsplit

from tap_jira.errors import IncompleteReadError
from tap_jira.http.client import Request, Result
from tap_jira.jira.pagination import ATTEMPTS, JiraPaginator, WholePaginator
from tap_jira.records.decode import decode
from tap_jira.streams.base import JiraStream

if t.TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Iterable, Mapping

    import requests
    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_jira.run import Run

READS = 2
"""Times that a list is read whose gaps would be deleted."""


class ResourceStream(JiraStream):
    """A plain resource of the platform API: a path, a way of paging, and columns.

    Read whole each time: there is nothing in it to tell what changed.
    """

    path: str
    query: t.ClassVar[Mapping[str, t.Any]] = {}

    def __init__(self, tap: Tap, run: Run) -> None:
        """See :class:`JiraStream`."""
        super().__init__(tap, run)
        self._early: dict[str, concurrent.futures.Future[Result]] = {}
        self._counted = False
        """Whether Jira has said how many there are."""

    def get_new_paginator(self) -> JiraPaginator[t.Any]:
        """How the resource is paged; by default it is not."""
        return WholePaginator()

    def get_url_params(
        self,
        context: Context | None,  # noqa: ARG002 - the SDK's signature
        next_page_token: t.Any,
    ) -> dict[str, t.Any]:
        """The resource's own parameters and those of the page."""
        return {**self.query, **self.get_new_paginator().params(next_page_token)}

    def request_decorator(self, func: t.Any) -> t.Any:
        """The client retries by itself."""
        return func

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Every record once.

        Where the target is to delete what is not there, and no count tells whether all of it was,
        it is read twice: a list that was cut short once deletes nothing.
        """
        seen: set[tuple[t.Any, ...]] = set()
        for _ in range(READS):
            self._counted = False
            for record in self.read(context):
                key = self.key_of(record)
                if key is not None and key not in seen:
                    seen.add(key)
                    yield record
            if not self.may_delete or (self._counted and seen):
                return

    def read(self, context: Context | None) -> Iterable[Record]:
        """Every record; read again from the start if the pages did not fit together."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                yield from super().get_records(context)
            except IncompleteReadError:  # noqa: PERF203 - a few rounds, each a whole read
                if attempt == ATTEMPTS:
                    raise
                self._early.clear()
            else:
                return

    def _request(
        self, prepared_request: requests.PreparedRequest, context: Context | None
    ) -> requests.Response:
        """Send the SDK's request through the client."""
        query = urlsplit(str(prepared_request.url)).query
        params = parse_qsl(query, keep_blank_values=True)
        request = Request("GET", self.path, params=params)
        future = self._early.pop(query, None) or self.connection.workers.start(
            lambda: self.connection.client.ask(request)
        )
        response = self.connection.workers.result(future).response
        self._write_request_duration_log(
            endpoint=self.path, response=response, context=context, extra_tags=None
        )
        return response

    def probe(self) -> Request:
        """A page of one."""
        return Request("GET", self.path, params={**self.query, "maxResults": 1})

    def start_early(self) -> None:
        """Send the first page's request ahead, while other streams are being read."""
        self._send_early(self.get_new_paginator())

    def _send_early(self, page: JiraPaginator[t.Any]) -> None:
        prepared = self._prepare_request(context=None, page=page)
        query = urlsplit(str(prepared.url)).query
        request = Request("GET", self.path, params=parse_qsl(query, keep_blank_values=True))
        self._early[query] = self.connection.workers.start(
            lambda: self.connection.client.ask(request)
        )

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, t.Any]]:
        """A record for each object in the answer."""
        payload = decode(response.content)
        objects = payload.get("values") if isinstance(payload, dict) else payload
        self._counted = isinstance(payload, dict) and isinstance(payload.get("total"), int)
        for found in objects or ():
            yield self.record(found)
