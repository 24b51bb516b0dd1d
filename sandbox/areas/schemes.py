"""What administrators compose: schemes of types and screens, and workflows.

Lists with caps of their own (25, 100), one that refuses pages larger than its cap (400), one
whose page size goes by another name, a screen that is gone when its tabs are read (404, on Data
Center 400), "default" in place of an issue type, callers without the permission told 401.
"""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.areas.listing import array, bean, known, of, one, serve, shelf, within, without
from sandbox.areas.parents import (
    FIELD_SCHEMES,
    FIRST,
    TYPE_SCHEMES,
    TYPE_SCREEN_SCHEMES,
    plain,
    printer,
    team_managed,
)
from sandbox.messages import ApiError, Response

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

SCREENS, SCREEN_SCHEMES = 104, 53
#: The screen that is gone as soon as it is listed.
GONE = 42
#: What is listed of types that are read with the scheme.
EXPANDED = ("issueTypes", "defaultIssueType")


def rows(site: Site) -> Tables:
    """More of each than a page has."""
    tables: Tables = {
        "issue_type_schemes": [_type_scheme(site, n) for n in range(TYPE_SCHEMES)],
        "issue_type_scheme_items": [
            {"issueTypeSchemeId": str(FIRST + n), "issueTypeId": kind}
            for n in range(TYPE_SCHEMES)
            for kind in _types(site, n)
        ],
        "screens": _screens(site),
        "screen_tabs": [],
        "screen_tab_fields": [],
    }
    fields = [(each.id, each.name, each.type) for each in site.world.catalogue.fields]
    for screen in tables["screens"]:
        for tab in _tabs(screen["id"]):
            home = {"screenId": screen["id"], "tabId": tab["id"]}
            tables["screen_tabs"].append({"screenId": screen["id"], **tab})
            # Some tabs are empty, others share their fields.
            for ident, name, kind in fields[tab["id"] % 7 :][: tab["id"] % 5]:
                row = {**home, "id": ident, "name": name}
                dc = {"type": kind or "string", "showWhenEmpty": False}
                tables["screen_tab_fields"].append(row if site.options.cloud else row | dc)
    if site.options.cloud:
        tables["screen_schemes"] = [_screen_scheme(n) for n in range(SCREEN_SCHEMES)]
        tables["field_schemes"] = [_field_scheme(n) for n in range(FIELD_SCHEMES)]
        tables |= _type_screen_schemes(site)
    return tables


def change(site: Site) -> None:
    """A screen is renamed, a tab goes with its fields, a type leaves a scheme."""
    tables = site.shelf
    tables["screens"][0] |= {"name": "Renamed", "description": "New"}
    tab = tables["screen_tabs"].pop(1)
    fields = tables["screen_tab_fields"]
    fields[:] = [row for row in fields if row["tabId"] != tab["id"]]
    tables["issue_type_scheme_items"].pop(0)
    tables["issue_type_schemes"][1]["name"] = "Renamed"
    for name in ("screen_schemes", "issue_type_screen_scheme_items"):
        del tables[name][-1:]
    for row in tables["field_schemes"][:1]:
        row["fieldsCount"] += 1


# --- rows ---------------------------------------------------------------------------------------


def _types(site: Site, n: int) -> list[str]:
    """The types in a scheme."""
    return [each.id for each in site.world.issue_types][: 1 + n % 5]


def _type_scheme(site: Site, n: int) -> Row:
    row: Row = {"id": str(FIRST + n), "name": f"Types {n // 2} «é»" if n else "Default"}
    row |= {"description": "Some of them"} if n % 3 else {}
    if not site.options.cloud:
        row |= {"self": f"{printer(site).rest}/issuetypescheme/{FIRST + n}"}
        return row | {"expand": "schemes.issueTypes,schemes.defaultIssueType"}
    row |= {"defaultIssueTypeId": _types(site, n)[0]} if n % 4 else {}
    return row | ({"isDefault": True} if n == 0 else {})


def _screens(site: Site) -> list[Row]:
    made: list[Row] = []
    for ident in range(1, SCREENS + 1):
        row: Row = {"id": ident, "name": f"Screen {ident % 90}: Anlegen/編集"}
        made.append(row | ({"description": f"Für {ident}"} if ident % 3 else {}))
    if site.options.cloud:
        made += [
            {"id": 20_000 + number, "name": "Screen 1: Anlegen/編集", "scope": scope}
            for number, _, scope in team_managed(site)
        ]
    return made


def _tabs(screen: int) -> list[Row]:
    if screen in {GONE, 50}:
        return []
    return [{"id": 10 * screen + n, "name": f"Tab {n} ▸"} for n in range(1 + screen % 3)]


def _screen_scheme(n: int) -> Row:
    row: Row = {"id": n + 1 if n < 2 else FIRST + n, "name": f"Screens {n % 40}"}
    row |= {"description": "A\tB"} if n % 2 else {}
    uses = {"default": 1 + n} | ({"edit": 2 + n, "view": 1} if n % 3 == 1 else {})
    return row | {"screens": uses | ({"create": 3 + n} if n % 4 == 2 else {})}


def _field_scheme(n: int) -> Row:
    ident, rest = FIRST + n, f"rest/api/3/config/fieldschemes/{FIRST + n}"
    row: Row = {"id": ident, "name": f"Fields {n // 2}"} | ({"description": ""} if n % 2 else {})
    row |= {"isDefault": n == 0, "fieldsCount": 3 * n}
    return row | {"links": {"associations": f"{rest}/fields", "projects": f"{rest}/projects"}}


def _type_screen_schemes(site: Site) -> Tables:
    """The default one has the id 1; each maps "default" and some types to a scheme of screens."""
    schemes_: list[Row] = []
    items: list[Row] = []
    for n in range(TYPE_SCREEN_SCHEMES):
        ident = str(FIRST + n - 1) if n else "1"
        row: Row = {"id": ident, "name": f"Type screens {n // 2}"}
        schemes_.append(row | ({"description": f"Ѐ {n}"} if n % 3 == 0 else {}))
        for k, kind in enumerate(["default", *_types(site, n)[: n % 3]]):
            item = {"issueTypeScreenSchemeId": ident, "issueTypeId": kind}
            items.append(item | {"screenSchemeId": str(_screen_scheme((n + k) % 50)["id"])})
    return {"issue_type_screen_schemes": schemes_, "issue_type_screen_scheme_items": items}


# --- answers ------------------------------------------------------------------------------------


def _kinds(ctx: Context, scheme: Row) -> Row:
    """The types of a scheme in full, and the first of them that not every scheme names."""
    render = printer(ctx.jira)
    mine = of(shelf(ctx)["issue_type_scheme_items"], issueTypeSchemeId=scheme["id"])
    ids = {row["issueTypeId"] for row in mine}
    types = [plain(render.json(kind)) for kind in ctx.world.issue_types if kind.id in ids]
    more = {"defaultIssueType": types[0]} if int(scheme["id"]) % 4 and types else {}
    return {"issueTypes": types, **more}


def _dc_type_schemes(ctx: Context) -> list[Row]:
    expand = ctx.request.listed("expand")
    hidden = [name for name in EXPANDED if f"schemes.{name}" not in expand]
    every = [row | _kinds(ctx, row) for row in shelf(ctx)["issue_type_schemes"]]
    return without(every, *hidden)


def _dc_type_scheme(ctx: Context, scheme: str) -> list[Row]:
    mine = [row for row in shelf(ctx)["issue_type_schemes"] if row["id"] == scheme]
    return [row | _kinds(ctx, row) for row in mine]


def small_pages(ctx: Context, found: list[Any]) -> Response:
    """Pages of at most a hundred rows; asking for more is an error."""
    if ctx.request.number("maxResults", 50) > 100 or ctx.request.number("startAt", 0) < 0:
        raise ApiError(400, ["maxResults must not exceed 100, startAt must not be negative."])
    return ctx.bean(found, 50, 100)


def _administrator(ctx: Context) -> None:
    """What Data Center says of the lacking permission here: 401."""
    if not ctx.has("ADMINISTER"):
        raise ApiError(401, ["You are not authorized to perform this operation."])


def _dc_screens(ctx: Context) -> list[Row]:
    """An array, whole unless a part of it is asked for."""
    _administrator(ctx)
    found = shelf(ctx)["screens"]
    if ctx.request.param("maxResults") is None:
        return found[max(0, ctx.request.number("startAt", 0)) :]
    return ctx.page(found, 100, 100)[2]


def _screen_tabs(ctx: Context, screen: str) -> list[Row]:
    if not ctx.cloud:
        _administrator(ctx)
    if screen == str(GONE) or not known(shelf(ctx)["screens"], screen):
        raise ApiError(404 if ctx.cloud else 400, ["The screen does not exist."])
    return of(shelf(ctx)["screen_tabs"], screenId=screen)


def _tab_fields(ctx: Context, screen: str, tab: str) -> list[Row]:
    if not known(_screen_tabs(ctx, screen), tab):
        raise ApiError(404 if ctx.cloud else 400, ["The tab does not exist."])
    return of(shelf(ctx)["screen_tab_fields"], screenId=screen, tabId=tab)


def _all_tabs(ctx: Context) -> list[Row]:
    """Those of many screens; the names differ from those of one screen's."""
    screens, tabs = ctx.request.params.get("screenId"), ctx.request.params.get("tabId")
    if not (screens or tabs) or "" in [*(screens or ()), *(tabs or ())]:
        raise ApiError(400, ["Screen IDs or tab IDs must be given."])
    return [
        {"screenId": row["screenId"], "tabId": row["id"], "tabName": row["name"]}
        for row in shelf(ctx)["screen_tabs"]
        if (not screens or str(row["screenId"]) in screens) and (not tabs or str(row["id"]) in tabs)
    ]


def _tab_page(ctx: Context, found: list[Row]) -> Response:
    """The size of a page is asked for as ``maxResult``; ``maxResults`` means nothing."""
    ctx.request.params["maxResults"] = ctx.request.params.get("maxResult", [])
    return ctx.bean(found, 100, 100)


ADMIN: dict[str, Any] = {"permission": "ADMINISTER", "scope": "manage:jira-configuration"}
CLOUD: dict[str, Any] = {"product": "cloud", **ADMIN}
DC: dict[str, Any] = {"product": "dc"}
SCREENS_OF: dict[str, Any] = {**CLOUD, "scope": "manage:jira-project"}
TABS = "/screens/{screen}/tabs"
serve("/config/fieldschemes", "field_schemes", small_pages, **CLOUD)
serve("/issuetypescheme", "issue_type_schemes", bean(), **CLOUD)
serve("/issuetypescheme/mapping", "issue_type_scheme_items", bean(), **CLOUD)
serve("/issuetypescheme", _dc_type_schemes, within("schemes"), **DC, **ADMIN)
serve("/issuetypescheme/{scheme}", _dc_type_scheme, one, **DC, **ADMIN)
serve("/issuetypescreenscheme", "issue_type_screen_schemes", bean(), **CLOUD)
serve("/issuetypescreenscheme/mapping", "issue_type_screen_scheme_items", bean(), **CLOUD)
serve("/screens", "screens", bean(100, 100), **SCREENS_OF)
serve("/screens", _dc_screens, array, **DC)
serve("/screens/tabs", _all_tabs, _tab_page, **SCREENS_OF)
serve(TABS, _screen_tabs, array, **SCREENS_OF)
serve(TABS, _screen_tabs, array, **DC)
serve(TABS + "/{tab}/fields", _tab_fields, array, **SCREENS_OF)
serve(TABS + "/{tab}/fields", _tab_fields, array, **DC)
serve("/screenscheme", "screen_schemes", bean(25, 25), **SCREENS_OF)
