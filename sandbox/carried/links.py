"""Links to what is elsewhere: two of the members are required, and applications write the rest."""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.carried.altered import Altered
from sandbox.model import mix

if TYPE_CHECKING:
    from sandbox.model import Issue
    from sandbox.render import Renderer
    from sandbox.shelf import Row
    from sandbox.site import Site

#: Ids are unique on a site; an issue has room for so many.
ROOM = 100
TITLES = ("Wiki page", "Отчёт «за год» №1", "議事録 ✓", "<b>Build</b> & deploy", 'a "quoted" title')


def rows(site: Site, render: Renderer, issue: Issue) -> list[Row]:
    """All remote links of an issue."""
    found = site.kept(Altered).of(site, issue, born)
    base = f"{render.rest}/issue/{issue.id}/remotelink"
    return [{"id": each["id"], "self": f"{base}/{each['id']}", **each} for each in found]


def born(_: Site, issue: Issue) -> list[Row]:
    """Mostly none; sixty on one of a hundred issues."""
    h = mix(issue.seed, 7100)
    count = 60 if h % 101 == 0 else (0, 2, 0, 1, 0, 3, 0)[h % 7]
    return [link(issue, n) for n in range(count)]


def link(issue: Issue, number: int) -> Row:
    """The n-th remote link that an issue ever had."""
    h = mix(issue.seed, 7200 + number)
    url = f"https://example.com/p/{h % 9973}?id={number}&x=ü"
    target: Row = {"url": url, "title": f"{TITLES[h % 5]} {number}"}
    if h % 3:
        target["summary"] = "" if h % 9 == 1 else "Kurz gefaßt: “done”, 50 %"
    icon = {"url16x16": "https://example.com/icon.png", "title": "Page"}
    target["icon"] = icon if h % 4 else {}
    target["status"] = {"resolved": h % 8 < 4, "icon": {"link": url, **icon}} if h % 5 else {}
    row: Row = {"id": issue.id * ROOM + number}
    if h % 4 != 1:
        row["globalId"] = f"appId=123&pageId={h % 100_000}"
    known = {"type": "com.atlassian.confluence", "name": "Conflüence"}
    row["application"] = known if h % 3 != 1 else {}
    if h % 2:
        row["relationship"] = ("mentioned in", "causes", "")[h % 3]
    return {**row, "object": target}
