"""Runs of the real command line, with caps as small as the sandbox's, and a target behind it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.faults.support import launcher
from tests.support import tap
from tests.support.compare import differences
from tests.support.expected import expected
from tests.support.tap import environment
from tests.support.target import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from sandbox import Sandbox
    from tests.conftest import MakeTap

    Rows = dict[str, dict[str, dict[str, Any]]]

INCREMENTAL = ("issues", "comments", "changelogs", "worklogs", "deleted_worklogs")
#: The tap's command line, with some of its constants changed first.
_LAUNCH = """
import importlib, json, sys
for name, value in json.loads(sys.argv.pop(1)).items():
    module, _, constant = name.rpartition(".")
    setattr(importlib.import_module(f"tap_jira.{module}"), constant, value)
from tap_jira.tap import TapJira
TapJira.cli()
"""
#: What shows other issues changes with them, and not the issue's `updated`.
_EMBEDDING = ("Parent", "Sub-tasks", "Linked Issues", "Epic Link", "Parent Link")


class Forked(tap.Tap):
    """The command line without the time that importing takes (:mod:`tests.faults.launcher`)."""

    def run(
        self,
        *arguments: str,
        state: Mapping[str, Any] | None = None,
        catalog: Mapping[str, Any] | None = None,
        **config: Any,
    ) -> tap.Run:
        """Run it, whatever comes."""
        files: dict[str, Mapping[str, Any] | None] = {
            "config": {k: v for k, v in {**self.config, **config}.items() if v is not None},
            "state": state,
            "catalog": catalog,
        }
        command = [*arguments]
        for name, content in files.items():
            if content is not None:
                command += [f"--{name}", self._write(name, content)]
        return launcher().run(command, self.folder, variables=self.variables)


def forked(folder: Path) -> MakeTap:
    """Makes them."""

    def make(jira: Sandbox, /, **config: Any) -> tap.Tap:
        return Forked(folder, {**jira.settings(), **config})

    return make


class Tap:
    """A tap on a sandbox, what it is told between runs, and the target behind it."""

    def __init__(
        self, sandbox: Sandbox, folder: Path, constants: Mapping[str, int], **config: Any
    ) -> None:
        self.sandbox = sandbox
        self.state: dict[str, Any] = {}
        self.tables = Tables()
        self.log = ""
        self.torn = False
        self._folder = folder
        self._constants = json.dumps(constants)
        self._config = {**sandbox.settings(), **config}

    def reconfigure(self, **config: Any) -> None:
        """Change settings for the runs to come."""
        self._config |= config

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process; its log goes to a file."""
        files = {"config": self._config, "state": self.state}
        for name, content in files.items():
            (self._folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        command = [sys.executable, "-c", _LAUNCH, self._constants]
        command += [f"--{name}={self._folder / name}.json" for name in files]
        with (self._folder / "log").open("wb") as log:
            return subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=environment(), bufsize=1 << 20
            )

    def end(self, process: subprocess.Popen[bytes], already: bytes = b"") -> list[dict[str, Any]]:
        """Wait for it, and take in what it wrote; hands back the messages."""
        output = already + process.communicate()[0]
        self.log = (self._folder / "log").read_text(encoding="utf-8", errors="replace")
        # A process that was killed may have left half a line.
        whole = output[: output.rfind(b"\n") + 1]
        self.torn = len(whole) < len(output)
        messages = [json.loads(line) for line in whole.splitlines()]
        for message in messages:
            self.tables.take(message)
        self.state = self.tables.state or self.state
        return messages

    @property
    def rows(self) -> Rows:
        """The target's rows of the incremental streams, by id."""
        tables = self.tables.rows
        return {
            name: {key: row for (key,), row in tables.get(name, {}).items()} for name in INCREMENTAL
        }

    def run(self) -> list[dict[str, Any]]:
        """A run that must succeed."""
        process = self.start()
        messages = self.end(process)
        assert process.returncode == 0, self.log
        return messages

    def wrong(self) -> list[str]:
        """What distinguishes the target's tables from Jira; rows deleted there may remain."""
        said: list[str] = []
        catalogue = self.sandbox.jira.world.catalogue
        embedding = {f.id.lower() for f in catalogue.fields if f.name in _EMBEDDING}
        tables = self.rows
        for table, wanted in expected(self.sandbox.jira).items():
            if table not in tables:
                continue
            found = {
                key: _like(row, wanted.get(key, {}), embedding)
                for key, row in tables[table].items()
            }
            right = {key: _like(row, row, embedding) for key, row in wanted.items()}
            said += differences(table, right, found, frozenset(found.keys() - wanted.keys()))
        return said


def records(messages: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Stream, id and version of each record of the incremental streams."""
    return [
        (message["stream"], message["record"]["id"], _version(message["record"]))
        for message in messages
        if message["type"] == "RECORD" and message["stream"] in INCREMENTAL
    ]


def _version(record: Mapping[str, Any]) -> str:
    return str(record.get("updated") or record.get("created") or record.get("deleted_at"))


def after_requests(
    sandbox: Sandbox, number: int, act: Callable[[], Any], *, forget: bool = True
) -> None:
    """Do something before the n-th request from now on, once."""
    if forget:
        sandbox.jira.clear_hooks()
    left = [number]

    def count(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            act()

    sandbox.on_request(1, count)


def _like(row: Mapping[str, Any], wanted: Mapping[str, Any], without: set[str]) -> dict[str, Any]:
    """A record as the warehouse would show it."""
    return {
        name: _value(value, wanted.get(name)) for name, value in row.items() if name not in without
    }


def _value(value: Any, wanted: Any) -> Any:
    if isinstance(wanted, dt.datetime) and isinstance(value, str):
        return dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
    if isinstance(wanted, dt.date) and isinstance(value, str):
        return dt.datetime.fromisoformat(value.replace("Z", "+00:00")).date()
    if isinstance(wanted, Decimal) and isinstance(value, (int, float)):
        return Decimal(str(value))
    return value
