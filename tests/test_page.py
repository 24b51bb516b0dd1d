"""The demo's page: complete, in need of nothing, and deaf to what strangers write in Jira."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from demo.page.charts import draw, shaped
from demo.page.document import SyncRun, render
from demo.page.queries import QUERIES
from tests.support.launch import ROOT

HOSTILE = (
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    "</svg><style>*{display:none}</style>",
    "]]> --> & \" ' {{ 7 * 7 }} ${ran}",
    "javascript:window.ran=1",
)
#: What could run, load or hide something.
FORBIDDEN = {
    "script",
    "iframe",
    "object",
    "embed",
    "link",
    "img",
    "image",
    "foreignobject",
    "base",
    "form",
}
NOW = dt.datetime(2026, 6, 15, 12, 30, tzinfo=dt.timezone.utc)
#: As a database has it that keeps UTC without saying so.
NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone.utc).replace(tzinfo=None)
RUNS = (
    SyncRun("First run: everything", "1,000 rows, 79 requests", [("issues", 1000, 1000)]),
    SyncRun("Second run: what changed", "43 rows, 12 requests", [("issues", 1003, 43)]),
)


class Tags(HTMLParser):
    """Every tag with its attributes, and the text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.styles = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def answers(name: str = "Ada O'Brien") -> dict[str, list[tuple[Any, ...]]]:
    """An answer to each query, with a stranger's text wherever there is text."""
    first = dt.date(2026, 1, 5)
    days = [first + dt.timedelta(days=n) for n in range(40)]
    return {
        "flow": [
            (day, key, Decimal(n + 3))
            for n, day in enumerate(days)
            for key in ("done", "new", name)
        ],
        "cycle": [(name, NOON + dt.timedelta(days=n), Decimal(n) / 3) for n in range(30)],
        "percentiles": [(50, Decimal("4.25")), (85, Decimal("9.5")), (95, Decimal(11))],
        "throughput": [(day, Decimal(5), None) for day in days[::7]],
        "sprints": [(f"{name} {n}", NOON, 9, 2, 1, 7, 3) for n in range(3)],
        "hours": [(f"{name} {n}", Decimal(40 - n)) for n in range(4)],
        "changed": [(name, name, name, NOON)],
        "deletions": [("issues", 3), ("worklogs", 21)],
    }


def page(given: dict[str, list[tuple[Any, ...]]], jira: str = "a stand-in") -> str:
    return render(given, RUNS, jira=jira, bookmark="2026-06-15T12:00:00Z", made=NOW)


@pytest.fixture(scope="module")
def harmless() -> str:
    return page(answers())


def test_every_query_has_its_answer_on_the_page(harmless: str) -> None:
    assert answers().keys() == QUERIES.keys()
    seen = Tags(harmless)
    for query in QUERIES.values():
        if query.title not in {"Cycle time, percentiles", "Deletions found"}:
            assert query.title in seen.text
            assert query.says in seen.text
    assert "50 % took at most 4.25 days; 85 % took at most 9.5 days" in seen.text
    assert "79 requests" in seen.text
    assert "12 requests" in seen.text
    assert "2026-06-15T12:00:00Z" in seen.text
    assert re.search(r"issues gone\s*3", seen.text)
    # Five charts, each for two sizes of a window.
    assert sum(tag == "svg" for tag, _ in seen.tags) == 10


def test_what_strangers_write_shows_as_text(harmless: str) -> None:
    text = " ".join(HOSTILE)
    seen = Tags(page(answers(text), jira=text))
    assert not FORBIDDEN & {tag for tag, _ in seen.tags}
    assert {tag for tag, _ in seen.tags} == {tag for tag, _ in Tags(harmless).tags}
    assert text in seen.text
    for _, attributes in seen.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert not (attributes.get("href") or "#").startswith("javascript")


def labels(kind: str, rows: list[tuple[Any, ...]]) -> list[str]:
    return re.findall(r">([^<>]+)</text>", draw(kind, shaped(kind, rows))["wide"])


def test_what_has_one_name_has_bars_of_its_own() -> None:
    """Several boards have a Sprint 1, and some people are called the same."""
    assert {"Ada", "Ada (2)", "Bo"} <= {*labels("hours", [("Ada", 8), ("Ada", 5), ("Bo", 3)])}
    twice = labels(
        "sprints", [("Sprint 1", NOON, 9, 2, 1, 7, 3), ("Sprint 1", NOON, 4, 0, 0, 4, 0)]
    )
    assert {"Sprint 1", "Sprint 1 (2)"} <= {*twice}
    # The axis ends at the greatest number of one of them, and not of both.
    assert "9" in twice
    assert "13" not in twice


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo"])
def test_days_are_drawn_as_they_are(zone: str) -> None:
    """Wherever the page is made, a day is not the evening before it."""
    code = (
        "import datetime as dt; from demo.page.charts import draw, shaped\n"
        "days = [dt.date(2026, 1, 5 + n) for n in range(6)]\n"
        "flow = shaped('flow', [(day, 'new', 3) for day in days])\n"
        "weeks = shaped('throughput', [(day, 3, 0) for day in days])\n"
        "print(draw('flow', flow)['wide'], draw('throughput', weeks)['wide'])"
    )
    drawn = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "TZ": each},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for each in ("UTC", zone)
    ]
    assert drawn[0] == drawn[1]


def test_it_needs_nothing_from_anywhere(harmless: str) -> None:
    made = harmless
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', made)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    addresses = set(re.findall(r"https?://[^\"' )<]+", made))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in made
    assert "url(" not in made


def test_what_could_not_be_asked_is_said_to_be_empty() -> None:
    made = Tags(page({}))
    assert made.text.count("There is nothing to show.") == 6
    assert not [tag for tag, _ in made.tags if tag == "svg"]


def test_people_find_their_way_without_eyes_or_a_mouse(harmless: str) -> None:
    seen = Tags(harmless)
    targets = {attributes["id"] for _, attributes in seen.tags if "id" in attributes}
    links = [attributes["href"] or "" for tag, attributes in seen.tags if tag == "a"]
    assert links
    assert {link.removeprefix("#") for link in links} <= targets
    pictures = [each for _, each in seen.tags if each.get("role") == "img" and "class" in each]
    assert len(pictures) == 10
    assert all(each.get("aria-label") for each in pictures)
    assert sum(tag == "details" for tag, _ in seen.tags) == 5
    assert ("html", {"lang": "en"}) in seen.tags
    assert sum(tag == "h1" for tag, _ in seen.tags) == 1
