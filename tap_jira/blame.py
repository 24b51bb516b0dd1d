"""What an exception means for the user that the tap itself did not raise.

singer-sdk and the libraries below it raise whatever they like where a setting, a catalog or a file
is not what they expect: a KeyError for an unknown type, an ImportError for a storage that needs
another package. What it was about is told by whose code was running; the rest are bugs.
"""

from __future__ import annotations

import logging
import typing as t

from singer_sdk.exceptions import InvalidReplicationKeyException, MappingError

from tap_jira.errors import StreamError, TapJiraError

if t.TYPE_CHECKING:
    from types import TracebackType

logger = logging.getLogger("tap-jira")

UNFORESEEN = (
    "Unexpected {kind}: {error}. This is a bug in the tap; the log at level DEBUG shows where."
)
_STREAM_MAPS = "The setting stream_maps cannot be followed: {error}"
_BATCH_CONFIG = "The setting batch_config cannot be followed: {error}"
_CONFIGURATION = (
    "The configuration holds a value that cannot be meant ({error}): look at stream_maps first."
)
_CATALOG = "The catalog cannot be followed: {error}. Make a new one with --discover."
_STATE = "The STATE cannot be followed: {error}. Restore it, or remove it to read everything again."

_BY_TYPE: tuple[tuple[type[Exception], str], ...] = (
    (MappingError, _STREAM_MAPS),
    (InvalidReplicationKeyException, _CATALOG),
    (OSError, "The operating system refuses what the tap needs: {error}"),
)
_BY_MODULE = {
    "simpleeval": _STREAM_MAPS,
    "singer_sdk.mapper": _STREAM_MAPS,
    "singer_sdk.helpers._batch": _BATCH_CONFIG,
    "singer_sdk.batch": _BATCH_CONFIG,
    "singer_sdk.contrib.batch_encoder_jsonl": _BATCH_CONFIG,
    "singer_sdk.contrib.batch_encoder_parquet": _BATCH_CONFIG,
    # It makes and applies the configuration's JSON schema.
    "singer_sdk.typing": _CONFIGURATION,
    "singer_sdk.singerlib.catalog": _CATALOG,
    "singer_sdk.singerlib.schema": _CATALOG,
    "singer_sdk.helpers._catalog": _CATALOG,
    "singer_sdk.helpers._state": _STATE,
}
"""By the innermost of these modules, or of the tap's own, that was running."""
_OURS = "tap_jira"


def of_one_stream(error: Exception) -> StreamError | None:
    """What went wrong as one stream's trouble, after which others go on; ``None`` if it is not.

    Something in Jira's answer that nobody foresaw is.
    """
    if isinstance(error, StreamError):
        return error
    if isinstance(error, TapJiraError) or sentence(error):
        return None
    logger.debug("Traceback", exc_info=error)
    return StreamError(UNFORESEEN.format(kind=type(error).__name__, error=error))


def sentence(error: Exception) -> str | None:
    """What to tell the user, in one line; ``None`` for a bug of the tap."""
    module = _responsible(error.__traceback__)
    text = _BY_MODULE.get(module) or next(
        (text for kind, text in _BY_TYPE if isinstance(error, kind)), None
    )
    return text and text.format(error=" ".join(_words(error).split()))


def _responsible(trace: TracebackType | None) -> str:
    """The module that something went wrong in, or that asked for it."""
    found = ""
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module in _BY_MODULE or module.partition(".")[0] == _OURS:
            found = module
        trace = trace.tb_next
    return found


def _words(error: Exception) -> str:
    """An exception as a person would put it: the text of a KeyError is a mere name."""
    if isinstance(error, KeyError):
        return f"there is no {error}"
    cause = error.__cause__
    if isinstance(error, MappingError) and type(cause).__name__ == "NameNotDefined":
        said, name = str(error).rstrip("."), getattr(cause, "name", "")
        return f"{said}: there is no {name!r}. A map has the columns that are selected."
    if isinstance(error, OSError) and not error.strerror:
        return f"{error} ({type(error).__name__})"
    return str(error) or type(error).__name__
