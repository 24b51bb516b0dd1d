"""The built-in fields."""
# ruff: noqa: E501 - the table reads best with one field a line

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import text
from sandbox.fields import ABSENT, Field
from sandbox.model import Instant, mix

if TYPE_CHECKING:
    from sandbox.model import Issue
    from sandbox.world import World

DAY = 86_400_000


def _resolved(world: World, issue: Issue) -> bool:
    return bool(world.value(issue, "status").category == "done")


def _spent(world: World, issue: Issue) -> int | None:
    return sum(log.seconds for log in world.worklogs(issue)) or None


def _estimate(issue: Issue) -> int | None:
    h = mix(issue.seed, 77)
    return None if h % 2 else 3600 * (1 + h // 2 % 40)


def _progress(world: World, issue: Issue, _: int) -> dict[str, Any]:
    spent, total = _spent(world, issue) or 0, _estimate(issue) or 0
    total = max(total, spent)
    done: dict[str, Any] = {"progress": spent, "total": total}
    return {**done, "percent": 100 * spent // total} if total else done


def _tracking(world: World, issue: Issue, _: int) -> dict[str, Any]:
    spent, planned = _spent(world, issue), _estimate(issue)
    shape: dict[str, Any] = {}
    if planned:
        left = max(0, planned - (spent or 0))
        shape |= {
            "originalEstimate": f"{planned // 3600}h",
            "remainingEstimate": f"{left // 3600}h",
            "originalEstimateSeconds": planned,
            "remainingEstimateSeconds": left,
        }
    if spent:
        shape |= {"timeSpent": f"{spent // 60}m", "timeSpentSeconds": spent}
    return shape


def _left(world: World, issue: Issue, _: int) -> int | None:
    planned = _estimate(issue)
    return None if planned is None else max(0, planned - (_spent(world, issue) or 0))


def _resolution(world: World, issue: Issue, h: int) -> Any:
    return world.resolutions[h % len(world.resolutions)] if _resolved(world, issue) else None


def _versions(salt: int) -> Any:
    def pick(_: World, issue: Issue, h: int) -> Any:
        known = issue.project.versions
        return [known[(h + salt) % len(known)]] if known and h % 3 == 0 else []

    return pick


def _due(world: World, _: Issue, h: int) -> str | None:
    if h % 3:
        return None
    if h % 601 == 0:
        return ("0021-03-04", "20210-11-30")[h // 601 % 2]
    return world.day(h // 3 % 900 - 700)


def _parent(world: World, issue: Issue, _: int) -> Any:
    # Data Center knows only sub-task parents; an epic hangs on the epic link there.
    plain = world.cloud or issue.kind.level < 0
    return world.embedded(issue.parent) if issue.parent and plain else ABSENT


def _status_change(world: World, issue: Issue, _: int) -> Instant:
    moves = [h.created for h in world.histories(issue) if h.items[0].field == "status"]
    return Instant(moves[-1] if moves else issue.created)


def system_fields(*, cloud: bool) -> list[Field]:
    """Every built-in field of the product."""
    user = "user"
    # fmt: off
    rows = [
        Field("statuscategorychangedate", "Status Category Changed", "datetime", _status_change),
        Field("issuetype", "Issue Type", "issuetype", lambda _w, i, _h: i.kind, clauses=("issuetype", "type")),
        Field("parent", "Parent", None, _parent),
        Field("components", "Components", "array", lambda _w, i, h: [c for n, c in enumerate(i.project.components) if h >> n & 3 == 0], "component", clauses=("component",)),
        Field("timespent", "Time Spent", "number", lambda w, i, _h: _spent(w, i)),
        Field("timeoriginalestimate", "Original Estimate", "number", lambda _w, i, _h: _estimate(i)),
        Field("timeestimate", "Remaining Estimate", "number", _left),
        Field("description", "Description", "string", lambda _w, _i, h: None if h % 8 == 0 else text.body(h)),
        Field("project", "Project", "project", lambda _w, i, _h: i.project),
        Field("fixVersions", "Fix versions", "array", _versions(0), "version", clauses=("fixVersion",)),
        Field("aggregatetimespent", "Σ Time Spent", "number", lambda w, i, _h: _spent(w, i)),
        Field("aggregatetimeestimate", "Σ Remaining Estimate", "number", _left),
        Field("aggregatetimeoriginalestimate", "Σ Original Estimate", "number", lambda _w, i, _h: _estimate(i)),
        Field("timetracking", "Time tracking", "timetracking", _tracking, navigable=False),
        Field("security", "Security Level", "securitylevel", lambda w, _i, h: w.security if h % 25 == 0 else None),
        Field("attachment", "Attachment", "array", lambda w, i, h: w.attachments(i, h), "attachment"),
        Field("resolution", "Resolution", "resolution", _resolution),
        Field("resolutiondate", "Resolved", "datetime", lambda w, i, _h: _status_change(w, i, 0) if _resolved(w, i) else None),
        Field("workratio", "Work Ratio", "number", lambda w, i, _h: 100 * (_spent(w, i) or 0) // e if (e := _estimate(i)) else -1),
        Field("lastViewed", "Last Viewed", "datetime", lambda _w, i, h: Instant(i.updated + DAY) if h % 11 == 0 else None),
        Field("watches", "Watchers", "watches", lambda w, i, h: w.crowd(i, "watches", w.gathering(h))),
        Field("thumbnail", "Images", None, lambda *_: ABSENT),
        Field("issuekey", "Key", None, lambda *_: ABSENT, clauses=("id", "issue", "issuekey", "key")),
        Field("created", "Created", "datetime", lambda _w, i, _h: Instant(i.created), clauses=("created", "createdDate")),
        Field("updated", "Updated", "datetime", lambda _w, i, _h: Instant(i.updated), clauses=("updated", "updatedDate")),
        Field("labels", "Labels", "array", lambda _w, _i, h: [x for n, x in enumerate(text.LABELS) if h >> 2 * n & 7 == 0], "string"),
        Field("status", "Status", "status", lambda w, _i, h: w.statuses[h % len(w.statuses)]),
        Field("assignee", "Assignee", user, lambda w, _i, h: None if h % 5 == 0 else w.person(h)),
        Field("reporter", "Reporter", user, lambda w, _i, h: None if h % 41 == 0 else w.person(h)),
        Field("creator", "Creator", user, lambda w, _i, h: w.person(h)),
        Field("priority", "Priority", "priority", lambda w, _i, h: None if h % 29 == 0 else w.priorities[h % len(w.priorities)]),
        Field("versions", "Affects versions", "array", _versions(1), "version", clauses=("affectedVersion",)),
        Field("environment", "Environment", "string", lambda _w, _i, h: text.body(h) if h % 9 == 0 else None),
        Field("duedate", "Due date", "date", _due, clauses=("due", "duedate")),
        Field("summary", "Summary", "string", lambda _w, _i, h: text.sentence(h)),
        Field("subtasks", "Sub-tasks", "array", lambda w, i, _h: w.subtasks(i), "issuelinks"),
        Field("issuelinks", "Linked Issues", "array", lambda w, i, _h: w.links_of(i), "issuelinks"),
        Field("progress", "Progress", "progress", _progress),
        Field("aggregateprogress", "Σ Progress", "progress", _progress),
        Field("votes", "Votes", "votes", lambda w, i, h: w.crowd(i, "votes", w.gathering(h))),
        Field("comment", "Comment", "comments-page", lambda *_: ABSENT, navigable=False),
        Field("worklog", "Log Work", "array", lambda *_: ABSENT, "worklog", navigable=False),
    ]
    # fmt: on
    if cloud:
        rows += [
            Field(
                "statusCategory",
                "Status Category",
                "statusCategory",
                lambda w, i, _h: w.category(w.value(i, "status")),
            ),
            Field(
                "issuerestriction",
                "Restrict to",
                "issuerestriction",
                lambda *_: {"issuerestrictions": {}, "shouldDisplay": False},
            ),
        ]
    else:
        rows = [row for row in rows if row.id != "statuscategorychangedate"] + [
            Field("archiveddate", "Archived", "datetime", lambda *_: None),
            Field("archivedby", "Archiver", user, lambda *_: None),
        ]
    return rows
