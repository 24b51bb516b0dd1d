"""The measurements run and come out as a table and a picture; how quick anything is, they tell."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_quick_measurements(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--folder", str(tmp_path)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    page = (tmp_path / "RESULTS.md").read_text()
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles == [
        "## Ratios",
        "## Full runs, 5 ms latency",
        "## Full runs, 20 ms latency",
        "## Later runs at 60 issues, 5 ms latency",
        "## The issues stream alone on one core, 60 issues, no latency",
        "## Forms of values: 60 issues with comments, one core, no latency",
        "## Into PostgreSQL, 20 issues, no latency",
        "## A census of 60 issues, no latency",
        "## Peak memory of a full run, no latency",
        "## What the stand-in Jira itself computes for a full run",
    ]
    assert "| nothing changed | " in page
    assert "| 40 issues changed | " in page
    for ratio in ("beside the tap alone", "beside the same with the target's own defaults"):
        row = rf"^\| A full run into PostgreSQL, [\d,]+ rows, {ratio} \| "
        assert re.search(row, page, re.MULTILINE), ratio
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")


def test_the_measurements_that_are_kept_are_whole() -> None:
    page = (ROOT / "bench" / "RESULTS.md").read_text()
    for size in ("1,000", "10,000"):
        for concurrency in (1, 4, 8):
            assert f"| {size} | {concurrency} | " in page
    assert "(results.png)" in page
    assert (ROOT / "bench" / "results.png").read_bytes().startswith(b"\x89PNG")


def test_the_readme_quotes_them() -> None:
    page = (ROOT / "bench" / "RESULTS.md").read_text()
    readme = (ROOT / "README.md").read_text()
    for size, sentence in (("1,000", "{} for a site of 1,000"), ("10,000", "{} for\n  10,000")):
        (requests,) = set(re.findall(rf"^\| {size} \| \d \| (\d+) \|", page, re.MULTILINE))
        assert sentence.format(requests) in readme
