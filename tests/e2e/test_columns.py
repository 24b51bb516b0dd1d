"""The columns of `issues`: they keep their names, and there are no more than a table can have."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault
from tests.faults.support import Tap
from tests.support.changes import visible
from tests.support.expected import expected
from tests.support.tap import entry, mark, select

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox import Sandbox
    from sandbox.fields import Field
    from sandbox.model import Issue
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.tap import Run

#: Both of a kind, so that a value in the wrong column would be valid.
POINTS, OTHER = "Foo Bar", "FOO_bar"
#: Of a bookmark that everything comes after.
BEGINNING = {"replication_key": "updated", "replication_key_value": "2001-01-01T00:00:00Z"}


@pytest.fixture(scope="module")
def site(module_sandbox: MakeSandbox) -> Sandbox:
    return module_sandbox(issues=40)


@pytest.fixture
def jira(site: Sandbox) -> Iterator[Sandbox]:
    """The same site each time, as it was."""
    fields = site.jira.world.catalogue.fields
    before = [(field, field.name, field.scope) for field in fields]
    yield site
    fields[:] = [field for field, _, _ in before]
    for field, name, scope in before:
        field.name, field.scope = name, scope
    site.jira.world.catalogue.by_id = {field.id: field for field in fields}
    site.reset_counts()


def field(jira: Sandbox, name: str) -> Field:
    return jira.jira.world.catalogue.named(name)


def number(one: Field) -> str:
    return one.id.rpartition("_")[2]


def values(run: Run, column: str) -> dict[str, Any]:
    """A column's values by issue; it has to be in every record."""
    assert run.code == 0, run.log
    return {row["id"]: row[column] for row in run.messages.records["issues"]}


def issues_only(tap: Tap, **config: Any) -> dict[str, Any]:
    tap.config.update(config)
    return tap.catalog("issues")


# --- names ----------------------------------------------------------------------------------------


def test_a_saved_catalog_keeps_the_names_of_columns(jira: Sandbox, tmp_path: Path) -> None:
    tap = Tap(jira, tmp_path)
    catalog = issues_only(tap, custom_field_names="name")
    one, other = field(jira, POINTS), field(jira, OTHER)
    columns = f"foo_bar_{number(one)}", f"foo_bar_{number(other)}"
    before = [values(tap.run(catalog=catalog, state={}), each) for each in columns]
    assert any(before[0].values())
    one.name, other.name = "Effort", POINTS
    run = tap.run(catalog=catalog, state={})
    assert [values(run, each) for each in columns] == before


def test_state_keeps_the_names_of_columns_where_there_is_no_catalog(
    jira: Sandbox, tmp_path: Path
) -> None:
    tap = Tap(jira, tmp_path, custom_field_names="name")
    one = field(jira, "Story Points")
    column = f"story_points_{number(one)}"
    first = tap.run()
    before = values(first, column)
    kept = first.state["bookmarks"]["issues"]["column_names"]
    assert column in kept
    assert not [name for name in kept if name in {"summary", "status"}]
    one.name = "Effort"
    again = tap.run(state={"bookmarks": {"issues": {**BEGINNING, "column_names": kept}}})
    assert values(again, column) == before
    (schema,) = again.messages.schemas["issues"]
    assert schema["schema"]["properties"][column]["title"] == "Effort"
    assert column in again.state["bookmarks"]["issues"]["column_names"]
    # Without both, it is a new column.
    assert values(tap.run(state={}), f"effort_{number(one)}") == before


def test_fields_that_swap_their_names_keep_their_columns(jira: Sandbox, tmp_path: Path) -> None:
    tap = Tap(jira, tmp_path, custom_field_names="name")
    first = tap.run()
    one, other = field(jira, "Story Points"), field(jira, "Ledger number")
    columns = f"story_points_{number(one)}", f"ledger_number_{number(other)}"
    before = [values(first, each) for each in columns]
    one.name, other.name = other.name, one.name
    names = first.state["bookmarks"]["issues"]["column_names"]
    state = {"bookmarks": {"issues": {**BEGINNING, "column_names": names}}}
    again = tap.run(state=state)
    assert [values(again, each) for each in columns] == before
    # A deleted field takes its column with it, whoever has its name now.
    jira.jira.world.catalogue.fields.remove(one)
    last = tap.run(state=state)
    assert columns[0] not in last.messages.schemas["issues"][0]["schema"]["properties"]
    assert values(last, columns[1]) == before[1]


def test_a_catalog_with_ids_for_names_goes_on_with_them(jira: Sandbox, tmp_path: Path) -> None:
    tap = Tap(jira, tmp_path)
    catalog = tap.catalog("issues")
    one = field(jira, "Story Points")
    run = tap.run(catalog=catalog, custom_field_names="name")
    assert any(values(run, one.id).values())


@pytest.mark.parametrize("known_by", ["catalog", "state"])
@pytest.mark.parametrize("part", ["nothing", "half"])
def test_a_list_of_fields_that_is_cut_short_once_empties_no_column(
    part: str, known_by: str, jira: Sandbox, tmp_path: Path
) -> None:
    tap = Tap(jira, tmp_path, custom_field_names="name")
    catalog = tap.catalog("issues") if known_by == "catalog" else None
    first = tap.run(catalog=catalog)
    every = jira.jira.call("GET", "/rest/api/3/field")[2]
    always = {"summary", "status", "project", "issuetype", "created", "updated"}
    short = [each for at, each in enumerate(every) if each["id"] in always or at % 2]
    names = first.state["bookmarks"]["issues"].get("column_names", ())
    jira.faults.add(Fault("status", "/field$", status=200, body=short if part == "half" else []))
    again = tap.run(
        catalog=catalog,
        state={"bookmarks": {"issues": {**BEGINNING, "column_names": list(names)}}},
    )
    assert again.code == 0, again.log
    assert again.messages.by_id("issues") == first.messages.by_id("issues")


def test_fields_that_are_gone_are_believed_to_be(jira: Sandbox, tmp_path: Path) -> None:
    tap = Tap(jira, tmp_path)
    catalog = tap.catalog("issues")
    one = field(jira, "Story Points")
    jira.jira.world.catalogue.fields.remove(one)
    jira.reset_counts()
    assert one.id not in tap.run(catalog=catalog).messages.records["issues"][0]
    assert jira.counts["GET /field"] == 2


def test_state_of_another_shape_is_no_names(jira: Sandbox, tmp_path: Path) -> None:
    tap = Tap(jira, tmp_path, custom_field_names="name")
    for names in ({"a": 1}, "x", [5, None, "id", "Robert'); DROP TABLE issues;--_10022", "x" * 99]):
        run = tap.run(state={"bookmarks": {"issues": {**BEGINNING, "column_names": names}}})
        assert values(run, f"story_points_{number(field(jira, 'Story Points'))}")


# --- what columns are about -----------------------------------------------------------------------


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_discovery_tells_what_fields_are_for(
    personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(personality=personality, issues=5)
    tap = Tap(jira, tmp_path)
    catalog = tap.catalog("issues")
    declared = entry(catalog, "issues")["schema"]["properties"]
    fields = {each.id: each for each in jira.jira.world.catalogue.fields if each.custom}
    told = 0
    for name in fields.keys() & declared.keys():
        wanted = fields[name].description
        assert declared[name].get("description", "") == wanted
        assert declared[name]["title"] == fields[name].name
        told += bool(wanted)
    assert told > 10
    # Once for the catalog, and not in every run.
    jira.reset_counts()
    for given in (catalog, None):
        run = tap.run(catalog=given, state={})
        assert run.code == 0, run.log
        assert not [name for name in jira.counts if "field/search" in name or "customF" in name]
        (schema,) = run.messages.schemas["issues"]
        described = [each.get("description") for each in schema["schema"]["properties"].values()]
        assert any(described) == (given is not None)


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_discovery_goes_without_descriptions_that_it_may_not_read(
    personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(personality=personality, issues=5, administrator=False)
    paths = "/field/search$|/customFields$"
    for fault in (
        None,
        Fault("status", paths, status=404),
        Fault("status", paths, status=200, body=[1]),
    ):
        jira.faults.clear()
        if fault:
            jira.faults.add(fault)
        declared = entry(Tap(jira, tmp_path).catalog("issues"), "issues")["schema"]["properties"]
        described = [each.get("description") for each in declared.values()]
        assert any(described) == (personality == "cloud" and fault is None)


# --- one column for many fields -------------------------------------------------------------------


def scoped(jira: Sandbox) -> set[str]:
    return {each.id for each in jira.jira.world.catalogue.fields if each.scope is not None}


def test_fields_of_one_project_share_a_column(jira: Sandbox, tmp_path: Path) -> None:
    tap = Tap(jira, tmp_path)
    run = tap.run()
    together = values(run, "scoped_fields")
    ids = {name for each in together.values() for name in each or ()}
    assert len(ids) > 3
    assert ids <= scoped(jira)
    assert not any(None in each.values() for each in together.values() if each)
    (schema,) = run.messages.schemas["issues"]
    assert not scoped(jira) & schema["schema"]["properties"].keys()
    tap.check()  # and each value is as its own column would have it


def test_they_may_have_columns_of_their_own(jira: Sandbox, tmp_path: Path) -> None:
    run = Tap(jira, tmp_path, scoped_custom_fields="columns").run()
    (schema,) = run.messages.schemas["issues"]
    assert scoped(jira) < schema["schema"]["properties"].keys()
    assert "scoped_fields" not in schema["schema"]["properties"]


def test_a_column_that_a_catalog_has_goes_on_being_filled(jira: Sandbox, tmp_path: Path) -> None:
    """A site upgrades with the catalog of before."""
    tap = Tap(jira, tmp_path)
    catalog = issues_only(tap, scoped_custom_fields="columns")
    wanted = expected(jira.jira)["issues"]
    one = field(jira, "Squad").id
    for setting in ({"scoped_custom_fields": None}, {"custom_fields": "object"}):
        run = tap.run(catalog=catalog, state={}, **setting)
        found = {key: value for key, value in values(run, one).items() if value is not None}
        assert found == {
            key: row["scoped_fields"][one]
            for key, row in wanted.items()
            if one in (row["scoped_fields"] or {})
        }
        assert found


def test_all_custom_fields_may_share_a_column(jira: Sandbox, tmp_path: Path) -> None:
    run = Tap(jira, tmp_path, custom_fields="object").run()
    (schema,) = run.messages.schemas["issues"]
    names = schema["schema"]["properties"].keys()
    assert not [name for name in names if name.startswith("customfield_")]
    assert "scoped_fields" not in names
    wanted = expected(jira.jira)["issues"]
    ids = {each.id for each in jira.jira.world.catalogue.fields if each.custom}
    for key, together in values(run, "custom_fields").items():
        row = wanted[key] | (wanted[key]["scoped_fields"] or {})
        assert together.keys() == {name for name in ids if row.get(name) is not None}
    assert {len(each) for each in values(run, "custom_fields").values()} != {len(ids)}


def test_what_is_not_selected_is_not_asked_for(jira: Sandbox, tmp_path: Path) -> None:
    tap = Tap(jira, tmp_path)
    catalog = tap.catalog("issues")
    mark(entry(catalog, "issues"), ("properties", "scoped_fields"), selected=False)
    jira.reset_counts()
    assert tap.run(catalog=catalog).code == 0
    bodies = [each.body for each in jira.requests if isinstance(each.body, dict)]
    asked = {name for body in bodies for name in body.get("fields", ())}
    assert "summary" in asked
    assert not (scoped(jira) | {"scoped_fields"}) & asked


def add_fields(
    jira: Sandbox, how_many: int, scope: int | None, name: str = "Story point estimate"
) -> None:
    """As many projects bring them."""
    catalogue = jira.jira.world.catalogue
    like = catalogue.named(name)
    for at in range(how_many):
        made = copy.copy(like)
        made.id, made.scope = f"customfield_{20_000 + at}", scope
        catalogue.fields.append(made)
        catalogue.by_id[made.id] = made


def test_thousands_of_fields_make_no_wide_table(jira: Sandbox, tmp_path: Path) -> None:
    scope = field(jira, "Story point estimate").scope
    add_fields(jira, 1600, scope)
    tap = Tap(jira, tmp_path)
    run = tap.run(catalog=tap.catalog("issues"))
    assert run.code == 0, run.log
    (schema,) = run.messages.schemas["issues"]
    assert len(schema["schema"]["properties"]) < 200
    jira.reset_counts()
    refused = Tap(jira, tmp_path, scoped_custom_fields="columns").run()
    assert refused.code == 1
    (error,) = refused.errors
    assert "scoped_custom_fields" in error
    assert " custom_fields" in error
    assert "1,500" in error
    assert not [name for name in jira.counts if "search" in name or "issue" in name], jira.counts
    # What is deselected does not count.
    catalog = Tap(jira, tmp_path, scoped_custom_fields="columns").catalog("issues")
    issues = entry(catalog, "issues")
    for name in [*issues["schema"]["properties"]][400:]:
        mark(issues, ("properties", name), selected=False)
    assert Tap(jira, tmp_path, scoped_custom_fields="columns").run(catalog=catalog).code == 0


@pytest.mark.parametrize(
    ("fields", "config", "fits"),
    [
        (800, {}, True),
        # Each of them has an id and a value.
        (800, {"flattening_enabled": True, "flattening_max_depth": 2}, False),
        (1600, {"stream_maps": {"issues": {"id": "id", "__else__": None}}}, True),
        (1600, {"stream_maps": {"issues": {"more": "id"}}}, False),
        (1600, {"stream_maps": {"copy": {"__source__": "issues", "a": "id"}}}, False),
        (1600, {"stream_maps": {"issues": None}}, True),
    ],
    ids=str,
)
def test_the_columns_that_are_sent_are_counted(
    fields: int, config: dict[str, Any], fits: bool, jira: Sandbox, tmp_path: Path
) -> None:
    scope = field(jira, "Story point estimate").scope
    add_fields(jira, fields, scope, "Severity")
    config = {"scoped_custom_fields": "columns", **config}
    tap = Tap(jira, tmp_path, **config)
    run = tap.run(catalog=tap.catalog("issues"))
    sent = [len(each["schema"]["properties"]) for each in run.messages.schemas.get("issues", ())]
    assert (run.code == 0) is fits, run.log
    assert all(count <= 1500 for count in sent) is fits
    if not fits:
        assert "1,500" in run.errors[0]
        assert not run.messages.records


# --- types ----------------------------------------------------------------------------------------


def told(run: Run) -> list[str]:
    assert run.code == 0, run.log
    return [line for line in run.warnings if "another type" in line]


def test_a_column_whose_type_has_changed_in_jira_is_named(jira: Sandbox, tmp_path: Path) -> None:
    """With a saved catalog it keeps its type, and text in a column of numbers is lost."""
    tap = Tap(jira, tmp_path)
    catalog = tap.catalog("issues")
    assert not told(tap.run(catalog=catalog, state={}))
    one = field(jira, "Story Points")
    name = f"issues.fields.{one.id}"
    jira.faults.add(Fault("put", "/issue/bulkfetch", values={name: "five"}, count=99))
    before = one.type
    one.type = "string"
    try:
        run = tap.run(catalog=catalog, state={})
        (line,) = told(run)
        assert (
            f"columns of issues with another type than Jira: {one.id} (number, in Jira string)"
            in line
        )
        assert set(values(run, one.id).values()) == {None}
        # Nobody misses what is not selected, and a new catalog has the new type.
        mark(entry(catalog, "issues"), ("properties", one.id), selected=False)
        assert not told(tap.run(catalog=catalog, state={}))
        run = tap.run(catalog=tap.catalog("issues"), state={})
        assert not told(run)
        assert set(values(run, one.id).values()) == {"five"}
    finally:
        one.type = before
        jira.faults.clear()


@pytest.mark.parametrize(
    ("name", "declared", "words"),
    [
        ("summary", {"type": ["number", "null"]}, "summary (number, in Jira string)"),
        ("labels", {"type": ["string", "null"]}, None),
        ("labels", {"type": ["number", "null"]}, "labels (number, in Jira array of string)"),
        ("status", {"type": ["string", "null"], "format": "date"}, "(date, in Jira object)"),
        ("created", {"type": ["string", "null"]}, None),
    ],
)
def test_types_of_a_catalog_that_do_not_take_what_jira_has(
    name: str, declared: dict[str, Any], words: str | None, jira: Sandbox, tmp_path: Path
) -> None:
    tap = Tap(jira, tmp_path)
    catalog = tap.catalog("issues")
    entry(catalog, "issues")["schema"]["properties"][name] = declared
    lines = told(tap.run(catalog=catalog, state={}))
    assert len(lines) == (words is not None)
    assert not words or words in lines[0]


# --- the comments that are there ------------------------------------------------------------------


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_an_issue_lists_the_comments_that_are_there(
    personality: str, alone: bool, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(personality=personality, issues=60)
    mine = tap(jira)
    catalog = select(mine.discover(), "issues") if alone else None
    if catalog:
        mark(entry(catalog, "issues"), ("properties", "comment_ids"), selected=True)
    first = mine.sync(catalog=catalog)
    world = jira.jira.world
    crowded = next(each for each in visible(jira.jira) if len(world.comments(each)) > 25)
    said = next(each for each in visible(jira.jira) if 0 < len(world.comments(each)) < 5)

    def listed(run: Run) -> dict[str, list[str]]:
        return {row["id"]: sorted(row["comment_ids"]) for row in run.messages.records["issues"]}

    def there() -> dict[str, list[str]]:
        return {
            str(each.id): sorted(str(comment.id) for comment in world.comments(each))
            for each in visible(jira.jira)
        }

    assert listed(first) == there()
    jira.jira.clock.advance(minutes=60)
    for each in (crowded, said):
        jira.mutate.delete_comment(each, world.comments(each)[-1].id)
    second = mine.sync(first.state, catalog=catalog)
    assert listed(second) == {str(each.id): there()[str(each.id)] for each in (crowded, said)}


def test_what_the_list_of_comments_costs(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=60)
    mine = tap(jira)
    catalog = select(mine.discover(), "issues")
    run = mine.sync(catalog=catalog)
    assert "comment_ids" not in run.messages.records["issues"][0]
    (schema,) = run.messages.schemas["issues"]
    assert "comment_ids" not in schema["schema"]["properties"]
    assert "GET /issue/{ident}/comment" not in jira.counts
    mark(entry(catalog, "issues"), ("properties", "comment_ids"), selected=True)
    mine.sync(catalog=catalog)
    crowded = sum(len(jira.jira.world.comments(each)) > 20 for each in visible(jira.jira))
    assert crowded <= jira.counts["GET /issue/{ident}/comment"] <= 3 * crowded


@pytest.mark.parametrize("all_of_them", [False, True])
def test_comments_that_cannot_be_read_hold_up_no_issue(
    all_of_them: bool, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(issues=60)
    world = jira.jira.world
    crowded = [each for each in visible(jira.jira) if len(world.comments(each)) > 20]
    for each in crowded if all_of_them else crowded[:1]:
        jira.mutate.sicken(each, where="comment$")
    mine = tap(jira)
    catalog = select(mine.discover(), "issues")
    mark(entry(catalog, "issues"), ("properties", "comment_ids"), selected=True)
    run = mine.sync(catalog=catalog)
    rows = run.messages.by_id("issues")
    assert len(rows) == len(visible(jira.jira))
    without = {key for key, row in rows.items() if row["comment_ids"] is None}
    assert without == {str(each.id) for each in (crowded if all_of_them else crowded[:1])}
    assert [text for text in run.warnings if "comment_ids" in text]
    # Nothing comes twice, and once they can be read, they come.
    jira.jira.clock.advance(minutes=60)
    again = mine.sync(run.state, catalog=catalog)
    assert not again.messages.records.get("issues")
    for each in crowded:
        jira.mutate.heal(each)
    last = mine.sync(again.state, catalog=catalog).messages.by_id("issues")
    assert last.keys() == without
    for key, row in last.items():
        assert len(row["comment_ids"]) == len(world.comments(world.issues[int(key)]))


def crowd(jira: Sandbox) -> Issue:
    """An issue with more comments than come inside it, long enough ago."""
    issue = next(each for each in visible(jira.jira) if each.project.key == "APP")
    for _ in range(25):
        jira.mutate.add_comment(issue)
    jira.jira.clock.advance(minutes=120)
    return issue


def test_comments_that_cannot_be_read_are_not_forgotten_by_an_earlier_end(
    sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(issues=60)
    issue = crowd(jira)
    jira.mutate.sicken(issue, where="comment$")
    mine = tap(jira)
    catalog = select(mine.discover(), "issues")
    mark(entry(catalog, "issues"), ("properties", "comment_ids"), selected=True)
    first = mine.sync(catalog=catalog)
    assert first.messages.by_id("issues")[str(issue.id)]["comment_ids"] is None
    second = mine.sync(first.state, catalog, end_date="2026-06-01T00:00:00Z")
    jira.mutate.heal(issue)
    last = mine.sync(second.state, catalog).messages.by_id("issues")
    listed = [str(each.id) for each in jira.jira.world.comments(issue)]
    assert sorted(last[str(issue.id)]["comment_ids"]) == sorted(listed)


def test_a_list_that_is_not_there_is_no_list_of_none(sandbox: MakeSandbox, tap: MakeTap) -> None:
    """The issue has just shown some of its comments."""
    jira = sandbox(issues=60)
    issue = crowd(jira)
    jira.jira.faults.add(Fault("status", match="/comment", status=404, count=10**6))
    mine = tap(jira)
    catalog = select(mine.discover(), "issues", "comments")
    first = mine.sync(catalog=catalog)
    assert first.messages.by_id("issues")[str(issue.id)]["comment_ids"] is None
    jira.jira.faults.clear()
    last = mine.sync(first.state, catalog).messages.by_id("issues")
    listed = [str(each.id) for each in jira.jira.world.comments(issue)]
    assert sorted(last[str(issue.id)]["comment_ids"]) == sorted(listed)
