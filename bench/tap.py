"""Running the tap as a whole process, and what a run cost."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.pipeline import CORE_STREAMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox import Sandbox

_LAUNCHER = Path(__file__).with_name("launcher.py")
_ROOT = Path(__file__).resolve().parent.parent
_SHOWN = 2000


@dataclass(frozen=True)
class Cost:
    """What one run of the tap took, from the start of the process to its end."""

    seconds: float
    cpu: float
    """Seconds of processor time, user and system."""
    memory: float
    """Peak resident memory in bytes."""
    requests: int


class Tap:
    """The tap, configured for a stand-in Jira.

    Example:
        >>> with Sandbox(Options(issues=1000)) as jira:
        ...     tap = Tap(jira, folder)
        ...     tap.run(latency=0.05, max_concurrency=8)
        Cost(seconds=1.9, cpu=1.3, memory=94371840.0, requests=43)
    """

    def __init__(self, jira: Sandbox, folder: Path, python: str = sys.executable) -> None:
        """Keep files in ``folder``, below which no other tap does; run it with ``python``."""
        self._python = python
        self.output = folder / "output.jsonl"
        self._jira = jira
        self._folder = folder

    def run(
        self,
        *arguments: str,
        latency: float = 0.0,
        keep: bool = False,
        one_core: bool = False,
        state: Mapping[str, Any] | None = None,
        catalog: Mapping[str, Any] | None = None,
        **config: Any,
    ) -> Cost:
        """A run that must succeed; its output goes nowhere, or with ``keep`` into a file.

        Without a catalog it reads the core streams.
        """
        if catalog is None and not arguments:
            catalog = self._core
        command = [self._python, "-m", "tap_jira"]
        command += ["--config", self._configured(**config)]
        if state is not None:
            command += ["--state", self._file("state", state)]
        if catalog is not None:
            command += ["--catalog", self._file("catalog", catalog)]
        self._jira.jira.options.latency_seconds = latency
        return launched(
            self._jira,
            [*command, *arguments],
            self.output if keep else Path(os.devnull),
            self._folder / "used.json",
            one_core=one_core,
        )

    def piped(
        self, catalog: Mapping[str, Any] | None = None, state: Mapping[str, Any] | None = None
    ) -> subprocess.Popen[bytes]:
        """A run without latency that is under way, its output in a pipe; of the core streams."""
        self._jira.jira.options.latency_seconds = 0.0
        command = [self._python, "-m", "tap_jira", "--config", self._configured()]
        command += ["--catalog", self._file("catalog", catalog or self._core)]
        if state is not None:
            command += ["--state", self._file("state", state)]
        return subprocess.Popen(
            command,
            cwd=_ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    @functools.cached_property
    def _core(self) -> dict[str, Any]:
        return self.discover(*CORE_STREAMS)

    def discover(self, *streams: str, **config: Any) -> dict[str, Any]:
        """The catalog, with these streams selected and no other."""
        self.run("--discover", keep=True, **config)
        catalog: dict[str, Any] = json.loads(self.output.read_bytes())
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
        return catalog

    def messages(self, kind: str) -> list[dict[str, Any]]:
        """The messages of a kind that the last run with ``keep`` wrote."""
        with self.output.open(encoding="utf-8") as lines:
            found = (json.loads(line) for line in lines if line.startswith(f'{{"type":"{kind}"'))
            return list(found)

    def _configured(self, **config: Any) -> str:
        """The file with the settings."""
        return self._file("config", {**self._jira.settings(), **config})

    def _file(self, name: str, content: Mapping[str, Any]) -> str:
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)


def launched(
    jira: Sandbox,
    command: Sequence[str],
    output: Path,
    used: Path,
    *,
    one_core: bool = False,
    paths: str = "",
) -> Cost:
    """Run a command that must succeed; what it says goes to ``output``, and ``used`` is a scratch.

    With ``paths`` it runs in the folder of ``used``, where Python finds nothing of this repository,
    but what is in ``paths``.
    """
    launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), *["--one-core"] * one_core]
    jira.reset_counts()
    with output.open("wb") as sink:
        done = subprocess.run(
            [*launcher, str(used), *command],
            cwd=used.parent if paths else _ROOT,
            env=_environment() | ({"PYTHONPATH": paths} if paths else {}),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.PIPE,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-_SHOWN:])
    return Cost(**json.loads(used.read_bytes()), requests=sum(jira.counts.values()))


def _environment() -> dict[str, str]:
    return {**os.environ, "NO_PROXY": "*"}
