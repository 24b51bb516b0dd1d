"""Changes of issues: paged per issue, and in bulk over many."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from sandbox.api.issues import BAD_PAYLOAD
from sandbox.api.search import BAD_TOKEN, sorted_issues
from sandbox.messages import ApiError, Response, ok
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context

_BODY = {"issueIdsOrKeys", "fieldIds", "maxResults", "nextPageToken"}
MAX_FIELDS = 10


@route("GET", "/issue/{ident}/changelog", "cloud", anonymous=True)
def changelog(ctx: Context, ident: str) -> Response:
    """The changes of an issue, oldest first."""
    issue = ctx.issue(ident)
    rows = ctx.world.histories(issue)
    start, size, cut = ctx.page(rows, 100, ctx.caps.changelog)
    link = f"{ctx.render.rest}/issue/{ident}/changelog"
    page: dict[str, Any] = {"self": link, "maxResults": size, "startAt": start, "total": len(rows)}
    page["isLast"] = start + size >= len(rows)
    if not page["isLast"]:
        page["nextPage"] = f"{link}?startAt={start + size}&maxResults={size}"
    return ok({**page, "values": [ctx.render.history(row) for row in cut]})


@route("POST", "/changelog/bulkfetch", "cloud")
def bulk_changelog(ctx: Context) -> Response:
    """The changes of many issues by date; one issue's changes may span pages."""
    data = ctx.request.json()
    wanted, fields = data.get("issueIdsOrKeys"), data.get("fieldIds") or []
    size = data.get("maxResults", 1000)
    good = not set(data) - _BODY and isinstance(wanted, list) and isinstance(fields, list)
    if not good or not wanted or len(wanted) > ctx.caps.changelog_bulk_issues:
        raise ApiError(400, [BAD_PAYLOAD])
    if len(fields) > MAX_FIELDS or len(set(fields)) != len(fields):
        raise ApiError(400, [BAD_PAYLOAD])
    if not isinstance(size, int) or not 1 <= size <= ctx.caps.changelog_bulk_page:
        raise ApiError(400, [BAD_PAYLOAD])
    found = [ctx.world.find(str(name)) for name in wanted]
    visible = sorted_issues([issue for issue in found if issue is not None and ctx.sees(issue)])
    ctx.refuse(visible)
    rows = [
        (change.created, issue.id, change.id, change)
        for issue in visible
        for change in ctx.world.histories(issue)
        if not fields or any(item.field_id in fields for item in change.items)
    ]
    rows.sort(key=lambda row: row[:3])
    signature = hash((tuple(map(str, wanted)), tuple(fields)))
    # The token names the last change given, so changes made meanwhile do not shift the pages.
    after = _read_token(data.get("nextPageToken"), signature)
    rows = [row for row in rows if row[:3] > after]
    logs: dict[int, list[Any]] = {}
    for row in rows[:size]:
        logs.setdefault(row[1], []).append(ctx.render.history(row[3], bulk=True))
    answer: dict[str, Any] = {
        "issueChangeLogs": [
            {"issueId": str(ident), "changeHistories": changes} for ident, changes in logs.items()
        ]
    }
    if not logs and ctx.jira.options.terse:
        del answer["issueChangeLogs"]
    if len(rows) > size:
        text = json.dumps([signature, *rows[size - 1][:3]])
        answer["nextPageToken"] = base64.urlsafe_b64encode(text.encode()).decode()
    return ok(answer)


def _read_token(token: str | None, signature: int) -> tuple[int, int, int]:
    if not token:
        return (-(1 << 62), 0, 0)
    try:
        signed, created, issue_id, change_id = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        raise ApiError(400, [BAD_TOKEN]) from None
    if signed != signature:
        raise ApiError(400, [BAD_TOKEN])
    return (created, issue_id, change_id)
