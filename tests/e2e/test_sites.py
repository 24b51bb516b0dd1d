"""Several Jiras in the same tables: the column `site` is a part of every key."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support.changes import visible
from tests.support.tap import batch_config, entry

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.warehouse import Warehouse


@pytest.fixture(params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest, sandbox: MakeSandbox) -> Sandbox:
    return sandbox(personality=request.param, issues=60)


def test_every_row_and_every_key_has_it(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    mine.core = False
    plain, run = mine.sync().messages, mine.sync(site="emea").messages
    keys = {name: schemas[0]["key_properties"] for name, schemas in plain.schemas.items()}
    assert len(keys) > 50
    for name, schemas in run.schemas.items():
        (schema,) = schemas
        assert schema["key_properties"] == ["site", *keys[name]]
        assert schema["schema"]["properties"]["site"]["type"] == ["string"]
        assert "site" in schema["schema"]["required"]
    assert run.schemas.keys() == keys.keys()
    for name, records in run.records.items():
        assert records == [{"site": "emea", **each} for each in plain.records[name]]


def test_a_catalog_has_it_or_not(jira: Sandbox, tap: MakeTap) -> None:
    mine = tap(jira)
    without = mine.discover()
    mine.config["site"] = "emea"
    catalog = mine.discover()
    issues = entry(catalog, "issues")
    assert issues["key_properties"] == ["site", "id"]
    (marked,) = [each for each in issues["metadata"] if each["breadcrumb"][-1:] == ["site"]]
    assert marked["metadata"]["inclusion"] == "automatic"
    run = mine.sync(catalog=catalog)
    assert {row["site"] for rows in run.messages.records.values() for row in rows} == {"emea"}
    for wrong, settings, made in ((without, {}, "without"), (catalog, {"site": None}, "with")):
        run = mine.run(catalog=wrong, **settings)
        assert run.code == 1
        assert len(run.errors) == 1
        assert f"was made {made} the setting site" in run.errors[0]


def test_files_have_it(jira: Sandbox, tap: MakeTap, tmp_path: Path) -> None:
    mine = tap(jira, site="emea", batch_config=batch_config(tmp_path / "files", 50))
    run = mine.sync()
    files = [urlsplit(url).path for each in run.messages.of("BATCH") for url in each["manifest"]]
    lines = [
        line for file in files for line in gzip.decompress(Path(file).read_bytes()).split(b"\n")
    ]
    rows = [json.loads(line) for line in lines if line]
    assert len(rows) > len(visible(jira.jira))
    assert {row["site"] for row in rows} == {"emea"}


def test_two_jiras_in_one_warehouse(
    sandbox: MakeSandbox, tap: MakeTap, warehouse: Warehouse
) -> None:
    """Their ids are the same; what one deletes and changes is none of the other's business."""
    sites = {name: sandbox(personality="cloud", issues=60, seed=n) for n, name in enumerate("ab")}
    taps = {name: tap(jira, site=name) for name, jira in sites.items()}
    states = {name: warehouse.load(mine.sync()) for name, mine in taps.items()}

    def loaded(table: str) -> list[tuple[str, str]]:
        return sorted((row["site"], row["id"]) for row in warehouse.every_row(table))

    issues = {name: [str(each.id) for each in visible(jira.jira)] for name, jira in sites.items()}
    assert loaded("issues") == sorted((name, each) for name in issues for each in issues[name])
    assert set(issues["a"]) & set(issues["b"])
    assert warehouse.primary_keys["comments"] == {"site", "id"}
    lost = next(each for each in visible(sites["b"].jira) if str(each.id) in issues["a"])
    sites["b"].mutate.delete_issue(lost)
    for name, mine in taps.items():
        sites[name].jira.clock.advance(minutes=60 * 25)
        run = mine.sync(states[name])
        assert not run.messages.records.get("issues")
        warehouse.load(run)
    assert loaded("deleted_issues") == [("b", str(lost.id))]
    assert len(loaded("issues")) == len(issues["a"]) + len(issues["b"])


@pytest.mark.parametrize(("before", "now"), [("emea", "apac"), (None, "emea"), ("emea", None)])
def test_another_name_has_rows_of_its_own(
    before: str | None, now: str | None, jira: Sandbox, tap: MakeTap
) -> None:
    """A STATE is true for the site that it was written of: none is mixed up with another's."""
    mine = tap(jira)
    mine.core = False
    state = mine.sync(site=before).state
    jira.jira.clock.advance(minutes=60)
    lost = visible(jira.jira)[0]
    jira.mutate.delete_issue(lost)
    run = mine.sync(state, site=now)
    wanted = mine.sync(site=now).messages.records
    for name, rows in wanted.items():
        if name != "deleted_issues":
            assert list_of(run.messages.records[name]) == list_of(rows), name
    was, is_ = (each or "not set" for each in (before, now))
    assert f": site was {was} and is {is_} now." in run.log
    jira.jira.clock.advance(minutes=60)
    assert not mine.sync(run.state, site=now).messages.records.get("issues")


def list_of(rows: list[dict[str, Any]]) -> list[str]:
    """In an order that is the same however they came."""
    return sorted(json.dumps(each, sort_keys=True) for each in rows)


def test_no_site_deletes_the_rows_of_another_one(jira: Sandbox, tap: MakeTap) -> None:
    run = tap(jira, site="emea", emit_activate_version_messages=True).run()
    assert run.code == 1
    assert "are of other sites" in run.errors[0]
    assert not run.messages.records
