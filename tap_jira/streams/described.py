"""Streams that a declaration describes (:mod:`.resource`), however they are read."""

from __future__ import annotations

import typing as t

from tap_jira.streams.optional import OptionalStream

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk import Tap

    from tap_jira.jira.site import Site
    from tap_jira.records.schema import Column
    from tap_jira.run import Run
    from tap_jira.streams.resource import Resource


class DescribedStream(OptionalStream):
    """A stream made of a declaration."""

    def __init__(self, tap: Tap, run: Run, resource: Resource, area: str) -> None:
        """Describe the resource for this Jira."""
        site = run.connection.site
        self.resource = resource
        self.area = area
        self.name = resource.name
        self.primary_keys = resource.key_on(site)
        self.needs_permission = resource.permission_on(site)
        self.permission = self.needs_permission.text
        self.scope = resource.scope
        self.selected_by_default = resource.selected
        super().__init__(tap, run)

    def make_columns(self, site: Site) -> Iterable[Column]:
        """The declared ones."""
        return self.resource.columns_on(site)
