"""The settings and targets that give the raw tables another form make the same models of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from demo.pipeline import CORE_STREAMS
from tests.dbt.expected import Shown, counted
from tests.dbt.project import BOOKS, tally
from tests.dbt.test_current import TABLES, told
from tests.support.expected import expected

if TYPE_CHECKING:
    from demo.postgres import Postgres
    from tests.dbt.conftest import MakeDbt, MakeSource
    from tests.dbt.project import Dbt
    from tests.dbt.source import Source

#: What the names and the sprints in the compared models come from.
STREAMS = (
    *CORE_STREAMS,
    *("issue_types", "statuses", "status_categories", "priorities", "resolutions"),
    *("components", "versions", "boards", "sprints", "board_sprints", "requests"),
)
SETTINGS: dict[str, dict[str, str]] = {
    "readable names": {
        "custom_field_names": "name",
        "custom_field_values": "plain",
        "rich_text": "markdown",
    },
    "one object": {"custom_fields": "object", "rich_text": "markup"},
    "scoped fields as columns": {"scoped_custom_fields": "columns"},
}
COMPARED = ("issues", "comments", "worklogs", "sprints", "issue_sprints", "sla_cycles")
ARRAYS = SQL(
    "SELECT table_name, column_name, data_type = 'ARRAY' FROM information_schema.columns"
    " WHERE table_schema = %s"
)


@pytest.mark.parametrize(
    ("personality", "setting"),
    [*(("cloud", each) for each in SETTINGS), ("dc", "readable names"), ("dc", "one object")],
)
def test_settings_of_the_tap(
    personality: str, setting: str, make_source: MakeSource, make_dbt: MakeDbt
) -> None:
    config = SETTINGS[setting]
    source = make_source(personality, config=config, streams=STREAMS)
    source.sync()
    dbt = make_dbt(source, f"{source.schema}_ready")
    dbt.run("--select", *(f"+jira_{table}" for table in COMPARED))
    shown = Shown(source.sandbox.jira, set())
    written = texts(source, config.get("rich_text", "document"))
    for table in COMPARED:
        wanted = TABLES[table](shown)
        for row in wanted:
            row.update(written.get((table, row.get("id")), {}))
        columns = list(wanted[0])
        want, have = counted(wanted, columns), counted(dbt.rows(f"jira_{table}"), columns)
        missing = [row for row in want if row not in have]
        assert told(columns, missing, [row for row in have if row not in want]) == []


def texts(source: Source, form: str) -> dict[tuple[str, Any], dict[str, Any]]:
    """What is not the text of a document but text already, by model and id."""
    if form == "document" or not source.cloud:
        return {}
    tables = expected(source.sandbox.jira, form)
    members = {"issues": ("description", "environment"), "comments": ("body",)}
    members["worklogs"] = ("comment",)
    return {
        (table, key): {name: row.get(name) for name in names}
        for table, names in members.items()
        for key, row in tables[table].items()
    }


def test_arrays_of_json_as_one_json(
    source: Source, built: Dbt, postgres: Postgres, make_dbt: MakeDbt
) -> None:
    """Other targets, or this one with other settings, make `jsonb` of what is `jsonb[]` here."""
    schema = f"{source.schema}_jsonb"
    with psycopg.connect(postgres.uri) as connection:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
        tables: dict[str, list[Any]] = {}
        arrays = 0
        for table, column, array in connection.execute(ARRAYS, [source.schema]).fetchall():
            form = SQL("to_jsonb({0}) AS {0}") if array else SQL("{}")
            tables.setdefault(table, []).append(form.format(Identifier(column)))
            arrays += array
        assert arrays > 20
        for table, columns in tables.items():
            view = SQL("CREATE VIEW {} AS SELECT {} FROM {}")
            names = Identifier(schema, table), Identifier(source.schema, table)
            connection.execute(view.format(names[0], SQL(", ").join(columns), names[1]))
    dbt = make_dbt(source, f"{schema}_ready", raw_schema=schema, **built.fixed)
    dbt.run()
    for model in sorted(built.models() - BOOKS):
        assert tally(dbt.rows(model)) == tally(built.rows(model)), model
