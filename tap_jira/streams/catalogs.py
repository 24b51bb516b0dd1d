"""What a catalog may not ask of a stream."""

from __future__ import annotations

import typing as t

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_jira.errors import ConfigurationError

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream
    from singer_sdk.singerlib import CatalogEntry

SITE = "site"
"""The column that tells several Jiras apart in one table, if it is asked for."""


def check(entry: CatalogEntry, stream: Stream, keys: Sequence[str], kind: str) -> None:
    """Whether the entry that the stream has followed fits what it is on this kind of Jira.

    Raises:
        ConfigurationError: it was made for the other product, with another ``site``, or asks for
            what the stream cannot do.
    """
    missing = [key for key in keys if key not in (entry.schema.properties or {})]
    if SITE in missing or (SITE in (entry.key_properties or ()) and SITE not in keys):
        made = "without" if SITE in missing else "with"
        msg = (
            f"The catalog's stream {stream.name} was made {made} the setting site, which is a "
            "part of every key. Make one with --discover."
        )
        raise ConfigurationError(msg)
    if missing:
        msg = (
            f"The catalog's stream {stream.name} has no column {missing[0]}, which is its key on "
            f"{kind}: the catalog was made for another kind of Jira. Make "
            "one with --discover."
        )
        raise ConfigurationError(msg)
    if stream.replication_method == REPLICATION_INCREMENTAL and not stream.replication_key:
        msg = (
            f"The catalog asks for {stream.name} to be read incrementally, without a "
            "replication key to do it by. Make a new one with --discover."
        )
        raise ConfigurationError(msg)
