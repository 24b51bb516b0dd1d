"""What issues carry, one request per issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.carried import crowds, links, properties, transitions
from sandbox.messages import ApiError, Response, ok
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.model import Issue

NO_VOTING = "Voting for issues is not enabled."


def _readable(ctx: Context, ident: str) -> Issue:
    issue = ctx.issue(ident)
    ctx.refuse([issue])
    return issue


def _crowd(ctx: Context, issue: Issue, field: str, member: str) -> Response:
    """The count is for everyone who sees the issue; who they are is not."""
    crowd = ctx.world.value(issue, field)
    seen = crowd.users if ctx.may(crowds.SEEING, issue.project) else ()
    shown = [ctx.render.user_shape(user) for user in seen]
    return ok({**ctx.render.json(crowd), member: shown})


@route("GET", "/issue/{ident}/watchers", anonymous=True)
def watchers(ctx: Context, ident: str) -> Response:
    """``{"self": …, "isWatching": false, "watchCount": 1, "watchers": […]}``."""
    return _crowd(ctx, _readable(ctx, ident), "watches", "watchers")


@route("GET", "/issue/{ident}/votes", anonymous=True)
def votes(ctx: Context, ident: str) -> Response:
    """``{"self": …, "votes": 24, "hasVoted": true, "voters": […]}``."""
    issue = _readable(ctx, ident)
    if not ctx.jira.options.voting:
        raise ApiError(404, [NO_VOTING])
    return _crowd(ctx, issue, "votes", "voters")


@route("GET", "/issue/{ident}/remotelink", anonymous=True)
def remote_links(ctx: Context, ident: str) -> Response:
    """``[…]``, or the one with the ``globalId``."""
    found = links.rows(ctx.jira, ctx.render, _readable(ctx, ident))
    wanted = ctx.request.param("globalId")
    if wanted is None:
        return ok(found)
    for row in found:
        if row.get("globalId") == wanted:
            return ok(row)
    raise ApiError(404, ["A remote link with the given global id does not exist."])


@route("GET", "/issue/{ident}/properties", anonymous=True)
def property_keys(ctx: Context, ident: str) -> Response:
    """``{"keys": [{"self": …, "key": "…"}]}``."""
    issue = _readable(ctx, ident)
    base = f"{ctx.render.rest}/issue/{issue.id}/properties"
    keys = [row["key"] for row in properties.rows(ctx.jira, ctx.render, issue)]
    return ok({"keys": [{"self": f"{base}/{key}", "key": key} for key in keys]})


@route("GET", "/issue/{ident}/properties/{key}", anonymous=True)
def one_property(ctx: Context, ident: str, key: str) -> Response:
    """``{"key": "…", "value": …}``."""
    for row in properties.rows(ctx.jira, ctx.render, _readable(ctx, ident)):
        if row["key"] == key:
            return ok(row)
    raise ApiError(404, [f"The property {key} does not exist."])


@route("GET", "/issue/{ident}/transitions", anonymous=True)
def possible(ctx: Context, ident: str) -> Response:
    """``{"expand": "transitions", "transitions": […]}``."""
    issue = _readable(ctx, ident)
    able = ctx.may(transitions.MOVING, issue.project)
    found = transitions.rows(ctx.jira, ctx.render, issue) if able else []
    wanted = ctx.request.param("transitionId")
    shown = [row for row in found if wanted in {None, row["id"]}]
    return ok({"expand": "transitions", "transitions": shown})
