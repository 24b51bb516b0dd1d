"""Raw tables and variables that would make wrong numbers: a line says so, and nothing is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    done = dbt.command("run", "--select", "+jira_projects")
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


def test_a_model_without_what_it_is_made_of(tables: Postgres, tmp_path: Path) -> None:
    dbt = Dbt(tmp_path, tables, raw_schema="one_site", schema="nothing_yet")
    for model in ("jira_projects", "jira_issues"):
        done = dbt.command("run", "--select", model)
        assert done.returncode
        assert f"jira_builds is not there yet: build what {model} is made of as well" in done.stdout
        assert f"--select +{model}" in done.stdout


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        (
            {"timezone": "Europe/Berlin"},
            'working_hours has no "timezone": it has start, end, time_zone',
        ),
        ({"time_zone": "UTC+2"}, 'working_hours.time_zone is "UTC+2": write the name of a zone'),
        ({"end": "9:00"}, 'working_hours.end is "9:00": write it as HH:MM'),
        ({"end": "08:00"}, "working_hours.end (08:00) is not after working_hours.start (09:00)"),
        ({"days": [0]}, 'working_hours.days has "0": write numbers from 1 (Monday) to 7'),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_working_hours(
    hours: dict[str, Any], message: str, tables: Postgres, tmp_path: Path
) -> None:
    dbt = Dbt(tmp_path, tables, raw_schema="one_site", schema="hours", working_hours=hours)
    done = dbt.command("compile", "--select", "jira_working_days")
    assert done.returncode
    assert message in done.stdout
