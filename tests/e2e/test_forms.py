"""The forms that settings give to values: rich text that is text, options that are their value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.faults.support import Tap
from tests.support.expected import expected
from tests.support.tap import entry

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from sandbox.options import Personality
    from tests.conftest import MakeSandbox

#: Where rich text is, by stream.
RICH = {"issues": ("description", "environment"), "comments": ("body",), "worklogs": ("comment",)}
FORMS = ("document", "markup", "markdown")
#: Requests of Cloud that may be asked in either version of the API.
VERSIONED = {
    "POST /search/jql",
    "POST /issue/bulkfetch",
    "GET /issue/{ident}/comment",
    "POST /worklog/list",
}


@pytest.fixture(scope="module")
def sites(module_sandbox: MakeSandbox) -> dict[Personality, Sandbox]:
    """A site of each product; some issues have more comments than fit into them."""
    return {
        "cloud": module_sandbox(issues=80),
        "dc": module_sandbox(issues=80, personality="dc"),
    }


@pytest.fixture(params=["cloud", "dc"])
def jira(sites: dict[Personality, Sandbox], request: pytest.FixtureRequest) -> Sandbox:
    site = sites[request.param]
    site.reset_counts()
    return site


@pytest.fixture
def cloud(sites: dict[Personality, Sandbox]) -> Sandbox:
    sites["cloud"].reset_counts()
    return sites["cloud"]


@pytest.mark.parametrize("form", FORMS)
def test_rich_text_in_every_form(form: str, jira: Sandbox, tmp_path: Path) -> None:
    tap = Tap(jira, tmp_path, rich_text=form)
    run = tap.run()
    assert run.code == 0, run.log
    tap.check(truth=expected(jira.jira, form))
    kind = "object" if jira.jira.options.cloud and form == "document" else "string"
    for stream, columns in RICH.items():
        (schema,) = run.messages.schemas[stream]
        for name in columns:
            assert schema["schema"]["properties"][name]["type"] == [kind, "null"]
        rows = run.messages.records[stream]
        assert any(row[columns[0]] for row in rows)


def test_markup_is_asked_of_version_2_and_nothing_else_is(cloud: Sandbox, tmp_path: Path) -> None:
    assert Tap(cloud, tmp_path, rich_text="markup").run().code == 0
    asked: dict[str, set[str]] = {}
    for each in cloud.requests:
        if each.path.startswith("/rest/api/"):
            asked.setdefault(each.endpoint, set()).add(each.path.split("/")[3])
    assert {name for name, versions in asked.items() if versions == {"2"}} == {
        *VERSIONED,
        "GET /serverInfo",
    }
    assert all(len(versions) == 1 for versions in asked.values()), asked
    cloud.reset_counts()
    assert Tap(cloud, tmp_path, rich_text="markdown").run().code == 0
    paths = {each.path for each in cloud.requests if "/rest/api/2/" in each.path}
    assert paths == {"/rest/api/2/serverInfo"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("former", FORMS)
def test_a_catalog_of_another_form_keeps_its_types(
    former: str, form: str, jira: Sandbox, tmp_path: Path
) -> None:
    """Each row is valid, and neither text nor documents are lost."""
    streams = ("issues", "comments", "worklogs")
    catalog = Tap(jira, tmp_path, rich_text=former).catalog(*streams)
    run = Tap(jira, tmp_path, rich_text=form).run(catalog=catalog, state={})
    assert run.code == 0, run.log
    wanted = expected(jira.jira, form)
    documents = expected(jira.jira)
    for stream, columns in RICH.items():
        declared = entry(catalog, stream)["schema"]["properties"]
        valid = jsonschema.Draft7Validator(run.messages.schemas[stream][0]["schema"])
        for row in run.messages.records[stream]:
            valid.validate(row)
        for key, row in run.messages.by_id(stream).items():
            for name in columns:
                value, said = row[name], wanted[stream][key].get(name)
                if "string" in declared[name]["type"]:
                    assert value is None or isinstance(value, str)
                    assert (value or None) == (
                        said if said is None or isinstance(said, str) else _json(value, said)
                    )
                elif form == "markup":
                    assert value == (said and {"value": said})
                else:
                    assert value == documents[stream][key].get(name)


def _json(value: Any, said: Any) -> Any:
    """The value, if it is the JSON of what was to be said."""
    assert json.loads(value) == said
    return value


def test_old_rows_keep_their_form_until_they_are_sent_again(cloud: Sandbox, tmp_path: Path) -> None:
    tap = Tap(cloud, tmp_path)
    first = tap.run()
    assert first.code == 0, first.log
    again = Tap(cloud, tmp_path, rich_text="markdown").run(state=first.state)
    assert again.code == 0, again.log
    assert not again.messages.records["issues"]


def custom(jira: Sandbox, *kinds: str, items: tuple[str | None, ...] = (None,)) -> set[str]:
    """The ids of the custom fields of these types, lists of these items."""
    fields = jira.jira.world.catalogue.fields
    return {
        each.id for each in fields if each.custom and each.type in kinds and each.items in items
    }


def test_values_that_are_one_thing_are_what_people_see(jira: Sandbox, tmp_path: Path) -> None:
    tap = Tap(jira, tmp_path, custom_field_values="plain")
    run = tap.run()
    assert run.code == 0, run.log
    tap.check(truth=expected(jira.jira, values="plain"))
    (schema,) = run.messages.schemas["issues"]
    declared = schema["schema"]["properties"]
    rows = run.messages.records["issues"]
    single = custom(jira, "option", "option-with-child", "user", "group", "version", "project")
    lists = custom(jira, "array", items=("option", "user", "group", "version"))
    assert len(single & declared.keys()) > 5
    assert len(lists & declared.keys()) > 3
    for name in single & declared.keys():
        assert declared[name]["type"] == ["string", "null"]
    for name in lists & declared.keys():
        assert declared[name]["items"] == {"type": ["string", "null"]}
    said = {row[name] for row in rows for name in custom(jira, "option-with-child")}
    assert any(" / " in each for each in said if each)
    # System fields stay what they are.
    assert isinstance(rows[0]["status"], dict)


@pytest.mark.parametrize("former", ["object", "plain"])
def test_a_catalog_with_other_values_keeps_its_types(
    former: str, jira: Sandbox, tmp_path: Path
) -> None:
    now = "plain" if former == "object" else "object"
    catalog = Tap(jira, tmp_path, custom_field_values=former).catalog("issues")
    run = Tap(jira, tmp_path, custom_field_values=now).run(catalog=catalog, state={})
    assert run.code == 0, run.log
    valid = jsonschema.Draft7Validator(run.messages.schemas["issues"][0]["schema"])
    wanted = expected(jira.jira)["issues"]
    for key, row in run.messages.by_id("issues").items():
        valid.validate(row)
        for name in custom(jira, "option", "user"):
            if name in row and former == "object":
                assert row[name] == wanted[key].get(name)
            elif row.get(name) is not None:
                assert json.loads(row[name]) == wanted[key].get(name)
