"""Projects and what belongs to each of them.

More components and versions than a page has, projects without any, one in the trash whose parts
cannot be read (404), senders of mail that are not set (404), properties of every type, one of
which is gone when it is read.
"""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sandbox.areas.listing import array, bean, of, one, serve, shelf, within, without
from sandbox.areas.parents import (
    administered,
    found,
    plain,
    printer,
    readable,
    team_statuses,
    team_types,
)
from sandbox.messages import ApiError

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.messages import Response
    from sandbox.model import Project
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

#: How many parts a project has beside those that its issues use.
COMPONENTS = {"APP": 75, "AND": 30, "SUP": 10}
VERSIONS = {"APP": 120, "SUP": 47}
GONE = "gone.when.read"
PROPERTIES: tuple[tuple[str, Any], ...] = (
    ("com.example.settings", {"deep": {"ünï": [1, 2.5, None]}, "on": True}),
    ("naïve key, 50% + more", "text"),
    ("list", [1, "two", {"three": 3}]),
    ("nothing", None),
    ("false", False),
    ("big", 9_007_199_254_740_993),
)
FEATURES = ("jsw.classic.roadmap", "jsw.classic.backlog", "jsw.agility.board", "jsw.classic.goals")


def rows(site: Site) -> Tables:
    """What every project has but the hidden ones and those in the trash."""
    tables: Tables = {
        "project_types": _types(site),
        "project_categories": _categories(site),
        "components": [],
        "versions": [],
        "project_statuses": [],
        "project_properties": [],
        "project_avatars": [],
    }
    for project in readable(site):
        n, home = site.world.projects.index(project), {"projectId": str(project.id)}
        tables["components"] += _components(site, project, n)
        tables["versions"] += _versions(site, project, n)
        tables["project_statuses"] += _statuses(site, project, n)
        tables["project_properties"] += [
            {**home, "key": key, "value": value} for key, value in PROPERTIES[: n % 7]
        ]
        tables["project_avatars"] += [{**home, **each} for each in _avatars(site, n)]
    if site.options.cloud:
        tables["project_features"] = [x for each in readable(site) for x in _features(each)]
        tables["project_emails"] = [x for each in readable(site) for x in _emails(each)]
    return tables


def change(site: Site) -> None:
    """A version is released and one is deleted, a component comes, a category goes."""
    tables = site.shelf
    tables["versions"][0] |= {"name": "1.0 (renamed)", "released": True}
    tables["versions"].pop(1)
    new = {**tables["components"][0], "id": "99001", "name": "New component"}
    tables["components"].append(new)
    tables["project_categories"].pop(0)


# --- rows ---------------------------------------------------------------------------------------


def _types(site: Site) -> list[Row]:
    keys = ["business", "software", "service_desk"]
    keys += ["product_discovery", "customer_service"] if site.options.cloud else []
    return [
        {
            "key": key,
            "formattedKey": key.replace("_", " ").title(),
            "descriptionI18nKey": f"jira.project.type.{key}.description",
            "icon": "PHN2Zy8+",
            "color": f"#{n}A67FF",
        }
        for n, key in enumerate(keys)
    ]


def _categories(site: Site) -> list[Row]:
    rest = printer(site).rest
    made: list[Row] = []
    for n, name in enumerate(("Kunden «A»", "Internal", "内部", "A" * 255)):
        row: Row = {"self": f"{rest}/projectCategory/{10_100 + n}", "id": str(10_100 + n)}
        made.append(row | {"name": name} | ({"description": "x\ny"} if n % 2 else {}))
    return made


def _components(site: Site, project: Project, n: int) -> list[Row]:
    render, cloud = printer(site), site.options.cloud
    named = [(each.id, each.name) for each in project.components]
    more = COMPONENTS.get(project.key, n % 3 if n > 8 else 0)
    named += [(str(30_000 + 200 * n + k), f"Part {k % 60} · ß") for k in range(more)]
    made: list[Row] = []
    for k, (ident, name) in enumerate(named):
        kind = ("PROJECT_DEFAULT", "COMPONENT_LEAD", "PROJECT_LEAD", "UNASSIGNED")[k % 4]
        lead = site.world.users[(n + k) % site.world.people]
        row: Row = {"self": f"{render.rest}/component/{ident}", "id": ident, "name": name}
        row |= {"description": f"All of\n{name}"} if k % 3 else {}
        if k % 2:
            row["lead"] = plain(render.user(lead))
            row |= {} if cloud else {"leadUserName": lead.name}
        row |= {"assigneeType": kind, "project": project.key}
        if cloud:
            row |= {"realAssigneeType": kind, "isAssigneeTypeValid": k % 4 == 1}
            row["projectId"] = project.id
        else:
            row |= {"archived": False, "deleted": False}
        made.append(row)
    return made


def _versions(site: Site, project: Project, n: int) -> list[Row]:
    named = [(v.id, v.name, v.released, v.date) for v in project.versions]
    more = VERSIONS.get(project.key, n % 2 if n > 8 else 0)
    for k in range(more):
        date = f"20{10 + k % 20}-02-{1 + k % 28:02}" if k % 3 else None
        named.append((str(50_000 + 200 * n + k), f"{k}.0, ünd = mehr", k % 5 == 0, date))
    made: list[Row] = []
    for k, (ident, name, released, date) in enumerate(named):
        row: Row = {"self": f"{printer(site).rest}/version/{ident}", "id": ident}
        row |= {"description": "Ein Satz."} if k % 2 else {}
        row |= {"name": name, "archived": k % 7 == 3, "released": released}
        if k % 4 == 2:
            row |= {"startDate": "2009-12-31", "userStartDate": "31/Dez/09"}
        if date:
            row |= {"releaseDate": date, "userReleaseDate": f"{date[8:]}/Feb/{date[2:4]}"}
            row |= {} if released else {"overdue": date < "2026-06-15"}
        made.append({**row, "projectId": project.id})
    return made


def _statuses(site: Site, project: Project, n: int) -> list[Row]:
    render = printer(site)
    kinds = [plain(render.json(kind)) for kind in site.world.issue_types]
    statuses = [plain(render.json(status)) for status in site.world.statuses]
    if project.team_managed:
        kinds, statuses = (_own(project, x) for x in (team_types(site), team_statuses(site)))
    # The last type has no statuses, the others more and more.
    return [
        {
            "projectId": str(project.id),
            "issueTypeId": kind["id"],
            "issueTypeName": kind["name"],
            "subtask": kind["subtask"],
            "statusId": status["id"],
            **without([status], "id")[0],
        }
        for k, kind in enumerate(kinds)
        for status in statuses[: 0 if k + 1 == len(kinds) else 2 + (n + k) % 4]
    ]


def _own(project: Project, entities: list[Row]) -> list[Row]:
    return [row for row in entities if row["scope"]["project"]["id"] == str(project.id)]


def _features(project: Project) -> list[Row]:
    if project.kind != "software":
        return []
    return [
        {
            "projectId": project.id,
            "state": ("ENABLED", "DISABLED", "COMING_SOON")[(project.id + k) % 3],
            "toggleLocked": k % 2 == 0,
            "feature": feature,
            "prerequisites": list(FEATURES[: k % 3]),
            "localisedName": f"Funktion {k}",
            "localisedDescription": "Ü" * k,
            **({} if k == 1 else {"imageUri": f"/images/{feature}.svg"}),
        }
        for k, feature in enumerate(FEATURES)
    ]


def _emails(project: Project) -> list[Row]:
    if project.id % 3 == 1:
        return []
    row: Row = {"projectId": str(project.id), "emailAddress": f"{project.key.lower()}@example.com"}
    if project.id % 2:
        row["emailAddressStatus"] = ["Email address or domain not verified."]
    return [row]


def _avatars(site: Site, n: int) -> list[Row]:
    """Those that every project may use, and its own."""
    made = []
    for k in range(6 + n % 3):
        ident, system = (10_320 + k, True) if k < 6 else (20_000 + 10 * n + k, False)
        row: Row = {"id": str(ident)} if system else {"id": str(ident), "owner": str(10_000 + n)}
        link = f"{site.base_url}/secure/projectavatar?avatarId={ident}&size="
        if site.options.cloud:
            row |= {"isSystemAvatar": system, "isSelected": k == n % 6, "isDeletable": not system}
            row["urls"] = {"16x16": f"{link}xsmall", "48x48": f"{link}large"}
        else:
            row |= {"selected": k == n % 6}
        made.append(row)
    return made


# --- answers ------------------------------------------------------------------------------------


def _parts(stream: str, name: str = "projectId") -> Any:
    """Those of a project; for components and versions its id is a member."""

    def find(ctx: Context, ident: str) -> list[Row]:
        project = found(ctx, ident)
        own = str(getattr(project, "key" if name == "project" else "id"))
        return [row for row in shelf(ctx)[stream] if str(row[name]) == own]

    return find


def _all_parts(stream: str, name: str) -> Any:
    """Those of all projects, or of the ``projectIds`` asked for."""

    def find(ctx: Context) -> list[Row]:
        ids = ctx.request.listed("projectIds")
        projects = [each for each in readable(ctx.jira) if not ids or str(each.id) in ids]
        own = {str(getattr(each, "key" if name == "project" else "id")) for each in projects}
        return [row for row in shelf(ctx)[stream] if str(row[name]) in own]

    return find


def _components_of_all(ctx: Context) -> list[Row]:
    """Cloud's site-wide list says little of each."""
    wanted = ctx.request.listed("projectIdsOrKeys")
    projects = [found(ctx, each) for each in wanted] or readable(ctx.jira)
    own = {each.id for each in projects}
    names = ("self", "id", "name", "description")
    return [
        {name: row[name] for name in names if name in row}
        for row in shelf(ctx)["components"]
        if row["projectId"] in own
    ]


def _project_statuses(ctx: Context, ident: str) -> list[Row]:
    """An issue type with its statuses each."""
    project = found(ctx, ident)
    render, by_type = printer(ctx.jira), of(shelf(ctx)["project_statuses"], projectId=project.id)
    kinds = [plain(render.json(kind)) for kind in ctx.world.issue_types]
    if project.team_managed:
        kinds = _own(project, team_types(ctx.jira))
    made = []
    for kind in kinds:
        row = {name: kind[name] for name in ("self", "id", "name", "subtask")}
        mine = [each for each in by_type if each["issueTypeId"] == kind["id"]]
        row["statuses"] = [
            {"id": x["statusId"], **without([x], "statusId")[0]}
            for x in without(mine, "issueTypeId", "issueTypeName", "subtask")
        ]
        made.append(row)
    return made


def _project_features(ctx: Context, ident: str) -> list[Row]:
    project = administered(ctx, ident)
    return [row for row in shelf(ctx)["project_features"] if row["projectId"] == project.id]


def _project_keys(ctx: Context, ident: str) -> list[Row]:
    project = found(ctx, ident)
    keys = [row["key"] for row in of(shelf(ctx)["project_properties"], projectId=project.id)]
    start = f"{ctx.render.rest}/project/{project.id}/properties"
    return [{"self": f"{start}/{quote(key)}", "key": key} for key in [*keys, GONE]]


def _project_property(ctx: Context, ident: str, name: str) -> list[Row]:
    mine = of(shelf(ctx)["project_properties"], projectId=found(ctx, ident).id)
    return [row for row in mine if row["key"] == name]


def _email(ctx: Context, ident: str) -> list[Row]:
    if not ident.isdigit():
        raise ApiError(404, [f'For input string: "{ident}"'])
    return of(shelf(ctx)["project_emails"], projectId=found(ctx, ident).id)


def _split_avatars(ctx: Context, found_: list[Row]) -> Response:
    named = {"system": [row for row in found_ if "owner" not in row]}
    return within("custom", **named)(ctx, [row for row in found_ if "owner" in row])


def _project_avatars(ctx: Context, ident: str) -> list[Row]:
    return of(shelf(ctx)["project_avatars"], projectId=found(ctx, ident).id)


serve("/project/type", "project_types")
serve("/projectCategory", "project_categories")
serve("/component", _components_of_all, bean(), product="cloud")
serve("/project/{ident}/component", _parts("components"), bean(), product="cloud")
serve("/project/{ident}/components", _parts("components", "project"), array)
serve("/component/page", _all_parts("components", "project"), bean(100, 100), product="dc")
serve("/project/{ident}/version", _parts("versions"), bean())
serve("/project/{ident}/versions", _parts("versions"), array)
serve("/version", _all_parts("versions", "projectId"), bean(100, 100), product="dc")
serve("/project/{ident}/statuses", _project_statuses)
serve("/project/{ident}/features", _project_features, within("features"), product="cloud")
serve("/project/{ident}/properties", _project_keys, within("keys"))
serve("/project/{ident}/properties/{name}", _project_property, one)
serve("/project/{ident}/email", _email, one, product="cloud", scope="manage:jira-project")
serve("/project/{ident}/avatars", _project_avatars, _split_avatars)
