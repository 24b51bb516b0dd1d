"""What people share: filters and dashboards, and the gadgets of the latter.

On Cloud only what is asked for is expanded, and an unknown expansion is an error; a dashboard
without gadgets, one that is gone when its gadgets are asked for. Data Center lists the caller's
favourite filters alone, and four members of a dashboard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sandbox.areas.listing import bean, of, serve, shelf, within, without
from sandbox.clock import from_ms
from sandbox.messages import ApiError, Response, ok
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.model import User
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

FILTERS, DASHBOARDS = 120, 110
#: Each filter whose number can be divided by this is somebody else's, and shared with nobody.
PRIVATE = 10
SYSTEM, EMPTY, GONE = 10_000, 10_003, 10_004
#: The members that Cloud prints for an expansion of another name.
ALIAS = {"isFavourite": "favourite", "popularity": "favouritedCount", "view": "viewUrl"}
FILTER_EXPANDS = frozenset(
    [
        "description",
        "favourite",
        "favouritedCount",
        "jql",
        "owner",
        "searchUrl",
        "sharePermissions",
        "editPermissions",
        "isWritable",
        "approximateLastUsed",
        "subscriptions",
        "viewUrl",
    ]
)
DASHBOARD_EXPANDS = FILTER_EXPANDS - {"jql", "searchUrl", "approximateLastUsed", "subscriptions"}
ORDERS = frozenset({"description", "id", "name", "owner"})
COLOURS = ("blue", "red", "yellow", "green", "cyan", "purple", "gray", "white")
GADGET = "com.atlassian.jira.gadgets:"


def rows(site: Site) -> Tables:
    """More of each than a page has."""
    cloud = site.options.cloud
    dashboards = [_dashboard(site, SYSTEM + n) for n in range(DASHBOARDS)]
    favourites = range(FILTERS) if cloud else range(0, FILTERS, 9)
    tables: Tables = {"filters": [_filter(site, 20_001 + n) for n in favourites]}
    tables["dashboards"] = dashboards
    if cloud:
        tables["dashboard_gadgets"] = [
            _gadget(int(row["id"]), n)
            for row in dashboards
            if int(row["id"]) not in {EMPTY, GONE}
            for n in range(int(row["id"]) % 7)
        ]
    return tables


def change(site: Site) -> None:
    """A filter is edited, one goes; a dashboard comes, another goes with its gadgets."""
    tables = site.shelf.tables
    tables["filters"][0] |= {"name": "Renamed Ø", "jql": "project = APP"}
    del tables["filters"][1]
    gone = tables["dashboards"].pop(8)["id"]
    tables["dashboards"].append(_dashboard(site, SYSTEM + DASHBOARDS))
    if "dashboard_gadgets" in tables:
        gadgets = tables["dashboard_gadgets"]
        gadgets[:] = [row for row in gadgets if row["dashboardId"] != gone]
        gadgets[0]["title"] = "Moved"
        gadgets[0]["position"] = {"row": 9, "column": 1}


def _user(site: Site, number: int) -> tuple[User, Row]:
    user = site.world.users[number % site.world.people]
    version = "3" if site.options.cloud else "2"
    return user, site.renderer(site.options.time_zone, version).user_shape(user)


def _shares(site: Site, number: int) -> list[Row]:
    """With everyone, with those who are logged in, a group, a project, a role in it, a person."""
    world, cloud, rest = site.world, site.options.cloud, f"{site.base_url}/rest/api/2"
    group, project = world.groups[number % len(world.groups)], world.projects[number % 4]
    shown: Row = {"self": f"{rest}/project/{project.id}", "id": str(project.id)}
    shown |= {"key": project.key, "name": project.name}
    role = {"self": f"{shown['self']}/role/10002", "id": 10002, "name": "Administrators"}
    team = {"name": group.name, "self": f"{rest}/group?groupname={quote(group.name)}"}
    kinds: list[Row] = [
        {"type": "global"},
        {"type": "loggedin"},
        {"type": "group", "group": {**team, "groupId": group.id} if cloud else team},
        {"type": "project", "project": shown},
        # A role is printed as a project with a role.
        {"type": "project", "project": shown, "role": role},
        {"type": "user", "user": _user(site, number)[1]},
        {"type": "project-unknown"},
    ]
    chosen = [kinds[(number + n) % len(kinds)] for n in range(number % 3)]
    more = {} if cloud else {"view": True, "edit": False}
    return [{"id": 10 * number + n, **share, **more} for n, share in enumerate(chosen)]


def _filter(site: Site, number: int) -> Row:
    """The first sixty are those of the boards."""
    cloud, base = site.options.cloud, site.base_url
    query = f'project = APP AND text ~ "ü{number}" ORDER BY Rank ASC'
    owner = _user(site, number)[1]
    row: Row = {"self": f"{base}/rest/api/{'3' if cloud else '2'}/filter/{number}"}
    row |= {"id": str(number), "name": f"Filter für «{number % 100}»", "jql": query}
    row |= {"description": "Größe <b>✓</b>"} if number % 3 else {}
    row |= {"owner": owner} if number % 50 else {}
    row |= {"viewUrl": f"{base}/issues/?filter={number}", "favourite": not cloud or number % 9 == 0}
    row |= {"searchUrl": f"{base}/rest/api/3/search?jql={quote(query)}"}
    row |= {"sharePermissions": _shares(site, number)}
    if not cloud:
        empty = {"size": 0, "items": [], "max-results": 1000, "start-index": 0, "end-index": 0}
        return {**row, "editable": number % 2 == 0, "sharedUsers": empty, "subscriptions": empty}
    row |= {"favouritedCount": number % 4, "isWritable": number % 2 == 0}
    row["editPermissions"] = _shares(site, number + 1)
    row["subscriptions"] = [
        {"id": 10 * number + n, "user": _user(site, number + n)[1]}
        | ({"group": {"name": site.world.groups[0].name}} if n else {})
        for n in range(number % 3)
    ]
    if number % 4:
        used = from_ms(site.clock.start_ms - number * 86_400_000)
        row["approximateLastUsed"] = used.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return row


def _dashboard(site: Site, number: int) -> Row:
    cloud, base = site.options.cloud, site.base_url
    row: Row = {"id": str(number), "name": f"Dashboard «{number % 90}»"}
    row["self"] = f"{base}/rest/api/{'3' if cloud else '2'}/dashboard/{number}"
    row["view"] = f"{base}/secure/Dashboard.jspa?selectPageId={number}"
    if not cloud:
        return row
    row |= {"isFavourite": number % 5 == 0, "popularity": number % 7, "isWritable": number % 2 == 0}
    row |= {"sharePermissions": _shares(site, number), "editPermissions": _shares(site, number + 2)}
    row["systemDashboard"] = number == SYSTEM
    if number != SYSTEM:
        row |= {"owner": _user(site, number)[1], "description": "" if number % 3 else "日本"}
        row["automaticRefreshMs"] = 900_000
        row["rank"] = number % 2
    return row


def _gadget(dashboard: int, n: int) -> Row:
    row: Row = {"dashboardId": str(dashboard), "id": 10 * dashboard + n, "title": f"Gadget {n} π"}
    row["position"] = {"row": n // 2, "column": n % 2}
    # One of both says what the gadget is.
    if n % 2:
        row["uri"] = f"rest/gadgets/1.0/g/{GADGET}g{n}/gadgets/g{n}.xml"
    else:
        row["moduleKey"] = f"{GADGET}g{n}"
    return {**row, "color": COLOURS[n % len(COLOURS)]}


# --- serving ------------------------------------------------------------------------------------


def _searched(ctx: Context, found: list[Row], known: frozenset[str]) -> list[Row]:
    """The rows in the order and with the members that are asked for."""
    order = ctx.request.param("orderBy") or "name"
    name = order.lstrip("+-")
    if name not in ORDERS:
        raise ApiError(400, [f"'{order}' is no valid value of orderBy."])
    wanted = set(ctx.request.listed("expand"))
    if wanted - known:
        raise ApiError(400, [f"'{', '.join(sorted(wanted - known))}' cannot be expanded."])
    hidden = {member for member in {*known, *ALIAS} if ALIAS.get(member, member) not in wanted}

    def place(row: Row) -> Any:
        value = row.get(name) or ""
        return int(value) if name == "id" else str(value), int(row["id"])

    return without(sorted(found, key=place, reverse=order[0] == "-"), *hidden)


def _filters(ctx: Context) -> list[Row]:
    all_of_them = ctx.request.param("overrideSharePermissions") == "true"
    if all_of_them and not ctx.has("ADMINISTER"):
        raise ApiError(403, ["Only administrators may override share permissions."])
    wanted = ctx.request.params.get("id", [])
    found = [
        row
        for row in shelf(ctx)["filters"]
        if (not wanted or row["id"] in wanted) and (all_of_them or int(row["id"]) % PRIVATE)
    ]
    return _searched(ctx, found, FILTER_EXPANDS)


def _dashboards(ctx: Context) -> list[Row]:
    active = ctx.request.param("status", "active") == "active"
    return _searched(ctx, shelf(ctx)["dashboards"] if active else [], DASHBOARD_EXPANDS)


def _gadgets(ctx: Context, dashboard: str) -> list[Row] | None:
    there = any(row["id"] == dashboard for row in shelf(ctx)["dashboards"])
    if not there or dashboard == str(GONE):
        return None
    return of(shelf(ctx)["dashboard_gadgets"], dashboardId=dashboard)


@route("GET", "/dashboard", anonymous=True)
def dashboards(ctx: Context) -> Response:
    """``{"startAt": 0, "maxResults": 20, "total": 2, "next": "…", "dashboards": […]}``."""
    start, size, cut = ctx.page(shelf(ctx)["dashboards"], 20, 50)
    total, link = len(shelf(ctx)["dashboards"]), f"{ctx.render.rest}/dashboard?maxResults={size}"
    page: Row = {"startAt": start, "maxResults": size, "total": total, "dashboards": cut}
    if start:
        page["prev"] = f"{link}&startAt={max(0, start - size)}"
    if start + size < total:
        page["next"] = f"{link}&startAt={start + size}"
    return ok(page)


serve("/filter/search", _filters, bean(), product="cloud", anonymous=True)
serve("/filter/favourite", "filters", product="dc")
serve("/dashboard/search", _dashboards, bean(), product="cloud", anonymous=True)
serve("/dashboard/{dashboard}/gadget", _gadgets, within("gadgets"), product="cloud", anonymous=True)
