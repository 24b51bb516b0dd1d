"""Agile, people, shared things, administration, service management: lists, truths, closed doors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox import Jira, Options, PageCaps
from sandbox.areas.audit import RECORDS
from sandbox.truth import area_truth

Make = Callable[..., Jira]
Row = dict[str, Any]


def ask(jira: Jira, path: str, **params: Any) -> tuple[int, Any]:
    """The status and body of an answer; paths of the platform's API go without its name."""
    where = path if path.startswith("/rest") else api(jira) + path
    status, _, body = jira.call("GET", where, params)
    return status, body


def good(jira: Jira, path: str, **params: Any) -> Any:
    """The body of an answer that must be a success."""
    status, body = ask(jira, path, **params)
    assert status == 200, (path, params, status, body)
    return body


def code(jira: Jira, path: str, **params: Any) -> int:
    """The status of an answer."""
    return ask(jira, path, **params)[0]


def api(jira: Jira) -> str:
    """Where the platform's API is."""
    return "/rest/api/3" if jira.options.cloud else "/rest/api/2"


def by_offset(jira: Jira, path: str, inside: str = "values", **params: Any) -> Iterator[Row]:
    """Rows of pages by ``startAt``."""
    start = 0
    while True:
        page = good(jira, path, startAt=start, **params)
        yield from page[inside]
        start += len(page[inside])
        if page.get("isLast", start >= page.get("total", 0)) or not page[inside]:
            return


def without(rows: list[Row], *names: str) -> list[Row]:
    """The truth without what handlers leave out."""
    return [{name: row[name] for name in row if name not in names} for row in rows]


@pytest.fixture(scope="module", params=["cloud", "dc"])
def site(request: pytest.FixtureRequest) -> Jira:
    return Jira(Options(personality=request.param, issues=200, clock_runs=False))


# --- people -------------------------------------------------------------------------------------


def test_groups(site: Jira, make: Make) -> None:
    truth = area_truth(site, "groups")
    if site.options.cloud:
        assert list(by_offset(site, "/group/bulk")) == truth
        assert len(truth) > 100
        blind = make(issues=3, browse_users=False)
        assert code(blind, "/group/bulk") == 403
        assert good(blind, "/groups/picker")["groups"] == []
        return
    page = good(site, "/groups/picker", maxResults=1000)
    assert page["groups"] == truth
    assert (len(truth), page["total"] > 100) == (20, True)
    assert code(site, "/group/bulk") == 404
    wide = make(issues=3, personality="dc", picker_limit=1000)
    assert len(area_truth(wide, "groups")) == page["total"]
    assert len(good(wide, "/groups/picker")["groups"]) == page["total"]


def test_group_members(site: Jira, make: Make) -> None:
    truth, cloud = area_truth(site, "group_members"), site.options.cloud
    asked, kept = ("groupId", "groupId") if cloud else ("groupname", "groupName")
    sizes = []
    for group in area_truth(site, "groups"):
        ident = group["groupId"] if cloud else group["name"]
        if group["name"] == "gone-meanwhile":
            assert code(site, "/group/member", **{asked: ident}) == 404
            continue
        find = {asked: ident, "includeInactiveUsers": "true"}
        rows = list(by_offset(site, "/group/member", **find))
        mine = [row for row in truth if row[kept] == ident]
        assert rows == without(mine, kept, "userKey")
        sizes.append(len(rows))
        active = list(by_offset(site, "/group/member", **{asked: ident}))
        assert active == [row for row in rows if row["active"]]
    assert 0 in sizes
    assert max(sizes) > 50
    assert {row["active"] for row in truth} == {True, False}
    assert code(site, "/group/member") == 400
    assert code(site, "/group/member", **{asked: "nope"}) == 404
    plain = make(issues=3, personality=site.options.personality, administrator=False)
    group = area_truth(plain, "groups")[0]
    assert code(plain, "/group/member", **{asked: group.get(asked, group["name"])}) == (
        200 if cloud else 403
    )


def test_people_change(make: Make) -> None:
    for personality in ("cloud", "dc"):
        jira = make(issues=20, personality=personality)
        before = area_truth(jira, "groups")
        jira.change_areas()
        after = area_truth(jira, "groups")
        assert before != after
        if jira.options.cloud:
            assert list(by_offset(jira, "/group/bulk")) == after
        else:
            assert good(jira, "/groups/picker")["groups"] == after


# --- agile --------------------------------------------------------------------------------------

AGILE = "/rest/agile/1.0/board"


def test_boards(site: Jira, make: Make) -> None:
    boards, cloud = area_truth(site, "boards"), site.options.cloud
    assert list(by_offset(site, AGILE)) == boards
    assert len(boards) == 60
    assert {row["type"] for row in boards} == {"scrum", "kanban", *(["simple"] if cloud else [])}
    assert any("location" in row for row in boards) is cloud
    pages = {"board_configurations": "configuration", "board_projects": "project"}
    if cloud:
        pages["board_quick_filters"] = "quickfilter"
    for stream, path in pages.items():
        truth = area_truth(site, stream)
        found: list[Row] = []
        for board in boards:
            where = f"{AGILE}/{board['id']}/{path}"
            if board["id"] in {40, 41}:
                assert code(site, where) == (400 if board["id"] == 40 else 404)
            elif path == "configuration":
                found.append(good(site, where))
            else:
                found += by_offset(site, where)
        assert len(found) == len(truth)
        for row, true in zip(found, truth, strict=True):
            if path == "project":
                assert (row["id"], row["key"]) == (true["projectId"], true["projectKey"])
            else:
                assert row == ({"id": true.pop("boardId"), **true} if path[0] == "c" else true)
    if not cloud:
        assert area_truth(site, "board_quick_filters") == []
        assert code(site, f"{AGILE}/3/quickfilter") == 404
    lacking = make(issues=9, software=False, personality=site.options.personality)
    assert code(lacking, AGILE) == code(lacking, f"{AGILE}/3/sprint") == (403 if cloud else 404)
    assert area_truth(lacking, "boards") == []
    lacking.change_areas()


def test_sprints_and_epics(site: Jira) -> None:
    links: list[Row] = []
    sprints: dict[int, Row] = {}
    epics: dict[int, Row] = {}
    for board in area_truth(site, "boards"):
        where = f"{AGILE}/{board['id']}"
        if board["id"] in {40, 41}:
            assert code(site, f"{where}/sprint") == (400 if board["id"] == 40 else 404)
            continue
        epics |= {row["id"]: row for row in by_offset(site, f"{where}/epic")}
        if board["type"] != "scrum" and board["id"] != 5:
            assert code(site, f"{where}/sprint") == 400
            continue
        if board["type"] != "scrum" and not site.options.cloud:
            continue
        rows = list(by_offset(site, f"{where}/sprint"))
        sprints |= {row["id"]: row for row in rows}
        links += [{"boardId": board["id"], "sprintId": row["id"]} for row in rows]
    assert sprints == {row["id"]: row for row in area_truth(site, "sprints")}
    assert epics == {row["id"]: row for row in area_truth(site, "epics")}
    key = lambda row: (row["boardId"], row["sprintId"])  # noqa: E731 - twice
    assert sorted(links, key=key) == sorted(area_truth(site, "board_sprints"), key=key)
    assert "total" not in good(site, f"{AGILE}/3/sprint")
    assert ("autoStartStop" in sprints[1]) is not site.options.cloud
    active = good(site, f"{AGILE}/3/sprint", state="active")["values"]
    assert {row["state"] for row in active} == {"active"}


def test_board_issues(site: Jira, make: Make) -> None:
    jira = make(
        issues=100, personality=site.options.personality, caps=PageCaps(search_ids=20, search_dc=20)
    )
    truth = area_truth(jira, "board_issues")
    found = []
    for board in range(1, 61):
        if board in {40, 41}:
            assert code(jira, f"{AGILE}/{board}/issue") == (400 if board == 40 else 404)
            continue
        rows = list(
            by_offset(jira, f"{AGILE}/{board}/issue", "issues", fields="id", maxResults=5000)
        )
        ids = [row["id"] for row in rows]
        keys = [row["key"] for row in rows]
        if jira.options.cloud:
            assert ids == list(by_token(jira, board))
        found += [
            {"boardId": board, "issueId": ident, "issueKey": key}
            for ident, key in zip(ids, keys, strict=True)
        ]
    assert found == truth
    assert max(Counter(row["boardId"] for row in truth).values()) > 40
    software = "/rest/software/1.0/board/1/issue"
    assert code(jira, software) == (200 if jira.options.cloud else 404)
    if jira.options.cloud:
        token = good(jira, software, fields="id")["nextPageToken"]
        assert code(jira, software.replace("1/i", "2/i"), nextPageToken=token) == 400


def test_a_board_lists_issues_as_they_are_by_now(site: Jira, make: Make) -> None:
    jira = make(issues=20, personality=site.options.personality)
    gone, moved = (int(row["issueId"]) for row in area_truth(jira, "board_issues")[:2])
    jira.mutate.delete_issue(gone)
    jira.mutate.move_issue(moved, "VOID")
    truth = area_truth(jira, "board_issues")
    shown = {row["issueId"]: row["issueKey"] for row in truth}
    assert str(gone) not in shown
    assert shown[str(moved)].startswith("VOID-")
    mine = [(row["issueId"], row["issueKey"]) for row in truth if row["boardId"] == 1]
    rows = by_offset(jira, f"{AGILE}/1/issue", "issues", fields="id")
    assert [(row["id"], row["key"]) for row in rows] == mine


def by_token(jira: Jira, board: int) -> Iterator[str]:
    """The ids of a board's issues."""
    token: Row = {}
    while True:
        where = f"/rest/software/1.0/board/{board}/issue"
        page = good(jira, where, fields="id", maxResults=5000, **token)
        yield from (row["id"] for row in page["issues"])
        if page["isLast"]:
            assert "nextPageToken" not in page
            return
        token = {"nextPageToken": page["nextPageToken"]}


def test_agile_changes(make: Make) -> None:
    jira = make(issues=100)
    before = {name: area_truth(jira, name) for name in ("boards", "sprints", "board_sprints")}
    jira.change_areas()
    assert list(by_offset(jira, AGILE)) == area_truth(jira, "boards")
    assert all(area_truth(jira, name) != rows for name, rows in before.items())
    assert [row["id"] for row in area_truth(jira, "boards")] == list(range(2, 62))


# --- shared things ------------------------------------------------------------------------------


def test_filters(site: Jira, make: Make) -> None:
    truth = area_truth(site, "filters")
    if not site.options.cloud:
        assert good(site, "/filter/favourite") == truth
        assert code(site, "/filter/search") == 404
        return
    expand = (
        "description,favourite,favouritedCount,jql,owner,searchUrl,viewUrl,sharePermissions,"
        "editPermissions,isWritable,approximateLastUsed,subscriptions"
    )
    every: dict[str, Any] = {"overrideSharePermissions": "true"}
    found = by_offset(site, "/filter/search", expand=expand, orderBy="id", maxResults=200, **every)
    assert list(found) == truth
    named = [row["id"] for row in by_offset(site, "/filter/search", **every)]
    assert named != sorted(named)
    assert sorted(named) == [row["id"] for row in truth]
    shared = {row["id"] for row in by_offset(site, "/filter/search")}
    assert shared < set(named)
    assert set(good(site, "/filter/search")["values"][0]) == {"self", "id", "name"}
    assert code(site, "/filter/search", expand="everything") == 400
    assert code(site, "/filter/search", orderBy="key") == 400
    plain = make(issues=3, administrator=False)
    assert code(plain, "/filter/search", overrideSharePermissions="true") == 403


def test_dashboards(site: Jira) -> None:
    truth = area_truth(site, "dashboards")
    if not site.options.cloud:
        assert list(by_offset(site, "/dashboard", "dashboards")) == truth
        assert set(truth[0]) == {"id", "name", "self", "view"}
        assert code(site, "/dashboard/10001/gadget") == 404
        assert area_truth(site, "dashboard_gadgets") == []
        return
    expand = (
        "description,owner,viewUrl,favourite,favouritedCount,sharePermissions,editPermissions,"
        "isWritable"
    )
    assert list(by_offset(site, "/dashboard/search", expand=expand, orderBy="id")) == truth
    found: list[Row] = []
    for row in truth:
        where = f"/dashboard/{row['id']}/gadget"
        if row["id"] == "10004":
            assert code(site, where) == 404
            continue
        inside = good(site, where)["gadgets"]
        found += [{"dashboardId": row["id"], **gadget} for gadget in inside]
    assert found == area_truth(site, "dashboard_gadgets")


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_shared_things_change(make: Make, personality: str) -> None:
    jira = make(issues=3, personality=personality)
    before = {name: area_truth(jira, name) for name in ("filters", "dashboards")}
    jira.change_areas()
    assert all(area_truth(jira, name) != rows for name, rows in before.items())


# --- administration -----------------------------------------------------------------------------

PLAIN = {
    "/applicationrole": ("application_roles", ""),
    "/configuration/timetracking/list": ("time_tracking_providers", ""),
    "/instance/license": ("licenses", "applications"),
    "/classification-levels": ("classification_levels", "classifications"),
    "/settings/columns": ("navigator_columns", ""),
}


def test_administration(site: Jira, make: Make) -> None:
    cloud, personality = site.options.cloud, site.options.personality
    plain = make(issues=3, personality=personality, administrator=False, premium=False)
    for path, (stream, inside) in PLAIN.items():
        truth = area_truth(site, stream)
        if not truth:
            assert (code(site, path), cloud) == (404, False)
            continue
        found = good(site, path)
        assert (found[inside] if inside else found) == truth
        open_to_all = {"/instance/license": 200, "/classification-levels": 404}
        assert code(plain, path) == open_to_all.get(path, 403)
    both = good(site, "/application-properties")
    both += good(site, "/application-properties/advanced-settings")
    known = {row["key"]: row for row in both}
    assert len(both) > len(known)
    assert known == {row["key"]: row for row in area_truth(site, "application_properties")}
    assert good(site, "/application-properties", key="jira.title")["value"] == "Sandbox Jira ✓"
    assert code(plain, "/application-properties") == 404
    assert code(plain, "/application-properties/advanced-settings") == 403
    (configured,) = area_truth(site, "site_configuration")
    assert {"baseUrl": site.base_url, **good(site, "/configuration")} == configured
    (info,) = area_truth(site, "server_info")
    assert info.items() < good(site, "/serverInfo").items()
    avatars = [
        {"type": owner, **row}
        for owner in ("issuetype", "project", "user")
        for row in good(site, f"/avatar/{owner}/system")["system"]
    ]
    assert avatars == area_truth(site, "system_avatars")
    assert code(site, "/avatar/board/system") == 404


def test_time_tracking(make: Make) -> None:
    off = make(issues=3, time_tracking=False)
    assert ask(off, "/configuration/timetracking") == (204, None)
    assert "timeTrackingConfiguration" not in good(off, "/configuration")
    on = make(issues=3)
    assert good(on, "/configuration/timetracking")["key"] == "JIRA"
    assert good(on, "/configuration/timetracking/options")["workingHoursPerDay"] == 7.6


def by_cursor(jira: Jira, path: str, **params: Any) -> Iterator[Row]:
    """Rows of pages by cursor."""
    while True:
        page = good(jira, path, **params)
        yield from page["values"]
        if page["last"]:
            return
        params["cursor"] = page["nextPageCursor"]


def test_plans(site: Jira, make: Make) -> None:
    if not site.options.cloud:
        assert code(site, "/plans/plan") == 404
        return
    every = {"includeTrashed": "true", "includeArchived": "true"}
    truth = area_truth(site, "plans")
    assert list(by_cursor(site, "/plans/plan", **every)) == truth
    active = list(by_cursor(site, "/plans/plan", maxResults=1000))
    assert active == [row for row in truth if row["status"] == "Active"]
    found: list[Row] = []
    for row in truth:
        where = f"/plans/plan/{row['id']}/team"
        if row["id"] == "104":
            assert code(site, where) == 404
            continue
        found += [{"planId": row["id"], **team} for team in by_cursor(site, where)]
    assert found == area_truth(site, "plan_teams")
    poor = make(issues=3, premium=False)
    assert (code(poor, "/plans/plan"), area_truth(poor, "plans")) == (403, [])


# --- the audit log ------------------------------------------------------------------------------

RECORD, EVENTS = "/auditing/record", "/rest/auditing/1.0/events"


def by_audit_offset(jira: Jira, **params: Any) -> list[Row]:
    """Records of pages by ``offset``, newest first."""
    found: list[Row] = []
    while True:
        page = good(jira, RECORD, offset=len(found), limit=5000, **params)
        found += page["records"]
        if not page["records"]:
            return found
        assert page["limit"] == 1000


def by_link(jira: Jira, **params: Any) -> list[Row]:
    """Events of pages by ``nextPageLink``, newest first."""
    found, link = [], EVENTS
    while True:
        page = good(jira, link, **params)
        found += page["entities"]
        if page["pagingInfo"]["lastPage"]:
            assert "nextPageLink" not in page["pagingInfo"]
            return found
        link, params = page["pagingInfo"]["nextPageLink"].removeprefix(jira.base_url), {}


def test_audit_records(make: Make) -> None:
    jira = make(issues=3)
    truth = area_truth(jira, "audit_records")
    assert by_audit_offset(jira) == truth[::-1]
    mark = truth[1000]["created"]
    later = [row for row in truth if row["created"] >= mark]
    assert by_audit_offset(jira, **{"from": mark}) == later[::-1]
    assert truth[-1]["created"] == truth[-2]["created"]
    between = {"from": mark, "to": truth[1500]["created"].replace("+0000", "Z")}
    assert 490 < len(by_audit_offset(jira, **between)) < 510
    assert code(jira, RECORD, to="yesterday") == 400
    jira.change_areas()
    assert len(area_truth(jira, "audit_records")) == len(truth) + 42
    assert code(make(issues=3, paid=False), RECORD) == 403
    assert code(make(issues=3, administrator=False), RECORD) == 403
    assert code(jira, EVENTS) == 404


def test_audit_log_grows(make: Make) -> None:
    jira = make(issues=3, audit_arrivals=4)
    idents = [
        row["id"]
        for offset in range(0, 3000, 1000)
        for row in good(jira, RECORD, offset=offset)["records"]
    ]
    assert len(idents) > len(set(idents))
    assert good(jira, RECORD, to="2026-06-15T11:59:00.003Z")["total"] == RECORDS
    assert len(area_truth(jira, "audit_records")) == RECORDS + 16
    log = make(issues=3, audit_arrivals=4, personality="dc")
    events = by_link(log, limit=1000)
    assert len(events) == len({str(each) for each in events}) == RECORDS + 4


def test_audit_events(make: Make) -> None:
    new, middle, old = (
        make(issues=3, personality="dc", version=version)
        for version in ("10.3.24", "9.12.1", "8.5.0")
    )
    for jira in (new, middle):
        truth = area_truth(jira, "audit_records")
        found = by_link(jira, limit=700)
        assert found[::-1] == truth
        assert "id" not in truth[0]
        since = truth[-100]["timestamp"]
        assert 100 <= len(by_link(jira, limit=30, **{"from": since})) < 105
    assert code(new, RECORD) == 404
    assert len(by_audit_offset(middle)) == len(area_truth(middle, "audit_records"))
    assert by_audit_offset(old)[::-1] == area_truth(old, "audit_records")
    assert code(old, EVENTS) == 404
    assert code(make(issues=3, personality="dc", administrator=False), EVENTS) == 403


# --- service management -------------------------------------------------------------------------

DESK = "/rest/servicedeskapi"


def by_start(jira: Jira, path: str, **params: Any) -> list[Row]:
    """Rows of pages by ``start``, advanced by what came."""
    found: list[Row] = []
    while True:
        page = good(jira, f"{DESK}{path}", start=len(found), limit=100, **params)
        found += page["values"]
        assert page["size"] == len(page["values"])
        assert page["isLastPage"] is ("next" not in page["_links"])
        if page["isLastPage"]:
            return found


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_service_management(make: Make, personality: str) -> None:
    jira = make(issues=20, personality=personality, service_desks=60)
    assert by_start(jira, "/servicedesk") == area_truth(jira, "service_desks")
    assert by_start(jira, "/organization") == area_truth(jira, "organizations")
    found: dict[str, list[Row]] = {name: [] for name in SERVED}
    for row in area_truth(jira, "service_desks"):
        where = f"/servicedesk/{row['id']}"
        if row["id"] == "3":
            assert code(jira, f"{DESK}{where}/queue") == 403
            continue
        mine = {"serviceDeskId": row["id"]}
        for name, path in SERVED.items():
            inside = by_start(jira, f"{where}/{path}", includeCount="true")
            found[name] += [
                {**mine, **({"organizationId": each["id"]} if path[0] == "o" else each)}
                for each in inside
            ]
    for name, rows in found.items():
        assert rows == without(area_truth(jira, name), "userKey")
    assert "issueCount" not in good(jira, f"{DESK}/servicedesk/1/queue")["values"][0]
    assert good(jira, f"{DESK}/servicedesk/SUP/queue")["limit"] == 25
    members: list[Row] = []
    for row in area_truth(jira, "organizations"):
        where = f"/organization/{row['id']}/user"
        if row["id"] == "4":
            assert code(jira, DESK + where) == 404
            continue
        members += [{"organizationId": row["id"], **each} for each in by_start(jira, where)]
    assert members == without(area_truth(jira, "organization_members"), "userKey")
    assert code(jira, f"{DESK}/servicedesk/99/queue") == 404
    jira.change_areas()
    assert by_start(jira, "/organization") == area_truth(jira, "organizations")


SERVED = {
    "request_types": "requesttype",
    "queues": "queue",
    "service_desk_organizations": "organization",
    "service_desk_customers": "customer",
}


def test_service_management_closed(make: Make) -> None:
    for personality in ("cloud", "dc"):
        none = make(issues=3, personality=personality, service_management=False)
        assert code(none, f"{DESK}/info") == code(none, f"{DESK}/servicedesk") == 404
        assert area_truth(none, "service_desks") == []
        none.change_areas()
        customer = make(issues=3, personality=personality, agent=False)
        assert ask(customer, f"{DESK}/servicedesk") == (403, None)
        assert good(customer, f"{DESK}/info")["isLicensedForUse"] is True
    old = make(issues=3, personality="dc", version="8.20.1")
    assert code(old, f"{DESK}/organization") == code(old, f"{DESK}/servicedesk/1/customer") == 412
    opted = {**old.default_headers(), "X-ExperimentalApi": "opt-in"}
    assert old.call("GET", f"{DESK}/organization", headers=opted)[0] == 200
    busy = make(issues=3, customer_burst=5)
    codes = [code(busy, f"{DESK}/servicedesk/1/customer") for _ in range(6)]
    assert codes == [200] * 5 + [429]
    busy.clock.advance(1)
    assert code(busy, f"{DESK}/servicedesk/1/customer") == 200
