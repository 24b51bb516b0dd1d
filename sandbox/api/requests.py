"""Requests of service desks: one by one, with pages inside and pages of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.areas.listing import desk, one, serve, slip
from sandbox.areas.service import API, REQUESTS, WORK, agents_only, missing
from sandbox.carried import approvals, requests
from sandbox.messages import ApiError, Response, ok
from sandbox.portal import SHUT
from sandbox.router import route

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.context import Context
    from sandbox.model import Issue
    from sandbox.shelf import Row

#: Members that are pages, by the name under which they are asked for.
PAGES = {
    "participant": ("participants", requests.participants),
    "sla": ("sla", requests.sla),
    "status": ("status", requests.statuses),
}
NO_FEEDBACK = "Feedback is not enabled for this service project."


def _found(ctx: Context, ident: str) -> tuple[Issue, Row, Row]:
    """A request with its desk and type; who is no agent is refused whatever it is."""
    agents_only(ctx)
    issue = ctx.world.find(ident)
    if issue is None or not ctx.sees(issue):
        raise missing("request")
    ctx.refuse([issue])
    home = requests.found(ctx.jira, issue)
    if home is not None:
        return issue, *home
    desks = ctx.jira.shelf["service_desks"]
    if any(row["id"] == SHUT and row["projectId"] == str(issue.project.id) for row in desks):
        raise ApiError(403, html="")
    raise missing("request")


@route("GET", "/request/{ident}", api=API, scope=REQUESTS)
def request(ctx: Context, ident: str) -> Response:
    """A request, with the first page of each list that is asked for."""
    issue, home, kind = _found(ctx, ident)
    expand = ctx.request.listed("expand")
    row = requests.request(ctx.jira, issue, home, kind)
    for name, (member, rows) in PAGES.items():
        if name in expand:
            path = f"{ctx.request.path}/{name}"
            row[member] = slip(ctx, rows(ctx.jira, issue), path)
    row |= {"requestType": kind} if "requestType" in expand else {}
    return ok(row | ({"serviceDesk": home} if "serviceDesk" in expand else {}))


def _of(rows: Callable[..., list[Row]]) -> Callable[..., list[Row]]:
    return lambda ctx, ident: rows(ctx.jira, _found(ctx, ident)[0])


def _approvals(ctx: Context, ident: str) -> list[Row]:
    return approvals.rows(ctx.jira, ctx.render, _found(ctx, ident)[0])


def _feedback(ctx: Context, ident: str) -> list[Row]:
    issue = _found(ctx, ident)[0]
    if not ctx.jira.options.feedback:
        raise ApiError(400, payload={"errorMessage": NO_FEEDBACK})
    found = approvals.feedback(ctx.jira, ctx.render, issue)
    if not found:
        raise missing("feedback")
    return found


for _name, (_, _rows) in PAGES.items():
    _scope = WORK if _name == "sla" else REQUESTS
    serve(f"/request/{{ident}}/{_name}", _of(_rows), desk(), api=API, scope=_scope)
serve("/request/{ident}/approval", _approvals, desk(), api=API, scope=REQUESTS)
serve("/request/{ident}/feedback", _feedback, one, api=API, scope=REQUESTS)
