"""Pages, caps, tokens and windows of the searches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Jira, Options

Call = Callable[..., Any]
ALL = "project is not EMPTY ORDER BY key"


def ids(pages: Any) -> list[str]:
    return [issue["id"] for page in pages for issue in page["issues"]]


def test_cloud_page_sizes(make: Call, post: Call) -> None:
    jira = make(issues=6000)
    assert len(post(jira, "/search/jql", jql=ALL)["issues"]) == 50
    assert len(post(jira, "/search/jql", jql=ALL, maxResults=9000)["issues"]) == 5000
    summaries = post(jira, "/search/jql", jql=ALL, maxResults=9000, fields=["summary"])["issues"]
    assert len(summaries) == 100
    assert set(post(jira, "/search/jql", jql=ALL)["issues"][0]) == {"id"}


def test_cloud_pages_are_complete(cloud: Jira, pages: Call) -> None:
    found = ids(pages(cloud, ALL, fields=["summary"]))
    assert len(found) == len(set(found)) == 1000


def test_is_last_is_sometimes_missing(cloud: Jira, pages: Call) -> None:
    shown = {page.get("isLast") for page in pages(cloud, ALL, fields=["summary"])}
    assert {None, False} <= shown


def test_stable_tokens_are_snapshots(small: Jira, post: Call, pages: Call) -> None:
    walk = pages(small, "project is not EMPTY ORDER BY updated", maxResults=10)
    first = next(walk)["issues"]
    small.mutate.update_issue(first[0]["id"], summary="moved to the end")
    found = [issue["id"] for issue in first] + ids(walk)
    assert len(found) == len(set(found)) == 40


def test_unstable_tokens_skip_rows(small: Jira, pages: Call) -> None:
    small.options.tokens = "unstable"
    walk = pages(small, "project is not EMPTY ORDER BY updated", maxResults=10)
    first = next(walk)["issues"]
    before = {str(i.id) for i in small.world.issues.values() if i.project.live}
    for issue in first[:4]:
        small.mutate.update_issue(issue["id"], summary="moved to the end")
    found = {issue["id"] for issue in first} | set(ids(walk))
    assert len(before - found) >= 2  # shifted over the page end, minus rows given twice


def test_unstable_tokens_repeat(make: Call, post: Call) -> None:
    jira = make(issues=1000, tokens="unstable")
    token, repeats, rows = None, 0, []
    while True:
        page = post(jira, "/search/jql", jql=ALL, nextPageToken=token, maxResults=10)
        rows += [issue["id"] for issue in page["issues"]]
        if "nextPageToken" not in page:
            break
        repeats += page["nextPageToken"] == token
        token = page["nextPageToken"]
    assert repeats > 0
    assert len(rows) > len(set(rows)) == 1000


def test_tokens_expire_and_belong_to_a_query(small: Jira, post: Call) -> None:
    token = post(small, "/search/jql", jql=ALL, maxResults=5)["nextPageToken"]
    ask = {"jql": "project is not EMPTY", "nextPageToken": token}
    assert small.call("POST", "/rest/api/3/search/jql", body=ask)[0] == 400
    small.clock.advance(days=6)
    post(small, "/search/jql", jql=ALL, nextPageToken=token)
    small.clock.advance(days=2)
    ask["jql"] = ALL
    assert small.call("POST", "/rest/api/3/search/jql", body=ask)[0] == 400


def test_cloud_refuses(cloud: Jira) -> None:
    def status(body: dict[str, Any]) -> tuple[int, str]:
        code, _, data = cloud.call("POST", "/rest/api/3/search/jql", body=body)
        return code, str(data)

    assert "Unbounded JQL" in status({"jql": "ORDER BY updated"})[1]
    assert status({"jql": ""})[0] == 400
    assert status({"jql": ALL, "startAt": 0})[0] == 400
    eight = ", ".join(["key"] * 8)
    assert "at most 7" in status({"jql": f"project is not EMPTY ORDER BY {eight}"})[1]
    assert cloud.call("GET", "/rest/api/2/search", {"jql": ALL})[0] == 410
    plain = cloud.default_headers() | {"content-type": "text/plain"}
    assert cloud.call("POST", "/rest/api/3/search/jql", body={}, headers=plain)[0] == 415


def test_the_search_that_cloud_removed(make: Call) -> None:
    """Pages by offsets, of 100 at most; what asked for it then is measured with it."""
    jira = make(issues=150, old_search=True)

    def page(**ask: Any) -> dict[str, Any]:
        code, _, data = jira.call("GET", "/rest/api/3/search", {"jql": ALL, **ask})
        assert code == 200
        return dict(data)

    first = page(maxResults="1000", fields="summary")
    second = page(maxResults="100", startAt="100", fields="summary")
    assert (first["maxResults"], first["total"], len(first["issues"])) == (100, 150, 100)
    assert len(set(ids([first, second]))) == 150


def test_version_two_on_cloud_gives_wiki_text(cloud: Jira) -> None:
    ask = {"jql": "description is not EMPTY", "fields": ["description"], "maxResults": 1}
    found = cloud.call("POST", "/rest/api/2/search/jql", body=ask)[2]["issues"]
    assert isinstance(found[0]["fields"]["description"], str)


@pytest.mark.parametrize(
    ("fields", "expand", "count", "status"),
    [
        (["summary"], [], 1000, 200),
        (["summary"], [], 1001, 400),
        (["*all"], [], 101, 400),
        (["comment"], [], 101, 400),
        (["summary"], ["changelog"], 101, 400),
        (["summary"], ["changelog"], 100, 200),
        ([], [], 101, 400),
    ],
)
def test_bulkfetch_limits(
    cloud: Jira, fields: list[str], expand: list[str], count: int, status: int
) -> None:
    wanted = [str(20_000 - n) for n in range(count - 2)] + ["10010", "10002"]
    body = {"issueIdsOrKeys": wanted, "fields": fields, "expand": expand}
    code, _, data = cloud.call("POST", "/rest/api/3/issue/bulkfetch", body=body)
    assert code == status
    if status == 200:
        found = [int(issue["id"]) for issue in data["issues"]]
        assert found == sorted(found)
        assert {10002, 10010} <= set(found)


def test_field_selection(cloud: Jira, get: Call) -> None:
    def chosen(fields: str) -> set[str]:
        return set(get(cloud, "/issue/10007", fields=fields)["fields"])

    assert chosen("summary,nonsense") == {"summary"}
    assert "comment" in chosen("*all")
    assert "comment" not in chosen("*all,-comment")
    assert "comment" not in chosen("*navigable")
    assert "description" not in chosen("-description")


def test_dc_pages(dc: Jira, post: Call, make: Call) -> None:
    page = post(dc, "/search", jql="", maxResults=5000)
    assert (page["maxResults"], page["total"], len(page["issues"])) == (1000, 1000, 1000)
    page = post(dc, "/search", jql="", maxResults=0)
    assert (page["maxResults"], page["total"], page["issues"]) == (0, 1000, [])
    assert len(post(dc, "/search", jql="", startAt=990)["issues"]) == 10
    narrow = make(personality="dc", issues=50, max_result_window=30)
    body = {"jql": "", "startAt": 21, "maxResults": 10}
    code, _, data = narrow.call("POST", "/rest/api/2/search", body=body)
    assert code == 500
    assert "Search limit exceeded" in str(data)


def test_dc_offsets_shift_over_the_live_result(small_dc: Jira, post: Call) -> None:
    ask = {"jql": "ORDER BY updated ASC", "fields": ["summary"], "maxResults": 10}
    first = post(small_dc, "/search", **ask)["issues"]
    tenth = post(small_dc, "/search", **ask, startAt=10)["issues"][0]["id"]
    small_dc.mutate.add_comment(first[0]["id"])
    rest = post(small_dc, "/search", **{**ask, "maxResults": 100, "startAt": 10})["issues"]
    assert tenth not in {issue["id"] for issue in rest}
    assert rest[-1]["id"] == first[0]["id"]


def test_dc_validate_query(dc: Jira, post: Call) -> None:
    body = {"jql": 'project in ("APP", "OLD", "NOPE")'}
    code, _, data = dc.call("POST", "/rest/api/2/search", body=body)
    assert code == 400
    assert data["errorMessages"] == ["The value 'OLD' does not exist for the field 'project'."]
    page = post(dc, "/search", **body, validateQuery=False)
    assert len(page["warningMessages"]) == 2
    assert page["total"] > 0


def test_windows_and_versions(make: Call) -> None:
    def status(path: str, version: str) -> int:
        jira = make(personality="dc", issues=3, version=version)
        code: int = jira.call("GET", f"/rest/api/2{path}")[0]
        return code

    assert status("/searchLimits/maxResultWindow", "11.3.0") == 200
    assert status("/searchLimits/maxResultWindow", "10.3.24") == 404
    assert status("/user/list", "9.12.1") == 404
    assert status("/user/list", "10.3.24") == 200


def test_index_lag(make: Call, keys: Call) -> None:
    jira = make(issues=10, index_lag_seconds=30)
    made = jira.mutate.create_issue("APP", summary="new")
    gone = next(i for i in jira.world.issues.values() if i.project.live)
    jira.mutate.delete_issue(gone)
    recent = 'updated >= "2026-06-15 12:00"'
    assert made.key not in keys(jira, recent)
    assert gone.key not in keys(jira, "project is not EMPTY")  # the row is there, the issue is not
    jira.clock.advance(31)
    assert made.key in keys(jira, "project is not EMPTY")


def test_approximate_count(cloud: Jira, post: Call) -> None:
    assert post(cloud, "/search/approximate-count", jql="project is not EMPTY") == {"count": 1000}


def test_seed_decides(make: Call, get: Call) -> None:
    one, same, other = make(issues=30), make(issues=30), make(issues=30, seed=2)
    assert get(one, "/issue/10009") == get(same, "/issue/10009") != get(other, "/issue/10009")


def test_options_are_plain() -> None:
    assert Options().basic_allowed
    assert not Options(personality="dc", version="11.3.1").basic_allowed
