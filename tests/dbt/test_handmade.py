"""Raw rows that the stand-in Jira does not have: written by hand, as the target would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.dbt.project import Dbt

if TYPE_CHECKING:
    from demo.postgres import Postgres

SCHEMA = "handmade"
#: A name of a field, of a status, of a person: text, whatever it looks like.
HOSTILE = '{{ nothing() }} {% do harm %} O\'Brien "$$" %s \\'
TABLES = f"""
CREATE SCHEMA {SCHEMA};
SET search_path TO {SCHEMA};
CREATE TABLE fields (id text, name text, schema jsonb, _sdc_deleted_at timestamp);
CREATE TABLE statuses (id text, name text, status_category jsonb);
CREATE TABLE issues (
    id text, key text, status jsonb, created timestamp, updated timestamp,
    customfield_1 text, customfield_2 timestamp, customfield_3 numeric, customfield_4 numeric,
    subtasks jsonb, customfield_5 text
);
CREATE TABLE requests (issue_id text, sla jsonb);
CREATE TABLE changelogs (id text, issue_id text, created timestamp, items jsonb);
"""
Row = dict[str, Any]


def _field(number: int, name: str, kind: str, custom: str, **further: Any) -> Row:
    schema = {"type": kind, "custom": f"a:{custom}"}
    return {"id": f"customfield_{number}", "name": name, "schema": schema, **further}


def _change(id_: int, when: str, field: str, kind: str, before: str, after: str) -> Row:
    """As Data Center tells it: names, and no ids."""
    item = {"field": field, "fieldtype": kind, "fromString": before, "toString": after}
    return {"id": str(id_), "issue_id": "10", "created": when, "items": [item]}


CYCLES = {"completedCycles": [{"startTime": {"epochMillis": 1767254400000}}]}
ROWS: dict[str, list[Row]] = {
    "requests": [
        {
            "issue_id": "10",
            "sla": [
                {"name": "Time to resolution", **CYCLES},
                {"name": "Time to first response", **CYCLES},
            ],
        }
    ],
    "fields": [
        _field(1, "Parent Link", "any", "jpo-custom-field-parent"),
        _field(2, HOSTILE, "datetime", "datetime"),
        _field(3, "ÜBER-Punkte", "number", "float", _sdc_deleted_at="2026-02-01"),
        _field(4, "ÜBER-Punkte", "number", "float"),
        _field(5, "Link", "string", "url"),
        _field(6, "Time to resolution", "sd-servicelevelagreement", "sd-sla-field"),
        _field(7, "Time to resolution", "sd-servicelevelagreement", "sd-sla-field"),
        _field(8, "Time to first response", "sd-servicelevelagreement", "sd-sla-field"),
    ],
    "statuses": [
        {"id": "1", "name": HOSTILE, "status_category": {"key": "new"}},
        {"id": "2", "name": "In Progress", "status_category": {"key": "indeterminate"}},
        {"id": "3", "name": "Done", "status_category": {"key": "done"}},
    ],
    "issues": [
        {
            "id": "10",
            "key": "APP-1",
            "status": {"id": "3", "name": "Done"},
            "created": "2026-01-01 08:00",
            "updated": "2026-01-09 08:00",
            "customfield_1": '{"showField": false}',
            "customfield_2": "2026-01-05 08:00",
            "customfield_3": 8,
            "customfield_4": 3,
            "customfield_5": "after",
        },
        {"id": "11", "created": "2026-01-01", "updated": "2026-01-08", "subtasks": [{"id": "99"}]},
        {"id": "12", "created": "2026-01-01", "updated": "2026-01-07", "subtasks": [{"id": "99"}]},
    ],
    "changelogs": [
        _change(20, "2026-01-02 08:00", "status", "jira", HOSTILE, "In Progress"),
        _change(21, "2026-01-04 08:00", "status", "jira", "In Progress", "Done"),
        _change(22, "2026-01-05 08:00", HOSTILE, "custom", "2026-02-30T10:00", "2026-01-01T25:00Z"),
        _change(
            23, "2026-01-06 08:00", HOSTILE, "custom", "2026-01-01T25:00Z", "2026-01-05T08:00Z"
        ),
        _change(24, "2026-01-07 08:00", "Link", "custom", "before", "after"),
        _change(25, "2026-01-08 08:00", "Link", "jira", "This issue blocks APP-2", ""),
    ],
}


@pytest.fixture(scope="module")
def dbt(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    with psycopg.connect(postgres.uri) as connection:
        connection.execute(TABLES)
        for table, rows in ROWS.items():
            for row in rows:
                columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
                values = [
                    Jsonb(each) if isinstance(each, (dict, list)) else each for each in row.values()
                ]
                connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", values)
    folder = tmp_path_factory.mktemp("handmade")
    made = Dbt(
        folder,
        postgres,
        raw_schema=SCHEMA,
        schema="handmade_ready",
        now="2026-01-10",
        story_point_fields=["Über-Punkte"],
    )
    models = ("issue_cycle_times", "time_in_status", "issue_subtasks", "sla_cycles")
    made.run("--select", *(f"+jira_{model}" for model in models))
    return made


def texts(dbt: Dbt, field: str) -> list[Any]:
    rows = [row for row in dbt.rows("jira_issue_field_history") if row["field_id"] == field]
    return [row["value_text"] for row in sorted(rows, key=lambda row: row["valid_from"])]


def test_a_parent_link_that_names_no_issue_is_none(dbt: Dbt) -> None:
    """Cloud has the text of an object there, in every issue."""
    assert texts(dbt, "customfield_1") == []


def test_what_is_no_instant_stays_as_it_was_told(dbt: Dbt) -> None:
    """As of a text field that is gone, whose name a field of instants has now."""
    assert texts(dbt, "customfield_2") == [
        *("2026-02-30T10:00", "2026-01-01T25:00Z", "2026-01-05 08:00:00"),
    ]


def test_a_custom_field_is_not_what_it_is_called(dbt: Dbt) -> None:
    """Of links between issues there is no history; of a field of that name there is."""
    assert texts(dbt, "customfield_5") == ["before", "after"]
    assert texts(dbt, "?Link") == []


def test_a_field_that_was_only_marked_as_deleted_counts_no_more(dbt: Dbt) -> None:
    points = {row["id"]: row["story_points"] for row in dbt.rows("jira_issues")}
    assert points["10"] == 3


def test_a_name_of_no_field_of_story_points_is_told(dbt: Dbt) -> None:
    names = ["über-punkte", "Nobody's"]
    log = dbt.command("compile", "--select", "jira_issue_rows", story_point_fields=names).stdout
    assert log.count('story_point_fields has "') == 1
    assert 'story_point_fields has "Nobody\'s", and no number field in handmade.fields' in log


def test_a_status_that_histories_only_name_has_its_category(dbt: Dbt) -> None:
    stays = {row["status_id"]: row for row in dbt.rows("jira_time_in_status")}
    assert {status: row["status_category_key"] for status, row in stays.items()} == {
        "1": "new",
        "2": "indeterminate",
        "3": "done",
    }
    assert stays["1"]["status_name"] == HOSTILE
    (done,) = dbt.rows("jira_issue_cycle_times")
    assert done["cycle_seconds"] == 2 * 86400


def test_a_sub_task_that_was_not_read_is_of_one_issue(dbt: Dbt) -> None:
    """It was moved from one to the other, and Jira changes nothing in the one that it left."""
    assert dbt.rows("jira_issue_subtasks") == [{"issue_id": "11", "subtask_id": "99"}]


def test_a_clock_is_no_field_if_several_are_called_so(dbt: Dbt) -> None:
    clocks = {row["name"]: row["field_id"] for row in dbt.rows("jira_sla_cycles")}
    assert clocks == {"Time to resolution": None, "Time to first response": "customfield_8"}
