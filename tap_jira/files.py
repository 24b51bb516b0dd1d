"""The files that the command line names: read, decoded, and checked for their shape.

What singer-sdk makes of a file that is missing, unreadable or broken is an exception of its own for
each; here each is one line with the file's name.
"""

from __future__ import annotations

import codecs
import dataclasses
import sys
import typing as t
from pathlib import Path

import msgspec

from tap_jira.errors import ConfigurationError
from tap_jira.records.decode import InvalidJsonError, decode

STANDARD_INPUT = "-"
"""The name under which a command line hands over standard input."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


_Method = t.Literal["FULL_TABLE", "INCREMENTAL", "LOG_BASED"]


class _Metadata(msgspec.Struct, rename="kebab"):
    """What a catalog says of a stream or of a column."""

    selected: bool | None = None
    selected_by_default: bool | None = None
    inclusion: str | None = None
    replication_key: str | None = None
    forced_replication_method: _Method | None = None


class _Entry(msgspec.Struct):
    metadata: _Metadata
    breadcrumb: list[str]


_Type = t.Literal["array", "boolean", "integer", "null", "number", "object", "string"]


class _Property(msgspec.Struct):
    type: _Type | list[_Type] | None = None


class _Schema(msgspec.Struct):
    properties: dict[str, _Property] = {}


class _Stream(msgspec.Struct):
    tap_stream_id: str
    schema: _Schema = msgspec.field(default_factory=_Schema)
    metadata: list[_Entry] = []
    key_properties: list[str] | None = None
    replication_key: str | None = None
    replication_method: _Method | None = None


class _Catalog(msgspec.Struct):
    streams: list[_Stream]


class _Bookmark(msgspec.Struct):
    partitions: list[dict[str, t.Any]] = []


class _State(msgspec.Struct):
    bookmarks: dict[str, _Bookmark] = {}


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of file: the option that names it, its shape, and what to do about a broken one."""

    option: str
    shape: t.Any
    remedy: str


CONFIGURATION = Kind("--config", dict[str, t.Any], 'It must look like {"base_url": …}.')
FOREIGN = Kind("--migrate", dict[str, t.Any], "It must be another tap's configuration.")
CATALOG = Kind("--catalog", _Catalog, "Make a new one with --discover.")
STATE = Kind(
    "--state",
    _State,
    "Restore it, or leave --state out to read everything from start_date again.",
)
GIVEN: t.Final = {"catalog": CATALOG, "state": STATE}
"""By the option's name: the files that a command may be given beside the configuration."""


def read(kind: Kind, path: str) -> dict[str, t.Any]:
    """The content of a file.

    Text that no target takes is left out, as in Jira's answers: it would come out again in STATE.

    Raises:
        ConfigurationError: it cannot be read, or is not what it should be.
    """
    if not path:
        msg = f"The option {kind.option} names no file: its value is empty."
        raise ConfigurationError(msg)
    file = f"The file {path}, which {kind.option} names,"
    try:
        body = sys.stdin.buffer.read() if path == STANDARD_INPUT else Path(path).read_bytes()
    except FileNotFoundError:
        msg = f"{file} does not exist: check the path."
        raise ConfigurationError(msg) from None
    except (OSError, ValueError) as error:  # ValueError: a path with U+0000 in it
        reason = getattr(error, "strerror", None) or error
        msg = f"{file} cannot be read ({reason}): check the path and the file's permissions."
        raise ConfigurationError(msg) from None
    if trouble := _trouble(body):
        msg = f"{file} {trouble} {kind.remedy}"
        raise ConfigurationError(msg)
    try:
        content = decode(body.removeprefix(codecs.BOM_UTF8))
        msgspec.convert(content, kind.shape)
    except InvalidJsonError as error:
        msg = f"{file} is not JSON ({error}). {kind.remedy}"
        raise ConfigurationError(msg) from None
    except msgspec.ValidationError as error:
        msg = f"{file} is damaged: {error}. {kind.remedy}"
        raise ConfigurationError(msg) from None
    return t.cast("dict[str, t.Any]", content)


def _trouble(body: bytes) -> str | None:
    """Why the bytes cannot be JSON, where a decoder would say something less helpful."""
    if not body.removeprefix(codecs.BOM_UTF8).strip():
        return "is empty."
    if not body.startswith(_UTF_16):
        try:
            body.decode()
        except UnicodeDecodeError:
            pass
        else:
            return None
    return "is not in UTF-8: save it in that encoding."
