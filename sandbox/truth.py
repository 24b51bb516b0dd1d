"""What a perfect client would know: every visible object in full, without caps or paging."""

from __future__ import annotations

import gc
import json
from typing import TYPE_CHECKING, Any

from sandbox.messages import encode

if TYPE_CHECKING:
    from sandbox.model import Issue
    from sandbox.site import Site

Table = dict[str, dict[str, Any]]
TABLES = (
    "issues",
    "comments",
    "changelogs",
    "worklogs",
    "deleted_worklogs",
    "projects",
    "users",
    "fields",
)


#: Tables with rich text in them.
RICH = {"issues", "comments", "worklogs"}


def visible(jira: Site) -> list[Issue]:
    """The issues the default caller may see."""
    return [i for i in jira.world.issues.values() if i.project.live and not i.hidden]


def truth(
    jira: Site, tables: tuple[str, ...] = TABLES, *, version: str | None = None
) -> dict[str, Table]:
    """Every table asked for: raw API JSON by id, as the newest version of the API has it.

    With ``version``, what has rich text is as that one has it.

    Children carry ``issueId`` and ``issueKey`` beside what the API says of them. Worklogs younger
    than a minute are there too: the feeds withhold those, and so must whoever compares.
    """
    # Nothing here is garbage, and looking for it would more than double the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        with jira.world.lock:
            newest = "3" if jira.options.cloud else "2"
            chosen = version or newest
            return {
                name: _MAKERS[name](jira, chosen if name in RICH else newest) for name in tables
            }
    finally:
        if collecting:
            gc.enable()


def area_truth(jira: Site, stream: str) -> list[dict[str, Any]]:
    """The rows of a stream beside those; a parent's id is in each under the column's name."""
    with jira.world.lock:
        return [_plain(row) for row in jira.shelf[stream]]


def _plain(row: Any) -> Any:
    return json.loads(encode(row))


def _issues(jira: Site, version: str) -> Table:
    render = jira.renderer(jira.options.time_zone, version)
    return {str(i.id): json.loads(render.issue_bytes(i)) for i in visible(jira)}


def _children(which: str) -> Any:
    def make(jira: Site, version: str) -> Table:
        render = jira.renderer(jira.options.time_zone, version)
        world = jira.world
        rows: Table = {}
        for issue in visible(jira):
            home = {"issueId": str(issue.id), "issueKey": issue.key}
            if which == "comments":
                made = [render.comment(issue, row) for row in world.visible_comments(issue)[0]]
            elif which == "changelogs":
                made = [render.history(row) for row in world.histories(issue)]
            else:
                made = [
                    render.worklog(issue, row, properties=jira.options.cloud)
                    for row in world.worklogs(issue)
                ]
            rows |= {row["id"]: {**row, **home} for row in _plain(made)}
        return rows

    return make


def _deleted(jira: Site, _: str) -> Table:
    return {
        str(row.worklog_id): {"worklogId": row.worklog_id, "updatedTime": row.updated}
        for row in jira.world.deleted_worklogs
    }


def _projects(jira: Site, version: str) -> Table:
    render = jira.renderer(jira.options.time_zone, version)
    expand = {"description", "lead", "url", "projectKeys"}
    return {
        str(one.id): _plain(render.project(one, expand, jira.mutate.former(one)))
        for one in jira.world.projects
        if not one.hidden
    }


def _users(jira: Site, version: str) -> Table:
    render = jira.renderer(jira.options.time_zone, version)
    cloud = jira.options.cloud
    return {
        (user.id if cloud else user.key): render.user_shape(user)
        for user in jira.world.users
        if user.listed and not (cloud and user.kind == "unknown")
    }


def _fields(jira: Site, _: str) -> Table:
    cloud = jira.options.cloud
    return {field.id: field.definition(cloud=cloud) for field in jira.world.catalogue.fields}


_MAKERS: dict[str, Any] = {
    "issues": _issues,
    "comments": _children("comments"),
    "changelogs": _children("changelogs"),
    "worklogs": _children("worklogs"),
    "deleted_worklogs": _deleted,
    "projects": _projects,
    "users": _users,
    "fields": _fields,
}
