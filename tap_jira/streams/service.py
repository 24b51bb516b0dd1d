"""Jira Service Management: service desks, what can be requested there, and by whom."""

from __future__ import annotations

import dataclasses
import typing as t

from tap_jira.jira.apps import SERVICE_MANAGEMENT
from tap_jira.jira.permissions import AGENT
from tap_jira.records import columns, schema
from tap_jira.records.schema import column
from tap_jira.streams.resource import DESK_API, Parents, Read, Resource, desk, values

REQUEST_SCOPE = "read:servicedesk-request"
CUSTOMER_SCOPE = "manage:servicedesk-customer"
"""The only classic scope by which organizations and customers can be read."""
EXPERIMENT: t.Final = {"X-ExperimentalApi": "opt-in"}
"""What versions of Data Center before 9 want for organizations and customers; others ignore it."""
CUSTOMER_LISTS_PER_SECOND = 5
"""Atlassian's page on rate limits, for Cloud; Data Center publishes nothing that would differ."""

_DESKS = Read(f"{DESK_API}servicedesk", values, desk())
SERVICE_DESKS = Resource(
    "service_desks",
    "Service desks: the projects of that kind.",
    columns=columns.text("id", "project_id", "project_key", "project_name", "project_type_key"),
    data_center_columns=columns.text("id", "project_id", "project_key", "project_name"),
    cloud=_DESKS,
    data_center=_DESKS,
    permission=AGENT,
    scope=REQUEST_SCOPE,
    app=SERVICE_MANAGEMENT,
)
OF_DESKS = Parents("service desks", SERVICE_DESKS, {"serviceDeskId": "id"})


def _of_desk(path: str, **how: t.Any) -> Read:
    """A list of each service desk."""
    path = f"{DESK_API}servicedesk/{{serviceDeskId}}/{path}"
    return Read(path, values, how.pop("paging", desk()), parents=OF_DESKS, **how)


_REQUEST_TYPE = (
    *columns.text("service_desk_id", "id", "name", "description", "help_text", "issue_type_id"),
    *columns.text("portal_id"),
    *columns.texts("group_ids"),
    column("icon", schema.object_of(id=schema.TEXT)),
)
_REQUEST_TYPES = _of_desk("requesttype")
REQUEST_TYPES = Resource(
    "request_types",
    "What customers can ask for; a type in no group is hidden from the portal.",
    key=("service_desk_id", "id"),
    columns=(
        *_REQUEST_TYPE,
        *columns.text("practice", "restriction_status"),
        *columns.flag("can_create_request"),
    ),
    data_center_columns=_REQUEST_TYPE,
    cloud=_REQUEST_TYPES,
    data_center=_REQUEST_TYPES,
    permission=AGENT,
    scope=REQUEST_SCOPE,
    app=SERVICE_MANAGEMENT,
)

_QUEUES = _of_desk("queue", params={"includeCount": "true"})
QUEUES = Resource(
    "queues",
    "The agents' queues, and how many issues were in each.",
    key=("service_desk_id", "id"),
    columns=(
        *columns.text("service_desk_id", "id", "name", "jql"),
        *columns.texts("fields"),
        *columns.whole("issue_count"),
    ),
    cloud=_QUEUES,
    data_center=_QUEUES,
    permission=AGENT,
    app=SERVICE_MANAGEMENT,
)

_ORGANIZATIONS = Read(f"{DESK_API}organization", values, desk(), headers=EXPERIMENT)
ORGANIZATIONS = Resource(
    "organizations",
    "Organizations of customers.",
    columns=(
        *columns.text("id", "uuid", "name"),
        *columns.instant("created"),
        *columns.flag("scim_managed"),
    ),
    data_center_columns=columns.text("id", "name"),
    cloud=_ORGANIZATIONS,
    data_center=_ORGANIZATIONS,
    permission=AGENT,
    scope=CUSTOMER_SCOPE,
    app=SERVICE_MANAGEMENT,
)

_PERSON = (
    *columns.text("display_name", "email_address", "time_zone"),
    *columns.flag("active"),
)
_CLOUD_PERSON = (*columns.text("account_id"), *_PERSON)
_DATA_CENTER_PERSON = (column("user_key", schema.TEXT, "key"), *columns.text("name"), *_PERSON)
_MEMBERS = Read(
    f"{DESK_API}organization/{{organizationId}}/user",
    values,
    desk("accountId"),
    parents=Parents("organizations", ORGANIZATIONS, {"organizationId": "id"}),
    headers=EXPERIMENT,
)
ORGANIZATION_MEMBERS = Resource(
    "organization_members",
    "The customers in each organization.",
    key=("organization_id", "account_id"),
    data_center_key=("organization_id", "user_key"),
    columns=(*columns.text("organization_id"), *_CLOUD_PERSON),
    data_center_columns=(*columns.text("organization_id"), *_DATA_CENTER_PERSON),
    cloud=_MEMBERS,
    data_center=dataclasses.replace(_MEMBERS, paging=desk("key")),
    permission=AGENT,
    scope=CUSTOMER_SCOPE,
    app=SERVICE_MANAGEMENT,
)

_DESK_ORGANIZATIONS = _of_desk("organization", headers=EXPERIMENT)
SERVICE_DESK_ORGANIZATIONS = Resource(
    "service_desk_organizations",
    "Which organizations may use which service desk.",
    key=("service_desk_id", "organization_id"),
    columns=(*columns.text("service_desk_id"), column("organization_id", schema.TEXT, "id")),
    cloud=_DESK_ORGANIZATIONS,
    data_center=_DESK_ORGANIZATIONS,
    permission=AGENT,
    scope=CUSTOMER_SCOPE,
    app=SERVICE_MANAGEMENT,
)

_CUSTOMERS = _of_desk(
    "customer",
    paging=desk("accountId"),
    headers=EXPERIMENT,
    per_second=CUSTOMER_LISTS_PER_SECOND,
)
SERVICE_DESK_CUSTOMERS = Resource(
    "service_desk_customers",
    "The customers of each service desk. Jira gives few pages of them a second, whence it takes "
    "time where there are many.",
    key=("service_desk_id", "account_id"),
    data_center_key=("service_desk_id", "user_key"),
    columns=(*columns.text("service_desk_id"), *_CLOUD_PERSON),
    data_center_columns=(*columns.text("service_desk_id"), *_DATA_CENTER_PERSON),
    cloud=_CUSTOMERS,
    data_center=dataclasses.replace(_CUSTOMERS, paging=desk("key")),
    permission=AGENT,
    scope=CUSTOMER_SCOPE,
    selected=False,
    app=SERVICE_MANAGEMENT,
)

RESOURCES = (
    SERVICE_DESKS,
    REQUEST_TYPES,
    QUEUES,
    ORGANIZATIONS,
    ORGANIZATION_MEMBERS,
    SERVICE_DESK_ORGANIZATIONS,
    SERVICE_DESK_CUSTOMERS,
)
