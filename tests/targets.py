"""Everything of the full catalog into three further targets: `make targets`.

Not part of `make test`: they want environments of their own, and one of them a Python up to 3.11.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from tests.e2e.test_postgres import NASTY
from tests.support.changes import visible
from tests.support.launch import ROOT
from tests.support.tap import Tap, select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from demo.postgres import Postgres
    from sandbox import Sandbox
    from tests.conftest import MakeSandbox
    from tests.support.tap import Run

TOOLS = ROOT / ".venv" / "tools"
#: Prints every table of a DuckDB file, row by row, and what a query finds in it.
LOOK = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1]) as file:
    names = "select table_name from information_schema.tables where table_schema = 'jira'"
    tables = {}
    for (name,) in file.execute(names).fetchall():
        file.execute(f'select * from lake.jira."{name}"')
        columns = [each[0] for each in file.description]
        tables[name] = [dict(zip(columns, row)) for row in file.fetchall()]
    found = file.execute(sys.argv[2]).fetchall()
print(json.dumps([tables, found], default=str))
"""
Row = dict[str, Any]
Tables = dict[str, dict[tuple[str, ...], Row]]


@pytest.fixture(scope="module", params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest, module_sandbox: MakeSandbox) -> Sandbox:
    return module_sandbox(personality=request.param, issues=120)


@pytest.fixture(scope="module")
def runs(jira: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Two runs of all streams, with changes between them."""
    tap = Tap(tmp_path_factory.mktemp("tap"), jira.settings())
    tap.core = False
    catalog = tap.discover()
    catalog = select(catalog, *(each["tap_stream_id"] for each in catalog["streams"]))
    first = tap.sync(catalog=catalog)
    jira.jira.clock.advance(minutes=60)
    issues = iter(visible(jira.jira))
    for text in ("„é“ \t🗑", *NASTY):
        issue = next(issues)
        jira.mutate.update_issue(issue, summary=f"{text}.", labels=[*NASTY, text])
        jira.mutate.add_comment(issue, text)
    jira.jira.change_areas()
    return [first, tap.sync(catalog=catalog, state=first.state)]


def load(tool: str, command: str, config: Mapping[str, Any], runs: list[Run], folder: Path) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(config))
    for run in runs:
        done = subprocess.run(
            [str(TOOLS / tool / "bin" / command), "--config", str(file)],
            input=run.output,
            capture_output=True,
            cwd=folder,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()[-3000:]


def wanted(runs: list[Run]) -> Tables:
    """The plain text of every row, as it was sent last."""
    tables: Tables = {name: {} for name in runs[0].messages.schemas}
    for run in runs:
        for stream, records in run.messages.records.items():
            tables[stream] |= texts(records, run.messages.schemas[stream][0])
    return tables


def texts(rows: Iterable[Row], schema: Mapping[str, Any]) -> dict[tuple[str, ...], Row]:
    """The members of each row that are text and nothing else, by its key.

    An empty text is null to both targets, which load by CSV.
    """
    properties = schema["schema"]["properties"].items()
    plain = [name for name, each in properties if "string" in each["type"] and len(each) == 1]
    found = {}
    for row in rows:
        key = tuple(str(row[part]) for part in schema["key_properties"])
        assert key not in found, f"{schema['stream']} has {key} twice"
        found[key] = {name: row[name] for name in plain if row.get(name)}
    return found


def unlike(want: Tables, rows: Mapping[str, list[Row]], runs: list[Run]) -> list[str]:
    """How these tables differ, in words."""
    schemas = {name: each[0] for run in runs for name, each in run.messages.schemas.items()}
    have = {name: texts(rows[name], schemas[name]) for name in rows}
    said = [f"{name}: no such table" for name in want.keys() ^ have.keys()]
    for name in want.keys() & have.keys():
        said += [f"{name} {key}: missing" for key in want[name].keys() - have[name].keys()]
        said += [f"{name} {key}: more" for key in have[name].keys() - want[name].keys()]
        for key in want[name].keys() & have[name].keys():
            one, other = want[name][key], have[name][key]
            said += [
                f"{name} {key}.{column}: {other.get(column)!r} instead of {one.get(column)!r}"
                for column in one.keys() | other.keys()
                if one.get(column) != other.get(column)
            ]
    return sorted(said)


def recipe() -> dict[str, list[str]]:
    """The README's commands for DuckDB, by the first word of each."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"DuckDB\n.*?```sh\n(.*?)```", text, re.DOTALL)
    return {words[0]: words for words in map(shlex.split, block.splitlines())}


def test_duckdb(runs: list[Run], tmp_path: Path) -> None:
    """As the README says.

    `add_metadata_columns`, since it cannot update a table that has nothing but its key, and takes
    the first row of one that has nothing but text for a header.
    """
    _, file, query = recipe()["duckdb"]
    load("duckdb", "target-duckdb", json.loads(recipe()["echo"][1]), runs, tmp_path)
    look = [str(TOOLS / "duckdb" / "bin" / "python"), "-c", LOOK, str(tmp_path / file), query]
    done = subprocess.run(look, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    tables, counted = json.loads(done.stdout)
    assert unlike(wanted(runs), tables, runs)[:9] == []
    statuses = {row["id"]: row["status"] for run in runs for row in run.messages.records["issues"]}
    assert Counter(dict(counted)) == Counter(each["name"] for each in statuses.values())


def test_the_recipe_installs_what_is_tested_here() -> None:
    asked = recipe()["pipx"][-1]
    assert asked.startswith("duckdb<")
    assert f'"{asked}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_other_target_postgres(runs: list[Run], postgres: Postgres, tmp_path: Path) -> None:
    """PipelineWise's."""
    given = psycopg.conninfo.conninfo_to_dict(postgres.uri)
    schema = f"pipelinewise_{abs(hash(tmp_path))}"
    config = {
        "host": given["host"],
        "port": int(given.get("port") or 5432),
        "user": given["user"],
        "password": given.get("password") or "none",
        "dbname": given["dbname"],
        "default_target_schema": schema,
    }
    load("pipelinewise", "target-postgres", config, runs, tmp_path)
    want = wanted(runs)
    found: dict[str, list[Row]] = {}
    with psycopg.connect(postgres.uri, row_factory=dict_row) as connection:
        for table in want:
            query = SQL("SELECT * FROM {}").format(Identifier(schema, table))
            found[table] = connection.execute(query).fetchall()
    written = {
        name: {key: {n: spelled_out(x) for n, x in row.items()} for key, row in rows.items()}
        for name, rows in want.items()
    }
    assert unlike(written, found, runs)[:9] == []


def spelled_out(text: str) -> str:
    """As the target writes it: control characters as in JSON."""
    return re.sub(r"[\x00-\x1f]", lambda found: json.dumps(found[0])[1:-1], text)


def test_jsonl(runs: list[Run], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    config = {"destination_path": str(tmp_path / "out"), "do_timestamp_file": False}
    load("jsonl", "target-jsonl", config, runs, tmp_path)
    written = {
        file.stem: len(file.read_text(encoding="utf-8").splitlines())
        for file in (tmp_path / "out").iterdir()
    }
    sent = Counter[str]()
    for run in runs:
        sent.update({stream: len(found) for stream, found in run.messages.records.items()})
    assert written == dict(sent)
