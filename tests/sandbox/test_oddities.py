"""What no client expects: issues that cannot be read, ties, holes, what happens silently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Fault, Jira, asks_for_more_than, truth
from sandbox.messages import Request

Call = Callable[..., Any]
IDS = [str(number) for number in range(10_000, 10_010)]


def bulk(jira: Jira) -> tuple[int, dict[str, Any]]:
    body = {"issueIdsOrKeys": IDS, "fields": ["status"]}
    code, _, answer = jira.call("POST", "/rest/api/3/issue/bulkfetch", body=body)
    return code, answer


def test_an_issue_that_spoils_each_answer(small: Jira, get: Call, post: Call) -> None:
    ailment = small.mutate.sicken(10_003)
    assert bulk(small)[0] == 500
    assert small.call("GET", "/rest/api/3/issue/10003/comment")[0] == 500
    listed = post(small, "/search/jql", jql="id = 10003", fields=["id"])
    assert [issue["id"] for issue in listed["issues"]] == ["10003"]
    small.mutate.heal(10_003)
    assert ailment.struck == 2
    small.mutate.sicken(10_003, "error", times=1)
    _, answer = bulk(small)
    assert [error["id"] for error in answer["issueErrors"]] == ["10003"]
    assert "10003" not in [issue["id"] for issue in answer["issues"]]
    assert bulk(small)[1]["issueErrors"] == []
    assert get(small, "/issue/10003")["id"] == "10003"


@pytest.mark.parametrize(("shape", "left"), [("absent", {}), ("null", None), ("{}", {})])
def test_a_field_that_does_not_load(small: Jira, shape: str, left: Any) -> None:
    small.mutate.sicken(10_003, "blank", fields=("status",), shape=shape, times=1)
    fields = bulk(small)[1]["issues"][3]["fields"]
    assert fields.get("status", {}) == left
    assert bulk(small)[1]["issues"][3]["fields"]["status"]["name"]


def test_ties_have_an_order_only_with_a_unique_key(small: Jira, keys: Call) -> None:
    small.mutate.bulk_change(12)
    tied = {tuple(keys(small, 'updated >= "2026-06-15 14:00" ORDER BY updated')) for _ in range(9)}
    assert len(tied) > 1
    assert len({frozenset(each) for each in tied}) == 1
    ordered = 'updated >= "2026-06-15 14:00" ORDER BY updated ASC, key ASC'
    assert len({tuple(keys(small, ordered)) for _ in range(3)}) == 1


def test_feeds_begin_after_the_millisecond(make: Call, get: Call) -> None:
    jira = make(issues=40)
    made = jira.mutate.import_issue(worklogs=4)
    at = jira.world.clock.now_ms()
    jira.clock.advance(70)
    assert get(jira, "/worklog/updated", since=at)["values"] == []
    rows = get(jira, "/worklog/updated", since=at - 1)["values"]
    assert [row["updatedTime"] for row in rows] == [at] * 4
    assert made.created < at == made.updated
    assert made.id == max(jira.world.issues)


def test_silent_histories(small: Jira) -> None:
    before = small.world.issues[10_005].updated
    small.clock.advance(60)
    change = small.mutate.rank_issue(10_005)
    assert small.world.issues[10_005].updated == before < change.created
    assert str(change.id) in truth(small)["changelogs"]


def test_cut_changelogs_of_data_center(make: Call, get: Call) -> None:
    from sandbox import PageCaps  # noqa: PLC0415

    jira = make(personality="dc", issues=40, caps=PageCaps(embedded_histories_dc=3))
    body = {"jql": "id = 10007", "expand": ["changelog"], "fields": ["id"]}
    log = jira.call("POST", "/rest/api/2/search", body=body)[2]["issues"][0]["changelog"]
    assert len(log["histories"]) == 3 < log["total"]
    log = get(jira, "/issue/10007", expand="changelog")["changelog"]
    assert len(log["histories"]) == log["total"]


def test_hidden_comments_may_count(make: Call, get: Call) -> None:
    for counted in (True, False):
        jira = make(issues=40, count_hidden_comments=counted)
        jira.mutate.hide_comment(10_007, jira.world.comments(jira.world.issues[10_007])[3].id)
        page = get(jira, "/issue/10007/comment", startAt=200)
        assert page["total"] - len(page["comments"]) - 200 == counted


def test_users_behind_a_hole(make: Call, get: Call) -> None:
    jira = make(issues=5, more_users=300, hidden_users=(0, 200), users_too_slow_above=100)
    sizes = [
        len(get(jira, "/users/search", startAt=start, maxResults=100)) for start in (0, 100, 200)
    ]
    assert sizes[1:] == [0, 40]
    assert jira.call("GET", "/rest/api/3/users/search", {"maxResults": 101})[0] == 409


def test_an_index_that_is_being_rebuilt(small_dc: Jira, get: Call, keys: Call) -> None:
    assert small_dc.call("GET", "/rest/api/2/reindex/progress")[0] == 404
    everything = len(keys(small_dc, "created is not empty"))
    small_dc.mutate.reindex(40)
    assert 0 < len(keys(small_dc, "created is not empty")) < everything
    assert get(small_dc, "/reindex/progress")["currentProgress"] == 40
    small_dc.mutate.reindex(None)
    assert len(keys(small_dc, "created is not empty")) == everything


def test_pages_without_and_instead(small: Jira, post: Call) -> None:
    fields = ("isLast", "issues.fields.comment.total")
    small.faults.add(Fault("without", "search", fields=fields))
    page = post(small, "/search/jql", jql="id = 10007", fields=["comment"])
    assert "isLast" not in page
    assert "total" not in page["issues"][0]["fields"]["comment"]
    small.faults.add(Fault("put", "search", values={"issues.fields.status": None}))
    page = post(small, "/search/jql", jql="id = 10007", fields=["status"])
    assert page["issues"][0]["fields"] == {"status": None}
    small.faults.add(Fault("no_token", "search"))
    page = post(small, "/search/jql", jql="id = 10007", fields=["id"])
    assert page["isLast"] is False
    assert "nextPageToken" not in page
    small.faults.add(Fault("lose_row", "search"))
    assert post(small, "/search/jql", jql="id = 10007", fields=["id"])["issues"] == []


def test_too_much_at_once() -> None:
    asks = asks_for_more_than(2)
    assert asks(Request("POST", "/", body=b'{"ids": [1, 2, 3]}'))
    assert not asks(Request("POST", "/", body=b'{"ids": [1, 2], "maxResults": 1000}'))
    assert asks(Request("GET", "/", {"maxResults": ["3"]}))


def test_a_project_may_be_gone_for_good(small: Jira, get: Call) -> None:
    before = get(small, "/project/search", status=["live", "deleted"])["total"]
    small.mutate.purge_project("VOID")
    assert get(small, "/project/search", status=["live", "deleted"])["total"] == before - 1
