"""Issues by id, and their comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.api.search import asked_properties, sorted_issues
from sandbox.messages import ApiError, Response, ok, whole
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context

BAD_PAYLOAD = "Invalid request payload. Refer to the REST API documentation."
_BULK_BODY = {"issueIdsOrKeys", "fields", "expand", "properties", "fieldsByKeys"}
_HEAVY_EXPANDS = {
    "changelog",
    "editmeta",
    "operations",
    "renderedFields",
    "transitions",
    "versionedRepresentations",
}
MAX_NAMED = 100
_MANY_VALUED = {"comment", "worklog", "attachment"}


def bulk_limit(ctx: Context, names: tuple[str, ...], expand: set[str]) -> int:
    """How many issues one bulk fetch may ask for: more when the fields are few and plain."""
    plain = 1 <= len(names) <= MAX_NAMED and not any(name[:1] in {"*", "-"} for name in names)
    if plain and not set(names) & _MANY_VALUED and not expand & _HEAVY_EXPANDS:
        return ctx.caps.bulkfetch_plain
    return ctx.caps.bulkfetch


@route("POST", "/issue/bulkfetch", "cloud", anonymous=True)
def bulkfetch(ctx: Context) -> Response:
    """Many issues, in ascending order of their ids; what cannot be seen is absent."""
    if not ctx.jira.options.bulkfetch:
        raise ctx.jira.unknown(ctx.request)
    data = ctx.request.json()
    wanted = data.get("issueIdsOrKeys")
    if set(data) - _BULK_BODY or not isinstance(wanted, list) or not wanted:
        raise ApiError(400, [BAD_PAYLOAD])
    if not isinstance(data.get("expand", []), (list, type(None))):
        raise ApiError(400, [BAD_PAYLOAD])
    names = tuple(data.get("fields") or ())
    properties = asked_properties(data)
    expand = set(data.get("expand") or ())
    limit = bulk_limit(ctx, names, expand)
    if len(wanted) > limit:
        raise ApiError(400, [f"Exceeded the maximum of {limit} issues per request."])
    found = [ctx.world.find(str(name)) for name in wanted]
    visible = sorted_issues([issue for issue in found if issue is not None and ctx.sees(issue)])
    errors = ctx.refuse(visible, listed=True)
    failed = {error["id"] for error in errors}
    shown = [
        ctx.show(issue, names or ("*navigable",), expand=expand, properties=properties)
        for issue in visible
        if str(issue.id) not in failed
    ]
    answer: dict[str, Any] = {"expand": "", "issues": shown}
    if errors or not ctx.jira.options.terse:
        answer["issueErrors"] = errors
    return ok(answer)


@route("GET", "/issue/{ident}", anonymous=True)
def issue(ctx: Context, ident: str) -> Response:
    """One issue with all its fields, or the ones asked for."""
    found = ctx.issue(ident)
    names = tuple(ctx.request.listed("fields")) or ("*all",)
    ctx.refuse([found])
    expand, properties = ctx.request.listed("expand"), ctx.request.listed("properties")
    return ok(ctx.show(found, names, expand=expand, properties=properties, alone=True))


@route("GET", "/issue/{ident}/comment", anonymous=True)
def comments(ctx: Context, ident: str) -> Response:
    """The comments of an issue, by offset."""
    found = ctx.issue(ident)
    ctx.refuse([found])
    rows, total = ctx.world.visible_comments(found)
    if ctx.request.param("orderBy", "created") == "-created":
        rows = rows[::-1]
    cap = ctx.caps.comments if ctx.cloud else max(1, len(rows))
    default = 100 if ctx.cloud else cap
    start, size, cut = ctx.page(rows, default, cap)
    shown = [ctx.render.comment(found, row) for row in cut]
    page = {"startAt": start, "maxResults": size, "total": total, "comments": shown}
    if not ctx.jira.options.comment_totals:
        del page["total"]
    return ok(page)


@route("POST", "/comment/list", "cloud", anonymous=True)
def comments_by_id(ctx: Context) -> Response:
    """Comments by their ids, in one page."""
    ids = ctx.request.json().get("ids")
    if not isinstance(ids, list) or not 0 < len(ids) <= ctx.caps.comments_by_id:
        raise ApiError(400, ["The number of ids must be between 1 and 1000."])
    wanted = {whole(ident, -1) for ident in ids}
    shown: list[Any] = [
        ctx.render.comment(one, row)
        for one in ctx.world.issues.values()
        if ctx.sees(one) and _overlaps(one.counts[0], wanted, mutated=one.comments is not None)
        for row in ctx.world.visible_comments(one)[0]
        if row.id in wanted
    ]
    page: dict[str, Any] = {"maxResults": 1_048_576, "startAt": 0, "total": len(shown)}
    return ok({**page, "isLast": True, "values": shown})


def _overlaps(born: Any, wanted: set[int], *, mutated: bool) -> bool:
    return mutated or any(born.first <= ident < born.first + born.size for ident in wanted)
