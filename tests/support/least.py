"""The least number of requests that read Cloud's default streams, from the data alone.

The sizes of pages are those of Jira's documentation. What a list of each parent costs is a request
for a parent that has nothing, or may not be asked, as well: that is known by asking.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from sandbox.areas.fieldparts import SELECTS
from sandbox.truth import area_truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox import Jira

#: Lists of the whole site, by most rows of an answer; ``None`` where everything comes in one.
LISTS: dict[str, int | None] = {
    **dict.fromkeys(("project_types", "project_categories", "project_roles"), None),
    **dict.fromkeys(("issue_types", "issue_link_types", "status_categories", "permissions"), None),
    **dict.fromkeys(("issue_events", "issue_security_schemes", "permission_schemes"), None),
    **dict.fromkeys(("application_roles", "site_configuration", "licenses"), None),
    **dict.fromkeys(("time_tracking_providers", "classification_levels"), None),
    **dict.fromkeys(("priorities", "resolutions", "trashed_fields", "security_levels"), 50),
    **dict.fromkeys(("security_level_members", "priority_schemes", "notification_schemes"), 50),
    **dict.fromkeys(("issue_type_schemes", "issue_type_scheme_items"), 50),
    **dict.fromkeys(("issue_type_screen_schemes", "issue_type_screen_scheme_items"), 50),
    **dict.fromkeys(("workflows", "workflow_schemes", "boards", "groups"), 50),
    **dict.fromkeys(("filters", "dashboards", "plans", "service_desks", "organizations"), 50),
    **dict.fromkeys(("screens", "screen_tabs", "field_schemes"), 100),
    "screen_schemes": 25,
    "statuses": 200,
    "labels": 1000,
    "audit_records": 1000,
}
#: What tells in one more answer how rows look that are in use.
IN_USE = ("statuses",)
#: A cursor's pages cannot overlap: that no row slipped from one to another, two reads tell.
READ_TWICE = ("plans",)
#: Two kinds of properties, three of avatars.
ANSWERS = {"application_properties": 2, "system_avatars": 3}
#: Lists of each parent: the parents, the column that names them, and the size of a page.
OF_PARENTS: dict[str, tuple[str, str, int | None]] = {
    "components": ("projects", "projectId", 50),
    "versions": ("projects", "projectId", 50),
    "project_statuses": ("projects", "projectId", None),
    "project_features": ("projects", "projectId", None),
    "field_contexts": ("custom fields", "fieldId", 50),
    "field_options": ("contexts of select lists", "contextId", 100),
    "board_configurations": ("boards", "boardId", None),
    "board_projects": ("boards", "boardId", 50),
    "board_sprints": ("boards", "boardId", 50),
    "epics": ("boards", "boardId", None),
    "group_members": ("groups", "groupId", 50),
    "dashboard_gadgets": ("dashboards", "dashboardId", None),
    "plan_teams": ("plans", "planId", 50),
    "request_types": ("service_desks", "serviceDeskId", 50),
    "queues": ("service_desks", "serviceDeskId", 25),
    "organization_members": ("organizations", "organizationId", 50),
    "service_desk_organizations": ("service_desks", "serviceDeskId", 50),
}
#: Told by what is asked anyway: for `board_sprints`, at the beginning, and for `issues`.
FREE = ("sprints", "server_info", "deleted_issues")
#: Read in every run, though they cost a request for each parent.
EVERY_RUN = ("board_sprints",)
#: What the user may do, and whether service management is there.
BEGINNING = 2


def least_of(jira: Jira, streams: Iterable[str]) -> dict[str, int]:
    """The requests for each of these streams.

    Raises:
        KeyError: it is not known how a stream is read.
    """
    return {name: _least(jira, name) for name in streams if name not in FREE}


def every_run(streams: Mapping[str, int]) -> int:
    """Those of the streams that are read in every run; an hour's audit records are a page."""
    due = (*LISTS, *ANSWERS, *EVERY_RUN)
    return sum(number for name, number in {**streams, "audit_records": 1}.items() if name in due)


def _least(jira: Jira, stream: str) -> int:
    if stream in ANSWERS:
        return ANSWERS[stream]
    if stream in _OTHERS:
        return _OTHERS[stream](jira)
    rows = area_truth(jira, stream)
    if stream in LISTS:
        pages = _pages(len(rows), LISTS[stream])
        return pages * (2 if stream in READ_TWICE and pages > 1 else 1) + (stream in IN_USE)
    kind, column, page = OF_PARENTS[stream]
    sizes = Counter(str(row.get(column)) for row in rows)
    return sum(_pages(sizes[ident], page) for ident in _parents(jira, kind))


def _pages(rows: int, page: int | None) -> int:
    return max(1, math.ceil(rows / page)) if page else 1


def _parents(jira: Jira, kind: str) -> list[str]:
    fields = [field for field in jira.world.catalogue.fields if field.custom]
    if kind == "projects":
        return [str(each.id) for each in jira.world.projects if not (each.hidden or each.deleted)]
    if kind == "custom fields":
        return [field.id for field in fields]
    if kind == "contexts of select lists":
        selects = {field.id for field in fields if str(field.custom).endswith(SELECTS)}
        contexts = area_truth(jira, "field_contexts")
        return [row["id"] for row in contexts if row["fieldId"] in selects]
    name = "groupId" if kind == "groups" else "id"
    return [str(row[name]) for row in area_truth(jira, kind)]


def _role_actors(jira: Jira) -> int:
    """The roles of each project, and each of them."""
    projects = _parents(jira, "projects")
    roles = [jira.call("GET", f"/rest/api/3/project/{each}/role")[2] for each in projects]
    return len(projects) + sum(len(each) for each in roles)


def _schemes(jira: Jira) -> int:
    """Permissions of each project, priorities of each scheme, and six lists in bulk."""
    projects, priorities = _parents(jira, "projects"), area_truth(jira, "priority_schemes")
    return len(projects) + len(priorities) + 6 * _pages(len(projects), 100)


_OTHERS: dict[str, Callable[[Jira], int]] = {
    "project_role_actors": _role_actors,
    "project_schemes": _schemes,
}
