"""What projects are made of: components, versions, roles, statuses, schemes."""

from __future__ import annotations

import typing as t

from tap_jira.jira.permissions import ADMINISTER, ADMINISTER_PROJECTS, ANYONE
from tap_jira.records import columns, schema
from tap_jira.records.schema import column
from tap_jira.streams.resource import (
    Parents,
    Read,
    Resource,
    array,
    each,
    inside,
    of_projects,
    offset,
    single,
    values,
)

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_jira.streams.resource import Row

PROJECTS = of_projects()

PROJECT_TYPES = Resource(
    "project_types",
    "Types of projects.",
    key=("key",),
    columns=columns.text("key", "formatted_key", "description_i18n_key", "icon", "color"),
    cloud=Read("project/type"),
    data_center=Read("project/type"),
    permission=ANYONE,
)

PROJECT_CATEGORIES = Resource(
    "project_categories",
    "Categories of projects.",
    columns=columns.text("id", "name", "description", "self"),
    cloud=Read("projectCategory"),
    data_center=Read("projectCategory"),
    permission=ANYONE,
)


def _component(*, is_cloud: bool) -> columns.Columns:
    return (
        *columns.text("id", "name", "description", "project", "project_id", "self"),
        *columns.text("assignee_type", "real_assignee_type"),
        *columns.person("lead", "assignee", "real_assignee", is_cloud=is_cloud),
        *columns.flag("is_assignee_type_valid"),
        *(columns.whole("issue_count") if is_cloud else columns.flag("archived", "deleted")),
        *(() if is_cloud else columns.text("lead_user_name")),
    )


COMPONENTS = Resource(
    "components",
    "Components of projects.",
    columns=_component(is_cloud=True),
    data_center_columns=_component(is_cloud=False),
    cloud=Read("project/{projectId}/component", values, offset(), parents=PROJECTS),
    data_center=Read("component/page", values, offset(100), project="project"),
)

_VERSION = (
    *columns.text("id", "name", "description", "project", "project_id", "self"),
    *columns.day("start_date", "release_date"),
    *columns.flag("released", "archived", "overdue"),
)
VERSIONS = Resource(
    "versions",
    "Versions of projects.",
    columns=(
        *_VERSION,
        *columns.text("driver"),
        *columns.objects("approvers"),
        *columns.object_("issues_status_for_fix_version"),
    ),
    data_center_columns=_VERSION,
    cloud=Read(
        "project/{projectId}/version",
        values,
        offset(),
        {"expand": "issuesstatus,driver,approvers"},
        PROJECTS,
    ),
    data_center=Read("version", values, offset(100), project="projectId"),
)

PROJECT_ROLES = Resource(
    "project_roles",
    "Roles that projects have, with those who have them by default.",
    columns=(
        *columns.text("id", "name", "description", "translated_name", "self"),
        *columns.flag("admin", "default", "role_configurable", "current_user_role"),
        *columns.objects("actors"),
        columns.SCOPE,
    ),
    data_center_columns=(
        *columns.text("id", "name", "description", "self"),
        *columns.objects("actors"),
    ),
    cloud=Read("role"),
    data_center=Read("role"),
    permission=ADMINISTER,
    scope="manage:jira-configuration",
)


def _roles(payload: t.Any) -> Iterable[Row]:
    """``{"Developers": "https://…/project/10000/role/10001"}``: the id ends the address."""
    return [{"roleId": url.rstrip("/").rpartition("/")[2]} for url in payload.values()]


_ROLE_IDS = Read("project/{projectId}/role", _roles, parents=PROJECTS)
ROLES_OF_PROJECTS = Resource("roles of projects", "", (), _ROLE_IDS, _ROLE_IDS)
_ACTORS = Read(
    "project/{projectId}/role/{roleId}",
    inside("actors"),
    parents=Parents(
        "roles of projects", ROLES_OF_PROJECTS, {"projectId": "projectId", "roleId": "roleId"}
    ),
)
PROJECT_ROLE_ACTORS = Resource(
    "project_role_actors",
    "Users and groups in the roles of each project.",
    key=("project_id", "role_id", "actor_id"),
    columns=(
        *columns.text("project_id", "role_id"),
        column("actor_id", schema.TEXT, "id"),
        *columns.text("name", "display_name", "type", "avatar_url"),
        *columns.object_("actor_user", "actor_group"),
    ),
    cloud=_ACTORS,
    data_center=_ACTORS,
    permission=ADMINISTER_PROJECTS,
)

_STATUSES = Read(
    "project/{projectId}/statuses",
    each(array, "statuses", issueTypeId="id", issueTypeName="name", subtask="subtask"),
    parents=PROJECTS,
)
PROJECT_STATUSES = Resource(
    "project_statuses",
    "The statuses that issues of each type can have in each project.",
    key=("project_id", "issue_type_id", "status_id"),
    columns=(
        *columns.text("project_id", "issue_type_id"),
        column("status_id", schema.TEXT, "id"),
        *columns.text("issue_type_name", "name", "description", "icon_url", "self"),
        column("status_category", schema.STATUS_CATEGORY),
        *columns.flag("subtask"),
        columns.SCOPE,
    ),
    cloud=_STATUSES,
    data_center=_STATUSES,
)

PROJECT_FEATURES = Resource(
    "project_features",
    "Features of projects, on or off.",
    key=("project_id", "feature"),
    columns=(
        *columns.text("project_id", "feature", "state", "localised_name"),
        *columns.text("localised_description", "image_uri"),
        *columns.flag("toggle_locked"),
        *columns.texts("prerequisites"),
    ),
    cloud=Read("project/{projectId}/features", inside("features"), parents=PROJECTS),
    permission=ADMINISTER_PROJECTS,
)

_PROPERTY_KEYS = Read("project/{projectId}/properties", inside("keys"), parents=PROJECTS)
PROPERTIES_OF_PROJECTS = Resource("properties of projects", "", (), _PROPERTY_KEYS, _PROPERTY_KEYS)
_PROPERTIES = Read(
    "project/{projectId}/properties/{propertyKey}",
    single,
    parents=Parents(
        "properties of projects",
        PROPERTIES_OF_PROJECTS,
        {"projectId": "projectId", "propertyKey": "key"},
    ),
)
PROJECT_PROPERTIES = Resource(
    "project_properties",
    "What apps keep with projects.",
    key=("project_id", "key"),
    columns=(*columns.text("project_id", "key"), *columns.object_("value")),
    cloud=_PROPERTIES,
    data_center=_PROPERTIES,
    selected=False,
)

PROJECT_EMAILS = Resource(
    "project_emails",
    "The address that each project sends mail from.",
    key=("project_id",),
    columns=(
        *columns.text("project_id", "email_address"),
        *columns.texts("email_address_status"),
    ),
    cloud=Read("project/{projectId}/email", single, parents=PROJECTS),
    scope="manage:jira-project",
    selected=False,
)

_AVATARS = Read(
    "project/{projectId}/avatars",
    lambda payload: [*payload["system"], *payload["custom"]],
    parents=PROJECTS,
)
PROJECT_AVATARS = Resource(
    "project_avatars",
    "Avatars that each project can have.",
    key=("project_id", "id"),
    columns=(
        *columns.text("project_id", "id", "owner", "file_name"),
        *columns.flag("is_system_avatar", "is_selected", "is_deletable"),
        *columns.object_("urls"),
    ),
    data_center_columns=(*columns.text("project_id", "id", "owner"), *columns.flag("selected")),
    cloud=_AVATARS,
    data_center=_AVATARS,
    selected=False,
)

RESOURCES = (
    PROJECT_TYPES,
    PROJECT_CATEGORIES,
    COMPONENTS,
    VERSIONS,
    PROJECT_ROLES,
    PROJECT_ROLE_ACTORS,
    PROJECT_STATUSES,
    PROJECT_FEATURES,
    PROJECT_PROPERTIES,
    PROJECT_EMAILS,
    PROJECT_AVATARS,
)
