"""When STATE is written: seldom if it is heavy, at once if it is, and always at the end."""

from __future__ import annotations

import json
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Sandbox
from sandbox.options import Options, PageCaps
from tap_jira.writer import BUFFER
from tests.exactness.support import after_requests
from tests.faults.support import Tap
from tests.support.tap import entry, mark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.tap import Run

WINDOW = 20
CAPS = PageCaps(search_ids=WINDOW, search=20, search_dc=20, bulkfetch=20)
CONSTANTS = {
    "issues.search_cloud.CLOUD_ID_PAGE": WINDOW,
    "issues.search_cloud.CLOUD_PAGE": 20,
    "issues.source.CLOUD_PAGE": 20,
    "issues.search_dc.OFFSET_WINDOW": WINDOW,
}
#: The bookmark of a busy site: as many rows in the overlap as are remembered.
REMEMBERED = 10_000


@pytest.fixture(scope="module", params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    options = Options(
        issues=80, personality=request.param, caps=CAPS, clock_runs=False, bulk_minute=0
    )
    with Sandbox(options) as running:
        yield running
        running.jira.clear_hooks()


def heavy(jira: Sandbox) -> dict[str, Any]:
    """STATE with much to remember, of a run a year ago by its bookmark: all is read again."""
    later = jira.jira.clock.now_ms() + 10**9
    sent = {f"issue {10**9 + number}": later for number in range(REMEMBERED)}
    old = {"replication_key_value": "2001-01-01T00:00:00.000Z", "sent": sent}
    return {
        "bookmarks": {
            "comments": {"replication_key": "updated", **old},
            "changelogs": {"replication_key": "created", **old},
        }
    }


def weights(run: Run) -> tuple[list[int], int]:
    """What each STATE weighs, and everything else together."""
    lines = [line for line in run.output.splitlines() if line]
    states = [len(line) for line in lines if json.loads(line)["type"] == "STATE"]
    return states, sum(map(len, lines)) - sum(states)


@pytest.fixture(scope="module")
def light(jira: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, int]:
    """A first run, and how many requests it needs."""
    return _counted(Tap(jira, tmp_path_factory.mktemp("light"), CONSTANTS, page_size=20), {})


@pytest.fixture(scope="module")
def loaded(jira: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, int]:
    """A run with heavy STATE, and how many requests it needs."""
    tap = Tap(jira, tmp_path_factory.mktemp("heavy"), CONSTANTS, page_size=20)
    return _counted(tap, heavy(jira))


def _counted(tap: Tap, state: dict[str, Any]) -> tuple[Run, int]:
    tap.box.reset_counts()
    run = tap.run(state=state, max_concurrency=1)
    assert run.code == 0, run.log
    return run, tap.box.jira.counts.total()


def late(requests: int) -> int:
    """A request that comes when segments are out, but not all."""
    return requests * 9 // 10


def test_state_weighs_no_more_than_a_share_of_what_is_written(
    jira: Sandbox, loaded: tuple[Run, int], tmp_path: Path
) -> None:
    run, _ = loaded
    states, rest = weights(run)
    assert min(states) > 400_000
    # The one that singer-sdk repeats at the start, and the last one, are beside the share.
    assert sum(states) <= rest / 5 + states[0] + states[-1]
    idle = Tap(jira, tmp_path, CONSTANTS, page_size=20).run(state=run.state)
    assert idle.code == 0, idle.log
    assert len(weights(idle)[0]) <= 2


def test_light_state_is_written_after_each_segment(light: tuple[Run, int]) -> None:
    run, _ = light
    values = {
        state["bookmarks"]["issues"].get("replication_key_value") for state in run.messages.states
    }
    assert len(values) > 3


def test_stopped_by_a_signal_while_state_is_too_heavy_to_be_written(
    jira: Sandbox, loaded: tuple[Run, int], tmp_path: Path
) -> None:
    """The last STATE is written then, and has all that is out by then."""
    tap = Tap(jira, tmp_path, CONSTANTS, page_size=20)
    processes: list[int] = []
    after_requests(jira, late(loaded[1]), lambda: os.kill(processes[0], signal.SIGTERM))
    run = tap.run(state=heavy(jira), started=processes.append, max_concurrency=1)
    jira.jira.clear_hooks()
    assert run.code == 128 + signal.SIGTERM, run.log
    assert run.messages.all[-1]["type"] == "STATE"
    assert len(run.messages.states) == 2
    first, last = (state["bookmarks"]["comments"] for state in run.messages.states)
    assert last["replication_key_value"] > first["replication_key_value"]


def test_state_is_out_while_the_next_answer_is_waited_for(jira: Sandbox, tmp_path: Path) -> None:
    """Whoever reads the pipe has STATE at once, however long Jira takes over what comes next.

    There is too little else to fill the buffer that records wait in.
    """
    tap = Tap(jira, tmp_path, CONSTANTS, page_size=20)
    catalog = tap.catalog("issues")
    for column in entry(catalog, "issues")["schema"]["properties"]:
        mark(entry(catalog, "issues"), ("properties", column), selected=column in {"id", "key"})
    jira.reset_counts()
    run = tap.run(catalog=catalog, state={}, max_concurrency=1)
    assert len(run.output) < BUFFER
    waited: list[bool] = []

    def wait(*_: Any) -> None:
        pause = threading.Event()
        for _attempt in range(500):
            if b'"type":"STATE"' in (tmp_path / "stdout").read_bytes():
                waited.append(True)
                return
            pause.wait(0.01)

    after_requests(jira, late(jira.jira.counts.total()), wait)
    again = tap.run(catalog=catalog, state={}, max_concurrency=1)
    jira.jira.clear_hooks()
    assert again.code == 0, again.log
    assert waited, "STATE waited for the next answer"
