"""What custom fields are made of: contexts and options; and those in the trash.

Fields of Jira itself and those that are locked have no contexts (404), most have no options (400),
one has more contexts than a page and one more options. The children of a cascade come behind all
parents on Cloud; on Data Center each parent names its children, and pages are numbered.
"""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.areas.listing import bean, of, serve, shelf
from sandbox.areas.parents import plain, printer
from sandbox.customfields import BASE
from sandbox.messages import ApiError, Response, ok

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.fields import Field
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

SELECTS = ("select", "radiobuttons", "multiselect", "multicheckboxes", "cascadingselect")
TRASHED = 57
#: The options of a field beside those that issues have.
MORE_OPTIONS = {"Severity": 130, "Impact": 1}
CASCADE = "Area"


def rows(site: Site) -> Tables:
    """Contexts where fields have them, options where those can be chosen."""
    fields = [each for each in site.world.catalogue.fields if _configurable(each)]
    tables: Tables = {"field_options": []}
    if site.options.cloud:
        tables["trashed_fields"] = [_trashed(site, n) for n in range(TRASHED)]
        tables["field_contexts"] = []
    for field in fields:
        contexts = _contexts(field)
        if site.options.cloud:
            tables["field_contexts"] += contexts
        if _selectable(field):
            made = _cloud_options if site.options.cloud else _dc_options
            tables["field_options"] += made(site, field, [each["id"] for each in contexts])
    return tables


def change(site: Site) -> None:
    """An option is disabled, one goes; a context comes, a field leaves the trash."""
    tables = site.shelf
    tables["field_options"][0] |= {"disabled": True, "value": "Out of use"}
    tables["field_options"].pop(7)
    del tables["trashed_fields"][:1]
    if site.options.cloud:
        new = {**tables["field_contexts"][0], "id": "99001", "name": "New"}
        tables["field_contexts"].append(new)


# --- rows ---------------------------------------------------------------------------------------


def _configurable(field: Field) -> bool:
    """Whether it is a custom field of Jira's own kinds and of all projects."""
    return (field.custom or "").startswith(BASE) and field.scope is None


def _selectable(field: Field) -> bool:
    return _configurable(field) and (field.custom or "").removeprefix(BASE) in SELECTS


def _contexts(field: Field) -> list[Row]:
    number = int(field.id.removeprefix("customfield_"))
    # The first has more than a page, some have none.
    size = 56 if field.name == "Foo Bar" else 0 if number % 9 == 5 else 1 + number % 3
    size = max(size, 2) if _selectable(field) else size
    return [
        {
            "fieldId": field.id,
            "id": str(number * 100 + n),
            "name": f"Kontext {n} of {field.name}" if n else "Default Configuration Scheme",
            "description": "" if n % 2 else f"For\t{field.name}",
            "isGlobalContext": n == 0,
            "isAnyIssueType": n % 2 == 0,
        }
        for n in range(size)
    ]


def _cloud_options(site: Site, field: Field, contexts: list[str]) -> list[Row]:
    made: list[Row] = []
    for n, context in enumerate(contexts):
        home = {"fieldId": field.id, "contextId": context}
        if n == 0:
            known = [(each.id, each.value) for each in site.world.selects[field.name]]
            more = MORE_OPTIONS.get(field.name, 0)
            known += [(f"{context}{k:04}", f"Choice {k % 99}, ö=1") for k in range(more)]
        else:
            # The same words in another context are other options.
            known = [(f"{context}{k:04}", f"{field.name} {k} é") for k in range(n % 3)]
        for k, (ident, value) in enumerate(known):
            made.append({**home, "id": ident, "value": value, "disabled": k % 6 == 5})
        if field.name == CASCADE:
            made += [
                {**home, "id": f"{ident}{k}", "value": f"Corner {k}", "optionId": ident}
                | {"disabled": k == 4}
                for ident, _ in known
                for k in range(5)
            ]
    return made


def _dc_options(site: Site, field: Field, contexts: list[str]) -> list[Row]:
    cloud = _cloud_options(site, field, contexts[:1])
    return [
        {
            "fieldId": field.id,
            "self": f"{printer(site).rest}/customFieldOption/{row['id']}",
            "id": int(row["id"]),
            "value": row["value"],
            "disabled": row["disabled"],
            "childrenIds": [int(x["id"]) for x in cloud if x.get("optionId") == row["id"]],
        }
        for row in cloud
    ]


def _trashed(site: Site, n: int) -> Row:
    ident = f"customfield_{20_000 + n}"
    kind = ("textfield", "select", "multiuserpicker")[n % 3]
    schema = {"type": ("string", "option", "array")[n % 3], "custom": BASE + kind}
    row: Row = {"id": ident, "key": ident, "name": f"Gone {n % 50} ¬"}
    row |= {"schema": schema | {"customId": 20_000 + n}, "isLocked": n % 5 == 0}
    row |= {"description": "Unused\nsince 2019"} if n % 2 else {}
    user = plain(printer(site).user(site.world.users[n % site.world.people]))
    row |= {"trashedDate": "2026-05-06T07:32:47.000+0000", "trashedBy": user} if n % 4 else {}
    return row | ({"plannedDeletionDate": "2026-07-05T07:32:47.000+0000"} if n % 4 else {})


# --- answers ------------------------------------------------------------------------------------


def _field(ctx: Context, ident: str) -> Field:
    field = ctx.world.catalogue.by_id.get(ident)
    if field is None or not _configurable(field):
        raise ApiError(404, ["The custom field was not found."])
    return field


def _field_contexts(ctx: Context, ident: str) -> list[Row]:
    return of(shelf(ctx)["field_contexts"], fieldId=_field(ctx, ident).id)


def _context_options(ctx: Context, ident: str, context: str) -> list[Row]:
    field = _field(ctx, ident)
    if context not in {row["id"] for row in _field_contexts(ctx, ident)}:
        raise ApiError(404, ["The context was not found for the field."])
    if not _selectable(field):
        raise ApiError(400, ["The custom field does not support options."])
    return of(shelf(ctx)["field_options"], fieldId=ident, contextId=context)


def _custom_fields(ctx: Context) -> list[Row]:
    """Data Center's fields, with what administrators know of them."""
    found: list[Row] = []
    for field in ctx.world.catalogue.fields:
        if field.custom:
            number = int(field.id.removeprefix("customfield_"))
            row: Row = {"id": field.id, "name": field.name, "type": field.custom}
            row |= {"numericId": number, "isLocked": not _configurable(field)}
            row |= {"isManaged": False, "isTrusted": True, "isAllProjects": number % 2 == 0}
            row |= {"projectIds": [], "issueTypeIds": [], "projectsCount": 0, "screensCount": 3}
            row |= {"description": field.description} if field.description else {}
            found.append({**row, "self": f"{ctx.render.rest}/customFields/{field.id}"})
    return found


def _described(ctx: Context) -> list[Row]:
    """Cloud's fields, with what everybody may know of them beside their list."""
    return [
        {"id": field.id, "key": field.id, "name": field.name, "isLocked": not _configurable(field)}
        | ({"schema": schema} if (schema := field.schema(cloud=True)) else {})
        | ({"description": field.description} if field.description else {})
        for field in ctx.world.catalogue.fields
    ]


def _options(ctx: Context, number: str) -> list[Row]:
    ident = f"customfield_{number}"
    # Whoever may not see the field is told that there is none.
    if ident not in ctx.world.catalogue.by_id or not ctx.has("ADMINISTER"):
        raise ApiError(404, ["The custom field was not found."])
    return of(shelf(ctx)["field_options"], fieldId=ident)


def _numbered(ctx: Context, found: list[Row]) -> Response:
    """``{"total": 2, "options": […]}``; pages are counted from one, and ten rows long."""
    page = max(1, ctx.request.number("page", 1))
    size = ctx.size(ctx.request.number("maxResults", 10), 10, 100)
    return ok({"total": len(found), "options": found[(page - 1) * size : page * size]})


CLOUD: dict[str, Any] = {
    "product": "cloud",
    "permission": "ADMINISTER",
    "scope": "manage:jira-configuration",
}
serve("/field/search", _described, bean(), product="cloud")
serve("/field/search/trashed", "trashed_fields", bean(), product="cloud", permission="ADMINISTER")
serve("/field/{ident}/context", _field_contexts, bean(total=False), **CLOUD)
serve("/field/{ident}/context/{context}/option", _context_options, bean(100, 100), **CLOUD)
serve("/customFields", _custom_fields, bean(), product="dc", permission="ADMINISTER")
serve("/customFields/{number}/options", _options, _numbered, product="dc")
