"""The `users` stream."""

from __future__ import annotations

import typing as t

from tap_jira import schema
from tap_jira.errors import NotFoundError
from tap_jira.pagination import (
    ArrayOffsetPaginator,
    CursorPaginator,
    FilteredOffsetPaginator,
    JiraPaginator,
)
from tap_jira.schema import Column, column
from tap_jira.streams.base import ResourceStream

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_jira.run import Run
    from tap_jira.site import Site

USER_LIST_SINCE = (10, 3)
"""The first version of Data Center that has ``user/list``."""
PAGE = 1000
"""Most users in one answer, on both products."""

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


class UsersStream(ResourceStream):
    """Users, active and inactive: ``users/search`` on Cloud, ``user/list`` on Data Center.

    Data Center before 10.3 has ``user/search`` only. Both products ask for the global permission
    to browse users.
    """

    name = "users"
    permission = "the global permission Browse users and groups"
    scope = "read:jira-user"

    def __init__(self, tap: Tap, run: Run) -> None:
        """Key users by what never changes: the account id on Cloud, the key elsewhere."""
        is_cloud = run.connection.site.is_cloud
        self.primary_keys = ("account_id",) if is_cloud else ("key",)
        self._is_old = not is_cloud and run.connection.site.version_numbers < USER_LIST_SINCE
        super().__init__(tap, run)

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
            return FilteredOffsetPaginator(PAGE)
        return ArrayOffsetPaginator(PAGE) if self._is_old else CursorPaginator(PAGE)

    def start_early(self) -> None:
        """On Cloud the second page too: there always is one, if only an empty one."""
        super().start_early()
        if self.connection.site.is_cloud:
            self._send_early(FilteredOffsetPaginator(PAGE, start=PAGE))

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """The users; from the older resource where there is no newer one."""
        try:
            yield from super().get_records(context)
        except NotFoundError:
            if self.connection.site.is_cloud or self._is_old:
                raise
            self._is_old = True
            yield from super().get_records(context)
