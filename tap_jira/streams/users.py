"""The `users` stream."""

from __future__ import annotations

import typing as t

from tap_jira.errors import NotFoundError, TooMuchError
from tap_jira.jira.pagination import (
    ArrayOffsetPaginator,
    CursorPaginator,
    JiraPaginator,
    PlacesPaginator,
)
from tap_jira.jira.permissions import BROWSE_USERS, Permission
from tap_jira.records import schema
from tap_jira.records.decode import decode
from tap_jira.records.schema import Column, column
from tap_jira.records.timestamps import to_text
from tap_jira.streams.listed import ResourceStream
from tap_jira.streams.optional import OptionalStream

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    import requests
    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_jira.jira.site import Site
    from tap_jira.run import Run

USER_LIST_SINCE = (10, 3)
"""The first version of Data Center that has ``user/list``."""
PAGE = 1000
"""Most users in one answer, on both products."""
READ_FIRST = "read_first_at"
"""What STATE calls the time of the first read that went well."""
CAPS = (100, 1000)
"""Users at which the lists of some versions of Data Center stop."""

CLOUD_COLUMNS = (
    column("account_id", schema.TEXT),
    column("account_type", schema.TEXT),
    column("app_type", schema.TEXT),
    column("display_name", schema.TEXT),
    column("email_address", schema.TEXT),
    column("active", schema.BOOLEAN),
    column("guest", schema.BOOLEAN),
    column("time_zone", schema.TEXT),
    column("locale", schema.TEXT),
    column("self", schema.TEXT),
    column("avatar_urls", schema.ANY_OBJECT),
)
SERVER_COLUMNS = (
    column("key", schema.TEXT),
    column("name", schema.TEXT),
    column("display_name", schema.TEXT),
    column("email_address", schema.TEXT),
    column("active", schema.BOOLEAN),
    column("deleted", schema.BOOLEAN),
    column("time_zone", schema.TEXT),
    column("locale", schema.TEXT),
    column("last_login_time", schema.TIMESTAMP),
    column("self", schema.TEXT),
    column("avatar_urls", schema.ANY_OBJECT),
)


class UsersStream(OptionalStream, ResourceStream):
    """Users, active and inactive: ``users/search`` on Cloud, ``user/list`` on Data Center.

    Cloud's list has places without a user that these credentials may see, and no count: its end
    is taken to be where 4,000 places in a row are empty, 2,000 behind fewer than 250 users. Data
    Center before 10.3 has ``user/search`` only. Both products ask for the global permission to
    browse users.
    """

    name = "users"
    permission = BROWSE_USERS.text
    # Nobody is asked whether the user has it: the list tells, and is read in every run.
    needs_permission = Permission(permission)
    decisive = BROWSE_USERS
    scope = "read:jira-user"
    _places: PlacesPaginator | None = None
    _told = False
    """Whether the holes in the list were mentioned."""
    _offsets: ArrayOffsetPaginator | None = None

    def __init__(self, tap: Tap, run: Run) -> None:
        """Key users by what never changes: the account id on Cloud, the key elsewhere."""
        is_cloud = run.connection.site.is_cloud
        self.primary_keys = ("account_id",) if is_cloud else ("key",)
        self._is_old = not is_cloud and run.connection.site.version_numbers < USER_LIST_SINCE
        super().__init__(tap, run)

    @property
    def was_read(self) -> bool:
        """Whether an earlier run has read it: who may not browse users never did."""
        return READ_FIRST in self.stream_state

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """See :class:`.listed.ResourceStream`."""
        found = False
        for record in super().get_records(context):
            found = True
            self._open()
            yield record
        self._open()
        if not found:
            # Whoever asks is a user: such a list is not to be believed.
            self.may_activate = False
            self.logger.warning("Jira lists no users at all; no rows are deleted in the target.")

    def complete(self) -> None:
        """See :meth:`.base.JiraStream.complete`; STATE knows that it can be read."""
        super().complete()
        part = self.run.report.stream(self.name)
        is_over = part.rows and not (part.skipped or part.error or self.ABORT_AT_RECORD_COUNT)
        if is_over and not self.was_read:
            self.stream_state[READ_FIRST] = to_text(self.connection.site.started_at)
            self.state_manager.is_flushed = False

    def make_columns(self, site: Site) -> Iterable[Column]:
        """The product's columns."""
        return CLOUD_COLUMNS if site.is_cloud else SERVER_COLUMNS

    @property
    def path(self) -> str:  # type: ignore[override] # depends on the product
        """The resource."""
        if self.connection.site.is_cloud:
            return "users/search"
        return "user/search" if self._is_old else "user/list"

    @property
    def query(self) -> dict[str, t.Any]:  # type: ignore[override] # depends on the product
        """What makes ``user/search`` list everyone."""
        return {"username": ".", "includeInactive": "true"} if self._is_old else {}

    def get_new_paginator(self) -> JiraPaginator[t.Any]:
        """Each of the three resources pages in a way of its own."""
        if self.connection.site.is_cloud:
            return self._places or PlacesPaginator(PAGE)
        if self._is_old:
            return self._offsets or ArrayOffsetPaginator(PAGE)
        return CursorPaginator(PAGE)

    def start_early(self) -> None:
        """On Cloud the next two pages too: there always are, if only empty ones."""
        super().start_early()
        if self.connection.site.is_cloud:
            self._send_early(PlacesPaginator(PAGE, PAGE))
            self._send_early(PlacesPaginator(PAGE, 2 * PAGE))

    def read(self, context: Context | None) -> Iterable[Record]:
        """The users; from the older resource where there is no newer one."""
        if self.connection.site.is_cloud:
            yield from self._by_places(context)
            return
        try:
            yield from self._listed(context)
        except NotFoundError:
            if self._is_old:
                raise
            self._is_old = True
            yield from self._listed(context)

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, t.Any]]:
        """A record for each user; before Jira 6, a user's name was the key."""
        if not self._is_old:
            yield from super().parse_response(response)
            return
        for found in decode(response.content):
            yield self.record({"key": found.get("name"), **found})

    def _by_places(self, context: Context | None) -> Iterable[Record]:
        """Cloud's users, as many at a time as it manages in its ten seconds."""
        places = self._places = PlacesPaginator(PAGE)
        while not places.finished:
            try:
                yield from super().read(context)
            except TooMuchError:  # noqa: PERF203 - a few rounds, each of many requests
                if not places.ask_for_less():
                    raise
        if places.longest_hole and not self._told:
            self._told = True
            self.logger.info(
                "Jira's list of users has holes, up to %s places in a row where these credentials "
                "see nobody; it was read to where %s are empty, which is taken for its end.",
                f"{places.longest_hole:,}",
                f"{places.far:,}",
            )

    def _listed(self, context: Context | None) -> Iterable[Record]:
        """Data Center's users; a list that stops at a version's cap may be cut off there."""
        seen: set[t.Any] = set()
        offsets = self._offsets = ArrayOffsetPaginator(PAGE)
        for record in super().read(context):
            seen.add(record["key"])
            yield record
        rows = len(seen)
        if self._is_old and offsets.repeats:
            self.may_activate = False
            self.logger.warning(
                "user/search gives the same %d users from wherever it is asked: there may be more. "
                "Users that it does not list are not removed.",
                rows,
            )
        elif self._is_old and rows in CAPS:
            self.may_activate = False
            self.logger.warning(
                "user/search gives exactly %d users: this version of Jira may give no more "
                "(JRASERVER-65089, JRASERVER-78660). Users that it does not list are not removed.",
                rows,
            )
