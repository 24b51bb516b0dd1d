"""Worklogs: per issue, by id, and the two feeds of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.messages import ApiError, Response, ok, whole
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.model import Filed

WITHHELD_MS = 60_000


@route("GET", "/issue/{ident}/worklog", anonymous=True)
def worklogs(ctx: Context, ident: str) -> Response:
    """The worklogs of an issue; Data Center always gives all of them."""
    if not ctx.jira.options.time_tracking:
        raise ApiError(404, ["Time tracking is not enabled."])
    issue = ctx.issue(ident)
    rows = ctx.world.worklogs(issue)
    if ctx.cloud:
        after, before = ctx.request.param("startedAfter"), ctx.request.param("startedBefore")
        if after:
            rows = [row for row in rows if row.started >= whole(after, 0)]
        if before:
            rows = [row for row in rows if row.started < whole(before, 0)]
        start, size, cut = ctx.page(rows, ctx.caps.worklogs, ctx.caps.worklogs)
    else:
        start, size, cut = 0, len(rows), rows
    shown = [ctx.render.worklog(issue, row) for row in cut]
    return ok({"startAt": start, "maxResults": size, "total": len(rows), "worklogs": shown})


@route("POST", "/worklog/list")
def worklogs_by_id(ctx: Context) -> Response:
    """Worklogs by their ids; what is gone or invisible is absent."""
    ids = ctx.request.json().get("ids")
    if not isinstance(ids, list) or not 0 < len(ids) <= ctx.caps.worklogs_by_id:
        raise ApiError(400, ["The number of worklog ids must be between 1 and 1000."])
    found = (ctx.world.worklog(whole(ident, -1)) for ident in dict.fromkeys(ids))
    properties = ctx.cloud and "properties" in ctx.request.listed("expand")
    return ok(
        [
            ctx.render.worklog(issue, log, properties=properties)
            for issue, log in (pair for pair in found if pair is not None)
            if ctx.sees(issue)
        ]
    )


@route("GET", "/worklog/updated")
def worklogs_updated(ctx: Context) -> Response:
    """Worklogs changed since an instant, if the caller may see them."""
    rows = ctx.world.worklog_feed()
    issues = ctx.world.issues
    return _feed(ctx, "updated", [row for row in rows if ctx.sees(issues[row.issue_id])])


@route("GET", "/worklog/deleted")
def worklogs_deleted(ctx: Context) -> Response:
    """Worklogs deleted since an instant, seen or not."""
    return _feed(ctx, "deleted", ctx.world.deleted_worklogs)


def _feed(ctx: Context, which: str, rows: list[Filed]) -> Response:
    since = ctx.request.number("since", 0)
    until_now = ctx.jira.clock.now_ms() - WITHHELD_MS
    # "Updated after", as it is documented: the rest of a millisecond that a page's end has cut
    # is not given again to whoever asks from that millisecond on.
    first = since if ctx.jira.options.feed_inclusive else since + 1
    due = [row for row in rows if first <= row.updated <= until_now]
    page = due[: ctx.caps.feed]
    last = len(due) <= ctx.caps.feed
    until = page[-1].updated if page else since
    link = f"{ctx.render.rest}/worklog/{which}"
    answer: dict[str, Any] = {
        "values": [
            {"worklogId": row.worklog_id, "updatedTime": row.updated, "properties": []}
            for row in page
        ],
        "since": since,
        "until": until,
        "self": f"{link}?since={since}",
        "lastPage": last,
    }
    if not last:
        answer["nextPage"] = f"{link}?since={until}"
    if not ctx.cloud:
        answer["isLastPage"] = answer.pop("lastPage") if ctx.jira.options.seed % 2 else last
    return ok(answer)
