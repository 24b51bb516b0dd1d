"""A target that does what target-postgres does, in memory: the tables after some runs' messages.

Whatever a run writes can be loaded, cut off anywhere; so every test of a mode (FULL_TABLE, BATCH,
kills) may ask what a warehouse would hold.
"""

from __future__ import annotations

import datetime as dt
import gzip
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from tests.support.expected import without_nulls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Key = tuple[Any, ...]


@dataclass
class Tables:
    """What a target holds after the messages of some runs.

    As target-postgres does with ``hard_delete``, ACTIVATE_VERSION deletes the rows with an older
    version and those without any; and a row from a file has no version but what it says itself.
    """

    rows: dict[str, dict[Key, dict[str, Any]]] = field(default_factory=dict)
    state: dict[str, Any] | None = None
    _schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    _versions: dict[str, dict[Key, int | None]] = field(default_factory=dict)

    def load(self, output: bytes) -> None:
        """Take the messages of a run; the last line may be cut off by a SIGKILL."""
        for _ in self.loading(output):
            pass

    def loading(self, output: bytes) -> Iterator[dict[str, Any]]:
        """Take them one by one, and show each once it is taken."""
        for line in output.split(b"\n")[:-1]:
            message = _MESSAGE.decode(line)
            self.take(message)
            yield message

    def take(self, message: dict[str, Any]) -> None:
        """Take one message."""
        kind, name = message["type"], message.get("stream", "")
        if kind == "STATE":
            self.state = message["value"]
        elif kind == "SCHEMA":
            self._schemas[name] = message
        elif kind == "RECORD":
            self._upsert(name, message["record"], message.get("version"))
        elif kind == "BATCH":
            for url in message["manifest"]:
                with gzip.open(Path(urlsplit(url).path)) as lines:
                    for record in map(_MESSAGE.decode, lines):
                        self._upsert(name, record, record.pop("_sdc_table_version", None))
        elif kind == "ACTIVATE_VERSION":
            versions = self._versions.setdefault(name, {})
            for key, version in list(versions.items()):
                if version is None or version < message["version"]:
                    del versions[key], self.rows[name][key]

    def _upsert(self, name: str, record: dict[str, Any], version: int | None) -> None:
        key = tuple(record[part] for part in self._schemas[name]["key_properties"])
        assert all(part is not None for part in key), record
        self.rows.setdefault(name, {})[key] = record
        self._versions.setdefault(name, {})[key] = version

    def age(self) -> None:
        """As if all runs so far had been long ago: a version is the second in which one began."""
        for versions in self._versions.values():
            for key, version in versions.items():
                versions[key] = None if version is None else 0

    def typed(self, name: str) -> dict[str, dict[str, Any]]:
        """A stream's rows as :func:`.expected.expected` has them, without nulls."""
        properties = self._schemas[name]["schema"]["properties"] if name in self._schemas else {}
        return {
            str(key[0]): _typed(name, record, properties)
            for key, record in self.rows.get(name, {}).items()
        }


#: With numbers as they are written.
_MESSAGE = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def _typed(name: str, record: dict[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    row = {
        column: _value(value, properties[column].get("format"))
        for column, value in record.items()
        if value is not None
    }
    if name == "changelogs" and "items" in row:
        row["items"] = without_nulls(row["items"])
    return row


def _value(value: Any, form: str | None) -> Any:
    if form == "date-time":
        return dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
    if form == "date":
        return dt.date.fromisoformat(value[:10])
    return value
