"""Embedded limits, pages of children, feeds, users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox import Jira, truth

Call = Callable[..., Any]
BIG = "10007"


def test_embedded_limits_on_cloud(cloud: Jira, get: Call, post: Call) -> None:
    found = post(
        cloud,
        "/search/jql",
        jql=f"id = {BIG}",
        fields=["comment", "worklog"],
        expand="changelog",
    )["issues"][0]
    fields, log = found["fields"], found["changelog"]
    assert len(fields["comment"]["comments"]) == 20 < fields["comment"]["total"]
    assert len(fields["worklog"]["worklogs"]) == 20 < fields["worklog"]["total"]
    assert len(log["histories"]) == 40 < log["total"]
    newest = get(cloud, f"/issue/{BIG}/changelog", startAt=log["total"] - 1)["values"][0]
    assert log["histories"][0] == newest


def test_embedded_limits_on_dc(dc: Jira, get: Call) -> None:
    found = get(dc, f"/issue/{BIG}", expand="changelog")
    fields, log = found["fields"], found["changelog"]
    assert len(fields["comment"]["comments"]) == fields["comment"]["total"] > 200
    assert len(fields["worklog"]["worklogs"]) == 20 < fields["worklog"]["total"]
    assert len(log["histories"]) == log["total"] == log["maxResults"] > 200
    ids = [int(history["id"]) for history in log["histories"]]
    assert ids == sorted(ids)
    assert len(get(dc, f"/issue/{BIG}/comment")["comments"]) == fields["comment"]["total"]
    assert len(get(dc, f"/issue/{BIG}/worklog")["worklogs"]) == fields["worklog"]["total"]
    assert dc.call("GET", f"/rest/api/2/issue/{BIG}/changelog")[0] == 404


def test_child_pages_on_cloud(cloud: Jira, get: Call, post: Call) -> None:
    for path, name in (("comment", "comments"), ("changelog", "values")):
        page = get(cloud, f"/issue/{BIG}/{path}", maxResults=1000)
        assert page["maxResults"] == len(page[name]) == 100
        rest = get(cloud, f"/issue/{BIG}/{path}", startAt=200)[name]
        assert len(rest) == page["total"] - 200
    logs = get(cloud, f"/issue/{BIG}/worklog")
    assert len(logs["worklogs"]) == logs["total"] > 100
    ids = [row["id"] for row in get(cloud, f"/issue/{BIG}/comment")["comments"]]
    listed = post(cloud, "/comment/list", ids=[int(ident) for ident in [*ids, "1"]])
    assert [row["id"] for row in listed["values"]] == ids
    assert cloud.call("POST", "/rest/api/3/comment/list", body={"ids": []})[0] == 400


def test_bulk_changelog_pages_cover_everything(cloud: Jira, post: Call) -> None:
    wanted = [str(ident) for ident in range(10_000, 10_060)]
    body: dict[str, Any] = {"issueIdsOrKeys": [*wanted, "99999"], "maxResults": 100}
    rows: list[tuple[int, int, int]] = []
    while True:
        page = post(cloud, "/changelog/bulkfetch", **body)
        part = [
            (change["created"], int(log["issueId"]), int(change["id"]))
            for log in page["issueChangeLogs"]
            for change in log["changeHistories"]
        ]
        assert len(part) <= 100
        assert not rows or min(part) > max(rows)
        rows += part
        if "nextPageToken" not in page:
            break
        body["nextPageToken"] = page["nextPageToken"]
    expected = [
        key
        for key, row in truth(cloud, ("changelogs",))["changelogs"].items()
        if row["issueId"] in wanted
    ]
    assert sorted(str(row[2]) for row in rows) == sorted(expected)


def test_bulk_changelog_refuses(cloud: Jira) -> None:
    def status(**body: Any) -> int:
        return cloud.call("POST", "/rest/api/3/changelog/bulkfetch", body=body)[0]

    assert status(issueIdsOrKeys=[]) == 400
    assert status(issueIdsOrKeys=["1"] * 1001) == 400
    assert status(issueIdsOrKeys=["1"], fieldIds=[str(n) for n in range(11)]) == 400
    assert status(issueIdsOrKeys=["1"], fieldIds=["a", "a"]) == 400
    assert status(issueIdsOrKeys=["1"], maxResults=10_001) == 400
    assert status(issueIdsOrKeys=["1"], extra=1) == 400


def test_worklog_feed_walks_everything(cloud: Jira, get: Call, post: Call) -> None:
    since, found = 0, set()
    while True:
        page = get(cloud, "/worklog/updated", since=since)
        assert len(page["values"]) <= 1000
        found |= {row["worklogId"] for row in page["values"]}
        if page["lastPage"]:
            break
        assert page["until"] > since
        since = page["until"]
    known = truth(cloud, ("worklogs",))["worklogs"]
    assert {str(ident) for ident in found} == set(known)
    some = sorted(found)[:1000]
    assert [int(row["id"]) for row in post(cloud, "/worklog/list", ids=some)] == some
    assert cloud.call("POST", "/rest/api/3/worklog/list", body={"ids": some + some[:1]})[0] == 400


def test_the_last_minute_is_withheld(small: Jira, get: Call) -> None:
    start = small.clock.now_ms()
    issue = next(i for i in small.world.issues.values() if i.project.live)
    log = small.mutate.add_worklog(issue)
    other = small.mutate.add_worklog(issue)
    small.mutate.delete_worklog(issue, other.id)
    assert get(small, "/worklog/updated", since=start - 1)["values"] == []
    small.clock.advance(61)
    updated = get(small, "/worklog/updated", since=start - 1)["values"]
    deleted = get(small, "/worklog/deleted", since=start - 1)["values"]
    assert [row["worklogId"] for row in updated] == [log.id]
    assert [row["worklogId"] for row in deleted] == [other.id]


def test_user_pages_have_gaps(cloud: Jira, get: Call, dc: Jira) -> None:
    sizes, found = [], set()
    for start in range(0, 80, 10):
        page = get(cloud, "/users/search", startAt=start, maxResults=10)
        sizes.append(len(page))
        found |= {user["accountId"] for user in page}
    assert any(0 < size < 10 for size in sizes[:5] + sizes[5:6])
    assert found == set(truth(cloud, ("users",))["users"])
    cursor, names = 0, set()
    while True:
        page = get(dc, "/user/list", cursor=cursor, maxResults=7)
        names |= {user["key"] for user in page["values"]}
        if page["isLast"]:
            break
        cursor = int(page["nextCursor"])
    assert names == set(truth(dc, ("users",))["users"])


def test_truth_has_no_caps(cloud: Jira) -> None:
    known = truth(cloud)
    assert len(known["issues"]) == 1000
    issue = known["issues"][BIG]
    mine = [row for row in known["comments"].values() if row["issueId"] == BIG]
    assert len(mine) == issue["fields"]["comment"]["total"] == 230 + 7 % 5
    assert len(issue["fields"]["comment"]["comments"]) == len(mine)
    assert known["projects"]["10005"]["archived"] is True
    assert "10006" not in known["projects"]
