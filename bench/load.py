"""The whole pipeline, ``tap-jira | target-postgres``, into a PostgreSQL of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.pipeline import LOADING
from demo.postgres import Postgres

if TYPE_CHECKING:
    from bench.tap import Tap

_TARGET = Path(sys.executable).parent / "target-postgres"
_SHOWN = 2000


@dataclass(frozen=True)
class Load:
    """A full run of all streams into an empty schema, and the tap alone beside it."""

    rows: int
    alone: float
    """Seconds of the tap, written to nowhere."""
    advised: float
    """Seconds of both, with the target's settings as `meltano.yml` has them."""
    default: float
    """Seconds of both, with the target's own defaults."""


def load(tap: Tap, folder: Path) -> Load:
    """Measure it; files are kept in ``folder``."""
    tap.run(keep=True)
    rows = len(tap.messages("RECORD"))
    with Postgres() as postgres:
        seconds = {
            schema: _piped(
                tap,
                folder / f"{schema}.json",
                {
                    "sqlalchemy_url": postgres.sqlalchemy_url,
                    "default_target_schema": schema,
                    **settings,
                },
            )
            for schema, settings in (("advised", LOADING), ("default", {}))
        }
    return Load(rows, tap.run().seconds, **seconds)


def load_into(
    postgres: Postgres,
    tap: Tap,
    folder: Path,
    schema: str,
    catalog: dict[str, Any],
    state: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Load a run of these streams; returns the state that the target vouches for."""
    config = {
        "sqlalchemy_url": postgres.sqlalchemy_url,
        "default_target_schema": schema,
        **LOADING,
    }
    told = _through(tap.piped(catalog, state), folder / f"{schema}.json", config)
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found


def _piped(tap: Tap, file: Path, config: dict[str, Any]) -> float:
    """Seconds from the start of both processes to the end of both."""
    began = time.monotonic()
    _through(tap.piped(), file, config)
    return time.monotonic() - began


def _through(source: subprocess.Popen[bytes], file: Path, config: dict[str, Any]) -> bytes:
    """Send what a tap says through the target; returns what that says."""
    file.write_text(json.dumps(config), encoding="utf-8")
    with (
        source,
        subprocess.Popen(
            [str(_TARGET), "--config", str(file)],
            stdin=source.stdout,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as target,
    ):
        if source.stdout is not None:
            source.stdout.close()  # the target has it, and the tap is to notice when that ends
        told, log = target.communicate()
    if target.returncode or source.returncode:
        raise RuntimeError(log.decode(errors="replace")[-_SHOWN:])
    return told
