"""What the caller could do with an issue next: nothing without the permission to."""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.model import Issue
    from sandbox.render import Renderer
    from sandbox.shelf import Row
    from sandbox.site import Site

MOVING = "TRANSITION_ISSUES"
NAMES = ("Reopen", "Start «work»", "Review → 再", "Close it", "Won't do")


def rows(site: Site, render: Renderer, issue: Issue) -> list[Row]:
    """To every other status; the last of them is left no more."""
    statuses = site.world.statuses
    now = site.world.value(issue, "status")
    if now is statuses[-1] or not site.grants(MOVING, issue.project):
        return []
    found = []
    for n, status in enumerate(statuses):
        if status is now:
            continue
        row: Row = {"id": str(11 + 10 * n), "name": NAMES[n % len(NAMES)]}
        row["to"] = render.json(status)
        if site.options.cloud:
            row |= {"hasScreen": n % 2 == 0, "isGlobal": n != 2, "isInitial": False}
            row |= {"isAvailable": True, "isConditional": n == 3}
            row |= {"looped": False} if n % 2 else {}
        else:
            row |= {"opsbarSequence": 10 * n} | ({"description": ""} if n % 2 else {})
        found.append(row)
    return found
