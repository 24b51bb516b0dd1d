"""Workflows and their schemes.

Cloud knows a workflow by its id, two may share a name, and a page of them has a second list with
the statuses they refer to. Data Center knows it by its name and prints when it was last changed as
people read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.areas.listing import bean, one, serve, shelf, without
from sandbox.areas.metadata import ADMINISTERED
from sandbox.areas.parents import FIRST, WORKFLOW_SCHEMES, printer, team_managed, team_statuses
from sandbox.messages import ApiError, Response, ok

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

WORKFLOWS = 54
SYSTEM = "jira"
CHANGED = ("12/Jan/24 3:04 PM", "Gestern 09:15", "31/Dez/23 11:59 PM")


def rows(site: Site) -> Tables:
    """More than a page of each, and the workflows of team-managed projects."""
    if not site.options.cloud:
        return {"workflows": [_dc_workflow(site, n) for n in range(WORKFLOWS)]}
    own = [each.id for each in site.world.statuses]
    made = [_workflow(n, own[: 1 + n % 5], {"type": "GLOBAL"}) for n in range(WORKFLOWS)]
    for number, _, scope in team_managed(site):
        ids = [row["id"] for row in team_statuses(site) if row["scope"] == scope]
        made.append(_workflow(WORKFLOWS + number, ids, scope) | {"name": _name(1)})
    schemes = [workflow_scheme(site, FIRST + n) for n in range(WORKFLOW_SCHEMES)]
    return {"workflows": made, "workflow_schemes": schemes}


def change(site: Site) -> None:
    """One is edited, one goes; a scheme maps another type."""
    tables = site.shelf
    tables["workflows"][1]["description"] = "Edited"
    tables["workflows"].pop()
    for row in tables["workflow_schemes"][1:2]:
        row["issueTypeMappings"] = {"10001": _name(2)}


# --- rows ---------------------------------------------------------------------------------------


def _name(n: int) -> str:
    return f"Arbeitsablauf {n}: «→»" if n else SYSTEM


def _workflow(n: int, statuses: list[str], scope: Row) -> Row:
    row: Row = {"id": f"b9ff2384-d3b6-4d4e-9509-{n:012x}", "name": _name(n)}
    row |= {"description": ""} if n % 2 else {}
    row |= {"isEditable": n > 0, "scope": scope}
    row |= {"version": {"id": f"c1a3-{n}", "versionNumber": n}} if n % 5 else {}
    row |= {"created": f"2026-01-{1 + n % 28:02}T09:00:00.000+0000"} if n % 3 else {}
    place = {"x": -100.00030899047852, "y": float(n)}
    row["statuses"] = [
        {"statusReference": ref, "deprecated": False, "layout": place, "properties": {"k": "ü"}}
        for ref in statuses
    ]
    row["transitions"] = [
        {
            "id": str(10 * k + 1),
            "name": f"Nach {ref}",
            "description": "",
            "type": ("INITIAL", "GLOBAL", "DIRECTED")[min(k, 2)],
            "toStatusReference": ref,
            "links": [{"fromStatusReference": statuses[0], "fromPort": 0}] if k > 1 else [],
            "actions": [{"ruleKey": "system:update-field", "parameters": {"field": "resolution"}}],
            "validators": [],
            "triggers": [],
            "properties": {},
        }
        for k, ref in enumerate(statuses)
    ]
    return row | {"startPointLayout": place}


def _dc_workflow(site: Site, n: int) -> Row:
    row: Row = {"name": _name(n), "description": "" if n % 2 else "Für alles"}
    if n % 4:
        user = site.world.users[n % site.world.people]
        row |= {"lastModifiedDate": CHANGED[n % 3], "lastModifiedUser": user.name}
    return row | {"steps": 1 + n % 5, "default": n == 0}


def workflow_scheme(site: Site, ident: int) -> Row:
    """A scheme, as both products print it."""
    n = ident - FIRST
    row: Row = {"id": ident, "name": f"Workflows {n // 2}"}
    row |= {"description": "Ein Schema."} if n % 3 else {}
    row["defaultWorkflow"] = _name(n % WORKFLOWS)
    kinds = [each.id for each in site.world.issue_types][: n % 4]
    row["issueTypeMappings"] = {kind: _name((n + 1) % WORKFLOWS) for kind in kinds}
    return row | {"self": f"{printer(site).rest}/workflowscheme/{ident}"}


# --- answers ------------------------------------------------------------------------------------


def _allowed(ctx: Context) -> list[Row]:
    """Whoever may not see workflows is answered 401."""
    if not ctx.has("ADMINISTER"):
        raise ApiError(401, ["You do not have permission to view workflows."])
    return shelf(ctx)["workflows"]


def _page(ctx: Context, found: list[Row]) -> Response:
    """Transitions where asked for; the statuses of the page's workflows beside them."""
    start, size, cut = ctx.page(found, 50, 50)
    page: dict[str, Any] = {"startAt": start, "maxResults": size, "total": len(found)}
    page["isLast"] = start + size >= len(found)
    asked = "values.transitions" in ctx.request.listed("expand")
    page["values"] = cut if asked else without(cut, "transitions")
    refs = {status["statusReference"] for row in cut for status in row["statuses"]}
    page["statuses"] = [
        {
            "id": row["id"],
            "name": row["name"],
            "scope": row.get("scope", {"type": "GLOBAL"}),
            "statusCategory": ADMINISTERED[row["statusCategory"]["key"]],
            "statusReference": row["id"],
        }
        for row in shelf(ctx)["statuses"]
        if row["id"] in refs
    ]
    return ok(page)


def _scheme(ctx: Context, ident: str) -> list[Row] | None:
    known = range(FIRST, FIRST + WORKFLOW_SCHEMES)
    found = int(ident) if ident.isdigit() else 0
    return [workflow_scheme(ctx.jira, found)] if found in known else None


ADMIN: dict[str, Any] = {"permission": "ADMINISTER", "scope": "manage:jira-configuration"}
serve("/workflows/search", _allowed, _page, product="cloud", scope="manage:jira-configuration")
serve("/workflow", _allowed, product="dc")
serve("/workflowscheme", "workflow_schemes", bean(), product="cloud", **ADMIN)
serve("/workflowscheme/{ident}", _scheme, one, product="dc", **ADMIN)
