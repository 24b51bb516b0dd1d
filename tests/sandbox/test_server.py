"""The socket: faults on the wire, TLS, counting and the command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import Fault, Options, Request, Sandbox

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(Options(issues=30)) as box:
        yield box


@pytest.fixture
def box(running: Sandbox) -> Sandbox:
    running.faults.clear()
    running.reset_counts()
    return running


@pytest.fixture
def session(box: Sandbox) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        made.auth = (box.settings()["username"], box.settings()["api_token"])
        yield made


@pytest.fixture
def search(box: Sandbox, session: requests.Session) -> Callable[[], requests.Response]:
    body = {"jql": "project is not EMPTY", "fields": ["summary"], "maxResults": 10}
    return lambda: session.post(
        f"{box.url}/rest/api/3/search/jql", json=body, timeout=10, allow_redirects=False
    )


Search = Callable[[], requests.Response]


def test_counts(box: Sandbox, search: Search, session: requests.Session) -> None:
    assert search().status_code == 200
    session.get(f"{box.url}/rest/api/3/issue/10001/comment?startAt=0", timeout=10)
    assert dict(box.counts) == {"POST /search/jql": 1, "GET /issue/{ident}/comment": 1}
    assert [(entry.method, entry.status) for entry in box.requests] == [("POST", 200), ("GET", 200)]
    assert box.requests[0].body["maxResults"] == 10


@pytest.mark.parametrize("kind", ["reset", "reset_body", "truncate"])
def test_cut_connections(box: Sandbox, search: Search, kind: str) -> None:
    box.faults.add(Fault(kind, "search/jql", nth=2))
    assert search().status_code == 200
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        search()
    assert search().status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["truncated_json", "invalid_json", "empty", "login_page", "invalid_utf8"],
)
def test_bodies_that_are_no_json(box: Sandbox, search: Search, kind: str) -> None:
    box.faults.add(Fault(kind))
    answer = search()
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r".*"):
        json.loads(answer.content)


def test_statuses(box: Sandbox, search: Search) -> None:
    box.faults.add(
        Fault(
            "status", status=429, retry_after=0, reset_in=5, short=True, reason="jira-burst-based"
        ),
        Fault("status", nth=2, status=503, html=True, headers={"Retry-After": "1"}),
        Fault("redirect", nth=3),
        Fault("proxy_page", nth=4, status=502),
        Fault("token_400", nth=5),
    )
    answers = [search() for _ in range(2)]
    assert answers[0].headers["Retry-After"] == "0"
    assert answers[0].headers["X-RateLimit-Reset"].endswith("Z")
    assert len(answers[0].headers["X-RateLimit-Reset"]) == 17
    assert answers[0].status_code == 429


def test_pages_gone_wrong(box: Sandbox, search: Search) -> None:
    def page(fault: Fault) -> Any:
        box.faults.clear()
        box.faults.add(fault)
        return search().json()

    assert len(page(Fault("more_rows"))["issues"]) == 20
    assert len(page(Fault("duplicate_rows"))["issues"]) == 11
    assert "isLast" not in page(Fault("no_is_last"))
    assert "summary" not in page(Fault("missing_fields"))["issues"][0]["fields"]
    assert page(Fault("empty_page"))["issues"] == []
    before = len(box.jira.world.issues)
    page(Fault("vanish"))
    assert len(box.jira.world.issues) == before - 1
    assert page(Fault("huge_integers"))["issues"][0]["n"] > 10**399 - 1


def test_slow_and_oversized(box: Sandbox, search: Search) -> None:
    box.faults.add(Fault("slow", delay=0.1), Fault("oversized", size=1_000_000))
    answer = search()
    assert answer.elapsed.total_seconds() >= 0.1
    assert len(answer.content) > 1_000_000


def test_probability_is_seeded() -> None:
    def hits(seed: int) -> list[bool]:
        fault = Fault("status", probability=0.5, count=1000, seed=seed)
        return [fault.strikes(Request("GET", "/x", endpoint="GET /x")) for _ in range(50)]

    assert hits(1) == hits(1) != hits(2)


def test_tls_with_a_client_certificate() -> None:
    with Sandbox(Options(issues=3), tls=True, client_certificate=True) as box:
        url = f"{box.url}/rest/api/3/serverInfo"
        with requests.Session() as session:
            session.trust_env = False
            session.verify = box.ca_bundle
            session.cert = box.client_pem
            assert session.get(url, timeout=10).json()["deploymentType"] == "Cloud"
        with requests.Session() as session:
            session.trust_env = False
            session.verify = box.ca_bundle
            with pytest.raises(requests.ConnectionError):
                session.get(url, timeout=10)


def test_dc_under_a_context_path() -> None:
    with Sandbox(Options(personality="dc", issues=3, context_path="/jira")) as box:
        token = box.settings()["personal_access_token"]
        url = f"{box.settings()['base_url']}/rest/api/2/myself"
        headers = {"Authorization": f"Bearer {token}"}
        assert url.startswith("http://127.0.0.1:")
        assert "/jira/rest" in url
        answer = requests.get(url, headers=headers, timeout=10)
        assert answer.headers["X-AUSERNAME"] == "reader"


def test_the_command() -> None:
    command = [sys.executable, "-m", "sandbox", "--issues", "5", "--personality", "dc"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        control = f"{line['url']}/__sandbox__"
        assert requests.get(f"{control}/truth", timeout=10).json()["issues"] == 5
        requests.get(f"{control}/mutate?count=3&seed=1", timeout=10)
        requests.get(f"{line['url']}/rest/api/2/serverInfo", timeout=10)
        assert requests.get(f"{control}/counts", timeout=10).json()["total"] == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
