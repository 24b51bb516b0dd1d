"""Runs of the tap against a troubled Jira, and what every one of them must hold to."""

from __future__ import annotations

import base64
import contextlib
import copy
import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from tests.support.compare import exact
from tests.support.expected import expected
from tests.support.tap import Run, launch
from tests.support.target import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from sandbox import Sandbox

STREAMS = (
    "issues",
    "comments",
    "changelogs",
    "worklogs",
    "deleted_worklogs",
    "projects",
    "users",
    "fields",
)
#: The feeds of worklogs withhold what is younger.
WITHHELD = dt.timedelta(minutes=1)


Truth = dict[str, dict[str, dict[str, Any]]]


def differences(
    truth: Truth,
    now_ms: int,
    tables: Tables,
    *streams: str,
    gone: bool = False,
    marks: bool = False,
) -> list[str]:
    """Where the tables are not what Jira shows at an instant.

    With ``gone``, rows that Jira lost may remain, and others may still tell of them; with
    ``marks``, a fault has put members of its own into the rows.
    """
    found = []
    now = dt.datetime.fromtimestamp(now_ms / 1000, tz=dt.timezone.utc)
    for name in streams or STREAMS:
        rows, wanted = tables.typed(name), truth[name]
        for key in wanted.keys() | rows.keys():
            have, want = rows.get(key), wanted.get(key)
            if want is not None and name.endswith("worklogs"):
                changed = want["updated" if name == "worklogs" else "deleted_at"]
                if changed > now - WITHHELD:
                    continue
            if have is None:
                found.append(f"{name} {key} is missing")
            elif want is None:
                if not gone:
                    found.append(f"{name} {key} is not in Jira")
            else:
                told = _TELLING if gone else ()
                found += _unlike(f"{name} {key}", have, want, told, marks=marks)
    return sorted(found)


#: Members that faults put into rows.
_MARKS = {"n", "bad"}
#: Columns that tell of other issues; those are not touched when one of them is
#: deleted or moved.
_TELLING = ("parent", "subtasks", "issuelinks", "customfield_10045", "issue_key")


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unmarked(inner) for name, inner in value.items() if name not in _MARKS}
    return [_unmarked(inner) for inner in value] if isinstance(value, list) else value


def _unlike(
    where: str,
    have: dict[str, Any],
    want: dict[str, Any],
    besides: Collection[str] = (),
    *,
    marks: bool = False,
) -> list[str]:
    have = _unmarked(have) if marks else have
    if have == want:
        return []
    return [
        f"{where}.{name}: {have.get(name)!r}, in Jira {want.get(name)!r}"
        for name in sorted(have.keys() | want.keys())
        if have.get(name) != want.get(name)
        and exact(have.get(name)) != exact(want.get(name))
        and name not in besides
    ]


class Tap:
    """A tap for one sandbox, and the tables that its runs fill."""

    def __init__(
        self,
        box: Sandbox,
        folder: Path,
        constants: Mapping[str, float] | None = None,
        **config: Any,
    ) -> None:
        """Use the sandbox's settings, with these changes (``None`` takes one away)."""
        self.box = box
        self.constants = constants
        self.folder = folder
        self.tables = Tables()
        self.config = {**box.settings(), **config}

    def run(
        self,
        *arguments: str,
        state: Mapping[str, Any] | None = None,
        catalog: Mapping[str, Any] | None = None,
        started: Callable[[int], None] = lambda _: None,
        variables: Mapping[str, str] | None = None,
        **config: Any,
    ) -> Run:
        """Run it and fill the tables; without ``state`` from where the last run ended."""
        merged = {**self.config, **config}
        settings = {name: value for name, value in merged.items() if value is not None}
        command = ["--config", self._write("config", settings), *arguments]
        state = self.tables.state if state is None else state
        if state is not None:
            command += ["--state", self._write("state", state)]
        if catalog is not None:
            command += ["--catalog", self._write("catalog", catalog)]
        variables = {"TAP_JIRA_LOGLEVEL": "DEBUG", **(variables or {})}
        run = launch(
            command,
            self.folder,
            started,
            constants=self.constants,
            variables=variables,
            hurry=True,
        )
        if "--discover" not in arguments:
            self.tables.load(run.output)
        civil(run)
        given = secrets_given_away(run, {*secrets_in(settings), *secrets_sent(self.box)})
        assert not given, (given, run.log)
        return run

    def catalog(self, *streams: str) -> dict[str, Any]:
        """The catalog with these streams selected."""
        run = self.run("--discover")
        assert run.code == 0, run.log
        catalog: dict[str, Any] = json.loads(run.output)
        for stream in catalog["streams"]:
            for each in stream["metadata"]:
                if not each["breadcrumb"]:
                    each["metadata"]["selected"] = stream["tap_stream_id"] in streams
        return copy.deepcopy(catalog)

    def check(
        self,
        *streams: str,
        gone: bool = False,
        marks: bool = False,
        truth: Truth | None = None,
    ) -> None:
        """The tables hold what Jira shows (see :func:`differences`), or has shown."""
        truth, now = truth or expected(self.box.jira), self.box.jira.clock.now_ms()
        found = differences(truth, now, self.tables, *streams, gone=gone, marks=marks)
        assert not found, f"{len(found)} differences, the first: {found[:5]}"

    def sync(self, *, gone: bool = False, marks: bool = False, **config: Any) -> Run:
        """A run that must succeed and leave the tables as Jira is."""
        run = self.run(**config)
        assert run.code == 0, run.log
        self.check(gone=gone, marks=marks)
        return run

    def _write(self, name: str, content: Mapping[str, Any]) -> str:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)


#: Settings that are secrets.
SECRETS = (
    "api_token",
    "password",
    "personal_access_token",
    "client_secret",
    "refresh_token",
    "access_token",
)


def secrets_in(config: Mapping[str, Any]) -> set[str]:
    """The secrets of a configuration, in every form."""
    found = set()
    for name in SECRETS:
        if config.get(name):
            secret = str(config[name])
            found |= forms(secret) | forms(f"{config.get('username')}:{secret}")
    return found


def secrets_sent(box: Sandbox) -> set[str]:
    """What the tap has shown to a sandbox to be let in, and what it was given there."""
    auth = box.jira.auth
    found = {*auth.sessions, *auth.access_tokens, *auth.refresh_tokens}
    for entry in box.requests:
        found.add(entry.headers.get("authorization", "").partition(" ")[2])
        found.add(entry.headers.get("cookie", "").partition("=")[2])
    return {form for secret in found if secret for form in forms(secret)}


def forms(secret: str) -> set[str]:
    """The ways in which a secret may stand in a text."""
    encoded = base64.b64encode(secret.encode()).decode()
    escaped = json.dumps(secret)[1:-1]
    return {secret, quote(secret, safe=""), quote_plus(secret), encoded, encoded[:-3], escaped}


def secrets_given_away(run: Run, secrets: Collection[str]) -> list[str]:
    """The secrets that stand in anything that a run has written."""
    written = run.output.decode(errors="replace") + run.log
    return [secret for secret in secrets if secret in written]


def civil(run: Run) -> None:
    """No failure shows its insides, and none goes without an error."""
    for rude in ("Traceback (most recent call last)", "This is a bug in the tap"):
        assert rude not in run.log, run.log
    if run.code == 1:
        assert run.errors, run.log
    if run.code == 0:
        assert not run.errors, run.log


def incomplete(run: Run) -> set[str]:
    """The streams that the summary says are not complete."""
    return {
        line.text.split(":")[0]
        for line in run.lines
        if line.logger == "tap-jira.summary" and "NOT COMPLETE" in line.text
    }


def without_comment_ids(truth: Truth, tables: Tables) -> Truth:
    """What Jira shows, but for the ids of comments that could not be read: those are null."""
    rows = tables.typed("issues")
    unknown = {key: row for key, row in rows.items() if row.get("comment_ids") is None}
    issues = {
        key: {**row, "comment_ids": None} if key in unknown else row
        for key, row in truth["issues"].items()
    }
    return {**truth, "issues": issues}


def sound(tap: Tap, run: Run, *, gone: bool = False) -> None:
    """Complete and right, or said not to be; and the next run makes good what was missed."""
    if run.code == 0:
        tap.check(gone=gone)
        return
    truth = expected(tap.box.jira)
    assert run.code == 1, run.log
    missed = incomplete(run)
    if any(error.startswith("Not complete: ") for error in run.errors):
        told = without_comment_ids(truth, tap.tables) if "comments" in missed else truth
        tap.check(*[name for name in STREAMS if name not in missed], gone=gone, truth=told)
    tap.box.faults.clear()
    again = tap.run()
    assert again.code == 0, again.log
    tap.check(gone=gone, truth=truth)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder for a run's files."""
    with tempfile.TemporaryDirectory(prefix="tap-jira-") as name:
        yield Path(name)
