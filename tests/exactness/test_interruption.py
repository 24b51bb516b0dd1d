"""Killed, stopped, resumed: nothing is lost, and little is sent again."""

from __future__ import annotations

import contextlib
import functools
import random
import re
import signal
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Sandbox
from sandbox.options import Options, PageCaps
from tests.exactness.support import INCREMENTAL, Tap, after_requests, records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WINDOW = 60
FEED = 150
CAPS = PageCaps(search_ids=WINDOW, search=20, search_dc=20, bulkfetch=20, feed=FEED)
CONSTANTS = {
    "issues.search_cloud.CLOUD_ID_PAGE": WINDOW,
    "issues.search_cloud.CLOUD_PAGE": 20,
    "issues.source.CLOUD_PAGE": 20,
    "issues.search_dc.OFFSET_WINDOW": WINDOW,
    "streams.issues.worklogs.DETAILS": FEED,
}
KILLS = 10


@pytest.fixture(params=["cloud", "dc"])
def personality(request: pytest.FixtureRequest) -> Any:
    return request.param


@contextlib.contextmanager
def _site(personality: Any, issues: int) -> Iterator[Sandbox]:
    options = Options(
        issues=issues, personality=personality, caps=CAPS, clock_runs=False, bulk_minute=0
    )
    with Sandbox(options) as running:
        yield running


@pytest.fixture
def site(personality: Any) -> Iterator[Sandbox]:
    with _site(personality, 800) as running:
        yield running


@pytest.fixture
def small(personality: Any) -> Iterator[Sandbox]:
    with _site(personality, 250) as running:
        yield running


def _in_flight(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was written after the last STATE."""
    states = [at for at, message in enumerate(messages) if message["type"] == "STATE"]
    return messages[states[-1] + 1 if states else 0 :]


def _rows_told(tap: Tap) -> int:
    """How many rows the summary tells of, if there is one."""
    return sum(map(int, re.findall(r"Total: (\d+) rows", tap.log)))


def test_killed_ten_times_in_a_row(site: Sandbox, tmp_path: Path) -> None:
    """What is sent again was in flight: at most one window of issues with all that is in them.

    Windows are written one after the other, each followed by its STATE, so between the last STATE
    and the kill lie the rows of no more than one window, or of one page of a feed of worklogs.
    """
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    rng = random.Random(seed)
    tap = Tap(site, tmp_path, CONSTANTS, max_concurrency=4)
    settled: set[tuple[str, str, str]] = set()
    flying: set[tuple[str, str, str]] = set()
    for attempt in range(KILLS + 1):
        process = tap.start()
        head = b""
        if attempt < KILLS and attempt % 2:
            after_requests(site, rng.randrange(4, 20), process.kill)
        elif attempt < KILLS:
            assert process.stdout
            for _ in range(rng.randrange(1, 500)):
                head += process.stdout.readline()
            process.kill()
        messages = tap.end(process, head)
        site.jira.clear_hooks()
        assert process.returncode == (-signal.SIGKILL if attempt < KILLS else 0), tap.log
        sent = records(messages)
        assert not settled.intersection(sent), "sent again though a STATE had covered it"
        late = _in_flight(messages)
        flying = set(records(late))
        settled.update(set(sent) - flying)
        rows = [each for each in late if each["type"] == "RECORD" and each["stream"] in INCREMENTAL]
        of_issues = {
            each["record"]["id" if each["stream"] == "issues" else "issue_id"]
            for each in rows
            if each["stream"] in {"issues", "comments", "changelogs"}
        }
        assert len(of_issues) <= WINDOW
        for feed in ("worklogs", "deleted_worklogs"):
            assert sum(each["stream"] == feed for each in rows) <= FEED
    assert not flying
    assert not tap.wrong()[:10]


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_by_a_signal(
    small: Sandbox, stop: signal.Signals, code: int, tmp_path: Path
) -> None:
    """A safe point: whole lines, a valid STATE, the shell's exit code; then it resumes."""
    tap = Tap(small, tmp_path, CONSTANTS)
    sent: set[tuple[str, str, str]] = set()
    for requests in (3, 18, 24):
        process = tap.start()
        after_requests(small, requests, functools.partial(process.send_signal, stop))
        messages = tap.end(process)
        assert not tap.torn
        assert process.returncode == code, tap.log
        assert "Traceback" not in tap.log
        assert _rows_told(tap) == sum(message["type"] == "RECORD" for message in messages)
        assert not sent.intersection(records(messages)), "sent again though a STATE had covered it"
        sent.update(set(records(messages)) - set(records(_in_flight(messages))))
        small.jira.clear_hooks()
    messages = tap.run()
    assert _rows_told(tap) == sum(message["type"] == "RECORD" for message in messages)
    assert not tap.wrong()[:10]


def test_stopped_in_a_census(small: Sandbox, tmp_path: Path) -> None:
    """Wherever that is, what is there is not called gone, and what is gone is not forgotten."""
    tap = Tap(small, tmp_path, CONSTANTS, page_size=20)
    tap.run()
    issues = [each for each in small.jira.world.issues.values() if not each.hidden]
    lost = [each for each in issues if each.project.live][5:200:40]
    told: dict[str, str | None] = {}
    stopped = 0
    for round_, requests in enumerate((4, 6, 8, 11, 14, 17)):
        if round_ < len(lost):
            small.mutate.delete_issue(lost[round_])
        small.jira.clock.advance(minutes=25 * 60)
        process = tap.start()
        after_requests(small, requests, functools.partial(process.send_signal, signal.SIGTERM))
        messages = tap.end(process)
        small.jira.clear_hooks()
        assert process.returncode in {0, 143}, tap.log
        assert not tap.torn
        stopped += process.returncode == 143
        told |= _told(messages)
    assert stopped > 3
    told |= _told(tap.run())
    small.jira.clock.advance(minutes=25 * 60)
    told |= _told(tap.run())
    assert told == {str(each.id): None for each in lost}
    assert not tap.wrong()[:10]


def _told(messages: list[dict[str, Any]]) -> dict[str, str | None]:
    """By issue that is gone: when it came back."""
    rows = [
        each["record"]
        for each in messages
        if each["type"] == "RECORD" and each["stream"] == "deleted_issues"
    ]
    return {row["id"]: row["returned_at"] for row in rows}
