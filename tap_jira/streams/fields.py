"""The `fields` stream."""

from __future__ import annotations

import typing as t

from tap_jira.http.client import Request
from tap_jira.records import schema
from tap_jira.records.schema import Column, column
from tap_jira.streams.base import JiraStream

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk.helpers.types import Context, Record

    from tap_jira.jira.site import Site


class FieldsStream(JiraStream):
    """Fields, system and custom: ``field``, which also describes the columns of `issues`."""

    name = "fields"
    permission = "nothing beyond a valid user"

    def make_columns(self, site: Site) -> Iterable[Column]:  # noqa: ARG002 - the same on both
        """The columns of both products."""
        return (
            column("id", schema.TEXT),
            column("key", schema.TEXT),
            column("name", schema.TEXT),
            column("untranslated_name", schema.TEXT),
            column("custom", schema.BOOLEAN),
            column("orderable", schema.BOOLEAN),
            column("navigable", schema.BOOLEAN),
            column("searchable", schema.BOOLEAN),
            column("clause_names", schema.array_of(schema.TEXT)),
            column("scope", schema.ANY_OBJECT),
            column("schema", schema.object_of(type=schema.TEXT, custom=schema.TEXT)),
        )

    def probe(self) -> Request:
        """The resource itself: it is small and not paged."""
        return Request("GET", "field")

    def get_records(self, context: Context | None) -> Iterable[Record]:  # noqa: ARG002
        """The fields that discovery has read already; once more, if others are to be deleted."""
        if self.may_delete:
            self.connection.confirm_fields()
        for field in self.connection.fields:
            yield self.record(field)
