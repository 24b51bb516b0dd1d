"""Rows of plain resources, as Jira would print them, a table for each stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Row = dict[str, Any]
Tables = dict[str, list[Row]]


class Shelf:
    """All of a site's, made when the first is asked for; but for those made anew each time."""

    def __init__(
        self,
        makers: Sequence[Callable[[], Tables]] = (),
        fleeting: Mapping[str, Callable[[], list[Row]]] | None = None,
    ) -> None:
        """To be filled by these."""
        self._makers = makers
        self._fleeting = fleeting or {}
        self._tables: Tables | None = None

    @property
    def tables(self) -> Tables:
        """Every table by its stream."""
        if self._tables is None:
            self._tables = {name: rows for make in self._makers for name, rows in make().items()}
        return self._tables

    def __getitem__(self, stream: str) -> list[Row]:
        """The rows of a stream; empty for what the product lacks."""
        if stream in self._fleeting:
            return self._fleeting[stream]()
        return self.tables.get(stream, [])
