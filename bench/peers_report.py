"""What was measured of other extractors, as the last section of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.peers import OURS, PEERS, STREAMS
from bench.report import cost_cells, machine, ms, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.peers import Compared, Run

TITLE = "## Other extractors"
_HEAD = """
{title}, {latency} latency

Measured by `make bench BENCH_FLAGS=--peers` on {date}, apart from everything above:
{versions}
({machine}).
Each reads the same streams in a full run: {streams}.
Each has an environment of its own, the settings that it needs and otherwise its defaults, and
writes into a file. All speak TLS, since the others insist on it, and have read the site once before
the clock runs. The stand-in says `isLast` on each page here, as Jira usually does and some rely on.
"""
_OLD_SEARCH = """
{name} {version} asks for `/rest/api/3/search`, which Jira Cloud removed
in 2025 and answers with 410: on a Jira of today it reads no issues. The stand-in had that search
for this run, and for no other. It has no stream of histories; those that its issues carry are
counted.
"""
_MISSING = """
Rows that the site has and a run has not written, by id. Archived projects and those in the trash
are among them, and users of every kind:
"""


def kept(page: str) -> tuple[str, str]:
    """A page in two: what comes before this section, and the section."""
    rest, title, section = page.partition(f"\n{TITLE}")
    return rest, title + section


def of_peers(compared: Compared) -> str:
    """The section."""
    runs = compared.runs
    versions = list(dict.fromkeys(f"{run.name} {run.version}" for run in runs if run.version))
    old = {peer.name for peer in PEERS if peer.old_search}
    outdated = {
        _OLD_SEARCH.format(name=run.name, version=run.version) for run in runs if run.name in old
    }
    parts = [
        _HEAD.format(
            title=TITLE,
            latency=ms(compared.latency),
            date=f"{compared.at:%Y-%m-%d}",
            versions=", ".join(versions),
            machine=machine(compared.machine_load),
            streams=f"{', '.join(STREAMS[:-1])} and {STREAMS[-1]}",
        ),
        table(
            ("Extractor", "Issues", "Requests", "Seconds", "Processor seconds"),
            ((run.name, f"{run.issues:,}", *cost_cells(run.cost)) for run in runs),
        ).rstrip("\n"),
        *(each.rstrip("\n") for each in sorted(outdated)),
        _MISSING,
        table(("Extractor", "Issues", *STREAMS), _missing(runs)),
    ]
    return "\n".join(parts)


def _missing(runs: list[Run]) -> Iterable[tuple[str, ...]]:
    for run in runs:
        if run.name == OURS:
            there = (f"{len(run.there[each]):,}" for each in STREAMS)
            yield ("(all that there are)", f"{run.issues:,}", *there)
        yield (run.name, f"{run.issues:,}", *(f"{run.missing(each):,}" for each in STREAMS))
