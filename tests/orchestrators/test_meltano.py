"""Meltano installs the tap and a target by `meltano.yml`, and runs them into a real PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from psycopg.sql import SQL, Identifier

from demo.pipeline import FURTHER_STREAMS
from demo.postgres import Postgres
from demo.warehouse import Warehouse
from sandbox.options import Options
from sandbox.server import Sandbox
from sandbox.truth import area_truth, truth

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / ".venv" / "tools" / "meltano"
STATE_ID = "prod:tap-jira-to-target-postgres"
INCREMENTAL = ("issues", "comments", "changelogs", "worklogs", "deleted_worklogs")
#: What costs a request for each of many things, and what is read in every run.
A_DAY = {
    "GET /project/{ident}/component",
    "GET /project/{ident}/role/{role}",
    "GET /field/{ident}/context",
    "GET /agile/board/{board}/configuration",
    "GET /dashboard/{dashboard}/gadget",
    "GET /group/member",
}
EVERY_RUN = {"GET /agile/board", "GET /agile/board/{board}/sprint", "GET /label", "GET /group/bulk"}
#: A closed port: whoever asks Meltano's Hub for a definition fails.
NO_HUB = "http://127.0.0.1:9"

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Project:
    """A copy of this repository as a Meltano project."""

    folder: Path
    environment: dict[str, str]

    def meltano(self, *arguments: str) -> str:
        """Run a command that must succeed; returns what it printed."""
        done = subprocess.run(
            [str(TOOL / "bin" / "meltano"), *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@dataclass(frozen=True)
class Outcome:
    """What two runs left behind."""

    truth: dict[str, int]
    first_rows: dict[str, int]
    #: All rows, and those that the second run moved.
    second_rows: dict[str, tuple[int, int]]
    first_state: dict[str, Any]
    second_state: dict[str, Any]
    #: How often each operation was asked for.
    first_requests: dict[str, int]
    second_requests: dict[str, int]


@pytest.fixture(scope="module")
def jira() -> Iterator[Sandbox]:
    with Sandbox(Options(issues=80)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, jira: Sandbox, postgres: Postgres) -> Project:
    subprocess.run(["make", f"{TOOL.relative_to(ROOT)}/.done"], cwd=ROOT, check=True)
    made = copied(tmp_path_factory.mktemp("meltano") / "project", jira, postgres)
    made.meltano("install")
    return made


def copied(folder: Path, jira: Sandbox, postgres: Postgres) -> Project:
    """A copy of this repository, with settings in the environment; nothing is installed yet."""
    folder.mkdir()
    for name in ("meltano.yml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("tap_jira", "constraints", "dbt"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    ours = ("TAP_JIRA_", "TARGET_", "MELTANO_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    environment |= {f"TAP_JIRA_{key.upper()}": value for key, value in jira.settings().items()}
    environment |= {
        "TARGET_POSTGRES_SQLALCHEMY_URL": postgres.sqlalchemy_url,
        "MELTANO_HUB_URL": NO_HUB,
        "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
        "NO_COLOR": "1",
    }
    return Project(folder, environment)


@pytest.fixture(scope="module")
def outcome(project: Project, jira: Sandbox, postgres: Postgres) -> Outcome:
    warehouse = Warehouse(postgres)

    def state() -> dict[str, Any]:
        return dict(json.loads(project.meltano("state", "get", STATE_ID)))

    jira.reset_counts()
    project.meltano("run", "tap-jira", "target-postgres")
    between, first_requests = datetime.now(timezone.utc), dict(jira.counts)
    first_rows, first_state = warehouse.rows(between), state()
    jira.reset_counts()
    project.meltano("run", "jira-to-postgres")
    return Outcome(
        truth={
            **{table: len(rows) for table, rows in truth(jira.jira).items()},
            **{table: len(area_truth(jira.jira, table)) for table in FURTHER_STREAMS},
        },
        first_rows={table: total for table, (total, _) in first_rows.items()},
        second_rows=warehouse.rows(between),
        first_state=first_state,
        second_state=state(),
        first_requests=first_requests,
        second_requests=dict(jira.counts),
    )


def test_every_table_has_the_rows_that_jira_has(outcome: Outcome) -> None:
    assert outcome.first_rows == {**outcome.truth, "deleted_issues": 0}


def test_the_second_run_finds_the_state_and_moves_nothing_incremental(outcome: Outcome) -> None:
    totals = {table: total for table, (total, _) in outcome.second_rows.items()}
    assert totals == {**outcome.truth, "deleted_issues": 0}
    assert [outcome.second_rows[table][1] for table in INCREMENTAL] == [0] * len(INCREMENTAL)


def test_the_state_has_a_bookmark_for_every_incremental_stream(outcome: Outcome) -> None:
    for state in (outcome.first_state, outcome.second_state):
        assert set(INCREMENTAL) <= set(state["singer_state"]["bookmarks"])


def test_what_is_not_due_is_not_read_again(outcome: Outcome) -> None:
    """Its time is in the STATE that Meltano keeps."""
    assert outcome.first_requests.keys() >= A_DAY | EVERY_RUN
    assert not outcome.second_requests.keys() & A_DAY
    assert outcome.second_requests.keys() >= EVERY_RUN
    first, second = (
        {name: each["read_at"] for name, each in bookmarks.items() if "read_at" in each}
        for state in (outcome.first_state, outcome.second_state)
        for bookmarks in [state["singer_state"]["bookmarks"]]
    )
    kept = {name for name in first if first[name] == second.get(name)}
    assert first.keys() == second.keys()
    assert kept >= {"components", "versions", "field_contexts", "project_schemes", "queues"}
    assert not kept & {"boards", "sprints", "labels", "statuses"}


def test_the_job_builds_the_models_of_what_it_loads(outcome: Outcome, postgres: Postgres) -> None:
    counts = {
        table: postgres.query(SQL("SELECT count(*) FROM jira_ready.{}").format(Identifier(model)))
        for table in ("issues", "comments", "worklogs", "changelogs")
        for model in [f"jira_{table}"]
    }
    assert {table: number for table, ((number,),) in counts.items()} == {
        table: outcome.truth[table] for table in counts
    }
    ((views,),) = postgres.query(
        SQL("SELECT count(*) FROM information_schema.views WHERE table_schema = 'fivetran_jira'")
    )
    assert views > 10


def test_meltano_can_test_the_configuration(project: Project) -> None:
    assert "Plugin configuration is valid" in project.meltano("config", "test", "tap-jira")


def test_a_plain_target_works_too(project: Project) -> None:
    project.meltano("run", "--full-refresh", "tap-jira", "target-jsonl")
    written = {path.stem for path in (project.folder / "output").glob("*.jsonl")}
    assert set(INCREMENTAL) <= written


def test_the_definition_is_what_meltano_expects(project: Project) -> None:
    (schema,) = TOOL.glob("lib/python*/site-packages/meltano/schemas/meltano.schema.json")
    definition = yaml.safe_load((project.folder / "meltano.yml").read_text())
    jsonschema.validate(definition, json.loads(schema.read_text()))


def test_secrets_are_marked_as_such(project: Project) -> None:
    printed = project.meltano("config", "print", "tap-jira")
    assert project.environment["TAP_JIRA_API_TOKEN"] not in printed
