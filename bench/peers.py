"""Other extractors for Jira on the same stand-in: what they ask, how long, and what they miss.

An extractor is a declaration; it is measured if it is installed below ``.venv/tools/``. The
Makefile installs those that are on the package index, by their locks. MeltanoLabs' is not, and who
wants it measured makes ``.venv/tools/peer-meltanolabs`` by its own instructions.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from bench.tap import Cost, Tap, launched
from sandbox import Options, Sandbox, truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: What all of them are asked for, by our names.
STREAMS = ("issues", "comments", "changelogs", "worklogs", "projects", "users")
SIZES = (300, 1_000)
QUICK = (20,)
OURS = "this tap"
_TOOLS = Path(sys.executable).parent.parent / "tools"
_START = "2000-01-01T00:00:00Z"
_AGENT = "tap-jira-bench"
_LATENCY = 0.05

Ids = dict[str, set[str]]
Json = dict[str, Any]
Record = tuple[str, Json]


@dataclass(frozen=True)
class Dialect:
    """How a kind of extractor is run, and what it writes."""

    discover: tuple[str, ...]
    """What comes before ``--config`` to be told of the streams."""
    read: tuple[str, ...]
    """What comes before ``--config`` to read."""
    catalog: str
    """The option that takes the catalog."""
    selected: Callable[[list[Json], set[str]], Json]
    """The catalog with some of the streams that were found."""
    record: Callable[[Json], Record | None]
    """The stream and the row of a message that has one."""


@dataclass(frozen=True)
class Peer:
    """One extractor."""

    name: str
    package: str
    environment: str
    """Its folder in ``.venv/tools``."""
    program: str
    dialect: Dialect
    streams: Mapping[str, str]
    """Its names of the streams; what it has none of is absent."""
    config: Callable[[str, str, str], Json]
    """Its settings for a host, a user and a token; everything else is as it comes."""
    embedded: bool = False
    """Whether the histories that its issues carry are what it has of them."""
    old_search: bool = False
    """Whether it asks for the search that Jira Cloud removed in 2025."""

    @property
    def folder(self) -> Path:
        """Where its commands are."""
        return _TOOLS / self.environment / "bin"


@dataclass(frozen=True)
class Run:
    """One extractor on one site."""

    issues: int
    there: Ids
    """What the site has, by stream."""
    name: str
    version: str
    cost: Cost
    found: Ids
    """What it has written."""

    def missing(self, stream: str) -> int:
        """How many rows it has not written."""
        return len(self.there[stream] - self.found.get(stream, set()))


@dataclass(frozen=True)
class Compared:
    """All of them."""

    runs: list[Run]
    latency: float = _LATENCY
    machine_load: float = field(default_factory=lambda: psutil.getloadavg()[0])
    at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


def _singer_selected(found: list[Json], wanted: set[str]) -> Json:
    for stream in found:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = stream["tap_stream_id"] in wanted
    return {"streams": found}


def _singer_record(message: Json) -> Record | None:
    return (message["stream"], message["record"]) if message["type"] == "RECORD" else None


def _airbyte_selected(found: list[Json], wanted: set[str]) -> Json:
    chosen = [
        {
            "stream": stream,
            "sync_mode": stream["supported_sync_modes"][-1],
            "destination_sync_mode": "append",
        }
        for stream in found
        if stream["name"] in wanted
    ]
    return {"streams": chosen}


def _airbyte_record(message: Json) -> Record | None:
    if message["type"] != "RECORD":
        return None
    return message["record"]["stream"], message["record"]["data"]


def _with_domain(host: str, user: str, token: str) -> Json:
    return {"domain": host, "email": user, "api_token": token, "start_date": _START}


OLD_SINGER = Dialect(("--discover",), (), "--properties", _singer_selected, _singer_record)
SINGER = Dialect(("--discover",), (), "--catalog", _singer_selected, _singer_record)
AIRBYTE = Dialect(("discover",), ("read",), "--catalog", _airbyte_selected, _airbyte_record)

PEERS = (
    Peer(
        "singer-io's tap-jira",
        "tap-jira",
        "peer-singer",
        "tap-jira",
        OLD_SINGER,
        {each: "issue_comments" if each == "comments" else each for each in STREAMS},
        lambda host, user, token: {
            "base_url": host,
            "username": user,
            "password": token,
            "start_date": _START,
            "user_agent": _AGENT,
        },
    ),
    Peer(
        "Airbyte's source-jira",
        "airbyte-source-jira",
        "peer-airbyte",
        "source-jira",
        AIRBYTE,
        {
            "issues": "issues",
            "comments": "issue_comments",
            "worklogs": "issue_worklogs",
            "projects": "projects",
            "users": "users",
        },
        _with_domain,
        embedded=True,
        old_search=True,
    ),
    Peer(
        "MeltanoLabs' tap-jira",
        "tap-jira",
        "peer-meltanolabs",
        "tap-jira",
        SINGER,
        {
            "issues": "issues",
            "comments": "issue_comments",
            "changelogs": "issue_changelog",
            "worklogs": "issue_worklogs",
            "projects": "projects",
            "users": "users",
        },
        lambda *site: {
            **_with_domain(*site),
            "page_size": {"issues": 100},  # as its definition on the Meltano Hub has it
        },
    ),
)


def compare(say: Callable[[str], None], python: str, sizes: tuple[int, ...]) -> Compared:
    """Run each that is installed, and this tap, on sites of these sizes."""
    compared = Compared([])
    peers = []
    for peer in PEERS:
        if (peer.folder / peer.program).exists():
            peers.append(peer)
        else:
            say(f"{peer.name} is not installed in {peer.folder.parent}: not measured")
    for size in sizes:
        # `isLast` on each page, as Jira has it nearly always: some cannot do without it.
        options = Options(issues=size, is_last="always")
        with Sandbox(options, tls=True) as jira, tempfile.TemporaryDirectory() as name:
            there = {table: set(rows) for table, rows in truth(jira.jira, STREAMS).items()}
            for measured in _measured(jira, Path(name), python, peers):
                run = Run(size, there, *measured)
                compared.runs.append(run)
                said = f"{run.cost.requests:,} requests, {run.cost.seconds:.1f} s"
                say(f"{size:,} issues, {run.name}: {said}")
    return compared


_Measured = tuple[str, str, Cost, Ids]


def _measured(
    jira: Sandbox, folder: Path, python: str, peers: Sequence[Peer]
) -> Iterator[_Measured]:
    yield _ours(jira, folder, python)
    for peer in peers:
        yield _theirs(jira, peer)


def _ours(jira: Sandbox, folder: Path, python: str) -> _Measured:
    tap = Tap(jira, folder, python)
    settings: dict[str, Any] = {"ca_bundle": jira.ca_bundle}
    catalog = tap.discover(*STREAMS, **settings)
    tap.run(catalog=catalog, **settings)  # and the stand-in Jira has made its answers
    cost = tap.run(catalog=catalog, keep=True, latency=_LATENCY, **settings)
    return OURS, "", cost, _ids(tap.output, SINGER, {each: each for each in STREAMS})


def _theirs(jira: Sandbox, peer: Peer) -> _Measured:
    with tempfile.TemporaryDirectory(prefix="tap-jira-bench-") as name:
        folder = Path(name)
        trusting = _trust(folder, jira)
        mine = jira.settings()
        host = jira.url.removeprefix("https://")
        config = _file(folder, "config", peer.config(host, mine["username"], mine["api_token"]))
        program, output, used = str(peer.folder / peer.program), folder / "output", folder / "used"
        jira.jira.options.old_search = peer.old_search
        jira.jira.options.latency_seconds = 0.0
        command = [program, *peer.dialect.discover, "--config", config]
        launched(jira, command, output, used, paths=trusting)
        catalog = peer.dialect.selected(_discovered(output), set(peer.streams.values()))
        command = [program, *peer.dialect.read, "--config", config]
        command += [peer.dialect.catalog, _file(folder, "catalog", catalog)]
        launched(jira, command, output, used, paths=trusting)  # it has made its answers
        jira.jira.options.latency_seconds = _LATENCY
        cost = launched(jira, command, output, used, paths=trusting)
        jira.jira.options.old_search = False
        found = _ids(output, peer.dialect, peer.streams, embedded=peer.embedded)
        return peer.name, _version(peer), cost, found


def _trust(folder: Path, jira: Sandbox) -> str:
    """A path on which Python finds a `certifi` that knows the stand-in's certificate authority.

    All of them insist on https, and none has a setting for an authority or heeds that of
    `requests`; this is what distributions do that keep the authorities in a place of their own.
    """
    module = folder / "trusting" / "certifi" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text(f"def where():\n    return {jira.ca_bundle!r}\n", encoding="utf-8")
    return str(module.parent.parent)


def _file(folder: Path, name: str, content: Json) -> str:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def _discovered(output: Path) -> list[Json]:
    """The streams of a Singer catalog, which is all of the output, or of Airbyte's message."""
    text = output.read_text(encoding="utf-8")
    try:
        streams: list[Json] = json.loads(text)["streams"]
    except (ValueError, KeyError):
        (streams,) = (
            message["catalog"]["streams"]
            for message in map(json.loads, text.splitlines())
            if message["type"] == "CATALOG"
        )
    return streams


def _ids(
    output: Path, dialect: Dialect, streams: Mapping[str, str], *, embedded: bool = False
) -> Ids:
    """The ids of the rows that were written, by our names of the streams."""
    ours = {theirs: name for name, theirs in streams.items()}
    found: Ids = {}
    for stream, row in _records(output, dialect):
        if stream not in ours:
            continue
        ident = row.get("id") or row.get("accountId") or row["account_id"]
        found.setdefault(ours[stream], set()).add(str(ident))
        if embedded and ours[stream] == "issues":
            histories = row.get("changelog", {}).get("histories", ())
            found.setdefault("changelogs", set()).update(str(each["id"]) for each in histories)
    return found


def _records(output: Path, dialect: Dialect) -> Iterator[Record]:
    with output.open(encoding="utf-8") as lines:
        for record in map(dialect.record, map(json.loads, lines)):
            if record is not None:
                yield record


def _version(peer: Peer) -> str:
    code = f"from importlib import metadata; print(metadata.version({peer.package!r}))"
    python = str(peer.folder / "python")
    return subprocess.check_output([python, "-I", "-c", code], text=True).strip()
