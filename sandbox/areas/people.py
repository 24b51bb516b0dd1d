"""People: groups, and who is in them.

More groups than a page has, one with more members than a page, empty ones, and on Cloud one that
is listed although nobody finds it any more. Data Center lists no groups; its picker shows no more
than a setting allows, which is why the truth there ends with the last one shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from sandbox.areas.listing import bean, of, serve, shelf
from sandbox.messages import ApiError, Response, ok
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.model import User
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

MANY = 130
#: What breaks who puts a name into a URL, or into a key, without care.
ODD = ("a+b & c", "50% off, #1", "x/y?z=1", "группа 日本", "<b>bold</b>", "q'uo\"ted", "GROUP 7")
GONE = "gone-meanwhile"
#: Where all are: the second is among the first groups by name, which a picker shows.
EVERYONE = {"jira-software-users", "50% off, #1"}
NOT_FOUND = "The group named '{}' does not exist."


@dataclass
class Unlisted:
    """Groups behind the end of the picker's list, with their members."""

    groups: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)


def rows(site: Site) -> Tables:
    """A hundred and forty groups, a third of them with members."""
    named = {each.name: each.id for each in site.world.groups}
    for n, name in enumerate((*ODD, GONE, *(f"group {n}" for n in range(MANY)))):
        named[name] = f"{0x276F955C + n:08x}-63d7-42c8-9520-92d01dca0625"
    users = sorted(_listed(site), key=lambda user: user.name)
    groups: list[Row] = []
    members: list[Row] = []
    for n, name in enumerate(sorted(named, key=str.lower)):
        groups.append(_group(site, name, named[name]))
        inside = users if name in EVERYONE else users[n % 7 :: 9] if n % 3 == 0 else []
        if name != GONE:
            members += [_member(site, groups[-1], user) for user in inside]
    beyond = site.kept(Unlisted)
    beyond.groups, beyond.members = [], []
    if not site.options.cloud:
        groups, beyond.groups = _cut(groups, site.options.picker_limit)
        shown = {row["name"] for row in groups}
        beyond.members = [row for row in members if row["groupName"] not in shown]
        members = [row for row in members if row["groupName"] in shown]
    return {"groups": groups, "group_members": members}


def change(site: Site) -> None:
    """A group is renamed and another goes, members come and go."""
    groups, members = site.shelf["groups"], site.shelf["group_members"]
    cloud = site.options.cloud
    _drop(site, groups[5])
    members[:] = members[3:]
    if cloud:
        groups[3]["name"] += " renamed"
        groups.append(_group(site, "zz-new", "fefefefe-63d7-42c8-9520-92d01dca0625"))
        members.append(_member(site, groups[-1], site.world.users[1]))
        return
    new = _group(site, "!new", "")
    beyond = site.kept(Unlisted)
    everyone, everybody = [new, *groups, *beyond.groups], [*members, *beyond.members]
    everybody.append(_member(site, new, site.world.users[1]))
    groups[:], beyond.groups = _cut(everyone, site.options.picker_limit)
    shown = {row["name"] for row in groups}
    members[:] = [row for row in everybody if row["groupName"] in shown]
    beyond.members = [row for row in everybody if row["groupName"] not in shown]


def _cut(every: list[Row], size: int) -> tuple[list[Row], list[Row]]:
    return every[:size], every[size:]


def _drop(site: Site, group: Row) -> None:
    name = "groupId" if site.options.cloud else "groupName"
    ident = group["groupId"] if site.options.cloud else group["name"]
    for table in (site.shelf["groups"], site.shelf["group_members"]):
        table[:] = [row for row in table if row is not group and row.get(name) != ident]


def _listed(site: Site) -> list[User]:
    return [
        each
        for each in site.world.users
        if each.listed and not (site.options.cloud and each.kind == "unknown")
    ]


def _group(site: Site, name: str, ident: str) -> Row:
    if site.options.cloud:
        return {"groupId": ident, "name": name}
    admin = {"text": "Admin", "title": "Its users administer Jira", "type": "ADMIN"}
    labels = [admin] if name == "jira-administrators" else []
    return {"name": name, "html": escape(name), "labels": labels}


def _member(site: Site, group: Row, user: User) -> Row:
    version = "3" if site.options.cloud else "2"
    shape = site.renderer(site.options.time_zone, version).user_shape(user)
    if site.options.cloud:
        # Both are documented, and empty since names became private.
        return {"groupId": group["groupId"], **shape, "key": "", "name": ""}
    return {"groupName": group["name"], "userKey": user.key, **shape}


# --- serving ------------------------------------------------------------------------------------


def _bulk(ctx: Context) -> list[Row]:
    if not ctx.jira.options.browse_users:
        raise ApiError(403, ["You do not have permission to browse users and groups."])
    wanted = ctx.request.params.get("groupId", []), ctx.request.params.get("groupName", [])
    return [
        row
        for row in shelf(ctx)["groups"]
        if not any(wanted) or row["groupId"] in wanted[0] or row["name"] in wanted[1]
    ]


@route("GET", "/groups/picker", scope="read:jira-user", anonymous=True)
def picker(ctx: Context) -> Response:
    """Names that contain the query, by name; no more of them than a setting allows.

    Who may not browse groups gets an empty success, unless the query is the name of one.
    """
    limit, query = ctx.jira.options.picker_limit, (ctx.request.param("query") or "").lower()
    beyond = [] if ctx.cloud else ctx.jira.kept(Unlisted).groups
    every = [*shelf(ctx)["groups"], *beyond]
    found = [row for row in every if query in row["name"].lower()]
    if not ctx.jira.options.browse_users:
        found = [row for row in found if row["name"].lower() == query]
    found = [row for row in found if row["name"] not in ctx.request.params.get("exclude", [])]
    asked = ctx.request.number("maxResults", limit)
    cut = found[: min(asked, limit) if asked > 0 else limit]
    header = f"Showing {len(cut)} of {len(found)} matching groups"
    shown = [{**row, "html": _marked(row["name"], query)} for row in cut]
    return ok({"header": header, "total": len(found), "groups": shown})


def _marked(name: str, query: str) -> str:
    start = name.lower().find(query) if query else -1
    if start < 0:
        return escape(name)
    end = start + len(query)
    return f"{escape(name[:start])}<b>{escape(name[start:end])}</b>{escape(name[end:])}"


def _members(ctx: Context) -> list[Row]:
    if not ctx.cloud:
        name = ctx.request.param("groupname") or ""
        beyond = ctx.jira.kept(Unlisted)
        groups = [*shelf(ctx)["groups"], *beyond.groups]
        every, by, ident = [*shelf(ctx)["group_members"], *beyond.members], "groupName", name
    else:
        ident, name = ctx.request.param("groupId") or "", ctx.request.param("groupname") or ""
        groups, every, by = shelf(ctx)["groups"], shelf(ctx)["group_members"], "groupId"
        if ident and name:
            raise ApiError(400, ["Only one of groupId and groupname may be given."])
    if not (ident or name):
        raise ApiError(400, ["The group is not specified."])
    key = "groupId" if ctx.cloud and ident else "name"
    found = [row for row in groups if row[key] == (ident or name) and row["name"] != GONE]
    if not found:
        raise ApiError(404, [NOT_FOUND.format(quote(ident or name))])
    mine = of(every, **{by: found[0]["groupId" if ctx.cloud else "name"]})
    inactive = ctx.request.param("includeInactiveUsers", "false") == "true"
    return [
        {name: row[name] for name in row if name != "userKey"}
        for row in mine
        if inactive or row["active"]
    ]


serve("/group/bulk", _bulk, bean(), product="cloud", scope="read:jira-user")
# Cloud lets in who browses users and groups as well, Data Center administrators only.
for _product, _permission in (("cloud", "USER_PICKER"), ("dc", "ADMINISTER")):
    serve(
        "/group/member",
        _members,
        bean(),
        product=_product,
        permission=_permission,
        scope="manage:jira-configuration",
    )
