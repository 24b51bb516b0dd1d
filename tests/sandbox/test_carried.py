"""What issues carry, a request each: shapes, truths, closed doors, and what moves silently."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from sandbox import Fault, Jira, Options
from sandbox.carried.change import SILENT
from sandbox.carried.tables import TABLES
from sandbox.truth import area_truth, truth, visible

Make = Callable[..., Jira]
Row = dict[str, Any]
PERSONALITIES = ("cloud", "dc")


def api(jira: Jira) -> str:
    """Where the platform's API is."""
    return "/rest/api/3" if jira.options.cloud else "/rest/api/2"


def ask(jira: Jira, path: str, **params: Any) -> tuple[int, Any]:
    """The status and body of an answer."""
    status, _, body = jira.call("GET", api(jira) + path, params)
    return status, body


def good(jira: Jira, path: str, **params: Any) -> Any:
    """The body of an answer that must be a success."""
    status, body = ask(jira, path, **params)
    assert status == 200, (path, params, status, body)
    return body


def by_issue(jira: Jira, stream: str) -> dict[str, list[Row]]:
    """The truth of a stream by the id of the issue, without that id; empty lists too."""
    found: dict[str, list[Row]] = {str(issue.id): [] for issue in visible(jira)}
    for row in area_truth(jira, stream):
        found[row.pop("issueId")].append(row)
    return found


def without(rows: list[Row], *names: str) -> list[Row]:
    """The rows as Jira prints them."""
    return [{name: row[name] for name in row if name not in names} for row in rows]


@pytest.fixture(scope="module", params=PERSONALITIES)
def site(request: pytest.FixtureRequest) -> Jira:
    return Jira(Options(personality=request.param, issues=300, clock_runs=False))


# --- watchers and voters ------------------------------------------------------------------------

CROWDS = {
    "issue_watchers": ("watchers", "watchers", "watches", "watchCount", "isWatching"),
    "issue_votes": ("votes", "voters", "votes", "votes", "hasVoted"),
}


@pytest.mark.parametrize("stream", CROWDS)
def test_a_crowd_is_as_large_as_the_field_says(site: Jira, stream: str) -> None:
    path, member, field, count, mine = CROWDS[stream]
    issues, sizes, took_part = truth(site, ("issues",))["issues"], set(), set()
    for ident, rows in by_issue(site, stream).items():
        page = good(site, f"/issue/{ident}/{path}")
        assert list(page) == ["self", count, mine, member]
        assert page.pop(member) == without(rows, "userKey")
        assert page == issues[ident]["fields"][field]
        assert page[count] == len(rows)
        me = site.world.users[0]
        known = [row.get("accountId") or row["userKey"] for row in rows]
        assert len(set(known)) == len(known)
        assert page[mine] is bool({me.id, me.key} & set(known))
        sizes.add(len(rows))
        took_part.add(page[mine])
    assert {0, 1, 2, 3} < sizes
    assert max(sizes) > 50
    assert took_part == {True, False}
    row = area_truth(site, stream)[0]
    assert ("accountId" in row, "userKey" in row) == (site.options.cloud, not site.options.cloud)


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_voting_may_be_switched_off(make: Make, personality: str) -> None:
    jira = make(personality=personality, issues=20, voting=False)
    issue = visible(jira)[0]
    assert ask(jira, f"/issue/{issue.id}/votes")[0] == 404
    assert ask(jira, f"/issue/{issue.id}/watchers")[0] == 200
    assert "votes" not in good(jira, f"/issue/{issue.id}")["fields"]
    assert "votes" not in {row["id"] for row in good(jira, "/field")}
    assert area_truth(jira, "issue_votes") == []
    jira.change_areas()


@pytest.mark.parametrize("personality", PERSONALITIES)
@pytest.mark.parametrize("where", ["*", "APP"])
def test_who_may_not_see_people_sees_how_many(make: Make, personality: str, where: str) -> None:
    withheld = {"VIEW_VOTERS_AND_WATCHERS": (where,)}
    jira = make(personality=personality, issues=60, withheld=withheld)
    seen = 0
    for issue in visible(jira):
        page = good(jira, f"/issue/{issue.id}/watchers")
        hidden = where in {"*", issue.project.key}
        assert len(page["watchers"]) == (0 if hidden else page["watchCount"])
        seen += page["watchCount"] if hidden else 0
    assert seen
    rows = area_truth(jira, "issue_watchers") + area_truth(jira, "issue_votes")
    assert bool(rows) is (where != "*")
    homes = {jira.mutate.issue(row["issueId"]).project.key for row in rows}
    assert "APP" not in homes
    asked = {"permissions": "VIEW_VOTERS_AND_WATCHERS"}
    for found, wanted in ((asked, where != "*"), ({**asked, "projectKey": "APP"}, False)):
        table = good(jira, "/mypermissions", **found)["permissions"]
        assert table["VIEW_VOTERS_AND_WATCHERS"]["havePermission"] is wanted


def test_strangers_see_no_people_and_no_transitions(cloud: Jira) -> None:
    """The public project's issues they see."""
    issue = next(each for each in visible(cloud) if each.project.public)
    where = f"{api(cloud)}/issue/{issue.id}"
    page = cloud.call("GET", f"{where}/watchers", headers={})[2]
    assert page["watchers"] == []
    assert cloud.call("GET", f"{where}/transitions", headers={})[2]["transitions"] == []
    shown = cloud.call("GET", where, {"expand": "transitions"}, headers={})[2]
    assert shown["transitions"] == []


# --- remote links -------------------------------------------------------------------------------


def test_remote_links(site: Jira) -> None:
    every: list[Row] = []
    for ident, rows in by_issue(site, "issue_remote_links").items():
        assert good(site, f"/issue/{ident}/remotelink") == rows
        every += rows
    assert len({row["id"] for row in every}) == len(every) > 100
    assert all(type(row["id"]) is int for row in every)
    for member in ("globalId", "relationship"):
        assert {member in row for row in every} == {True, False}
    assert {"summary" in row["object"] for row in every} == {True, False}
    assert {bool(row["application"]) for row in every} == {True, False}
    assert {bool(row["object"]["status"]) for row in every} == {True, False}
    assert not json.dumps(every, ensure_ascii=False).isascii()
    row = next(row for row in every if "globalId" in row)
    where = f"/issue/{row['id'] // 100}/remotelink"
    assert good(site, where, globalId=row["globalId"])["globalId"] == row["globalId"]
    assert ask(site, where, globalId="nope")[0] == 404
    assert max(len(rows) for rows in by_issue(site, "issue_remote_links").values()) > 50


# --- properties ---------------------------------------------------------------------------------


def test_properties(site: Jira) -> None:
    kinds: set[type] = set()
    for ident, rows in by_issue(site, "issue_properties").items():
        keys = good(site, f"/issue/{ident}/properties")["keys"]
        assert [row["key"] for row in keys] == [row["key"] for row in rows]
        for row in rows:
            assert good(site, f"/issue/{ident}/properties/{row['key']}") == row
            kinds.add(type(row["value"]))
        wanted = {row["key"]: row["value"] for row in rows}
        whole = good(site, f"/issue/{ident}", properties="*all", fields="id")
        assert whole["properties"] == wanted
        assert "properties" not in good(site, f"/issue/{ident}", fields="id")
        some = good(site, f"/issue/{ident}", properties="*all,-ключ", fields="id")["properties"]
        assert some == {key: value for key, value in wanted.items() if key != "ключ"}
        assert ask(site, f"/issue/{ident}/properties/{quote('no key')}")[0] == 404
    assert kinds == {str, int, float, bool, list, dict, type(None)}


def test_properties_of_many_issues(cloud: Jira, post: Callable[..., Any]) -> None:
    """Cloud gives up to five of them, by name."""
    rows = area_truth(cloud, "issue_properties")
    ids = sorted({row["issueId"] for row in rows}, key=int)[:50]
    body = {"issueIdsOrKeys": ids, "fields": ["id"], "properties": ["ключ", "a.b", "*all"]}
    shown = post(cloud, "/issue/bulkfetch", **body)["issues"]
    mine = [row for row in rows if row["key"] in {"ключ", "a.b"} and row["issueId"] in ids]
    found = [
        {"issueId": issue["id"], "key": key, "value": value}
        for issue in shown
        for key, value in issue["properties"].items()
    ]
    assert sorted(found, key=str) == sorted(mine, key=str)
    jql = f"id in ({','.join(ids)})"
    page = post(cloud, "/search/jql", jql=jql, fields=["id"], properties=["ключ"])
    assert {issue["id"] for issue in page["issues"]} == set(ids)
    assert any(issue["properties"] for issue in page["issues"])
    many = {"jql": jql, "properties": [str(n) for n in range(6)]}
    assert cloud.call("POST", "/rest/api/3/search/jql", body=many)[0] == 400


# --- transitions --------------------------------------------------------------------------------


def test_transitions(site: Jira, post: Callable[..., Any]) -> None:
    known = by_issue(site, "issue_transitions")
    for ident, rows in known.items():
        page = good(site, f"/issue/{ident}/transitions")
        assert page == {"expand": "transitions", "transitions": rows}
        alone = good(site, f"/issue/{ident}", expand="transitions,changelog", fields="status")
        assert alone["transitions"] == rows
        assert alone["fields"]["status"]["id"] not in {row["to"]["id"] for row in rows}
        assert "transitions" not in good(site, f"/issue/{ident}", fields="id")
    assert {0, 4} == {len(rows) for rows in known.values()}
    ids = list(known)[:50]
    jql = f"id in ({','.join(ids)})"
    if site.options.cloud:
        body = {"issueIdsOrKeys": ids, "expand": ["transitions"], "fields": ["summary"]}
        shown = post(site, "/issue/bulkfetch", **body)["issues"]
        page = post(site, "/search/jql", jql=jql, fields=["id"], expand="transitions")
        many = {**body, "issueIdsOrKeys": [*ids, *range(51)]}
        assert site.call("POST", "/rest/api/3/issue/bulkfetch", body=many)[0] == 400
    else:
        shown = []
        page = post(site, "/search", jql=jql, fields=["id"], expand=["transitions"])
    for issue in (*shown, *page["issues"]):
        assert issue["transitions"] == known[issue["id"]]
    row = next(row for rows in known.values() for row in rows)
    assert ("hasScreen" in row, "opsbarSequence" in row) == (
        site.options.cloud,
        not site.options.cloud,
    )


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_who_may_not_do_anything_has_no_transition(make: Make, personality: str) -> None:
    jira = make(personality=personality, issues=60, withheld={"TRANSITION_ISSUES": ("APP",)})
    for issue in visible(jira):
        rows = good(jira, f"/issue/{issue.id}/transitions")["transitions"]
        shown = good(jira, f"/issue/{issue.id}", expand="transitions")["transitions"]
        assert rows == shown == by_issue(jira, "issue_transitions")[str(issue.id)]
        assert not rows or issue.project.key != "APP"
    assert area_truth(jira, "issue_transitions")


# --- all of them --------------------------------------------------------------------------------

PATHS = ("watchers", "votes", "remotelink", "properties", "transitions")


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_what_cannot_be_seen_carries_nothing(make: Make, personality: str) -> None:
    jira = make(personality=personality, issues=60)
    project = next(each.project for each in visible(jira) if each.project.key == "APP")
    hidden, archived, gone = (
        next(each for each in visible(jira) if each.project.key == "SUP"),
        next(each for each in visible(jira) if each.project is project),
        next(each for each in visible(jira) if each.project.key == "AND"),
    )
    jira.mutate.hide_issue(hidden)
    jira.mutate.archive_project(project)
    jira.mutate.delete_issue(gone)
    ids = {str(each.id) for each in (hidden, archived, gone)}
    for stream in TABLES:
        assert not ids & {row["issueId"] for row in area_truth(jira, stream)}
    for ident in ids:
        assert {ask(jira, f"/issue/{ident}/{path}")[0] for path in PATHS} == {404}
        assert jira.call("GET", f"/rest/servicedeskapi/request/{ident}")[0] == 404


@pytest.mark.parametrize("path", PATHS)
def test_faults_and_ailments_hit_these_paths(small: Jira, path: str) -> None:
    issue = visible(small)[0]
    small.faults.add(Fault("status", f"GET /issue/{{ident}}/{path}$", status=503))
    assert ask(small, f"/issue/{issue.id}/{path}")[0] == 503
    assert ask(small, f"/issue/{issue.id}/{path}")[0] == 200
    full = next(i for i in visible(small) if _rows(good(small, f"/issue/{i.id}/{path}")))
    small.faults.add(Fault("empty_page", path))
    assert _rows(good(small, f"/issue/{full.id}/{path}")) == []
    small.mutate.sicken(issue, status=500)
    assert ask(small, f"/issue/{issue.id}/{path}")[0] == 500


def _rows(page: Any) -> list[Any]:
    """The list in an answer."""
    return page if isinstance(page, list) else next(v for v in page.values() if type(v) is list)


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_what_happens_between_runs(make: Make, personality: str) -> None:
    """Each table changes; of the silent ones some issue has changed and does not say so."""
    jira = make(personality=personality, issues=300)
    before = {name: by_issue(jira, name) for name in TABLES}
    updated = {str(issue.id): issue.updated for issue in visible(jira)}
    jira.clock.advance(minutes=60)
    jira.change_areas()
    moved = {str(each.id) for each in visible(jira) if each.updated != updated[str(each.id)]}
    assert 0 < len(moved) < 10
    for name, old in before.items():
        new = by_issue(jira, name)
        other = {ident for ident in old if old[ident] != new[ident]}
        assert other, name
        assert bool(other - moved) is (name in SILENT), name
        assert other & moved, name
    linked = next(
        ident
        for ident, rows in by_issue(jira, "issue_remote_links").items()
        if len(rows) > len(before["issue_remote_links"][ident])
    )
    issue = jira.mutate.issue(linked)
    items = [item.field for change in jira.world.histories(issue)[-2:] for item in change.items]
    assert "RemoteIssueLink" in items
    for stream, (path, member, field, count, _) in CROWDS.items():
        for ident, rows in by_issue(jira, stream).items():
            page = good(jira, f"/issue/{ident}/{path}")
            fields = good(jira, f"/issue/{ident}", fields=field)["fields"]
            assert len(page[member]) == fields[field][count] == len(rows)


def test_nothing_is_kept_of_what_nobody_changed(small: Jira) -> None:
    """A hundred thousand issues would be too much to keep."""
    first = {name: area_truth(small, name) for name in TABLES}
    assert {name: area_truth(small, name) for name in TABLES} == first
    assert not set(TABLES) & set(small.shelf.tables)
    assert all(not issue.overrides for issue in visible(small))
