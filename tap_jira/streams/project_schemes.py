"""Which scheme of each kind a project has, put together from seven resources."""

from __future__ import annotations

import typing as t

from tap_jira.jira.permissions import ADMINISTER
from tap_jira.records import columns
from tap_jira.streams.resource import (
    Joined,
    Parents,
    Read,
    Resource,
    Select,
    of_projects,
    offset,
    projects,
)
from tap_jira.streams.schemes import ISSUE_TYPE_SCHEMES, PRIORITY_SCHEMES

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_jira.streams.resource import Row

AT_ONCE = 50
"""Projects to ask for in one request: their schemes fit on a page."""


CHUNKS = Parents("projects", projects, {"projectIds": "projectId"}, many=False, at_once=AT_ONCE)
_CHUNK = {"projectId": "{projectIds}", "maxResults": AT_ONCE}


def _one(path: str, member: str) -> Resource:
    """The project's own scheme; 404 where it has none."""
    way = Read(path, lambda payload: [{member: payload["id"]}], parents=of_projects())
    return Resource(path, "", (), way, way)


def _pairs(member: str, scheme: str) -> Select:
    """``{"values": [{"projectId": …, scheme: …}, …]}``."""
    return lambda page: [
        {"projectId": row["projectId"], member: row.get(scheme)} for row in page["values"]
    ]


def _all_pairs(path: str, member: str) -> Resource:
    """Which project has which scheme, for all of them."""
    paging = offset(100, identity="projectId")
    return Resource(path, "", (), Read(path, _pairs(member, member), paging))


def _by_scheme(path: str, member: str, scheme: str) -> Resource:
    """``{"values": [{scheme: {"id": …}, "projectIds": […]}, …]}``, for some projects at a time."""

    def rows(page: t.Any) -> Iterable[Row]:
        for row in page["values"]:
            # The default scheme has no id.
            for id_ in row["projectIds"]:
                yield {"projectId": id_, member: row[scheme].get("id")}

    return Resource(path, "", (), Read(path, rows, params=_CHUNK, parents=CHUNKS, absent=()))


FIELD_SCHEMES_OF_PROJECTS = Resource(
    "field schemes of projects",
    "",
    (),
    Read(
        "config/fieldschemes/projects",
        _pairs("fieldSchemeId", "schemeId"),
        params=_CHUNK,
        parents=CHUNKS,
    ),
)
PRIORITY_SCHEMES_OF_PROJECTS = Resource(
    "priority schemes of projects",
    "",
    (),
    Read(
        "priorityscheme/{prioritySchemeId}/projects",
        lambda page: [{"projectId": row["id"]} for row in page["values"]],
        offset(),
        parents=Parents("priority schemes", PRIORITY_SCHEMES, {"prioritySchemeId": "id"}),
    ),
    Read(
        "project/{projectId}/priorityscheme",
        lambda payload: [{"prioritySchemeId": payload["id"]}],
        parents=of_projects(),
    ),
)
ISSUE_TYPE_SCHEMES_OF_PROJECTS = Resource(
    "issue type schemes of projects",
    "",
    (),
    data_center=Read(
        "issuetypescheme/{issueTypeSchemeId}/associations",
        lambda rows: [{"projectId": row["id"]} for row in rows],
        parents=Parents("issue type schemes", ISSUE_TYPE_SCHEMES, {"issueTypeSchemeId": "id"}),
    ),
)

PROJECT_SCHEMES = Resource(
    "project_schemes",
    "Which scheme of each kind a project has; null where it has none.",
    key=("project_id",),
    columns=columns.text(
        "project_id",
        "permission_scheme_id",
        "notification_scheme_id",
        "issue_security_scheme_id",
        "workflow_scheme_id",
        "issue_type_scheme_id",
        "issue_type_screen_scheme_id",
        "field_scheme_id",
        "priority_scheme_id",
    ),
    data_center_columns=columns.text(
        "project_id",
        "permission_scheme_id",
        "notification_scheme_id",
        "issue_security_scheme_id",
        "workflow_scheme_id",
        "issue_type_scheme_id",
        "priority_scheme_id",
    ),
    cloud=Joined(
        projects,
        (
            _one("project/{projectId}/permissionscheme", "permissionSchemeId"),
            _all_pairs("notificationscheme/project", "notificationSchemeId"),
            _all_pairs("issuesecurityschemes/project", "issueSecuritySchemeId"),
            _by_scheme("workflowscheme/project", "workflowSchemeId", "workflowScheme"),
            _by_scheme("issuetypescheme/project", "issueTypeSchemeId", "issueTypeScheme"),
            _by_scheme(
                "issuetypescreenscheme/project", "issueTypeScreenSchemeId", "issueTypeScreenScheme"
            ),
            FIELD_SCHEMES_OF_PROJECTS,
            PRIORITY_SCHEMES_OF_PROJECTS,
        ),
        on="projectId",
    ),
    data_center=Joined(
        projects,
        (
            _one("project/{projectId}/permissionscheme", "permissionSchemeId"),
            _one("project/{projectId}/notificationscheme", "notificationSchemeId"),
            _one("project/{projectId}/issuesecuritylevelscheme", "issueSecuritySchemeId"),
            _one("project/{projectId}/workflowscheme", "workflowSchemeId"),
            ISSUE_TYPE_SCHEMES_OF_PROJECTS,
            PRIORITY_SCHEMES_OF_PROJECTS,
        ),
        on="projectId",
    ),
    permission=ADMINISTER,
    scope="manage:jira-configuration",
)

RESOURCES = (PROJECT_SCHEMES,)
