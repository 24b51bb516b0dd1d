"""What the database says after a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.sql import SQL, Identifier

from demo.models import MODELS
from demo.page.queries import QUERIES
from demo.pipeline import CORE_STREAMS, FURTHER_STREAMS, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from demo.postgres import Postgres

_TABLES = SQL("SELECT table_name FROM information_schema.tables WHERE table_schema = %s")
_COUNT = SQL("SELECT count(*), count(*) FILTER (WHERE _sdc_received_at >= %s) FROM {table}")

OPEN_ISSUES_BY_STATUS = SQL("""
    SELECT status ->> 'name', count(*)
    FROM {schema}.issues
    WHERE status -> 'statusCategory' ->> 'key' <> 'done'
    GROUP BY 1
    ORDER BY 2 DESC, 1
    LIMIT 8
""")

HOURS_BY_PERSON = SQL("""
    SELECT author ->> 'displayName', round(sum(time_spent_seconds) / 3600.0, 1)
    FROM {schema}.worklogs
    WHERE id NOT IN (SELECT id FROM {schema}.deleted_worklogs)
    GROUP BY 1
    ORDER BY 2 DESC, 1
    LIMIT 8
""")


class Warehouse:
    """The tables that the target filled."""

    def __init__(self, postgres: Postgres) -> None:
        """Ask ``postgres``."""
        self.postgres = postgres

    @property
    def version(self) -> str:
        """The version of the database."""
        ((version,),) = self.postgres.query("SHOW server_version")
        return str(version)

    @property
    def tables(self) -> set[str]:
        """The names of the tables that there are."""
        return {name for (name,) in self.postgres.query(_TABLES, SCHEMA)}

    def rows(self, since: datetime) -> dict[str, tuple[int, int]]:
        """How many rows each table has, and how many of them arrived since then."""
        tables = [name for name in (*CORE_STREAMS, *FURTHER_STREAMS) if name in self.tables]
        return {table: self._rows(table, since) for table in tables}

    def _rows(self, table: str, since: datetime) -> tuple[int, int]:
        query = _COUNT.format(table=Identifier(SCHEMA, table))
        ((total, new),) = self.postgres.query(query, since)
        return total, new

    def answers(self, since: datetime) -> dict[str, list[tuple[Any, ...]]]:
        """What the page asks, where the tables are that it takes; ``since`` is the second run."""
        tables, schemas = self.tables, {"models": Identifier(MODELS), "raw": Identifier(SCHEMA)}
        return {
            name: self.postgres.query(SQL(query.sql).format(**schemas), since=since)
            for name, query in QUERIES.items()
            if tables.issuperset(query.tables)
        }

    def ask(self, question: SQL) -> Sequence[tuple[Any, ...]]:
        """The answer to one of the questions above."""
        return self.postgres.query(question.format(schema=Identifier(SCHEMA)))
