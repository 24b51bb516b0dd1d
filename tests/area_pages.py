"""The pages of `docs/streams/`: a page for each area, made from the declarations and catalogs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_jira.streams import AREAS, FURTHER
from tap_jira.streams.issues.resource import IssueResource
from tap_jira.streams.resource import Inside, Joined, Known, Read, Resource
from tests import faults_told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_jira.streams.resource import Way

#: What a column points to, wherever it is.
POINTS_TO = {
    "account_id": "users",
    "user_key": "users",
    "board_id": "boards",
    "context_id": "field_contexts",
    "dashboard_id": "dashboards",
    "field_id": "fields",
    "field_scheme_id": "field_schemes",
    "group_id": "groups",
    "issue_id": "issues",
    "issue_security_level_id": "security_levels",
    "issue_security_scheme_id": "issue_security_schemes",
    "issue_type_id": "issue_types",
    "issue_type_scheme_id": "issue_type_schemes",
    "issue_type_screen_scheme_id": "issue_type_screen_schemes",
    "notification_scheme_id": "notification_schemes",
    "organization_id": "organizations",
    "permission_scheme_id": "permission_schemes",
    "plan_id": "plans",
    "priority_scheme_id": "priority_schemes",
    "project_id": "projects",
    "role_id": "project_roles",
    "screen_id": "screens",
    "screen_scheme_id": "screen_schemes",
    "service_desk_id": "service_desks",
    "sprint_id": "sprints",
    "status_id": "statuses",
    "tab_id": "screen_tabs",
    "workflow_scheme_id": "workflow_schemes",
}
HEAD = (
    "Made from the declarations in `tap_jira/streams/` by `make catalog`. "
    "[What all streams have in common](../data-model.md) is told elsewhere."
)


def slug(area: str) -> str:
    """The page's name."""
    return area.lower().replace(" ", "-")


def names(area: str) -> list[str]:
    """The streams of an area."""
    others = [str(vars(stream)["name"]) for stream in FURTHER if stream.area == area]
    return [*(each.name for each in AREAS[area]), *others]


def areas_table() -> str:
    """The areas, a line each, with what they hold."""
    rows = [
        (
            f"[{area}](docs/streams/{slug(area)}.md)",
            ", ".join(f"`{name}`" for name in names(area)),
        )
        for area in AREAS
    ]
    return faults_told.table(("Area", "Streams"), rows)


def costs() -> str:
    """What each stream costs and how fresh it is, an area at a time."""
    parts = []
    for area in AREAS:
        rows = [
            (
                f"`{each.name}`",
                _bills(each),
                _when(each).partition(" (")[0],
                "yes" if each.selected else "",
            )
            for each in AREAS[area]
        ]
        titles = ("Stream", "Requests", "Read", "On by default")
        parts.append(f"### [{area}](streams/{slug(area)}.md)\n\n{faults_told.table(titles, rows)}")
    return "\n\n".join(parts)


def page(area: str, catalogs: Mapping[str, Mapping[str, dict[str, Any]]]) -> str:
    """An area's page; ``catalogs`` has the streams of each product by name."""
    parts = [
        f"# {area}",
        HEAD,
        _diagram(names(area), catalogs),
    ]
    parts += [_declared(each, catalogs) for each in AREAS[area]]
    parts += [_other(stream, catalogs) for stream in FURTHER if stream.area == area]
    return "\n\n".join(parts) + "\n"


def _declared(resource: Resource, catalogs: Mapping[str, Mapping[str, dict[str, Any]]]) -> str:
    ways = {"Cloud": resource.cloud, "Data Center": resource.data_center}
    facts = [("Key", _key(resource.name, catalogs))]
    facts += [(product, _where(way)) for product, way in ways.items()]
    facts += [
        ("Read", _when(resource)),
        ("Needs", f"{_needs(resource)}; scope `{resource.scope}`"),
        ("Selected", "by default" if resource.selected else "on demand"),
    ]
    return _stream(resource.name, resource.doc, facts, catalogs)


def _needs(resource: Resource) -> str:
    text, elsewhere = resource.permission.text, resource.data_center_permission
    return f"{text}, on Data Center {elsewhere.text}" if elsewhere else text


def _other(stream: Any, catalogs: Mapping[str, Mapping[str, dict[str, Any]]]) -> str:
    doc = " ".join(str(stream.__doc__).split())
    facts = [
        ("Key", _key(stream.name, catalogs)),
        ("Read", f"what is new since the bookmark (`{stream.replication_key}`)"),
        ("Needs", f"{stream.permission}; scope `{stream.scope}`"),
    ]
    return _stream(stream.name, doc.replace("``", "`"), facts, catalogs)


def _stream(
    name: str,
    doc: str,
    facts: Iterable[tuple[str, str]],
    catalogs: Mapping[str, Mapping[str, dict[str, Any]]],
) -> str:
    listed = "\n".join(f"- **{title}:** {text}" for title, text in facts)
    return "\n\n".join([f"## {name}", doc, listed, _columns(name, catalogs)])


def _key(name: str, catalogs: Mapping[str, Mapping[str, dict[str, Any]]]) -> str:
    keys = [
        ", ".join(f"`{part}`" for part in streams[name]["key_properties"])
        for streams in catalogs.values()
        if name in streams
    ]
    if len(set(keys)) == 1:
        return keys[0]
    return f"{keys[0]} on Cloud, {keys[1]} on Data Center"


def _where(way: Way | tuple[Way, ...]) -> str:
    if way is None:
        return "not there"
    if isinstance(way, tuple):
        return "; ".join(_where(each) for each in way)
    if isinstance(way, Known):
        return "what every run asks for anyway; no request"
    if isinstance(way, Inside):
        return f"`{way.member}` of the issues; no further request"
    if isinstance(way, Joined):
        paths = [_path(part) for part in way.parts]
        return ", ".join(f"`{path}`" for path in paths)
    if isinstance(way, Resource):
        return f"{_where(way.cloud or way.data_center)}; shared by the streams that need it"
    since = f" (from {'.'.join(map(str, way.since))} on)" if way.since else ""
    return f"`{way.path}`{since}, {_price(way)}"


def _bills(resource: Resource) -> str:
    """What a stream costs, product by product where they differ."""
    ways = {"Cloud": resource.cloud, "Data Center": resource.data_center}
    bills = {product: _bill(way) for product, way in ways.items() if way}
    if len(set(bills.values())) == 1:
        return next(iter(bills.values()))
    return "; ".join(f"{product}: {bill}" for product, bill in bills.items())


def _bill(way: Way | tuple[Way, ...]) -> str:
    """What a way of reading costs, without where it leads."""
    if isinstance(way, tuple):
        return " and ".join(dict.fromkeys(_bill(each) for each in way))
    if isinstance(way, Known | Inside):
        return "none of its own"
    if isinstance(way, Joined):
        return " and ".join(dict.fromkeys(_bill(part) for part in way.parts))
    if isinstance(way, Resource):
        return _bill(way.cloud or way.data_center)
    return _price(way) if way else "none"


def _price(way: Read) -> str:
    """What it costs in requests."""
    if "{issueId}" in way.path:
        return "a request for each changed issue"
    if way.parents is None:
        return "a request a page"
    if way.parents.at_once:
        return f"a request for each {way.parents.at_once} {way.parents.name}"
    least = " at least" if way.parents.many else ""
    return f"a request for each of the {way.parents.name}{least}"


def _path(part: Resource) -> str:
    ways = [each for each in (part.cloud, part.data_center) if isinstance(each, Read)]
    return ways[0].path


def _when(resource: Resource) -> str:
    if isinstance(resource, IssueResource):
        return "with the issues that changed, by their `updated`"
    if resource.every_run or not _costs(resource):
        return "whole, in every run"
    return "whole, once a day (`full_table_interval_hours`)"


def _costs(resource: Resource) -> bool:
    for way in (resource.cloud, resource.data_center):
        for each in way if isinstance(way, tuple) else (way,):
            if isinstance(each, Read) and each.parents and each.parents.many:
                return True
            if isinstance(each, Joined) and any(_costs(part) for part in each.parts):
                return True
            if isinstance(each, Resource) and _costs(each):
                return True
    return False


def _columns(name: str, catalogs: Mapping[str, Mapping[str, dict[str, Any]]]) -> str:
    kinds: dict[str, dict[str, str]] = {}
    for product, streams in catalogs.items():
        if name in streams:
            for column, schema in streams[name]["schema"]["properties"].items():
                kinds.setdefault(column, {})[product] = kind(schema)
    there = [product for product in catalogs if name in catalogs[product]]
    rows = []
    for column, by_product in kinds.items():
        text = " or ".join(dict.fromkeys(by_product.values()))
        if len(by_product) < len(there):
            text += f" (only on {'Cloud' if 'cloud' in by_product else 'Data Center'})"
        if column in POINTS_TO and POINTS_TO[column] != name:
            text += f", of `{POINTS_TO[column]}`"
        rows.append((f"`{column}`", text))
    return faults_told.table(("Column", "Type"), rows)


def kind(schema: Mapping[str, Any]) -> str:
    """A column's type, with the members that the schema names."""
    kinds = schema["type"]
    found = kinds if isinstance(kinds, str) else next(each for each in kinds if each != "null")
    if found == "array":
        return f"array of {kind(schema['items'])}"
    members = schema.get("properties")
    if found == "object" and members:
        return "user" if "displayName" in members else f"object ({', '.join(members)})"
    return str(schema.get("format", found))


def _diagram(streams: Iterable[str], catalogs: Mapping[str, Mapping[str, dict[str, Any]]]) -> str:
    """How the streams hang together, and with those of other areas, by the ids that they hold."""
    lines = []
    for name in streams:
        found = catalogs["cloud"].get(name) or catalogs["dc"][name]
        for column in found["schema"]["properties"]:
            other = POINTS_TO.get(column)
            if other and other != name:
                lines.append(f'    {other} ||--o{{ {name} : "{column}"')
    if not lines:
        return "No stream of this area points to another one."
    text = "\n".join(re.sub(r"\s+$", "", line) for line in lines)
    return f"```mermaid\nerDiagram\n{text}\n```"
