"""The report as one HTML file that needs nothing else and runs nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from demo.page.charts import KINDS, draw, shaped
from demo.page.queries import QUERIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Answer = list[tuple[Any, ...]]

#: Answers with no section of their own: others show them.
_WITHIN = {"percentiles", "deletions"}


@dataclass
class Section:
    """A question and its answer."""

    name: str
    title: str
    says: str
    columns: tuple[str, ...]
    rows: Answer
    charts: Mapping[str, Markup] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class SyncRun:
    """A run of the tap: what it did in words, and each table's rows, all and those that arrived."""

    title: str
    summary: str
    tables: Sequence[tuple[str, int, int]]


def render(
    answers: Mapping[str, Answer],
    runs: Sequence[SyncRun],
    *,
    jira: str,
    bookmark: str | None,
    made: dt.datetime,
) -> str:
    """The page.

    Args:
        answers: the rows of each of the queries; one that is missing could not be asked.
        runs: the first run and the second.
        jira: what was read.
        bookmark: up to where the issues are read.
        made: when.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["shown"] = shown
    environment.globals["numeric"] = _numeric
    return environment.get_template("report.html").render(
        title="Jira, as the warehouse has it",
        subtitle=f"From {jira}, by tap-jira.",
        sections=[_section(name, answers) for name in QUERIES if name not in _WITHIN],
        figures=_figures(answers, runs),
        runs=runs,
        bookmark=bookmark,
        made=f"{made:%Y-%m-%d %H:%M} UTC",
    )


def shown(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return "—"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _section(name: str, answers: Mapping[str, Answer]) -> Section:
    query, rows = QUERIES[name], answers.get(name, [])
    section = Section(name, query.title, query.says, query.columns, rows)
    percentiles = answers.get("percentiles", []) if name == "cycle" else []
    if rows and name in KINDS:
        pictures = draw(name, shaped(name, rows), shaped("percentiles", percentiles))
        # Drawn by a library that escapes the texts in it, which the tests look at.
        section.charts = {size: Markup(svg) for size, svg in pictures.items()}  # noqa: S704
    if percentiles:
        parts = [f"{percent} % took at most {days:,} days" for percent, days in percentiles]
        section.notes = ["; ".join(parts) + "."]
    return section


def _figures(answers: Mapping[str, Answer], runs: Sequence[SyncRun]) -> list[tuple[str, str]]:
    found = [(f"{what} gone", shown(gone)) for what, gone in answers.get("deletions", [])]
    found += [
        (
            f"arrived, {run.title.partition(':')[0].lower()}",
            shown(sum(new for *_, new in run.tables)),
        )
        for run in runs
    ]
    return [("tables", shown(len(runs[-1].tables))), *found] if runs else found


def _numeric(rows: Answer) -> set[int]:
    """Which columns hold numbers."""
    if not rows:
        return set()
    return {
        index
        for index in range(len(rows[0]))
        if all(isinstance(row[index], (int, float, Decimal, type(None))) for row in rows)
    }
