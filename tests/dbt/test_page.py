"""The demo's page in a real browser, and its queries on a real database."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from demo.page.document import render
from tests.support.launch import ROOT
from tests.test_page import HOSTILE, NOW, RUNS, answers

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = ROOT / ".venv" / "tools" / "browser" / "bin" / "python"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
Seen = dict[str, dict[str, Any]]


def look(page: Path) -> Seen:
    """What the browser makes of it, by window and scheme."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium; `make browser` installs it where it may")
    done = subprocess.run(
        [str(BROWSER), str(ROOT / "tests" / "dbt" / "look.py"), str(page), CHROMIUM],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen: Seen = json.loads(done.stdout)
    return seen


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A page on which strangers tried everything."""
    page = tmp_path_factory.mktemp("page") / "jira-report.html"
    given = answers(" ".join(HOSTILE))
    page.write_text(
        render(given, RUNS, jira=HOSTILE[0], bookmark=HOSTILE[1], made=NOW), encoding="utf-8"
    )
    return look(page)


@pytest.mark.parametrize("window", ["screen, light", "screen, dark", "phone, light", "phone, dark"])
def test_the_page_shows_everything_and_runs_nothing(seen: Seen, window: str) -> None:
    found = seen[window]
    assert found["charts"] == 5
    assert found["marks"] > 50
    assert found["console"] == []
    assert [each for each in found["requests"] if not each.startswith("file:")] == []
    assert len(found["requests"]) == 1
    assert found["scripts"] == 0
    assert found["images"] == 0
    assert found["ran"] is None
    assert HOSTILE[0] in found["body"]
    assert found["overflow"] <= 0
    assert found["unlabelled"] == 0


@pytest.mark.parametrize("window", ["screen", "phone"])
def test_dark_mode_is_dark_and_its_charts_can_be_read(seen: Seen, window: str) -> None:
    light, dark = seen[f"{window}, light"], seen[f"{window}, dark"]
    assert luminance(light["background"]) > 0.9
    assert luminance(dark["background"]) < 0.1
    for found in (light, dark):
        assert contrast(found["text"], found["background"]) >= 7
        assert found["labels"]
        assert all(contrast(label, found["background"]) >= 4.5 for label in found["labels"])


def test_the_keyboard_reaches_all_there_is_to_open(seen: Seen) -> None:
    found = seen["screen, light"]
    assert found["first stop"] == "skip"
    assert found["stops"].count("SUMMARY") >= 5
    assert "DIV" in found["stops"]


def contrast(one: str, other: str) -> float:
    """How far two colours are apart (WCAG 2.2): 4.5 is readable, 7 is easily so."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Of `rgb(1, 2, 3)`."""
    parts = [int(each) / 255 for each in colour[4:-1].split(",")]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_the_demo_writes_the_page(personality: str, tmp_path: Path) -> None:
    """From nothing to the page, as `make demo` does."""
    page = tmp_path / "report.html"
    command = [sys.executable, "-m", "demo", "--issues", "120", "--personality", personality]
    done = subprocess.run(
        [*command, "--report", str(page)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The page" in done.stdout
    for found in look(page).values():
        assert found["charts"] == 5
        assert found["console"] == []
        assert len(found["requests"]) == 1
        assert "There is nothing to show." not in found["body"]
        assert "Second run: what changed" in found["body"]
