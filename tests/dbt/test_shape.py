"""The views in the shape of the closed connector keep what readers of that shape count on."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sandbox.lives import Lives
from sandbox.truth import truth
from sandbox.wording import identity
from tests.dbt.project import PACKAGE, TOOL
from tests.dbt.source import DAY
from tests.support.launch import environment

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.lives import Recorded
    from tests.dbt.conftest import MakeDbt, MakeSource
    from tests.dbt.project import Dbt, Row
    from tests.dbt.source import Source

NUMBER, TEXT, TIME, DATE = "bigint", "text", "timestamp without time zone", "date"
TRUTH_VALUE, AMOUNT = "boolean", "double precision"

_HISTORY = {
    "issue_id": NUMBER,
    **dict.fromkeys(("field_id", "value", "author_id"), TEXT),
    "time": TIME,
    "is_active": TRUTH_VALUE,
}
#: The columns that readers compute with, and their types: ids are numbers but for those of people,
#: fields and teams, times are in UTC without a zone, what is measured is in seconds.
COLUMNS: dict[str, dict[str, str]] = {
    "issue": {
        **dict.fromkeys(
            ("id", "project", "issue_type", "status", "priority", "resolution", "parent_id"), NUMBER
        ),
        **dict.fromkeys(
            ("key", "summary", "description", "environment", "assignee", "reporter", "creator"),
            TEXT,
        ),
        **dict.fromkeys(("created", "updated", "resolved", "status_category_changed"), TIME),
        **dict.fromkeys(
            ("original_estimate", "remaining_estimate", "time_spent", "work_ratio"), AMOUNT
        ),
        "due_date": DATE,
        "_fivetran_deleted": TRUTH_VALUE,
    },
    "issue_field_history": _HISTORY,
    "issue_multiselect_history": _HISTORY,
    "field": {"id": TEXT, "name": TEXT, "is_array": TRUTH_VALUE, "is_custom": TRUTH_VALUE},
    "field_option": {"id": NUMBER, "name": TEXT, "parent_id": NUMBER},
    "user": {
        **dict.fromkeys(("id", "name", "username", "email", "time_zone", "locale"), TEXT),
        "is_active": TRUTH_VALUE,
    },
    "project": {
        "id": NUMBER,
        **dict.fromkeys(("name", "key", "description", "lead_id"), TEXT),
        **dict.fromkeys(("project_category_id", "permission_scheme_id"), NUMBER),
    },
    "issue_type": {"id": NUMBER, "name": TEXT, "description": TEXT, "subtask": TRUTH_VALUE},
    "status": {"id": NUMBER, "name": TEXT, "description": TEXT, "status_category_id": NUMBER},
    "status_category": {"id": NUMBER, "name": TEXT},
    "resolution": {"id": NUMBER, "name": TEXT, "description": TEXT},
    "priority": {"id": NUMBER, "name": TEXT, "description": TEXT},
    "comment": {
        **dict.fromkeys(("id", "issue_id"), NUMBER),
        **dict.fromkeys(("author_id", "update_author_id", "body"), TEXT),
        **dict.fromkeys(("created", "updated"), TIME),
        "is_public": TRUTH_VALUE,
    },
    "sprint": {
        **dict.fromkeys(("id", "board_id"), NUMBER),
        "name": TEXT,
        **dict.fromkeys(("start_date", "end_date", "complete_date"), TIME),
        "_fivetran_deleted": TRUTH_VALUE,
    },
    "component": {"id": NUMBER, "name": TEXT, "description": TEXT, "project_id": NUMBER},
    "version": {
        **dict.fromkeys(("id", "project_id"), NUMBER),
        **dict.fromkeys(("name", "description"), TEXT),
        **dict.fromkeys(("start_date", "release_date"), DATE),
        **dict.fromkeys(("archived", "overdue", "released"), TRUTH_VALUE),
    },
    "team": {"id": TEXT, "name": TEXT},
    "issue_link": {"issue_id": NUMBER, "related_issue_id": NUMBER, "relationship": TEXT},
}

#: What of both histories is asked together.
_BOTH = """
    select issue_id, field_id, time, value, author_id, is_active, false as many
    from issue_field_history
    union all
    select issue_id, field_id, time, value, author_id, is_active, true
    from issue_multiselect_history
"""

#: What must hold, and a query for the rows for which it does not.
RULES = {
    "a single value is in one history, an array in the other": f"""
        select h.* from ({_BOTH}) h left join field f on f.id = h.field_id
        where f.is_array is distinct from h.many""",
    "the value at creation is a row, and the first": f"""
        select h.issue_id, h.field_id, min(h.time) from ({_BOTH}) h
        join issue i on i.id = h.issue_id join field f on f.id = h.field_id
        -- Data Center tells names, so that of fields of one name the beginning may be unknown.
        where (select count(*) from field where name = f.name) = 1
        group by 1, 2, i.created having min(h.time) <> i.created""",
    "every issue has its status since its creation": """
        select id from issue where not exists (
          select from issue_field_history h
          where h.issue_id = id and field_id = 'status' and time = created
            and value is not null)""",
    "what was emptied is null": f"select * from ({_BOTH}) h where value = ''",
    "at an instant a field has one value": """
        select issue_id, field_id, time from issue_field_history group by 1, 2, 3
        having count(*) > 1""",
    "at an instant an array has each member once, or is one row of null": """
        select issue_id, field_id, time from issue_multiselect_history group by 1, 2, 3
        having count(*) > count(distinct value) and (count(*) > 1 or count(value) > 0)""",
    "at an instant an issue has one author": f"""
        select issue_id, time from ({_BOTH}) h group by 1, 2
        having count(distinct author_id) > 1
          or count(author_id) not in (0, count(*))""",
    "one instant of a field holds now, the last": f"""
        select issue_id, field_id from ({_BOTH}) h group by 1, 2
        having max(time) is distinct from max(time) filter (where is_active)
          or min(time) filter (where is_active) < max(time)""",
    "fields are found by their English names": """
        select * from (values ('status', 'Status'), ('assignee', 'Assignee'),
            ('issuetype', 'Issue Type'), ('project', 'Project'), ('components', 'Components'),
            ('versions', 'Affects versions'), ('fixVersions', 'Fix versions'),
            ('resolutiondate', 'Resolved')) as wanted (id, name)
        where not exists (
          select from field where field.id = wanted.id and field.name = wanted.name)""",
    "one field is the sprints', one the epic links'": """
        select name from (values ('Sprint'), ('Epic Link')) as wanted (name)
        where (select count(*) from field where lower(field.name) = lower(wanted.name)) <> 1""",
    "a status is an id, and is in `status` with a name": """
        select h.* from issue_field_history h left join status on status.id::text = h.value
        where field_id = 'status' and value is not null and status.name is null""",
    "the values of these fields are ids of rows": """
        select h.* from (
          select id::text as id, 'project' as field from project
          union all select id::text, 'issuetype' from issue_type
          union all select id::text, 'priority' from priority
          union all select id::text, 'resolution' from resolution
          union all select id, 'assignee' from "user" union all select id, 'reporter' from "user"
        ) known right join issue_field_history h on known.id = h.value and known.field = h.field_id
        where h.field_id in ('project', 'issuetype', 'priority', 'resolution', 'assignee',
          'reporter') and h.value is not null and known.id is null""",
    "the members of these arrays are ids of rows": """
        select h.* from (
          select id::text as id, 'Components' as field from component
          union all select id::text, 'Fix versions' from version
          union all select id::text, 'Affects versions' from version
          union all select id::text, 'Sprint' from sprint
        ) known right join (
          select field.name, h.* from issue_multiselect_history h join field on field.id = field_id
        ) h on known.id = h.value and known.field = h.name
        where h.name in ('Components', 'Fix versions', 'Affects versions', 'Sprint')
          and h.value is not null and known.id is null""",
    "a version's id has 32 bits": """
        select * from issue_multiselect_history
        where field_id in ('versions', 'fixVersions') and value is not null
          and not (value ~ '^[0-9]{1,10}$' and value::bigint < 2147483648)""",
    "an epic link is the id of an issue": """
        select h.* from issue_field_history h join field on field.id = field_id
        where lower(name) like 'epic%link' and value !~ '^[0-9]+$'""",
    "an issue is resolved when its resolution says so": """
        select r.*, d.* from (
          select * from issue_field_history where field_id = 'resolution' and not (
            time = (select created from issue where id = issue_id) and value is not null)
        ) r full join (
          select * from issue_field_history where field_id = 'resolutiondate'
        ) d using (issue_id, time)
        where (r.value is null) <> (d.value is null) and not exists (
          select from issue where id = issue_id and resolved = time)""",
    "what holds now is what the issue says": """
        select issue.id, history.* from issue
        join (
          select issue_id, field_id, value from issue_field_history where is_active
        ) history on history.issue_id = issue.id
        where value is distinct from case field_id
          when 'status' then status::text when 'assignee' then assignee
          when 'resolution' then resolution::text when 'priority' then priority::text
          when 'issuetype' then issue_type::text when 'project' then project::text
          when 'reporter' then reporter else value end""",
    "an issue that is resolved says when": """
        select id from issue where (resolution is null) <> (resolved is null)""",
    "the categories have Jira's names in English": """
        select * from status_category
        where (id, name) not in (
          (1, 'No Category'), (2, 'To Do'), (3, 'Done'), (4, 'In Progress'))""",
    "a status has a category, one of an issue its own": """
        select status.id from status left join issue on issue.status = status.id
        where status_category_id is null
          or status_category_id = 1 and issue.id is not null""",
    "who is named by an issue or a comment is in `user`, with a name": """
        select named.* from (
          select id, assignee as who from issue union all select id, reporter from issue
          union all select id, creator from issue union all select id, author_id from comment
        ) named left join "user" on "user".id = who
        where who is not null and "user".name is null""",
    "a comment has an author": "select * from comment where author_id is null",
}


@dataclass
class Shape:
    """A Jira, and the views made of what was read of it."""

    source: Source
    dbt: Dbt
    #: The record of issues that lived, if any did.
    lives: Lives | None = None

    @property
    def schema(self) -> str:
        """The views' schema."""
        return str(self.dbt.variables["fivetran_schema"])

    def ask(self, query: str) -> list[Row]:
        """The answer to a query about the views."""
        options = f"-c search_path={self.schema} -c timezone=UTC"
        with psycopg.connect(self.dbt.uri, row_factory=dict_row, options=options) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def lived(source: Source, make_source: MakeSource, make_dbt: MakeDbt) -> Shape:
    """Issues that lived for months, read in two runs; the record knows what they held."""
    made = make_source("cloud" if source.cloud else "dc", issues=40)
    jira = made.sandbox.jira
    lives = Lives(jira, issues=24)
    lives.go_on(days=75)
    made.sync()
    for late in lives.issues[::3]:
        jira.clock.advance(minutes=7)
        lives.change(late, {"labels": ["late", "night"], "assignee": None, "fixVersions": []})
    lives.delete(next(each for each in lives.issues if not jira.world.below.get(each.id)))
    jira.clock.advance(minutes=DAY)
    made.sync()
    dbt = make_dbt(made, f"lived_{made.schema}")
    dbt.run("--select", "+path:models/fivetran")
    dbt.test("--select", "path:models/fivetran")
    return Shape(made, dbt, lives)


@pytest.fixture(params=["changed", "lived"])
def shape(request: pytest.FixtureRequest, source: Source, built: Dbt) -> Shape:
    """Of a Jira in which everything was changed once, and of one whose issues lived."""
    if request.param == "changed":
        return Shape(source, built)
    made: Shape = request.getfixturevalue("lived")
    return made


def test_rules(shape: Shape) -> None:
    broken = {rule: shape.ask(query)[:3] for rule, query in RULES.items()}
    assert {rule: rows for rule, rows in broken.items() if rows} == {}


def test_there_is_something_to_hold(shape: Shape) -> None:
    counts = {table: len(shape.ask(f'select 1 from "{table}"')) for table in COLUMNS}
    # Data Center has no such field.
    none = set() if shape.source.cloud else {"team"}
    assert {table for table, count in counts.items() if not count} == none


def test_tables_and_types(shape: Shape) -> None:
    found: dict[str, dict[str, str]] = {}
    for row in shape.ask(
        "select table_name as t, column_name as c, data_type as d"
        " from information_schema.columns where table_schema = current_schema()"
    ):
        found.setdefault(row["t"], {})[row["c"]] = row["d"]
    assert found.keys() == COLUMNS.keys()
    for table, columns in COLUMNS.items():
        assert columns.items() <= found[table].items(), table


def test_issues(shape: Shape) -> None:
    """Columns that are references are ids; times keep their milliseconds, in UTC."""
    wanted = {
        int(key): _issue(row) for key, row in truth(shape.source.sandbox.jira)["issues"].items()
    }
    found = {row["id"]: row for row in shape.ask("select * from issue")}
    assert found.keys() == wanted.keys()
    for key, row in wanted.items():
        assert {name: found[key][name] for name in row} == row, key


def test_comments(shape: Shape) -> None:
    """All of them, each by somebody who has a name."""
    comments = truth(shape.source.sandbox.jira)["comments"]
    found = shape.ask(
        'select c.*, u.name as author from comment c join "user" u on u.id = c.author_id'
    )
    assert {str(row["id"]) for row in found} == comments.keys()
    for row in found:
        told = comments[str(row["id"])]
        assert str(row["issue_id"]) == told["issueId"]
        assert row["author_id"] == (_person(told.get("author")) or "anonymous")
        assert (row["created"], row["updated"]) == (_time(told["created"]), _time(told["updated"]))
        assert row["is_public"] is ("visibility" not in told and told.get("jsdPublic", True))


def test_values_over_time(lived: Shape) -> None:
    """Each value of each field since when it held, after the record and not after the histories."""
    found: dict[tuple[int, str], dict[datetime, set[str]]] = {}
    for row in lived.ask(
        "select issue_id, field_id, time, value from issue_field_history"
        " union all select issue_id, field_id, time, value from issue_multiselect_history"
    ):
        instants = found.setdefault((row["issue_id"], row["field_id"]), {})
        members = instants.setdefault(row["time"], set())
        members |= set() if row["value"] is None else {row["value"]}
    assert lived.lives is not None
    there = {row["id"] for row in lived.ask("select id from issue")}
    kinds: set[str] = set()
    for (issue, name), steps in lived.lives.over_time().items():
        field = lived.lives.by_id[name]
        if issue not in there or _untold(lived, field.name, name):
            continue
        wanted = _changes({_instant(step.at): _members(lived, step) for step in steps})
        if set(wanted.values()) != {frozenset()}:
            kinds.add(field.type or name)
            given = {at: frozenset(held) for at, held in found.get((issue, name), {}).items()}
            assert _changes(given) == wanted, (issue, name, field.custom)
    assert {"status", "user", "option", "option-with-child", "array", "number", "date"} <= kinds


def test_authors_of_changes(lived: Shape) -> None:
    """Of a change who made it, of the values at creation who created the issue."""
    assert lived.lives is not None
    wanted = {
        (step.issue_id, _instant(step.at)): _identity(lived, step.author)
        for (_, name), steps in lived.lives.over_time().items()
        for step in steps
        if name == "status"
    }
    found = {
        (row["issue_id"], row["time"]): row["author_id"]
        for row in lived.ask("select * from issue_field_history where field_id = 'status'")
        if row["issue_id"] in {issue for issue, _ in wanted}
    }
    assert len(found) > len(lived.lives.issues)
    assert found.items() <= wanted.items()


def test_the_schema_is_named_exactly_so(tmp_path: Path) -> None:
    """Also where the package is one of several, and the project has names of its own."""
    project = tmp_path / "mine"
    (project / "macros").mkdir(parents=True)
    (project / "macros" / "schemas.sql").write_text(
        "{% macro generate_schema_name(name, node) %}house_{{ name or 'any' }}{% endmacro %}",
        encoding="utf-8",
    )
    files: dict[str, Any] = {
        "dbt_project.yml": {
            "name": "mine",
            "profile": "p",
            "vars": {"tap_jira": {"fivetran_schema": "as_named"}},
            "models": {"tap_jira": {"+schema": "ready"}},
        },
        "packages.yml": {"packages": [{"local": str(PACKAGE)}]},
        "profiles.yml": {"p": {"target": "t", "outputs": {"t": _NOWHERE}}},
    }
    for name, content in files.items():
        (project / name).write_text(json.dumps(content), encoding="utf-8")
    _dbt(project, "deps")
    listed = _dbt(
        project, "ls", "--resource-type=model", "--output=json", "--output-keys=name schema alias"
    )
    models = [json.loads(line) for line in listed.splitlines() if line.startswith("{")]
    assert models
    for model in models:
        in_shape = model["name"].startswith("jira_fivetran_")
        assert model["schema"] == ("as_named" if in_shape else "house_ready")
        if in_shape and model["alias"] in COLUMNS:
            assert model["name"] == f"jira_fivetran_{model['alias']}"
    assert {model["alias"] for model in models} >= COLUMNS.keys()


#: Nothing is asked of it.
_NOWHERE = {
    "type": "postgres",
    "host": "127.0.0.1",
    "port": 1,
    "user": "u",
    "password": "p",
    "dbname": "d",
    "schema": "s",
    "threads": 1,
}


def _dbt(project: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(TOOL), "--no-use-colors", *arguments],
        cwd=project,
        env=environment(DO_NOT_TRACK="1", DBT_PROFILES_DIR=str(project)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def _issue(shown: dict[str, Any]) -> dict[str, Any]:
    """The row of an issue, of what Jira shows."""
    fields = shown["fields"]
    references = {
        "project": "project",
        "issue_type": "issuetype",
        "status": "status",
        "priority": "priority",
        "resolution": "resolution",
    }
    return {
        "key": shown["key"],
        **{
            column: int(fields[name]["id"]) if fields[name] else None
            for column, name in references.items()
        },
        **{name: _person(fields[name]) for name in ("assignee", "reporter", "creator")},
        "created": _time(fields["created"]),
        "updated": _time(fields["updated"]),
        "resolved": _time(fields["resolutiondate"]) if fields["resolution"] else None,
        "due_date": date.fromisoformat(fields["duedate"]) if fields["duedate"] else None,
        "original_estimate": fields["timeoriginalestimate"],
        "remaining_estimate": fields["timeestimate"],
        "time_spent": fields["timespent"],
        "_fivetran_deleted": False,
    }


def _person(shown: dict[str, Any] | None) -> str | None:
    if not shown:
        return None
    return str(shown.get("accountId") or shown.get("key") or shown["name"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(timezone.utc).replace(tzinfo=None)


def _instant(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(milliseconds=milliseconds)  # noqa: DTZ001 - as the column


def _identity(shape: Shape, value: Any) -> str | None:
    ids, _ = identity(value, cloud=shape.source.cloud)
    return ids[0] if ids else None


def _changes(held: dict[datetime, frozenset[str]]) -> dict[datetime, frozenset[str]]:
    """Without what repeats the value before."""
    kept: dict[datetime, frozenset[str]] = {}
    last: frozenset[str] | None = None
    for at, members in sorted(held.items()):
        if members != last:
            kept[at] = last = members
    return kept


def _untold(shape: Shape, name: str, field_id: str) -> bool:
    """Long text is not followed; of fields of one name Data Center does not say which it is."""
    assert shape.lives is not None
    alike = [
        field for field in shape.source.sandbox.jira.world.catalogue.fields if field.name == name
    ]
    field = shape.lives.by_id[field_id]
    long = field_id == "description" or str(field.custom).endswith("textarea")
    return long or (len(alike) > 1 and not shape.source.cloud)


def _members(shape: Shape, step: Recorded) -> frozenset[str]:
    """A value as histories have it: ids if there are any, else texts; of two options the lower."""
    assert shape.lives is not None
    field = shape.lives.by_id[step.field_id]
    ids, texts = identity(step.value, cloud=shape.source.cloud)
    if "group" in {field.type, field.items}:
        ids = (None,) * len(texts)
    pairs = list(zip(ids, texts, strict=True))
    if field.type == "option-with-child":
        pairs = pairs[-1:]
    return frozenset(str(text if ident is None else ident) for ident, text in pairs)
