"""Jira Software: boards of every kind, sprints on many boards, epics, issues.

One board's filter is broken (400), one belongs to a project in the trash and cannot be read (404),
kanban and team-managed boards have no sprints (400), but for one of the latter; more boards,
sprints and quick filters than a page has. Without Jira Software nothing of it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.areas.listing import bean, known, of, one, serve, shelf
from sandbox.clock import from_ms
from sandbox.messages import ApiError, Response, ok
from sandbox.router import route

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.model import Issue, Project, Sprint
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

BROKEN, UNREADABLE = 40, 41
#: A scrum board with more sprints and quick filters than a page, where the issues' sprints live;
#: a team-managed one that has sprints all the same.
FULL, SPRINTING = 3, 5
WHOLE = 4
KINDS = ("scrum", "kanban", "simple")
NO_SPRINTS = "The board does not support sprints"
NO_BOARD = "The requested board cannot be viewed: it does not exist, or you may not see it."
BY_STATE = ("closed", "active", "future")
STREAMS = (
    "boards",
    "board_configurations",
    "board_projects",
    "board_quick_filters",
    "sprints",
    "board_sprints",
    "epics",
    "board_issues",
)
#: What Cloud wants of a token that is not a user's own; classic scopes open none of it.
SCOPES = {
    "board": "read:board-scope:jira-software",
    "admin": "read:board-scope.admin:jira-software",
    "sprint": "read:sprint:jira-software",
    "epic": "read:epic:jira-software",
}


class Epics(dict[int, list[int]]):
    """The ids of a board's epics."""


def rows(site: Site) -> Tables:
    """Sixty boards unless the options say otherwise; two of those cannot be read."""
    if not site.options.software:
        return {}
    tables: Tables = {name: [] for name in STREAMS}
    if not site.options.cloud:
        del tables["board_quick_filters"]
    site.kept(Epics).clear()
    for number in range(1, site.options.boards + 1):
        _add_board(site, tables, number)
    tables["sprints"].sort(key=lambda row: row["id"])
    return tables


def change(site: Site) -> None:
    """A sprint ends and is renamed, one is deleted, a board goes, one comes."""
    tables = site.shelf.tables
    if "boards" not in tables:
        return
    tables["sprints"][0] |= {"state": "closed", "name": "Renamed", "goal": None}
    dead = tables["sprints"].pop()["id"]
    tables["board_sprints"][:] = [r for r in tables["board_sprints"] if r["sprintId"] != dead]
    gone = tables["boards"].pop(0)["id"]
    for name in STREAMS:
        tables.get(name, [])[:] = [r for r in tables.get(name, []) if r.get("boardId") != gone]
    if tables["epics"]:
        tables["epics"][0]["done"] = not tables["epics"][0]["done"]
    _add_board(site, tables, site.options.boards + 1)


def board_issues(site: Site) -> list[Row]:
    """The issues of boards that are there by now, under the keys that they have by now."""
    found = []
    for row in site.shelf.tables.get("board_issues", ()):
        issue = site.world.issues.get(int(row["issueId"]))
        if issue and issue.project.live and not issue.hidden:
            found.append({**row, "issueKey": issue.key})
    return found


def _add_board(site: Site, tables: Tables, number: int) -> None:
    cloud, base = site.options.cloud, f"{site.base_url}/rest/agile/1.0"
    projects = [each for each in site.world.projects if each.live]
    project = projects[number % len(projects)]
    # Only Cloud has team-managed projects.
    kind = KINDS[number % 3] if cloud or number % 3 == 0 else "kanban"
    board: Row = {"id": number, "self": f"{base}/board/{number}", "type": kind}
    board["name"] = f"Board {number % 50} «{project.name}»"
    if cloud and number % 7:
        board["location"] = _location(site, project)
    elif cloud and number % 2:
        owner = site.world.users[number]
        board["location"] = {"userAccountId": owner.id, "displayName": owner.display}
    tables["boards"].append(board)
    if number in {BROKEN, UNREADABLE}:
        return
    tables["board_configurations"].append(_configuration(site, board, base))
    tables["board_projects"] += [
        {"boardId": number, "projectId": str(each.id), "projectKey": each.key, "name": each.name}
        for each in projects[: number % 4]
    ]
    if cloud:
        tables["board_quick_filters"] += [
            {
                "id": 1000 * number + n,
                "boardId": number,
                "name": f"Quick {n % 9} ⚡",
                "jql": "x = y",
            }
            | ({"description": "Only mine"} if n % 2 else {})
            | {"position": n}
            for n in range(120 if number == FULL else number % 3)
        ]
    if kind == "scrum" or (cloud and number == SPRINTING):
        _sprints(site, tables, base, number)
    if kind == "scrum":
        _epics(site, tables, base, number)
    # All issues of a project on the first boards; some of them on the others, whose filters differ.
    mine = [i for i in site.world.issues.values() if i.project is project and not i.hidden]
    mine = [issue for issue in mine if kind != "scrum" or issue.kind.level <= 0]
    chosen = mine if number < WHOLE else mine[: 3 * (number % 20)]
    tables["board_issues"] += [
        {"boardId": number, "issueId": str(i.id), "issueKey": i.key} for i in chosen
    ]


def _location(site: Site, project: Project) -> Row:
    shape: Row = {"projectId": project.id, "displayName": f"{project.name} ({project.key})"}
    shape |= {"projectName": project.name, "projectKey": project.key}
    shape |= {"projectTypeKey": project.kind, "name": shape["displayName"]}
    return {**shape, "avatarURI": f"{site.base_url}/avatar/project/{project.id}"}


def _configuration(site: Site, board: Row, base: str) -> Row:
    number, rest = board["id"], f"{site.base_url}/rest/api/2"
    made: Row = {"boardId": number, "name": board["name"], "type": board["type"]}
    made |= {"self": f"{base}/board/{number}/configuration"}
    if "location" in board:
        made["location"] = {"type": "project", **board["location"]}
    made["filter"] = {"id": str(20_000 + number), "self": f"{rest}/filter/{20_000 + number}"}
    if board["type"] == "kanban":
        made["subQuery"] = {"query": "fixVersion in unreleasedVersions() OR fixVersion is EMPTY"}
    statuses = site.world.statuses
    columns: list[Row] = [{"name": "空", "statuses": []}]
    for n in range(number % 4):
        each = statuses[n : n + 2] if n == 0 else statuses[n + 1 : n + 2]
        inside = [{"id": status.id, "self": f"{rest}/status/{status.id}"} for status in each]
        columns.append({"name": f"Column {n}", "statuses": inside, "min": n, "max": 5 + n})
    made["columnConfig"] = {"columns": columns}
    made["columnConfig"]["constraintType"] = ("none", "issueCount")[number % 2]
    if board["type"] == "scrum" and number % 2:
        points = {"fieldId": site.world.field_id("Story Points"), "displayName": "Story Points"}
        made["estimation"] = {"type": "field", "field": points}
    elif board["type"] == "scrum":
        made["estimation"] = {"type": "issueCount"}
    made["ranking"] = {"rankCustomFieldId": int(site.world.field_id("Rank").rpartition("_")[2])}
    return made


def _when(site: Site, at: int | None, *, odd: bool = False) -> str | None:
    """UTC on Cloud, as live sites have it; now and then, and on Data Center, with an offset."""
    if at is None:
        return None
    stamp = from_ms(at).isoformat(timespec="milliseconds")
    if site.options.cloud and not odd:
        return stamp.replace("+00:00", "Z")
    hours = 10 if site.options.cloud else 1
    local = from_ms(at + hours * 3_600_000).isoformat(timespec="milliseconds")
    return local.replace("+00:00", f"+{hours:02d}:00")


def _sprints(site: Site, tables: Tables, base: str, board: int) -> None:
    """The sprints of the issues on the full board, the first of them on all; and its own."""
    for sprint in site.world.sprints:
        if board == FULL or sprint.id == 1:
            _file(site, tables, base, board, *_printed(sprint))
    day = 86_400_000
    for n in range(130 if board == FULL else board % 4):
        begin = site.clock.start_ms - (n % 90) * 14 * day
        state = BY_STATE[n % 3]
        row = {"id": 1000 * board + n, "state": state, "name": f"Sprint {n}, [b={board}]"}
        # The board that it was made on is gone; its sprints are not.
        row["originBoardId"] = 9999 if n == 1 else board
        ended = begin + 14 * day if state == "closed" else None
        times = (None, None, None) if state == "future" else (begin, begin + 14 * day, ended)
        _file(site, tables, base, board, row | ({"goal": "Ship=it"} if n % 2 else {}), times)


def _printed(sprint: Sprint) -> tuple[Row, tuple[int | None, int | None, int | None]]:
    row: Row = {"id": sprint.id, "state": sprint.state, "name": sprint.name}
    row["originBoardId"] = sprint.board
    row |= {"goal": sprint.goal} if sprint.goal else {}
    return row, (sprint.start, sprint.end, sprint.complete)


def file_sprint(site: Site, sprint: Sprint) -> None:
    """A sprint of the full board as it is now, new or known."""
    tables = site.shelf.tables
    tables["sprints"][:] = [row for row in tables["sprints"] if row["id"] != sprint.id]
    here = {"boardId": FULL, "sprintId": sprint.id}
    tables["board_sprints"][:] = [row for row in tables["board_sprints"] if row != here]
    _file(site, tables, f"{site.base_url}/rest/agile/1.0", FULL, *_printed(sprint))
    tables["sprints"].sort(key=lambda row: row["id"])


def _file(
    site: Site,
    tables: Tables,
    base: str,
    board: int,
    row: Row,
    times: tuple[int | None, int | None, int | None],
) -> None:
    odd = row["id"] % 5 == 0
    names = ("startDate", "endDate", "completeDate")
    dates = {name: _when(site, at, odd=odd) for name, at in zip(names, times, strict=True)}
    row |= {name: text for name, text in dates.items() if text}
    row["self"] = f"{base}/sprint/{row['id']}"
    if site.options.cloud and row["id"] % 4:
        row["createdDate"] = _when(site, site.clock.start_ms - row["id"] * 60_000)
    if not site.options.cloud:
        row |= {"synced": False, "autoStartStop": bool(row["id"] % 2)}
        if times[0] is not None:
            row["activatedDate"] = _when(site, times[0] + 60_000)
        if times[2] is not None:
            row["incompleteIssuesDestinationId"] = 1 + row["id"] % 3
    if not known(tables["sprints"], row["id"]):
        tables["sprints"].append(row)
    tables["board_sprints"].append({"boardId": board, "sprintId": row["id"]})


def _epics(site: Site, tables: Tables, base: str, board: int) -> None:
    """Those of company-managed projects: a team-managed one's epics are issues like others."""
    found = [each for each in site.world.issues.values() if _is_epic(each)]
    mine = found if board == FULL else found[board % 5 :: 7]
    site.kept(Epics)[board] = [issue.id for issue in mine]
    listed = {row["id"] for row in tables["epics"]}
    for issue in mine:
        if issue.id in listed:
            continue
        epic: Row = {"id": issue.id, "key": issue.key, "self": f"{base}/epic/{issue.id}"}
        epic |= {"name": f"Épic {issue.id}" if issue.id % 3 else "", "done": bool(issue.id % 2)}
        epic |= {"summary": str(site.world.value(issue, "summary"))}
        tables["epics"].append({**epic, "color": {"key": f"color_{1 + issue.id % 14}"}})


def _is_epic(issue: Issue) -> bool:
    project = issue.project
    return issue.kind.level == 1 and project.live and not (issue.hidden or project.team_managed)


# --- serving ------------------------------------------------------------------------------------


def _readable(ctx: Context, board: str) -> Row:
    if not ctx.jira.options.software:
        raise ApiError(403, ["You do not have access to Jira Software."])
    if board == str(BROKEN):
        raise ApiError(400, ["The filter of this board is broken."])
    found = [row for row in shelf(ctx)["boards"] if str(row["id"]) == board]
    if not found or board == str(UNREADABLE):
        raise ApiError(404, [NO_BOARD])
    return found[0]


def _boards(ctx: Context) -> list[Row]:
    if not ctx.jira.options.software:
        raise ApiError(403, ["You do not have access to Jira Software."])
    kinds = ctx.request.listed("type")
    return [row for row in shelf(ctx)["boards"] if not kinds or row["type"] in kinds]


def _board_configuration(ctx: Context, board: str) -> list[Row]:
    _readable(ctx, board)
    mine = [row for row in shelf(ctx)["board_configurations"] if str(row["boardId"]) == board]
    return [{"id": row["boardId"], **of([row], boardId=board)[0]} for row in mine]


def _board_projects(ctx: Context, board: str) -> list[Row]:
    _readable(ctx, board)
    rest = f"{ctx.jira.base_url}/rest/api/2/project"
    shown = []
    for row in of(shelf(ctx)["board_projects"], boardId=board):
        ident = row["projectId"]
        printed = {"self": f"{rest}/{ident}", "id": ident, "key": row["projectKey"]}
        shown.append({**printed, "name": row["name"], "projectTypeKey": "software"})
    return shown


def _quick_filters(ctx: Context, board: str) -> list[Row]:
    _readable(ctx, board)
    return [row for row in shelf(ctx)["board_quick_filters"] if str(row["boardId"]) == board]


def _board_sprints(ctx: Context, board: str) -> list[Row]:
    kind = _readable(ctx, board)["type"]
    if kind != "scrum" and not (ctx.cloud and board == str(SPRINTING)):
        raise ApiError(400, [NO_SPRINTS])
    mine = {row["sprintId"] for row in of(shelf(ctx)["board_sprints"], boardId=board)}
    states = ctx.request.listed("state") or BY_STATE
    found = [row for row in shelf(ctx)["sprints"] if row["id"] in mine and row["state"] in states]
    return sorted(found, key=lambda row: BY_STATE.index(row["state"]))


def _board_epics(ctx: Context, board: str) -> list[Row]:
    _readable(ctx, board)
    mine = ctx.jira.kept(Epics).get(int(board), [])
    done = ctx.request.param("done")
    found = [row for row in shelf(ctx)["epics"] if row["id"] in mine]
    return [row for row in found if done is None or row["done"] is (done == "true")]


def _board_issues(ctx: Context, board: str) -> list[Row]:
    _readable(ctx, board)
    return [
        {"expand": "", "id": row["issueId"], "self": f"{ctx.jira.base_url}/x"}
        | {"key": row["issueKey"]}
        for row in of(shelf(ctx)["board_issues"], boardId=board)
    ]


def _bare(ctx: Context) -> bool:
    """Whether ids and keys are all that is asked for."""
    asked = ctx.request.listed("fields")
    return bool(asked) and set(asked) <= {"id", "key"}


@route(
    "GET", "/board/{board}/issue", "cloud", api="software", scope="read:board-scope:jira-software"
)
def issues_by_token(ctx: Context, board: str) -> Response:
    """``{"issues": […], "isLast": false, "nextPageToken": "…"}``; the last page has no token."""
    found, caps = _board_issues(ctx, board), ctx.caps
    token, start = ctx.request.param("nextPageToken") or "", 0
    if token:
        whose, _, place = token.removeprefix("bi-").partition("-")
        if whose != board or not place.isdigit():
            raise ApiError(400, ["The next page token is invalid or has expired."])
        start = int(place)
    cap = caps.search_ids if _bare(ctx) else caps.search
    size = ctx.size(ctx.request.number("maxResults", 50), 50, cap)
    page: Row = {"expand": "names,schema", "issues": _cut(ctx, found[start : start + size])}
    page["isLast"] = start + size >= len(found)
    return ok(page if page["isLast"] else {**page, "nextPageToken": f"bi-{board}-{start + size}"})


@route("GET", "/board/{board}/issue", api="agile", scope="read:board-scope:jira-software")
def issues_by_offset(ctx: Context, board: str) -> Response:
    """``{"startAt": 0, "maxResults": 50, "total": 2, "issues": […]}``."""
    found, caps = _board_issues(ctx, board), ctx.caps
    start, size, cut = ctx.page(found, 50, caps.search_ids if ctx.cloud else caps.search_dc)
    page: Row = {"expand": "names,schema", "startAt": start, "maxResults": size}
    return ok({**page, "total": len(found), "issues": _cut(ctx, cut)})


def _cut(ctx: Context, found: list[Row]) -> list[Row]:
    """Issues with further members unless only their ids are asked for."""
    if _bare(ctx):
        return found
    return [{**row, "fields": {"flagged": False, "sprint": None}} for row in found]


def _serve(path: str, find: Any, answer: Any, scope: str, **how: Any) -> None:
    serve(path, find, answer, api="agile", scope=SCOPES[scope], **how)


_serve("/board", _boards, bean(), "board")
_serve("/board/{board}/configuration", _board_configuration, one, "admin")
_serve("/board/{board}/project", _board_projects, bean(), "board")
_serve("/board/{board}/quickfilter", _quick_filters, bean(), "admin", product="cloud")
_serve("/board/{board}/sprint", _board_sprints, bean(total=False), "sprint")
_serve("/board/{board}/epic", _board_epics, bean(total=False), "epic")
