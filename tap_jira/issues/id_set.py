"""A set of issue ids, compact in memory and in STATE.

Jira numbers the issues of a site from 10000 on with few gaps, so a bit for every id that could be
takes an eighth of a byte and compresses well: at most about 20 KB of STATE for 100,000 issues, and
ten times that for a million. Stretches of 65,536 ids are kept apart, so that a far higher id costs
nothing, and encoding again costs only what changed::

    {"0": "eJztwQEBAAAAgiD/r25…", "152": "…"}
"""

from __future__ import annotations

import base64
import binascii
import typing as t
import zlib
from collections import defaultdict

from tap_jira.errors import StateError
from tap_jira.issues.highest_id import numeric

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BITS = 16
STRETCH = 1 << BITS
"""Ids in a stretch."""


class IdSet:
    """Ids of issues; what is no number is not kept."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        """Begin with these."""
        self._stretches: dict[int, int] = {}
        """By their number: a bit for every id."""
        self._texts: dict[int, str] = {}
        self.update(ids)

    def update(self, ids: Iterable[str]) -> None:
        """Add these."""
        added: dict[int, bytearray] = defaultdict(lambda: bytearray(STRETCH >> 3))
        for each in ids:
            if number := numeric(each):
                place = number & (STRETCH - 1)
                added[number >> BITS][place >> 3] |= 1 << (place & 7)
        for at, bits in added.items():
            self._put(at, self._stretches.get(at, 0) | int.from_bytes(bits, "little"))

    def _put(self, at: int, bits: int) -> None:
        if bits != self._stretches.get(at, 0):
            self._texts.pop(at, None)
            if bits:
                self._stretches[at] = bits
            else:
                del self._stretches[at]

    def __contains__(self, issue_id: str) -> bool:
        """Whether an id is in it."""
        number = numeric(issue_id)
        bits = self._stretches.get(number >> BITS, 0)
        return bool(number) and bool(bits >> (number & (STRETCH - 1)) & 1)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._stretches)

    def __len__(self) -> int:
        """How many there are."""
        return sum(bits.bit_count() for bits in self._stretches.values())

    def __iter__(self) -> Iterator[str]:
        """From the least to the greatest."""
        for at in sorted(self._stretches):
            for index, byte in enumerate(self._stretches[at].to_bytes(STRETCH >> 3, "little")):
                for bit in range(8) if byte else ():
                    if byte >> bit & 1:
                        yield str((at << BITS) + (index << 3) + bit)

    def __eq__(self, other: object) -> bool:
        """Whether the same ids are in both."""
        return isinstance(other, IdSet) and self._stretches == other._stretches

    __hash__ = None  # type: ignore[assignment] # it changes

    def __or__(self, other: IdSet) -> IdSet:
        """What is in either."""
        return self._combined(other, self._stretches.keys() | other._stretches.keys(), int.__or__)

    def __and__(self, other: IdSet) -> IdSet:
        """What is in both."""
        return self._combined(other, self._stretches.keys() & other._stretches.keys(), int.__and__)

    def __sub__(self, other: IdSet) -> IdSet:
        """What is in this one only."""
        return self._combined(other, self._stretches, lambda mine, its: mine & ~its)

    def _combined(
        self, other: IdSet, places: Iterable[int], combine: t.Callable[[int, int], int]
    ) -> IdSet:
        found = IdSet()
        for at in places:
            mine = self._stretches.get(at, 0)
            bits = combine(mine, other._stretches.get(at, 0))
            found._put(at, bits)
            if bits == mine and at in self._texts:
                found._texts[at] = self._texts[at]
        return found

    def as_state(self) -> dict[str, str]:
        """As it is kept in STATE."""
        for at in self._stretches.keys() - self._texts.keys():
            packed = zlib.compress(self._stretches[at].to_bytes(STRETCH >> 3, "little"), 9)
            self._texts[at] = base64.b64encode(packed).decode()
        return {str(at): self._texts[at] for at in sorted(self._stretches)}

    @classmethod
    def of_state(cls, stream: str, kept: object) -> IdSet:
        """What STATE says; nothing if it says nothing.

        Raises:
            StateError: it is damaged.
        """
        found = cls()
        try:
            for at, text in dict(kept or {}).items():  # type: ignore[call-overload] # raises if not
                packed = base64.b64decode(text, validate=True)
                bits = zlib.decompressobj().decompress(packed, STRETCH >> 3)
                found._put(int(at), int.from_bytes(bits, "little"))
                if int(at) in found._stretches:
                    found._texts[int(at)] = text
        except (TypeError, ValueError, binascii.Error, zlib.error):
            msg = (
                f"The STATE of {stream} is damaged: a set of issue ids cannot be read. Remove that "
                "bookmark."
            )
            raise StateError(msg) from None
        return found
