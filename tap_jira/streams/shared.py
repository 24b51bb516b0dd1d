"""What users share with each other: filters and dashboards."""

from __future__ import annotations

from tap_jira.jira.permissions import ADMINISTER, ANYONE
from tap_jira.records import columns, schema
from tap_jira.records.schema import column
from tap_jira.streams.resource import Parents, Read, Resource, inside, offset, values

FILTER_DETAILS = (
    "description,favourite,favouritedCount,jql,owner,searchUrl,viewUrl,sharePermissions,"
    "editPermissions,isWritable,approximateLastUsed,subscriptions"
)
DASHBOARD_DETAILS = (
    "description,owner,viewUrl,favourite,favouritedCount,sharePermissions,editPermissions,"
    "isWritable"
)

_FILTER = (
    *columns.text("id", "name", "description", "jql", "view_url", "search_url", "self"),
    *columns.flag("favourite"),
)
_SEARCH = {"expand": FILTER_DETAILS, "orderBy": "id"}
ALL_FILTERS = Resource(
    "filters of everyone",
    "",
    (),
    Read("filter/search", values, offset(100), {**_SEARCH, "overrideSharePermissions": "true"}),
    permission=ADMINISTER,
    covers=True,
)
FILTERS = Resource(
    "filters",
    "Filters that are shared with the user; on Cloud, for administrators, all. Data Center lists "
    "the user's favourites only.",
    columns=(
        *_FILTER,
        *columns.person("owner", is_cloud=True),
        *columns.flag("is_writable"),
        *columns.whole("favourited_count"),
        *columns.instant("approximate_last_used"),
        *columns.objects("share_permissions", "edit_permissions", "subscriptions"),
    ),
    data_center_columns=(
        *_FILTER,
        *columns.person("owner", is_cloud=False),
        *columns.flag("editable"),
        *columns.objects("share_permissions"),
        *columns.object_("shared_users", "subscriptions"),
    ),
    cloud=Read("filter/search", values, offset(100), _SEARCH),
    data_center=Read(
        "filter/favourite",
        params={"expand": "description,jql,owner,sharePermissions,sharedUsers,subscriptions"},
    ),
    more=ALL_FILTERS,
    permission=ANYONE,
)

DASHBOARDS = Resource(
    "dashboards",
    "Dashboards that the user may see.",
    columns=(
        *columns.text("id", "name", "description", "view", "self"),
        *columns.person("owner", is_cloud=True),
        *columns.flag("is_favourite", "is_writable", "system_dashboard"),
        *columns.whole("popularity", "rank", "automatic_refresh_ms"),
        *columns.objects("share_permissions", "edit_permissions"),
    ),
    data_center_columns=(
        *columns.text("id", "name", "view", "self"),
        *columns.flag("is_favourite"),
    ),
    cloud=Read(
        "dashboard/search", values, offset(100), {"expand": DASHBOARD_DETAILS, "orderBy": "id"}
    ),
    data_center=Read("dashboard", inside("dashboards"), offset(100, rows="dashboards")),
    permission=ANYONE,
)

DASHBOARD_GADGETS = Resource(
    "dashboard_gadgets",
    "Gadgets of each dashboard.",
    key=("dashboard_id", "id"),
    columns=(
        *columns.text("dashboard_id", "id", "title", "color", "module_key", "uri"),
        column("position", schema.ANY_OBJECT),
    ),
    cloud=Read(
        "dashboard/{dashboardId}/gadget",
        inside("gadgets"),
        parents=Parents("dashboards", DASHBOARDS, {"dashboardId": "id"}),
    ),
    permission=ANYONE,
)

RESOURCES = (FILTERS, DASHBOARDS, DASHBOARD_GADGETS)
