"""The schemes that administrators configure projects by, screens and workflows."""

from __future__ import annotations

from tap_jira.jira.permissions import ADMINISTER, ADMINISTER_PROJECTS, ANYONE
from tap_jira.records import columns, schema
from tap_jira.records.schema import column
from tap_jira.streams.metadata import CONFIGURATION
from tap_jira.streams.resource import NOT_SUPPORTED, Parents, Read, Resource, inside, offset, values

SCREENS_SCOPE = "manage:jira-project"
AT_ONCE = 100
"""Screens whose tabs to ask for in one request."""

_SCHEME = columns.text("id", "name", "description")

FIELD_SCHEMES = Resource(
    "field_schemes",
    "Schemes that say which fields projects have.",
    columns=(
        *_SCHEME,
        *columns.flag("is_default"),
        *columns.whole("fields_count"),
        *columns.object_("links"),
    ),
    cloud=Read("config/fieldschemes", values, offset(100)),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

PRIORITY_SCHEMES = Resource(
    "priority_schemes",
    "Schemes of priorities.",
    columns=(
        *_SCHEME,
        *columns.text("default_priority_id", "self"),
        *columns.flag("is_default"),
        *columns.object_("priorities"),
    ),
    data_center_columns=(
        *_SCHEME,
        *columns.text("default_option_id", "self"),
        *columns.flag("default_scheme"),
        *columns.texts("option_ids", "project_keys"),
    ),
    cloud=Read("priorityscheme", values, offset(), {"expand": "priorities"}),
    data_center=Read(
        "priorityschemes",
        inside("schemes"),
        offset(1000, rows="schemes"),
        {"expand": "schemes.projectKeys"},
    ),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

_GRANTS = Read("permissionscheme", inside("permissionSchemes"), params={"expand": "all"})
PERMISSION_SCHEMES = Resource(
    "permission_schemes",
    "Schemes of permissions, with their grants.",
    columns=(
        *_SCHEME,
        *columns.text("self"),
        *columns.objects("permissions"),
        columns.SCOPE,
    ),
    data_center_columns=(*_SCHEME, *columns.text("self"), *columns.objects("permissions")),
    cloud=_GRANTS,
    data_center=_GRANTS,
    permission=ANYONE,
)

_NOTIFICATIONS = Read("notificationscheme", values, offset(), {"expand": "all"})
NOTIFICATION_SCHEMES = Resource(
    "notification_schemes",
    "Schemes of notifications, with who gets which.",
    columns=(
        *_SCHEME,
        *columns.text("self"),
        *columns.objects("notification_scheme_events"),
        *columns.texts("projects"),
        columns.SCOPE,
    ),
    data_center_columns=(
        *_SCHEME,
        *columns.text("self"),
        *columns.objects("notification_scheme_events"),
    ),
    cloud=_NOTIFICATIONS,
    data_center=_NOTIFICATIONS,
    permission=ADMINISTER_PROJECTS,
    scope=CONFIGURATION,
)

ISSUE_TYPE_SCHEMES = Resource(
    "issue_type_schemes",
    "Schemes of issue types.",
    columns=(*_SCHEME, *columns.text("default_issue_type_id"), *columns.flag("is_default")),
    data_center_columns=(
        *_SCHEME,
        *columns.text("self"),
        column("default_issue_type", schema.NAMED),
        column("issue_types", schema.array_of(schema.NAMED)),
    ),
    cloud=Read("issuetypescheme", values, offset()),
    data_center=Read("issuetypescheme", inside("schemes")),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)
ISSUE_TYPE_SCHEME_ITEMS = Resource(
    "issue_type_scheme_items",
    "The issue types in each scheme.",
    key=("issue_type_scheme_id", "issue_type_id"),
    columns=columns.text("issue_type_scheme_id", "issue_type_id"),
    data_center_columns=(
        *columns.text("issue_type_scheme_id"),
        column("issue_type_id", schema.TEXT, "id"),
    ),
    cloud=Read(
        "issuetypescheme/mapping", values, offset(identity=("issueTypeSchemeId", "issueTypeId"))
    ),
    data_center=Read(
        "issuetypescheme/{issueTypeSchemeId}",
        inside("issueTypes"),
        parents=Parents("issue type schemes", ISSUE_TYPE_SCHEMES, {"issueTypeSchemeId": "id"}),
    ),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

ISSUE_TYPE_SCREEN_SCHEMES = Resource(
    "issue_type_screen_schemes",
    "Schemes of screens by issue type.",
    columns=_SCHEME,
    cloud=Read("issuetypescreenscheme", values, offset()),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)
ISSUE_TYPE_SCREEN_SCHEME_ITEMS = Resource(
    "issue_type_screen_scheme_items",
    "The screen scheme of each issue type in each of those schemes.",
    key=("issue_type_screen_scheme_id", "issue_type_id"),
    columns=columns.text("issue_type_screen_scheme_id", "issue_type_id", "screen_scheme_id"),
    cloud=Read(
        "issuetypescreenscheme/mapping",
        values,
        offset(identity=("issueTypeScreenSchemeId", "issueTypeId")),
    ),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

SCREENS = Resource(
    "screens",
    "Screens.",
    columns=(*_SCHEME, columns.SCOPE),
    data_center_columns=_SCHEME,
    cloud=Read("screens", values, offset(100)),
    data_center=Read("screens", paging=offset(100)),
    permission=ADMINISTER,
    scope=SCREENS_SCOPE,
)
OF_SCREENS = Parents("screens", SCREENS, {"screenId": "id"})

SCREEN_TABS = Resource(
    "screen_tabs",
    "Tabs of screens.",
    key=("screen_id", "id"),
    columns=(
        *columns.text("screen_id"),
        column("id", schema.TEXT, "tabId"),
        column("name", schema.TEXT, "tabName"),
    ),
    data_center_columns=columns.text("screen_id", "id", "name"),
    cloud=Read(
        "screens/tabs",
        values,
        offset(100, identity=("screenId", "tabId"), size="maxResult"),
        {"screenId": "{screenIds}"},
        Parents("screens", SCREENS, {"screenIds": "id"}, at_once=AT_ONCE, many=False),
        absent=(),
    ),
    data_center=Read("screens/{screenId}/tabs", parents=OF_SCREENS, absent=NOT_SUPPORTED),
    permission=ADMINISTER,
    scope=SCREENS_SCOPE,
)


def _fields_of(tab: str) -> Read:
    """The fields of each tab; ``tab`` is the member of a tab's row that has its id."""
    parents = Parents("tabs", SCREEN_TABS, {"screenId": "screenId", "tabId": tab})
    return Read("screens/{screenId}/tabs/{tabId}/fields", parents=parents, absent=NOT_SUPPORTED)


SCREEN_TAB_FIELDS = Resource(
    "screen_tab_fields",
    "Fields on the tabs of screens.",
    key=("screen_id", "tab_id", "id"),
    columns=columns.text("screen_id", "tab_id", "id", "name"),
    data_center_columns=(
        *columns.text("screen_id", "tab_id", "id", "name", "type"),
        *columns.flag("show_when_empty"),
    ),
    cloud=_fields_of("tabId"),
    data_center=_fields_of("id"),
    permission=ADMINISTER,
    scope=SCREENS_SCOPE,
    selected=False,
)

SCREEN_SCHEMES = Resource(
    "screen_schemes",
    "Schemes of screens by what is done with an issue.",
    columns=(*_SCHEME, *columns.object_("screens", "issue_type_screen_schemes")),
    cloud=Read("screenscheme", values, offset(100), {"expand": "issueTypeScreenSchemes"}),
    permission=ADMINISTER,
    scope=SCREENS_SCOPE,
)

WORKFLOWS = Resource(
    "workflows",
    "Workflows, on Cloud with their statuses and transitions.",
    data_center_key=("name",),
    columns=(
        *_SCHEME,
        *columns.text("task_id"),
        *columns.flag("is_editable"),
        *columns.instant("created", "updated"),
        *columns.objects("statuses", "transitions"),
        *columns.object_("version", "start_point_layout", "looped_transition_container_layout"),
        columns.SCOPE,
    ),
    data_center_columns=(
        *columns.text("name", "description", "last_modified_date", "last_modified_user"),
        *columns.whole("steps"),
        *columns.flag("default"),
    ),
    cloud=Read("workflows/search", values, offset(), {"expand": "values.transitions"}),
    data_center=Read("workflow"),
    permission=ADMINISTER_PROJECTS,
    scope=CONFIGURATION,
)

WORKFLOW_SCHEMES = Resource(
    "workflow_schemes",
    "Schemes of workflows by issue type.",
    columns=(
        *_SCHEME,
        *columns.text("default_workflow", "self"),
        *columns.flag("draft"),
        *columns.object_("issue_type_mappings"),
    ),
    cloud=Read("workflowscheme", values, offset()),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

RESOURCES = (
    FIELD_SCHEMES,
    PRIORITY_SCHEMES,
    PERMISSION_SCHEMES,
    NOTIFICATION_SCHEMES,
    ISSUE_TYPE_SCHEMES,
    ISSUE_TYPE_SCHEME_ITEMS,
    ISSUE_TYPE_SCREEN_SCHEMES,
    ISSUE_TYPE_SCREEN_SCHEME_ITEMS,
    SCREENS,
    SCREEN_TABS,
    SCREEN_TAB_FIELDS,
    SCREEN_SCHEMES,
    WORKFLOWS,
    WORKFLOW_SCHEMES,
)
