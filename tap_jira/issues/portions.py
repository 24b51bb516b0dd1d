"""Asking for many things in one request, and for fewer where Jira cannot give so many.

A gateway before Jira gives up on an answer that takes too long (504), whatever is asked for the
second time. Half of it may take half as long; and if one thing in it is what cannot be given, the
others can.
"""

from __future__ import annotations

import logging
import typing as t

from tap_jira.errors import BadRequestError, PermissionDeniedError, UnavailableError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger("tap-jira.portions")

K = t.TypeVar("K")
R = t.TypeVar("R")
DIVISIONS = 2
"""Portions that were divided in vain of no single thing in them, until all are made smaller."""


class Portions:
    """How many things to ask one resource for at once; it learns what Jira can give."""

    def __init__(self, most: int) -> None:
        """Begin with this many."""
        self.most = most
        self._first = most
        self._divided = 0

    def read(
        self,
        keys: Sequence[K],
        ask: Callable[[Sequence[K], float], list[R]],
        alone: Callable[[K], list[R]],
    ) -> list[R]:
        """All that ``ask`` gives for the keys, in order; ``alone`` is asked for a single one.

        ``ask`` should not be patient. It is told what share of a full portion it asks for.

        Raises:
            StreamError: what ``alone`` raises, and ``ask`` beside :class:`UnavailableError`.
        """
        rows: list[R] = []
        at = 0
        while at < len(keys):
            portion = keys[at : at + self.most]
            at += len(portion)
            rows += self._read(portion, ask, alone, self.most / self._first)[0]
        return rows

    def _read(
        self,
        keys: Sequence[K],
        ask: Callable[[Sequence[K], float], list[R]],
        alone: Callable[[K], list[R]],
        share: float,
    ) -> tuple[list[R], bool]:
        """What was read, and whether in one piece."""
        if len(keys) == 1:
            return alone(keys[0]), True
        try:
            return ask(keys, share), True
        except (UnavailableError, BadRequestError, PermissionDeniedError) as error:
            # A refusal may be about any of them, and about several. If it is about the request
            # as such, the first one that is asked for alone tells.
            logger.info("%s It is asked for in halves.", error)
        middle = (len(keys) + 1) // 2
        first, first_whole = self._read(keys[:middle], ask, alone, share / 2)
        second, second_whole = self._read(keys[middle:], ask, alone, share / 2)
        if first_whole and second_whole and middle > 1:
            # No single one was to blame, but that they were so many; twice is no coincidence.
            self._divided += 1
            if self._divided >= DIVISIONS:
                self.most = min(self.most, middle)
        return [*first, *second], False
