"""Rows of plain resources, as Jira would print them, a table for each stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Row = dict[str, Any]
Tables = dict[str, list[Row]]


class Shelf:
    """All of a site's, made when the first is asked for."""

    def __init__(self, makers: Sequence[Callable[[], Tables]] = ()) -> None:
        """To be filled by these."""
        self._makers = makers
        self._tables: Tables | None = None

    @property
    def tables(self) -> Tables:
        """Every table by its stream."""
        if self._tables is None:
            self._tables = {name: rows for make in self._makers for name, rows in make().items()}
        return self._tables

    def __getitem__(self, stream: str) -> list[Row]:
        """The rows of a stream; empty for what the product lacks."""
        return self.tables.get(stream, [])
