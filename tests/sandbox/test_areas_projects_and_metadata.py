"""Projects, metadata and schemes: every list pages through to exactly the rows of its table."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from sandbox import Jira, Options
from sandbox.auth import basic
from sandbox.truth import area_truth, truth

Row = dict[str, Any]


class Served(NamedTuple):
    """A list, the table it holds, and how."""

    path: str
    table: str
    #: bean, array, one, or the member that holds the rows.
    way: str = "bean"
    #: Members of a row that are not printed, and those that have another name.
    apart: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    products: tuple[str, ...] = ("cloud", "dc")


CLOUD, DC = ("cloud",), ("dc",)
HOME = ("projectId",)
SERVED = [
    Served("/project/type", "project_types", "array"),
    Served("/projectCategory", "project_categories", "array"),
    Served("/role", "project_roles", "array"),
    Served("/project/{projectId}/component", "components", products=CLOUD),
    Served("/project/{project}/components", "components", "array"),
    Served("/component/page", "components", products=DC),
    Served("/project/{projectId}/version", "versions"),
    Served("/project/{projectId}/versions", "versions", "array"),
    Served("/version", "versions", products=DC),
    Served(
        "/project/{projectId}/role/{roleId}",
        "project_role_actors",
        "actors",
        ("projectId", "roleId"),
        (("actorId", "id"),),
    ),
    Served("/project/{projectId}/features", "project_features", "features", products=CLOUD),
    Served("/project/{projectId}/properties/{key}", "project_properties", "one", HOME),
    Served("/project/{projectId}/email", "project_emails", "one", HOME, products=CLOUD),
    Served("/issuetype", "issue_types", "array"),
    Served("/issuetype/page", "issue_types", products=DC),
    Served("/issueLinkType", "issue_link_types", "issueLinkTypes"),
    Served("/status/page", "statuses", products=DC),
    Served("/statuscategory", "status_categories", "array"),
    Served("/priority", "priorities", "array"),
    Served("/priority/search", "priorities", products=CLOUD),
    Served("/resolution", "resolutions", "array"),
    Served("/resolution/search", "resolutions", products=CLOUD),
    Served("/events", "issue_events", "array", products=CLOUD),
    Served("/field/search/trashed", "trashed_fields", products=CLOUD),
    Served("/field/{fieldId}/context", "field_contexts", "bean", ("fieldId",), products=CLOUD),
    Served(
        "/field/{fieldId}/context/{contextId}/option",
        "field_options",
        "bean",
        ("fieldId", "contextId"),
        products=CLOUD,
    ),
    Served("/permissionscheme?expand=all", "permission_schemes", "permissionSchemes"),
    Served("/notificationscheme?expand=all", "notification_schemes"),
    Served("/issuesecurityschemes", "issue_security_schemes", "issueSecuritySchemes"),
    Served("/issuesecurityschemes/level", "security_levels", products=CLOUD),
    Served(
        "/issuesecurityschemes/{issueSecuritySchemeId}",
        "security_levels",
        "levels",
        ("issueSecuritySchemeId", "isDefault"),
    ),
    Served("/issuesecurityschemes/level/member", "security_level_members", products=CLOUD),
    Served("/priorityscheme", "priority_schemes", products=CLOUD),
    Served("/priorityschemes?maxResults=1000", "priority_schemes", "schemes", products=DC),
    Served("/config/fieldschemes", "field_schemes", "hundred", products=CLOUD),
    Served("/issuetypescheme", "issue_type_schemes", products=CLOUD),
    Served("/issuetypescheme", "issue_type_schemes", "schemes", products=DC),
    Served("/issuetypescheme/mapping", "issue_type_scheme_items", products=CLOUD),
    Served("/issuetypescreenscheme", "issue_type_screen_schemes", products=CLOUD),
    Served("/issuetypescreenscheme/mapping", "issue_type_screen_scheme_items", products=CLOUD),
    Served("/screens", "screens", products=CLOUD),
    Served("/screens", "screens", "array", products=DC),
    Served("/screens/{screenId}/tabs", "screen_tabs", "array", ("screenId",)),
    Served(
        "/screens/{screenId}/tabs/{tabId}/fields",
        "screen_tab_fields",
        "array",
        ("screenId", "tabId"),
    ),
    Served("/screenscheme", "screen_schemes", products=CLOUD),
    Served("/workflows/search?expand=values.transitions", "workflows", products=CLOUD),
    Served("/workflow", "workflows", "array", products=DC),
    Served("/workflowscheme", "workflow_schemes", products=CLOUD),
]
#: Paths that either product has, with another way of listing.
TWICE = ("/issuetypescheme", "/screens")


class Anything(dict[str, str]):
    """A number for every parent."""

    def __missing__(self, _: str) -> str:
        return "10000"


@pytest.fixture(scope="module", params=["cloud", "dc"])
def site(request: pytest.FixtureRequest) -> Jira:
    return Jira(Options(request.param, issues=40, clock_runs=False, more_projects=60))


def rest(jira: Jira) -> str:
    return f"/rest/api/{'3' if jira.options.cloud else '2'}"


def get(jira: Jira, path: str, **params: Any) -> Any:
    status, _, body = jira.call("GET", rest(jira) + path, params)
    assert status == 200, (path, body)
    return body


def refused(jira: Jira, path: str, **params: Any) -> int:
    return jira.call("GET", rest(jira) + path, params)[0]


def listed(jira: Jira, path: str, way: str) -> list[Any]:
    if way not in {"bean", "hundred"}:
        body = get(jira, path)
        return [body] if way == "one" else list(body if way == "array" else body[way])
    rows: list[Any] = []
    while True:
        page = get(jira, path, startAt=len(rows), maxResults=100 if way == "hundred" else 5000)
        rows += page["values"]
        if page["isLast"] or not page["values"]:
            assert page.get("total", len(rows)) == len(rows)
            return rows


def printed(row: Row, case: Served) -> Row:
    names = dict(case.named)
    return {names.get(name, name): row[name] for name in row if name not in case.apart}


@pytest.mark.parametrize("case", SERVED, ids=lambda case: f"{case.table} {case.path}")
def test_lists_hold_the_rows_of_their_table(site: Jira, case: Served) -> None:
    if site.options.personality not in case.products:
        if case.path in TWICE:
            return
        assert refused(site, case.path.format_map(Anything())) == 404
        return
    wanted: dict[str, list[Row]] = {}
    for row in area_truth(site, case.table):
        wanted.setdefault(case.path.format(**row), []).append(printed(row, case))
    assert wanted
    for path, rows in wanted.items():
        assert listed(site, path, case.way) == rows


def test_statuses_are_nested_in_types(site: Jira) -> None:
    found = []
    for project in {row["projectId"] for row in area_truth(site, "project_statuses")}:
        kinds = get(site, f"/project/{project}/statuses")
        assert kinds[-1]["statuses"] == []
        found += [(project, kind["id"], x["id"]) for kind in kinds for x in kind["statuses"]]
    wanted = area_truth(site, "project_statuses")
    assert sorted(found) == sorted(
        (row["projectId"], row["issueTypeId"], row["statusId"]) for row in wanted
    )


def test_avatars_and_properties(site: Jira) -> None:
    truth = area_truth(site, "project_avatars")
    for project in {row["projectId"] for row in truth}:
        body = get(site, f"/project/{project}/avatars")
        mine = [row for row in truth if row["projectId"] == project]
        assert [{"projectId": project, **x} for x in body["system"] + body["custom"]] == mine
    keys = [each["key"] for each in get(site, "/project/AND/properties")["keys"]]
    assert len(keys) == 2
    assert refused(site, f"/project/AND/properties/{keys[-1]}") == 404


def test_parts_of_what_cannot_be_read(site: Jira) -> None:
    for part in ("versions", "components", "statuses", "role", "properties", "avatars"):
        assert refused(site, f"/project/SEC/{part}") == 404
        assert refused(site, f"/project/BIN/{part}") == 404
        assert refused(site, f"/project/OLD/{part}") == 200
    if site.options.cloud:
        assert refused(site, "/project/APP/email") == 404
        assert refused(site, "/project/10000/email") == 404
        team = get(site, "/project/TEAM/role")
        assert set(team) == {"Administrator", "Member", "Viewer"}
        assert refused(site, "/project/APP/role/10200") == 404


def test_statuses_and_labels(site: Jira) -> None:
    rows = {row["id"]: row for row in area_truth(site, "statuses")}
    used = get(site, "/status")
    assert [rows[each["id"]] for each in used] == used
    if not site.options.cloud:
        assert refused(site, "/label") == refused(site, "/statuses/search") == 404
        return
    every = listed(site, "/statuses/search", "bean")
    assert len(every) > 200
    assert [each["id"] for each in every] == list(rows)
    assert [each for each in every if each["id"] not in {x["id"] for x in used}] == [
        row for row in rows.values() if isinstance(row["statusCategory"], str)
    ]
    assert [{"label": x} for x in listed(site, "/label", "bean")] == area_truth(site, "labels")
    assert len(area_truth(site, "labels")) > 1000
    names = [row["name"] for row in area_truth(site, "issue_types")]
    assert len(names) > len(set(names))


def test_permissions(site: Jira) -> None:
    found = get(site, "/permissions")["permissions"]
    assert list(found.values()) == area_truth(site, "permissions")


def test_options_in_numbered_pages(site: Jira) -> None:
    if site.options.cloud:
        assert refused(site, "/field/summary/context") == 404
        assert refused(site, f"/field/{site.world.field_id('Sprint')}/context") == 404
        text = site.world.field_id("Foo Bar")
        context = get(site, f"/field/{text}/context")["values"][0]["id"]
        assert refused(site, f"/field/{text}/context/{context}/option") == 400
        other = site.world.field_id("Severity")
        assert refused(site, f"/field/{other}/context/{context}/option") == 404
        return
    found = []
    for field in listed(site, "/customFields", "bean"):
        path, page, mine = f"/customFields/{field['numericId']}/options", 1, []
        while rows := get(site, path, page=page, maxResults=5000)["options"]:
            mine += [{"fieldId": field["id"], **row} for row in rows]
            page += 1
        assert get(site, path)["total"] == len(mine)
        found += mine
    assert found == area_truth(site, "field_options")
    assert max(len(row["childrenIds"]) for row in found) == 5
    assert refused(site, "/customFields/1/options") == 404


def schemes_in_bulk(site: Jira) -> dict[str, dict[str, Any]]:
    """What Cloud says of many projects at once, by column and project."""
    ids = [str(each.id) for each in site.world.projects]
    found: dict[str, dict[str, Any]] = {}
    for column, path in (
        ("notificationSchemeId", "/notificationscheme/project"),
        ("issueSecuritySchemeId", "/issuesecurityschemes/project"),
    ):
        found[column] = {x["projectId"]: x[column] for x in listed(site, path, "bean")}
    for column, name in (
        ("issueTypeSchemeId", "issueTypeScheme"),
        ("issueTypeScreenSchemeId", "issueTypeScreenScheme"),
    ):
        path = f"/{name.lower()}/project?{'&'.join(f'projectId={x}' for x in ids)}"
        rows = listed(site, path, "bean")
        found[column] = {x: row[name]["id"] for row in rows for x in row["projectIds"]}
    rows = get(site, "/workflowscheme/project", projectId=ids[:100])["values"]
    found["workflowSchemeId"] = {
        x: row["workflowScheme"].get("id") for row in rows for x in row["projectIds"]
    }
    path = f"/config/fieldschemes/projects?{'&'.join(f'projectId={x}' for x in ids)}"
    found["fieldSchemeId"] = {
        str(x["projectId"]): x["schemeId"] for x in listed(site, path, "hundred")
    }
    found["prioritySchemeId"] = {
        x["id"]: row["id"]
        for row in area_truth(site, "priority_schemes")
        for x in listed(site, f"/priorityscheme/{row['id']}/projects", "bean")
    }
    return found


def schemes_of_each(site: Jira) -> dict[str, dict[str, Any]]:
    """What Data Center says of a project at a time."""
    found: dict[str, dict[str, Any]] = {}
    for column, name in (
        ("notificationSchemeId", "notificationscheme"),
        ("issueSecuritySchemeId", "issuesecuritylevelscheme"),
        ("prioritySchemeId", "priorityscheme"),
        ("workflowSchemeId", "workflowscheme"),
    ):
        for project in site.world.projects:
            path = f"{rest(site)}/project/{project.id}/{name}"
            status, _, body = site.call("GET", path)
            found.setdefault(column, {})[str(project.id)] = body["id"] if status == 200 else None
    found["issueTypeSchemeId"] = {
        x["id"]: row["id"]
        for row in area_truth(site, "issue_type_schemes")
        for x in get(site, f"/issuetypescheme/{row['id']}/associations")
    }
    return found


def test_schemes_of_projects(site: Jira) -> None:
    truth = area_truth(site, "project_schemes")
    assert len(truth) > 60
    found = schemes_in_bulk(site) if site.options.cloud else schemes_of_each(site)
    found["permissionSchemeId"] = {
        row["projectId"]: get(site, f"/project/{row['projectId']}/permissionscheme")["id"]
        for row in truth
    }
    for row in truth:
        named = {column: ids.get(row["projectId"]) for column, ids in found.items()}
        assert {**dict.fromkeys(row), **named, "projectId": row["projectId"]} == row
    assert 0 in found["permissionSchemeId"].values()
    for path in ("notificationscheme", "issuesecuritylevelscheme"):
        assert refused(site, f"/project/10001/{path}") == 404


def test_limits_of_schemes(site: Jira) -> None:
    if not site.options.cloud:
        types = get(site, "/issuetypescheme", expand="schemes.issueTypes")["schemes"]
        assert [(row["id"], kind["id"]) for row in types for kind in row["issueTypes"]] == [
            (row["issueTypeSchemeId"], row["issueTypeId"])
            for row in area_truth(site, "issue_type_scheme_items")
        ]
        assert refused(site, "/screens/42/tabs") == 400
        assert len(get(site, "/priorityschemes")["schemes"]) == 50
        return
    assert refused(site, "/screens/42/tabs") == 404
    assert refused(site, "/config/fieldschemes", maxResults=101) == 400
    assert refused(site, "/workflowscheme/project") == 400
    many = [str(number) for number in range(10_000, 10_101)]
    assert refused(site, "/workflowscheme/project", projectId=many) == 400
    tabs: list[Any] = []
    ids = [row["id"] for row in area_truth(site, "screens")]
    assert refused(site, "/screens/tabs") == 400
    while True:
        params = {"screenId": ids, "startAt": len(tabs), "maxResults": 1, "maxResult": 1000}
        page = get(site, "/screens/tabs", **params)
        tabs += page["values"]
        if page["isLast"]:
            break
        assert len(page["values"]) == 100
    assert [
        {"screenId": tab["screenId"], "id": tab["tabId"], "name": tab["tabName"]} for tab in tabs
    ] == area_truth(site, "screen_tabs")
    page = get(site, "/workflows/search", startAt=50)
    assert "transitions" not in page["values"][0]
    known = {status["statusReference"] for status in page["statuses"]}
    assert {x["statusReference"] for row in page["values"] for x in row["statuses"]} == known


@pytest.mark.parametrize("product", ["cloud", "dc"])
def test_what_only_administrators_may(product: Any) -> None:
    jira = Jira(Options(product, issues=40, administrator=False))
    assert refused(jira, "/role") == 403
    assert refused(jira, "/project/APP/role") == 404
    assert refused(jira, "/project/APP/role/10002") == 404
    assert get(jira, "/notificationscheme")["values"] == []
    assert refused(jira, "/permissionscheme") == 200
    for path in ("issuesecurityschemes", "issuetypescheme", "project/APP/permissionscheme"):
        assert refused(jira, f"/{path}") == 403
    assert refused(jira, "/screens") == (403 if jira.options.cloud else 401)
    if jira.options.cloud:
        assert refused(jira, "/workflows/search") == 401
        for path in ("workflowscheme", "screenscheme", "config/fieldschemes", "priorityscheme"):
            assert refused(jira, f"/{path}") == 403
        assert refused(jira, "/project/APP/features") == 403
        assert refused(jira, "/statuses/search") == 401
        assert refused(jira, "/events") == 403
        assert refused(jira, "/field/search/trashed") == 403
        assert refused(jira, f"/field/{jira.world.field_id('Severity')}/context") == 403
    else:
        assert refused(jira, "/permissions") == 403
        assert refused(jira, "/workflow") == 401
        assert refused(jira, "/priorityschemes") == 403
        assert refused(jira, "/customFields") == 403
        number = jira.world.field_id("Severity").removeprefix("customfield_")
        assert refused(jira, f"/customFields/{number}/options") == 404


def test_what_a_token_may_not() -> None:
    """Administering has scopes of its own on Cloud, whoever the user is."""
    jira = Jira(Options(issues=10))
    mine = jira.auth.credentials
    headers = {"authorization": basic(mine.email, mine.scoped_token)}
    start = f"/ex/jira/{jira.options.cloud_id}/rest/api/3"
    for path, status in (
        ("/project/APP/version", 200),
        ("/permissionscheme", 200),
        ("/field/search/trashed", 200),
        ("/screens", 401),
        ("/role", 401),
        ("/workflows/search", 401),
        ("/issuesecurityschemes/level", 401),
    ):
        assert jira.call("GET", start + path, headers=headers)[0] == status, path


@pytest.mark.parametrize("product", ["cloud", "dc"])
def test_areas_change(product: Any) -> None:
    jira, still = (Jira(Options(product, issues=40)) for _ in range(2))
    jira.change_areas()
    tables = ["versions", "components", "project_role_actors", "project_roles", "field_options"]
    tables += ["priorities", "resolutions", "statuses", "issue_types", "issue_link_types"]
    tables += ["permission_schemes", "notification_schemes", "issue_security_schemes"]
    tables += ["security_levels", "priority_schemes", "project_schemes", "issue_type_schemes"]
    tables += ["issue_type_scheme_items", "screens", "screen_tabs", "workflows"]
    for table in tables:
        assert area_truth(jira, table) != area_truth(still, table)


@pytest.mark.parametrize("product", ["cloud", "dc"])
def test_more_custom_fields(product: Any) -> None:
    """The same each time; every third with options, and values among those."""
    few, one, other = (
        Jira(Options(product, issues=200, clock_runs=False, more_custom_fields=number))
        for number in (0, 40, 40)
    )
    before, after = (truth(each, ("fields",))["fields"] for each in (few, one))
    further = {name: row for name, row in after.items() if name not in before}
    assert len(further) == 40
    assert len({row["schema"]["custom"] for row in further.values()}) > 10
    assert truth(one) == truth(other)
    options = {(row["fieldId"], str(row["id"])) for row in area_truth(one, "field_options")}
    chosen = {
        (name, each["id"])
        for issue in truth(one, ("issues",))["issues"].values()
        for name in further
        for value in [issue["fields"][name]]
        if further[name]["schema"].get("items", further[name]["schema"]["type"]) == "option"
        for each in (value if isinstance(value, list) else [value] if value else [])
    }
    assert len({name for name, _ in chosen}) == 14
    assert chosen <= options
    if product == "cloud":
        contexts = {row["fieldId"] for row in area_truth(one, "field_contexts")}
        assert len(contexts & further.keys()) > 30


@pytest.mark.parametrize("number", [7, 40, 60])
def test_so_many_boards(number: int) -> None:
    jira = Jira(Options(issues=10, clock_runs=False, boards=number))
    assert len(area_truth(jira, "boards")) == number
    jira.change_areas()
    assert [row["id"] for row in area_truth(jira, "boards")] == [*range(2, number + 2)]
