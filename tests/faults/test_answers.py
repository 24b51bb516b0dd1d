"""Answers that look like something else: a passing failure like a final one, one product like the
other, a list like a search.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox import Fault
from tap_jira.http.answers import Action, Answer, judge
from tap_jira.http.client import MAX_TRIES
from tests.faults.support import Tap, incomplete
from tests.faults.test_matrix import box
from tests.support.changes import visible

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Request
    from sandbox.options import Personality

#: What a server in trouble may write into the body of a 500.
TRACE = {
    "message": "Internal server error",
    "status-code": 500,
    "stack-trace": "java.sql.SQLTransientConnectionException … at com.atlassian.jira.issue.search."
    "DefaultSearchService … at com.atlassian.ratelimiting.internal.filter.RateLimitFilter.doFilter",
}
BEYOND = (
    "Search limit exceeded: the search requests 10100 results which exceeded the search platform "
    "limit of 10,000"
)
BUCKET = {"X-RateLimit-Interval-Seconds": "1", "X-RateLimit-FillRate": "0"}


@pytest.mark.parametrize(
    ("personality", "endpoint"),
    [
        ("cloud", "POST /search/jql"),
        ("cloud", "POST /issue/bulkfetch"),
        ("dc", "POST /search$"),
        ("dc", "POST /worklog/list"),
    ],
)
def test_a_stack_trace_passes(personality: Personality, endpoint: str, tmp_path: Path) -> None:
    """It speaks of limits and searches, and the request succeeds when it is tried again."""
    with box(personality) as jira:
        fault = jira.faults.add(Fault("status", endpoint, status=500, body=TRACE))
        Tap(jira, tmp_path).sync()
        assert fault.struck == 1


@pytest.mark.parametrize(
    ("status", "path", "message", "final"),
    [
        (500, "/rest/api/2/search", BEYOND, "result window"),
        (500, "/rest/api/3/search/jql", BEYOND, "result window"),
        (500, "/rest/api/2/search", "Internal search error: connection limit", ""),
        (500, "/rest/api/3/project/search", BEYOND, ""),
        (500, "/rest/api/2/worklog/list", BEYOND, ""),
        (400, "/rest/api/2/search", "no such field", "jql and project_keys"),
        (400, "/jira/rest/api/3/search/jql", "no such field", "jql and project_keys"),
        (400, "/rest/api/3/search/approximate-count", "unbounded", "jql and project_keys"),
        (400, "/rest/api/3/project/search", "no such status", "project/search: 400"),
        (400, "/rest/api/3/users/search", "no", "users/search: 400"),
    ],
)
def test_only_a_search_for_issues_is_one(status: int, path: str, message: str, final: str) -> None:
    body = b'{"errorMessages": ["%s"]}' % message.encode()
    answer = Answer("GET", f"https://jira.example.com{path}?startAt=0", status, {}, body)
    rule = judge(answer)
    assert rule.action is (Action.FAIL if final else Action.RETRY)
    assert final in str(rule.error(answer))


@pytest.mark.parametrize("endpoint", ["POST /search/jql", "GET /serverInfo"])
def test_on_cloud_nobody_is_blocked(endpoint: str, tmp_path: Path) -> None:
    """A window of which nothing is left is waited for, whatever its size is said to be."""
    with box("cloud") as jira:
        limit = {"X-RateLimit-Limit": "0", "X-RateLimit-Remaining": "0"}
        fault = jira.faults.add(Fault("status", endpoint, status=429, headers=limit, retry_after=1))
        Tap(jira, tmp_path).sync()
        assert fault.struck == 1


@pytest.mark.parametrize("form", ["document", "markup"])
def test_on_cloud_nobody_is_blocked_whatever_the_version_of_its_api(
    form: str, tmp_path: Path
) -> None:
    with box("cloud") as jira:
        limit = {"X-RateLimit-Limit": "0"}
        fault = jira.faults.add(Fault("status", "POST /search/jql", status=429, headers=limit))
        run = Tap(jira, tmp_path, rich_text=form).run()
        assert run.code == 0, run.log
        assert fault.struck == 1


@pytest.mark.parametrize("headers", [{}, {**BUCKET, "Retry-After": "30"}])
def test_data_center_blocks_everyone(headers: dict[str, str], tmp_path: Path) -> None:
    with box("dc") as jira:
        blocked = {"X-RateLimit-Limit": "0", **headers}
        jira.faults.add(Fault("status", "", status=429, headers=blocked, count=99))
        run = Tap(jira, tmp_path).run()
        assert run.code == 1
        assert "an administrator has to allow it" in run.errors[0]
        assert sum(jira.counts.values()) == 1


def test_whether_a_503_is_a_limit() -> None:
    def limited(headers: dict[str, str], body: bytes = b"") -> bool:
        return Answer("GET", "https://jira.example.com", 503, headers, body).is_rate_limit

    assert not limited({"Retry-After": "1"}, b"<html>upgrading</html>")
    assert limited({"Retry-After": "1", "RateLimit-Reason": "jira-burst-based"})
    assert limited({"Retry-After": "1"}, b'{"message": "Rate limit exceeded."}')
    assert Answer("GET", "https://jira.example.com", 429, {}, b"").is_rate_limit


def test_an_issue_that_fails_with_the_words_of_a_limit(tmp_path: Path) -> None:
    """It is an issue that cannot be read: the others come, without a wait."""
    with box("cloud") as jira:
        poison = str(visible(jira.jira)[6].id)

        def is_in(request: Request) -> bool:
            return poison in json.loads(request.body)["issueIdsOrKeys"]

        said = {"errorMessages": ["App failed: upstream said Too Many Requests"]}
        fault = Fault("status", "/issue/bulk", status=500, body=said, count=10**6, when=is_in)
        jira.faults.add(fault)
        tap = Tap(jira, tmp_path, page_size=20)
        run = tap.run(catalog=tap.catalog("issues"))
        assert incomplete(run) == {"issues"}
        assert len(tap.tables.rows["issues"]) == len(visible(jira.jira)) - 1
        assert fault.struck <= 30


def test_a_wait_of_nothing_is_none(tmp_path: Path) -> None:
    """Data Center's limits put ``retry-after: 0`` on every answer, also of what keeps failing."""
    with box("dc") as jira:
        fault = jira.faults.add(
            Fault("status", "worklog/deleted", status=500, headers={"retry-after": "0"}, count=999)
        )
        run = Tap(jira, tmp_path, max_retry_wait_seconds=20).run()
        assert incomplete(run) == {"deleted_worklogs"}
        assert fault.struck == MAX_TRIES
