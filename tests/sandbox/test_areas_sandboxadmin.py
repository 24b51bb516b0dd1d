"""Agile, people, shared things, administration, service management: lists, truths, closed doors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox import Jira, Options, PageCaps
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
        rows = by_offset(jira, f"{AGILE}/{board}/issue", "issues", fields="id", maxResults=5000)
        ids = [row["id"] for row in rows]
        if jira.options.cloud:
            assert ids == list(by_token(jira, board))
        found += [{"boardId": board, "issueId": ident} for ident in ids]
    assert found == truth
    assert max(Counter(row["boardId"] for row in truth).values()) > 40
    software = "/rest/software/1.0/board/1/issue"
    assert code(jira, software) == (200 if jira.options.cloud else 404)
    if jira.options.cloud:
        token = good(jira, software, fields="id")["nextPageToken"]
        assert code(jira, software.replace("1/i", "2/i"), nextPageToken=token) == 400


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
    found = by_offset(site, "/filter/search", expand=expand, orderBy="id", maxResults=200)
    assert list(found) == truth
    named = [row["id"] for row in by_offset(site, "/filter/search")]
    assert named != sorted(named)
    assert sorted(named) == [row["id"] for row in truth]
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
