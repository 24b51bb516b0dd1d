"""Jira Service Management: desks with their request types, queues, organizations and customers.

Ids are unique within a desk at best. Who is no agent gets 403 and an empty body; without the app
nothing of it is there, and without its licence nothing but what it tells of itself. Old versions of
Data Center want a header for what was an experiment then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.areas.listing import desk, known, of, serve, shelf, without
from sandbox.dates import date
from sandbox.messages import ApiError, Response, ok
from sandbox.portal import SHUT, people, person
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.model import User
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

API = "servicedesk"
ORGANIZATIONS = 130
#: An organization of everyone, and one that is listed but gone.
EVERYONE, GONE = "3", "4"
SECOND = 1_000
EXPERIMENTAL_UNTIL = (9,)
REQUESTS, CUSTOMERS, WORK = (
    "read:servicedesk-request",
    "manage:servicedesk-customer",
    "read:jira-work",
)
STREAMS = (
    "service_desks",
    "request_types",
    "queues",
    "organizations",
    "organization_members",
    "service_desk_organizations",
    "service_desk_customers",
)


@dataclass
class Burst:
    """When customers were asked for, in milliseconds."""

    times: list[int] = field(default_factory=list)


def rows(site: Site) -> Tables:
    """A desk for every project of that kind; the first has more of everything than a page."""
    if not (site.options.service_management and site.options.service_licensed):
        return {}
    tables: Tables = {name: [] for name in STREAMS}
    for n in range(ORGANIZATIONS):
        tables["organizations"].append(_organization(site, n + 1))
        ident = tables["organizations"][-1]["id"]
        if ident != GONE:
            inside = people(site) if ident == EVERYONE else people(site)[n % 5 :: 29]
            members = inside if n % 4 or ident == EVERYONE else []
            tables["organization_members"] += [
                {"organizationId": ident, **_person(site, user)} for user in members
            ]
    desks = [each for each in site.world.projects if each.live and each.kind == "service_desk"]
    for n, project in enumerate(desks, 1):
        ident, link = str(n), f"{site.base_url}/rest/servicedeskapi/servicedesk/{n}"
        row: Row = {"id": ident, "projectId": str(project.id), "projectName": project.name}
        row |= {"projectKey": project.key, "_links": {"self": link}}
        row |= {"projectTypeKey": project.kind} if site.options.cloud else {}
        tables["service_desks"].append(row)
        if ident != SHUT:
            _fill(site, tables, n, link)
    return tables


def _fill(site: Site, tables: Tables, number: int, link: str) -> None:
    ident, whole = str(number), number == 1
    mine = {"serviceDeskId": ident}
    tables["request_types"] += [
        _request_type(site, ident, n, link) for n in range(75 if whole else number % 4)
    ]
    tables["queues"] += [
        {**mine, "id": str(n + 1), "name": f"Queue {n % 40} 列", "issueCount": 3 * n}
        | {"jql": "project = SUP AND resolution = Unresolved", "fields": ["issuekey", "created"]}
        | {"_links": {"self": f"{link}/queue/{n + 1}"}}
        for n in range(60 if whole else number % 3)
    ]
    tables["service_desk_organizations"] += [
        {**mine, "organizationId": row["id"]}
        for row in tables["organizations"][: 100 if whole else number % 5]
    ]
    customers = people(site) if whole else people(site)[number % 7 :: 17]
    tables["service_desk_customers"] += [{**mine, **_person(site, user)} for user in customers]


def change(site: Site) -> None:
    """A queue fills, a request type goes, an organization is renamed and another dissolved."""
    tables = site.shelf.tables
    if "service_desks" not in tables:
        return
    tables["queues"][0]["issueCount"] += 7
    del tables["request_types"][1]
    tables["organizations"][0]["name"] = "Renamed Ω"
    gone = tables["organizations"].pop(9)["id"]
    for name in ("organization_members", "service_desk_organizations"):
        tables[name][:] = [row for row in tables[name] if row["organizationId"] != gone]
    del tables["service_desk_customers"][3]
    tables["organizations"].append(_organization(site, ORGANIZATIONS + 1))


def _person(site: Site, user: User) -> Row:
    """A user; on Data Center with what the column is called that tells people apart."""
    more = {} if site.options.cloud else {"userKey": user.key}
    return {**more, **person(site, user)}


def _organization(site: Site, number: int) -> Row:
    link = f"{site.base_url}/rest/servicedeskapi/organization/{number}"
    row: Row = {"id": str(number), "name": f"Firma {number % 100} & Söhne"}
    row["_links"] = {"self": link}
    if site.options.cloud:
        row |= {"uuid": f"{number:08x}-46dd-4b2b-91d4-5e9c5d2c9f17", "scimManaged": number % 2 == 0}
        if number % 3:
            row["created"] = date(site.clock.start_ms - number * 86_400_000)
    return row


def _request_type(site: Site, ident: str, number: int, link: str) -> Row:
    kinds = site.world.issue_types
    row: Row = {"_expands": ["field"], "id": str(number + 1), "serviceDeskId": ident}
    row |= {"_links": {"self": f"{link}/requesttype/{number + 1}"}, "portalId": ident}
    row |= {"name": f"Anfrage {number % 60}", "helpText": "" if number % 2 else "助けて"}
    # An empty text, null, or no such member: there is none.
    row |= ({"description": ""}, {"description": f"Type {number}"}, {"description": None}, {})[
        number % 4
    ]
    row |= {"issueTypeId": kinds[number % 3].id}
    # In no group: hidden from the portal.
    row["groupIds"] = [str(10 + n) for n in range(number % 3)]
    icons = {"48x48": f"{site.base_url}/icon/{number}?size=large"}
    row["icon"] = {"id": str(10_500 + number), "_links": {"iconUrls": icons}}
    if site.options.cloud:
        row |= {"canCreateRequest": number % 4 > 0, "restrictionStatus": "OPEN"}
        row |= {"practice": "service_request"} if number % 5 else {}
    return row


# --- serving ------------------------------------------------------------------------------------


def missing(what: str) -> ApiError:
    """What is not there, in the words of the app."""
    told = {"i18nKey": f"sd.{what}.error.notfound", "parameters": []}
    shape = {"errorMessage": f"The {what} does not exist.", "i18nErrorMessage": told}
    return ApiError(404, payload=shape)


def agents_only(ctx: Context) -> None:
    """Refuse whoever is none."""
    if not ctx.jira.options.service_licensed:
        raise ApiError(403, payload={"errorMessage": "Jira Service Management is not licensed."})
    if not ctx.jira.options.agent:
        raise ApiError(403, html="")


def _experimental(ctx: Context) -> None:
    options = ctx.jira.options
    if options.cloud or options.version_numbers >= EXPERIMENTAL_UNTIL:
        return
    if ctx.request.headers.get("x-experimentalapi") != "opt-in":
        message = "This operation is experimental. Set the header X-ExperimentalApi to opt-in."
        raise ApiError(412, payload={"errorMessage": message})


def _all(stream: str) -> Any:
    def find(ctx: Context) -> list[Row]:
        agents_only(ctx)
        if stream == "organizations":
            _experimental(ctx)
        return shelf(ctx)[stream]

    return find


def _desk(ctx: Context, ident: str) -> str:
    """The desk's id; the project's id and key name it as well."""
    agents_only(ctx)
    for row in shelf(ctx)["service_desks"]:
        if ident in {row["id"], row["projectId"], row["projectKey"]}:
            if row["id"] == SHUT:
                raise ApiError(403, html="")
            return str(row["id"])
    raise missing("servicedesk")


def _request_types(ctx: Context, ident: str) -> list[Row]:
    number = _desk(ctx, ident)
    return [row for row in shelf(ctx)["request_types"] if row["serviceDeskId"] == number]


def _queues(ctx: Context, ident: str) -> list[Row]:
    found = of(shelf(ctx)["queues"], serviceDeskId=_desk(ctx, ident))
    counted = ctx.request.param("includeCount") == "true"
    return found if counted else without(found, "issueCount")


def _desk_organizations(ctx: Context, ident: str) -> list[Row]:
    _experimental(ctx)
    links = of(shelf(ctx)["service_desk_organizations"], serviceDeskId=_desk(ctx, ident))
    mine = {row["organizationId"] for row in links}
    return [row for row in shelf(ctx)["organizations"] if row["id"] in mine]


def _customers(ctx: Context, ident: str) -> list[Row]:
    number = _desk(ctx, ident)
    _experimental(ctx)
    most, now = ctx.jira.options.customer_burst, ctx.jira.clock.now_ms()
    asked = ctx.jira.kept(Burst).times
    asked[:] = [at for at in asked if now - at < SECOND]
    if most is not None and len(asked) >= most:
        ctx.jira.limiter.announce(ctx.request.endpoint, 1)
        ctx.jira.limiter.refused += 1
        more = {"Retry-After": "1", "RateLimit-Reason": "jira-burst-based"}
        raise ApiError(429, ["Rate limit exceeded."], headers=more)
    asked.append(now)
    return without(of(shelf(ctx)["service_desk_customers"], serviceDeskId=number), "userKey")


def _members(ctx: Context, ident: str) -> list[Row]:
    agents_only(ctx)
    _experimental(ctx)
    if ident == GONE or not known(shelf(ctx)["organizations"], ident):
        raise missing("organization")
    return without(of(shelf(ctx)["organization_members"], organizationId=ident), "userKey")


@route("GET", "/info", api=API, anonymous=True, scope=REQUESTS)
def info(ctx: Context) -> Response:
    """Whether there is an app, and whether it is licensed."""
    shape: Row = {"version": "5.12.0", "platformVersion": ctx.jira.options.version}
    shape |= {"buildDate": date(ctx.jira.clock.start_ms)}
    shape |= {"isLicensedForUse": ctx.jira.options.service_licensed}
    return ok({**shape, "_links": {"self": f"{ctx.jira.base_url}/rest/servicedeskapi/info"}})


_DESK = "/servicedesk/{ident}"
serve("/servicedesk", _all("service_desks"), desk(), api=API, scope=REQUESTS)
serve(f"{_DESK}/requesttype", _request_types, desk(), api=API, scope=REQUESTS)
serve(f"{_DESK}/queue", _queues, desk(25), api=API, scope=WORK)
serve(f"{_DESK}/organization", _desk_organizations, desk(), api=API, scope=CUSTOMERS)
serve(f"{_DESK}/customer", _customers, desk(), api=API, scope=CUSTOMERS)
serve("/organization", _all("organizations"), desk(), api=API, scope=CUSTOMERS)
serve("/organization/{ident}/user", _members, desk(), api=API, scope=CUSTOMERS)
