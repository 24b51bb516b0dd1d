"""The measurements run and come out as a table and a picture; how quick anything is, they tell."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench import peers
from bench.peers_report import kept, of_peers

ROOT = Path(__file__).resolve().parent.parent


def test_the_quick_measurements(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--folder", str(tmp_path)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    page = (tmp_path / "RESULTS.md").read_text()
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles == [
        "## Ratios",
        "## Full runs, 5 ms latency",
        "## Full runs, 20 ms latency",
        "## Later runs at 60 issues, 5 ms latency",
        "## The issues stream alone on one core, 60 issues, no latency",
        "## Forms of values: 60 issues with comments, one core, no latency",
        "## Into PostgreSQL, 20 issues, no latency",
        "## A census of 60 issues, no latency",
        "## Peak memory of a full run, no latency",
        "## What the stand-in Jira itself computes for a full run",
    ]
    assert "| nothing changed | " in page
    assert "| 40 issues changed | " in page
    for ratio in ("beside the tap alone", "beside the same with the target's own defaults"):
        row = rf"^\| A full run into PostgreSQL, [\d,]+ rows, {ratio} \| "
        assert re.search(row, page, re.MULTILINE), ratio
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")


def test_the_measurements_that_are_kept_are_whole() -> None:
    page = (ROOT / "bench" / "RESULTS.md").read_text()
    for size in ("1,000", "10,000"):
        for concurrency in (1, 4, 8):
            assert f"| {size} | {concurrency} | " in page
    assert "(results.png)" in page
    assert (ROOT / "bench" / "results.png").read_bytes().startswith(b"\x89PNG")


def test_the_readme_quotes_them() -> None:
    page = (ROOT / "bench" / "RESULTS.md").read_text()
    readme = (ROOT / "README.md").read_text()
    for size, sentence in (("1,000", "{} for a site of 1,000"), ("10,000", "{} for\n  10,000")):
        (requests,) = set(re.findall(rf"^\| {size} \| \d \| (\d+) \|", page, re.MULTILINE))
        assert sentence.format(requests) in readme


#: An extractor that reads the first page of projects and of users, twice, and nothing else.
FAKE = """\
#!{python}
import base64, certifi, json, ssl, sys, urllib.request

def option(name):
    with open(sys.argv[sys.argv.index(name) + 1]) as file:
        return json.load(file)

if "--discover" in sys.argv:
    names = ("projects", "users", "issues")
    empty = {{"breadcrumb": [], "metadata": {{}}}}
    streams = [{{"tap_stream_id": name, "metadata": [empty]}} for name in names]
    print(json.dumps({{"streams": streams}}, indent=1))
    sys.exit()
config = option("--config")
login = base64.b64encode(f"{{config['username']}}:{{config['password']}}".encode()).decode()
trusted = ssl.create_default_context(cafile=certifi.where())
for stream in option("--properties")["streams"]:
    if not stream["metadata"][0]["metadata"]["selected"]:
        continue
    name = stream["tap_stream_id"]
    place = {{"projects": "project/search", "users": "users/search", "issues": "search"}}[name]
    for _ in range(2):
        url = f"https://{{config['base_url']}}/rest/api/2/{{place}}?maxResults=3"
        request = urllib.request.Request(url, headers={{"Authorization": f"Basic {{login}}"}})
        answer = json.load(urllib.request.urlopen(request, context=trusted))
        for row in answer if isinstance(answer, list) else answer["values"]:
            print(json.dumps({{"type": "RECORD", "stream": name, "record": row}}))
    print(json.dumps({{"type": "STATE", "value": {{}}}}))
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> peers.Peer:
    """That one, installed in place of singer-io's, and no other."""
    programs = {"tap-jira": FAKE.format(python=sys.executable), "python": "#!/bin/sh\necho 1.2.3\n"}
    for name, text in programs.items():
        file = tmp_path / "tools" / "peer-singer" / "bin" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
    monkeypatch.setattr(peers, "_TOOLS", tmp_path / "tools")
    streams = {"projects": "projects", "users": "users"}
    peer = dataclasses.replace(peers.PEERS[0], streams=streams)
    monkeypatch.setattr(peers, "PEERS", (peer, *peers.PEERS[1:]))
    return peer


def test_what_another_extractor_does_is_counted(fake: peers.Peer) -> None:
    said: list[str] = []
    compared = peers.compare(said.append, sys.executable, (20,))
    assert [line for line in said if "not installed" in line] == [
        f"{peer.name} is not installed in {peer.folder.parent}: not measured"
        for peer in peers.PEERS[1:]
    ]
    ours, theirs = compared.runs
    assert [ours.missing(stream) for stream in peers.STREAMS] == [0] * 6
    assert (theirs.name, theirs.version) == (fake.name, "1.2.3")
    assert theirs.cost.requests == 4
    for stream in peers.STREAMS:
        read = 3 if stream in fake.streams else 0
        assert theirs.missing(stream) == len(theirs.there[stream]) - read > 0
    section = of_peers(compared)
    assert f"{fake.name} 1.2.3" in section
    assert f"| {fake.name} | 20 | 4 | " in section
    assert "/rest/api/3/search" not in section  # no one who asks for it was measured


def test_what_airbyte_says_is_understood(tmp_path: Path) -> None:
    """Its catalog is one message among others; its issues carry what it has of histories."""
    stream = {"name": "issues", "supported_sync_modes": ["full_refresh", "incremental"]}
    issue = {"id": "1", "changelog": {"histories": [{"id": "7"}, {"id": "8"}]}}
    messages = (
        {"type": "LOG", "log": {"message": "…"}},
        {"type": "CATALOG", "catalog": {"streams": [stream, {**stream, "name": "boards"}]}},
        {"type": "RECORD", "record": {"stream": "issues", "data": issue}},
        {"type": "RECORD", "record": {"stream": "users", "data": {"accountId": "me"}}},
    )
    file = tmp_path / "output"
    file.write_text("\n".join(map(json.dumps, messages)))
    airbyte = peers.PEERS[1]
    catalog = airbyte.dialect.selected(peers._discovered(file), set(airbyte.streams.values()))
    assert [each["sync_mode"] for each in catalog["streams"]] == ["incremental"]
    found = peers._ids(file, airbyte.dialect, airbyte.streams, embedded=airbyte.embedded)
    assert found == {"issues": {"1"}, "changelogs": {"7", "8"}, "users": {"me"}}


def test_a_page_keeps_what_was_not_measured() -> None:
    page = (ROOT / "bench" / "RESULTS.md").read_text()
    rest, others = kept(page)
    assert rest + others == page
    assert "## Peak memory" in rest
    assert others.startswith("\n## Other extractors")
    assert kept(rest) == (rest, "")


def test_the_measurements_of_others_are_of_the_locked_versions() -> None:
    others = kept((ROOT / "bench" / "RESULTS.md").read_text())[1]
    for peer in peers.PEERS[:2]:
        lock = (ROOT / "constraints" / f"{peer.environment}.txt").read_text()
        (version,) = re.findall(rf"^{peer.package}==(\S+)", lock, re.MULTILINE)
        assert f"{peer.name} {version}" in others
    for size in peers.SIZES:
        assert f"| {peers.OURS} | {size:,} |{' 0 |' * len(peers.STREAMS)}" in others
