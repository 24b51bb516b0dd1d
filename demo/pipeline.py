"""The command lines: `tap-jira --discover`, then `tap-jira | target-postgres`."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The core streams: what most people want to know of Jira.
CORE_STREAMS = (
    "projects",
    "issues",
    "comments",
    "changelogs",
    "worklogs",
    "deleted_worklogs",
    "deleted_issues",
    "users",
    "fields",
)
#: What the models name things by, and cannot find in the issues themselves.
FURTHER_STREAMS = ("sprints", "boards", "statuses", "status_categories", "field_options")
#: The database schema that the tables go to.
SCHEMA = "jira"
#: The target's settings that decide how quickly it loads: its records are valid already, and COPY
#: takes them several at a time. `meltano.yml`, the tests and the measurements have the same.
LOADING = {"use_copy": True, "validate_records": False}
_SELECTED = frozenset((*CORE_STREAMS, *FURTHER_STREAMS))

#: Where the commands are: beside the Python that runs this.
_COMMANDS = Path(sys.executable).parent
_SHOWN_LINES = 20
#: Time, level, logger, message.
_LOG_COLUMNS = 4
_PATIENCE_SECONDS = 10


class CommandError(Exception):
    """A command ended with an error; the text has the end of its log."""


class Pipeline:
    """The tap and the target, with a folder for their configuration, catalog, state and logs.

    Args:
        folder: nobody but the user should be able to read it.
        config: the tap's settings.
        database: SQLAlchemy address of the database.

    Example:
        >>> pipeline = Pipeline(folder, {"base_url": "https://jira.example.com"}, postgres.url)
        >>> pipeline.discover()
        >>> pipeline.sync("first")
        >>> pipeline.sync("second")  # from the state that the first one left
    """

    def __init__(self, folder: Path, config: Mapping[str, Any], database: str) -> None:
        """Write the configuration files."""
        target = {"sqlalchemy_url": database, "default_target_schema": SCHEMA, **LOADING}
        self.folder = folder
        self._catalog = folder / "catalog.json"
        self._state = folder / "state.json"
        self._tap = self._command("tap-jira", config)
        self._target = self._command("target-postgres", target)

    def discover(self) -> None:
        """Write the catalog, with the core streams selected, and what the models name things by."""
        with (
            self._catalog.open("wb") as output,
            self._start("discovery", [*self._tap, "--discover"], stdout=output) as tap,
        ):
            tap.wait()
        self._check("discovery", tap)
        catalog = json.loads(self._catalog.read_bytes())
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = stream["tap_stream_id"] in _SELECTED
        self._catalog.write_text(json.dumps(catalog))

    def sync(self, name: str) -> None:
        """Run the tap into the target, from the state of the last run if there was one."""
        command = [*self._tap, "--catalog", str(self._catalog)]
        if self._state.exists():
            command += ["--state", str(self._state)]
        states = self.folder / f"{name}-states.jsonl"
        with (
            states.open("wb") as output,
            self._start(f"{name}-tap", command, stdout=subprocess.PIPE) as tap,
            self._start(f"{name}-target", self._target, stdin=tap.stdout, stdout=output) as target,
        ):
            if tap.stdout is not None:
                tap.stdout.close()  # the target has it, and the tap is to notice when that ends
            target.wait()
            tap.wait()
        self._check(f"{name}-target", target)
        self._check(f"{name}-tap", tap)
        for line in states.read_text().splitlines()[-1:]:
            self._state.write_text(line)

    @property
    def bookmark(self) -> str | None:
        """From where the issues are read the next time."""
        if not self._state.exists():
            return None
        bookmarks = json.loads(self._state.read_bytes()).get("bookmarks", {})
        value = bookmarks.get("issues", {}).get("replication_key_value")
        return None if value is None else str(value)

    def remarks(self, name: str) -> list[str]:
        """What the tap found worth a warning in a run, and its closing line."""
        text = self._log(f"{name}-tap").read_text(errors="replace")
        lines = [[part.strip() for part in line.split("|", 3)] for line in text.splitlines()]
        return [
            message
            for _, level, _, message in (line for line in lines if len(line) == _LOG_COLUMNS)
            if level in {"WARNING", "ERROR"} or message.startswith("Total:")
        ]

    @contextlib.contextmanager
    def _start(
        self,
        name: str,
        command: list[str],
        *,
        stdin: IO[bytes] | int | None = subprocess.DEVNULL,
        stdout: IO[bytes] | int,
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A process that does not outlive the block; what it logs goes to a file."""
        with contextlib.ExitStack() as started:
            with _interruptions_held_back(), self._log(name).open("wb") as log:
                process = subprocess.Popen(
                    command, stdin=stdin, stdout=stdout, stderr=log, cwd=self.folder
                )
                started.callback(_end, process)
            yield process

    def _check(self, name: str, process: subprocess.Popen[bytes]) -> None:
        if process.returncode:
            lines = self._log(name).read_text(errors="replace").splitlines()
            end = "\n".join(lines[-_SHOWN_LINES:])
            raise CommandError(f"{name} ended with exit code {process.returncode}:\n{end}")

    def _command(self, name: str, config: Mapping[str, Any]) -> list[str]:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(config))
        return [str(_COMMANDS / name), "--config", str(path)]

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


@contextlib.contextmanager
def _interruptions_held_back() -> Iterator[None]:
    """What would interrupt the block does so at its end: by then somebody can end a new process."""
    held: list[int] = []
    handlers = {
        number: signal.signal(number, lambda sent, _: held.append(sent))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for sent in held[:1]:
        signal.raise_signal(sent)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
