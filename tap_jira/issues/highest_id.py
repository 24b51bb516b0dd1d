"""The highest issue id: which issues came since the last pass, whatever their dates say."""

from __future__ import annotations

import typing as t

from tap_jira.errors import StateError

if t.TYPE_CHECKING:
    from collections.abc import Iterable


class HighestId:
    """The highest issue id: Jira gives ever greater ones, to imported issues as well."""

    def __init__(self, stream: str, former: object, young_ms: int, indexed_ms: int) -> None:
        """``former`` is what STATE has; issues changed from ``young_ms`` on may not be whole yet.

        Of those that came from ``indexed_ms`` on, the index may not show all: one with a lower id
        may show up later. But what is below an issue that was changed before came before.

        Raises:
            StateError: it is no number.
        """
        if former is not None and (not isinstance(former, int) or isinstance(former, bool)):
            msg = f"The STATE of {stream} is damaged: 'highest_id' must be a number."
            raise StateError(msg)
        self.former = former
        self._young_ms = young_ms
        self._indexed_ms = indexed_ms
        self._highest = former
        self._lowest_young: int | None = None

    def saw(self, seen: Iterable[tuple[str, int]]) -> None:
        """Issues were read, in these versions."""
        for issue_id, version_ms in seen:
            number = numeric(issue_id)
            if version_ms < self._indexed_ms:
                self._highest = max(self._highest or 0, number)
            if version_ms >= self._young_ms and number > (self.former or 0):
                self._lowest_young = min(number, self._lowest_young or number)

    def is_later(self, issue_id: str) -> bool:
        """Whether an id is greater than the former highest."""
        return self.former is not None and numeric(issue_id) > self.former

    @property
    def now(self) -> int | None:
        """The id up to which no issue is new to the next run; ``None`` if that is not known."""
        if self._highest is None:
            return None
        young = [self._lowest_young - 1] if self._lowest_young else []
        return min([self._highest, *young])


def numeric(issue_id: str) -> int:
    """An id as a number; 0 if it is none."""
    return int(issue_id) if issue_id.isascii() and issue_id.isdigit() else 0
