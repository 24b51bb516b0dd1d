"""Every command in the documentation is executed, or its parts exist; configurations are valid."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import psycopg
import pytest
import yaml

from bench.peers import OURS, STREAMS
from bench.peers_report import kept
from demo.__main__ import live_in
from demo.pipeline import LOADING
from sandbox.truth import truth
from tap_jira.settings import parse
from tap_jira.settings_schema import CONFIG_SCHEMA
from tests import docs_site, generated
from tests.support.changes import visible
from tests.support.launch import BIN, environment

if TYPE_CHECKING:
    from demo.postgres import Postgres
    from sandbox import Sandbox
    from tests.conftest import MakeSandbox

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
EXAMPLES = sorted((ROOT / "examples").rglob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")), *EXAMPLES]
#: How to log in that each page is about, in the order of its configurations.
WAYS = {
    "api-token": ["basic"],
    "scoped-token": ["basic"],
    "oauth": ["oauth"] * 3,
    "client-credentials": ["client_credentials"],
    "personal-access-token": ["pat"],
    "password": ["basic", "cookie"],
    "anonymous": ["anonymous"] * 2,
}
#: What a machine has anyway.
SHELL = {"tail", "mv", "[", "set"}
PIPELINE = {"tap-jira", "target-postgres", *SHELL}
#: Run by tests of their own, or tools of others: their words are looked at below.
LOOKED_AT = {"make", "meltano", "export", "python3", "venv/bin/pip", "pipx", "echo", "jq", "duckdb"}
LOOKED_AT |= {"target-duckdb"}  # `make targets` runs these lines
LOOKED_AT |= {"dbt", "psql"}  # and `make dbt` these
LOOKED_AT |= {"cp", "mkdir", "chmod", "crontab", "systemctl", "journalctl"}  # what they name exists
LOOKED_AT |= {"/srv/jira/venv/bin/pip", "/opt/tap-jira/venv/bin/pip", "/srv/jira/venv/bin/tap-jira"}
LOOKED_AT |= {"dagster"}  # tests/orchestrators runs what the examples are made for
# tests/e2e/test_scaling.py runs this script
LOOKED_AT |= {"one", "one()", "./load.sh", "return", "exit", "xargs", "}"}


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language on a page."""
    pattern = rf"^```{language}\n(.*?)^```"
    return re.findall(pattern, page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def commands(block: str) -> list[str]:
    """Its command lines, joined where they go on, without comments."""
    joined = re.sub(r"'[^']*'", lambda quoted: quoted[0].replace("\n", " "), block)
    lines = [re.sub(r"\s+#.*$", "", line).strip() for line in joined.splitlines()]
    return [line for line in lines if line and not line.startswith("# ")]


def programs(line: str) -> set[str]:
    """The programs that a line calls."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "x", line)
    parts = re.split(r"\s*(?:&&|\|\||;|(?<!>)\||\{ )\s*", bare)
    called = (part for part in parts if part.strip(" }") and not re.fullmatch(r"\w+=\S*", part))
    return {part.split()[0] for part in called}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_configurations_are_accepted(page: Path) -> None:
    target = generated.about("target-postgres")["settings"]["properties"]
    ways = []
    for block in blocks(page, "json"):
        example = json.loads(block.replace("…", "x"))
        if isinstance(example, list):  # slices
            for each in example:
                assert parse({"base_url": "https://x", **each}).slice
        elif "base_url" in example:
            jsonschema.validate(example, CONFIG_SCHEMA)
            assert example.keys() <= CONFIG_SCHEMA["properties"].keys()
            ways.append(parse(example).auth_method)
        elif "sqlalchemy_url" in example:
            assert LOADING.items() <= example.items()
            assert example.keys() <= target.keys()
        else:
            assert "bookmarks" in example, f"what is this? {block}"
    if page.parent.name == "connecting" and page.stem != "index":
        assert ways == WAYS[page.stem]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_selections_and_variables_are_known(page: Path) -> None:
    streams = generated.discovered("cloud")
    variables = yaml.safe_load((ROOT / "dbt" / "dbt_project.yml").read_text())["vars"]["tap_jira"]
    for block in blocks(page, "yaml"):
        example = yaml.safe_load(block)
        assert example.keys() <= {"select", "vars", "packages", "tap_jira"}
        assert example.get("vars", {}).get("tap_jira", {}).keys() <= variables.keys()
        for pattern in example.get("select", ()):
            name, column = pattern.removeprefix("!").split(".")
            assert column == "*" or column in streams[name]["schema"]["properties"]
            assert name in streams


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_are_known_and_what_they_name_exists(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    for line in (line for block in blocks(page, "sh") for line in commands(block)):
        unknown = programs(line) - PIPELINE - LOOKED_AT
        assert not unknown, f"nothing executes or checks {unknown}: {line}"
        words = line.split()
        assert all((ROOT / word).exists() for word in words if word.startswith("examples/")), line
        if words[0] == "make":
            assert {word for word in words[1:] if "=" not in word} <= targets
        elif words[:2] == ["meltano", "run"]:
            known = {job["name"] for job in project["jobs"]}
            known |= {each["name"] for plugins in project["plugins"].values() for each in plugins}
            assert words[2].partition(":")[0] in known
        elif words[0] == "venv/bin/pip" and "-r" in words:
            assert (ROOT / words[words.index("-r") + 1]).is_file()
        elif words[0] == "export":
            assert set(re.findall(r"TAP_JIRA_(\w+)=", line)) <= {
                name.upper() for name in CONFIG_SCHEMA["properties"]
            }


@pytest.fixture
def place(sandbox: MakeSandbox, postgres: Postgres, tmp_path: Path) -> tuple[Sandbox, Path, str]:
    """A stand-in Jira, a folder with the files that the examples name, and the target's schema."""
    jira = sandbox(issues=40)
    schema = f"docs_{uuid.uuid4().hex}"
    target = {
        "sqlalchemy_url": postgres.sqlalchemy_url,
        "default_target_schema": schema,
        **LOADING,
    }
    (tmp_path / "config.json").write_text(json.dumps(jira.settings()))
    (tmp_path / "target.json").write_text(json.dumps(target))
    shutil.copy(ROOT / "catalog" / "core.json", tmp_path / "catalog.json")
    return jira, tmp_path, schema


def sh(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a shell makes of it, with the commands of this environment."""
    variables = environment()
    variables["PATH"] = f"{BIN}:{variables['PATH']}"
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def rows(postgres: Postgres, schema: str, table: str) -> int:
    with psycopg.connect(postgres.uri) as connection:
        found = connection.execute(f'SELECT count(*) FROM "{schema}".{table}'.encode()).fetchone()
    assert found is not None
    return int(found[0])


PIPED = [
    page
    for page in PAGES
    for lines in [[line for block in blocks(page, "sh") for line in commands(block)]]
    if any("tap-jira " in line for line in lines)
]


@pytest.mark.parametrize("page", PIPED, ids=lambda page: page.stem)
def test_pipelines_run_as_they_stand(
    page: Path, place: tuple[Sandbox, Path, str], postgres: Postgres
) -> None:
    """Block after block in one folder, as a reader would; `state.json` is there as after a run."""
    jira, folder, schema = place
    (folder / "state.json").write_text('{"bookmarks": {}}')
    loaded = False
    for block in blocks(page, "sh"):
        lines = commands(block)
        if not set().union(*map(programs, lines)) <= PIPELINE:
            continue
        done = sh(f"set -e\n{block}", folder)
        assert done.returncode == 0, done.stderr[-3000:]
        loaded |= "target-postgres" in block
    if loaded:
        assert rows(postgres, schema, "issues") == len(visible(jira.jira))
    assert json.loads((folder / "catalog.json").read_text())["streams"]


def test_the_lines_for_cron(place: tuple[Sandbox, Path, str], postgres: Postgres) -> None:
    """They are those of examples/, which `make test-orchestrators` tries in good and bad hours."""
    jira, folder, schema = place
    (shown,) = (text for text in blocks(DOCS / "every-hour.md", "text") if "load.sh" in text)
    assert shown == (ROOT / "examples" / "cron" / "crontab").read_text()
    shutil.copy(ROOT / "examples" / "load.sh", folder)
    hourly = shown.splitlines()[1].split(None, 5)[5].replace("/srv/jira", str(folder))
    for _ in range(2):
        done = sh(hourly, folder)
        assert (done.returncode, done.stdout) == (0, "")
        assert rows(postgres, schema, "issues") == len(visible(jira.jira))
        jira.mutate.create_issue("PUB", summary="New")
        jira.jira.clock.advance(minutes=60)


def test_first_rows_are_those_of_the_demo(sandbox: MakeSandbox) -> None:
    jira = sandbox(issues=1000).jira
    live_in(jira)
    tables = truth(jira)
    (shown,) = (text for text in blocks(DOCS / "first-rows.md", "text") if "First run" in text)
    for name, one, other in re.findall(r"^  (\w+) +([\d,]+) +([\d,]+)", shown, re.MULTILINE):
        assert one == other == f"{len(tables[name]):,}", name


def test_the_comparison_quotes_the_measurements() -> None:
    measured = (ROOT / "bench" / "RESULTS.md").read_text()
    page = (DOCS / "comparison.md").read_text()
    for issues, text in (("1,000", "1,000 issues"), ("10,000", "10,000 issues")):
        requests, seconds = re.findall(
            rf"^\| {issues} \| 8 \| (\d+) \| ([\d.]+) ", measured, re.MULTILINE
        )[0]
        assert f"| A full run, {text} | {requests} requests, {seconds} s |" in page
    for what, issues in (("Peak memory, 10,000", "10,000"), ("Peak memory, 100,000", "100,000")):
        memory = measured.partition("## Peak memory")[2]
        megabytes = re.findall(rf"^\| {issues} \| (\d+) \|", memory, re.MULTILINE)[0]
        assert f"| {what} issues | {megabytes} MB |" in page
    ratio = re.findall(r"10,000 issues, 250 ms latency \| ([\d.]+ times as fast)", measured)[0]
    assert f"10,000 issues, 250 ms latency | {ratio} |" in page
    idle = re.findall(r"^\| nothing changed \| (\d+) \|", measured, re.MULTILINE)[0]
    assert f"| An hour in which nothing changed | {idle} requests |" in page


def test_the_comparison_quotes_what_others_took() -> None:
    """At 1,000 issues: requests, processor seconds, missing comments and histories."""
    costs, _, missing = kept((ROOT / "bench" / "RESULTS.md").read_text())[1].partition("Rows that")
    page = (DOCS / "comparison.md").read_text()
    shown = {
        OURS: "This tap",
        "singer-io's tap-jira": "singer-io, 2.6.0",
        "Airbyte's source-jira": "Airbyte, 4.0.0, with a search that Jira removed",
        "MeltanoLabs' tap-jira": "MeltanoLabs, at 0fa5471",
    }
    for name, label in shown.items():
        row = rf"^\| {re.escape(name)} \| 1,000 \| "
        ((requests, _, processor),) = (
            found.split(" | ") for found in re.findall(rf"{row}(.+) \|$", costs, re.MULTILINE)
        )
        (rest,) = re.findall(rf"{row}(.+) \|$", missing, re.MULTILINE)
        lost = dict(zip(STREAMS, rest.split(" | "), strict=True))
        told = (label, requests, processor, lost["comments"], lost["changelogs"])
        assert f"| {' | '.join(told)} |" in page
        assert (lost["issues"], lost["worklogs"]) == ("0", "0")
    (there,) = re.findall(r"^\| \(all that there are\) \| 1,000 \| (.+) \|$", missing, re.MULTILINE)
    site = dict(zip(STREAMS, there.split(" | "), strict=True))
    said = "{issues}\nissues, {comments} comments and {changelogs} histories"
    assert said.format(**site) in page


def test_every_page_has_its_place_on_the_site() -> None:
    """In the navigation, once; and each of its links has one as well."""
    places = docs_site.places()
    pages = {place for place in places.values() if place.endswith(".md")}
    listed = re.findall(r'"([\w/-]+\.md)"', (ROOT / "zensical.toml").read_text())
    assert sorted(listed) == sorted(pages)
    for source, place in places.items():
        if place in pages:
            docs_site.page(source, places)


def test_a_link_without_a_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(docs_site, "ROOT", tmp_path)
    page = tmp_path / "docs" / "a.md"
    known = {"docs/a.md": "a.md", "docs/deep/b.md": "deep/b.md", "SECURITY.md": "security.md"}
    page.write_text(
        "[b](deep/b.md#c) [s](../SECURITY.md) [out](https://example.com/x.md) [here](#c)"
    )
    text, downloads = docs_site.page("docs/a.md", known)
    assert text.startswith(
        "[b](deep/b.md#c) [s](security.md) [out](https://example.com/x.md) [here]"
    )
    assert downloads == {}
    (tmp_path / "meltano.yml").write_text("")
    page.write_text("[m](../meltano.yml)")
    text, downloads = docs_site.page("docs/a.md", known)
    assert (text, downloads) == ("[m](files/meltano.yml)", {"meltano.yml": "files/meltano.yml"})
    for link in ("../README.md", "nowhere.md", "../nothing.yml"):
        page.write_text(f"[x]({link})")
        with pytest.raises(docs_site.LinkError, match="has no place"):
            docs_site.page("docs/a.md", known)
