"""The clocks of service management in `issues`: typed, and without a request of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from sandbox import Fault
from tests.faults.support import Tap
from tests.support.expected import expected
from tests.support.tap import entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox import Sandbox
    from tests.conftest import MakeSandbox
    from tests.support.tap import Run

TIMES, SPANS = {"startTime", "breachTime"}, {"goalDuration", "elapsedTime", "remainingTime"}


@pytest.fixture(scope="module", params=["cloud", "dc"])
def site(request: pytest.FixtureRequest, module_sandbox: MakeSandbox) -> Sandbox:
    return module_sandbox(personality=request.param, issues=80)


@pytest.fixture
def jira(site: Sandbox) -> Iterator[Sandbox]:
    yield site
    site.faults.clear()
    site.reset_counts()


@pytest.fixture
def column(jira: Sandbox) -> str:
    return jira.jira.world.catalogue.named("Time to resolution").id


def read(jira: Sandbox, folder: Path, **config: Any) -> tuple[Run, dict[str, Any]]:
    """A run of the issues, and what `--discover` promised of them."""
    tap = Tap(jira, folder, **config)
    catalog = tap.catalog("issues")
    jira.reset_counts()
    run = tap.run(catalog=catalog, state={})
    assert run.code == 0, run.log
    return run, entry(catalog, "issues")["schema"]["properties"]


def kind(schema: dict[str, Any]) -> str:
    return str(next(each for each in schema["type"] if each != "null"))


def test_a_clock_says_what_it_is_made_of(jira: Sandbox, column: str, tmp_path: Path) -> None:
    run, promised = read(jira, tmp_path)
    clock = promised[column]["properties"]
    over, running = clock["completedCycles"]["items"], clock["ongoingCycle"]
    assert over["properties"].keys() == {*TIMES, *SPANS, "stopTime", "breached"}
    flags = {"breached", "paused", "withinCalendarHours"}
    assert running["properties"].keys() == {*TIMES, *SPANS, *flags}
    for cycle in (over, running):
        for name, member in cycle["properties"].items():
            if name in flags:
                assert kind(member) == "boolean"
            else:
                number = "millis" if name in SPANS else "epochMillis"
                assert kind(member["properties"][number]) == "integer"
    wanted = {key: row[column] for key, row in expected(jira.jira)["issues"].items()}
    have = {row["id"]: row[column] for row in run.messages.records["issues"]}
    assert have == wanted
    clocks = [each for each in have.values() if each]
    assert {len(each["completedCycles"]) for each in clocks} >= {0, 1, 2}
    assert {"ongoingCycle" in each for each in clocks} == {True, False}
    assert not [name for name in jira.counts if "servicedesk" in name]


ODD: tuple[Any, ...] = (
    {
        "id": 10,
        "name": ["Lösung"],
        "completedCycles": {"breached": "true", "elapsedTime": {"millis": "7"}},
        "ongoingCycle": None,
    },
    {
        "id": None,
        "completedCycles": [None, {"startTime": "2026-01-01", "goalDuration": 4, "breached": 1}],
        "ongoingCycle": [{"paused": True}],
    },
    {"completedCycles": [{"elapsedTime": {"millis": 2**70}, "stopTime": {"epochMillis": 1.5}}]},
    {"errorMessage": "You may not see it."},
    "2h",
    [],
    7,
)


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_whatever_comes_is_as_promised(
    value: Any, jira: Sandbox, column: str, tmp_path: Path
) -> None:
    jira.faults.add(
        Fault("put", "POST ", count=10**6, values={f"issues.fields.{column}": value}),
        Fault("put", "GET /search", count=10**6, values={f"issues.fields.{column}": value}),
    )
    run, promised = read(jira, tmp_path)
    rows = run.messages.records["issues"]
    validator = jsonschema.Draft7Validator(promised[column])
    for row in rows:
        validator.validate(row[column])
    assert any(row[column] for row in rows)


def test_flattened_it_has_a_column_for_each_of_its_times(
    jira: Sandbox, column: str, tmp_path: Path
) -> None:
    run, _ = read(jira, tmp_path, flattening_enabled=True, flattening_max_depth=3)
    (schema,) = run.messages.schemas["issues"]
    name = f"{column}__ongoingCycle__remainingTime__millis"
    assert kind(schema["schema"]["properties"][name]) == "integer"
    wanted = {
        key: row[column]["ongoingCycle"]["remainingTime"]["millis"]
        for key, row in expected(jira.jira)["issues"].items()
        if row[column] and "ongoingCycle" in row[column]
    }
    have = {row["id"]: row[name] for row in run.messages.records["issues"] if name in row}
    assert wanted
    assert have == wanted
