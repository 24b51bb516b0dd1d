"""What is beside a build: a load, other builds, flags of dbt, many tables, a database's roles."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from demo import plain_sql
from tests.dbt.lake import Lake
from tests.dbt.project import PACKAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt.conftest import MakeDbt, MakeSource

#: Each test builds everything, twice.
pytestmark = pytest.mark.timeout(900)

READER = "reader_of_models"


@pytest.fixture(scope="module")
def lake(make_source: MakeSource, make_dbt: MakeDbt) -> Lake:
    """Loaded, and not built yet; the tests go on where the one before ended."""
    made = Lake(make_source("cloud", issues=110), make_dbt)
    made.source.sync()
    made.source.live()
    return made


def test_a_load_that_writes_meanwhile_is_not_disturbed(lake: Lake) -> None:
    """It has one table and wants another; an index on the first one waits for a later build."""
    touch = "UPDATE {table} SET _sdc_batched_at = now() WHERE right(id, 1) = '3'"
    tables = {name: Identifier(lake.source.schema, name) for name in ("worklogs", "issues")}
    with psycopg.connect(lake.dbt.uri) as load:
        load.execute(SQL(touch).format(table=tables["worklogs"]))
        lake.build()
        load.execute(SQL(touch).format(table=tables["issues"]))
    assert sorted(lake.indexes().values()) == ["changelogs", "comments", "issues"]
    lake.build()
    assert "worklogs" in lake.indexes().values()
    assert lake.differences() == []


def test_a_raw_table_is_found_among_thousands(lake: Lake) -> None:
    """Eight models ask at once what is there."""
    names = [Identifier(lake.source.schema, f"other_{number}") for number in range(3000)]
    with psycopg.connect(lake.dbt.uri, autocommit=True) as connection:
        for name in names:
            connection.execute(SQL("CREATE TABLE {} (id text)").format(name))
    lake.dbt.use({**plain_sql.output(lake.dbt.uri, lake.dbt.schema), "threads": 8})
    for _ in range(4):
        log = lake.dbt.run("--select", "+jira_issue_revisions", now=lake.now)
        assert "is not there" not in log
    lake.dbt.use(plain_sql.output(lake.dbt.uri, lake.dbt.schema))
    with psycopg.connect(lake.dbt.uri, autocommit=True) as connection:
        for name in names:
            connection.execute(SQL("DROP TABLE {}").format(name))


def test_empty_builds_leave_nothing_out(lake: Lake, make_dbt: MakeDbt) -> None:
    """`dbt build --empty` tries the models of a project; these are built as they are."""
    first = Lake(lake.source, make_dbt)
    first.dbt = make_dbt(lake.source, "empty_at_first")
    first.build("--empty")
    assert first.differences() == []
    lake.retitle("3")
    lake.build("--empty")
    lake.build()
    assert lake.differences() == []


def test_without_what_dbt_knows_of_the_database(lake: Lake) -> None:
    """PostgreSQL drops the views on a table that is made anew."""
    hours = {"start": "06:00", "end": "12:00", "time_zone": "UTC", "days": [1, 2]}
    lake.variables |= {"working_hours": hours}
    done = lake.dbt.command("--no-populate-cache", "run", **lake.variables, now=lake.now)
    assert done.returncode == 0, done.stdout
    assert lake.differences() == []


def test_two_projects_that_share_the_schema_of_the_shape(lake: Lake, make_dbt: MakeDbt) -> None:
    """It is of the one that was built last."""
    schema = lake.dbt.variables["fivetran_schema"]
    other = make_dbt(lake.source, "other_project", fivetran_schema=schema)
    other.run(now=lake.now)
    lake.retitle("5")
    lake.build()
    assert lake.differences() == []


def test_rights_and_descriptions_that_are_wanted_later(lake: Lake, tmp_path: Path) -> None:
    package = tmp_path / "package"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("target", "logs"))
    project = package / "dbt_project.yml"
    more = f"    +grants: {{select: [{READER}]}}\n    +persist_docs: {{relation: true}}\n"
    begin = "models:\n  tap_jira:\n"
    text = project.read_text(encoding="utf-8")
    assert begin in text
    project.write_text(text.replace(begin, begin + more), encoding="utf-8")
    lake.dbt.package = package
    query = (
        "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        " WHERE nspname = ANY(%s) AND relkind IN ('r', 'v') AND relname <> 'jira_builds'"
        " AND NOT (has_table_privilege(%s, pg_class.oid, 'SELECT')"
        " AND obj_description(pg_class.oid) <> '')"
    )
    schemas = [lake.dbt.schema, lake.dbt.variables["fivetran_schema"]]
    with psycopg.connect(lake.dbt.uri) as connection:
        connection.execute(SQL("CREATE ROLE {}").format(Identifier(READER)))
    lake.build()
    with psycopg.connect(lake.dbt.uri) as connection:
        assert connection.execute(query, [schemas, READER]).fetchall() == []
