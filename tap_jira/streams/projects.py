"""The `projects` stream."""

from __future__ import annotations

import typing as t

from tap_jira.errors import (
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    UnavailableError,
)
from tap_jira.http.client import Request
from tap_jira.jira.connection import PROJECT_PAGE
from tap_jira.jira.pagination import JiraPaginator, OffsetPaginator, WholePaginator
from tap_jira.records import schema
from tap_jira.records.schema import Column, column
from tap_jira.streams.listed import ResourceStream

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk.helpers.types import Context, Record

    from tap_jira.jira.site import Site

EXPAND = "description,lead,url,projectKeys"
STATUSES = ("live", "archived", "deleted")
"""All in one list, so that a project that is archived or restored meanwhile is in it."""


class ProjectsStream(ResourceStream):
    """Projects: ``project/search`` on Cloud, ``project`` on Data Center.

    Archived projects and those in the trash are included: issues that were read before may still
    point to them. Cloud lists them only on demand, by an experimental parameter: where Jira refuses
    it, live projects are sent and none are removed.
    """

    name = "projects"

    def make_columns(self, site: Site) -> Iterable[Column]:
        """The columns of both products."""
        person = schema.user(is_cloud=site.is_cloud)
        return (
            column("id", schema.TEXT),
            column("key", schema.TEXT),
            column("name", schema.TEXT),
            column("description", schema.TEXT),
            column("self", schema.TEXT),
            column("url", schema.TEXT),
            column("email", schema.TEXT),
            column("lead", person),
            column("assignee_type", schema.TEXT),
            column("project_type_key", schema.TEXT),
            column("project_category", schema.NAMED),
            column("project_keys", schema.array_of(schema.TEXT)),
            column("style", schema.TEXT),
            column("simplified", schema.BOOLEAN),
            column("is_private", schema.BOOLEAN),
            column("archived", schema.BOOLEAN),
            column("archived_date", schema.TIMESTAMP),
            column("archived_by", person),
            column("deleted", schema.BOOLEAN),
            column("deleted_date", schema.TIMESTAMP),
            column("deleted_by", person),
            column("retention_till_date", schema.TIMESTAMP),
            column("entity_id", schema.TEXT),
            column("uuid", schema.TEXT),
            column("avatar_urls", schema.ANY_OBJECT),
        )

    @property
    def path(self) -> str:  # type: ignore[override] # depends on the product
        """The resource."""
        return "project/search" if self.connection.site.is_cloud else "project"

    @property
    def query(self) -> dict[str, t.Any]:  # type: ignore[override] # depends on the product
        """The details to include, and on Cloud the states besides live."""
        if not self.connection.site.is_cloud:
            return {"expand": EXPAND, "includeArchived": "true"}
        return {"expand": EXPAND} | ({"status": STATUSES} if self._all else {})

    _all = True
    """Whether Cloud is asked for all of :data:`STATUSES`."""

    def get_new_paginator(self) -> JiraPaginator[t.Any]:
        """By offset on Cloud, not at all on Data Center."""
        return OffsetPaginator(PROJECT_PAGE) if self.connection.site.is_cloud else WholePaginator()

    def probe(self) -> Request:
        """A page of one, of those that need no experimental parameter on Cloud."""
        return Request("GET", self.path, params={"maxResults": 1})

    def read(self, context: Context | None) -> Iterable[Record]:
        """Projects in every status; live ones if Cloud does not tell of the others."""
        self._all = True
        if not self.connection.site.is_cloud:
            yield from super().read(context)
            return
        try:
            yield from super().read(context)
        except (BadRequestError, NotFoundError, PermissionDeniedError, UnavailableError) as error:
            self._all, self.may_activate = False, False
            yield from super().read(context)
            if isinstance(error, UnavailableError):
                raise
            # A 404 may also mean that nothing matches; there may be archived projects all the same.
            self.logger.warning(
                "Jira lists live projects only: it refuses the parameter status of project/search, "
                "which is experimental. Archived and deleted projects are not sent, and none are "
                "removed. %s",
                error,
            )
