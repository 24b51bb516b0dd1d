"""Every stream through target-postgres into a PostgreSQL: its table, column by column.

One site and one database schema for each product, and three runs: all; what changed, the whole
tables' deletions with it; and what is read by changes once whole.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.areas.shared import PRIVATE
from sandbox.carried.change import SILENT
from sandbox.carried.tables import TABLES as CARRIED
from tap_jira.streams import AREAS
from tests.e2e.test_postgres import ISSUE_STREAMS, as_last_changed, unlike
from tests.support.areas import Table, differences, nameless, table_of, wanted
from tests.support.changes import every_kind
from tests.support.compare import TABLES
from tests.support.expected import Rows, expected
from tests.support.tap import Tap, select, whole
from tests.support.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from demo.postgres import Postgres
    from sandbox import Sandbox
    from tests.conftest import MakeSandbox
    from tests.support.tap import Run

PERSONALITIES = ("cloud", "dc")
DECLARED = tuple(each.name for area in AREAS.values() for each in area)
#: All but those of the core, whose tables :mod:`test_postgres` compares, too.
BESIDE = (*DECLARED, "audit_records")
#: Read by what changed, and whole on demand.
BY_CHANGE = ("issues", "comments", "changelogs", "worklogs", *CARRIED)
#: Rights of a user who may read projects and issues.
FEW: dict[str, Any] = {"administrator": False, "browse_users": False, "agent": False}


class Wide(Tap):
    """A tap with all streams."""

    core = False


@dataclass
class Pipeline:
    """Runs of one tap into one schema, and what Jira had after each."""

    jira: Sandbox
    tap: Tap
    warehouse: Warehouse
    catalog: dict[str, Any]
    state: dict[str, Any] = field(default_factory=dict)
    schemas: dict[str, Any] = field(default_factory=dict)

    def run(self, catalog: Mapping[str, Any] | None = None) -> Run:
        """One, from the state of the one before."""
        run = self.tap.sync(
            self.state or None, catalog or self.catalog, emit_activate_version_messages=True
        )
        self.state = self.warehouse.load(run)
        self.schemas |= {name: schemas[-1] for name, schemas in run.messages.schemas.items()}
        return run

    def truth(self, stream: str) -> Table:
        """What the table must hold."""
        table = wanted(self.jira.jira, stream, self.schemas[stream])
        for row in table.values() if stream in CARRIED else ():
            row["issue_key"] = self.jira.jira.world.issues[int(row["issue_id"])].key
        return table

    def stored(self, stream: str) -> Table:
        """What it holds."""
        table = table_of(stream, self.warehouse.every_row(stream), self.schemas[stream])
        events = stream == "audit_records" and not self.jira.jira.options.cloud
        return nameless(table) if events else table


@dataclass(frozen=True)
class Moment:
    """All tables at one time: as they must be, and as they are."""

    wanted: dict[str, Table]
    stored: dict[str, Table]
    core: dict[str, Rows]
    unlike_core: list[str]


@pytest.fixture(scope="module", params=PERSONALITIES)
def pipeline(
    request: pytest.FixtureRequest,
    module_sandbox: MakeSandbox,
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Pipeline:
    # All groups are listed, so that those that are gone can be deleted.
    jira = module_sandbox(personality=request.param, picker_limit=1000)
    return piped(jira, postgres, tmp_path_factory.mktemp("full"))


def piped(jira: Sandbox, postgres: Postgres, folder: Path) -> Pipeline:
    """Everything of a site, into a schema of its own."""
    tap = Wide(folder, jira.settings())
    catalog = tap.discover()
    catalog = select(catalog, *(each["tap_stream_id"] for each in catalog["streams"]))
    warehouse = Warehouse(postgres, f"full_{uuid.uuid4().hex}", folder)
    warehouse.configure(hard_delete=True)
    return Pipeline(jira, tap, warehouse, catalog)


def moment(pipeline: Pipeline, *, before: Moment | None = None, whole: bool = False) -> Moment:
    """Jira and the tables, now."""
    names = [name for name in BESIDE if name in pipeline.schemas]
    tables = [name for name in TABLES if name in pipeline.schemas]
    core = expected(pipeline.jira.jira)
    gone: set[str] = set()
    due = core
    if before and not whole:
        due = as_last_changed(before.core, core)
        gone = set(core["deleted_worklogs"]).union(
            *(before.core[name].keys() - core[name].keys() for name in ISSUE_STREAMS)
        )
    return Moment(
        {name: pipeline.truth(name) for name in names},
        {name: pipeline.stored(name) for name in names},
        core,
        unlike(pipeline.jira, pipeline.warehouse, due, *gone, tables=tables),
    )


@pytest.fixture(scope="module")
def first(pipeline: Pipeline) -> Moment:
    """After the first run."""
    pipeline.run()
    return moment(pipeline)


@dataclass(frozen=True)
class Changed:
    """After the second run, a day later."""

    moment: Moment
    changed: frozenset[str]
    deleted: frozenset[str]


@pytest.fixture(scope="module")
def second(pipeline: Pipeline, first: Moment) -> Changed:
    jira = pipeline.jira.jira
    before = set(first.core["issues"])
    every_kind(jira)
    jira.change_areas()
    jira.clock.advance(minutes=25 * 60)
    run = pipeline.run()
    changed = frozenset(row["id"] for row in run.messages.records["issues"])
    now = moment(pipeline, before=first)
    return Changed(now, changed, frozenset(before - now.core["issues"].keys()))


@pytest.fixture(scope="module")
def third(pipeline: Pipeline, second: Changed) -> Moment:
    """After a run that read whole what is read by its changes."""
    pipeline.jira.jira.clock.advance(minutes=60)
    pipeline.run(whole(select(pipeline.catalog, *BY_CHANGE), *BY_CHANGE))
    return moment(pipeline, before=second.moment, whole=True)


def test_every_stream_has_a_table_with_its_columns_and_key(
    pipeline: Pipeline, first: Moment
) -> None:
    entries = {each["tap_stream_id"]: each for each in pipeline.catalog["streams"]}
    assert first.wanted.keys() | {*TABLES, "deleted_issues"} == entries.keys()
    assert pipeline.warehouse.columns == {
        name: set(each["schema"]["properties"]) for name, each in entries.items()
    }
    assert pipeline.warehouse.primary_keys == {
        name: set(each["key_properties"]) for name, each in entries.items()
    }


@pytest.mark.parametrize("stream", BESIDE)
def test_a_table_is_what_jira_has(stream: str, pipeline: Pipeline, first: Moment) -> None:
    if stream not in first.wanted:
        assert not pipeline.jira.jira.shelf[stream], f"{stream} is not discovered"
        return
    assert first.wanted[stream], f"the sandbox has no {stream}"
    assert differences(stream, first.wanted[stream], first.stored[stream])[:5] == []


def test_the_core_is_what_jira_has(first: Moment, second: Changed, third: Moment) -> None:
    assert first.unlike_core[:5] == []
    assert second.moment.unlike_core[:5] == []
    assert third.unlike_core[:5] == []


@pytest.mark.parametrize("stream", BESIDE)
def test_a_table_is_what_jira_has_after_changes(
    stream: str, first: Moment, second: Changed
) -> None:
    """What is read by changes of its issue is right in those that changed."""
    if stream not in first.wanted:
        return
    now = second.moment
    want, have = now.wanted[stream], now.stored[stream]
    if stream in CARRIED:
        stale = first.wanted[stream].keys() - want.keys()
        have = {key: row for key, row in have.items() if key not in stale}
    if stream in SILENT:
        want, have = (
            {key: row for key, row in table.items() if row["issue_id"] in second.changed}
            for table in (want, have)
        )
    assert differences(stream, want, have)[:5] == []


@pytest.mark.parametrize("stream", CARRIED)
def test_a_table_that_is_read_whole_is_what_jira_has(stream: str, third: Moment) -> None:
    assert differences(stream, third.wanted[stream], third.stored[stream])[:5] == []


def test_issues_that_are_gone_have_a_row(pipeline: Pipeline, second: Changed) -> None:
    assert second.deleted
    rows = pipeline.warehouse.rows("deleted_issues")
    assert rows.keys() == second.deleted
    assert {row["returned_at"] for row in rows.values()} == {None}
    assert None not in {row["gone_at"] for row in rows.values()}


def test_the_tables_did_change(first: Moment, second: Changed) -> None:
    """Otherwise the second run would show nothing."""
    then, now = first.wanted, second.moment.wanted
    assert len([name for name in then if then[name] != now[name]]) > len(then) / 2


@pytest.mark.parametrize("personality", PERSONALITIES)
@pytest.mark.parametrize("lacking", ["service_management", "service_licensed"])
def test_without_service_management_the_rest_is_complete(
    lacking: str, personality: str, sandbox: MakeSandbox, postgres: Postgres, tmp_path: Path
) -> None:
    """With a catalog of a day when it was there."""
    jira = sandbox(personality=personality, issues=30)
    mine = piped(jira, postgres, tmp_path)
    desks = {each.name for each in AREAS["Service management"]}
    mine.catalog = select(mine.catalog, *desks, "issues", "comments", "issue_votes", "boards")
    setattr(jira.jira.options, lacking, False)
    run = mine.run()
    told = [text for text in run.warnings if text.startswith("Skipped ")]
    skipped = [name for text in told for name in text.rstrip(".").split(": ")[1].split(", ")]
    assert sorted(skipped) == sorted(desks)
    assert mine.warehouse.tables == {"issues", "comments", "issue_votes", "boards"}
    now = moment(mine)
    assert now.unlike_core == []
    for name in ("issue_votes", "boards"):
        assert now.wanted[name]
        assert differences(name, now.wanted[name], now.stored[name])[:5] == []


#: What Cloud shows to administrators only, among what it shows to everybody.
FOR_ADMINISTRATORS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "statuses": lambda row: "self" not in row,
    "filters": lambda row: int(row["id"]) % PRIVATE == 0,
}


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_a_user_who_may_read_projects_and_issues(
    personality: str, sandbox: MakeSandbox, postgres: Postgres, tmp_path: Path
) -> None:
    """Everything is selected: what may be read is complete, the rest is named."""
    mine = piped(sandbox(personality=personality, **FEW), postgres, tmp_path)
    run = mine.run()
    told = [text for text in run.warnings if text.startswith("Skipped for want of ")]
    assert len(told) == 4
    skipped = [name for text in told for name in text.rstrip(".").split(": ")[1].split(", ")]
    selected = {each["tap_stream_id"] for each in mine.catalog["streams"]}
    assert sorted(skipped) == sorted(selected - mine.schemas.keys())
    assert {"groups", "users", "queues", "project_roles"} <= {*skipped}
    assert mine.warehouse.tables == mine.schemas.keys()
    now = moment(mine)
    assert now.unlike_core == []
    assert {"boards", "sprints", "versions", "issue_watchers", "statuses"} <= now.wanted.keys()
    for name, table in now.wanted.items():
        hidden = FOR_ADMINISTRATORS.get(name) if personality == "cloud" else None
        seen = {key: row for key, row in table.items() if not (hidden and hidden(row))}
        assert seen, name
        assert differences(name, seen, now.stored[name])[:5] == []
