"""The streams, one file per subject."""

from __future__ import annotations

import difflib
import typing as t

from tap_jira.errors import ConfigurationError
from tap_jira.streams import (
    administration,
    agile,
    metadata,
    people,
    project_parts,
    project_schemes,
    schemes,
    service,
    shared,
)
from tap_jira.streams.audit import AuditRecordsStream
from tap_jira.streams.declared import DeclaredStream
from tap_jira.streams.fields import FieldsStream
from tap_jira.streams.issues import further, requests
from tap_jira.streams.issues.changelogs import ChangelogsStream
from tap_jira.streams.issues.comments import CommentsStream
from tap_jira.streams.issues.deleted import DeletedIssuesStream
from tap_jira.streams.issues.issues import IssuesStream
from tap_jira.streams.issues.resource import IssueResource, IssueResourceStream
from tap_jira.streams.issues.worklogs import DeletedWorklogsStream, WorklogsStream
from tap_jira.streams.projects import ProjectsStream
from tap_jira.streams.reading import Resources
from tap_jira.streams.users import UsersStream

if t.TYPE_CHECKING:
    from collections.abc import Collection

    from singer_sdk import Tap

    from tap_jira.run import Run
    from tap_jira.streams.base import JiraStream
    from tap_jira.streams.resource import Resource

STREAMS: tuple[type[JiraStream], ...] = (
    ProjectsStream,
    DeletedIssuesStream,
    IssuesStream,
    WorklogsStream,
    DeletedWorklogsStream,
    UsersStream,
    FieldsStream,
    CommentsStream,
    ChangelogsStream,
)
"""The core streams."""
FURTHER: tuple[type[JiraStream], ...] = (AuditRecordsStream,)
"""Other streams with a mechanism of their own."""

AREAS: dict[str, tuple[Resource, ...]] = {
    "Issue details": further.RESOURCES,
    "Projects": (*project_parts.RESOURCES, *project_schemes.RESOURCES),
    "Issue metadata": metadata.RESOURCES,
    "Schemes": schemes.RESOURCES,
    "Agile": agile.RESOURCES,
    "People": people.RESOURCES,
    "Shared": shared.RESOURCES,
    "Administration": administration.RESOURCES,
    "Service management": (*service.RESOURCES, *requests.RESOURCES),
}
"""The streams that are declared, by what they are about."""
DECLARED = frozenset(each.name for declarations in AREAS.values() for each in declarations)
"""Their names."""


def discover(
    tap: Tap, run: Run, there: Collection[str] = (), *, ask: bool = True
) -> list[JiraStream]:
    """Every stream that this Jira has, described for it.

    Whether it has the apps that some belong to takes a request each. Those named ``there`` are
    taken to be there; without ``ask`` others are taken not to be.

    Raises:
        ConfigurationError: `full_table_interval_hours` names what is none of those it is for.
    """
    _check_intervals(run.connection.settings.full_table_interval_hours)
    declared: list[DeclaredStream] = []
    resources = Resources(
        run.connection, lambda: [each.resource for each in declared if each.takes_part]
    )
    site = run.connection.site
    of_issues: list[JiraStream] = []
    for area, declarations in AREAS.items():
        for each in declarations:
            app = each.app
            if not each.read_on(site):
                continue
            if app and each.name not in there and not (ask and run.connection.has(app)):
                continue
            if isinstance(each, IssueResource):
                of_issues.append(IssueResourceStream(tap, run, each, area))
            else:
                declared.append(DeclaredStream(tap, run, each, resources, area))
    return [*(stream(tap, run) for stream in (*STREAMS, *FURTHER)), *of_issues, *declared]


def _check_intervals(given: float | t.Mapping[str, float]) -> None:
    names = [*DECLARED, DeletedIssuesStream.name]
    for name in given if isinstance(given, t.Mapping) else ():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            msg = (
                f"full_table_interval_hours names {name}, which is none of the streams that it "
                f"can be set for.{hint}"
            )
            raise ConfigurationError(msg)
