"""The plain resources of a Jira that makes it hard: holes, refusals, rows that are none."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault, PageCaps
from tests.faults.support import Tap
from tests.support.tap import launch, select
from tests.support.target import Tables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sandbox import Sandbox
    from sandbox.model import User
    from tests.conftest import MakeSandbox
    from tests.support.tap import Run


@pytest.fixture(scope="module")
def cloud(module_sandbox: MakeSandbox) -> Sandbox:
    return module_sandbox(issues=5)


@pytest.fixture
def jira(cloud: Sandbox) -> Iterable[Sandbox]:
    cloud.faults.clear()
    cloud.reset_counts()
    users, projects = list(cloud.jira.world.users), list(cloud.jira.world.projects)
    yield cloud
    cloud.jira.world.users[:], cloud.jira.world.projects[:] = users, projects


def read(jira: Sandbox, folder: Path, stream: str, **config: Any) -> Run:
    """A run of one stream, whatever comes."""
    tap = Tap(jira, folder, emit_activate_version_messages=True, **config)
    return tap.run(catalog=select(_catalog(jira, folder), stream))


_catalogs: dict[int, dict[str, Any]] = {}


def _catalog(jira: Sandbox, folder: Path) -> dict[str, Any]:
    if id(jira) not in _catalogs:
        _catalogs[id(jira)] = Tap(jira, folder).catalog()
    return _catalogs[id(jira)]


def activated(run: Run) -> int:
    return len(run.messages.of("ACTIVATE_VERSION"))


# --- users of Cloud -------------------------------------------------------------------------------


def populate(jira: Sandbox, visible: int, hole: int, behind: int) -> set[str]:
    """So many users, then so many that nobody sees, then others; the ids of those to be seen."""
    users = jira.jira.world.users
    some = users[0]

    def others(number: int, *, listed: bool) -> list[User]:
        made: list[User] = []
        for _ in range(number):
            user = copy.copy(some)
            user.id = f"qm:{len(users) + len(made)}"
            user.kind = "atlassian" if listed else "unknown"
            made.append(user)
        return made

    users[:] = [each for each in users if each.listed and each.kind != "unknown"]
    users += others(visible - len(users), listed=True)
    users += others(hole, listed=False)
    users += others(behind, listed=True)
    return {user.id for user in users if user.kind != "unknown"}


@pytest.mark.parametrize(
    ("visible", "hole", "behind"), [(1000, 1000, 500), (700, 3300, 1200), (100, 1900, 30)]
)
def test_places_without_visible_users_are_not_the_end(
    visible: int, hole: int, behind: int, jira: Sandbox, tmp_path: Path
) -> None:
    wanted = populate(jira, visible, hole, behind)
    run = read(jira, tmp_path, "users")
    assert run.code == 0, run.log
    assert {row["account_id"] for row in run.messages.records["users"]} == wanted
    assert activated(run) == 1
    told = [line.text for line in run.lines if "holes" in line.text]
    assert len(told) == 1, run.log


def test_a_small_site_is_looked_behind_once(jira: Sandbox, tmp_path: Path) -> None:
    wanted = populate(jira, 60, 0, 0)
    jira.reset_counts()
    run = read(jira, tmp_path, "users")
    assert {row["account_id"] for row in run.messages.records["users"]} == wanted
    # Twice, since those that are not in it are to be deleted.
    assert jira.counts["GET /users/search"] == 2 * 3
    assert not [line for line in run.lines if "holes" in line.text]


def too_slow(most: int) -> Fault:
    """The answer to more users than that at once."""
    return Fault(
        "status",
        "/users/search",
        status=409,
        count=10**6,
        when=lambda request: request.number("maxResults", 50) > most,
    )


def test_a_list_that_takes_too_long_is_asked_for_in_smaller_parts(
    jira: Sandbox, tmp_path: Path
) -> None:
    wanted = populate(jira, 600, 700, 40)
    jira.faults.add(too_slow(250))
    run = read(jira, tmp_path, "users")
    assert run.code == 0, run.log
    rows = [row["account_id"] for row in run.messages.records["users"]]
    assert len(rows) == len(wanted)
    assert set(rows) == wanted
    assert activated(run) == 1


def test_a_list_that_always_takes_too_long_is_given_up(jira: Sandbox, tmp_path: Path) -> None:
    jira.faults.add(too_slow(0))
    run = read(jira, tmp_path, "users")
    assert run.code == 1
    assert activated(run) == 0
    assert any("ten seconds (409)" in warning for warning in run.warnings)
    assert jira.counts["GET /users/search"] <= 10


# --- projects of Cloud ----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404])
def test_a_refused_parameter_removes_no_archived_projects(
    status: int, jira: Sandbox, tmp_path: Path
) -> None:
    everything = read(jira, tmp_path, "projects")
    assert activated(everything) == 1
    keys = {row["key"] for row in everything.messages.records["projects"]}
    live = {each.key for each in jira.jira.world.projects if each.live and not each.hidden}
    assert live < keys
    jira.faults.add(
        Fault(
            "status",
            "/project/search",
            status=status,
            count=99,
            when=lambda request: "status" in request.params,
        )
    )
    run = read(jira, tmp_path, "projects")
    assert run.code == 0, run.log
    assert {row["key"] for row in run.messages.records["projects"]} == live
    assert activated(run) == 0
    (warning,) = run.warnings
    assert "status of project/search" in warning
    assert "jql" not in warning


def test_every_status_is_in_one_list(jira: Sandbox, tmp_path: Path) -> None:
    run = read(jira, tmp_path, "projects")
    assert run.code == 0
    assert jira.counts["GET /project/search"] == 1


def test_projects_that_vanish_between_two_pages_take_no_other_with_them(
    jira: Sandbox, tmp_path: Path
) -> None:
    world = jira.jira.world
    first = next(each for each in world.projects if each.live and not each.hidden)
    for number in range(150):
        project = copy.copy(first)
        project.id, project.key = 20_000 + number, f"Q{number:03}"
        world.projects.append(project)
    wanted = {f"Q{number:03}" for number in range(2, 150)}
    pages = 0

    def vanish(_: Any) -> bool:
        """Before the second page: as many as Jira's pages overlap by, and one more."""
        nonlocal pages
        pages += 1
        if pages == 2:
            world.projects[:] = [
                each for each in world.projects if each.key not in {"Q000", "Q001"}
            ]
        return False

    jira.faults.add(Fault("status", "/project/search", count=99, when=vanish))
    run = read(jira, tmp_path, "projects")
    assert run.code == 0, run.log
    assert wanted <= {row["key"] for row in run.messages.records["projects"]}
    assert pages > 2


# --- lists that are wrong once --------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(module_sandbox: MakeSandbox) -> Sandbox:
    return module_sandbox(personality="dc", issues=5)


@pytest.mark.parametrize(
    ("site", "stream", "endpoint"),
    [
        ("cloud", "users", "/users/search$"),
        ("cloud", "projects", "/project/search$"),
        ("cloud", "fields", "/field$"),
        ("server", "users", "/user/list$"),
        ("server", "projects", "/project$"),
    ],
)
def test_a_list_that_is_wrong_once_deletes_nothing(
    site: str, stream: str, endpoint: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    box: Sandbox = request.getfixturevalue(site)
    box.faults.clear()
    wanted = read(box, tmp_path, stream)
    for fault in (
        Fault("lose_row", endpoint),
        Fault("empty_page", endpoint),
        Fault("put", endpoint, values={"values": [], "total": 0}),
    ):
        box.faults.add(fault)
        tables = Tables()
        tables.load(wanted.output)
        tables.age()
        run = read(box, tmp_path, stream)
        box.faults.clear()
        assert run.code == 0, run.log
        tables.load(run.output)
        assert tables.rows[stream].keys() == {
            tuple(row[key] for key in wanted.messages.schemas[stream][0]["key_properties"])
            for row in wanted.messages.records[stream]
        }
        assert activated(run) == 1


def test_lists_are_read_once_where_nothing_is_deleted(jira: Sandbox, tmp_path: Path) -> None:
    Tap(jira, tmp_path).run(catalog=select(_catalog(jira, tmp_path), "users", "fields"))
    assert jira.counts["GET /users/search"] == 3
    assert jira.counts["GET /field"] == 1


@pytest.mark.parametrize("count", [1, 99])
def test_a_total_that_is_less_than_what_comes(
    count: int, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """Once it is read again; for ever, nothing is removed and the run says so."""
    jira = sandbox(issues=5, caps=PageCaps(projects=2))
    everything = read(jira, tmp_path, "projects")
    jira.faults.add(Fault("put", "/project/search", values={"total": 1}, count=count))
    run = read(jira, tmp_path, "projects")
    assert run.code == (count > 1), run.log
    assert activated(run) == (count == 1)
    if count == 1:
        ids = [row["id"] for row in run.messages.records["projects"]]
        assert ids == [row["id"] for row in everything.messages.records["projects"]]


def test_a_page_with_a_single_project(sandbox: MakeSandbox, tmp_path: Path) -> None:
    everything = read(sandbox(issues=5), tmp_path, "projects")
    jira = sandbox(issues=5, caps=PageCaps(projects=1))
    run = read(jira, tmp_path, "projects")
    assert run.code == 0, run.log
    assert activated(run) == 1
    ids = [row["id"] for row in run.messages.records["projects"]]
    assert ids == [row["id"] for row in everything.messages.records["projects"]]


# --- users of Data Center -------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 99])
@pytest.mark.parametrize(
    "fault",
    [
        Fault("without", "/user/list", fields=("nextCursor",)),
        Fault("put", "/user/list", values={"nextCursor": "1", "isLast": False}),
    ],
    ids=["absent", "repeated"],
)
def test_a_cursor_that_leads_nowhere(
    fault: Fault, count: int, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(personality="dc", issues=5, caps=PageCaps(user_list=10))
    everything = read(jira, tmp_path, "users")
    assert activated(everything) == 1
    jira.faults.add(dataclasses.replace(fault, count=count))
    run = read(jira, tmp_path, "users")
    assert "bug in the tap" not in run.log
    assert run.code == (count > 1), run.log
    assert activated(run) == (count == 1)
    if count == 1:
        assert {row["key"] for row in run.messages.records["users"]} == {
            row["key"] for row in everything.messages.records["users"]
        }


# --- users of Data Center before 10.3 -------------------------------------------------------------


@pytest.fixture(scope="module")
def old(module_sandbox: MakeSandbox) -> Sandbox:
    return module_sandbox(personality="dc", version="9.12.1", issues=5)


def test_inactive_users_are_listed_by_an_old_server(old: Sandbox, tmp_path: Path) -> None:
    wanted = {user.key: user.active for user in old.jira.world.users if user.listed}
    assert False in wanted.values()
    run = read(old, tmp_path, "users")
    assert {row["key"]: row["active"] for row in run.messages.records["users"]} == wanted


def test_a_list_that_ends_at_a_version_s_cap_removes_nobody(old: Sandbox, tmp_path: Path) -> None:
    users = old.jira.world.users
    before = list(users)
    for number in range(100 - sum(user.listed for user in users)):
        user = copy.copy(users[0])
        user.key = user.name = f"more{number}"
        users.append(user)
    run = read(old, tmp_path, "users")
    users[:] = before
    assert run.code == 0, run.log
    assert activated(run) == 0
    assert any("exactly 100 users" in warning for warning in run.warnings)


def test_a_list_that_is_the_same_from_every_place(old: Sandbox, tmp_path: Path) -> None:
    users = [{"name": f"u{n}", "key": f"k{n}", "displayName": "x"} for n in range(5)]
    old.faults.add(Fault("status", "/user/search", status=200, count=50, body=users))
    run = read(old, tmp_path, "users")
    asked = sum(kind == "status" for kind, _ in old.faults.struck)
    old.faults.clear()
    assert run.code == 0, run.log
    assert asked < 50
    assert len(run.messages.records["users"]) == 5
    assert activated(run) == 0
    assert any("the same 5 users" in warning for warning in run.warnings)


# --- rows that are none ---------------------------------------------------------------------------


def test_users_without_a_key_are_known_by_name(old: Sandbox, tmp_path: Path) -> None:
    """As Jira 5 has them."""
    old.faults.add(Fault("without", "/myself|/user/search", count=99, fields=("key",)))
    run = read(old, tmp_path, "users")
    old.faults.clear()
    assert run.code == 0, run.log
    names = {user.name for user in old.jira.world.users if user.listed}
    assert {row["key"] for row in run.messages.records["users"]} == names


@pytest.mark.parametrize(
    ("stream", "endpoint", "member"),
    [
        ("issues", "/issue/bulkfetch", "issues.id"),
        ("comments", "/issue/bulkfetch", "issues.fields.comment.comments.id"),
        ("worklogs", "/worklog/list", "id"),
    ],
)
def test_a_row_whose_id_is_an_object_has_its_own_line(
    stream: str, endpoint: str, member: str, jira: Sandbox, tmp_path: Path
) -> None:
    jira.faults.add(Fault("put", endpoint, count=99, values={member: {"value": 1}}))
    run = read(jira, tmp_path, stream)
    assert run.code == 1
    assert "bug in the tap" not in run.log
    (warning,) = [each for each in run.warnings if stream in each]
    assert endpoint in warning
    assert "the 'id' of a row is an object" in warning


# --- worklogs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("personality", ["cloud", "dc"])
@pytest.mark.parametrize("kind", ["empty_page", "lose_row"])
def test_details_that_leave_worklogs_out_once(
    kind: str, personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """They are asked for again: a row that is absent twice is deleted, or hidden."""
    jira = sandbox(personality=personality, issues=40)
    tap = Tap(jira, tmp_path)
    everything = tap.run(state={})
    jira.faults.add(Fault(kind, "/worklog/list", count=1))
    run = tap.run(state={})
    found = {row["id"] for row in run.messages.records["worklogs"]}
    assert found == {row["id"] for row in everything.messages.records["worklogs"]}


def test_what_nobody_foresaw_is_one_stream_s_trouble(sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(issues=10)
    (tmp_path / "config.json").write_text(json.dumps(jira.settings()))
    odd = {"issueChangeLogs.changeHistories": ["text"]}
    jira.faults.add(Fault("put", "/changelog/bulkfetch", values=odd, count=99))
    run = launch(["--config", "config.json"], tmp_path, hurry=True)
    assert run.code == 1
    assert "changelogs" in run.errors[-1]
    assert "Traceback" not in run.log
    assert run.messages.records["worklogs"]
    assert run.messages.records["users"]
