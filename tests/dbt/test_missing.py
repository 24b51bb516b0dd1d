"""Streams and columns that are not loaded: empty models, a line that says so, and no error."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.dbt.project import BOOKS, PACKAGE, Dbt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.sql import Composed

    from demo.postgres import Postgres
    from tests.dbt.conftest import MakeDbt
    from tests.dbt.source import Source

#: Dozens of builds in one test.
pytestmark = pytest.mark.timeout(1800)

CALLED = re.compile(r"jira_raw\('(\w+)'")
#: The streams that are read, and the models that read them.
READERS: dict[str, list[str]] = {}
for _file in sorted((PACKAGE / "models" / "staging").glob("*.sql")):
    for _name in CALLED.findall(_file.read_text(encoding="utf-8")):
        READERS.setdefault(_name, []).append(f"{_file.stem}+")
STREAMS = sorted(READERS)
#: Those with a model of their own that has nothing else.
OWN = {"issues", "comments", "worklogs", "changelogs", "statuses", "boards"}
#: Unit tests bring their own rows.
DATA_ONLY = ("--exclude-resource-type", "unit_test")
_TABLES = SQL("SELECT table_name FROM information_schema.tables WHERE table_schema = %s")
_ALL = SQL("*")
_VIEW = SQL("CREATE VIEW {} AS SELECT {} FROM {}")


class Partly:
    """A schema of views on raw tables, some of which can be taken away."""

    def __init__(self, postgres: Postgres, raw: str) -> None:
        self.schema = f"{raw}_partly"
        self._uri, self._raw = postgres.uri, raw
        self._do(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(self.schema)))
        with psycopg.connect(self._uri) as connection:
            self.tables = {name for (name,) in connection.execute(_TABLES, [raw])}
        for name in self.tables:
            self._show(name)

    @contextlib.contextmanager
    def without(self, table: str, but: list[str] | None = None) -> Iterator[None]:
        """As if the stream, or all of its columns but these, had not been selected."""
        self._hide(table)
        if but:
            self._show(table, SQL(", ").join(map(Identifier, but)))
        yield
        self._hide(table)
        self._show(table)

    def _show(self, table: str, columns: SQL | Composed = _ALL) -> None:
        view, raw = Identifier(self.schema, table), Identifier(self._raw, table)
        self._do(_VIEW.format(view, columns, raw))

    def _hide(self, table: str) -> None:
        self._do(SQL("DROP VIEW IF EXISTS {}").format(Identifier(self.schema, table)))

    def _do(self, statement: Composed) -> None:
        with psycopg.connect(self._uri) as connection:
            connection.execute(statement)


@pytest.fixture(scope="module")
def partly(source: Source, postgres: Postgres) -> Partly:
    return Partly(postgres, source.schema)


@pytest.fixture(scope="module")
def dbt(source: Source, partly: Partly, make_dbt: MakeDbt) -> Dbt:
    made = make_dbt(source, f"{partly.schema}_ready", raw_schema=partly.schema)
    made.build()
    return made


def test_a_stream_that_is_not_loaded_is_told_and_nothing_fails(
    source: Source, partly: Partly, dbt: Dbt
) -> None:
    """Each in turn; on Data Center, those whose models differ there, since it takes its time."""
    streams = STREAMS if source.cloud else ("issues", "projects", "fields", "users", "changelogs")
    for stream in streams:
        if stream in partly.tables:
            with partly.without(stream):
                log = dbt.build(*DATA_ONLY, "--select", *READERS[stream])
                assert log.count(f"{stream} is not there") == 1
                assert stream not in OWN or dbt.rows(f"jira_{stream}") == []
            if stream in OWN | {"deleted_issues"}:
                # Other models count on these, and are not all built with the next one.
                dbt.run("--select", *READERS[stream])


def test_columns_that_are_not_loaded_are_null(
    source: Source, partly: Partly, make_dbt: MakeDbt
) -> None:
    """Only the keys are left, which come whatever is selected; not all tests pass then."""
    keys = source.warehouse.primary_keys
    dbt = make_dbt(source, f"{partly.schema}_keys", raw_schema=partly.schema)
    with contextlib.ExitStack() as narrowed:
        for stream in partly.tables & set(STREAMS):
            narrowed.enter_context(partly.without(stream, but=sorted(keys[stream])))
        log = dbt.run()
    assert not re.findall(r"(\w+) is not there", log) or not source.cloud
    assert len(dbt.rows("jira_issues")) > 100
    assert {row["summary"] for row in dbt.rows("jira_issues")} == {None}


def test_nothing_at_all(source: Source, make_dbt: MakeDbt) -> None:
    dbt = make_dbt(source, f"{source.schema}_nothing", raw_schema="no_such_schema")
    log = dbt.build()
    assert all(f"no_such_schema.{stream} is not there" in log for stream in STREAMS)
    assert {model for model in dbt.models() - BOOKS if dbt.rows(model)} <= {"jira_moment"}
