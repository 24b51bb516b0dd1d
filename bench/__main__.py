"""Measure, and write ``RESULTS.md`` and ``results.png``.

With ``--peers`` only other extractors for Jira are measured, and this tap beside them. The page
keeps whatever was not measured this time: either those, or everything else.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench import peers
from bench.measure import QUICK, Plan, measure
from bench.peers_report import kept, of_peers
from bench.report import draw, page

if TYPE_CHECKING:
    from collections.abc import Sequence

_LARGE = 100_000
_MODELS = (10_000, 9)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it works")
    parser.add_argument(
        "--large",
        action="store_true",
        help=f"also memory and models at {_LARGE:,} issues (minutes)",
    )
    parser.add_argument(
        "--peers",
        action="store_true",
        help="other extractors, and nothing else (minutes)",
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(__file__).parent, help="where the results go"
    )
    parser.add_argument(
        "--python",
        type=lambda path: Path(path).absolute(),
        default=sys.executable,
        help="runs the tap: one with nothing but its needs",
    )
    options = parser.parse_args(arguments)
    file = options.folder / "RESULTS.md"
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    rest, others = kept(before)
    if options.peers:
        sizes = peers.QUICK if options.quick else peers.SIZES
        others = of_peers(peers.compare(_say, str(options.python), sizes))
        file.write_text(f"{rest}{others}", encoding="utf-8")
        return 0
    plan = dataclasses.replace(QUICK if options.quick else Plan(), python=str(options.python))
    if options.large:
        plan = dataclasses.replace(plan, large=_LARGE, models=_MODELS)
    options.folder.mkdir(parents=True, exist_ok=True)
    results = measure(plan, _say)
    file.write_text(f"{page(results)}{others}", encoding="utf-8")
    draw(results, options.folder / "results.png")
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
