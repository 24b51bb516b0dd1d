"""Where settings come from: files and environment variables; and names that are no settings.

A setting that does not exist would be passed over in silence, and its default be in force.
"""

from __future__ import annotations

import difflib
import fnmatch
import logging
import os
import typing as t

import msgspec
from singer_sdk.configuration._dict_config import parse_environment_config

from tap_jira import files
from tap_jira.errors import ConfigurationError

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

logger = logging.getLogger("tap-jira.configuration")

PREFIX = "TAP_JIRA_"
ENVIRONMENT = "ENV"
"""The value of ``--config`` that asks for settings from environment variables."""
_FOR_THE_LOG = "loglevel"
"""Ends the one variable with the prefix that is no setting: ``TAP_JIRA_LOGLEVEL``."""
_ELSEWHERE = {
    "api_key": "api_token",
    "auth": "username and api_token",
    "domain": "base_url",
    "email": "username",
    "groups": "nothing, since users has all of them",
    "host": "base_url",
    "include_audit_logs": "the stream audit_records",
    "lookback_window_minutes": "lookback_seconds",
    "num_workers": "max_concurrency",
    "oauth_client_id": "client_id",
    "oauth_client_secret": "client_secret",
    "pat": "personal_access_token",
    "project": "project_keys",
    "projects": "project_keys",
    "stream_options": "jql, and columns are selected in the catalog",
    "token": "api_token",
    "url": "base_url",
    "user": "username",
}
"""What other taps and clients call some settings, where the spelling does not lead there."""


def from_files(paths: Iterable[str]) -> dict[str, t.Any]:
    """The settings in files; a later one wins.

    Raises:
        ConfigurationError: a file cannot be read, or is not what it should be.
    """
    config: dict[str, t.Any] = {}
    for path in paths:
        config |= files.read(files.CONFIGURATION, path)
    return config


def from_environment(schema: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The settings in environment variables, and in the file ``.env``, as singer-sdk reads them.

    Raises:
        ConfigurationError: a value does not have the form of its setting.
    """
    try:
        found = parse_environment_config({**schema}, PREFIX)
    except UnicodeDecodeError:
        msg = "The file .env is not in UTF-8: save it in that encoding, or remove it."
        raise ConfigurationError(msg) from None
    except OSError as error:
        msg = f"The file .env cannot be read ({error.strerror})."
        raise ConfigurationError(msg) from None
    except ValueError:
        raise ConfigurationError(_malformed(schema)) from None
    names = {
        name.removeprefix(PREFIX).lower()
        for name in os.environ
        # Meltano sets variables for its own use; their names go on with another underscore.
        if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}_")
    }
    _warn("The environment has", names - {_FOR_THE_LOG}, schema, lambda name: PREFIX + name.upper())
    return found


def warn_of_unknown(config: Mapping[str, t.Any], schema: Mapping[str, t.Any]) -> None:
    """Name the settings that do not exist, without their values, and what may have been meant."""
    _warn("The configuration has", config, schema, str)


def warn_of_idle_maps(maps: Mapping[str, t.Any], streams: list[str]) -> None:
    """Name the stream maps that apply to no stream: singer-sdk passes over them."""
    sources = {
        name: source.get("__source__", name) if isinstance(source, dict) else name
        for name, source in maps.items()
        if not name.startswith("__")
    }
    idle = [
        f"{name} (did you mean {near[0]}?)" if near else name
        for name, source in sources.items()
        if not fnmatch.filter(streams, source)
        for near in [difflib.get_close_matches(source, streams, n=1)]
    ]
    if idle:
        logger.warning("stream_maps has maps for streams that do not exist: %s.", ", ".join(idle))


class _Encoding(msgspec.Struct, forbid_unknown_fields=True):
    format: t.Literal["jsonl", "parquet"]
    compression: str | None = None


class _Storage(msgspec.Struct, forbid_unknown_fields=True):
    root: str
    prefix: str | None = None


class _Batches(msgspec.Struct, forbid_unknown_fields=True):
    encoding: _Encoding
    storage: _Storage
    batch_size: t.Annotated[int, msgspec.Meta(ge=1)] | None = None


def check_batches(config: object) -> None:
    """Refuse a ``batch_config`` that singer-sdk would stumble over once rows are there.

    Raises:
        ConfigurationError: what is wrong with it.
    """
    try:
        msgspec.convert(config, _Batches | None)
    except msgspec.ValidationError as error:
        msg = f"The setting batch_config is not valid: {error}."
        raise ConfigurationError(msg) from None


def _warn(
    where: str,
    names: Iterable[str],
    schema: Mapping[str, t.Any],
    shown: t.Callable[[str], str],
) -> None:
    known = list(schema["properties"])
    unknown = [
        f"{shown(name)}{_hint(name, known, shown)}" for name in sorted(names) if name not in known
    ]
    if unknown:
        logger.warning(
            "%s settings that do not exist and have no effect: %s.", where, ", ".join(unknown)
        )


def _hint(name: str, known: list[str], shown: t.Callable[[str], str]) -> str:
    """What to say of a name that is no setting: what it is called here, or what is spelt alike."""
    lowered = name.lower().replace("-", "_")
    if here := _ELSEWHERE.get(lowered):
        return f" (here it is called {shown(here) if here in known else here})"
    near = difflib.get_close_matches(lowered, known, n=1)
    return f" (did you mean {shown(near[0])}?)" if near else ""


def _malformed(schema: Mapping[str, t.Any]) -> str:
    """What to tell the user of the variable that cannot be parsed, without its value."""
    for name, kind in schema["properties"].items():
        if not _is_well_formed(name, kind):
            wanted = " or ".join(each for each in kind["type"] if each != "null")
            form = f"an {wanted}" if wanted[0] in "aeiou" else f"a {wanted}"
            in_json = "" if wanted == "integer" else " in JSON"
            return f"The environment variable {PREFIX}{name.upper()} must be {form}{in_json}."
    return "An environment variable for a setting does not have the form of its setting."


def _is_well_formed(name: str, kind: Mapping[str, t.Any]) -> bool:
    try:
        parse_environment_config({"properties": {name: kind}}, PREFIX)
    except ValueError:
        return False
    return True
