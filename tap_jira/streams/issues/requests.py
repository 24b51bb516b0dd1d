"""What customers ask for: the requests behind the issues of service desks, and what became of them.

Most of it is in fields of the issues already (the SLAs, the request type, the satisfaction); these
streams cost a request for each changed issue of a service desk.
"""

from __future__ import annotations

import typing as t

from tap_jira.jira.apps import SERVICE_MANAGEMENT
from tap_jira.jira.desk_pages import DeskHistoryPaginator
from tap_jira.jira.permissions import AGENT
from tap_jira.records import columns, schema
from tap_jira.records.schema import column
from tap_jira.streams.issues.resource import IssueResource
from tap_jira.streams.resource import DESK_API, NOT_SUPPORTED, Read, desk, single, values
from tap_jira.streams.service import REQUEST_SCOPE

if t.TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE_DESK = "service_desk"


def _is_of_a_desk(fields: Mapping[str, t.Any]) -> bool:
    """Whether the issue's project is a service desk, or does not say what it is."""
    project = fields.get("project")
    kind = project.get("projectTypeKey") if isinstance(project, dict) else None
    return kind in {None, SERVICE_DESK}


_OF_DESKS: dict[str, t.Any] = {
    "fields": ("project",),
    "concerns": _is_of_a_desk,
    "permission": AGENT,
    "scope": REQUEST_SCOPE,
    "app": SERVICE_MANAGEMENT,
}
_ISSUE = columns.text("issue_id", "issue_key")
_PATH = f"{DESK_API}request/{{issueId}}"

_REQUEST = Read(_PATH, single, params={"expand": "participant,sla,status,requestType"})
REQUESTS = IssueResource(
    "requests",
    "Customers' requests, with who takes part, the clocks of their SLAs, and the statuses that the "
    "customer saw.",
    key=("issue_id",),
    columns=(
        *_ISSUE,
        *columns.text("summary", "request_type_id", "service_desk_id"),
        *columns.instant("created_date"),
        *columns.object_("reporter", "request_type", "current_status"),
        *columns.objects("request_field_values", "participants", "sla", "status"),
    ),
    cloud=_REQUEST,
    data_center=_REQUEST,
    inner={
        "participants": Read(f"{_PATH}/participant", values, desk(("accountId", "key"))),
        "sla": Read(f"{_PATH}/sla", values, desk()),
        "status": Read(f"{_PATH}/status", values, DeskHistoryPaginator),
    },
    **_OF_DESKS,
)

_APPROVAL = Read(f"{_PATH}/approval", values, desk())
REQUEST_APPROVALS = IssueResource(
    "request_approvals",
    "Approvals that requests wait for, or have got.",
    key=("issue_id", "id"),
    columns=(
        *_ISSUE,
        *columns.text("id", "name", "final_decision"),
        *columns.flag("can_answer_approval"),
        *columns.objects("approvers"),
        *columns.instant("created_date", "completed_date"),
    ),
    cloud=_APPROVAL,
    data_center=_APPROVAL,
    **_OF_DESKS,
)

_FEEDBACK = Read(f"{_PATH}/feedback", single, absent=NOT_SUPPORTED)
REQUEST_FEEDBACK = IssueResource(
    "request_feedback",
    "How customers say they were served.",
    key=("issue_id",),
    columns=(
        *_ISSUE,
        *columns.text("type"),
        *columns.whole("rating"),
        column("comment", schema.object_of(body=schema.TEXT)),
    ),
    cloud=_FEEDBACK,
    data_center=_FEEDBACK,
    **_OF_DESKS,
)

RESOURCES = (REQUESTS, REQUEST_APPROVALS, REQUEST_FEEDBACK)
