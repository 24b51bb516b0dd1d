"""After days of whatever comes, what a target takes to be there equals what Jira shows.

A year of it, with other seeds and with faults, is part of ``make soak``.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Sandbox
from sandbox.options import Options
from tests.exactness.year import CAPS, Year

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 60
SITES: dict[str, dict[str, Any]] = {
    "cloud": {"tokens": "unstable", "index_lag_seconds": 45},
    "dc": {"personality": "dc"},
}
#: What must have happened.
AT_LEAST = {
    *("create", "update", "comment", "delete", "move", "transition", "import", "hide", "show"),
    *("drop_comment", "worklog", "drop_worklog", "edit_comment", "edit_worklog", "rank"),
    *(
        "archive",
        "restore",
        "import with its dates",
        "change out of sight",
        "change what was shown",
    ),
    *("days without a run", "BATCH", "FULL_TABLE", "killed", "failure", "live change", "census"),
    *("max_concurrency 1", "confine a comment", "hide briefly", "show again"),
}


@pytest.mark.parametrize("site", SITES)
def test_the_whole_truth(site: str, tmp_path: Path) -> None:
    options = Options(issues=40, caps=CAPS, clock_runs=False, **SITES[site])
    with Sandbox(options) as jira:
        year = Year(jira, tmp_path, random.Random(11), print)
        year.live(DAYS)
        assert {each for each in AT_LEAST if not year.done[each]} == set()
