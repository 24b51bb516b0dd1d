"""What the forms of values cost: rich text as markup or Markdown, options as plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.tap import Tap

STREAMS = ("issues", "comments")
#: What is measured beside the defaults, with its settings.
FORMS: dict[str, dict[str, Any]] = {
    "the defaults": {},
    "`rich_text: markup`": {"rich_text": "markup"},
    "`rich_text: markdown`": {"rich_text": "markdown"},
    "`custom_field_values: plain`": {"custom_field_values": "plain"},
}
#: After everything that the stand-in Jira holds.
_NEVER = "2030-01-01"


@dataclass(frozen=True)
class Forms:
    """Issues and comments in each form, one core, no latency."""

    rows: int
    cpu: dict[str, float]
    """Seconds of processor time by form, less those of a run that has nothing to read."""
    size: dict[str, float]
    """Bytes that the tap writes, by form."""

    def beside(self, form: str) -> float:
        """The time that it takes, as a multiple of that of the defaults."""
        return self.cpu[form] / self.cpu["the defaults"]


def forms(tap: Tap, rounds: int) -> Forms:
    """Measure them in turn, so that what else the machine does burdens all of them."""
    catalogs = {name: tap.discover(*STREAMS, **settings) for name, settings in FORMS.items()}
    rows = 0
    size: dict[str, float] = {}
    for name, settings in FORMS.items():
        tap.run(catalog=catalogs[name], keep=True, **settings)  # and Jira has made its answers
        rows, size[name] = len(tap.messages("RECORD")), tap.output.stat().st_size
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in FORMS}
    for _ in range(rounds):
        for name, settings in FORMS.items():
            catalog = catalogs[name]
            idle = tap.run(catalog=catalog, one_core=True, start_date=_NEVER, **settings)
            full = tap.run(catalog=catalog, one_core=True, **settings)
            runs[name].append((idle.cpu, full.cpu))
    cpu = {}
    for name, pairs in runs.items():
        idle_cpu, full_cpu = (min(side) for side in zip(*pairs, strict=True))
        cpu[name] = max(full_cpu - idle_cpu, 1e-6)
    return Forms(rows, cpu, size)
