"""Administration: the site itself, its properties, licences, plans, and smaller lists.

Most of it is for administrators; one list answers 404 to others, as documented. Plans and
classification levels are there on the dearer plans of Cloud alone.
"""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.areas.listing import array, cursor, of, one, serve, shelf, within, without
from sandbox.messages import ApiError, Response, ok
from sandbox.router import route
from sandbox.text import adf_of

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

CONFIGURE = "manage:jira-configuration"
OWNERS = ("issuetype", "project", "user")
PLANS = 120
#: Plans that have more teams than a page, and whose teams nobody finds any more.
CROWDED, GONE = "103", "104"
APPLICATIONS = ("jira-software", "jira-servicedesk", "jira-core")
#: Edited on the general page, or on the advanced one, or on both.
PROPERTIES: tuple[tuple[str, str, str | None, str], ...] = (
    ("jira.title", "string", "Sandbox Jira ✓", "general"),
    ("jira.home", "string", "/var/jira", "general"),
    ("jira.clone.prefix", "string", "CLONE -", "both"),
    ("jira.lf.date.dmy", "string", "d/MMM/yy", "general"),
    ("jira.search.views.default.max", "uint", "1000", "advanced"),
    ("jira.issue.actions.order", "enum", "asc", "both"),
    ("jira.option.voting", "boolean", "true", "advanced"),
    ("jira.table.cols.subtasks", "string", None, "advanced"),
)
COLUMNS = (
    ("Key", "issuekey"),
    ("Summary", "summary"),
    ("Assignee", "assignee"),
    # Two fields of one name.
    ("Severity", "customfield_10020"),
    ("Severity", "customfield_10021"),
    ("Größe", "customfield_10022"),
)
CONFIGURATION = {
    "votingEnabled": True,
    "watchingEnabled": True,
    "unassignedIssuesAllowed": False,
    "subTasksEnabled": True,
    "issueLinkingEnabled": True,
    "attachmentsEnabled": True,
}
TIME_TRACKING = {
    "workingHoursPerDay": 7.6,
    "workingDaysPerWeek": 5.0,
    "timeFormat": "pretty",
    "defaultUnit": "minute",
}


def rows(site: Site) -> Tables:
    """Everything that the product and its plan have."""
    cloud = site.options.cloud
    tables: Tables = {
        "application_roles": [_role(site, n) for n in range(len(APPLICATIONS))],
        "application_properties": [_property(*each) for each in PROPERTIES],
        "site_configuration": [_configuration(site)],
        "server_info": [_server_info(site)],
        "system_avatars": [
            _avatar(site, owner, n) for owner in OWNERS for n in range(60 if owner == "user" else 9)
        ],
        "navigator_columns": [{"label": label, "value": value} for label, value in COLUMNS],
    }
    if not cloud:
        return tables
    tables["time_tracking_providers"] = [
        {"key": "JIRA", "name": "JIRA provided time tracking"},
        {"key": "com.example.temps__Temps", "name": "Témps", "url": "/example/config/url"},
    ]
    names = (*APPLICATIONS, "jira-product-discovery")
    plans = zip(names, ("PAID", "FREE", "PAID", "UNLICENSED"), strict=True)
    plan = None if site.options.paid else "FREE"
    tables["licenses"] = [{"id": name, "plan": plan or kind} for name, kind in plans]
    if site.options.premium:
        tables["classification_levels"] = [_level(n) for n in range(5)]
        tables["plans"] = [_plan(site, n) for n in range(PLANS)]
        tables["plan_teams"] = [
            {"planId": row["id"], "id": str(n + 1), "type": ("PlanOnly", "Atlassian")[n % 2]}
            # Teams of Atlassian's own have a name elsewhere.
            | ({} if n % 2 else {"name": f"Team {n % 50} équipe"})
            for row in tables["plans"]
            if row["id"] != GONE
            for n in range(120 if row["id"] == CROWDED else int(row["id"]) % 4)
        ]
    return tables


def change(site: Site) -> None:
    """Seats are taken, a property is set and another cleared, a plan goes and one is trashed."""
    tables = site.shelf.tables
    tables["application_roles"][0] |= {"userCount": 9, "remainingSeats": 1}
    tables["application_properties"][0]["value"] = "Renamed"
    tables["application_properties"][1].pop("value")
    tables["site_configuration"][0]["votingEnabled"] = False
    tables["navigator_columns"].pop()
    if "plans" in tables:
        gone = tables["plans"].pop(6)["id"]
        tables["plan_teams"][:] = [r for r in tables["plan_teams"] if r["planId"] != gone]
        tables["plans"][0]["status"] = "Trashed"
        tables["classification_levels"][0]["status"] = "archived"
    if "licenses" in tables:
        tables["licenses"][1]["plan"] = "PAID"


def _role(site: Site, number: int) -> Row:
    key, seats = APPLICATIONS[number], (10, -1, 0)[number]
    groups = site.world.groups[: number + 1]
    row: Row = {"key": key, "name": key.replace("jira-", "Jira ").title()}
    row |= {"groups": [group.name for group in groups], "defaultGroups": [groups[0].name]}
    row |= {"selectedByDefault": number == 0, "defined": number < 2, "platform": number == 2}
    row |= {"numberOfSeats": seats, "remainingSeats": seats, "hasUnlimitedSeats": seats < 0}
    row |= {"userCount": number, "userCountDescription": f"{number} développeurs"}
    if site.options.cloud:
        link = f"{site.base_url}/rest/api/3/group?groupId="
        shown: list[Row] = [
            {"groupId": group.id, "name": group.name, "self": f"{link}{group.id}"}
            for group in groups
        ]
        row |= {"groupDetails": shown, "defaultGroupsDetails": shown[:1]}
    return row


def _property(key: str, kind: str, value: str | None, page: str) -> Row:
    row: Row = {"id": key, "key": key, "name": f"{key} ⚙", "type": kind}
    row |= {"value": value} if value is not None else {}
    row |= {"desc": "Was sie tut"} if len(key) % 2 else {}
    row |= {"defaultValue": "" if page == "general" else "1"}
    row |= {"allowedValues": ["asc", "desc"]} if kind == "enum" else {}
    return row | ({"example": "[Example (1)]"} if "date" in key else {})


def _configuration(site: Site) -> Row:
    on = site.options.time_tracking
    row: Row = {"baseUrl": site.base_url, **CONFIGURATION, "timeTrackingEnabled": on}
    return {**row, "timeTrackingConfiguration": {**TIME_TRACKING}} if on else row


def _server_info(site: Site) -> Row:
    """All but the time, which is another one in every answer."""
    options = site.options
    info: Row = {"baseUrl": site.base_url}
    if options.cloud:
        info |= {
            "displayUrl": site.base_url,
            "displayUrlServicedeskHelpCenter": f"{site.base_url}/help",
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100291,
            "buildDate": "2026-06-01T10:00:00.000+0000",
            "serverTimeZone": options.server_time_zone,
            "defaultLocale": {"locale": "en_US"},
        }
    else:
        info |= {
            "version": options.version,
            "versionNumbers": list(options.version_numbers),
            "deploymentType": "Server",
            "buildNumber": 10030024,
            "buildDate": "2026-05-04T00:00:00.000+0000",
            "databaseBuildNumber": 10030024,
        }
    return {**info, "scmInfo": "5f3c1d2e", "serverTitle": "Sandbox Jira"}


def _avatar(site: Site, owner: str, number: int) -> Row:
    # Owners of different kinds have avatars of one id.
    ident = str(10_300 + number)
    link = f"{site.base_url}/secure/viewavatar?avatarId={ident}&avatarType={owner}"
    row: Row = {"type": owner, "id": ident, "isSystemAvatar": True, "isSelected": False}
    row |= {"isDeletable": False, "urls": {"16x16": f"{link}&size=xsmall", "48x48": link}}
    return {**row, **({"fileName": f"a{ident}.svg"} if site.options.cloud else {"selected": False})}


def _level(number: int) -> Row:
    tag = f"5bfa70f7-4af1-44f5-9e12-1ce185f15a3{number}"
    row: Row = {"id": f"ari:cloud:platform::classification-tag/{tag}", "name": f"Streng {number}"}
    row["status"] = ("published", "archived", "draft")[number % 3]
    if number == 4:
        return row
    row |= {"rank": number + 1, "color": ("RED", "ORANGE", "BLUE", "LIME")[number]}
    if number % 2:
        row |= {"description": "机密", "guideline": "Need to know."}
        row["guidelineADF"] = json.dumps(adf_of("Need to know."))
    return row


def _plan(site: Site, number: int) -> Row:
    project = site.world.projects[number % 4].id
    row: Row = {"id": str(100 + number), "name": f"Plan {number % 100} ◷"}
    row |= {"scenarioId": str(200 + number), "status": "Active"}
    if number % 10 > 7:
        row["status"] = ("Trashed", "Archived")[number % 2]
    sources = (("Project", project), ("Board", 1 + number % 60), ("Filter", 20_001 + number))
    row["issueSources"] = [{"type": kind, "value": value} for kind, value in sources[: number % 4]]
    return row


# --- serving ------------------------------------------------------------------------------------


@route("GET", "/serverInfo", anonymous=True)
def server_info(ctx: Context) -> Response:
    """What kind of Jira this is, and its time."""
    stamp = ctx.jira.renderer(ctx.jira.options.server_time_zone, "2").stamp
    return ok({**_server_info(ctx.jira), "serverTime": stamp(ctx.jira.clock.now_ms())})


@route("GET", "/application-properties", scope=CONFIGURE)
def properties(ctx: Context) -> Response:
    """Those of the general page, or the one that is asked for; 404 to who is no administrator."""
    key = ctx.request.param("key")
    found = [row for row in shelf(ctx)["application_properties"] if key in {None, row["key"]}]
    if not ctx.has("ADMINISTER") or not found:
        raise ApiError(404, ["The application property was not found, or you may not see it."])
    return ok(found[0] if key else _on_page(found, "general"))


def _on_page(found: list[Row], page: str) -> list[Row]:
    shown = {key for key, _, _, where in PROPERTIES if where in {page, "both"}}
    return [row for row in found if row["key"] in shown]


def _advanced(ctx: Context) -> list[Row]:
    return _on_page(shelf(ctx)["application_properties"], "advanced")


def _site_configuration(ctx: Context) -> list[Row]:
    return without(shelf(ctx)["site_configuration"], "baseUrl")


@route("GET", "/configuration/timetracking", "cloud", permission="ADMINISTER", scope=CONFIGURE)
def time_tracking(ctx: Context) -> Response:
    """The provider that is in use; nothing when time is not tracked."""
    if not ctx.jira.options.time_tracking:
        return Response(204)
    return ok(shelf(ctx)["time_tracking_providers"][0])


def _tracking_options(_: Context) -> list[Row]:
    return [{**TIME_TRACKING}]


def _levels(ctx: Context) -> list[Row] | None:
    if not ctx.jira.options.premium:
        return None
    wanted = {status.lower() for status in ctx.request.listed("status")}
    found = shelf(ctx)["classification_levels"]
    return [row for row in found if not wanted or row["status"] in wanted]


def _avatars(ctx: Context, owner: str) -> list[Row] | None:
    found = of(shelf(ctx)["system_avatars"], type=owner)
    return found or ([] if owner == "priority" and ctx.cloud else None)


def _premium(ctx: Context) -> None:
    if not ctx.jira.options.premium:
        raise ApiError(403, ["The site has no premium edition of Jira."])


def _plans(ctx: Context) -> list[Row]:
    _premium(ctx)
    shown = {"Active"}
    shown |= {"Trashed"} if ctx.request.param("includeTrashed") == "true" else set()
    shown |= {"Archived"} if ctx.request.param("includeArchived") == "true" else set()
    return [row for row in shelf(ctx)["plans"] if row["status"] in shown]


def _teams(ctx: Context, plan: str) -> list[Row] | None:
    _premium(ctx)
    if plan == GONE or not any(row["id"] == plan for row in shelf(ctx)["plans"]):
        return None
    return of(shelf(ctx)["plan_teams"], planId=plan)


ADMIN: dict[str, Any] = {"permission": "ADMINISTER", "scope": CONFIGURE}
PREMIUM: dict[str, Any] = {"permission": "ADMINISTER", "product": "cloud"}
serve("/applicationrole", "application_roles", **ADMIN)
serve("/application-properties/advanced-settings", _advanced, **ADMIN)
serve("/configuration", _site_configuration, one, scope="read:jira-user")
serve("/configuration/timetracking/list", "time_tracking_providers", product="cloud", **ADMIN)
serve("/configuration/timetracking/options", _tracking_options, one, product="cloud", **ADMIN)
serve("/instance/license", "licenses", within("applications"), product="cloud", scope=CONFIGURE)
serve("/classification-levels", _levels, within("classifications"), product="cloud")
serve("/avatar/{owner}/system", _avatars, within("system"), scope=CONFIGURE, anonymous=True)
serve("/settings/columns", "navigator_columns", array, **ADMIN)
serve("/plans/plan", _plans, cursor, **PREMIUM)
serve("/plans/plan/{plan}/team", _teams, cursor, **PREMIUM)
