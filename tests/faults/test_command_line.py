"""What a user may get wrong before anything is read: each is told in one line, as what it is."""

from __future__ import annotations

import copy
import json
import os
import re
import stat
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Options, Sandbox
from tap_jira.blame import sentence
from tap_jira.settings import parse
from tests.support.tap import batch_config, entry, launch, mark, select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.tap import Run

SECRET = "s3cret-value"
#: Nobody listens there, and nobody is asked.
NOWHERE = {"base_url": "http://127.0.0.1:9", "username": "me", "api_token": SECRET}


def write(folder: Path, name: str, content: object) -> str:
    """A file with JSON, or with these bytes."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return str(path)


def refused(run: Run, *words: str) -> None:
    """One error line with these words; no bug, no traceback, no secret, nothing written."""
    assert run.code == 1, run.log
    (line,) = run.errors or run.log.splitlines()
    assert all(word in line for word in words), line
    assert "bug in the tap" not in run.log
    assert "Traceback" not in run.log
    assert SECRET not in run.log
    assert b'"STATE"' not in run.output


# --- files ----------------------------------------------------------------------------------------

CONTENTS = {
    "nothing": (b"", "is empty"),
    "white space": (b" \n", "is empty"),
    "a byte order mark": (b"\xef\xbb\xbf", "is empty"),
    "half an object": (b'{"base_url": ', "is not JSON"),
    "text": (b"base_url: x", "is not JSON"),
    "a list": (b"[]", "Expected `object`, got `array`"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "UTF-8"),
    "Latin 1": ('{"a": "ä"}'.encode("latin-1"), "UTF-8"),
}


@pytest.mark.parametrize("option", ["--config", "--state", "--catalog"])
def test_files_that_are_not_what_they_should_be(option: str, tmp_path: Path) -> None:
    def run(path: str) -> Run:
        good = [] if option == "--config" else ["--config", write(tmp_path, "c.json", NOWHERE)]
        return launch([*good, option, path], tmp_path)

    refused(run("missing.json"), f"missing.json, which {option} names, does not exist")
    refused(run(str(tmp_path)), option, "Is a directory")
    refused(run(""), f"{option} names no file")
    for name, (content, words) in CONTENTS.items():
        refused(run(write(tmp_path, f"{name}.json", content)), f"{name}.json", option, words)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.touch(stat.S_IWUSR)
    refused(launch(["--config", str(path)], tmp_path), str(path), "Permission denied")


@pytest.mark.parametrize("command", ["--check", "--discover", "--test", "--about"])
def test_every_command_says_that_there_is_no_such_file(command: str, tmp_path: Path) -> None:
    run = launch(["--config", "missing.json", command], tmp_path)
    refused(run, "missing.json", "does not exist")
    assert run.output == b""


@pytest.mark.parametrize("command", ["--check", "--discover", "--test", "--about", ""])
@pytest.mark.parametrize("option", ["--catalog", "--state"])
@pytest.mark.parametrize("first", [True, False])
def test_a_catalog_or_state_that_is_not_there_is_told_whatever_the_command(
    option: str, command: str, first: bool, tmp_path: Path
) -> None:
    named = [option, "missing.json"]
    arguments = [*named, *([command] if command else [])]
    if not first:
        arguments = [*arguments[2:], *named]
    config = ["--config", write(tmp_path, "c.json", NOWHERE)]
    run = launch([*config, *arguments], tmp_path)
    refused(run, f"missing.json, which {option} names, does not exist")
    assert run.output == b""


@pytest.mark.parametrize(
    "arguments", [["--nonsense"], ["--config"], ["stray"], ["--check=loudly"]], ids=str
)
def test_a_wrong_command_line_has_an_exit_code_of_its_own(
    arguments: list[str], tmp_path: Path
) -> None:
    assert launch(arguments, tmp_path).code == 2


# --- the environment ------------------------------------------------------------------------------

VARIABLES = [
    ({"TAP_JIRA_PAGE_SIZE": SECRET}, ["TAP_JIRA_PAGE_SIZE", "an integer"]),
    ({"TAP_JIRA_STREAM_MAPS": "{"}, ["TAP_JIRA_STREAM_MAPS", "an object in JSON"]),
    ({"TAP_JIRA_BATCH_CONFIG": "[]"}, ["batch_config"]),
    ({"TAP_JIRA_LOGLEVEL": "LOUD"}, ["TAP_JIRA_LOGLEVEL", "LOUD", "DEBUG, INFO"]),
    ({"LOGLEVEL": "LOUD"}, ["LOGLEVEL", "LOUD", "DEBUG, INFO"]),
    ({"SINGER_SDK_LOG_CONFIG": "broken"}, ["broken", "SINGER_SDK_LOG_CONFIG"]),
    ({"SINGER_SDK_LOG_CONFIG": "other"}, ["other", "SINGER_SDK_LOG_CONFIG", "version"]),
    ({"SINGER_SDK_LOG_CONFIG": "."}, ["SINGER_SDK_LOG_CONFIG", "Is a directory"]),
]


@pytest.mark.parametrize(("variables", "words"), VARIABLES, ids=lambda each: str(each)[:40])
def test_variables_that_cannot_be_meant(
    variables: dict[str, str], words: list[str], tmp_path: Path
) -> None:
    write(tmp_path, "broken", b"{")
    write(tmp_path, "other", b"{}")
    given = {f"TAP_JIRA_{name.upper()}": text for name, text in NOWHERE.items()} | variables
    refused(launch(["--config", "ENV"], tmp_path, variables=given), *words)


# --- settings -------------------------------------------------------------------------------------

KNOWN = {"stream_maps": {}, "flattening_enabled": False, "batch_config": None, "start_date": None}
HERE = {"user": "username", "email": "username", "domain": "base_url"}
UNKNOWN = {
    "start_dat": "start_date",
    **HERE,
    "Project-Keys": "project_keys",
    "max_concurency": "max_concurrency",
    "flattening_enable": "flattening_enabled",
    "zzz": None,
}


def test_settings_that_do_not_exist_are_named_once_without_their_values(tmp_path: Path) -> None:
    bad = {"ca_bundle": "/missing.pem"}  # so that nothing is asked
    config = write(tmp_path, "c.json", NOWHERE | KNOWN | bad | dict.fromkeys(UNKNOWN, SECRET))
    run = launch(["--config", config, "--discover"], tmp_path)
    refused(run, "ca_bundle")
    (line,) = run.warnings
    for name, near in UNKNOWN.items():
        hint = f" (here it is called {near})" if name in HERE else f" (did you mean {near}?)"
        assert f" {name}{hint if near else ''}" in line
    assert line.count(" (") == line.count(",") == len(UNKNOWN) - 1, "and no others"


def test_variables_that_are_no_settings_are_named_once(tmp_path: Path) -> None:
    variables = {
        **{f"TAP_JIRA_{name.upper()}": text for name, text in NOWHERE.items()},
        "TAP_JIRA_CA_BUNDLE": "/missing.pem",
        "TAP_JIRA_START_DAT": SECRET,
        "TAP_JIRA_LOGLEVEL": "info",
        "TAP_JIRA__CATALOG": "Meltano's own",
    }
    run = launch(["--config", "ENV", "--check"], tmp_path, variables=variables)
    refused(run, "ca_bundle")
    (line,) = run.warnings
    assert line.endswith(": TAP_JIRA_START_DAT (did you mean TAP_JIRA_START_DATE?).")
    # Without ENV the environment is nobody's business.
    config = write(tmp_path, "c.json", {**NOWHERE, "ca_bundle": "/missing.pem"})
    assert launch(["--config", config], tmp_path, variables=variables).warnings == []


BATCHES: dict[str, Any] = {
    "encoding": {"format": "jsonl", "compression": "gzip"},
    "storage": {"root": "file:///missing"},
}
SETTINGS: list[tuple[dict[str, Any], list[str]]] = [
    ({"project_keys": [""]}, ["project_keys", "blanks"]),
    ({"project_keys": [" ", ""]}, ["project_keys", "blanks"]),
    ({"jql": "project = A) OR (project = B"}, ["jql", "parentheses"]),
    ({"jql": "(project = A"}, ["jql", "parentheses"]),
    ({"user_agent": "ünnamed"}, ["user_agent", "HTTP header"]),
    ({"personal_access_token": "tökén"}, ["personal_access_token", "HTTP header"]),
    ({"start_date": "now"}, ["start_date", "not a date"]),
    ({"start_date": "10:00"}, ["start_date", "not a date"]),
    ({"start_date": "0001-01-01T00:00:00+14:00"}, ["start_date", "not a date"]),
    ({"end_date": "9999-12-31T23:59:59.999"}, ["end_date", "not a date"]),
    ({"request_timeout": 10**12}, ["request_timeout"]),
    ({"base_url": "https://acme..example.com"}, ["base_url", "not an address"]),
    ({"stream_maps": {"__else__": "x"}}, ["stream_maps"]),
    ({"batch_config": {"storage": BATCHES["storage"]}}, ["batch_config", "encoding"]),
    ({"batch_config": {**BATCHES, "storage": {}}}, ["batch_config", "root"]),
    ({"batch_config": {**BATCHES, "size": 1}}, ["batch_config", "size"]),
    ({"batch_config": {**BATCHES, "batch_size": 0}}, ["batch_config", "batch_size"]),
]


@pytest.mark.parametrize(("config", "words"), SETTINGS, ids=lambda each: str(each)[:60])
def test_settings_that_cannot_be_meant(
    config: dict[str, Any], words: list[str], tmp_path: Path
) -> None:
    path = write(tmp_path, "c.json", NOWHERE | config)
    refused(launch(["--config", path], tmp_path), *words)


@pytest.mark.parametrize(
    "config",
    [
        {"page_size": 50.0},
        {"jql": 'summary ~ "a) or (b"'},
        {"jql": "(project = A) AND (status = B OR (id = 1))"},
        {"project_keys": []},
        {"start_date": "2026-01-31"},
    ],
    ids=str,
)
def test_settings_that_are_fine(config: dict[str, Any]) -> None:
    assert parse(NOWHERE | config).base_url


# --- what shows once there is a Jira --------------------------------------------------------------


@pytest.fixture(scope="module")
def jira() -> Iterator[Sandbox]:
    with Sandbox(Options(issues=3, clock_runs=False)) as box:
        yield box


@pytest.fixture(scope="module")
def found(jira: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The catalog, with `projects` selected."""
    folder = tmp_path_factory.mktemp("discovery")
    config = write(folder, "c.json", jira.settings())
    catalog = json.loads(launch(["--config", config, "--discover"], folder).output)
    return select(catalog, "projects")


def sync(jira: Sandbox, folder: Path, catalog: dict[str, Any], **config: Any) -> Run:
    """A run with a catalog and settings."""
    arguments = ["--config", write(folder, "c.json", jira.settings() | config)]
    return launch([*arguments, "--catalog", write(folder, "catalog.json", catalog)], folder)


CATALOGS: dict[str, tuple[Callable[[dict[str, Any]], Any], list[str]]] = {
    "selected": (lambda each: mark(each, (), selected="yes"), ["catalog.json", "selected"]),
    "breadcrumb": (lambda each: each["metadata"][0].pop("breadcrumb"), ["breadcrumb"]),
    "metadata": (lambda each: each.update(metadata=None), ["catalog.json", "metadata"]),
    "name": (lambda each: each.pop("tap_stream_id"), ["catalog.json", "tap_stream_id"]),
    "type": (lambda each: each["schema"]["properties"]["id"].update(type=5), ["type"]),
    "unknown type": (lambda each: each["schema"]["properties"]["id"].update(type="x"), ["type"]),
    "method": (lambda each: each.update(replication_method="ALL"), ["replication_method"]),
    "incremental": (
        lambda each: each.update(replication_method="INCREMENTAL"),
        ["projects", "replication key"],
    ),
    "key": (lambda each: each.update(replication_key="nope"), ["catalog", "'nope'"]),
}


@pytest.mark.parametrize("name", CATALOGS)
def test_a_catalog_that_cannot_be_followed(
    name: str, jira: Sandbox, found: dict[str, Any], tmp_path: Path
) -> None:
    spoil, words = CATALOGS[name]
    catalog = copy.deepcopy(found)
    spoil(entry(catalog, "projects"))
    refused(sync(jira, tmp_path, catalog), *words, "--discover")


MAPS: list[tuple[dict[str, Any], str]] = [
    ({"projects": {"a": "id +"}}, "id +"),
    ({"projects": {"a": "1/0"}}, "division by zero"),
    ({"projects": {"a": "record['nope']"}}, "'nope'"),
    ({"projects": {"__filter__": "nope"}}, "nope"),
    ({"projects": {"__key_properties__": ["nope"]}}, "nope"),
    ({"projects": {"a": "nope"}}, "there is no 'nope'. A map has the columns that are selected"),
]


@pytest.mark.parametrize(("maps", "words"), MAPS, ids=str)
def test_a_stream_map_that_cannot_be_followed(
    maps: dict[str, Any], words: str, jira: Sandbox, found: dict[str, Any], tmp_path: Path
) -> None:
    refused(sync(jira, tmp_path, found, stream_maps=maps), "stream_maps", words)


def test_what_came_before_a_row_that_a_stream_map_fails_on_is_written(
    jira: Sandbox, found: dict[str, Any], tmp_path: Path
) -> None:
    """And told of, in the summary and by the metric."""
    every = [row["id"] for row in sync(jira, tmp_path, found).messages.records["projects"]]
    middle = len(every) // 2
    maps = {"projects": {"n": f"1 / (int(id) - {every[middle]})"}}
    run = sync(jira, tmp_path, found, stream_maps=maps)
    refused(run, "division by zero")
    assert [row["id"] for row in run.messages.records["projects"]] == every[:middle]
    assert re.search(rf"projects: +{middle} rows", run.log)
    assert re.search(rf'"record_count","value":{middle},"tags":{{"stream":"projects"', run.log)


def test_in_files_the_rows_that_a_batch_message_has_named_are_told_of(
    jira: Sandbox, found: dict[str, Any], tmp_path: Path
) -> None:
    """The others are in no file: the summary does not count them."""
    found = select(found, "projects")
    every = [row["id"] for row in sync(jira, tmp_path, found).messages.records["projects"]]
    middle, size = len(every) // 2, 3
    assert middle % size
    maps = {"projects": {"n": f"1 / (int(id) - {every[middle]})"}}
    files = {"batch_config": batch_config(tmp_path / "files", size)}
    run = sync(jira, tmp_path, found, stream_maps=maps, **files)
    refused(run, "division by zero")
    named = len(run.messages.of("BATCH")) * size
    assert 0 < named < middle
    assert re.search(rf"projects: +{named} rows", run.log)
    assert f"Total: {named} rows" in run.log


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_rows_whose_files_have_no_place_are_not_told_of(
    size: int, jira: Sandbox, found: dict[str, Any], tmp_path: Path
) -> None:
    config = batch_config(tmp_path / "files", size)
    config["storage"]["root"] = "nowhere://here"
    run = sync(jira, tmp_path, select(found, "projects"), batch_config=config)
    refused(run, "batch_config", "nowhere")
    assert "Total: 0 rows" in run.log


@pytest.mark.parametrize("maps", [{"n": "str(comment_ids)"}, {"__filter__": "comment_ids"}])
def test_a_stream_map_has_the_ids_of_comments_that_it_names(
    maps: dict[str, Any], jira: Sandbox, found: dict[str, Any], tmp_path: Path
) -> None:
    """They are left out otherwise, where comments are not selected."""
    run = sync(jira, tmp_path, select(found, "issues"), stream_maps={"issues": maps})
    assert run.code == 0, run.log
    rows = run.messages.records["issues"]
    assert any(row["comment_ids"] for row in rows)


def test_a_stream_map_for_no_stream_is_named(
    jira: Sandbox, found: dict[str, Any], tmp_path: Path
) -> None:
    maps = {
        "isues": {"a": "id"},
        "p*": {"b": "id"},
        "copy": {"__source__": "projects", "id": "id"},
        "other": {"__source__": "nowhere", "id": "id"},
    }
    run = sync(jira, tmp_path, found, stream_maps=maps)
    assert run.code == 0, run.log
    (line,) = run.warnings
    assert line.endswith(": isues (did you mean issues?), other.")


@pytest.mark.parametrize("root", ["gibberish://x", "file:///dev/null/x"])
def test_a_storage_for_batches_that_cannot_be_had(
    root: str, jira: Sandbox, found: dict[str, Any], tmp_path: Path
) -> None:
    batches = {**BATCHES, "storage": {"root": root}}
    refused(sync(jira, tmp_path, found, batch_config=batches), "batch_config")


def test_a_bug_is_still_called_one() -> None:
    with pytest.raises(AttributeError) as raised:
        parse(None)  # type: ignore[arg-type] # the bug
    assert sentence(raised.value) is None
