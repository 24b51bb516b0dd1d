"""Running the tap the way a user does: its command, a configuration file, its output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.messages import Messages

if TYPE_CHECKING:
    from collections.abc import Mapping

BIN = Path(sys.executable).parent
#: Variables that would reach the tap from the machine the tests run on.
_FOREIGN = ("TAP_JIRA_", "SINGER_SDK_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def environment(**changes: str) -> dict[str, str]:
    """This machine's environment without what steers the tap, and with the changes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and not name.lower().endswith("_proxy")
    }
    return kept | changes


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


class Tap:
    """A configured tap with a folder for its files."""

    def __init__(self, folder: Path, config: Mapping[str, Any], **variables: str) -> None:
        """Keep files in ``folder``; ``variables`` are added to the environment."""
        self.folder = folder
        self.config = dict(config)
        self.variables = variables

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
        command = [str(BIN / "tap-jira"), "--config", self._write("config", settings)]
        if state is not None:
            command += ["--state", self._write("state", state)]
        if catalog is not None:
            command += ["--catalog", self._write("catalog", catalog)]
        done = subprocess.run(
            [*command, *arguments],
            cwd=self.folder,
            env=environment(**self.variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr.decode(errors="replace"))

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
