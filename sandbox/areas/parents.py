"""Projects as parents of rows: which can be read, and which schemes they use."""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.messages import ApiError, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.context import Context
    from sandbox.model import Project
    from sandbox.render import Renderer
    from sandbox.shelf import Row
    from sandbox.site import Site

#: How many schemes of each kind there are that projects can use.
PERMISSION_SCHEMES, SECURITY_SCHEMES = 6, 12
NOTIFICATION_SCHEMES, PRIORITY_SCHEMES, FIELD_SCHEMES = 54, 52, 53
WORKFLOW_SCHEMES, TYPE_SCHEMES, TYPE_SCREEN_SCHEMES = 53, 55, 56
FIRST = 10_000
#: The scheme of permissions that team-managed projects have.
TEAM_SCHEME = FIRST + PERMISSION_SCHEMES


def printer(site: Site) -> Renderer:
    """The printer whose answers are the truth."""
    options = site.options
    return site.renderer(options.time_zone, "3" if options.cloud else "2")


def plain(value: Any) -> Any:
    """What a printer made, as plain data that can be looked into."""
    return json.loads(encode(value))


def readable(site: Site) -> list[Project]:
    """The projects whose parts can be read: archived ones too, but none in the trash."""
    return [each for each in site.world.projects if not (each.hidden or each.deleted)]


def found(ctx: Context, ident: str) -> Project:
    """A project that can be read, or 404."""
    project = ctx.world.project(ident)
    if project is None or project.hidden or project.deleted:
        raise ApiError(404, [f"No project could be found with key '{ident}'."])
    return project


def administered(ctx: Context, ident: str) -> Project:
    """A project that the caller administers, or 403."""
    project = found(ctx, ident)
    if not ctx.has("ADMINISTER_PROJECTS"):
        raise ApiError(403, ["You do not have permission to administer this project."])
    return project


def chosen(ctx: Context, most: int | None = None) -> list[str]:
    """The ids in ``projectId``, which must be there; those of projects with schemes."""
    ids = ctx.request.params.get("projectId", [])
    if not all(each.isdigit() for each in ids) or not ids:
        raise ApiError(400, ["The projectId parameter must hold the ids of projects."])
    if most is not None and len(ids) > most:
        raise ApiError(400, [f"The number of project IDs must not exceed {most}."])
    return ids


def team_managed(site: Site) -> Iterator[tuple[int, Project, Row]]:
    """The projects that have entities of their own, with the scope that those carry."""
    for number, project in enumerate(each for each in readable(site) if each.team_managed):
        yield number, project, {"type": "PROJECT", "project": {"id": str(project.id)}}


def team_types(site: Site) -> list[Row]:
    """The issue types of team-managed projects, named like others."""
    rows = []
    for number, _, scope in team_managed(site):
        for k, (name, level) in enumerate((("Task", 0), ("Epic", 1), ("Sub-task", -1))):
            ident = 10_200 + 10 * number + k
            row: Row = {"self": f"{printer(site).rest}/issuetype/{ident}", "id": str(ident)}
            row |= {"description": "", "iconUrl": f"{site.base_url}/icons/{ident}.svg"}
            row |= {"name": name, "untranslatedName": name, "subtask": level < 0}
            row |= {"avatarId": 10_300, "entityId": f"9d7dd6f7-e8b6-4247-954b-0000000{ident}"}
            rows.append({**row, "hierarchyLevel": level, "scope": scope})
    return rows


def team_statuses(site: Site) -> list[Row]:
    """The statuses of team-managed projects, named like others."""
    rows, render = [], printer(site)
    for number, _, scope in team_managed(site):
        for k, status in enumerate(site.world.statuses[:4:3] + site.world.statuses[1:2]):
            ident = str(10_300 + 10 * number + k)
            row: Row = {**plain(render.json(status)), "id": ident}
            rows.append({**row, "self": f"{render.rest}/status/{ident}", "scope": scope})
    return rows


def schemes(site: Site, project: Project) -> Row:
    """The ids of a project's schemes, by the columns of ``project_schemes``.

    Team-managed projects have a scheme of permissions, and none else. The default scheme of
    permissions has the id 0; that of workflows has none (null) on Cloud. Some projects notify
    nobody, and some have no levels of security.
    """
    cloud, n = site.options.cloud, site.world.projects.index(project)
    made: Row = dict.fromkeys(
        (
            "permissionSchemeId",
            "notificationSchemeId",
            "issueSecuritySchemeId",
            "workflowSchemeId",
            "issueTypeSchemeId",
            "issueTypeScreenSchemeId",
            "fieldSchemeId",
            "prioritySchemeId",
        )
    )
    if project.team_managed:
        return {**made, "permissionSchemeId": TEAM_SCHEME}
    kind = n % PERMISSION_SCHEMES
    made["permissionSchemeId"] = FIRST + kind if kind else 0
    if n % 4 != 1:
        made["notificationSchemeId"] = FIRST + n % NOTIFICATION_SCHEMES
    if n % 3 == 0:
        made["issueSecuritySchemeId"] = FIRST + n % SECURITY_SCHEMES
    if n % 5 != 4:
        made["workflowSchemeId"] = FIRST + n % WORKFLOW_SCHEMES
    elif not cloud:
        made["workflowSchemeId"] = FIRST
    made["issueTypeSchemeId"] = FIRST + n * 2 % TYPE_SCHEMES
    made["prioritySchemeId"] = 1 if n % 7 else FIRST + n % (PRIORITY_SCHEMES - 1)
    if cloud:
        made["issueTypeScreenSchemeId"] = 1 if n % 2 else FIRST + n % (TYPE_SCREEN_SCHEMES - 1)
        made["fieldSchemeId"] = FIRST + n % FIELD_SCHEMES
    return made
