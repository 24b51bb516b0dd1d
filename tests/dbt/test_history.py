"""The history of every field against the sandbox's own record of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from sandbox.lives import Lives
from tests.dbt.source import DAY
from tests.dbt.told import chains, differences, moment

if TYPE_CHECKING:
    from tests.dbt.conftest import MakeDbt, MakeSource
    from tests.dbt.project import Dbt
    from tests.dbt.source import Source

STREAMS = ("issues", "changelogs", "fields", "deleted_issues", "projects")
#: What builds and tests the histories, and nothing else.
MODELS = ("--select", "+jira_issue_field_history")
BUILT = ("jira_changelog_items", "jira_issue_field_history")


class Lived(NamedTuple):
    """Issues of months, what was loaded of them, and the models of that."""

    lives: Lives
    source: Source
    dbt: Dbt

    @property
    def history(self) -> list[dict[str, Any]]:
        return self.dbt.rows("jira_issue_field_history")


def variables(lives: Lives) -> dict[str, Any]:
    """A renamed field is known by its former name where histories have only names."""
    renamed = {"Target start": lives.world.field_id("Planned start")}
    return {"history_fields": renamed, "history_long_text": True}


def live(source: Source, make_dbt: MakeDbt) -> Lived:
    lives = Lives(source.sandbox.jira)
    lives.go_on(days=60)
    source.sync()
    dbt = make_dbt(source, f"history_{source.schema}", **variables(lives))
    dbt.build(*MODELS)
    return Lived(lives, source, dbt)


@pytest.fixture(scope="module", params=["cloud", "dc"])
def lived(request: pytest.FixtureRequest, make_source: MakeSource, make_dbt: MakeDbt) -> Lived:
    return live(make_source(request.param, issues=60, streams=STREAMS), make_dbt)


def ambiguous(lives: Lives) -> set[str]:
    """Two fields of Data Center have one name: which of them a change is of, nobody knows."""
    both = {field.id for field in lives.fields if field.name == "Customer"}
    return set() if lives.cloud else {*both, "?Customer"}


def full(lived: Lived, make_dbt: MakeDbt) -> dict[str, list[dict[str, Any]]]:
    """Everything built anew from the same raw tables."""
    schema = f"{lived.dbt.schema}_full"
    dbt = make_dbt(lived.source, schema, **variables(lived.lives))
    dbt.run(*MODELS, "--full-refresh")
    return {model: dbt.rows(model) for model in BUILT}


def as_set(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(str(sorted(row.items())) for row in rows)


def test_the_history_of_every_field_is_the_record(lived: Lived) -> None:
    assert [*differences(lived.lives, lived.history, but=ambiguous(lived.lives))] == []


def test_every_issue_was_created(lived: Lived) -> None:
    world = lived.source.sandbox.jira.world
    seen = [each for each in world.issues.values() if each.project.live and not each.hidden]
    rows = [row for row in lived.history if row["field_id"] == "created"]
    assert {row["issue_id"]: (row["valid_from"], row["valid_to"]) for row in rows} == {
        str(each.id): (moment(each.created), None) for each in seen
    }
    assert all(row["value_text"] == f"{row['valid_from']:%Y-%m-%d %H:%M:%S}" for row in rows)


def test_a_name_of_two_fields_is_neither_of_them(lived: Lived) -> None:
    """What they hold now is true since the last change that may have been of them."""
    lives = lived.lives
    if lives.cloud:
        pytest.skip("Cloud tells the ids of fields")
    changed = {
        str(each.issue_id)
        for each in lives.record
        if each.field_id in ambiguous(lives) and each.at > lives.world.issues[each.issue_id].created
    }
    assert changed
    told = chains(lived.history)
    for issue in changed:
        last = told[issue, "?Customer"][-1]["valid_from"]
        for field in ambiguous(lives) - {"?Customer"}:
            held = told.get((issue, field), [])
            assert [(row["valid_from"], row["is_initial"]) for row in held] in (
                [],
                [(last, False)],
            )


def test_the_last_value_is_the_present_one(lived: Lived) -> None:
    """Also of issues whose histories say otherwise, as the sandbox's untouched ones do."""
    world = lived.source.sandbox.jira.world
    told = chains(lived.history)
    seen = [each for each in world.issues.values() if each.project.live and not each.hidden]
    for issue in seen:
        for field in ("status", "labels", "fixVersions", world.field_id("Sprint")):
            value = world.value(issue, field) or []
            members = value if isinstance(value, list) else [value]
            names = sorted(str(getattr(each, "name", each)) for each in members)
            rows = told.get((str(issue.id), field), [])
            last = rows[-1] if rows else {"value_texts": [], "valid_to": None}
            assert last["valid_to"] is None
            assert (
                sorted(
                    str(each).replace("Plain 0", "Renamed since") for each in last["value_texts"]
                )
                == names
            )
    assert len(seen) > 60


def test_after_changes_only_what_changed_is_built_and_all_is_as_if_built_anew(
    lived: Lived, make_dbt: MakeDbt
) -> None:
    lives, source, dbt = lived
    for _ in range(2):
        lives.go_on(days=3)
        lives.move(lives.issues[0], lives.world.issue_types[1])
        childless = [each for each in lives.issues if not lives.world.below.get(each.id)]
        gone = childless[-1]
        lives.delete(gone)
        lives.jira.clock.advance(minutes=DAY)
        touched = {str(each.issue_id) for each in lives.record} | {str(gone.id)}
        source.sync()
        before = written(dbt)
        dbt.build(*MODELS)
        after = written(dbt)
        assert str(gone.id) not in after
        kept = [each for each in after if each not in touched]
        assert len(kept) > 40
        assert {each: before[each] for each in kept} == {each: after[each] for each in kept}
        assert [*differences(lives, lived.history, but=ambiguous(lives))] == []
    anew = full(lived, make_dbt)
    for model in BUILT:
        assert as_set(dbt.rows(model)) == as_set(anew[model])


def test_histories_that_arrive_late_or_go(lived: Lived, make_dbt: MakeDbt) -> None:
    """The target has some histories only after the models were built, and loses some again."""
    lives, source, dbt = lived
    lives.go_on(days=2)
    source.sync()
    late = [
        str(each.histories[n].id) for each in lives.issues[:9] for n in (1, -1) if each.histories
    ]
    raw = Identifier(source.schema, "changelogs")
    with psycopg.connect(dbt.uri, autocommit=True) as connection:
        connection.execute(
            SQL("CREATE TEMPORARY TABLE late AS SELECT * FROM {} WHERE id = ANY(%s)").format(raw),
            [late],
        )
        connection.execute(SQL("DELETE FROM {} WHERE id = ANY(%s)").format(raw), [late])
        dbt.run(*MODELS)
        anew = full(lived, make_dbt)
        assert as_set(lived.history) == as_set(anew["jira_issue_field_history"])
        connection.execute(SQL("INSERT INTO {} SELECT * FROM late").format(raw))
        dbt.run(*MODELS)
    anew = full(lived, make_dbt)
    for model in BUILT:
        assert as_set(dbt.rows(model)) == as_set(anew[model])
    assert [*differences(lives, lived.history, but=ambiguous(lives))] == []


def test_nothing_is_built_when_nothing_changed(lived: Lived) -> None:
    before = written(lived.dbt)
    lived.dbt.run(*MODELS)
    assert written(lived.dbt) == before


def written(dbt: Dbt) -> dict[str, set[str]]:
    """By issue which transactions wrote its rows."""
    query = SQL("SELECT issue_id, xmin::text FROM {}").format(
        Identifier(dbt.schema, "jira_issue_field_history")
    )
    found: dict[str, set[str]] = {}
    with psycopg.connect(dbt.uri) as connection:
        for issue, transaction in connection.execute(query).fetchall():
            found.setdefault(issue, set()).add(transaction)
    return found


def test_what_nobody_told_of_is_dated_to_the_last_update(lived: Lived, make_dbt: MakeDbt) -> None:
    lives = lived.lives
    held = lives.over_time()
    issue = next(each for each in lives.issues if len(held[each.id, "assignee"]) > 1)
    before = chains(lived.history)[str(issue.id), "assignee"]
    lives.jira.clock.advance(minutes=7)
    lives.unrecorded(issue, {"assignee": lives.world.users[9]})
    lived.source.sync()
    lived.dbt.build(*MODELS)
    after = chains(lived.history)[str(issue.id), "assignee"]
    assert [row["valid_from"] for row in after[:-1]] == [row["valid_from"] for row in before]
    assert after[-1]["valid_from"] == moment(issue.updated)
    assert after[-1]["value_text"] == lives.world.users[9].display
    assert (after[-1]["author_id"], after[-1]["changelog_id"]) == (None, None)
    assert [*differences(lives, lived.history, but=ambiguous(lives))] == []


@pytest.mark.parametrize(
    "config",
    [
        {"custom_field_names": "name", "scoped_custom_fields": "columns"},
        {"custom_fields": "object"},
        {"custom_field_values": "plain", "rich_text": "markup"},
    ],
    ids=lambda config: next(iter(config)),
)
def test_whatever_form_the_custom_fields_have(
    config: dict[str, str], make_source: MakeSource, make_dbt: MakeDbt
) -> None:
    source = make_source("cloud", issues=20, streams=STREAMS, config=config)
    lived = live(source, make_dbt)
    plain = "custom_field_values" in config
    # The project is its key there, and a cascading list one text; histories have names and parts,
    # and text as it was typed.
    odd = {"project", "option-with-child"}
    fields = {each.id for each in lived.lives.fields if each.type in odd or each.rich}
    but = fields if plain else set()
    assert [*differences(lived.lives, lived.history, but=but, ids=not plain)] == []


@pytest.mark.parametrize("missing", ["changelogs", "fields"])
def test_without_a_stream_what_is_left_is_true(
    missing: str, lived: Lived, make_dbt: MakeDbt
) -> None:
    schema = f"{lived.source.schema}_without_{missing}"
    with psycopg.connect(lived.dbt.uri, autocommit=True) as connection:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
        for table in set(STREAMS) - {missing}:
            connection.execute(
                SQL("CREATE VIEW {} AS SELECT * FROM {}").format(
                    Identifier(schema, table), Identifier(lived.source.schema, table)
                )
            )
    dbt = make_dbt(lived.source, f"{schema}_ready", raw_schema=schema)
    assert f"{schema}.{missing} is not there" in dbt.build(*MODELS)
    told, held = chains(dbt.rows("jira_issue_field_history")), chains(lived.history)
    if missing == "changelogs":
        assert told == {}
        return
    # What custom fields are is not known, and on Data Center not which of them was changed.
    built_in = {key for key in told if not key[1].startswith(("customfield", "?"))}
    assert {field for _, field in built_in} >= {"status", "assignee", "labels", "fixVersions"}
    for key in built_in:
        texts = [row["value_texts"] for row in told[key]]
        assert texts == [row["value_texts"] for row in held[key]]
