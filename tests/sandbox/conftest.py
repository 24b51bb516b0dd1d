"""Sites to ask, and short ways of asking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox import Jira, Options

Pages = Iterator[dict[str, Any]]
Make = Callable[..., Jira]


def still(**kwargs: Any) -> Jira:
    """A site whose time stands still."""
    return Jira(Options(**{"clock_runs": False, **kwargs}))


@pytest.fixture
def make() -> Make:
    return still


@pytest.fixture(scope="session")
def cloud() -> Jira:
    """A Cloud site nobody changes."""
    return still(personality="cloud")


@pytest.fixture(scope="session")
def dc() -> Jira:
    """A Data Center site nobody changes."""
    return still(personality="dc")


@pytest.fixture
def small() -> Jira:
    """A Cloud site to change."""
    return still(issues=40)


@pytest.fixture
def small_dc() -> Jira:
    """A Data Center site to change."""
    return still(issues=40, personality="dc")


def good(answer: tuple[int, dict[str, str], Any]) -> Any:
    """The body of an answer that must be a success."""
    assert answer[0] == 200, answer
    return answer[2]


@pytest.fixture
def post() -> Callable[..., Any]:
    """``post(jira, "/search/jql", jql=…)``: the body of a success."""

    def call(jira: Jira, path: str, **body: Any) -> Any:
        version = "3" if jira.options.cloud else "2"
        return good(jira.call("POST", f"/rest/api/{version}{path}", body=body))

    return call


@pytest.fixture
def get() -> Callable[..., Any]:
    """``get(jira, "/field", startAt=0)``: the body of a success."""

    def call(jira: Jira, path: str, **params: Any) -> Any:
        version = "3" if jira.options.cloud else "2"
        return good(jira.call("GET", f"/rest/api/{version}{path}", params))

    return call


@pytest.fixture
def pages() -> Callable[..., Pages]:
    """The pages of a Cloud search."""

    def walk(jira: Jira, jql: str, **body: Any) -> Pages:
        body = {"jql": jql, "maxResults": 5000, **body}
        while True:
            page = good(jira.call("POST", "/rest/api/3/search/jql", body=body))
            yield page
            if "nextPageToken" not in page:
                return
            body["nextPageToken"] = page["nextPageToken"]

    return walk


@pytest.fixture
def keys(pages: Callable[..., Pages]) -> Callable[..., list[str]]:
    """The keys a query finds, on either product."""

    def find(jira: Jira, jql: str) -> list[str]:
        if jira.options.cloud:
            found = [page["issues"] for page in pages(jira, jql, fields=["key"])]
            return [issue["key"] for issues in found for issue in issues]
        body = {"jql": jql, "fields": ["key"], "maxResults": 1000}
        answer = good(jira.call("POST", "/rest/api/2/search", body=body))
        return [issue["key"] for issue in answer["issues"]]

    return find
