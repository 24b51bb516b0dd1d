"""Who may do, see and hear of what: schemes of permissions, security and notifications; priorities.

The default scheme of permissions has the id 0, and grants are printed only when asked for. A
caller who administers nothing gets an empty list of notification schemes, without an error. What
belongs to team-managed projects is listed among the schemes of permissions only.
"""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.api.meta import PERMISSIONS
from sandbox.areas.listing import bean, known, one, serve, shelf, within, without
from sandbox.areas.parents import (
    FIRST,
    NOTIFICATION_SCHEMES,
    PERMISSION_SCHEMES,
    PRIORITY_SCHEMES,
    SECURITY_SCHEMES,
    TEAM_SCHEME,
    plain,
    printer,
    readable,
    schemes,
    team_managed,
)
from sandbox.messages import ApiError, Response, ok

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

#: The kinds of holders, and what names one of each.
HOLDERS = ("group", "anyone", "user", "projectRole", "reporter", "userCustomField")
NOTIFIED = ("Group", "CurrentAssignee", "User", "ProjectRole", "EmailAddress", "Reporter")
EXPAND = "notificationSchemeEvents,user,group,projectRole,field,all"
#: The scheme of security without levels, and how many the others have.
EMPTY, LEVELS = 3, 6


def rows(site: Site) -> Tables:
    """More schemes than a page, as far as there are pages."""
    cloud = site.options.cloud
    tables: Tables = {
        "permission_schemes": _permission_schemes(site),
        "notification_schemes": _notification_schemes(site),
        "issue_security_schemes": [_security_scheme(site, n) for n in range(SECURITY_SCHEMES)],
        "security_levels": [
            _level(site, n, k) for n in range(SECURITY_SCHEMES) if n != EMPTY for k in range(LEVELS)
        ],
        "priority_schemes": _priority_schemes(site),
    }
    if cloud:
        tables["security_level_members"] = [
            _member(site, level, n)
            for level in tables["security_levels"]
            for n in range(int(level["id"]) % 4)
        ]
    return tables


def change(site: Site) -> None:
    """A grant is given, a member goes, schemes are renamed and deleted."""
    tables = site.shelf
    grants = tables["permission_schemes"][0]["permissions"]
    grants.append({**grants[0], "id": 99_001, "permission": "SYSTEM_ADMIN"})
    tables["issue_security_schemes"][0]["name"] = "Renamed"
    tables["security_levels"][1] |= {"name": "Renamed too", "description": ""}
    del tables["security_level_members"][:1]
    tables["priority_schemes"].pop(5)
    tables["notification_schemes"][0]["notificationSchemeEvents"] = []


# --- rows ---------------------------------------------------------------------------------------


def _named(site: Site, kind: str, n: int) -> tuple[Any, Any, Row]:
    """Who is meant: the parameter, the value that Cloud adds, what expanding shows."""
    world, render = site.world, printer(site)
    if kind in {"group", "Group"}:
        group = world.groups[n % len(world.groups)]
        return group.name, group.id, {"group": plain(render.json(group))}
    if kind in {"user", "User"}:
        user = world.users[n % world.people]
        who = user.id if site.options.cloud else user.key
        return who, who, {"user": plain(render.user(user))}
    if kind in {"projectRole", "ProjectRole"}:
        row = {"self": f"{render.rest}/role/10002", "id": 10_002, "name": "Administrators"}
        return "10002", "10002", {"projectRole": row}
    if kind == "userCustomField":
        field = world.catalogue.named("QA owner")
        return field.id, field.id, {"field": plain(field.definition(cloud=site.options.cloud))}
    return None, None, {}


def _holder(site: Site, n: int) -> Row:
    kind = HOLDERS[n % len(HOLDERS)]
    parameter, value, shown = _named(site, kind, n)
    row: Row = {"type": kind}
    if parameter is None:
        return row
    row["parameter"] = parameter
    return row | ({"value": value} if site.options.cloud else {}) | {"expand": next(iter(shown))}


def _permission_schemes(site: Site) -> list[Row]:
    rest, keys = printer(site).rest, list(PERMISSIONS)
    idents = [0, *(FIRST + n for n in range(1, PERMISSION_SCHEMES))]
    made: list[Row] = []
    scopes = [scope for _, _, scope in team_managed(site)] if site.options.cloud else []
    for n, ident in enumerate([*idents, *(TEAM_SCHEME for _ in scopes)]):
        row: Row = {"expand": "permissions,user,group,projectRole,field,all", "id": ident}
        row |= {"self": f"{rest}/permissionscheme/{ident}", "name": f"Permissions {n % 3} «ü»"}
        row |= {"description": f"The\nnumber {n}"} if n % 2 else {}
        row |= {"scope": scopes[n - PERMISSION_SCHEMES]} if ident == TEAM_SCHEME else {}
        row["permissions"] = []
        # One scheme grants nothing, the default one much.
        for k in range(140 if n == 0 else n % 4):
            number, holder = 1000 * n + k, _holder(site, n + k)
            link = f"{row['self']}/permission/{number}"
            holder |= _named(site, holder["type"], n + k)[2]
            grant: Row = {"id": number, "self": link, "holder": holder}
            row["permissions"].append(grant | {"permission": keys[k % len(keys)]})
        made.append(row)
    return made


def _notification_schemes(site: Site) -> list[Row]:
    made: list[Row] = []
    for n in range(NOTIFICATION_SCHEMES):
        ident = FIRST + n
        row: Row = {"expand": EXPAND, "id": ident}
        row |= {"self": f"{printer(site).rest}/notificationscheme/{ident}"}
        row |= {"name": f"Notifications {n // 2:02} ✉"}
        row |= {"description": ""} if n % 3 == 0 else {}
        # Events without recipients are listed too.
        row["notificationSchemeEvents"] = [
            {
                "event": {"id": event, "name": f"Event {event}", "description": "It happened"},
                "notifications": [_notification(site, 100 * n + k, k) for k in range(event % 4)],
            }
            for event in range(1, 2 + n % 6)
        ]
        if site.options.cloud:
            used = [x.id for x in readable(site) if _uses(site, x, "notificationSchemeId", ident)]
            row["projects"] = used
        made.append(row)
    return made


def _uses(site: Site, project: Any, column: str, ident: int) -> bool:
    return bool(schemes(site, project)[column] == ident)


def _notification(site: Site, ident: int, n: int) -> Row:
    kind = NOTIFIED[(ident + n) % len(NOTIFIED)]
    row: Row = {"id": ident, "notificationType": kind}
    if kind == "EmailAddress":
        return row | {"parameter": "a@example.com", "emailAddress": "a@example.com"}
    parameter, value, shown = _named(site, kind, ident)
    if parameter is None:
        return row
    row |= {"parameter": parameter} | ({"recipient": value} if site.options.cloud else {})
    return row | {"expand": next(iter(shown)), **shown}


def _security_scheme(site: Site, n: int) -> Row:
    ident = FIRST + n
    row: Row = {"self": f"{printer(site).rest}/issuesecurityschemes/{ident}", "id": ident}
    row |= {"name": f"Security {n // 2} 🔒"} | ({"description": f"Level {n}"} if n % 3 else {})
    return row | ({"defaultSecurityLevelId": 10_100 + 10 * n} if n % 2 and n != EMPTY else {})


def _level(site: Site, n: int, k: int) -> Row:
    # The first is the one that issues have.
    ident = str(10_100 + 10 * n + k)
    row: Row = {"self": f"{printer(site).rest}/securitylevel/{ident}", "id": ident}
    row |= {"name": site.world.security.name if ident == "10100" else f"Stufe {k}"}
    row |= {"description": "Not for all"} if k % 2 else {}
    row |= {"isDefault": k == 0 and n % 2 == 1} if site.options.cloud else {}
    return row | {"issueSecuritySchemeId": str(FIRST + n)}


def _member(site: Site, level: Row, n: int) -> Row:
    number = int(level["id"])
    row: Row = {"id": str(10 * number + n), "issueSecurityLevelId": level["id"]}
    row |= {"issueSecuritySchemeId": level["issueSecuritySchemeId"]}
    row["holder"] = _holder(site, number + n)
    return row | ({"managed": n == 2} if n else {})


def _priority_schemes(site: Site) -> list[Row]:
    cloud, made = site.options.cloud, []
    levels = [each.id for each in site.world.priorities]
    for n in range(PRIORITY_SCHEMES):
        ident = FIRST + n - 1 if n else 1
        name = f"Priorities {n // 2:02}" if n else "Default priority scheme"
        row: Row = {"id": str(ident) if cloud else ident, "name": name}
        row |= {"description": "Für alle"} if n % 4 == 0 else {}
        if cloud:
            row |= {"isDefault": n == 0, "self": f"{printer(site).rest}/priorityscheme/{ident}"}
            row |= {"defaultPriorityId": levels[n % 5]} if n % 3 else {}
        else:
            row |= {"defaultScheme": n == 0, "optionIds": levels[: 1 + n % 5]}
            row |= {"self": f"{printer(site).rest}/priorityschemes/{ident}"}
            row |= {"defaultOptionId": levels[0]} if n % 3 else {}
        made.append(row)
    return sorted(made, key=lambda row: str(row["name"]))


# --- answers ------------------------------------------------------------------------------------


def permission_schemes(ctx: Context) -> list[Row]:
    """Their grants only where something is expanded, the holders' names where all is."""
    found = shelf(ctx)["permission_schemes"]
    expand = ctx.request.listed("expand")
    if not expand:
        return without(found, "permissions")
    if "all" in expand:
        return found
    shown = ("user", "group", "projectRole", "field")
    return [
        row
        | {
            "permissions": [
                x | {"holder": without([x["holder"]], *shown)[0]} for x in row["permissions"]
            ]
        }
        for row in found
    ]


def notification_schemes(ctx: Context) -> list[Row]:
    """Those of projects that the caller administers: all or none; events where asked for."""
    if not ctx.has("ADMINISTER_PROJECTS"):
        return []
    found = shelf(ctx)["notification_schemes"]
    return found if ctx.request.listed("expand") else without(found, "notificationSchemeEvents")


def security_schemes(ctx: Context, ident: str) -> list[Row]:
    """One of them, with its levels."""
    mine = [row for row in shelf(ctx)["issue_security_schemes"] if str(row["id"]) == ident]
    levels = [x for x in shelf(ctx)["security_levels"] if x["issueSecuritySchemeId"] == ident]
    hidden = ("issueSecuritySchemeId", "isDefault")
    return [{**row, "levels": without(levels, *hidden)} for row in mine]


def _searched(ctx: Context) -> list[Row]:
    """The same schemes as Cloud lists them in pages, in another shape."""
    return [
        {
            "id": row["id"],
            "self": row["self"],
            "name": row["name"],
            "description": row.get("description", ""),
            "defaultLevel": row.get("defaultSecurityLevelId", -1),
        }
        for row in shelf(ctx)["issue_security_schemes"]
    ]


def _priorities(ctx: Context, scheme: str) -> list[Row]:
    if not known(shelf(ctx)["priority_schemes"], scheme):
        raise ApiError(404, ["The priority scheme was not found."])
    some = shelf(ctx)["priorities"][: 1 + int(scheme) % 5]
    return [row | {"sequence": str(n)} for n, row in enumerate(some)]


def _paged_priority_schemes(ctx: Context) -> list[Row]:
    if "priorities" not in ctx.request.listed("expand"):
        return shelf(ctx)["priority_schemes"]
    found = []
    for row in shelf(ctx)["priority_schemes"]:
        some = _priorities(ctx, row["id"])
        page = {"startAt": 0, "maxResults": 50, "total": len(some), "isLast": True}
        found.append(row | {"priorities": {**page, "values": some}})
    return found


def _schemes(ctx: Context, found: list[Row]) -> Response:
    """``{"startAt": 0, "maxResults": 50, "total": 2, "schemes": […]}``."""
    start, size, cut = ctx.page(found, 50, 1000)
    return ok({"startAt": start, "maxResults": size, "total": len(found), "schemes": cut})


ADMIN: dict[str, Any] = {"permission": "ADMINISTER", "scope": "manage:jira-configuration"}
CLOUD: dict[str, Any] = {"product": "cloud", **ADMIN}
serve("/permissionscheme", permission_schemes, within("permissionSchemes"))
serve("/notificationscheme", notification_schemes, bean())
serve("/issuesecurityschemes", "issue_security_schemes", within("issueSecuritySchemes"), **ADMIN)
serve("/issuesecurityschemes/search", _searched, bean(), **CLOUD)
serve("/issuesecurityschemes/level", "security_levels", bean(), **CLOUD)
serve("/issuesecurityschemes/level/member", "security_level_members", bean(), **CLOUD)
serve("/issuesecurityschemes/{ident}", security_schemes, one, **ADMIN)
serve("/priorityscheme", _paged_priority_schemes, bean(), **CLOUD)
serve("/priorityscheme/{scheme}/priorities", _priorities, bean(), **CLOUD)
serve("/priorityschemes", "priority_schemes", _schemes, product="dc", **ADMIN)
