"""Requests: what customers see of the issues of service desks, and how long they have waited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.carried.altered import Altered
from sandbox.dates import date
from sandbox.model import mix
from sandbox.portal import SHUT, people, person
from sandbox.sla import promise, promises

if TYPE_CHECKING:
    from sandbox.model import Issue, Status, User
    from sandbox.render import Renderer
    from sandbox.shelf import Row
    from sandbox.site import Site

#: The type that an administrator deletes between two runs: no request is of it.
DOOMED = "2"
CATEGORIES = {"new": "NEW", "indeterminate": "INDETERMINATE", "done": "DONE"}
WAITING = (("Waiting for support", "NEW"), ("Waiting for customer", "INDETERMINATE"))
#: How often a request goes to and fro.
BANDIED = 60
EXPANDS = ("participant", "status", "sla", "requestType", "serviceDesk")


def found(site: Site, issue: Issue) -> tuple[Row, Row] | None:
    """The desk and the request type.

    ``None`` for what is no request: an issue elsewhere, or of a desk but without a request type
    (an agent made it), and whatever is not for this caller.
    """
    options = site.options
    if issue.project.kind != "service_desk" or not (
        options.service_management and options.service_licensed and options.agent
    ):
        return None
    ident, h = str(issue.project.id), mix(issue.seed, 8000)
    desk = next((row for row in site.shelf["service_desks"] if row["projectId"] == ident), None)
    if desk is None or desk["id"] == SHUT or h % 9 == 0:
        return None
    types = [
        row
        for row in site.shelf["request_types"]
        if row["serviceDeskId"] == desk["id"] and row["id"] != DOOMED
    ]
    return (desk, types[h // 9 % len(types)]) if types else None


def rows(site: Site, _: Renderer, issue: Issue) -> list[Row]:
    """The request with all of its participants, SLAs and statuses, in lists without pages."""
    home = found(site, issue)
    if home is None:
        return []
    row = request(site, issue, *home)
    row |= {"participants": participants(site, issue), "sla": sla(site, issue)}
    return [row | {"status": statuses(site, issue), "requestType": home[1]}]


def request(site: Site, issue: Issue, desk: Row, kind: Row) -> Row:
    """What is printed without any ``expand``."""
    world, cloud = site.world, site.options.cloud
    summary, text = world.value(issue, "summary"), world.value(issue, "description")
    row: Row = {"_expands": [*EXPANDS, "attachment", "action", "comment"]}
    row |= {"issueId": str(issue.id), "issueKey": issue.key}
    row |= {"summary": summary} if cloud else {}
    row |= {"requestTypeId": kind["id"], "serviceDeskId": desk["id"]}
    row["createdDate"] = date(issue.created)
    reporter = world.value(issue, "reporter")
    if reporter is not None:
        row["reporter"] = person(site, reporter)
    values = [{"fieldId": "summary", "label": "What do you need?", "value": summary}]
    if text is not None:
        html = {"renderedValue": {"html": f"<p>{len(str(text))} Zeichen</p>"}}
        values.append({"fieldId": "description", "label": "Why?", "value": str(text), **html})
    row |= {"requestFieldValues": values, "currentStatus": statuses(site, issue)[0]}
    base = site.base_url
    links = {"jiraRest": f"{base}/rest/api/2/issue/{issue.id}", "agent": f"{base}/browse/x"}
    links["web"] = f"{base}/servicedesk/customer/portal/{desk['id']}/{issue.key}"
    return {**row, "_links": {**links, "self": address(site, issue)}}


def address(site: Site, issue: Issue) -> str:
    """Where the request is."""
    return f"{site.base_url}/rest/servicedeskapi/request/{issue.id}"


# --- participants -------------------------------------------------------------------------------


def taking_part(site: Site, issue: Issue) -> list[User]:
    """Who takes part from the start: up to three, and on some requests more than a page."""
    h, known = mix(issue.seed, 8100), people(site)
    count = 52 if h % 7 == 0 else h % 4
    return [known[(h // 28 + n) % len(known)] for n in range(count)]


def participants(site: Site, issue: Issue) -> list[Row]:
    """Who takes part, as service management prints people."""
    return [person(site, each) for each in site.kept(Altered).of(site, issue, taking_part)]


# --- statuses -----------------------------------------------------------------------------------


def statuses(site: Site, issue: Issue) -> list[Row]:
    """Every status that the request has had, the newest first.

    Some have gone to and fro between customer and support more often than a page has rows.
    """
    world, h = site.world, mix(issue.seed, 8200)
    steps = [
        (change.created, item)
        for change in world.histories(issue)
        for item in change.items
        if item.field == "status"
    ]
    now: Status = world.value(issue, "status")
    latest = steps[-1][0] if steps else issue.created
    made = [_status(site, now.name, CATEGORIES.get(now.category, "UNDEFINED"), latest)]
    known = {each.name: CATEGORIES.get(each.category, "UNDEFINED") for each in world.statuses}
    for at, item in steps[-2::-1]:
        name = str(item.new_text)
        made.append(_status(site, name, known.get(name, "UNDEFINED"), at))
    span = (steps[0][0] if steps else issue.created) - issue.created
    for n in range(BANDIED if h % 6 == 1 else 0, 0, -1):
        at = issue.created + span * n // (BANDIED + 1)
        made.append(_status(site, *WAITING[n % 2], at))
    return [*made, _status(site, *WAITING[0], issue.created)] if steps else made


def _status(site: Site, name: str, category: str, at: int) -> Row:
    row: Row = {"status": name}
    row |= {"statusCategory": category} if site.options.cloud else {}
    return {**row, "statusDate": date(at)}


# --- SLAs ---------------------------------------------------------------------------------------


def sla(site: Site, issue: Issue) -> list[Row]:
    """What has been promised; the first of them is in a field of the issue, too."""
    link = f"{address(site, issue)}/sla/"
    return [promise(site.world, issue, n, link) for n in range(promises(issue))]
