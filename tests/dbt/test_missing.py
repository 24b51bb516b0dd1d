"""Streams and columns that are not loaded: empty models, a line that says so, and no wrong row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.dbt.project import PACKAGE, Dbt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.postgres import Postgres
    from tests.dbt.conftest import MakeDbt
    from tests.dbt.source import Source

CALLED = re.compile(r"jira_raw\('(\w+)'")
#: The streams that some model reads.
STREAMS = sorted(
    {
        name
        for file in (PACKAGE / "models" / "staging").glob("*.sql")
        for name in CALLED.findall(file.read_text(encoding="utf-8"))
    }
)
#: Nothing of these is left in the models of other streams.
OWN = {"issues": "issues", "comments": "comments", "worklogs": "worklogs", "statuses": "statuses"}
_TABLES = SQL("SELECT table_name FROM information_schema.tables WHERE table_schema = %s")
_VIEW = SQL("CREATE OR REPLACE VIEW {} AS SELECT {} FROM {}")


class Partly:
    """A schema of views on raw tables, some of which can be taken away."""

    def __init__(self, postgres: Postgres, raw: str) -> None:
        self.schema = f"{raw}_partly"
        self._uri, self._raw = postgres.uri, raw
        self._do(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(self.schema)))
        with psycopg.connect(self._uri) as connection:
            self.tables = {name for (name,) in connection.execute(_TABLES, [raw])}
        for name in self.tables:
            self.show(name)

    def show(self, table: str, columns: list[str] | None = None) -> None:
        """The table, or some of its columns."""
        self.hide(table)
        chosen = SQL(", ").join(map(Identifier, columns)) if columns else SQL("*")
        view, source = Identifier(self.schema, table), Identifier(self._raw, table)
        self._do(_VIEW.format(view, chosen, source))

    def hide(self, table: str) -> None:
        """As if the stream had not been selected."""
        self._do(SQL("DROP VIEW IF EXISTS {}").format(Identifier(self.schema, table)))

    def _do(self, statement: object) -> None:
        with psycopg.connect(self._uri) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def partly(source: Source, postgres: Postgres) -> Partly:
    return Partly(postgres, source.schema)


@pytest.fixture(scope="module")
def dbt(source: Source, partly: Partly, make_dbt: MakeDbt) -> Dbt:
    made = make_dbt(source, f"{partly.schema}_ready", raw_schema=partly.schema)
    made.build()
    return made


@pytest.fixture
def without(request: pytest.FixtureRequest, partly: Partly) -> Iterator[str]:
    stream = str(request.param)
    if stream not in partly.tables:
        pytest.skip(f"{stream} is not read on this product")
    partly.hide(stream)
    yield stream
    partly.show(stream)


@pytest.mark.parametrize("without", STREAMS, indirect=True)
def test_a_stream_that_is_not_loaded_is_told_and_nothing_fails(without: str, dbt: Dbt) -> None:
    log = dbt.build("--select", f"jira_stg_{without}+")
    assert f"{without} is not there" in log
    assert log.count(f"{without} is not there") == 1
    if without in OWN:
        assert dbt.rows(f"jira_{OWN[without]}") == []


@pytest.mark.parametrize("stream", STREAMS)
def test_columns_that_are_not_loaded_are_null(
    stream: str, source: Source, partly: Partly, dbt: Dbt
) -> None:
    """Only the key is left, which comes whatever is selected."""
    if stream not in partly.tables:
        pytest.skip(f"{stream} is not read on this product")
    partly.show(stream, sorted(source.warehouse.primary_keys[stream]))
    try:
        dbt.build("--select", f"jira_stg_{stream}+")
    finally:
        partly.show(stream)


def test_nothing_at_all(source: Source, make_dbt: MakeDbt) -> None:
    dbt = make_dbt(source, f"{source.schema}_nothing", raw_schema="no_such_schema")
    log = dbt.build()
    assert all(f"no_such_schema.{stream} is not there" in log for stream in STREAMS)
    assert not any(dbt.rows(model) for model in dbt.models())
