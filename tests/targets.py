"""Everything of the full catalog into three further targets: `make targets`.

Not part of `make test`: they want environments of their own, and one of them a Python up to 3.11.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.support.launch import ROOT
from tests.support.tap import Tap, select

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from demo.postgres import Postgres
    from sandbox import Sandbox
    from tests.conftest import MakeSandbox
    from tests.support.tap import Run

TOOLS = ROOT / ".venv" / "tools"
#: Prints how many rows each table of a DuckDB file has, and the summaries of issues.
LOOK = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1]) as file:
    names = "select table_name from information_schema.tables where table_schema = 'jira'"
    tables = [name for (name,) in file.execute(names).fetchall()]
    count = 'select count(*) from lake.jira."{}"'
    counts = {name: file.execute(count.format(name)).fetchone()[0] for name in tables}
    found = file.execute("select id, summary from lake.jira.issues").fetchall()
print(json.dumps([counts, dict(found)]))
"""


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
    jira.mutate.update_issue(next(iter(jira.jira.world.issues.values())), summary="„é“ \t🗑")
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


def wanted(runs: list[Run]) -> tuple[dict[str, int], dict[str, str]]:
    """How many rows each table must have, and the summaries of issues."""
    keys: dict[str, set[tuple[Any, ...]]] = {}
    summaries: dict[str, str] = {}
    for run in runs:
        for stream, records in run.messages.records.items():
            parts = run.messages.schemas[stream][0]["key_properties"]
            found = {tuple(record[part] for part in parts) for record in records}
            keys.setdefault(stream, set()).update(found)
        summaries |= {row["id"]: row["summary"] for row in run.messages.records["issues"]}
    return {stream: len(found) for stream, found in keys.items()}, summaries


def test_duckdb(runs: list[Run], tmp_path: Path) -> None:
    """`add_metadata_columns`, since it cannot update a table that has nothing but its key."""
    file = tmp_path / "lake.duckdb"
    config = {"path": str(file), "default_target_schema": "jira", "add_metadata_columns": True}
    load("duckdb", "target-duckdb", config, runs, tmp_path)
    look = [str(TOOLS / "duckdb" / "bin" / "python"), "-c", LOOK, str(file)]
    done = subprocess.run(look, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    counts, summaries = json.loads(done.stdout)
    assert (counts, summaries) == wanted(runs)


def test_the_other_target_postgres(runs: list[Run], postgres: Postgres, tmp_path: Path) -> None:
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
    counts, summaries = wanted(runs)
    with psycopg.connect(postgres.uri) as connection:
        for table, count in counts.items():
            query = f'SELECT count(*) FROM "{schema}"."{table}"'.encode()
            assert connection.execute(query).fetchone() == (count,), table
        query = f'SELECT id, summary FROM "{schema}".issues'.encode()
        found: dict[str, str] = dict(connection.execute(query).fetchall())
    # It writes tabs and line feeds as two characters, by itself.
    assert found == {
        id_: text.replace("\t", "\\t").replace("\n", "\\n") for id_, text in summaries.items()
    }


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
