"""Users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.messages import ApiError, Response, ok
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.model import User

NOT_ALLOWED = "You are not authorized to perform this operation. Administrator privileges required."


def _myself(ctx: Context, user: User) -> dict[str, Any]:
    shape = ctx.render.user_shape(user)
    shape |= {"locale": "en_US", "groups": {"size": 1, "items": []}}
    shape["applicationRoles"] = {"size": 1, "items": []}
    return {**shape, "expand": "groups,applicationRoles"}


@route("GET", "/myself", scope="read:jira-user")
def myself(ctx: Context) -> Response:
    """The caller; strangers get 401."""
    user = ctx.identity.user
    if user is None:  # the router has refused strangers already
        raise ApiError(401)
    return ok(_myself(ctx, user))


def _may_browse(ctx: Context) -> None:
    if not ctx.jira.options.browse_users:
        raise ApiError(403, [NOT_ALLOWED])


def _window(ctx: Context) -> Response:
    """Cut the window first and filter afterwards, so that pages in the middle are short."""
    _may_browse(ctx)
    slow = ctx.jira.options.users_too_slow_above
    if slow is not None and ctx.request.number("maxResults", 50) > slow:
        raise ApiError(409, ["The request takes longer than 10 seconds to process."])
    _, _, cut = ctx.page(ctx.world.users, 50, ctx.caps.users)
    return ok(
        [ctx.render.user_shape(user) for user in cut if user.listed and user.kind != "unknown"]
    )


@route("GET", "/users/search", "cloud", scope="read:jira-user")
def users_search(ctx: Context) -> Response:
    """All users by offset."""
    return _window(ctx)


@route("GET", "/users", "cloud", scope="read:jira-user")
def users(ctx: Context) -> Response:
    """The same."""
    return _window(ctx)


@route("GET", "/user/bulk", "cloud", scope="read:jira-user")
def users_bulk(ctx: Context) -> Response:
    """Users by account id, also those no list shows."""
    ids = ctx.request.params.get("accountId", [])
    if not ids:
        raise ApiError(400, ["The accountId query parameter needs to be provided."])
    found = [user for user in map(ctx.world.user, dict.fromkeys(ids)) if user is not None]
    start, size, cut = ctx.page(found, 10, ctx.caps.users_bulk)
    page: dict[str, Any] = {"self": f"{ctx.render.rest}/user/bulk", "maxResults": size}
    page |= {"startAt": start, "total": len(found), "isLast": start + size >= len(found)}
    return ok({**page, "values": [ctx.render.user_shape(user) for user in cut]})


@route("GET", "/user/list", "dc")
def user_list(ctx: Context) -> Response:
    """All users by cursor, from 10.3 on."""
    if ctx.jira.options.version_numbers < (10, 3):
        raise ctx.jira.unknown(ctx.request)
    _may_browse(ctx)
    known = [user for user in ctx.world.users if user.listed]
    start = ctx.request.number("cursor", 0)
    size = ctx.size(ctx.request.number("maxResults", 2000), 2000, ctx.caps.user_list)
    page: dict[str, Any] = {"maxResults": size, "isLast": start + size >= len(known)}
    if not page["isLast"]:
        page["nextCursor"] = str(start + size)
        page["nextPage"] = f"{ctx.render.rest}/user/list?cursor={start + size}&maxResults={size}"
    shown = [
        {
            **ctx.render.user_shape(user),
            "deleted": False,
            "lastLoginTime": "2026-05-30T16:37:01+0200",
        }
        for user in known[start : start + size]
    ]
    return ok({**page, "values": shown})


@route("GET", "/user/search", "dc")
def user_search(ctx: Context) -> Response:
    """Users by a part of their names; ``.`` matches all."""
    _may_browse(ctx)
    text = (ctx.request.param("username") or "").lower()
    if "username" not in ctx.request.params:
        raise ApiError(400, ["The username query parameter was not provided"])
    everyone = text in {".", "", "%"}
    active = ctx.request.param("includeActive", "true") == "true"
    inactive = ctx.request.param("includeInactive", "false") == "true"
    found = [
        user
        for user in ctx.world.users
        if user.listed
        and (active if user.active else inactive)
        and (everyone or text in f"{user.name} {user.display} {user.email}".lower())
    ]
    _, _, cut = ctx.page(found, 50, ctx.caps.users)
    return ok([ctx.render.user_shape(user) for user in cut])


@route("GET", "/user", scope="read:jira-user")
def user(ctx: Context) -> Response:
    """One user."""
    names = ("accountId",) if ctx.cloud else ("username", "key")
    wanted = next((text for name in names if (text := ctx.request.param(name))), "")
    found = ctx.world.user(wanted)
    if found is None:
        raise ApiError(
            404, ["Specified user does not exist or you do not have required permissions"]
        )
    return ok(_myself(ctx, found))
