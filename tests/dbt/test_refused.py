"""Raw tables that the models would read wrongly: they say so, and build nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.dbt.project import Dbt

if TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres

TABLES = """
CREATE SCHEMA sites;
CREATE TABLE sites.projects (site text, id text, key text, PRIMARY KEY (site, id));
INSERT INTO sites.projects VALUES ('emea', '1', 'APP'), ('apac', '1', 'OPS');
CREATE SCHEMA one_site;
CREATE VIEW one_site.projects AS SELECT * FROM sites.projects WHERE site = 'apac';
CREATE SCHEMA flat;
CREATE TABLE flat.projects (id text, key text, lead__displayname text);
"""


@pytest.fixture(scope="module")
def tables(postgres: Postgres) -> Postgres:
    with psycopg.connect(postgres.uri) as connection:
        connection.execute(TABLES)
    return postgres


def build(tables: Postgres, folder: Path, raw_schema: str) -> tuple[Dbt, int, str]:
    dbt = Dbt(folder, tables, raw_schema=raw_schema, schema=f"{raw_schema}_ready")
    done = dbt.command("run", "--select", "jira_projects")
    return dbt, done.returncode, done.stdout


def test_several_jiras_in_the_same_tables(tables: Postgres, tmp_path: Path) -> None:
    _, code, log = build(tables, tmp_path, "sites")
    assert code
    assert "sites.projects has rows of several Jiras (site: apac, emea)" in log


def test_one_jira_of_several(tables: Postgres, tmp_path: Path) -> None:
    dbt, code, log = build(tables, tmp_path, "one_site")
    assert not code, log
    assert [row["key"] for row in dbt.rows("jira_projects")] == ["OPS"]


def test_objects_that_were_taken_apart(tables: Postgres, tmp_path: Path) -> None:
    _, code, log = build(tables, tmp_path, "flat")
    assert code
    assert "flat.projects has lead__displayname instead of lead" in log
