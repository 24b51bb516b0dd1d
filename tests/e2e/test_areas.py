"""Every declared stream, on both products: its rows are what Jira has, and who may not is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tap_jira.streams import RESOURCES
from tests.support.areas import differences, found, wanted
from tests.support.tap import Tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from tests.conftest import MakeSandbox
    from tests.support.tap import Run

PERSONALITIES = ("cloud", "dc")
NAMES = tuple(each.name for each in RESOURCES)


class Wide(Tap):
    """A tap with all streams that the product has."""

    core = False

    def all_selected(self, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
        """The catalog with every declared stream selected, those that are off by default too."""
        catalog = self.discover()
        names = [each["tap_stream_id"] for each in catalog["streams"]]
        return select(catalog, *(n for n in names if n in NAMES and n not in without))


@pytest.fixture(scope="module", params=PERSONALITIES)
def jira(request: pytest.FixtureRequest, module_sandbox: MakeSandbox) -> Sandbox:
    return module_sandbox(personality=request.param, issues=60)


@pytest.fixture(scope="module")
def tap(jira: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Wide:
    return Wide(tmp_path_factory.mktemp("wide"), jira.settings())


@pytest.fixture(scope="module")
def catalog(tap: Wide) -> dict[str, Any]:
    return tap.all_selected()


@pytest.fixture(scope="module")
def run(tap: Wide, catalog: dict[str, Any]) -> Run:
    return tap.sync(catalog=catalog)


@pytest.mark.parametrize("stream", NAMES)
def test_a_stream_is_what_jira_has(
    stream: str, jira: Sandbox, run: Run, catalog: dict[str, Any]
) -> None:
    entry = next((e for e in catalog["streams"] if e["tap_stream_id"] == stream), None)
    if entry is None:
        assert not jira.jira.shelf[stream], f"{stream} is not discovered"
        return
    (schema,) = run.messages.schemas[stream]
    assert schema["key_properties"] == entry["key_properties"]
    validator = jsonschema.Draft7Validator(
        schema["schema"], format_checker=jsonschema.FormatChecker()
    )
    for record in run.messages.records[stream]:
        validator.validate(record)
    want, have = wanted(jira.jira, stream, schema), found(run.messages, stream, schema)
    assert want, f"the sandbox has no {stream}"
    assert differences(stream, want, have)[:5] == []


def test_whoever_is_no_administrator_gets_the_rest(sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(issues=10, administrator=False, browse_users=False)
    tap = Wide(tmp_path, jira.settings())
    run = tap.sync(catalog=tap.all_selected())
    assert run.messages.records["boards"]
    told = [warning for warning in run.warnings if "workflow_schemes" in warning]
    assert len(told) == 1
    assert "Administer Jira" in told[0]
    assert "workflow_schemes" not in run.messages.schemas
