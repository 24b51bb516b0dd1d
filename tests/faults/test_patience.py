"""A Jira that does not answer: who waits is told so, and does not wait for long."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault, Options, Sandbox
from tap_jira.errors import ConnectionFailedError, TapJiraError
from tap_jira.http.auth import AnonymousAuth
from tap_jira.http.client import MAX_TRIES, JiraClient, Request
from tap_jira.http.patience import CONNECT_TIMEOUT, INTERACTIVE, Patience
from tap_jira.http.throttle import Throttle
from tap_jira.http.transport import EXCHANGE_TRIES, Transport
from tap_jira.settings import parse
from tests.faults.support import Tap
from tests.support.tap import launch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.tap import Run

INTERACTIVE_COMMANDS = ("--check", "--discover", "--test")


@contextlib.contextmanager
def listener() -> Iterator[socket.socket]:
    """A port that takes connections; whether anything is said on them is another matter."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@contextlib.contextmanager
def silent() -> Iterator[tuple[int, list[socket.socket]]]:
    """A port that takes connections and says nothing, and the connections."""
    taken: list[socket.socket] = []
    with listener() as listening:

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(listening.accept()[0])

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield listening.getsockname()[1], taken
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
    for each in taken:
        each.close()


def run(folder: Path, port: int, *arguments: str, **patience: float) -> Run:
    """The tap against a port, by its command line."""
    config = folder / "config.json"
    config.write_text(json.dumps({"base_url": f"http://127.0.0.1:{port}"}))
    limits = {f"http.patience.{name}": seconds for name, seconds in patience.items()}
    return launch(["--config", str(config), *arguments], folder, constants=limits, hurry=True)


def told(run: Run) -> list[str]:
    """What was said about waiting."""
    return [line.text for line in run.lines if line.logger == "tap-jira.patience"]


@pytest.mark.parametrize("command", [*INTERACTIVE_COMMANDS, None])
def test_whoever_waits_for_a_port_that_refuses_is_told_once(
    command: str | None, tmp_path: Path
) -> None:
    with listener() as listening:
        port = listening.getsockname()[1]
    done = run(tmp_path, port, *[command] if command else [])
    assert done.code == 1
    (line,) = told(done)
    again = f"Trying again for up to {INTERACTIVE:.0f} s: " if command else "Trying again: "
    assert line.startswith(f"{again}127.0.0.1:{port} cannot be reached: the connection failed")
    assert len(done.errors) == 1
    assert "several times" in done.errors[0]


@pytest.mark.parametrize("command", INTERACTIVE_COMMANDS)
def test_interactive_commands_give_up_on_a_port_that_says_nothing(
    command: str, tmp_path: Path
) -> None:
    with silent() as (port, taken):
        done = run(tmp_path, port, command, INTERACTIVE=0.1, SILENCE=0.01, LEAST_TIMEOUT=0.2)
    assert done.code == 1
    assert len(taken) == 1
    assert told(done) == [f"127.0.0.1:{port} has not answered yet; waiting for up to 0 s."]
    (error,) = done.errors
    assert error.startswith(f"127.0.0.1:{port} takes connections, but gives no answer.")


DRIPS = ("drip_headers", "drip_body")


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("kind", DRIPS)
@pytest.mark.parametrize("command", ["--check", "--discover"])
def test_interactive_commands_give_up_on_an_answer_that_trickles(
    command: str, kind: str, tls: bool, tmp_path: Path
) -> None:
    """Each byte comes well within the time-out; the whole would take a minute or more."""
    with Sandbox(Options(issues=1), tls=tls) as jira:
        drip = jira.faults.add(Fault(kind, delay=0.2, count=10**6))
        constants = {"http.patience.INTERACTIVE": 0.5, "http.patience.LEAST_TIMEOUT": 0.5}
        tap = Tap(jira, tmp_path, constants, ca_bundle=jira.ca_bundle)
        done = tap.run(command)
    assert drip.struck == 1
    assert done.code == 1
    (error,) = done.errors
    assert "takes connections, but gives no answer" in error


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("kind", DRIPS)
def test_a_run_gives_up_an_answer_that_trickles_and_asks_again(
    kind: str, tls: bool, tmp_path: Path
) -> None:
    with Sandbox(Options(issues=5, clock_runs=False), tls=tls) as jira:
        jira.faults.add(Fault(kind, "/search/jql", delay=0.2))
        tap = Tap(jira, tmp_path, {"http.patience.TIMES": 0.5}, ca_bundle=jira.ca_bundle)
        run = tap.run(request_timeout=1)
        assert run.code == 0, run.log
        tap.check()
        jira.faults.add(Fault(kind, "/worklog/updated", delay=0.2, count=10**6))
        run = tap.run(request_timeout=1)
        assert run.code == 1
        assert any("was not done with its answer after 0.5 s" in line for line in run.warnings)


class Clock:
    """Time that passes by sleeping only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "sleep", self.sleep)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Failing:
    """In place of a session's request: fails, each time after a while."""

    def __init__(self, clock: Clock, takes: float, error: Exception) -> None:
        self.clock, self.takes, self.error = clock, takes, error
        self.timeouts: list[tuple[float, float]] = []

    def __call__(self, *_: Any, timeout: tuple[float, float], **__: Any) -> Any:
        self.timeouts.append(timeout)
        self.clock.sleep(min(self.takes, timeout[0]))
        raise self.error


def ask(transport: Transport) -> None:
    client = JiraClient(
        "https://jira.example.com", transport, AnonymousAuth(), Throttle(1), max_retry_wait=3900
    )
    client.ask(Request("GET", "myself"))


def exchange(transport: Transport) -> None:
    transport.exchange("https://auth.example.com/token", {})


UNKNOWN = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


@pytest.mark.parametrize("error", [ConnectionRefusedError(), UNKNOWN, TimeoutError()])
@pytest.mark.parametrize("takes", [0.0, 2.0, 60.0])
@pytest.mark.parametrize("call", [ask, exchange])
def test_interactive_commands_give_up_after_a_quarter_of_a_minute(
    call: Any,
    takes: float,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock(monkeypatch)
    transport = Transport(parse({"base_url": "jira.example.com"}), Patience(INTERACTIVE, clock))
    session = Failing(clock, takes, error)
    monkeypatch.setattr(transport.session, "send", session)
    with pytest.raises(ConnectionFailedError):
        call(transport)
    assert 7 < clock.now - 100 <= INTERACTIVE + 1
    assert 3 <= len(session.timeouts) <= MAX_TRIES
    assert len([each for each in caplog.records if each.name == "tap-jira.patience"]) == 1


@pytest.mark.parametrize(("call", "tries"), [(ask, MAX_TRIES), (exchange, EXCHANGE_TRIES)])
def test_runs_keep_their_patience(call: Any, tries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    transport = Transport(parse({"base_url": "jira.example.com"}))
    session = Failing(clock, 60, ConnectionRefusedError())
    monkeypatch.setattr(transport.session, "send", session)
    with pytest.raises(TapJiraError):
        call(transport)
    assert session.timeouts == [(CONNECT_TIMEOUT, 120)] * tries


def test_a_jira_that_has_answered_may_be_slow() -> None:
    now = [0.0]
    patience = Patience(INTERACTIVE, lambda: now[0])
    end = patience.begin()
    now[0] = 12.0
    assert patience.timeouts(120) == (3.0, 3.0)
    assert patience.begin() == end, "all requests before the first answer share the time"
    patience.answered()
    assert patience.timeouts(120) == (5.0, 120)
    assert patience.begin() == 12.0 + INTERACTIVE
    assert patience.pause(end, 8.0) == 3.0
    now[0] = 15.0
    assert patience.pause(end, 8.0) is None
