"""The package on DuckDB: every model has the rows that it has on PostgreSQL, of the same runs."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.dbt.project import BOOKS, TOOL, tally
from tests.targets import load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt.conftest import MakeDbt, MakeSource
    from tests.dbt.source import Source

#: Builds everything three times.
pytestmark = pytest.mark.timeout(1200)

#: Prints every model of a DuckDB file, row by row.
LOOK = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1], read_only=True) as file:
    query = "select table_schema, table_name from information_schema.tables"
    models = {}
    for schema, name in file.execute(query + " where table_schema like 'ready%'").fetchall():
        file.execute(f'select * from "{schema}"."{name}"')
        columns = [each[0] for each in file.description]
        models[name] = [dict(zip(columns, row)) for row in file.fetchall()]
print(json.dumps(models, default=str))
"""
SETTINGS = {"path": "lake.duckdb", "default_target_schema": "jira", "add_metadata_columns": True}


@pytest.fixture(scope="module")
def lake(make_source: MakeSource, tmp_path_factory: pytest.TempPathFactory) -> tuple[Source, Path]:
    """What two runs wrote, in a PostgreSQL schema, and a DuckDB file with that of the first one.

    The target for DuckDB does not delete, so neither does the other.
    """
    source = make_source("cloud", issues=110, activates=False)
    source.sync()
    source.live()
    folder = tmp_path_factory.mktemp("lake")
    load("duckdb", "target-duckdb", SETTINGS, source.runs[:1], folder)
    return source, folder / "lake.duckdb"


def test_every_model_is_the_same(lake: tuple[Source, Path], make_dbt: MakeDbt) -> None:
    """Built whole here, and there in two steps."""
    source, file = lake
    now = "2026-06-17 12:00:00"
    postgres = make_dbt(source, f"{source.schema}_ready", now=now)
    postgres.run()
    duckdb = make_dbt(source, "ready", raw_schema="jira", now=now)
    duckdb.use({"type": "duckdb", "path": str(file), "schema": "ready", "threads": 1})
    duckdb.run()
    load("duckdb", "target-duckdb", SETTINGS, source.runs[1:], file.parent)
    duckdb.build()
    python = str(TOOL.parent / "python")
    done = subprocess.run([python, "-c", LOOK, str(file)], capture_output=True, check=True)
    models = json.loads(done.stdout)
    # Those in the closed connector's shape have a schema of their own, and names without "jira".
    views = make_dbt(source, postgres.variables["fivetran_schema"])
    differing = {}
    # Members have JSON in a column, which each database writes in its own way.
    left_out = BOOKS | {"jira_issue_members"}
    for built in (postgres, views):
        assert built.models()
        assert models.keys() >= built.models() - left_out
        for name in sorted(built.models() - left_out):
            found, wanted = tally(models[name]), tally(built.rows(name))
            if found != wanted:
                differing[name] = [sorted(each)[:3] for each in (wanted - found, found - wanted)]
    assert differing == {}
