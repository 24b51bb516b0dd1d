"""Rate limits of 10 requests a second: few requests are refused, and none comes too early."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Sandbox
from sandbox.faults import Fault
from sandbox.limits import GRACE_MS
from sandbox.options import Options, RateLimit
from sandbox.truth import truth
from tests.exactness.support import Tap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Site = Callable[..., Sandbox]

LIMIT = RateLimit(per_second=10, burst=20)
MOST_REFUSED = 0.02
CONCURRENCY = 8
HINTS = ("Retry-After", "retry-after", "RateLimit-Reason")


@pytest.fixture
def site() -> Iterator[Site]:
    with contextlib.ExitStack() as running:
        yield lambda **options: running.enter_context(Sandbox(Options(**options)))


def _run(jira: Sandbox, folder: Path, **config: Any) -> tuple[int, int]:
    """A full run; hands back how many of its requests were refused, and how many there were."""
    tap = Tap(jira, folder, {}, max_concurrency=CONCURRENCY, **config)
    tap.run()
    refused, sent = jira.jira.limiter.refused, sum(jira.counts.values())
    print(f"{refused} of {sent} requests were refused: {dict(jira.counts)}")  # noqa: T201
    assert not jira.jira.limiter.violations
    found = truth(jira.jira, ("issues", "comments"))
    assert tap.rows["issues"].keys() == found["issues"].keys()
    assert tap.rows["comments"].keys() == found["comments"].keys()
    return refused, sent


@pytest.mark.parametrize(("issues", "page_size"), [(1000, 20), (3000, 100)])
@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_few_requests_are_refused(
    site: Site, personality: Any, issues: int, page_size: int, tmp_path: Path
) -> None:
    jira = site(personality=personality, issues=issues, rate_limit=LIMIT)
    refused, sent = _run(jira, tmp_path, page_size=page_size)
    assert refused < MOST_REFUSED * sent


@pytest.mark.parametrize(("personality", "hints"), [("cloud", HINTS), ("dc", ())])
def test_without_headers_the_first_refusal_is_heeded(
    site: Site,
    personality: Any,
    hints: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing announces it, so what is under way at that moment is refused, and little more."""
    jira = site(personality=personality, issues=200, rate_limit=LIMIT)
    limiter = jira.jira.limiter
    check = limiter.check

    def unannounced(endpoint: str) -> Any:
        refusal, _ = check(endpoint)
        if refusal:
            refusal.headers = {n: v for n, v in refusal.headers.items() if n in hints}
        return refusal, {}

    monkeypatch.setattr(limiter, "check", unannounced)
    refused, sent = _run(jira, tmp_path, page_size=5)
    assert 0 < refused <= CONCURRENCY + MOST_REFUSED * sent


@pytest.mark.parametrize(
    ("fault", "seconds", "everything"),
    [
        pytest.param(
            {"status": 429, "reason": "jira-quota-tenant-based", "reset_in": 3},
            3,
            True,
            id="a quota that is full again at an instant",
        ),
        pytest.param(
            {"status": 429, "reason": "jira-quota-tenant-based", "retry_after": 2},
            2,
            True,
            id="a quota that is full again in seconds",
        ),
        pytest.param(
            {"status": 429, "reason": "jira-burst-based", "retry_after": 2},
            2,
            False,
            id="a burst",
        ),
        pytest.param({"status": 503, "retry_after": 2}, 2, False, id="503 with Retry-After"),
        pytest.param({"status": 429, "retry_after": 0}, 1, False, id="Retry-After 0 still waits"),
    ],
)
@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_whoever_says_when_is_heeded(
    site: Site,
    personality: Any,
    fault: dict[str, Any],
    seconds: int,
    everything: bool,
    tmp_path: Path,
) -> None:
    jira = site(personality=personality, issues=60)
    endpoint = "POST /issue/bulkfetch" if jira.jira.options.cloud else "POST /search$"
    jira.faults.add(Fault("status", match=endpoint, nth=3, **fault))
    _run(jira, tmp_path, page_size=5)
    refusal = next(each for each in jira.requests if each.status == fault["status"])
    early = [
        each
        for each in jira.requests
        if refusal.at + GRACE_MS < each.at < refusal.at + seconds * 1000
        and (everything or each.endpoint == refusal.endpoint)
    ]
    assert not early
    assert sum(each.status == fault["status"] for each in jira.requests) == 1
