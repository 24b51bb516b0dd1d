"""Jira Software: boards of every kind, sprints on many boards, epics.

One board's filter is broken (400), one belongs to a project in the trash and cannot be read (404),
kanban and team-managed boards have no sprints (400), and more boards than a page has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.areas.listing import bean, known, of, one, serve, shelf
from sandbox.messages import ApiError

if TYPE_CHECKING:
    from sandbox.context import Context
    from sandbox.shelf import Row, Tables
    from sandbox.site import Site

BROKEN, UNREADABLE = 40, 41
KINDS = ("scrum", "kanban", "simple")
NO_SPRINTS = "The board does not support sprints"


def rows(site: Site) -> Tables:
    """Sixty boards, two of which cannot be read."""
    cloud, base = site.options.cloud, f"{site.base_url}/rest/agile/1.0"
    projects = [each for each in site.world.projects if each.live]
    tables: Tables = {
        name: []
        for name in (
            "boards",
            "board_configurations",
            "board_projects",
            "board_quick_filters",
            "sprints",
            "board_sprints",
            "epics",
            "board_issues",
        )
    }
    for number in range(1, 61):
        project, kind = projects[number % len(projects)], KINDS[number % 3]
        board: Row = {"id": number, "self": f"{base}/board/{number}", "type": kind}
        board["name"] = f"Board {number % 50} «{project.name}»"
        if cloud and number % 7:
            board["location"] = {"projectId": project.id, "projectKey": project.key}
            board["location"] |= {"projectName": project.name, "displayName": project.name}
        tables["boards"].append(board)
        if number in {BROKEN, UNREADABLE}:
            continue
        tables["board_configurations"].append(_configuration(board, base))
        tables["board_projects"] += _projects(site, number)
        if cloud:
            tables["board_quick_filters"] += [
                {"id": 10 * number + n, "boardId": number, "name": f"Quick {n}", "jql": "x = y"}
                | ({"description": "Only mine"} if n else {})
                | {"position": n}
                for n in range(number % 3)
            ]
        if kind == "scrum":
            _sprints(tables, base, number)
            _epics(tables, base, site, number)
        tables["board_issues"] += _issues(site, number, project.id)
    return tables


def change(site: Site) -> None:
    """A sprint ends and is renamed, a board goes, one comes."""
    tables = site.shelf
    tables["sprints"][0] |= {"state": "closed", "name": "Renamed", "goal": None}
    gone = tables["boards"].pop(0)["id"]
    for name in ("board_configurations", "board_projects", "board_quick_filters", "board_issues"):
        tables[name][:] = [row for row in tables[name] if row["boardId"] != gone]


def _configuration(board: Row, base: str) -> Row:
    number = board["id"]
    made: Row = {"boardId": number, "name": board["name"], "type": board["type"]}
    made |= {"self": f"{base}/board/{number}/configuration"}
    made["filter"] = {"id": str(20_000 + number), "self": f"{base}/filter/{number}"}
    made["columnConfig"] = {
        "columns": [
            {"name": "To Do", "statuses": [{"id": "10000"}]},
            {"name": "空", "statuses": []},
        ],
        "constraintType": "none",
    }
    if board["type"] == "scrum":
        made["estimation"] = {"type": "field", "field": {"fieldId": "customfield_10016"}}
    made["ranking"] = {"rankCustomFieldId": 10019}
    return made


def _projects(site: Site, board: int) -> list[Row]:
    chosen = [each for each in site.world.projects if each.live][: board % 4]
    return [
        {"boardId": board, "projectId": str(each.id), "projectKey": each.key, "name": each.name}
        for each in chosen
    ]


def _sprints(tables: Tables, base: str, board: int) -> None:
    """Three of its own, and one that every scrum board shows."""
    for number in (1, 100 * board + 1, 100 * board + 2, 100 * board + 3):
        state = ("closed", "active", "future")[number % 3]
        sprint: Row = {"id": number, "self": f"{base}/sprint/{number}", "state": state}
        sprint |= {"name": f"Sprint {number}, [b]", "originBoardId": 9999 if number == 1 else board}
        if state != "future":
            sprint |= {"startDate": "2026-03-01T09:00:00.000Z", "goal": "Ship=it"}
            sprint["endDate"] = "2026-03-15T09:00:00.000+10:00"
        if not known(tables["sprints"], number):
            tables["sprints"].append(sprint)
        tables["board_sprints"].append({"boardId": board, "sprintId": number})


def _epics(tables: Tables, base: str, site: Site, board: int) -> None:
    found = [each for each in site.world.issues.values() if each.kind.level == 1]
    for issue in found[: board % 5]:
        epic: Row = {"id": issue.id, "key": issue.key, "self": f"{base}/epic/{issue.id}"}
        epic |= {"name": f"Epic {issue.id}", "summary": "Ü", "color": {"key": "color_1"}}
        if not known(tables["epics"], issue.id):
            tables["epics"].append({**epic, "done": bool(issue.id % 2)})


def _issues(site: Site, board: int, project: int) -> list[Row]:
    mine = [each for each in site.world.issues.values() if each.project.id == project]
    return [{"boardId": board, "issueId": str(each.id)} for each in mine if not each.hidden]


def _readable(ctx: Context, board: str) -> None:
    if board == str(BROKEN):
        raise ApiError(400, ["The filter of this board is broken."])
    if board == str(UNREADABLE) or not known(shelf(ctx)["boards"], board):
        raise ApiError(404, ["The requested board cannot be viewed."])


def _of_board(stream: str) -> Any:
    def find(ctx: Context, board: str) -> list[Row]:
        _readable(ctx, board)
        return of(shelf(ctx)[stream], boardId=board)

    return find


def _board_configuration(ctx: Context, board: str) -> list[Row]:
    _readable(ctx, board)
    mine = [row for row in shelf(ctx)["board_configurations"] if str(row["boardId"]) == board]
    return [{"id": row["boardId"], **of([row], boardId=board)[0]} for row in mine]


def _board_projects(ctx: Context, board: str) -> list[Row]:
    return [
        {"id": row["projectId"], "key": row["projectKey"], "name": row["name"]}
        for row in _of_board("board_projects")(ctx, board)
    ]


def _board_sprints(ctx: Context, board: str) -> list[Row]:
    _readable(ctx, board)
    kind = next(row["type"] for row in shelf(ctx)["boards"] if str(row["id"]) == board)
    if kind != "scrum":
        raise ApiError(400, [NO_SPRINTS])
    mine = {row["sprintId"] for row in of(shelf(ctx)["board_sprints"], boardId=board)}
    return [row for row in shelf(ctx)["sprints"] if row["id"] in mine]


def _board_epics(ctx: Context, board: str) -> list[Row]:
    _readable(ctx, board)
    return shelf(ctx)["epics"] if int(board) % 3 == 0 else []


serve("/board", "boards", bean(), api="agile")
serve("/board/{board}/configuration", _board_configuration, one, api="agile")
serve("/board/{board}/project", _board_projects, bean(), api="agile")
serve(
    "/board/{board}/quickfilter",
    _of_board("board_quick_filters"),
    bean(),
    api="agile",
    product="cloud",
)
serve("/board/{board}/sprint", _board_sprints, bean(total=False), api="agile")
serve("/board/{board}/epic", _board_epics, bean(), api="agile")
