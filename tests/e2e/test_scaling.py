"""The figures of `docs/scaling.md`: what slices ask of Jira, and how long that takes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import scaling
from tests.support.changes import visible
from tests.support.launch import BIN, environment

if TYPE_CHECKING:
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.warehouse import Warehouse

DOCS = Path(__file__).resolve().parents[2] / "docs"
ISSUES, SLICES = 3000, 3


def test_real_slices_ask_for_what_is_reckoned(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=ISSUES)
    world, issues = jira.jira.world, visible(jira.jira)
    comments = [len(world.comments(issue)) for issue in issues]
    site = scaling.Site(
        len(issues),
        sum(len(world.histories(issue)) for issue in issues),
        comment_pages=sum(-(-count // 100) for count in comments if count > 20),
        worklog_pages=sum(len(world.worklogs(issue)) > 20 for issue in issues),
    )
    mine = tap(jira)
    slices = json.loads(mine.run("--slices", str(SLICES)).output)
    jira.reset_counts()
    for each in slices:
        mine.sync(**each)
    found, reckoned = jira.counts.copy(), scaling.first_load(site, SLICES)
    named = {name: found.pop(name, 0) for name in reckoned if name != "once"}
    for name, count in {**named, "once": sum(found.values())}.items():
        assert count == pytest.approx(reckoned[name], rel=0.1, abs=2 * SLICES), name


def test_as_many_requests_stay_within_the_limits() -> None:
    """Eight slices at once, each of which knows its share only, need not be refused anything."""
    requests = scaling.first_load(scaling.LARGE, scaling.SLICES)
    scale = 20
    outcome = scaling.through_the_throttle(requests, scale)
    assert outcome.refused == 0
    assert outcome.seconds * scale / 3600 == pytest.approx(scaling.hours(requests), rel=0.05)
    assert scaling.AT_ONCE / scaling.LATENCY < scaling.ALLOWED / 2


def test_the_script_loads_the_site_and_goes_on(
    sandbox: MakeSandbox, tap: MakeTap, warehouse: Warehouse, tmp_path: Path
) -> None:
    """As it stands in the documentation, into one database, twice."""
    jira = sandbox(issues=120)
    mine = tap(jira)
    (tmp_path / "catalog.json").write_text(json.dumps(mine.discover()))
    warehouse.config.rename(tmp_path / "target.json")
    shutil.copy(DOCS.parent / "examples" / "load.sh", tmp_path)
    page = (DOCS / "scaling.md").read_text()
    (script,) = re.findall(r"<!-- run -->\n```sh\n(.*?)```", page, re.DOTALL)

    def run(code: int = 0) -> dict[str, int]:
        path = {"PATH": f"{BIN}:{environment()['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=environment(**path),
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, done.stderr.decode()[-3000:]
        return {name: len(warehouse.rows(name)) for name in ("issues", "comments", "worklogs")}

    def there() -> dict[str, int]:
        world, issues = jira.jira.world, visible(jira.jira)
        return {
            "issues": len(issues),
            "comments": sum(len(world.comments(each)) for each in issues),
            "worklogs": sum(len(world.worklogs(each)) for each in issues),
        }

    assert run() == there()
    new = jira.mutate.create_issue("AND", summary="New")
    jira.mutate.add_comment(new)
    jira.jira.clock.advance(minutes=60)
    jira.reset_counts()
    assert run() == there()
    assert jira.counts["POST /issue/bulkfetch"] == 0, "it began anew"

    # One issue of the first slice cannot be read: nothing waits for it, and STATE goes on.
    slices = json.loads((tmp_path / "slices.json").read_text())
    others, cut = (slices[0]["slice"][name] for name in ("other_than", "created"))
    sick = next(each for each in visible(jira.jira) if str(each.project.id) not in [*others, *cut])
    jira.mutate.update_issue(sick, summary="Sick")
    jira.mutate.sicken(sick.id)
    elsewhere = next(each for each in visible(jira.jira) if str(each.project.id) in others)
    jira.mutate.add_comment(elsewhere)
    jira.jira.clock.advance(minutes=60)
    assert run(1) == there()
    state = json.loads((tmp_path / "slice-1" / "state.json").read_text())
    assert str(sick.id) in state["bookmarks"]["issues"]["unread"]
