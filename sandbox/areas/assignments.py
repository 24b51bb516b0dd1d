"""Which schemes a project uses.

Cloud says it in bulk for most kinds, as rows or as schemes with their projects, and each with
types of its own; team-managed projects are left out of that without an error. The default scheme
of workflows has no id. A project that has no scheme of a kind is answered 404.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.areas.grants import notification_schemes, permission_schemes, security_schemes
from sandbox.areas.listing import array, bean, known, one, serve, shelf, within, without
from sandbox.areas.parents import administered, chosen, plain, readable, schemes
from sandbox.areas.schemes import small_pages
from sandbox.areas.workflows import workflow_scheme
from sandbox.messages import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.context import Context
    from sandbox.model import Project
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

#: The ids that are printed as text, on Cloud and on Data Center.
TEXT = {
    True: {
        "notificationSchemeId",
        "issueSecuritySchemeId",
        "issueTypeSchemeId",
        "issueTypeScreenSchemeId",
        "prioritySchemeId",
    },
    False: {"issueTypeSchemeId"},
}
#: How many projects the schemes of workflows are told for at once.
MOST = 100
DEFAULT = {"name": "Default Workflow Scheme", "defaultWorkflow": "jira", "issueTypeMappings": {}}


def rows(site: Site) -> Tables:
    """A row for each project that can be read."""
    text = TEXT[site.options.cloud]
    made: list[Row] = []
    for project in readable(site):
        row: Row = {"projectId": str(project.id)}
        for name, ident in schemes(site, project).items():
            row[name] = str(ident) if name in text and ident is not None else ident
        made.append(row)
    return {"project_schemes": made}


def change(site: Site) -> None:
    """A project gets other schemes."""
    row = site.shelf["project_schemes"][0]
    row["prioritySchemeId"] = type(row["prioritySchemeId"])(10_003)
    row["notificationSchemeId"] = None


# --- answers ------------------------------------------------------------------------------------


def _ident(ctx: Context, project: Project, column: str) -> Any:
    rows_ = shelf(ctx)["project_schemes"]
    own = str(project.id)
    return next((row[column] for row in rows_ if row["projectId"] == own), None)


def _one(column: str, find: Callable[[Context], list[Row]]) -> Any:
    """The scheme of a project."""

    def scheme(ctx: Context, ident: str) -> list[Row] | None:
        wanted = _ident(ctx, administered(ctx, ident), column)
        if wanted is None:
            return None
        return [row for row in find(ctx) if str(row["id"]) == str(wanted)]

    return scheme


def _security(ctx: Context, ident: str) -> list[Row] | None:
    wanted = _ident(ctx, administered(ctx, ident), "issueSecuritySchemeId")
    return None if wanted is None else security_schemes(ctx, str(wanted))


def _priorities(ctx: Context) -> list[Row]:
    return shelf(ctx)["priority_schemes"]


def _workflows(ctx: Context) -> list[Row]:
    used = {row["workflowSchemeId"] for row in shelf(ctx)["project_schemes"]}
    return [workflow_scheme(ctx.jira, each) for each in used]


def _pairs(column: str) -> Any:
    """A row with a project and its scheme, for all projects or those asked for."""

    def find(ctx: Context) -> list[Row]:
        asked = ctx.request.params.get("projectId", [])
        schemes_ = ctx.request.params.get(column, [])
        return [
            {"projectId": row["projectId"], column: row[column]}
            for row in shelf(ctx)["project_schemes"]
            if row[column] is not None
            and (not asked or row["projectId"] in asked)
            and (not schemes_ or row[column] in schemes_)
        ]

    return find


def _field_schemes(ctx: Context) -> list[Row]:
    asked = chosen(ctx)
    return [
        {"projectId": int(row["projectId"]), "schemeId": row["fieldSchemeId"]}
        for row in shelf(ctx)["project_schemes"]
        if row["fieldSchemeId"] is not None and row["projectId"] in asked
    ]


def _grouped(ctx: Context, column: str, most: int | None = None) -> dict[Any, list[str]]:
    """The company-managed projects asked for, by their scheme."""
    asked, found = chosen(ctx, most), dict[Any, list[str]]()
    team = {str(each.id) for each in readable(ctx.jira) if each.team_managed}
    for row in shelf(ctx)["project_schemes"]:
        if row["projectId"] in asked and row["projectId"] not in team:
            found.setdefault(row[column], []).append(row["projectId"])
    return found


def _with_projects(stream: str, column: str, name: str) -> Any:
    """Schemes, each with its projects."""

    def find(ctx: Context) -> list[Row]:
        found = _grouped(ctx, column)
        return [
            {name: row, "projectIds": found[row["id"]]}
            for row in shelf(ctx)[stream]
            if row["id"] in found
        ]

    return find


def _workflow_schemes(ctx: Context) -> list[Row]:
    by_id = {row["id"]: row for row in shelf(ctx)["workflow_schemes"]}
    found = _grouped(ctx, "workflowSchemeId", MOST)
    return [{"projectIds": found[x], "workflowScheme": by_id.get(x, DEFAULT)} for x in found]


def _users(stream: str, column: str) -> Any:
    """The projects that use a scheme."""

    def find(ctx: Context, scheme: str) -> list[Row]:
        if not known(shelf(ctx)[stream], scheme):
            raise ApiError(404, ["The scheme was not found."])
        return [
            without([plain(ctx.render.project(each, set(), []))], "properties")[0]
            for each in readable(ctx.jira)
            if str(_ident(ctx, each, column)) == scheme
        ]

    return find


ADMIN: dict[str, Any] = {"permission": "ADMINISTER", "scope": "manage:jira-configuration"}
CLOUD: dict[str, Any] = {"product": "cloud", **ADMIN}
DC: dict[str, Any] = {"product": "dc"}
OF_PROJECT = "/project/{ident}"
serve(OF_PROJECT + "/permissionscheme", _one("permissionSchemeId", permission_schemes), one)
serve(OF_PROJECT + "/notificationscheme", _one("notificationSchemeId", notification_schemes), one)
serve(OF_PROJECT + "/issuesecuritylevelscheme", _security, one)
serve(OF_PROJECT + "/priorityscheme", _one("prioritySchemeId", _priorities), one, **DC)
serve(OF_PROJECT + "/workflowscheme", _one("workflowSchemeId", _workflows), one, **DC)
serve(
    "/issuetypescheme/{scheme}/associations",
    _users("issue_type_schemes", "issueTypeSchemeId"),
    array,
    **DC,
    **ADMIN,
)
serve(
    "/priorityscheme/{scheme}/projects",
    _users("priority_schemes", "prioritySchemeId"),
    bean(),
    **CLOUD,
)
serve("/notificationscheme/project", _pairs("notificationSchemeId"), bean(), product="cloud")
serve("/issuesecurityschemes/project", _pairs("issueSecuritySchemeId"), bean(), **CLOUD)
serve("/config/fieldschemes/projects", _field_schemes, small_pages, **CLOUD)
serve("/workflowscheme/project", _workflow_schemes, within("values"), **CLOUD)
serve(
    "/issuetypescheme/project",
    _with_projects("issue_type_schemes", "issueTypeSchemeId", "issueTypeScheme"),
    bean(),
    **CLOUD,
)
serve(
    "/issuetypescreenscheme/project",
    _with_projects("issue_type_screen_schemes", "issueTypeScreenSchemeId", "issueTypeScreenScheme"),
    bean(),
    **CLOUD,
)
