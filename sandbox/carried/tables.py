"""The tables of what issues carry, as a client must have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.carried import approvals, crowds, links, properties, requests, transitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.model import Issue
    from sandbox.render import Renderer
    from sandbox.shelf import Row
    from sandbox.site import Site

    Rows = Callable[[Site, Renderer, Issue], list[Row]]

TABLES: dict[str, Rows] = {
    "issue_watchers": crowds.watchers,
    "issue_votes": crowds.votes,
    "issue_remote_links": links.rows,
    "issue_properties": properties.rows,
    "issue_transitions": transitions.rows,
    "requests": requests.rows,
    "request_approvals": approvals.rows,
    "request_feedback": approvals.feedback,
}


def rows(site: Site, issues: Iterable[Issue], stream: str) -> list[dict[str, Any]]:
    """What these issues carry, each row with the id of its issue."""
    render = site.renderer(site.options.time_zone, "3" if site.options.cloud else "2")
    return [
        {"issueId": str(issue.id), **row}
        for issue in issues
        for row in TABLES[stream](site, render, issue)
    ]
