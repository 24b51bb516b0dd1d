"""The models as plain SQL, for who has no dbt: applied by psycopg, they hold the same rows."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.dbt.project import BOOKS, Dbt, tally
from tests.support.launch import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from tests.dbt.source import Source


def write(file: Path, postgres: Postgres, schema: str, *flags: str, **variables: str) -> str:
    given = {"database": postgres.uri, "schema": schema, "vars": json.dumps(variables)}
    options = [f"--{name}={value}" for name, value in given.items()]
    done = subprocess.run(
        [sys.executable, "-m", "demo.plain_sql", str(file), *options, *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["view", "table"])
def test_the_file_makes_what_dbt_makes(
    kind: str, source: Source, built: Dbt, postgres: Postgres, tmp_path: Path
) -> None:
    """Twice: a file can be applied again."""
    file = tmp_path / "models.sql"
    schema = f"plain_{source.schema}_{kind}"
    variables = {**built.variables, "fivetran_schema": f"{schema}_fivetran"}
    said = write(file, postgres, schema, "--kind", kind, **variables)
    assert str(file) in said
    for _ in range(2):
        with psycopg.connect(postgres.uri) as connection:
            connection.execute(file.read_bytes())
    plain = Dbt(tmp_path, postgres, raw_schema=source.schema, schema=schema)
    assert plain.models() == built.models()
    # Views of everything on everything take their time: a few are enough.
    compared = built.models() - BOOKS if kind == "table" else {"jira_issues", "jira_comments"}
    for model in sorted(compared):
        assert tally(plain.rows(model)) == tally(built.rows(model)), model


def test_what_cannot_be_is_told_in_a_line(postgres: Postgres, tmp_path: Path) -> None:
    file = tmp_path / "models.sql"
    assert "a schema of their own" in write(file, postgres, "jira")
    assert not file.exists()
