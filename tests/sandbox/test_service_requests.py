"""Requests of service desks: pages inside and by themselves, approvals, feedback, closed doors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox import Fault, Jira, Options
from sandbox.truth import area_truth, visible

Make = Callable[..., Jira]
Row = dict[str, Any]
REQUEST = "/rest/servicedeskapi/request"
LISTS = {"participant": "participants", "sla": "sla", "status": "status"}
PERSONALITIES = ("cloud", "dc")


def ask(jira: Jira, path: str, **params: Any) -> tuple[int, Any]:
    """The status and body of an answer."""
    status, _, body = jira.call("GET", f"{REQUEST}/{path}", params)
    return status, body


def good(jira: Jira, path: str, **params: Any) -> Any:
    """The body of an answer that must be a success."""
    status, body = ask(jira, path, **params)
    assert status == 200, (path, params, status, body)
    return body


def pages(jira: Jira, path: str, **params: Any) -> Iterator[Row]:
    """The rows of all pages."""
    start = 0
    while True:
        page = good(jira, path, start=start, **params)
        assert (page["start"], page["size"]) == (start, len(page["values"]))
        assert page["size"] <= page["limit"] <= 50
        yield from page["values"]
        if page["isLastPage"]:
            assert "next" not in page["_links"]
            return
        start += page["size"]


@pytest.fixture(scope="module", params=PERSONALITIES)
def site(request: pytest.FixtureRequest) -> Jira:
    return Jira(Options(personality=request.param, issues=500, clock_runs=False))


def test_a_request_with_what_is_asked_for(site: Jira) -> None:
    expand = "participant,sla,status,requestType"
    rows = area_truth(site, "requests")
    longest = dict.fromkeys(LISTS.values(), 0)
    for row in rows:
        ident, whole = row["issueId"], good(site, row["issueId"], expand=expand)
        for name, member in LISTS.items():
            complete, inside = row.pop(member), whole.pop(member)
            assert inside["values"] == complete[:50]
            assert (inside["size"], inside["start"]) == (len(complete[:50]), 0)
            assert inside["isLastPage"] is (len(complete) <= 50)
            assert list(pages(site, f"{ident}/{name}")) == complete
            assert list(pages(site, f"{ident}/{name}", limit=7)) == complete
            longest[member] = max(longest[member], len(complete))
        assert whole == row
        bare = good(site, ident)
        assert bare == good(site, row["issueKey"])
        assert bare == {name: row[name] for name in row if name != "requestType"}
        assert row["requestType"]["id"] == row["requestTypeId"]
        assert row["requestType"]["serviceDeskId"] == row["serviceDeskId"]
        assert set(row["createdDate"]) == {"iso8601", "jira", "friendly", "epochMillis"}
    assert min(longest.values()) > 50, longest
    assert ("summary" in rows[0]) is site.options.cloud
    assert {"reporter" in row for row in rows} == {True, False}


def test_the_newest_status_comes_first(site: Jira) -> None:
    for row in area_truth(site, "requests"):
        times = [each["statusDate"]["epochMillis"] for each in row["status"]]
        assert times == sorted(times, reverse=True)
        assert row["currentStatus"] == row["status"][0]
        issue = site.mutate.issue(row["issueId"])
        assert row["currentStatus"]["status"] == site.world.value(issue, "status").name
        assert times[-1] == issue.created
        for each in row["status"]:
            assert ("statusCategory" in each) is site.options.cloud


def test_slas(site: Jira) -> None:
    """The first is in a field of the issue as well, but for the link."""
    field = site.world.field_id("Time to resolution")
    promised = [row["sla"] for row in area_truth(site, "requests")]
    every = [each for slas in promised for each in slas]
    assert {0, 1, 2, 3} <= {len(each["completedCycles"]) for each in every}
    assert {"ongoingCycle" in each for each in every} == {True, False}
    ongoing = [each["ongoingCycle"] for each in every if "ongoingCycle" in each]
    assert {cycle["paused"] for cycle in ongoing} == {True, False}
    assert {"breachTime" in cycle for cycle in ongoing} == {True, False}
    done = [cycle for each in every for cycle in each["completedCycles"]]
    assert {cycle["breached"] for cycle in done} == {True, False}
    for cycle in done:
        left = cycle["goalDuration"]["millis"] - cycle["elapsedTime"]["millis"]
        assert cycle["remainingTime"]["millis"] == left
        assert cycle["breached"] is (left < 0)
    for row in area_truth(site, "requests"):
        api = "/rest/api/3" if site.options.cloud else "/rest/api/2"
        issue = site.call("GET", f"{api}/issue/{row['issueId']}", {"fields": field})[2]
        value = issue["fields"][field]
        if not row["sla"]:
            assert value is None
            continue
        assert {**value, "_links": 0} == {**row["sla"][0], "_links": 0}


def test_approvals(site: Jira) -> None:
    truth = area_truth(site, "request_approvals")
    found = []
    for row in area_truth(site, "requests"):
        rows = pages(site, f"{row['issueId']}/approval")
        found += [{"issueId": row["issueId"], **each} for each in rows]
    assert found == truth
    assert {row["finalDecision"] for row in truth} == {"approved", "declined", "pending"}
    for row in truth:
        assert ("completedDate" in row) is (row["finalDecision"] != "pending")
    assert {len(row["approvers"]) for row in truth} == {0, 1, 2, 3}
    assert len({row["id"] for row in truth}) < len(truth)
    assert max(int(row["id"]) for row in truth) > 50


def test_feedback(site: Jira, make: Make) -> None:
    truth = {row.pop("issueId"): row for row in area_truth(site, "request_feedback")}
    asked = [row["issueId"] for row in area_truth(site, "requests")]
    for ident in asked:
        status, body = ask(site, f"{ident}/feedback")
        assert (status, body) == (200, truth[ident]) if ident in truth else status == 404
    assert 0 < len(truth) < len(asked)
    assert {"comment" in row for row in truth.values()} == {True, False}
    off = make(personality=site.options.personality, issues=500, feedback=False)
    assert ask(off, f"{asked[0]}/feedback")[0] == 400
    assert area_truth(off, "request_feedback") == []


def test_what_is_no_request(site: Jira) -> None:
    """Issues elsewhere; and of a desk, but made by an agent without a request type."""
    known = {row["issueId"] for row in area_truth(site, "requests")}
    for issue in visible(site):
        wanted = 200 if str(issue.id) in known else 404
        for path in ("", "/participant", "/sla", "/status", "/approval"):
            assert ask(site, f"{issue.id}{path}")[0] == wanted
        assert wanted == 404 or issue.project.kind == "service_desk"
    desks = [each for each in visible(site) if each.project.kind == "service_desk"]
    assert 0 < len(known) < len(desks)
    assert ask(site, "NOPE-1")[0] == 404


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_closed_doors(make: Make, personality: str) -> None:
    stranger = make(personality=personality, issues=60, agent=False)
    lacking = make(personality=personality, issues=60, service_management=False)
    ident = area_truth(make(personality=personality, issues=60), "requests")[0]["issueId"]
    for path in ("", "/participant", "/sla", "/status", "/approval", "/feedback"):
        assert ask(stranger, ident + path) == (403, None)
        assert ask(lacking, ident + path)[0] == 404
    for stream in ("requests", "request_approvals", "request_feedback"):
        assert area_truth(stranger, stream) == area_truth(lacking, stream) == []
    stranger.change_areas()
    lacking.change_areas()


def test_a_desk_that_can_only_be_listed(make: Make) -> None:
    jira = make(issues=60, service_desks=3)
    shut = next(row for row in area_truth(jira, "service_desks") if row["id"] == "3")
    issue = jira.mutate.create_issue(shut["projectKey"], summary="Not for us")
    assert ask(jira, str(issue.id)) == (403, None)
    assert str(issue.id) not in {row["issueId"] for row in area_truth(jira, "requests")}


def test_a_request_type_that_is_deleted_leaves_the_requests_alone(make: Make) -> None:
    jira = make(issues=300)
    before = {row["issueId"]: row["requestTypeId"] for row in area_truth(jira, "requests")}
    jira.change_areas()
    after = {row["issueId"]: row["requestTypeId"] for row in area_truth(jira, "requests")}
    assert after == before


def test_faults_hit_requests(make: Make) -> None:
    jira = make(issues=60)
    ident = area_truth(jira, "requests")[0]["issueId"]
    jira.faults.add(Fault("status", r"GET /servicedesk/request/\{ident\}$", status=503))
    assert ask(jira, ident)[0] == 503
    jira.faults.add(Fault("without", r"/request/\{ident\}$", fields=("sla.values", "status")))
    whole = good(jira, ident, expand="sla,status")
    assert "values" not in whole["sla"]
    assert "status" not in whole
    jira.faults.add(Fault("empty_more", "/request/{ident}/status"))
    page = good(jira, f"{ident}/status")
    assert (page["values"], page["isLastPage"]) == ([], False)
    jira.mutate.sicken(ident, status=500)
    assert ask(jira, ident)[0] == 500
