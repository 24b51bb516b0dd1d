"""What issues are described by: types, statuses, priorities, fields, security."""

from __future__ import annotations

import typing as t

from tap_jira.jira.permissions import ADMINISTER, ANYONE
from tap_jira.records import columns, schema
from tap_jira.records.schema import column
from tap_jira.streams.resource import (
    NOT_SUPPORTED,
    Parents,
    Read,
    Resource,
    inside,
    members,
    numbered,
    offset,
    select_fields,
    values,
)

if t.TYPE_CHECKING:
    from tap_jira.streams.resource import Row

CONFIGURATION = "manage:jira-configuration"

_TYPE = columns.text("id", "name", "description", "icon_url", "avatar_id", "self")
ISSUE_TYPES = Resource(
    "issue_types",
    "Types of issues; team-managed projects have their own, often of the same name.",
    columns=(
        *_TYPE,
        *columns.text("entity_id", "untranslated_name"),
        *columns.flag("subtask"),
        *columns.whole("hierarchy_level"),
        columns.SCOPE,
    ),
    data_center_columns=(*_TYPE, *columns.flag("subtask")),
    cloud=Read("issuetype"),
    data_center=Read("issuetype"),
    permission=ANYONE,
)

ISSUE_LINK_TYPES = Resource(
    "issue_link_types",
    "Types of links between issues.",
    columns=columns.text("id", "name", "inward", "outward", "self"),
    cloud=Read("issueLinkType", inside("issueLinkTypes")),
    data_center=Read("issueLinkType", inside("issueLinkTypes")),
)

CATEGORY_KEYS = {"TODO": "new", "IN_PROGRESS": "indeterminate", "DONE": "done"}


def _as_in_status(row: Row) -> Row:
    """A status of `statuses/search`, where a category is a word, as `status` has it."""
    category = row.get("statusCategory")
    return {**row, "statusCategory": {"key": CATEGORY_KEYS.get(str(category), category)}}


UNUSED_STATUSES = Resource(
    "statuses that no workflow has",
    "",
    (),
    cloud=Read("statuses/search", values, offset(200)),
    row=_as_in_status,
    permission=ADMINISTER,
)
STATUSES = Resource(
    "statuses",
    "Statuses; on Cloud those that no workflow has as well, for administrators.",
    columns=(
        *columns.text("id", "name", "description", "icon_url", "self"),
        column("status_category", schema.STATUS_CATEGORY),
        columns.SCOPE,
    ),
    data_center_columns=(
        *columns.text("id", "name", "description", "icon_url", "status_color", "self"),
        column("status_category", schema.STATUS_CATEGORY),
    ),
    cloud=Read("status"),
    data_center=Read("status"),
    more=UNUSED_STATUSES,
    permission=ANYONE,
)

STATUS_CATEGORIES = Resource(
    "status_categories",
    "Categories of statuses.",
    columns=columns.text("id", "key", "name", "color_name", "self"),
    cloud=Read("statuscategory"),
    data_center=Read("statuscategory"),
    permission=ANYONE,
)

_PRIORITY = columns.text("id", "name", "description", "icon_url", "status_color", "self")
PRIORITIES = Resource(
    "priorities",
    "Priorities.",
    columns=(*_PRIORITY, *columns.text("avatar_id"), *columns.flag("is_default")),
    data_center_columns=_PRIORITY,
    cloud=Read("priority/search", values, offset()),
    data_center=Read("priority"),
    permission=ANYONE,
)

_RESOLUTION = columns.text("id", "name", "description", "icon_url", "self")
RESOLUTIONS = Resource(
    "resolutions",
    "Resolutions.",
    columns=(*_RESOLUTION, *columns.flag("default", "is_default")),
    data_center_columns=_RESOLUTION,
    cloud=Read("resolution/search", values, offset()),
    data_center=Read("resolution"),
    permission=ANYONE,
)

LABELS = Resource(
    "labels",
    "Labels in use.",
    key=("label",),
    columns=columns.text("label"),
    cloud=Read("label", lambda page: [{"label": each} for each in page["values"]], offset(1000)),
)

TRASHED_FIELDS = Resource(
    "trashed_fields",
    "Custom fields in the trash.",
    columns=(
        *columns.text("id", "key", "name", "description", "searcher_key", "stable_id"),
        *columns.text("type_display_name"),
        *columns.whole("contexts_count", "screens_count", "projects_count"),
        *columns.flag("is_locked", "is_unscreenable"),
        *columns.object_("last_used"),
        *columns.instant("planned_deletion_date", "trashed_date"),
        *columns.person("trashed_by", is_cloud=True),
        column("schema", schema.object_of(type=schema.TEXT, custom=schema.TEXT)),
    ),
    cloud=Read("field/search/trashed", values, offset()),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

CUSTOM_FIELDS = Parents(
    "custom fields",
    lambda connection: [each for each in connection.fields if each.get("custom")],
    {"fieldId": "id"},
)
FIELD_CONTEXTS = Resource(
    "field_contexts",
    "Contexts of custom fields: for which projects and types they have which options.",
    key=("field_id", "id"),
    columns=(
        *columns.text("field_id", "id", "name", "description"),
        *columns.flag("is_global_context", "is_any_issue_type"),
    ),
    cloud=Read(
        "field/{fieldId}/context",
        values,
        offset(),
        parents=CUSTOM_FIELDS,
        absent=NOT_SUPPORTED,
    ),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)


def _children(options: list[Row]) -> list[Row]:
    """Data Center's options know their children; a child is to know its parent."""
    parents = {str(id_): row.get("id") for row in options for id_ in row.get("childrenIds") or ()}
    return [{**row, "optionId": parents.get(str(row.get("id")))} for row in options]


FIELD_OPTIONS = Resource(
    "field_options",
    "Options of select lists; `parent_option_id` is the first level of a cascading one.",
    columns=(
        *columns.text("id", "field_id", "context_id", "value"),
        column("parent_option_id", schema.TEXT, "optionId"),
        *columns.flag("disabled"),
    ),
    data_center_columns=(
        *columns.text("id", "field_id", "value"),
        column("parent_option_id", schema.TEXT, "optionId"),
        *columns.flag("disabled"),
        *columns.texts("children_ids"),
        *columns.text("self"),
    ),
    cloud=Read(
        "field/{fieldId}/context/{contextId}/option",
        values,
        offset(100),
        parents=Parents(
            "contexts of select lists",
            FIELD_CONTEXTS,
            {"fieldId": "fieldId", "contextId": "id"},
            only_of=select_fields,
        ),
        absent=NOT_SUPPORTED,
    ),
    data_center=Read(
        "customFields/{fieldNumber}/options",
        inside("options"),
        numbered(1000, "options"),
        parents=Parents(
            "select lists",
            lambda connection: [
                {"id": id_, "number": id_.rpartition("_")[2]} for id_ in select_fields(connection)
            ],
            {"fieldId": "id", "fieldNumber": "number"},
        ),
        absent=NOT_SUPPORTED,
        complete=_children,
    ),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

_SECURITY_SCHEMES = Read("issuesecurityschemes", inside("issueSecuritySchemes"))
ISSUE_SECURITY_SCHEMES = Resource(
    "issue_security_schemes",
    "Schemes of security levels.",
    columns=columns.text("id", "name", "description", "default_security_level_id", "self"),
    cloud=_SECURITY_SCHEMES,
    data_center=_SECURITY_SCHEMES,
    permission=ADMINISTER,
    scope="manage:jira-project",
)

_LEVEL = columns.text("id", "name", "description", "issue_security_scheme_id", "self")
SECURITY_LEVELS = Resource(
    "security_levels",
    "Security levels of issues.",
    columns=(*_LEVEL, *columns.flag("is_default")),
    data_center_columns=_LEVEL,
    cloud=Read("issuesecurityschemes/level", values, offset()),
    data_center=Read(
        "issuesecurityschemes/{issueSecuritySchemeId}",
        inside("levels"),
        parents=Parents(
            "security schemes", ISSUE_SECURITY_SCHEMES, {"issueSecuritySchemeId": "id"}
        ),
    ),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

SECURITY_LEVEL_MEMBERS = Resource(
    "security_level_members",
    "Who may see issues of a security level.",
    columns=(
        *columns.text("id", "issue_security_level_id", "issue_security_scheme_id"),
        column("holder", schema.object_of(type=schema.TEXT, value=schema.TEXT)),
        *columns.flag("managed"),
    ),
    cloud=Read("issuesecurityschemes/level/member", values, offset()),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

PERMISSIONS = Resource(
    "permissions",
    "Permissions that Jira and its apps know.",
    key=("key",),
    columns=columns.text("key", "id", "name", "type", "description"),
    cloud=Read("permissions", members("permissions")),
    data_center=Read("permissions", members("permissions")),
    permission=ANYONE,
    data_center_permission=ADMINISTER,
    scope=CONFIGURATION,
)

ISSUE_EVENTS = Resource(
    "issue_events",
    "Events that notifications are sent for.",
    columns=columns.text("id", "name"),
    cloud=Read("events"),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

RESOURCES = (
    ISSUE_TYPES,
    ISSUE_LINK_TYPES,
    STATUSES,
    STATUS_CATEGORIES,
    PRIORITIES,
    RESOLUTIONS,
    LABELS,
    TRASHED_FIELDS,
    FIELD_CONTEXTS,
    FIELD_OPTIONS,
    ISSUE_SECURITY_SCHEMES,
    SECURITY_LEVELS,
    SECURITY_LEVEL_MEMBERS,
    PERMISSIONS,
    ISSUE_EVENTS,
)
