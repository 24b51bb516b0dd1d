"""Roles in projects, and who plays them.

Roles that only team-managed projects have and that are named alike, roles that nobody plays,
more actors than a page would hold, groups without an id; the roles of a project are a map of
names to links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.areas.listing import of, one, serve, shelf, without
from sandbox.areas.parents import found, printer, readable, team_managed
from sandbox.messages import ApiError

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.model import Project
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

ROLES = (
    (10002, "Administrators"),
    (10010, "Developers"),
    (10011, "Gäste / guests?"),
    (10012, "Service Desk Team"),
    (10013, "Nobody"),
)
TEAM_ROLES = ("Administrator", "Member", "Viewer")


def rows(site: Site) -> Tables:
    """The roles of the site and of team-managed projects; the actors of each project."""
    roles = _roles(site)
    actors = [
        actor
        for project in readable(site)
        for role in roles
        if _has_role(project, role)
        for actor in _actors(site, project, role["id"], site.world.projects.index(project))
    ]
    return {"project_roles": roles, "project_role_actors": actors}


def change(site: Site) -> None:
    """An actor leaves its role, which is described anew; another comes."""
    tables = site.shelf
    gone = tables["project_role_actors"].pop(0)
    tables["project_roles"][0]["description"] = "Described anew"
    tables["project_role_actors"].append({**gone, "actorId": 999_001})


def _roles(site: Site) -> list[Row]:
    rest = printer(site).rest
    made: list[Row] = []
    for ident, name in ROLES:
        row: Row = {"self": f"{rest}/role/{ident}", "name": name, "id": ident}
        row |= {"description": f"Those who are {name}"} if ident % 2 == 0 else {}
        made.append({**row, "actors": _defaults(site, ident)})
    if site.options.cloud:
        for number, _, scope in team_managed(site):
            for k, name in enumerate(TEAM_ROLES):
                ident = 10_200 + 10 * number + k
                row = {"self": f"{rest}/role/{ident}", "name": name, "id": ident}
                made.append({**row, "description": "", "scope": scope, "actors": []})
    return made


def _defaults(site: Site, role: int) -> list[Row]:
    """Who gets a role in a new project."""
    return [_group_actor(site, role + 200, 1)] if role == ROLES[0][0] else []


def _group_actor(site: Site, ident: int, which: int) -> Row:
    group = site.world.groups[which % len(site.world.groups)]
    row: Row = {"id": ident, "displayName": group.name, "type": "atlassian-group-role-actor"}
    row["name"] = group.name
    if not site.options.cloud:
        return {**row, "avatarUrl": f"{site.base_url}/avatar/group.png"}
    named: Row = {"name": group.name, "displayName": group.name}
    # A group that was deleted has no id any more.
    return {**row, "actorGroup": named | ({"groupId": group.id} if which % 4 else {})}


def _user_actor(site: Site, ident: int, which: int) -> Row:
    user = site.world.users[which % site.world.people]
    row: Row = {"id": ident, "displayName": user.display, "type": "atlassian-user-role-actor"}
    if site.options.cloud:
        return {**row, "actorUser": {"accountId": user.id}}
    return {**row, "name": user.name, "avatarUrl": f"{site.base_url}/avatar/{user.key}.png"}


def _has_role(project: Project, role: Row) -> bool:
    scope = role.get("scope")
    if project.team_managed:
        return scope is not None and scope["project"]["id"] == str(project.id)
    return scope is None


def _actors(site: Site, project: Project, role: int, n: int) -> list[Row]:
    if role == ROLES[-1][0]:
        return []
    first = 100_000 + 10_000 * n + 100 * (role % 100)
    size = 60 if (n, role) == (0, ROLES[1][0]) else (n + role) % 4
    made = [_group_actor(site, first + k, n + k) for k in range(min(size, 1))]
    made += [_user_actor(site, first + k, 7 * n + 10 * (role % 10) + k) for k in range(1, size)]
    home = {"projectId": str(project.id), "roleId": role}
    return [home | {"actorId": x["id"]} | without([x], "id")[0] for x in made]


def _roles_of(ctx: Context, ident: str) -> list[Row]:
    project = found(ctx, ident)
    if not ctx.has("ADMINISTER_PROJECTS"):
        raise ApiError(404, ["You cannot edit the configuration of this project."])
    mine = (row for row in shelf(ctx)["project_roles"] if _has_role(project, row))
    start = f"{ctx.render.rest}/project/{project.id}/role"
    return [{row["name"]: f"{start}/{row['id']}" for row in mine}]


def _role(ctx: Context, ident: str, role: str) -> list[Row] | None:
    links = _roles_of(ctx, ident)[0].values()
    link = next((each for each in links if each.endswith(f"/role/{role}")), None)
    if link is None:
        return None
    project = found(ctx, ident)
    row = next(each for each in shelf(ctx)["project_roles"] if str(each["id"]) == role)
    actors = of(shelf(ctx)["project_role_actors"], projectId=project.id, roleId=role)
    made = [{"id": each["actorId"], **without([each], "actorId")[0]} for each in actors]
    return [{**row, "self": link, "actors": made}]


serve("/role", "project_roles", permission="ADMINISTER", scope="manage:jira-configuration")
serve("/project/{ident}/role", _roles_of, one)
serve("/project/{ident}/role/{role}", _role, one)
