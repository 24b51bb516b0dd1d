"""The real command line, while Jira changes at every second request: no row is lost.

Caps are those of the products divided by 50 or so, in the sandbox and in the tap alike, so that a
site of hundreds of issues needs what tens of thousands need: several windows, walks, minutes that
hold more than a window, and offsets beyond the result window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Sandbox
from sandbox.options import Options, PageCaps
from sandbox.truth import truth
from tap_jira.records.timestamps import epoch_ms
from tests.exactness.support import Tap, records
from tests.support.tap import select

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.mutate import Mutations
    from tests.conftest import MakeSandbox, MakeTap

CAPS = PageCaps(search_ids=60, search=20, search_dc=40, bulkfetch=20, comments=50, feed=150)
CONSTANTS = {
    "issues.search_cloud.CLOUD_ID_PAGE": 60,
    "issues.search_cloud.CLOUD_PAGE": 20,
    "issues.source.CLOUD_PAGE": 20,
    "issues.search_dc.OFFSET_WINDOW": 80,
    "issues.comment_lists.COMMENT_PAGE": 50,
    "issues.histories.HISTORY_ISSUES": 60,
    "issues.histories.HISTORY_PAGE": 300,
    "streams.issues.worklogs.DETAILS": 100,
}
ISSUES = 350
SITES: dict[str, dict[str, Any]] = {
    "cloud, stable tokens": {"tokens": "stable"},
    "cloud, unstable tokens, lagging index": {"tokens": "unstable", "index_lag_seconds": 45},
    "data center": {"personality": "dc"},
    "data center, result window": {"personality": "dc", "max_result_window": 160},
}


class Life:
    """What people do: something every few seconds, and now and then much at once."""

    def __init__(self, crowd: int = 280) -> None:
        self.changes = 0
        self._crowd = crowd

    def __call__(self, mutations: Mutations, rng: random.Random) -> None:
        """One step of it."""
        self.changes += 1
        mutations.world.clock.advance(rng.random() * 12)
        if self.changes % 20 == 0:
            # Far more than a window in one minute, the first time; that minute begins with it.
            mutations.world.clock.advance(60)
            count = self._crowd if self.changes == 20 else rng.randrange(20, 60)
            mutations.bulk_change(count, labels=[f"bulk {self.changes}"])
        else:
            for _ in range(rng.randrange(1, 4)):
                mutations.mutate_randomly(rng)


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    options: dict[str, Any] = {"issues": ISSUES, "clock_runs": False, "caps": CAPS}
    with Sandbox(Options(**{**options, **SITES[request.param]})) as running:
        yield running


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("site", SITES, indirect=True)
def test_every_table_equals_jira(site: Sandbox, seed: int, tmp_path: Path) -> None:
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    tap = Tap(site, tmp_path, CONSTANTS)
    life = Life()
    site.on_request(2, life, seed=seed)
    tap.run()
    assert life.changes > 20
    site.jira.clock.advance(minutes=7)
    tap.run()
    site.jira.clear_hooks()
    site.jira.clock.advance(minutes=20)
    tap.run()
    assert not tap.wrong()[:10]
    # And what was sent is not sent again.
    site.jira.clock.advance(minutes=20)
    assert not records(tap.run())


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"tokens": "unstable"}, id="cloud"),
        pytest.param({"personality": "dc", "max_result_window": 10_000}, id="data center"),
    ],
)
def test_thousands_change_in_a_minute(
    options: dict[str, Any], sandbox: MakeSandbox, tap: MakeTap
) -> None:
    """With the products' own caps: more issues in a minute than one answer or window holds."""
    jira = sandbox(issues=5600, clock_runs=False, **options)
    mine = tap(jira)
    catalog = select(mine.discover(), "issues")
    life = Life(crowd=5300)
    jira.on_request(2, life, seed=3)
    first = mine.sync(catalog=catalog)
    assert life.changes > 20
    jira.jira.clear_hooks()
    jira.jira.clock.advance(minutes=20)
    second = mine.sync(catalog=catalog, state=first.state)
    versions = {
        row["id"]: epoch_ms(row["updated"])
        for run in (first, second)
        for row in run.messages.records["issues"]
    }
    wanted = {
        key: epoch_ms(issue["fields"]["updated"])
        for key, issue in truth(jira.jira, ("issues",))["issues"].items()
    }
    assert {key: versions.get(key) for key in wanted} == wanted


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_worklogs_of_a_project_that_the_index_does_not_know_yet(
    personality: Any, tmp_path: Path
) -> None:
    # The feed shows a worklog after a minute; the search that tells its project may lag longer.
    options = Options(
        issues=60, personality=personality, clock_runs=False, index_lag_seconds=400, seed=7
    )
    with Sandbox(options) as site:
        tap = Tap(site, tmp_path, {}, project_keys=["APP"])
        tap.run()
        world = site.jira.world
        mine = (each for each in world.issues.values() if each.project.key == "APP")
        issue = min(mine, key=lambda each: each.updated)
        site.jira.clock.advance(minutes=30)
        log = site.mutate.add_worklog(issue)
        site.jira.clock.advance(seconds=90)
        tap.run()
        site.jira.clock.advance(minutes=15)
        tap.run()
        assert str(log.id) in tap.rows["worklogs"]


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_worklogs_that_the_feed_withholds_are_read_by_the_next_run(
    personality: Any, tmp_path: Path
) -> None:
    options = Options(issues=20, personality=personality, clock_runs=False)
    with Sandbox(options) as site:
        tap = Tap(site, tmp_path, {}, lookback_seconds=0)
        site.jira.clock.advance(seconds=30)
        log = site.mutate.add_worklog(next(iter(site.jira.world.issues.values())))
        site.jira.clock.advance(seconds=45)
        tap.run()
        assert str(log.id) not in tap.rows["worklogs"]
        site.jira.clock.advance(minutes=5)
        tap.run()
        assert str(log.id) in tap.rows["worklogs"]
