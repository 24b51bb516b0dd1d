"""The results as a page and as a picture."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from itertools import pairwise
from typing import TYPE_CHECKING

import matplotlib as mpl
import psutil
from matplotlib.figure import Figure

from bench.changes import CHANGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from bench.measure import Results
    from bench.models import Models
    from bench.tap import Cost

_MB = 1_000_000
_COST = ("Requests", "Seconds", "Processor seconds of the tap")
_SECONDS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
_NEAR, _FAR = "#0b6e99", "#c2571a"

_HEAD = """\
# Measurements

`make bench` wrote this page. What it measures is the whole process, `tap-jira --config … >
/dev/null`, from its start to its end, in full runs of all streams unless another run is named.
The Jira is the stand-in from `sandbox/`, as Jira Cloud, on the same machine; every answer of it is
held back by the latency that the table names, and it has made each answer once before the clock
runs. {environment}
Sites hold about 4 comments, 9 histories and 2 worklogs an issue, and a few issues with hundreds of
each. Of the runs at {near} latency with up to {small:,} issues, the quickest of {repeats} counts.

Read the ratios: both of their sides come from this one run, on the same data. Seconds depend on
the machine ({machine}).

![Time against concurrency, and against size](results.png)
"""
_ENVIRONMENT = "The tap runs in a virtual environment with nothing but what it needs. "


def page(results: Results) -> str:
    """The results in Markdown."""
    parts = [
        _HEAD.format(
            machine=machine(results.machine_load),
            near=ms(results.plan.near),
            small=results.plan.small,
            repeats=results.plan.small_repeats,
            environment=_ENVIRONMENT if results.plan.python != sys.executable else "",
        ),
        section("Ratios", ("What", "Ratio"), _ratios(results)),
        section(
            f"Full runs, {ms(results.plan.near)} latency",
            ("Issues", "Requests at once", *_COST),
            (
                (f"{size:,}", f"{concurrency}", *cost_cells(cost))
                for (size, concurrency), cost in results.near.items()
            ),
        ),
        section(
            f"Full runs, {ms(results.plan.far)} latency",
            ("Issues", "Requests at once", *_COST),
            (
                (f"{size:,}", f"{concurrency}", *cost_cells(cost))
                for (size, concurrency), cost in results.far.items()
            ),
        ),
        section(
            f"Later runs at {results.plan.increments:,} issues, {ms(results.plan.near)} latency",
            ("An hour later, with", *_COST),
            (
                (name, *cost_cells(cost))
                for name, cost in (
                    ("nothing changed", results.idle),
                    (f"{CHANGED} issues changed", results.increment),
                )
                if cost
            ),
        ),
        _throughput(results),
        _forms(results),
        _load(results),
        _census(results),
        of_models(results.models),
        section(
            "Peak memory of a full run, no latency",
            ("Issues", "MB"),
            ((f"{size:,}", f"{peak / _MB:,.0f}") for size, peak in results.memory.items()),
        ),
        section(
            "What the stand-in Jira itself computes for a full run",
            ("Issues", "Processor seconds"),
            ((f"{size:,}", f"{seconds:.1f}") for size, seconds in results.serving.items()),
        ),
    ]
    return "\n".join(parts)


def _ratios(results: Results) -> Iterable[tuple[str, str]]:
    plan = results.plan
    least, most = plan.concurrency[0], plan.most
    for latency, costs in ((plan.near, results.near), (plan.far, results.far)):
        for size in plan.grid:
            faster = costs[size, least].seconds / costs[size, most].seconds
            yield (
                f"{most} requests at once beside {least}: {size:,} issues, {ms(latency)} latency",
                f"{faster:.1f} times as fast",
            )
    small, large = plan.grid[0], plan.grid[-1]
    longer = results.near[large, most].seconds / results.near[small, most].seconds
    yield (
        f"{large:,} issues beside {small:,}: {most} at once, {ms(plan.near)} latency",
        f"{longer:.1f} times the time for {large / small:.0f} times the issues",
    )
    if results.models:
        yield from _model_ratios(results.models)
    if results.throughput:
        rows = f"{results.throughput.rows:,} issues"
        yield (
            f"Speed of the issues stream beside decoding and encoding alone: {rows}, no latency",
            f"{results.throughput.share:.0%}",
        )
    if results.forms:
        for name in [*results.forms.cpu][1:]:
            yield (
                f"Processor time of issues and comments with {name} beside the defaults",
                f"{results.forms.beside(name):.2f} times",
            )
    if results.load:
        found = results.load
        what = f"A full run into PostgreSQL, {found.rows:,} rows"
        yield (
            f"{what}, beside the tap alone",
            f"{found.advised / found.alone:.1f} times the time",
        )
        yield (
            f"{what}, beside the same with the target's own defaults",
            f"{found.default / found.advised:.1f} times as fast",
        )
    sizes = sorted(results.memory)
    for before, after in pairwise(sizes):
        if before >= small:
            yield (
                f"Peak memory, {after:,} issues beside {before:,}",
                f"{results.memory[after] / results.memory[before]:.2f} times",
            )


def _throughput(results: Results) -> str:
    found = results.throughput
    if found is None:
        return ""
    return section(
        f"The issues stream alone on one core, {found.rows:,} issues, no latency",
        ("What", "Processor seconds", "Records a second"),
        (
            ("the tap, start-up taken off", f"{found.cpu:.2f}", f"{found.rows / found.cpu:,.0f}"),
            (
                "decoding the same pages and encoding the same messages, and nothing else",
                f"{found.floor:.2f}",
                f"{found.rows / found.floor:,.0f}",
            ),
        ),
    )


def _forms(results: Results) -> str:
    found = results.forms
    if found is None:
        return ""
    return section(
        f"Forms of values: {results.plan.throughput:,} issues with comments, one core, no latency",
        ("With", "Processor seconds", "Microseconds a record", "Bytes a record"),
        (
            (
                name,
                f"{cpu:.2f}",
                f"{cpu / found.rows * _MB:,.0f}",
                f"{found.size[name] / found.rows:,.0f}",
            )
            for name, cpu in found.cpu.items()
        ),
    )


def _load(results: Results) -> str:
    found = results.load
    if found is None:
        return ""
    return section(
        f"Into PostgreSQL, {results.plan.loading:,} issues, no latency",
        ("What, from the start of the processes to their end", "Seconds", "Rows a second"),
        (
            (name, f"{seconds:.1f}", f"{found.rows / seconds:,.0f}")
            for name, seconds in (
                ("the tap alone", found.alone),
                ("with target-postgres, `use_copy` and no `validate_records`", found.advised),
                ("with target-postgres and its own defaults", found.default),
            )
        ),
    )


def _census(results: Results) -> str:
    found = results.census
    if found is None:
        return ""
    return section(
        f"A census of {found.issues:,} issues, no latency",
        ("A day later, with", *_COST, "Peak MB", "KB of STATE", "Rows"),
        (
            (
                name,
                *cost_cells(cost),
                f"{cost.memory / _MB:,.0f}",
                f"{found.state / 1000:,.1f}",
                f"{rows}",
            )
            for name, cost, rows in (
                ("the same issues", found.idle, 0),
                ("one issue deleted", found.lost, found.found),
            )
        ),
    )


def _model_ratios(found: Models) -> Iterable[tuple[str, str]]:
    name, changes = "jira_issue_field_history", f"{CHANGED} changes in {found.issues:,} issues"
    for what, faster in (
        (f"`{name}`", found.full.models[name] / found.changed.models[name]),
        ("Models built issue by issue", found.full.increments / found.changed.increments),
    ):
        yield f"{what}: {changes}", f"{faster:.0f} times as fast as everything"


def of_models(found: Models | None) -> str:
    """The section on the dbt package; nothing if it was not measured."""
    if found is None:
        return ""
    builds = (("everything", found.full), (f"after {CHANGED} changes", found.changed))
    return section(
        f"Models of {found.issues:,} issues, {found.rows:,} raw rows, in PostgreSQL",
        (
            "A build of",
            "Seconds",
            "Seconds of what is built issue by issue",
            "of that, of `jira_issue_field_history`",
            "Peak MB of dbt",
            "Peak MB of PostgreSQL",
        ),
        (
            (
                name,
                f"{build.wall:,.1f}",
                f"{build.increments:,.1f}",
                f"{build.models['jira_issue_field_history']:,.1f}",
                f"{build.dbt / _MB:,.0f}",
                f"{build.server / _MB:,.0f}",
            )
            for name, build in builds
        ),
    )


def section(title: str, names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A heading and a table."""
    return f"## {title}\n\n{table(names, rows)}"


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text, and whose others are numbers."""
    lines = [_row(names), _row([":--", *["--:"] * (len(names) - 1)])]
    return "\n".join([*lines, *(_row(row) for row in rows), ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def cost_cells(cost: Cost) -> tuple[str, str, str]:
    """Requests, seconds and processor seconds."""
    return (
        f"{cost.requests:,}",
        f"{cost.seconds:.1f}",
        f"{cost.cpu:.1f}",
    )


def ms(seconds: float) -> str:
    """A latency in words."""
    return f"{seconds * 1000:.0f} ms"


def machine(load: float) -> str:
    """Where it was measured."""
    cores = psutil.cpu_count() or 1
    python = ".".join(map(str, sys.version_info[:2]))
    return (
        f"{platform.system()} on {platform.machine()}, {cores} cores shared by the tap and the "
        f"stand-in Jira, Python {python}, "
        f"singer-sdk {metadata.version('singer-sdk')}; load average {load:.1f} at the start"
    )


def draw(results: Results, file: Path) -> None:
    """The results as a picture: time against concurrency, and against size."""
    mpl.use("Agg")
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    _against_concurrency(results, left)
    _against_size(results, right)
    seconds = [cost.seconds for cost in (*results.near.values(), *results.far.values())]
    for axes in (left, right):
        axes.set_ylabel("seconds, whole process")
        axes.set_yscale("log")
        axes.grid(visible=True, which="both", alpha=0.2)
        axes.set_yticks(_SECONDS, [f"{each:g}" for each in _SECONDS])
        axes.set_ylim(min(seconds) / 1.3, max(seconds) * 1.3)
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    figure.savefig(file, dpi=120, metadata={"Software": ""})


def _against_concurrency(results: Results, axes: Axes) -> None:
    plan = results.plan
    for latency, costs, colour in (
        (plan.near, results.near, _NEAR),
        (plan.far, results.far, _FAR),
    ):
        for size, style in zip(plan.grid, (":o", "-o"), strict=False):
            points = [
                (at, costs[size, at].seconds) for at in plan.concurrency if (size, at) in costs
            ]
            axes.plot(
                *zip(*points, strict=True),
                style,
                color=colour,
                label=f"{size:,} issues, {ms(latency)}",
            )
    axes.set_title("More requests at once", loc="left")
    axes.set_xlabel("max_concurrency")
    axes.set_xticks(plan.concurrency)


def _against_size(results: Results, axes: Axes) -> None:
    plan = results.plan
    for latency, costs, colour in (
        (plan.near, results.near, _NEAR),
        (plan.far, results.far, _FAR),
    ):
        points = [
            (size, costs[size, plan.most].seconds)
            for size in plan.sizes
            if (size, plan.most) in costs
        ]
        axes.plot(
            *zip(*points, strict=True),
            "-o",
            color=colour,
            label=f"{ms(latency)}, {plan.most} at once",
        )
    axes.set_title("More issues", loc="left")
    axes.set_xlabel("issues")
    axes.set_xscale("log")
    axes.set_xticks(plan.sizes, [f"{size:,}" for size in plan.sizes])
    axes.minorticks_off()
