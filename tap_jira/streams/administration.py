"""How Jira itself is set up: roles of applications, configuration, licences, plans."""

from __future__ import annotations

import functools
import typing as t

from tap_jira.jira.pagination import CursorPaginator
from tap_jira.jira.permissions import ADMINISTER, ANYONE
from tap_jira.records import columns, schema
from tap_jira.records.schema import column
from tap_jira.streams.metadata import CONFIGURATION
from tap_jira.streams.resource import Known, Parents, Read, Resource, inside, single, values

if t.TYPE_CHECKING:
    from tap_jira.jira.connection import Connection
    from tap_jira.streams.resource import Row


def _site(connection: Connection) -> list[Row]:
    return [{"baseUrl": connection.site.server_info.get("baseUrl") or connection.site.base_url}]


SITE = Parents("sites", _site, {"baseUrl": "baseUrl"}, many=False)
AVATAR_TYPES = ("issuetype", "project", "user")

APPLICATION_ROLES = Resource(
    "application_roles",
    "Products, their groups and their seats.",
    key=("key",),
    columns=(
        *columns.text("key", "name", "user_count_description"),
        *columns.texts("groups", "default_groups"),
        *columns.objects("group_details", "default_groups_details"),
        *columns.whole("number_of_seats", "remaining_seats", "user_count"),
        *columns.flag("selected_by_default", "defined", "has_unlimited_seats", "platform"),
    ),
    data_center_columns=(
        *columns.text("key", "name", "user_count_description"),
        *columns.texts("groups", "default_groups"),
        *columns.whole("number_of_seats", "remaining_seats", "user_count"),
        *columns.flag("selected_by_default", "defined", "has_unlimited_seats", "platform"),
    ),
    cloud=Read("applicationrole"),
    data_center=Read("applicationrole"),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

ADVANCED_SETTINGS = Resource(
    "advanced settings", "", (), Read("application-properties/advanced-settings"),
    Read("application-properties/advanced-settings"), permission=ADMINISTER,
)  # fmt: skip
APPLICATION_PROPERTIES = Resource(
    "application_properties",
    "Settings of Jira as a whole, the advanced ones too.",
    key=("key",),
    columns=(
        *columns.text("key", "id", "name", "desc", "type", "value", "default_value", "example"),
        *columns.texts("allowed_values"),
    ),
    cloud=Read("application-properties"),
    data_center=Read("application-properties"),
    more=ADVANCED_SETTINGS,
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

_CONFIGURATION = Read("configuration", single, parents=SITE)
SITE_CONFIGURATION = Resource(
    "site_configuration",
    "What is switched on, and how time is tracked.",
    key=("base_url",),
    columns=(
        *columns.text("base_url"),
        *columns.flag("voting_enabled", "watching_enabled", "unassigned_issues_allowed"),
        *columns.flag("sub_tasks_enabled", "issue_linking_enabled", "time_tracking_enabled"),
        *columns.flag("attachments_enabled"),
        column(
            "time_tracking_configuration",
            schema.object_of(workingHoursPerDay=schema.NUMBER, workingDaysPerWeek=schema.NUMBER),
        ),
    ),
    cloud=_CONFIGURATION,
    data_center=_CONFIGURATION,
    permission=ANYONE,
    scope="read:jira-user",
)

TIME_TRACKING_PROVIDERS = Resource(
    "time_tracking_providers",
    "Apps that track time.",
    key=("key",),
    columns=columns.text("key", "name", "url"),
    cloud=Read("configuration/timetracking/list"),
    permission=ADMINISTER,
    scope=CONFIGURATION,
)

SERVER_INFO = Resource(
    "server_info",
    "What this Jira is.",
    key=("base_url",),
    columns=(
        *columns.text("base_url", "display_url", "display_url_servicedesk_help_center"),
        *columns.text("display_url_confluence", "version", "deployment_type", "server_title"),
        *columns.text("server_time_zone", "scm_info"),
        column("version_numbers", schema.array_of(schema.INTEGER)),
        *columns.whole("build_number", "database_build_number"),
        *columns.instant("build_date", "server_time"),
        *columns.objects("health_checks"),
        *columns.object_("default_locale"),
    ),
    cloud=Known(lambda connection: [dict(connection.site.server_info)]),
    data_center=Known(lambda connection: [dict(connection.site.server_info)]),
    permission=ANYONE,
)

LICENSES = Resource(
    "licenses",
    "Products of the licence, and their plans.",
    columns=columns.text("id", "plan"),
    cloud=Read("instance/license", inside("applications")),
    permission=ANYONE,
    scope=CONFIGURATION,
)

CLASSIFICATION_LEVELS = Resource(
    "classification_levels",
    "Levels of data classification.",
    columns=(
        *columns.text("id", "name", "description", "guideline", "status", "color"),
        column("guideline_adf", schema.TEXT, "guidelineADF"),
        *columns.whole("rank"),
    ),
    cloud=Read("classification-levels", inside("classifications")),
    permission=ANYONE,
)

_AVATARS = Read(
    "avatar/{type}/system",
    inside("system"),
    parents=Parents(
        "types", lambda _: [{"type": each} for each in AVATAR_TYPES], {"type": "type"}, many=False
    ),
)
SYSTEM_AVATARS = Resource(
    "system_avatars",
    "Avatars that come with Jira.",
    key=("type", "id"),
    columns=(
        *columns.text("type", "id", "owner", "file_name"),
        *columns.flag("is_system_avatar", "is_selected", "is_deletable"),
        *columns.object_("urls"),
    ),
    data_center_columns=(
        *columns.text("type", "id", "owner", "file_name"),
        *columns.flag("selected", "is_system_avatar", "is_selected", "is_deletable"),
        *columns.object_("urls"),
    ),
    cloud=_AVATARS,
    data_center=_AVATARS,
    permission=ANYONE,
    selected=False,
)

NAVIGATOR_COLUMNS = Resource(
    "navigator_columns",
    "Columns of the issue navigator by default.",
    key=("value",),
    columns=columns.text("value", "label"),
    cloud=Read("settings/columns"),
    data_center=Read("settings/columns"),
    permission=ADMINISTER,
    scope="manage:jira-configuration",
    selected=False,
)

_PLAN_PAGES = functools.partial(CursorPaginator, 50, "cursor", "nextPageCursor")
PLANS = Resource(
    "plans",
    "Plans (Premium), in the archive and in the trash as well.",
    columns=(
        *columns.text("id", "name", "status", "scenario_id"),
        *columns.objects("issue_sources"),
    ),
    cloud=Read(
        "plans/plan",
        values,
        _PLAN_PAGES,
        {"includeTrashed": "true", "includeArchived": "true"},
    ),
    permission=ADMINISTER,
)
PLAN_TEAMS = Resource(
    "plan_teams",
    "Teams of each plan.",
    key=("plan_id", "id"),
    columns=columns.text("plan_id", "id", "name", "type"),
    cloud=Read(
        "plans/plan/{planId}/team",
        values,
        _PLAN_PAGES,
        parents=Parents("plans", PLANS, {"planId": "id"}),
    ),
    permission=ADMINISTER,
)

RESOURCES = (
    APPLICATION_ROLES,
    APPLICATION_PROPERTIES,
    SITE_CONFIGURATION,
    TIME_TRACKING_PROVIDERS,
    SERVER_INFO,
    LICENSES,
    CLASSIFICATION_LEVELS,
    SYSTEM_AVATARS,
    NAVIGATOR_COLUMNS,
    PLANS,
    PLAN_TEAMS,
)
