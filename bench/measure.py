"""What is measured, and in which order."""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psutil

from bench.census import Census, census
from bench.changes import change
from bench.forms import Forms, forms
from bench.load import Load, load
from bench.models import Models, models
from bench.tap import Cost, Tap
from sandbox import Options, Request, Sandbox, world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HOUR = 60
#: After everything that the stand-in Jira holds.
_NEVER = "2030-01-01"
#: Issues whose comments and histories the stand-in Jira keeps; more than it does by itself, so that
#: making them anew is not measured.
_KEPT = 20_000
_SURROGATE = b"\\ud800"


@dataclass(frozen=True)
class Plan:
    """Sizes and latencies; the defaults are those of ``make bench``."""

    sizes: tuple[int, ...] = (300, 1_000, 3_000, 10_000)
    grid: tuple[int, ...] = (1_000, 10_000)
    """The sizes that are read with each concurrency."""
    concurrency: tuple[int, ...] = (1, 4, 8)
    near: float = 0.05
    far: float = 0.25
    """Latencies in seconds."""
    small_repeats: int = 3
    """How often sizes up to ``small`` are read; the quickest counts."""
    small: int = 1_000
    increments: int = 1_000
    """The size of the site whose idle and small runs are measured."""
    throughput: int = 10_000
    throughput_rounds: int = 7
    forms_rounds: int = 3
    """How often what takes processor time is measured; the least counts."""
    loading: int = 3_000
    """The size of the site that is loaded into PostgreSQL."""
    large: int | None = None
    """A size for memory only."""
    models: tuple[int, int] | None = None
    """The size of a site whose models are built, and how many copies of it."""
    python: str = sys.executable
    """Runs the tap; best one with nothing but what the tap needs."""

    @property
    def most(self) -> int:
        """The highest concurrency."""
        return self.concurrency[-1]


QUICK = Plan(
    sizes=(20, 60),
    grid=(20, 60),
    near=0.005,
    far=0.02,
    concurrency=(1, 8),
    small_repeats=1,
    increments=60,
    throughput=60,
    throughput_rounds=1,
    forms_rounds=1,
    loading=20,
)


@dataclass(frozen=True)
class Throughput:
    """The issues stream beside decoding all of its pages and encoding all of its messages."""

    rows: int
    cpu: float
    """Seconds of processor time, less those of a run that has nothing to read."""
    floor: float
    """Seconds to decode the same pages and encode the same messages, and nothing else."""
    memory: float

    @property
    def share(self) -> float:
        """How much of the floor's speed the tap reaches."""
        return self.floor / self.cpu


@dataclass
class Results:
    """Everything that was measured."""

    plan: Plan
    machine_load: float = field(default_factory=lambda: psutil.getloadavg()[0])
    """The machine's load average before it began: other programs slow every side down."""
    near: dict[tuple[int, int], Cost] = field(default_factory=dict)
    """By size and concurrency."""
    far: dict[tuple[int, int], Cost] = field(default_factory=dict)
    memory: dict[int, float] = field(default_factory=dict)
    """Peak of a full run in bytes, by size."""
    serving: dict[int, float] = field(default_factory=dict)
    """Processor seconds that the stand-in Jira itself takes for a full run, by size."""
    idle: Cost | None = None
    increment: Cost | None = None
    throughput: Throughput | None = None
    forms: Forms | None = None
    load: Load | None = None
    census: Census | None = None
    models: Models | None = None


def measure(plan: Plan, say: Callable[[str], None]) -> Results:
    """Everything, one site after the other."""
    results = Results(plan)
    for size in plan.sizes:
        with _site(size, plan.python) as (jira, tap):
            say(f"{size:,} issues")
            results.memory[size] = tap.run().memory  # and the stand-in Jira has made its answers
            began = time.thread_time()
            _answers(jira)
            results.serving[size] = time.thread_time() - began
            _full_runs(results, tap, size, say)
            if size == plan.throughput:
                results.throughput = throughput(jira, tap, plan.throughput_rounds)
                say(f"  throughput: {results.throughput.share:.0%} of the floor")
                results.forms = forms(tap, plan.forms_rounds)
                say("  forms of values")
                results.census = census(jira, tap, size)
                say("  a census")
            if size == plan.loading:
                with tempfile.TemporaryDirectory(prefix="tap-jira-bench-") as folder:
                    results.load = load(tap, Path(folder))
                say("  into PostgreSQL")
            if size == plan.increments:
                _increments(results, jira, tap)
                say("  idle and small runs")
    if plan.large:
        with _site(plan.large, plan.python) as (jira, tap):
            say(f"{plan.large:,} issues")
            results.memory[plan.large] = tap.run().memory
            results.census = census(jira, tap, plan.large)
            say("  a census")
    if plan.models:
        size, copies = plan.models
        with _site(size, plan.python) as (jira, tap):
            say(f"models of {size * (copies + 1):,} issues")
            results.models = models(jira, tap, copies)
    return results


def _full_runs(results: Results, tap: Tap, size: int, say: Callable[[str], None]) -> None:
    plan = results.plan
    repeats = plan.small_repeats if size <= plan.small else 1
    for concurrency in plan.concurrency if size in plan.grid else (plan.most,):
        costs = [tap.run(latency=plan.near, max_concurrency=concurrency) for _ in range(repeats)]
        best = min(costs, key=lambda cost: cost.seconds)
        results.near[size, concurrency] = best
        say(f"  {plan.near * 1000:.0f} ms, {concurrency} at once: {best.seconds:.1f} s")
    for concurrency in (plan.concurrency[0], plan.most) if size in plan.grid else ():
        cost = tap.run(latency=plan.far, max_concurrency=concurrency)
        results.far[size, concurrency] = cost
        say(f"  {plan.far * 1000:.0f} ms, {concurrency} at once: {cost.seconds:.1f} s")


def _increments(results: Results, jira: Sandbox, tap: Tap) -> None:
    """A run an hour later without changes, and one with some."""
    latency = results.plan.near
    tap.run(keep=True)
    jira.jira.clock.advance(minutes=_HOUR)
    results.idle = tap.run(latency=latency, keep=False, state=_last_state(tap))
    tap.run(keep=True, state=_last_state(tap))
    change(jira)
    jira.jira.clock.advance(minutes=_HOUR)
    results.increment = tap.run(latency=latency, state=_last_state(tap))


def _last_state(tap: Tap) -> dict[str, Any]:
    state: dict[str, Any] = tap.messages("STATE")[-1]["value"]
    return state


def throughput(jira: Sandbox, tap: Tap, rounds: int) -> Throughput:
    """The issues stream with nothing between the tap and its data, and the floor of the same."""
    catalog = tap.discover("issues")
    runs = [
        (
            tap.run(catalog=catalog, one_core=True, start_date=_NEVER),
            tap.run(catalog=catalog, one_core=True),
        )
        for _ in range(rounds)
    ]
    start_up, cost = (min(side, key=lambda each: each.cpu) for side in zip(*runs, strict=True))
    tap.run(catalog=catalog, keep=True)
    pages = _answers(jira)
    records = tap.messages("RECORD")
    floor = _floor(pages, records, rounds)
    return Throughput(len(records), cost.cpu - start_up.cpu, floor, cost.memory)


def _answers(jira: Sandbox) -> list[bytes]:
    """What the stand-in Jira answered to the last run: the same once more, in bytes.

    Lone surrogates, which no decoder takes, are removed beforehand.
    """
    return [
        jira.jira.handle(
            Request(
                entry.method,
                entry.path,
                entry.query,
                entry.headers,
                b"" if entry.body is None else json.dumps(entry.body).encode(),
            )
        ).body.replace(_SURROGATE, b"")
        for entry in list(jira.requests)
    ]


def _floor(pages: list[bytes], records: list[dict[str, Any]], rounds: int) -> float:
    """Processor seconds to decode the pages and encode the messages, the best of some."""
    encode = msgspec.json.Encoder().encode
    collecting = gc.isenabled()
    gc.disable()
    try:
        return min(_timed(pages, records, encode) for _ in range(rounds))
    finally:
        if collecting:
            gc.enable()


def _timed(
    pages: list[bytes], records: list[dict[str, Any]], encode: Callable[[Any], bytes]
) -> float:
    began = time.thread_time()
    for page in pages:
        msgspec.json.decode(page)
    for record in records:
        encode(record)
    return time.thread_time() - began


@contextmanager
def _site(issues: int, python: str) -> Iterator[tuple[Sandbox, Tap]]:
    """A stand-in Jira and the tap for it."""
    world._KEPT = _KEPT  # noqa: SLF001 - a limit of memory, which there is enough of here
    with (
        tempfile.TemporaryDirectory(prefix="tap-jira-bench-") as folder,
        Sandbox(Options(issues=issues)) as jira,
    ):
        yield jira, Tap(jira, Path(folder), python)
