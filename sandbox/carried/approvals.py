"""What had to be approved, and what customers thought of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.carried import requests
from sandbox.carried.altered import Altered
from sandbox.dates import date
from sandbox.model import mix
from sandbox.portal import people, person

if TYPE_CHECKING:
    from sandbox.model import Issue
    from sandbox.render import Renderer
    from sandbox.shelf import Row
    from sandbox.site import Site

DECISIONS = ("approved", "declined", "pending")
REMARKS = ("Great work!", "遅すぎる 😞", "", 'He said "no".')
DAY = 86_400_000


def born(_: Site, issue: Issue) -> list[dict[str, Any]]:
    """Numbers of the approvals with what was decided; on some requests more than a page."""
    h = mix(issue.seed, 8500)
    count = 53 if h % 8 == 0 else (0, 1, 0, 2)[h % 4]
    return [
        {"id": n + 1, "decision": DECISIONS[mix(issue.seed, 8600 + n) % 3]} for n in range(count)
    ]


def rows(site: Site, _: Renderer, issue: Issue) -> list[Row]:
    """All approvals of a request; their numbers begin anew with each."""
    if requests.found(site, issue) is None:
        return []
    known = site.kept(Altered).of(site, issue, born)
    return [_approval(site, issue, each["id"], each["decision"]) for each in known]


def _approval(site: Site, issue: Issue, number: int, decision: str) -> Row:
    h, able = mix(issue.seed, 8700 + number), people(site)
    deciding = [able[(h // 4 + n) % len(able)] for n in range(h % 4)]
    row: Row = {"id": str(number), "name": f"Waiting for approval № {number}"}
    row |= {"finalDecision": decision, "canAnswerApproval": h % 2 == 0}
    row["approvers"] = [
        {"approver": person(site, each), "approverDecision": decision} for each in deciding
    ]
    row["createdDate"] = date(issue.created + number)
    if decision != "pending":
        row["completedDate"] = date(issue.created + number * DAY)
    return {**row, "_links": {"self": f"{requests.address(site, issue)}/approval/{number}"}}


def rated(_: Site, issue: Issue) -> list[Row]:
    """What a customer said, if one has."""
    h = mix(issue.seed, 8800)
    row: Row = {"type": "csat", "rating": 1 + h // 5 % 5}
    row |= {"comment": {"body": REMARKS[h % 4]}} if h % 7 else {}
    return [row] if h % 3 else []


def feedback(site: Site, _: Renderer, issue: Issue) -> list[Row]:
    """The feedback of a request: one or none."""
    if not site.options.feedback or requests.found(site, issue) is None:
        return []
    return [dict(each) for each in site.kept(Altered).of(site, issue, rated)]
