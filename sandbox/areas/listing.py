"""The ways in which Jira lists plain resources.

An area says what there is, as Jira would print it, a table for each stream. A row that belongs to
a parent holds its id under the name of the tap's column in Jira's spelling (``projectId``,
``boardId``); where Jira's own answer does not say it, the handler leaves it out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.messages import ApiError, Response, ok
from sandbox.router import route
from sandbox.shelf import Row, Shelf

if TYPE_CHECKING:
    from sandbox.context import Context

Find = Callable[..., "list[Row] | None"]
Answer = Callable[["Context", list[Row]], Response]


def without(rows: Collection[Row], *names: str) -> list[Row]:
    """The rows as Jira prints them where it leaves these members out."""
    return [{name: each[name] for name in each if name not in names} for each in rows]


def of(rows: Collection[Row], **parents: Any) -> list[Row]:
    """The rows of a parent; the parent's id is not printed."""
    mine: Collection[Row] = rows
    for name, wanted in parents.items():
        mine = [row for row in mine if str(row[name]) == str(wanted)]
    return without(mine, *parents)


# --- the ways of listing ------------------------------------------------------------------------


def array(_: Context, rows: list[Row]) -> Response:
    """``[…]``."""
    return ok(rows)


def bean(default: int = 50, cap: int = 50, *, total: bool = True) -> Answer:
    """``{"startAt": 0, "maxResults": 50, "total": 2, "isLast": true, "values": […]}``."""
    return lambda ctx, rows: ctx.bean(rows, default, cap, total=total)


def within(name: str, **more: Any) -> Answer:
    """``{"issueLinkTypes": […]}``."""
    return lambda _, rows: ok({**more, name: rows})


def desk(cap: int = 50) -> Answer:
    """``{"size": 2, "start": 0, "limit": 50, "isLastPage": true, "values": […]}``."""

    def answer(ctx: Context, rows: list[Row]) -> Response:
        start = max(0, ctx.request.number("start", 0))
        limit = ctx.size(ctx.request.number("limit", 50), 50, cap)
        return ok(slip(ctx, rows, ctx.request.path, start, limit))

    return answer


def slip(ctx: Context, rows: list[Row], path: str, start: int = 0, limit: int = 50) -> Row:
    """One page of service management, by itself or inside of something."""
    cut, last = rows[start : start + limit], start + limit >= len(rows)
    link = f"{ctx.jira.base_url}{path}?limit={limit}&start="
    links: Row = {"base": ctx.jira.base_url, "context": "", "self": f"{link}{start}"}
    links |= {} if last else {"next": f"{link}{start + limit}"}
    links |= {"prev": f"{link}{max(0, start - limit)}"} if start else {}
    page: Row = {"_expands": [], "size": len(cut), "start": start, "limit": limit}
    return {**page, "isLastPage": last, "_links": links, "values": cut}


def cursor(ctx: Context, rows: list[Row]) -> Response:
    """``{"nextPageCursor": "2", "last": false, "size": 2, "values": […]}``."""
    start = int(ctx.request.param("cursor") or 0)
    size = min(ctx.request.number("maxResults", 50), 50)
    page: Row = {"cursor": str(start), "size": size, "total": len(rows)}
    page |= {"values": rows[start : start + size], "last": start + size >= len(rows)}
    if not page["last"]:
        page["nextPageCursor"] = str(start + size)
    return ok(page)


def one(_: Context, rows: list[Row]) -> Response:
    """The only row, by itself."""
    if not rows:
        raise ApiError(404, ["Not found."])
    return ok(rows[0])


def serve(template: str, stream: str | Find, answer: Answer = array, **how: Any) -> None:
    """Answer ``GET template`` with a stream's rows, or with those that a function finds.

    The function is called with the context and what the template's holes are filled with; for
    ``None`` the answer is 404. ``how`` goes to :func:`sandbox.router.route`, a ``scope`` for Cloud
    only.
    """

    def handler(ctx: Context, **holes: Any) -> Response:
        found = shelf(ctx)[stream] if isinstance(stream, str) else stream(ctx, **holes)
        if found is None:
            raise ApiError(404, ["The resource was not found, or you may not see it."])
        return answer(ctx, found)

    product, scope = how.pop("product", "both"), how.pop("scope", "read:jira-work")
    # The scopes are Cloud's; a token of Data Center is not narrowed to those.
    if product in {"both", "cloud"}:
        route("GET", template, "cloud", scope=scope, **how)(handler)
    if product in {"both", "dc"}:
        route("GET", template, "dc", **how)(handler)


def shelf(ctx: Context) -> Shelf:
    """What there is."""
    return ctx.jira.shelf


def known(rows: Collection[Mapping[str, Any]], ident: Any, name: str = "id") -> bool:
    """Whether a row has that id."""
    return any(str(row[name]) == str(ident) for row in rows)
