"""Every declared stream, on both products: its rows are what Jira has, and who may not is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from sandbox import Fault
from tap_jira.streams import AREAS
from tap_jira.streams.issues.resource import IssueResource
from tests.e2e import test_requests as core
from tests.support.areas import differences, found, wanted
from tests.support.compare import TABLES
from tests.support.least import BEGINNING, every_run, least_of
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
    tap.hurry = True
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


def test_a_full_run_of_everything_takes_little_more_than_the_least(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """And an idle hour what it must: what is read in every run, and the core."""
    jira = sandbox(issues=1000, more_projects=53, boards=40, more_custom_fields=600)
    tap = Wide(tmp_path, jira.settings())
    jira.reset_counts()
    run = tap.sync()
    projects = [each for each in jira.jira.world.projects if not (each.hidden or each.deleted)]
    assert len(projects) == 60
    assert len(run.messages.records["boards"]) == 40
    assert len([each for each in run.messages.records["fields"] if each["custom"]]) > 600
    sent = dict(jira.counts)
    further = least_of(jira.jira, run.messages.schemas.keys() - {*TABLES})
    least = core.least_requests(jira) + BEGINNING + sum(further.values())
    assert least <= sum(sent.values()) <= 1.15 * least, (least, further, sent)
    # In the first idle hour, what was changed shortly before the first run is looked at again.
    state = run.state
    for _ in range(2):
        jira.jira.clock.advance(minutes=60)
        jira.reset_counts()
        idle = tap.sync(state=state)
        state = idle.state
    sent = dict(jira.counts)
    assert not idle.messages.schemas.keys() & {"components", "field_contexts", "epics"}
    assert sum(sent.values()) <= 12 + every_run(further), (sent, further)
