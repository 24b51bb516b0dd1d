"""Running the tap the way a user does: its command, a configuration file, its output."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.support.launch import launcher
from tests.support.messages import Messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class LogLine:
    """One line of the log."""

    level: str
    logger: str
    text: str


@dataclass(frozen=True)
class Run:
    """What one run of the tap left behind."""

    code: int
    output: bytes
    log: str

    @cached_property
    def messages(self) -> Messages:
        """The Singer messages."""
        return Messages.parse(self.output)

    @cached_property
    def lines(self) -> list[LogLine]:
        """The log, line by line; lines that are none have an empty level."""
        found = []
        for line in self.log.splitlines():
            parts = [part.strip() for part in line.split("|", 3)]
            found.append(LogLine(*parts[1:]) if len(parts) == 4 else LogLine("", "", line))
        return found

    @property
    def errors(self) -> list[str]:
        """What was logged as an error."""
        return [line.text for line in self.lines if line.level in {"ERROR", "CRITICAL"}]

    @property
    def warnings(self) -> list[str]:
        """What was logged as a warning."""
        return [line.text for line in self.lines if line.level == "WARNING"]

    @property
    def state(self) -> dict[str, Any]:
        """The last STATE."""
        return self.messages.states[-1]


def launch(
    arguments: Sequence[str],
    folder: Path,
    started: Callable[[int], None] = lambda _: None,
    **how: Any,
) -> Run:
    """One run; ``how`` goes to :meth:`Launcher.start`, ``started`` is told the process's id."""
    process = launcher().start(arguments, folder, **how)
    started(process.pid)
    code = process.wait()
    return Run(code, process.output(), process.log())


class Tap:
    """A configured tap with a folder for its files."""

    core = True
    """Whether it has the core streams only."""
    hurry = False
    """Whether it hardly pauses before it repeats a request."""

    def __init__(self, folder: Path, config: Mapping[str, Any], **variables: str) -> None:
        """Keep files in ``folder``; ``variables`` are added to the environment."""
        self.folder = folder
        self.config = dict(config)
        self.variables = variables
        self.constants: dict[str, float] = {}

    def run(
        self,
        *arguments: str,
        state: Mapping[str, Any] | None = None,
        catalog: Mapping[str, Any] | None = None,
        **config: Any,
    ) -> Run:
        """Run it, whatever comes; ``config`` overrides settings for this run (``None`` removes)."""
        merged = {**self.config, **config}
        settings = {name: value for name, value in merged.items() if value is not None}
        command = ["--config", self._write("config", settings)]
        if state is not None:
            command += ["--state", self._write("state", state)]
        if catalog is not None:
            command += ["--catalog", self._write("catalog", catalog)]
        return launch(
            [*command, *arguments],
            self.folder,
            variables=self.variables,
            constants=self.constants,
            core=self.core,
            hurry=self.hurry,
        )

    def sync(
        self,
        state: Mapping[str, Any] | None = None,
        catalog: Mapping[str, Any] | None = None,
        **config: Any,
    ) -> Run:
        """A run that must succeed."""
        run = self.run(state=state, catalog=catalog, **config)
        assert run.code == 0, run.log
        assert not run.errors, run.log
        return run

    def discover(self) -> dict[str, Any]:
        """The catalog."""
        run = self.run("--discover")
        assert run.code == 0, run.log
        catalog: dict[str, Any] = json.loads(run.output)
        return catalog

    def _write(self, name: str, content: Mapping[str, Any]) -> str:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)


def entry(catalog: Mapping[str, Any], stream: str) -> dict[str, Any]:
    """One stream of a catalog."""
    found: dict[str, Any] = next(
        each for each in catalog["streams"] if each["tap_stream_id"] == stream
    )
    return found


def select(catalog: Mapping[str, Any], *streams: str) -> dict[str, Any]:
    """The catalog with these streams selected and no other."""
    chosen: dict[str, Any] = json.loads(json.dumps(catalog))
    for each in chosen["streams"]:
        mark(each, (), selected=each["tap_stream_id"] in streams)
    return chosen


def whole(catalog: Mapping[str, Any], *streams: str) -> dict[str, Any]:
    """The catalog changed as `docs/operations.md` says for reading these streams whole."""
    changed: dict[str, Any] = json.loads(json.dumps(catalog))
    for name in streams:
        stream = entry(changed, name)
        mark(stream, (), **{"forced-replication-method": "FULL_TABLE"})
        stream["replication_method"] = "FULL_TABLE"
    return changed


def batch_config(folder: Path, size: int) -> dict[str, Any]:
    """The setting for BATCH messages with files in a folder, of so many rows at most."""
    folder.mkdir(exist_ok=True)
    return {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": folder.as_uri(), "prefix": "run-"},
        "batch_size": size,
    }


def mark(stream: dict[str, Any], breadcrumb: tuple[str, ...], **metadata: Any) -> None:
    """Set metadata of a stream, or of one of its columns, in a catalog."""
    for each in stream["metadata"]:
        if tuple(each["breadcrumb"]) == breadcrumb:
            each["metadata"].update(metadata)
            return
    stream["metadata"].append({"breadcrumb": list(breadcrumb), "metadata": metadata})
