"""Jira Software: boards, and what they show."""

from __future__ import annotations

import functools

from tap_jira.jira.pagination import CursorPaginator, WholePaginator
from tap_jira.jira.permissions import SOFTWARE
from tap_jira.records import columns, schema
from tap_jira.records.schema import column
from tap_jira.streams.resource import (
    AGILE,
    NOT_SUPPORTED,
    SOFTWARE_API,
    Paging,
    Parents,
    Read,
    Resource,
    Select,
    inside,
    offset,
    single,
    values,
)

BOARD_SCOPE = "read:board-scope:jira-software"
SPRINT_SCOPE = "read:sprint:jira-software"
ISSUE_PAGE = 5000
"""Most issues in one answer of Cloud's software API."""

PAGES = offset()
_BOARDS = Read(f"{AGILE}board", values, PAGES)
BOARDS = Resource(
    "boards",
    "Boards of every kind.",
    columns=(
        *columns.text("id", "name", "type", "self"),
        column("location", schema.object_of(projectKey=schema.TEXT, projectName=schema.TEXT)),
        *columns.flag("can_edit", "favourite", "is_private"),
    ),
    cloud=_BOARDS,
    data_center=_BOARDS,
    permission=SOFTWARE,
    scope=BOARD_SCOPE,
)
OF_BOARDS = Parents("boards", BOARDS, {"boardId": "id"})


def _of_board(path: str, rows: Select = values, paging: Paging = PAGES) -> Read:
    """A list of each board; boards without it answer 400 or 404."""
    path = f"{AGILE}board/{{boardId}}/{path}"
    return Read(path, rows, paging, parents=OF_BOARDS, absent=NOT_SUPPORTED)


_CONFIGURATION = _of_board("configuration", single, WholePaginator)
BOARD_CONFIGURATIONS = Resource(
    "board_configurations",
    "Columns, filter and estimation field of each board.",
    key=("board_id",),
    columns=(
        *columns.text("board_id", "name", "type", "self"),
        *columns.object_("location", "filter", "sub_query", "estimation", "ranking"),
        column("column_config", schema.object_of(constraintType=schema.TEXT)),
    ),
    cloud=_CONFIGURATION,
    data_center=_CONFIGURATION,
    permission=SOFTWARE,
    scope=BOARD_SCOPE,
)

_PROJECTS = _of_board("project")
BOARD_PROJECTS = Resource(
    "board_projects",
    "The projects that each board's filter names.",
    key=("board_id", "project_id"),
    columns=(
        *columns.text("board_id"),
        column("project_id", schema.TEXT, "id"),
        column("project_key", schema.TEXT, "key"),
        *columns.text("name"),
    ),
    cloud=_PROJECTS,
    data_center=_PROJECTS,
    permission=SOFTWARE,
    scope=BOARD_SCOPE,
)

BOARD_QUICK_FILTERS = Resource(
    "board_quick_filters",
    "Quick filters of each board.",
    key=("board_id", "id"),
    columns=(
        *columns.text("board_id", "id", "name", "description", "jql"),
        *columns.whole("position"),
    ),
    cloud=_of_board("quickfilter"),
    permission=SOFTWARE,
    scope=BOARD_SCOPE,
    selected=False,
)

_SPRINTS = _of_board("sprint")
SPRINTS_OF_BOARDS = Resource(
    "sprints of boards", "The sprints that each board shows.", (), cloud=_SPRINTS,
    data_center=_SPRINTS,
)  # fmt: skip
SPRINTS = Resource(
    "sprints",
    "Sprints; one that several boards show is one row.",
    columns=(
        *columns.text("id", "name", "state", "goal", "origin_board_id", "self"),
        *columns.instant("start_date", "end_date", "complete_date", "created_date"),
    ),
    data_center_columns=(
        *columns.text("id", "name", "state", "goal", "origin_board_id", "self"),
        *columns.instant("start_date", "end_date", "complete_date", "activated_date"),
        *columns.flag("auto_start_stop", "synced"),
        *columns.text("incomplete_issues_destination_id"),
    ),
    cloud=SPRINTS_OF_BOARDS,
    data_center=SPRINTS_OF_BOARDS,
    permission=SOFTWARE,
    scope=SPRINT_SCOPE,
    every_run=True,
)
BOARD_SPRINTS = Resource(
    "board_sprints",
    "Which board shows which sprint; read together with `sprints`.",
    key=("board_id", "sprint_id"),
    columns=(*columns.text("board_id"), column("sprint_id", schema.TEXT, "id")),
    cloud=SPRINTS_OF_BOARDS,
    data_center=SPRINTS_OF_BOARDS,
    permission=SOFTWARE,
    scope=SPRINT_SCOPE,
    every_run=True,
)

_EPICS = _of_board("epic")
EPICS = Resource(
    "epics",
    "Epics of company-managed boards; one row however many boards show it.",
    columns=(
        *columns.text("id", "key", "name", "summary", "self"),
        column("color", schema.object_of(key=schema.TEXT)),
        *columns.flag("done"),
    ),
    cloud=_EPICS,
    data_center=_EPICS,
    permission=SOFTWARE,
    scope="read:epic:jira-software",
)

BOARD_ISSUES = Resource(
    "board_issues",
    "Which board shows which issue.",
    key=("board_id", "issue_id"),
    columns=(
        *columns.text("board_id"),
        column("issue_id", schema.TEXT, "id"),
        column("issue_key", schema.TEXT, "key"),
    ),
    cloud=Read(
        f"{SOFTWARE_API}board/{{boardId}}/issue",
        inside("issues"),
        functools.partial(CursorPaginator, ISSUE_PAGE, "nextPageToken", "nextPageToken"),
        {"fields": "id"},
        OF_BOARDS,
        NOT_SUPPORTED,
    ),
    data_center=Read(
        f"{AGILE}board/{{boardId}}/issue",
        inside("issues"),
        offset(1000, rows="issues"),
        {"fields": "id"},
        OF_BOARDS,
        NOT_SUPPORTED,
    ),
    permission=SOFTWARE,
    scope="read:issue-details:jira",
    selected=False,
)

RESOURCES = (
    BOARDS,
    BOARD_CONFIGURATIONS,
    BOARD_PROJECTS,
    BOARD_QUICK_FILTERS,
    SPRINTS,
    BOARD_SPRINTS,
    EPICS,
    BOARD_ISSUES,
)
