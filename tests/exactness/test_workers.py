"""Waiting for jobs: it can be interrupted, it never blocks itself, and it blames nobody."""

from __future__ import annotations

import concurrent.futures
import re
import threading
from typing import Any

import pendulum
import pytest

from tap_jira.errors import InterruptedRunError
from tap_jira.http.workers import Workers
from tap_jira.issues.search import CloudSearch, Scope
from tap_jira.jira.jql import Span
from tests.exactness.model import Answer

#: Seconds after which a wait that should have ended is taken for one that never does.
ENDLESS = 10


def test_who_waits_looks_for_the_stop_signal() -> None:
    workers = Workers(1)
    begun, released, seen = threading.Event(), threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        released.wait(ENDLESS)

    def wait() -> None:
        with pytest.raises(InterruptedRunError) as caught:
            workers.run(job)
        assert caught.value.exit_code == 143
        seen.set()

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    assert begun.wait(ENDLESS)
    workers.stop(143)
    assert seen.wait(ENDLESS / 2), "it waits on, though the run was asked to stop"
    released.set()
    waiting.join(ENDLESS)


def test_a_job_that_waits_for_a_job_is_told_off_instead_of_hanging() -> None:
    workers = Workers(1)
    with pytest.raises(RuntimeError, match="must not wait for a job"):
        workers.run(lambda: workers.run(lambda: 1))


class _EndsWithThePoll(concurrent.futures.Future[int]):
    """A job that ends in the instant in which a poll for it ran out."""

    def result(self, timeout: float | None = None) -> int:
        if not self.done():
            self.set_result(7)
            raise concurrent.futures.TimeoutError
        return super().result(timeout)


def test_a_poll_that_ends_with_the_job_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_jira.http.workers.POLL", 0.001)
    late = _EndsWithThePoll()

    def end() -> None:
        if not late.done():
            late.set_result(7)

    ending = threading.Timer(0.05, end)
    ending.start()
    assert Workers(1).result(late) == 7
    ending.join()


def test_a_job_s_own_time_out_is_its_result() -> None:
    def job() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        Workers(1).run(job)


@pytest.mark.parametrize("size", [1, 2])
def test_a_crowded_minute_is_split_by_project_with_any_number_of_threads(size: int) -> None:
    # All were changed in one minute and created in another one, so that nothing else divides them.
    now = pendulum.datetime(2026, 6, 15, 12)
    minute = int(pendulum.datetime(2026, 1, 5, 9).timestamp() * 1000) + 5000
    workers = Workers(size)

    class Crowd:
        def ask(self, request: Any, **_: Any) -> Answer:
            jql = request.json["jql"]
            if request.json["fields"] == ["updated"]:
                updated = "2026-06-15T11:00:10.000+0000"
                return Answer({"issues": [{"id": "1", "fields": {"updated": updated}}]})
            low = re.search(r"created >= (\d+)", jql)
            high = re.search(r"created < (\d+)", jql)
            if (low and int(low[1]) > minute) or (high and int(high[1]) <= minute):
                return Answer({"issues": []})
            found = re.search(r"project = (\d)", jql)
            first = 4000 * (int(found[1]) - 1) if found else 0
            issues = [{"id": str(n)} for n in range(first, first + (4000 if found else 5000))]
            return Answer({"issues": issues} | ({} if found else {"nextPageToken": "T"}))

        def post(self, *_: Any) -> Any:
            return {"count": 8000}

    # The projects are asked for through the pool, too.
    scope = Scope((), now, now, lambda: workers.run(lambda: ["1", "2"]))
    crowd: Any = Crowd()
    span = Span(now.subtract(hours=1), now.subtract(minutes=59))
    found: list[set[str]] = []

    def read() -> None:
        windows = CloudSearch(crowd, workers, scope, 100).id_windows(span)
        found.append({issue["id"] for issues, _ in windows for issue in issues})

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    reading.join(ENDLESS)
    assert found, "it waits for ever"
    assert len(found[0]) == 8000
