"""Whatever happens between two builds: the second has the rows that a build of everything has."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.dbt.lake import Lake
from tests.dbt.source import DAY
from tests.support.changes import visible

if TYPE_CHECKING:
    from tests.dbt.conftest import MakeDbt, MakeSource

#: Each test builds everything, twice.
pytestmark = pytest.mark.timeout(1200)

#: The raw tables that a build makes indexes of.
INDEXED = {"issues", "comments", "changelogs", "worklogs"}
_PATIENCE_SECONDS = 120


@pytest.fixture(scope="module", params=["cloud", "dc"])
def lake(request: pytest.FixtureRequest, make_source: MakeSource, make_dbt: MakeDbt) -> Lake:
    """Loaded and built once; the tests go on where the one before ended."""
    made = Lake(make_source(request.param, issues=110), make_dbt)
    made.source.sync()
    made.build()
    return made


def test_a_day_in_which_everything_happens(lake: Lake) -> None:
    """Edits, moves, deletions of all kinds, renames, lists that lose rows, issues that return."""
    lake.source.live()
    lake.build()
    assert lake.differences() == []


def test_only_what_changed_is_written(lake: Lake) -> None:
    jira = lake.jira
    jira.clock.advance(minutes=30)
    changed = visible(jira)[3:6]
    jira.mutate.update_issue(changed[0], summary="Reworded")
    jira.mutate.add_comment(changed[1], "Thank you.")
    jira.mutate.add_worklog(changed[2], seconds=900)
    jira.clock.advance(minutes=30)
    lake.source.sync()
    before = lake.written()
    lake.build()
    after = lake.written()
    touched = {str(each.id) for each in changed}
    differing = {issue for model, issue in before if before[model, issue] != after[model, issue]}
    assert touched <= differing
    # The tap sends again what was less than a minute old when a run began.
    assert len(differing) < len({issue for _, issue in before}) / 2
    assert lake.differences() == []
    again = lake.written()
    lake.build()
    assert lake.written() == again


def test_raw_tables_have_indexes_where_they_may(lake: Lake) -> None:
    found = lake.indexes()
    assert sorted(found.values()) == sorted(INDEXED)
    with psycopg.connect(lake.dbt.uri) as connection:
        for name in found:
            connection.execute(SQL("DROP INDEX {}").format(Identifier(lake.source.schema, name)))
    lake.build("--select", "jira_issue_revisions", raw_indexes=False)
    assert not lake.indexes()
    lake.build("--select", "jira_issue_revisions", raw_indexes=True)
    assert lake.indexes() == found
    lake.build()
    assert lake.indexes() == found
    assert lake.differences() == []


def test_what_is_gone_leaves_and_what_returns_is_back(lake: Lake) -> None:
    jira, mutate, world = lake.jira, lake.jira.mutate, lake.jira.world
    crowded = [each for each in visible(jira) if world.comments(each) and world.worklogs(each)]
    mutate.hide_issue(crowded[0])
    mutate.hide_issue(crowded[1])
    mutate.delete_comment(crowded[2], world.comments(crowded[2])[0].id)
    mutate.delete_worklog(crowded[3], world.worklogs(crowded[3])[0].id)
    mutate.delete_issue(crowded[4])
    jira.clock.advance(minutes=DAY)
    lake.source.sync()
    lake.build()
    there = {row["id"] for row in lake.dbt.rows("jira_issues")}
    assert not there & {str(each.id) for each in (*crowded[:2], crowded[4])}
    mutate.show_issue(crowded[0])
    jira.clock.advance(minutes=DAY)
    lake.source.sync()
    lake.build()
    assert str(crowded[0].id) in {row["id"] for row in lake.dbt.rows("jira_issues")}
    assert str(crowded[0].id) in {row["issue_id"] for row in lake.dbt.rows("jira_comments")}
    assert lake.differences() == []


def test_names_are_those_of_today(lake: Lake) -> None:
    """Rows of lists change, and go, while no issue is loaded; sprints begin, end, and go on."""
    users = "account_id" if lake.source.cloud else "key"
    for table in ("statuses", "priorities", "resolutions", "versions", "components", "projects"):
        assert lake.sql("UPDATE {table} SET name = name || ' of today'", table=table)
    assert lake.sql("UPDATE {users} SET display_name = display_name || ' II'", users="users")
    assert lake.sql(
        f"DELETE FROM {{users}} WHERE {users} IN (SELECT min({users}) FROM {{users}})",
        users="users",
    )
    done = """'{{"key": "done", "name": "Done", "id": 3}}'::jsonb"""
    category = f"UPDATE {{table}} SET status_category = {done} WHERE id = '10001'"
    assert lake.sql(category, table="statuses")
    assert lake.sql("DELETE FROM {table} WHERE id = '10003'", table="statuses")
    assert lake.sql(
        "UPDATE {table} SET state = 'closed', complete_date = end_date, name = name || ' over'"
        " WHERE state = 'active'",
        table="sprints",
    )
    assert lake.sql(
        "UPDATE {table} SET state = 'active', start_date = timestamp '2026-06-01',"
        " end_date = timestamp '2027-01-01' WHERE state = 'future'",
        table="sprints",
    )
    lake.build()
    names = {row["status_name"] for row in lake.dbt.rows("jira_issues")}
    assert any(name.endswith(" of today") for name in names)
    lake.jira.clock.advance(minutes=10 * DAY)
    lake.build()
    assert lake.differences() == []


def test_rows_that_are_loaded_again_and_a_build_that_is_killed(lake: Lake) -> None:
    jira = lake.jira
    jira.clock.advance(minutes=60)
    for issue in visible(jira)[10:20]:
        jira.mutate.update_issue(issue, summary="Once more", labels=["again"])
        jira.mutate.transition(issue, jira.world.statuses[2])
    jira.clock.advance(minutes=60)
    lake.source.sync()
    lake.source.warehouse.load(lake.source.runs[-1])
    before, deadline = lake.number(), time.monotonic() + _PATIENCE_SECONDS
    process = lake.dbt.start("run", **lake.variables, now=lake.now)
    try:
        # Some of the models are built, and what tells of the changes is among them.
        while lake.number() < before + 25 and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode < 0
    lake.build()
    assert lake.differences() == []


def test_a_build_of_some_models(lake: Lake) -> None:
    """What it leaves out, and what others lack therefore, is taken up by the next one."""
    lake.reload("1")
    lake.build("--select", "jira_issue_revisions", "jira_comment_rows", "jira_changelogs")
    lake.reload("2")
    lake.build("--select", "jira_issue_revisions")
    lake.build("--full-refresh", "--select", "jira_changed_changelogs")
    lake.build("--select", "jira_history_issues+")
    lake.reload("3")
    lake.build("--exclude", "jira_issue_stays")
    lake.build()
    assert lake.differences() == []
    again = lake.written()
    lake.build()
    assert lake.written() == again


def test_rows_that_arrive_after_those_that_were_loaded_later(lake: Lake) -> None:
    """As of a load that was committed after another one that had begun later."""
    loaded = (
        "UPDATE {table} SET created = created - interval '1 s', _sdc_batched_at = _sdc_batched_at"
        " + interval '%s' WHERE right(issue_id, 1) IN ('4', '5')"
        " AND id IN (SELECT %s(id) FROM {table} GROUP BY issue_id)"
    )
    for table in ("comments", "worklogs", "changelogs"):
        assert lake.sql(loaded % ("2 days", "max"), table=table)
    lake.build()
    for table in ("comments", "worklogs", "changelogs"):
        assert lake.sql(loaded % ("1 day", "min"), table=table)
    lake.build()
    assert lake.differences() == []


def test_what_happens_at_the_very_moment_of_a_build(lake: Lake) -> None:
    """A stay in a sprint that runs begins when the build says that it is now."""
    running = {row["id"] for row in lake.dbt.rows("jira_sprints") if row["state"] == "active"}
    spans = [row for row in lake.dbt.rows("jira_issue_spans") if row["value"] in running]
    entered = max(row["entered"] for row in spans if row["kind"] == "sprint")
    for moment in (entered - dt.timedelta(seconds=1), entered):
        lake.dbt.run(**lake.variables, now=str(moment))
    lake.build()
    assert lake.differences() == []


def test_raw_tables_that_lose_rows_and_get_them_back(lake: Lake) -> None:
    """As after a target's ACTIVATE_VERSION: another table with fewer rows, and then all of them."""
    tables = ("issues", "comments", "changelogs", "worklogs")
    few = "CREATE TABLE {table} AS SELECT * FROM {kept} WHERE ascii(right(id, 1)) % 7 > 4"
    for table in tables:
        lake.sql("ALTER TABLE {table} RENAME TO kept_" + table, table=table)
        lake.sql(few, table=table, kept=f"kept_{table}")
    lake.build()
    assert lake.differences() == []
    for table in tables:
        lake.sql("DROP TABLE {table}", table=table)
        lake.sql("ALTER TABLE {kept} RENAME TO " + table, kept=f"kept_{table}")
    lake.build()


def test_a_table_of_another_version_or_none_is_made_anew(lake: Lake) -> None:
    with psycopg.connect(lake.dbt.uri) as connection:
        builds, comments, members = (
            Identifier(lake.dbt.schema, name)
            for name in ("jira_builds", "jira_comment_rows", "jira_issue_members")
        )
        older = SQL("UPDATE {} SET version = '0' WHERE model = 'jira_comment_rows'")
        connection.execute(older.format(builds))
        connection.execute(SQL("ALTER TABLE {} ADD COLUMN other text").format(comments))
        connection.execute(SQL("DROP TABLE {} CASCADE").format(members))
    lake.build()
    assert lake.differences() == []


def test_other_variables(lake: Lake) -> None:
    hours = {"start": "06:00", "end": "12:00", "time_zone": "Asia/Tokyo"}
    lake.build(history_long_text=True, working_hours=hours, story_point_fields=["story points"])
    lake.sql("UPDATE {fields} SET name = name || ' (old)' WHERE id LIKE 'custom%'", fields="fields")
    lake.build()
    assert lake.differences() == []


def test_columns_that_go_and_others_of_another_type(lake: Lake) -> None:
    """No row is loaded anew."""
    lake.sql("ALTER TABLE {table} DROP COLUMN comment", table="worklogs")
    lake.sql("ALTER TABLE {table} ALTER body TYPE text USING body::text", table="comments")
    lake.build()
    assert lake.differences() == []


def test_without_what_the_target_says_of_its_loads(lake: Lake) -> None:
    """Whatever column of a raw row has changed, the row has."""
    for table in ("issues", "comments", "changelogs", "worklogs", "requests"):
        if table in lake.source.warehouse.tables:
            lake.sql("ALTER TABLE {table} DROP COLUMN _sdc_batched_at", table=table)
    lake.build()
    some = " WHERE right(id, 1) IN ('3', '7')"
    earlier = "UPDATE {table} SET created = created - interval '1 h'"
    assert lake.sql("UPDATE {table} SET summary = 'Unseen'" + some, table="issues")
    assert lake.sql("UPDATE {table} SET time_spent_seconds = 77" + some, table="worklogs")
    assert lake.sql(earlier + some, table="comments")
    assert lake.sql("DELETE FROM {table}" + some, table="changelogs")
    lake.build()
    assert lake.differences() == []
