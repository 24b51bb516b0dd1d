"""What issues are made of: types, statuses, priorities, resolutions, labels.

Team-managed projects have types and statuses of their own with the names of others. Cloud lists
statuses that no workflow uses only to administrators, in another shape, 401 for whoever is none.
"""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.api.meta import PERMISSIONS
from sandbox.areas.listing import array, bean, serve, shelf, within
from sandbox.areas.parents import plain, printer, team_statuses, team_types
from sandbox.generate import LINK_TYPES
from sandbox.messages import ApiError, Response, ok
from sandbox.render import CATEGORIES
from sandbox.text import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.context import Context
    from sandbox.model import Named, Status
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

COLOURS = ("#FF0000", "#d04437", "#f15C75", "#f79232", "#707070")
#: What a category is called where statuses are administered.
ADMINISTERED = {
    "undefined": "TODO",
    "new": "TODO",
    "indeterminate": "IN_PROGRESS",
    "done": "DONE",
}
UNUSED = 230
#: Beside the events of Jira itself, some of the site's own.
EVENTS = ("Issue Created", "Issue Updated", "Issue Assigned", "Issue Resolved", "Issue Closed")


def rows(site: Site) -> Tables:
    """More of everything than issues use."""
    render, cloud = printer(site), site.options.cloud
    statuses = [plain(render.json(each)) for each in site.world.statuses] + team_statuses(site)
    for row in statuses:
        row.update({} if cloud else {"statusColor": row["statusCategory"]["colorName"]})
    tables: Tables = {
        "issue_types": [plain(render.json(kind)) for kind in site.world.issue_types],
        "issue_link_types": _link_types(site),
        "statuses": statuses + (_unused() if cloud else []),
        "status_categories": _categories(site),
        "priorities": _priorities(site),
        "resolutions": _resolutions(site),
        "permissions": _permissions(site),
    }
    if cloud:
        tables["issue_types"] += team_types(site)
        tables["labels"] = [{"label": x} for x in (*LABELS, *(f"label-{n}" for n in range(1100)))]
        tables["issue_events"] = [
            {"id": 10_000 + n if n > len(EVENTS) else n, "name": name}
            for n, name in enumerate((*EVENTS, "Révisé", "校正", "Issue Updated"), 1)
        ]
    return tables


def file_status(site: Site, status: Status) -> None:
    """List a status by the name that it has now."""
    for row in site.shelf.tables["statuses"]:
        if row["id"] == status.id:
            row["name"] = status.name


def change(site: Site) -> None:
    """Names change, the last of each goes, a label comes."""
    tables = site.shelf
    for name in ("issue_types", "statuses", "priorities", "resolutions", "issue_link_types"):
        tables[name][0]["name"] += " (renamed)"
    for name in ("priorities", "resolutions", "labels", "issue_events"):
        del tables[name][-1:]
    if site.options.cloud:
        tables["labels"].insert(3, {"label": "brand-new"})


# --- rows ---------------------------------------------------------------------------------------


def _link_types(site: Site) -> list[Row]:
    names = (
        *LINK_TYPES,
        ("Cloners", "is cloned by", "clones"),
        ("Ursache", "← wegen", "→ führt zu"),
    )
    return [
        {
            "id": str(10_000 + n),
            "name": name,
            "inward": inward,
            "outward": outward,
            "self": f"{printer(site).rest}/issueLinkType/{10_000 + n}",
        }
        for n, (name, inward, outward) in enumerate(names)
    ]


def _unused() -> list[Row]:
    """Statuses in no workflow, as administrators see them."""
    return [
        {
            "id": str(11_000 + n),
            "name": ("To Do", f"Unused {n} ∅")[n % 9 > 0],
            "statusCategory": ("TODO", "IN_PROGRESS", "DONE")[n % 3],
            "scope": {"type": "GLOBAL"},
            **({"description": "Nobody remembers"} if n % 2 else {}),
        }
        for n in range(UNUSED)
    ]


def _categories(site: Site) -> list[Row]:
    rest = printer(site).rest
    return [
        {
            "self": f"{rest}/statuscategory/{number}",
            "id": number,
            "key": key,
            "colorName": colour,
            "name": name,
        }
        for key, (number, colour, name) in CATEGORIES.items()
    ]


def _more(site: Site, known: Iterable[Named], sort: str, size: int) -> list[Row]:
    """Those that issues use, and others down to the page's end and beyond."""
    render = printer(site)
    made = [plain(render.json(each)) for each in known]
    for n in range(size - len(made)):
        ident = str(10_300 + n)
        row = {"self": f"{render.rest}/{sort}/{ident}", "id": ident}
        made.append(row | {"name": f"{sort.title()} №{n % 40}"})
    return made


def _priorities(site: Site) -> list[Row]:
    made = _more(site, site.world.priorities, "priority", 57)
    for n, row in enumerate(made):
        row["statusColor"] = COLOURS[n % 5]
        row.update({"description": f"Rank {n}"} if n % 3 else {})
        if site.options.cloud:
            row.update({"isDefault": n == 2} | ({"avatarId": 10_400 + n} if n > 4 else {}))
            row.setdefault("iconUrl", f"/images/icons/priorities/{n}.svg")
    return made


def _resolutions(site: Site) -> list[Row]:
    made = _more(site, site.world.resolutions, "resolution", 53)
    for n, row in enumerate(made):
        row.update({"description": f"So «{n}»"} if n > 2 and n % 2 else {})
        row.update({"isDefault": n == 0} if site.options.cloud else {})
    return made


def _permissions(site: Site) -> list[Row]:
    made: list[Row] = []
    for n, (key, (name, kind)) in enumerate(PERMISSIONS.items()):
        row: Row = {"key": key, "name": name, "type": kind}
        row |= {"description": f"Ability to: {name}."} if n % 3 else {}
        made.append(row if site.options.cloud else {"id": str(n), **row})
    app: Row = {"key": "com.example.app__träger", "name": "Of an app", "type": "PROJECT"}
    return [*made, app]


# --- answers ------------------------------------------------------------------------------------


def _used(ctx: Context) -> list[Row]:
    """Statuses in workflows that are active, all that there are on Data Center."""
    known = shelf(ctx)["statuses"]
    return [row for row in known if not isinstance(row["statusCategory"], str)]


def _administered(ctx: Context) -> list[Row]:
    """All of them, in the shape in which they are administered."""
    if not ctx.has("ADMINISTER_PROJECTS"):
        raise ApiError(401, ["You do not have permission to view statuses."])
    found: list[Row] = []
    for row in shelf(ctx)["statuses"]:
        category = row["statusCategory"]
        if not isinstance(category, str):
            category = ADMINISTERED[category["key"]]
        made: Row = {name: row[name] for name in ("id", "name")} | {"statusCategory": category}
        made["scope"] = row.get("scope", {"type": "GLOBAL"})
        found.append(made | {n: row[n] for n in ("description",) if n in row})
    return found


def _labels(ctx: Context) -> list[Row]:
    return shelf(ctx)["labels"]


def _texts(ctx: Context, found: list[Row]) -> Response:
    texts: list[object] = [row["label"] for row in found]
    return ctx.bean(texts, 1000, 1000)


def _by_key(_: Context, found: list[Row]) -> Response:
    return ok({"permissions": {row["key"]: row for row in found}})


#: What a token must be good for.
ADMINISTERING = "manage:jira-configuration"
serve("/issuetype", "issue_types", anonymous=True)
serve("/issuetype/page", "issue_types", bean(100, 100), product="dc")
serve("/issueLinkType", "issue_link_types", within("issueLinkTypes"))
serve("/status", _used, anonymous=True)
serve("/status/page", _used, bean(100, 100), product="dc")
serve(
    "/statuses/search",
    _administered,
    bean(200, 200),
    product="cloud",
    scope=ADMINISTERING,
)
serve("/statuscategory", "status_categories")
serve("/priority", "priorities", anonymous=True)
serve("/priority/search", "priorities", bean(), product="cloud")
serve("/priority/page", "priorities", bean(100, 100), product="dc")
serve("/resolution", "resolutions")
serve("/resolution/search", "resolutions", bean(), product="cloud")
serve("/resolution/page", "resolutions", bean(100, 100), product="dc")
serve("/label", _labels, _texts, product="cloud")
serve("/permissions", "permissions", _by_key, product="cloud", scope=ADMINISTERING)
serve("/permissions", "permissions", _by_key, product="dc", permission="ADMINISTER")
serve(
    "/events",
    "issue_events",
    array,
    product="cloud",
    permission="ADMINISTER",
    scope=ADMINISTERING,
)
