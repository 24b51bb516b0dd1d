"""Runs of the real command line, with caps as small as the sandbox's, and a target behind it."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.support.compare import differences
from tests.support.expected import expected
from tests.support.launch import launcher
from tests.support.target import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from sandbox import Sandbox
    from tests.support.launch import Process

    Rows = dict[str, dict[str, dict[str, Any]]]

INCREMENTAL = ("issues", "comments", "changelogs", "worklogs", "deleted_worklogs")
#: What shows other issues changes with them, and not the issue's `updated`.
_EMBEDDING = ("Parent", "Sub-tasks", "Linked Issues", "Epic Link", "Parent Link")


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
        self._constants = constants
        self._config = {**sandbox.settings(), **config}

    def reconfigure(self, **config: Any) -> None:
        """Change settings for the runs to come."""
        self._config |= config

    def start(self) -> Process:
        """Start the process."""
        arguments = []
        for name, content in {"config": self._config, "state": self.state}.items():
            file = self._folder / f"{name}.json"
            file.write_text(json.dumps(content), encoding="utf-8")
            arguments.append(f"--{name}={file}")
        return launcher().start(arguments, self._folder, constants=self._constants, piped=True)

    def end(self, process: Process, already: bytes = b"") -> list[dict[str, Any]]:
        """Wait for it, and take in what it wrote; hands back the messages."""
        output = already + process.output()
        self.log = process.log()
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
