"""tap-jira in slices, for orchestrators that run Python: Airflow, Dagster and their like.

JIRA_HOME (or /srv/jira) is a folder that every worker sees. A user puts there `config.json`,
`catalog.json`, `target.json`, `load.sh`, and `venv` with tap-jira and target-postgres in it. The
slices come to be in `slices.json`, and the STATE of each, which is its own, in a folder `slice-N`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HOME = Path(os.environ.get("JIRA_HOME", "/srv/jira"))
WRONG_COMMAND_LINE = 2
#: The tap's word on what a person has to mend first, so that trying again does not help.
FOR_A_PERSON = re.compile(
    r"(?!.*cannot be (?:used|reached))"  # a proxy that is down, whatever its credentials are
    r"(?!.*(?:\[Errno |[Tt]imeout|This is a bug))"  # whatever file or name it is about
    r"(?!The run was stopped)"  # though the next one goes on from a STATE
    r".*(?:credentials|CAPTCHA|password|token|setting|onfiguration|catalog|STATE)"
)
#: Where the trouble was, and Jira's words for it: what these name is nothing to go by.
ITS_PLACE = re.compile(r'https?://\S+|Jira says: ".*"')
#: Lines of the tap's log, and of the summary that ends it.
LINE = re.compile(r"\S+ \S+ \| (?P<level>\w+) +\| (?P<name>[\w.-]+) +\| (?P<text>.*)")
STREAM = re.compile(
    r"(\w+): +(\d+) rows, .*?(?:, bookmark \S+ -> (\S+?))?(?:, NOT COMPLETE: (.*))?$"
)
TOTAL = re.compile(r"Total: (\d+) rows, (\d+) requests, ([\d.]+) s, of which ([\d.]+) s waiting")


class LoadError(Exception):
    """Something is missing: the next try, or the next run, goes on from there."""


class RefusedError(LoadError):
    """Trying again does not help: a person has to change something first."""


class Log:
    """What matters in the tap's log: why it failed, and what it has read."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self.fatal: list[str] = []
        self.figures: dict[str, Any] = {}
        self.streams: dict[str, dict[str, Any]] = {}

    def take(self, line: str) -> None:
        """Hear a line."""
        found = LINE.match(line)
        if not found or not found["name"].startswith("tap-jira"):
            return
        text = found["text"]
        if found["level"] in {"ERROR", "CRITICAL"} and not text.startswith("Not complete:"):
            self.fatal.append(text)
        if found["name"] != "tap-jira.summary":
            return
        if total := TOTAL.match(text):
            rows, requests, seconds, waited = map(float, total.groups())
            self.figures = {"rows": int(rows), "requests": int(requests), "seconds": seconds}
            self.figures["seconds_waited"] = waited
        elif part := STREAM.match(text):
            name, rows_of_it, bookmark, missing = part.groups()
            told = {"rows": int(rows_of_it), "bookmark": bookmark, "missing": missing}
            self.streams[name] = {key: each for key, each in told.items() if each is not None}

    @property
    def missing(self) -> dict[str, str]:
        """The streams that are not complete, and why."""
        return {name: each["missing"] for name, each in self.streams.items() if "missing" in each}

    def judge(self, what: str, code: int) -> None:
        """Whether it went well.

        Raises:
            RefusedError: it did not, and a person has to mend it.
            LoadError: it did not.
        """
        if not code:
            return
        reasons = [*self.fatal, *(f"{name}: {why}" for name, why in self.missing.items())]
        said = " ".join([f"{what} ended with exit code {code}.", *reasons])
        words = [ITS_PLACE.sub("", each) for each in (*self.fatal, *self.missing.values())]
        hopeless = bool(words) and all(map(FOR_A_PERSON.match, words))
        raise RefusedError(said) if hopeless or code == WRONG_COMMAND_LINE else LoadError(said)


class Load:
    """One run of a slice, from its STATE into the target."""

    def __init__(self, number: int, at_once: int) -> None:
        """``at_once`` slices share what Jira allows."""
        self.number = number
        self.log = Log()
        self._at_once = at_once
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def run(self, show: Callable[[str], object]) -> dict[str, Any]:
        """The figures of its summary; ``show`` is given the log, line by line.

        Raises:
            LoadError: See :meth:`Log.judge`.
        """
        (each,) = (each for each in made() if each["slice"]["number"] == self.number)
        folder = HOME / f"slice-{self.number}"
        folder.mkdir(mode=0o700, exist_ok=True)
        _write(folder / "slice.json", {**each, "slices_at_once": self._at_once})
        files = ("../target.json", "--config", "../config.json", "--config", "slice.json")
        self._process = subprocess.Popen(
            [HOME / "load.sh", folder, *files, "--catalog", "../catalog.json"],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # signals reach it by stop() alone
        )
        if self._stopped:  # before there was a process
            self.stop()
        with self._process as process:
            try:
                self._hear(process.stderr or (), show)
            except BaseException:
                self.stop()  # the orchestrator takes this worker away
                raise
        self.log.judge(f"Slice {self.number}", process.returncode)
        return {"slice": self.number, **self.log.figures, "streams": self.log.streams}

    def stop(self) -> None:
        """Have the tap stop; what it has written is loaded, and STATE kept."""
        self._stopped = True
        if self._process:
            self._process.terminate()

    def _hear(self, lines: Iterable[str], show: Callable[[str], object]) -> None:
        for line in lines:
            self.log.take(line)
            if "METRIC:" not in line:
                show(line.rstrip())


def plan(most: int) -> list[int]:
    """The numbers of the slices; they are made once, and kept.

    Raises:
        LoadError: they could not be made.
    """
    if not (HOME / "slices.json").exists():
        command = ["tap-jira", "--config", "config.json", "--slices", str(most)]
        done = subprocess.run(
            command, cwd=HOME, env=_environment(), capture_output=True, text=True, check=False
        )
        log = Log()
        for line in done.stderr.splitlines():
            log.take(line)
        log.judge("Making slices", done.returncode)
        _write(HOME / "slices.json", json.loads(done.stdout))
    return [each["slice"]["number"] for each in made()]


def made() -> list[dict[str, Any]]:
    """The slices, each a setting of the tap; none before there is a plan."""
    file = HOME / "slices.json"
    slices: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
    return slices


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{HOME / 'venv' / 'bin'}:{os.environ.get('PATH', os.defpath)}"}


def _write(file: Path, content: Any) -> None:
    """Whole, or not at all."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(content, indent=1))
    new.replace(file)
