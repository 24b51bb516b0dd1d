"""Every declared stream, on both products: its rows are what Jira has, and who may not is told."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from sandbox import Fault
from tap_jira.streams import AREAS
from tap_jira.streams.issues.resource import IssueResource
from tests.e2e import test_requests as core
from tests.support.areas import differences, found, wanted
from tests.support.tap import Tap, batch_config, select
from tests.support.target import Tables

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from tests.conftest import MakeSandbox
    from tests.support.tap import Run

PERSONALITIES = ("cloud", "dc")
NAMES = tuple(
    each.name for area in AREAS.values() for each in area if not isinstance(each, IssueResource)
)


class Wide(Tap):
    """A tap with all streams that the product has."""

    core = False

    def all_selected(self, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
        """The catalog with every declared stream selected, those that are off by default too."""
        catalog = self.discover()
        names = [each["tap_stream_id"] for each in catalog["streams"]]
        return select(catalog, *(n for n in names if n in NAMES and n not in without))


@pytest.fixture(scope="module", params=PERSONALITIES)
def jira(request: pytest.FixtureRequest, module_sandbox: MakeSandbox) -> Sandbox:
    return module_sandbox(personality=request.param, issues=60)


@pytest.fixture(scope="module")
def tap(jira: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Wide:
    return Wide(tmp_path_factory.mktemp("wide"), jira.settings())


@pytest.fixture(scope="module")
def catalog(tap: Wide) -> dict[str, Any]:
    return tap.all_selected()


@pytest.fixture(scope="module")
def run(tap: Wide, catalog: dict[str, Any]) -> Run:
    return tap.sync(catalog=catalog)


@pytest.mark.parametrize("stream", NAMES)
def test_a_stream_is_what_jira_has(
    stream: str, jira: Sandbox, run: Run, catalog: dict[str, Any]
) -> None:
    entry = next((e for e in catalog["streams"] if e["tap_stream_id"] == stream), None)
    if entry is None:
        assert not jira.jira.shelf[stream], f"{stream} is not discovered"
        return
    (schema,) = run.messages.schemas[stream]
    assert schema["key_properties"] == entry["key_properties"]
    validator = jsonschema.Draft7Validator(
        schema["schema"], format_checker=jsonschema.FormatChecker()
    )
    for record in run.messages.records[stream]:
        validator.validate(record)
    want, have = wanted(jira.jira, stream, schema), found(run.messages, stream, schema)
    assert want, f"the sandbox has no {stream}"
    assert differences(stream, want, have)[:5] == []


def test_whoever_is_no_administrator_gets_the_rest(sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(issues=10, administrator=False, browse_users=False)
    tap = Wide(tmp_path, jira.settings())
    run = tap.sync(catalog=tap.all_selected())
    assert run.messages.records["boards"]
    told = [warning for warning in run.warnings if "field_contexts" in warning]
    assert len(told) == 1
    assert "Administer Jira" in told[0]
    assert "field_contexts" not in run.messages.schemas


# --- rereading ------------------------------------------------------------------------------------


@pytest.fixture
def small(sandbox: MakeSandbox) -> Sandbox:
    return sandbox(issues=5)


PARTS = ("components", "versions", "boards", "sprints", "labels")


def later(jira: Sandbox, tap: Wide, hours: float, state: dict[str, Any], **config: Any) -> Run:
    """A run some hours later with some of the streams."""
    jira.jira.clock.advance(minutes=60 * hours)
    jira.reset_counts()
    return tap.sync(state=state, catalog=select(tap.discover(), *PARTS), **config)


def test_what_costs_a_request_per_parent_is_read_once_a_day(small: Sandbox, tmp_path: Path) -> None:
    tap = Wide(tmp_path, small.settings())
    first = later(small, tap, 0, {})
    assert first.messages.schemas.keys() == set(PARTS)
    second = later(small, tap, 1, first.state)
    assert second.messages.schemas.keys() == {"boards", "sprints", "labels"}
    assert not [name for name in small.jira.counts if "component" in name]
    (told,) = [line.text for line in second.lines if line.text.startswith("Not due before")]
    assert "components, versions" in told
    assert second.state["bookmarks"]["components"] == first.state["bookmarks"]["components"]
    third = later(small, tap, 23, second.state)
    assert third.messages.schemas.keys() == set(PARTS)
    assert third.state["bookmarks"]["components"] != first.state["bookmarks"]["components"]


@pytest.mark.parametrize(
    ("interval", "read"),
    [
        (0, set(PARTS)),
        (48, {"boards", "sprints", "labels"}),
        ({"components": 0}, {"boards", "sprints", "labels", "components"}),
        ({"labels": 48, "sprints": 48}, {"boards"}),
    ],
)
def test_the_interval_is_a_setting(
    interval: Any, read: set[str], small: Sandbox, tmp_path: Path
) -> None:
    tap = Wide(tmp_path, small.settings())
    first = later(small, tap, 0, {})
    second = later(small, tap, 1, first.state, full_table_interval_hours=interval)
    assert second.messages.schemas.keys() == read


def test_other_settings_make_it_due(small: Sandbox, tmp_path: Path) -> None:
    """With other projects, or other columns, the rows would be others."""
    tap = Wide(tmp_path, small.settings())
    first = later(small, tap, 0, {})
    fewer = later(small, tap, 1, first.state, project_keys=["APP"])
    assert {row["project_id"] for row in fewer.messages.records["components"]} == {"10000"}


def test_a_read_that_failed_is_due(small: Sandbox, tmp_path: Path) -> None:
    tap = Wide(tmp_path, small.settings())
    fault = Fault("status", "/version", status=500, count=99)
    small.faults.add(fault)
    run = tap.run(catalog=select(tap.discover(), *PARTS))
    assert run.code == 1
    assert "read_at" in run.state["bookmarks"]["components"]
    assert "read_at" not in run.state["bookmarks"].get("versions", {})
    small.faults.clear()
    again = later(small, tap, 1, run.state)
    assert again.messages.schemas.keys() == {"boards", "sprints", "labels", "versions"}


def test_a_permission_that_was_taken_away(sandbox: MakeSandbox, tmp_path: Path) -> None:
    """It was read before: now it fails, and what the target has stays."""
    jira = sandbox(issues=5)
    tap = Wide(tmp_path, {**jira.settings(), "emit_activate_version_messages": True})
    catalog = select(tap.discover(), "groups", "boards")
    first = tap.sync(catalog=catalog)
    assert first.messages.records["groups"]
    jira.jira.options.administrator = jira.jira.options.browse_users = False
    second = tap.run(catalog=catalog, state=first.state)
    assert second.code == 1
    assert "groups" in second.errors[-1]
    assert {m["stream"] for m in second.messages.of("ACTIVATE_VERSION")} == {"boards"}
    assert tap.run(catalog=catalog, state=first.state, on_stream_error="warn").code == 0


def test_parents_are_read_once_though_several_streams_need_them(
    small: Sandbox, tmp_path: Path
) -> None:
    """The boards' own stream is deselected, too."""
    tap = Wide(tmp_path, small.settings())
    run = later(small, tap, 0, {})
    assert run.messages.records["boards"]
    assert small.jira.counts["GET /agile/board"] == 2
    once = small.jira.counts["GET /agile/board/{board}/sprint"]
    small.reset_counts()
    names = ("board_configurations", "board_projects", "sprints", "board_sprints", "epics")
    tap.sync(catalog=select(tap.discover(), *names))
    assert small.jira.counts["GET /agile/board"] == 2
    assert small.jira.counts["GET /agile/board/{board}/sprint"] == once


@pytest.mark.parametrize("batch", [False, True])
def test_what_is_gone_is_deleted(batch: bool, sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(issues=5)
    tap = Wide(tmp_path, {**jira.settings(), "emit_activate_version_messages": True})
    config: dict[str, Any] = {"batch_config": batch_config(tmp_path / "b", 7)} if batch else {}
    names = ("boards", "sprints", "board_sprints", "components")
    catalog = select(tap.discover(), *names)
    tables = Tables()
    tables.load(tap.sync(catalog=catalog, **config).output)
    jira.jira.change_areas()
    jira.jira.clock.advance(minutes=25 * 60)
    tables.age()
    tables.load(tap.sync(catalog=catalog, state=tables.state, **config).output)
    for name in names:
        assert tables.rows[name].keys() == {
            tuple(str(row[part]) for part in parts)
            for parts in [KEYS.get(name, ("id",))]
            for row in jira.jira.shelf[name]
        }


@pytest.mark.parametrize(
    ("stream", "endpoint", "parent"),
    [
        ("board_sprints", "/agile/board/{board}/sprint", "/board/3/"),
        ("project_role_actors", "/project/{ident}/role$", "/project/10000/"),
        ("project_schemes", "/project/{ident}/permissionscheme", "/project/10000/"),
    ],
)
def test_what_one_parent_refuses_is_not_deleted(
    stream: str, endpoint: str, parent: str, small: Sandbox, tmp_path: Path
) -> None:
    """However many resources stand between that parent and the stream."""
    tap = Wide(tmp_path, {**small.settings(), "emit_activate_version_messages": True})
    catalog = select(tap.discover(), stream)
    assert tap.sync(catalog=catalog).messages.of("ACTIVATE_VERSION")
    of_parent = endpoint.replace("{", r"\{").replace("}", r"\}")
    small.faults.add(
        Fault("status", of_parent, status=403, count=99, when=lambda ask: parent in ask.path)
    )
    run = tap.sync(catalog=catalog)
    assert run.messages.records[stream]
    assert not run.messages.of("ACTIVATE_VERSION")
    assert [text for text in run.warnings if "may not read those of 1 of" in text]


KEYS = {"board_sprints": ("boardId", "sprintId")}


# --- requests -------------------------------------------------------------------------------------

PAGING = {"startAt", "maxResults", "maxResult", "limit", "offset", "cursor", "nextPageToken"}


def least_requests(jira: Sandbox, log: list[Any]) -> int:
    """The least for the lists that were asked for: as many pages as their rows fill."""
    lists = {
        (each.path, frozenset((n, tuple(v)) for n, v in each.query.items() if n not in PAGING))
        for each in log
    }
    least = 0
    for path, query in lists:
        params = {name: list(values) for name, values in query}
        shown = jira.jira.call("GET", path, {**params, "maxResults": 1000, "maxResult": 1000})[2]
        page = shown if isinstance(shown, dict) else {}
        total, size = page.get("total"), page.get("maxResults") or page.get("limit")
        least += max(1, math.ceil(total / size)) if total and size else 1
    return least


def test_a_full_run_of_everything_takes_little_more_than_the_least(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=1000, more_projects=52)
    tap = Wide(tmp_path, jira.settings())
    jira.reset_counts()
    run = tap.sync()
    sent, log = dict(jira.counts), list(jira.requests)
    issues = set(core.CORE_ENDPOINTS)
    others = [each for each in log if each.endpoint not in issues]
    least = core.least_requests(jira) + least_requests(jira, others)
    assert sum(sent.values()) <= 1.15 * least, (least, sent)
    # Nothing is asked for twice, and of each parent once: what the least is reckoned from is least.
    projects = len(run.messages.records["projects"]) - 1  # one is in the trash
    boards = len(run.messages.records["boards"])
    assert sent["GET /project/{ident}/component"] < projects + 8
    assert sent["GET /project/{ident}/statuses"] == projects
    assert sent["GET /agile/board/{board}/configuration"] == boards
    assert sent["GET /agile/board"] == math.ceil(boards / 50)
    idle_since = run.state
    jira.jira.clock.advance(minutes=60)
    jira.reset_counts()
    tap.sync(state=idle_since)
    log = [each for each in jira.requests if each.endpoint not in issues]
    assert sum(jira.counts.values()) <= 12 + len(log)
    assert len(log) <= 1.15 * least_requests(jira, log)
    assert not [each for each in log if "/component" in each.path or "/context" in each.path]
