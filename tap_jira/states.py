"""When STATE is written: seldom enough to weigh little, often enough that little is repeated.

A STATE message holds every stream's bookmark, with up to 10,000 rows that were sent beyond it: it
can weigh a megabyte. singer-sdk offers one after each stream and every 10,000 records, the streams
at each milestone. In the middle of a run it is written only if what was written since the last one
weighs several times as much, or a minute has passed; at the end of the run, after an error that
ends it and on a signal, always. So all STATE messages of a run weigh at most a fifth of its records
and what the last one weighs, and one a minute, but for light ones that have to be written before
rows which they tell of; and a kill repeats no more than that between two of them, with the segment
that was being read.
"""

from __future__ import annotations

import time
import typing as t

import msgspec
from singer_sdk.contrib.msgspec import encoder
from singer_sdk.helpers._state import StateWriter

if t.TYPE_CHECKING:
    from singer_sdk.helpers.types import TapState

    from tap_jira.writer import BufferedWriter

SHARE = 5
"""How many times as much as STATE has to be written between two of them."""
LIGHT = 65_536
"""Bytes of STATE that may be written before rows of which it has to tell."""
INTERVAL = 60.0
"""Seconds after which STATE is written however little there was."""


class _State(msgspec.Struct, tag="STATE", tag_field="type"):
    """``{"type": "STATE", "value": {"bookmarks": {…}}}``; the SDK's is copied to be encoded."""

    value: TapState


class States(StateWriter):
    """singer-sdk's writer of STATE, which each stream uses, with a sense of what STATE weighs."""

    def __init__(self, writer: BufferedWriter) -> None:
        """Write to where the records go."""
        super().__init__(writer)
        self._writer = writer
        self._last = b""
        self._weight = writer.weight
        self._written_at = time.monotonic()

    def write_state(self, state: TapState) -> None:
        """Write STATE in the middle of a run, if it is worth its weight by now."""
        since = self._writer.weight - self._weight
        if since >= SHARE * len(self._last) or time.monotonic() - self._written_at >= INTERVAL:
            self.write_last(state)

    def write_ahead(self, state: TapState) -> None:
        """Write STATE before rows that it tells of, if it is light or worth its weight by now."""
        if len(self._last) <= LIGHT and len(encoder.encode(_State(state))) <= LIGHT:
            self.write_last(state)
        else:
            self.write_state(state)

    def write_last(self, state: TapState) -> None:
        """Write STATE, unless it is what was written last."""
        encoded = encoder.encode(_State(state))
        if encoded != self._last:
            self._writer.write_line(encoded)
            self._last = encoded
        self._weight = self._writer.weight
        self._written_at = time.monotonic()
