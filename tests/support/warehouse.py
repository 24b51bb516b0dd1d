"""A PostgreSQL schema that target-postgres fills, and the rows in it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from demo.pipeline import LOADING
from tests.support.launch import BIN, environment

if TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from tests.support.tap import Run

Row = dict[str, Any]
Rows = dict[str, Row]

_TABLES = SQL("SELECT table_name FROM information_schema.tables WHERE table_schema = %s")
_SELECT = SQL("SELECT * FROM {table}")
_COLUMNS = SQL(
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s"
)
_KEY = SQL(
    "SELECT table_constraints.table_name, column_name FROM information_schema.table_constraints"
    " JOIN information_schema.key_column_usage USING (constraint_schema, constraint_name)"
    " WHERE constraint_type = 'PRIMARY KEY' AND constraint_schema = %s"
)
#: Columns that the target adds.
_OWN = "_sdc_"


class Warehouse:
    """One schema of a database."""

    def __init__(self, postgres: Postgres, schema: str, folder: Path) -> None:
        """Load into ``schema``; the target's files are kept in ``folder``."""
        self._uri = postgres.uri
        self._schema = schema
        self.config = folder / f"target-{schema}.json"
        target = {
            "sqlalchemy_url": postgres.sqlalchemy_url,
            "default_target_schema": schema,
            **LOADING,
        }
        self.config.write_text(json.dumps(target), encoding="utf-8")

    def configure(self, **settings: Any) -> None:
        """Set further settings of the target."""
        target = json.loads(self.config.read_text(encoding="utf-8"))
        self.config.write_text(json.dumps({**target, **settings}), encoding="utf-8")

    def load(self, run: Run) -> dict[str, Any]:
        """Load a run's output; returns the state that the target vouches for."""
        done = subprocess.run(
            [str(BIN / "target-postgres"), "--config", str(self.config)],
            input=run.output,
            env=environment(),
            cwd=self.config.parent,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")[-5000:]
        state: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return state

    @property
    def tables(self) -> set[str]:
        """The names of the tables."""
        with psycopg.connect(self._uri) as connection:
            return {name for (name,) in connection.execute(_TABLES, [self._schema]).fetchall()}

    def rows(self, table: str, key: str = "id") -> Rows:
        """A table's rows by key, without the columns that the target adds."""
        found = self.every_row(table)
        rows = {str(row[key]): row for row in found}
        assert len(rows) == len(found), f"{table} has a key twice"
        return rows

    def every_row(self, table: str) -> list[Row]:
        """A table's rows, whatever their key."""
        query = _SELECT.format(table=Identifier(self._schema, table))
        with psycopg.connect(self._uri, row_factory=dict_row) as connection:
            return [_plain(row) for row in connection.execute(query).fetchall()]

    @property
    def columns(self) -> dict[str, set[str]]:
        """Each table's columns, without those that the target adds."""
        return {
            table: {name for name in names if not name.startswith(_OWN)}
            for table, names in self._names(_COLUMNS).items()
        }

    @property
    def primary_keys(self) -> dict[str, set[str]]:
        """The columns of each table that the database holds to be unique together."""
        return self._names(_KEY)

    def _names(self, query: SQL) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        with psycopg.connect(self._uri) as connection:
            for table, name in connection.execute(query, [self._schema]).fetchall():
                found.setdefault(table, set()).add(name)
        return found


def as_doubles(rows: Rows) -> Rows:
    """Numbers as the target's COPY writes them into numeric columns, and as Jira keeps them."""
    return {
        key: {
            name: Decimal(str(float(value))) if isinstance(value, Decimal) else value
            for name, value in row.items()
        }
        for key, row in rows.items()
    }


def _plain(row: Row) -> Row:
    return {name: _value(value) for name, value in row.items() if not name.startswith(_OWN)}


def _value(value: Any) -> Any:
    """Timestamps aware, as the target stores UTC without saying so; numbers exact."""
    if isinstance(value, dt.datetime) and value.tzinfo is None:
        return value.replace(tzinfo=dt.timezone.utc)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(str(value))
    return value
