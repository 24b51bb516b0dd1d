"""What a person sees of the demo."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from demo.page.document import SyncRun
from demo.warehouse import HOURS_BY_PERSON, OPEN_ISSUES_BY_STATUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager
    from types import TracebackType

    from typing_extensions import Self

    from demo.pipeline import CommandError
    from demo.warehouse import Warehouse

_console = Console(highlight=False)


def say(text: str) -> None:
    """Print a line; it may hold markup."""
    _console.print(text, soft_wrap=True)


def start(jira: str, warehouse: Warehouse) -> None:
    """Say what talks to what."""
    say(f"\n[bold]From[/]  {jira}")
    say("[bold]By[/]    tap-jira | target-postgres")
    say(f"[bold]Into[/]  PostgreSQL {warehouse.version}, embedded and empty")


def answers(warehouse: Warehouse) -> None:
    """Ask the database something, if it has what it takes."""
    found = []
    tables = warehouse.tables
    if "issues" in tables and (rows := warehouse.ask(OPEN_ISSUES_BY_STATUS)):
        found.append(_table(("open issues by status", "issues"), rows))
    if {"worklogs", "deleted_worklogs"} <= tables and (rows := warehouse.ask(HOURS_BY_PERSON)):
        found.append(_table(("time logged by person", "hours"), rows))
    if found:
        say("\n[bold]Asked of the database[/]")
        _side_by_side(found)


def remarks(messages: Iterable[str]) -> None:
    """Pass on what the tap had to say."""
    for message in messages:
        _console.print(f"  tap-jira: {message}", markup=False, soft_wrap=True, style="dim")


def failure(error: CommandError) -> None:
    """Say what went wrong."""
    _console.print("\n[bold red]The demo failed.[/]")
    _console.print(str(error), markup=False, soft_wrap=True)


def working(title: str) -> AbstractContextManager[object]:
    """Show that something is under way."""
    return _console.status(f"{title} …")


class Run:
    """Shows that a run is under way, and afterwards what it did.

    Args:
        title: what to call it.
        warehouse: where it loads.
        counts: requests by endpoint, where they can be counted.
    """

    def __init__(
        self, title: str, warehouse: Warehouse, counts: Mapping[str, int] | None = None
    ) -> None:
        """Nothing is shown yet."""
        self._title = title
        self._warehouse = warehouse
        self._counts = counts
        self._status = working(title)
        self.since = datetime.now(timezone.utc)
        self.told = SyncRun(title, "", ())

    def __enter__(self) -> Self:
        """Start the clock."""
        self.since = datetime.now(timezone.utc)
        self._began = time.monotonic()
        self._status.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say what was done, unless it failed."""
        self._status.__exit__(kind, error, trace)
        if error is None:
            self._show(time.monotonic() - self._began)

    def _show(self, seconds: float) -> None:
        rows = [(name, *counts) for name, counts in self._warehouse.rows(self.since).items()]
        arrived = sum(new for *_, new in rows)
        shown = [_table(("table", "rows", "arrived"), rows)]
        requests = ""
        if self._counts is not None:
            endpoints = sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))
            shown.append(_table(("endpoint", "requests"), endpoints))
            requests = f"{sum(self._counts.values()):,} requests, "
        summary = f"{arrived:,} rows, {requests}{seconds:.1f} seconds"
        self.told = SyncRun(self._title, summary, rows)
        say(f"\n[bold]{self._title}[/]  {summary}")
        _side_by_side(shown)


def _table(titles: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for index, title in enumerate(titles):
        table.add_column(title, justify="right" if index else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    return table


def _side_by_side(tables: list[Table]) -> None:
    _console.print(Padding(Columns(tables, padding=(0, 2)), (1, 0, 0, 2)))
