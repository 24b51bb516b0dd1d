"""The site itself: server info, fields, projects, permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.messages import ApiError, Response, ok
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.model import Project

MAX_WANTED = 50
WHOLE = 100
PERMISSIONS = {
    "BROWSE_PROJECTS": ("Browse Projects", "PROJECT"),
    "ADMINISTER_PROJECTS": ("Administer Projects", "PROJECT"),
    "CREATE_ISSUES": ("Create Issues", "PROJECT"),
    "VIEW_VOTERS_AND_WATCHERS": ("View Voters and Watchers", "PROJECT"),
    "TRANSITION_ISSUES": ("Transition Issues", "PROJECT"),
    "SET_ISSUE_SECURITY": ("Set Issue Security", "PROJECT"),
    "ADMINISTER": ("Administer Jira", "GLOBAL"),
    "SYSTEM_ADMIN": ("Jira System Administrators", "GLOBAL"),
    "USER_PICKER": ("Browse users and groups", "GLOBAL"),
    "CREATE_SHARED_OBJECTS": ("Share dashboards and filters", "GLOBAL"),
    "BULK_CHANGE": ("Bulk Change", "GLOBAL"),
}


@route("GET", "/field", anonymous=True)
def fields(ctx: Context) -> Response:
    """Every field of the site."""
    known = ctx.world.catalogue.fields
    return ok([field.definition(cloud=ctx.cloud) for field in known])


def _listed(ctx: Context, project: Project, *, archived: bool, deleted: bool, live: bool) -> bool:
    if project.hidden:
        return False
    if ctx.identity.user is None and not (project.public and ctx.jira.options.anonymous_access):
        return False
    if project.deleted:
        return deleted
    return archived if project.archived else live


@route("GET", "/project/search", "cloud", anonymous=True)
def project_search(ctx: Context) -> Response:
    """Projects by offset; live ones unless asked otherwise."""
    request = ctx.request
    status = request.listed("status") or ["live"]
    wanted = {*request.listed("keys"), *request.listed("id")}
    if len(wanted) > MAX_WANTED:
        raise ApiError(400, ["The number of ids or keys must not exceed 50."])
    found = [
        project
        for project in ctx.world.projects
        if _listed(
            ctx,
            project,
            archived="archived" in status,
            deleted="deleted" in status,
            live="live" in status,
        )
        and (not wanted or wanted & {project.key, str(project.id)})
    ]
    order = request.param("orderBy", "key") or "key"
    found.sort(key=lambda project: project.key, reverse=order.startswith("-"))
    start, size, cut = ctx.page(found, 50, ctx.caps.projects)
    link = f"{ctx.render.rest}/project/search"
    page: dict[str, Any] = {"self": f"{link}?maxResults={size}&startAt={start}"}
    page |= {"maxResults": size, "startAt": start, "total": len(found)}
    page["isLast"] = start + size >= len(found)
    if not page["isLast"]:
        page["nextPage"] = f"{link}?maxResults={size}&startAt={start + size}"
    expand = set(request.listed("expand"))
    page["values"] = [ctx.render.project(one, expand, ctx.jira.mutate.former(one)) for one in cut]
    return ok(page)


@route("GET", "/project", "both", anonymous=True)
def project_list(ctx: Context) -> Response:
    """All projects in one array."""
    archived = ctx.request.param("includeArchived", "false") == "true"
    expand = set(ctx.request.listed("expand"))
    return ok(
        [
            ctx.render.project(project, expand, ctx.jira.mutate.former(project))
            for project in ctx.world.projects
            if _listed(ctx, project, archived=archived, deleted=False, live=True)
        ]
    )


@route("GET", "/project/{ident}", anonymous=True)
def project_one(ctx: Context, ident: str) -> Response:
    """One project."""
    found = ctx.world.project(ident)
    if found is None or not _listed(ctx, found, archived=True, deleted=False, live=True):
        raise ApiError(404, [f"No project could be found with key '{ident}'."])
    everything = {"description", "lead", "url", "projectKeys", "issueTypes"}
    return ok(ctx.render.project(found, everything, ctx.jira.mutate.former(found)))


@route("GET", "/mypermissions", anonymous=True)
def my_permissions(ctx: Context) -> Response:
    """Which permissions the caller has."""
    names = ctx.request.listed("permissions")
    if ctx.cloud and not names:
        raise ApiError(400, ["The 'permissions' query parameter is required."])
    unknown = [name for name in names if name not in PERMISSIONS]
    if unknown:
        raise ApiError(400, [f"Unrecognized permission: {', '.join(unknown)}"])
    project = ctx.world.project(ctx.request.param("projectKey") or "")
    table: dict[str, Any] = {}
    for number, (key, (name, kind)) in enumerate(PERMISSIONS.items()):
        if names and key not in names:
            continue
        table[key] = {"id": str(number), "key": key, "name": name, "type": kind}
        table[key] |= {
            "description": "",
            "havePermission": ctx.may(key, project) if project else ctx.has(key),
        }
    return ok({"permissions": table})


@route("GET", "/reindex/progress", "dc")
def reindex_progress(ctx: Context) -> Response:
    """The re-index that is under way or was the last; 404 when there was none."""
    done, stamp = ctx.world.reindexed, ctx.jira.renderer("UTC", "2").stamp
    if done is None:
        raise ApiError(404, payload="")
    begun = stamp(ctx.jira.clock.start_ms)
    shape: dict[str, Any] = {"progressUrl": f"{ctx.jira.base_url}/secure/IndexProgress.jspa"}
    shape |= {"currentProgress": done, "type": "FOREGROUND", "submittedTime": begun}
    shape |= {"startTime": begun, "success": done >= WHOLE}
    if done < WHOLE:
        return ok({**shape, "currentSubTask": "Currently reindexing Issue"})
    return ok({**shape, "finishTime": stamp(ctx.jira.clock.now_ms())})
