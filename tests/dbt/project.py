"""The dbt package as a user runs it: its command, a profile, variables."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from demo import plain_sql
from tests.support.launch import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from demo.postgres import Postgres

#: What is kept of builds, and of what changed: it tells how a model came about.
BOOKS = {"jira_builds", "jira_issue_revisions", "jira_history_issues", "jira_issue_places"}
BOOKS |= {"jira_known_statuses", "jira_sprint_changes"}
BOOKS |= {f"jira_changed_{stream}" for stream in ("changelogs", "comments", "worklogs")}
TOOL = plain_sql.TOOL
PACKAGE = ROOT / "dbt"
_NUMBER = re.compile(r"-?0|-?\d{16,}|-?\d+(\.\d+)?[eE]\+?\d+")
Row = dict[str, Any]


class Dbt:
    """The package with a profile and variables of its own; its files are kept in a folder.

    Example:
        >>> dbt = Dbt(folder, postgres, raw_schema="jira", schema="ready")
        >>> dbt.build()
        >>> dbt.rows("jira_issues")
    """

    def __init__(
        self, folder: Path, postgres: Postgres, *, raw_schema: str, schema: str, **variables: Any
    ) -> None:
        """Build ``raw_schema``'s models in ``schema``; ``variables`` are the package's."""
        self.folder = folder
        self.schema = schema
        #: What was given beside the schemas.
        self.fixed = variables
        self.variables = {
            "raw_schema": raw_schema,
            "fivetran_schema": f"{schema}_fivetran",
            **variables,
        }
        self.uri = postgres.uri
        #: What is built.
        self.package = PACKAGE
        self.use(plain_sql.output(postgres.uri, schema))

    def use(self, output: dict[str, Any]) -> None:
        """Build in this database, as a profile of dbt describes it."""
        profile = {"tap_jira": {"target": "test", "outputs": {"test": output}}}
        (self.folder / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")

    def build(self, *arguments: str, **variables: Any) -> str:
        """Build and test the models, which must succeed; returns the log."""
        return self._must("build", *arguments, **variables)

    def run(self, *arguments: str, **variables: Any) -> str:
        """Build the models, which must succeed; returns the log."""
        return self._must("run", *arguments, **variables)

    def test(self, *arguments: str, **variables: Any) -> str:
        """Test the models, which must succeed; returns the log."""
        return self._must("test", *arguments, **variables)

    def command(self, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        """Any command of dbt, whatever comes of it."""
        process = self.start(*arguments, **variables)
        told, failed = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, told, failed)

    def start(self, *arguments: str, **variables: Any) -> subprocess.Popen[str]:
        """Begin a command of dbt."""
        places = {"project": self.package, "profiles": self.folder}
        return subprocess.Popen(
            [
                str(TOOL),
                "--no-use-colors",
                *arguments,
                *(f"--{name}-dir={path}" for name, path in places.items()),
                *(f"--{name}-path={self.folder / name}" for name in ("target", "log")),
                f"--vars={json.dumps({**self.variables, **variables})}",
            ],
            cwd=self.folder,
            env=plain_sql.environment() | {"DO_NOT_TRACK": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def rows(self, model: str, schema: str = "") -> list[Row]:
        """A model's rows; ``schema`` is that of the views in the closed connector's shape."""
        query = SQL("SELECT * FROM {}").format(Identifier(schema or self.schema, model))
        with psycopg.connect(self.uri, row_factory=dict_row) as connection:
            return connection.execute(query).fetchall()

    def models(self, schema: str = "") -> set[str]:
        """The names of the tables and views that were built."""
        query = SQL("SELECT table_name FROM information_schema.tables WHERE table_schema = %s")
        with psycopg.connect(self.uri) as connection:
            found = connection.execute(query, [schema or self.schema]).fetchall()
            return {name for (name,) in found}

    def _must(self, *arguments: str, **variables: Any) -> str:
        done = self.command(*arguments, **variables)
        assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
        return done.stdout


def tally(rows: Iterable[Row]) -> Counter[str]:
    """How often each row is there, in a form that does not depend on the database."""
    return Counter(json.dumps(alike(row), sort_keys=True) for row in rows)


def alike(value: Any) -> Any:
    """A row, or a value, as every database shows it: times as text, numbers as rounded floats.

    DuckDB makes null of an empty text as it loads, and writes large numbers with an exponent.
    """
    if isinstance(value, dict):
        return {name: alike(each) for name, each in value.items()}
    if isinstance(value, list):
        return [alike(each) for each in value]
    if isinstance(value, (Decimal, float, int)) and not isinstance(value, bool):
        return round(float(value), 3)
    if isinstance(value, (date, datetime)):
        return str(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) + 0
    return value or None if isinstance(value, str) else value
