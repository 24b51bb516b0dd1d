"""Random schedules of change against the search: nothing is skipped, nothing is lost."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import typing as t
from types import SimpleNamespace
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tap_jira.errors import IncompleteReadError
from tap_jira.http.workers import Workers
from tap_jira.issues import comment_lists, histories, search_cloud, search_dc, windows
from tap_jira.issues.account import Account
from tap_jira.issues.bookmark import Bookmark
from tap_jira.issues.events import HistoriesRead, IssuesRead, Milestone, Needs, Trouble
from tap_jira.issues.search import CloudSearch, OffsetSearch, Scope
from tap_jira.issues.source import IssueSource
from tap_jira.records.timestamps import epoch_ms, floor_minute, from_ms, to_ms
from tap_jira.streams.issues import issue_based
from tap_jira.streams.issues.changelogs import ChangelogsStream
from tap_jira.streams.issues.comments import CommentsStream
from tap_jira.streams.issues.family import Family, prepare
from tap_jira.streams.issues.issues import IssuesStream
from tests.exactness import found
from tests.exactness.model import MINUTE, PROJECTS, Manners, ModelJira

if t.TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Iterator

    Rows = dict[str, dict[str, t.Any]]
    State = dict[str, dict[str, t.Any]]

LOOKBACK = 600
STREAMS: tuple[t.Any, ...] = (IssuesStream, CommentsStream, ChangelogsStream)


class ChanceWorkers(Workers):
    """A pool without threads: whichever job chance picks among those under way runs next."""

    def __init__(self, size: int, rng: random.Random) -> None:
        super().__init__(size)
        self._rng = rng
        self._busy = False
        self._queue: list[tuple[concurrent.futures.Future[t.Any], Callable[[], t.Any]]] = []

    def start(self, call: Callable[[], t.Any]) -> concurrent.futures.Future[t.Any]:
        import concurrent.futures  # noqa: PLC0415

        future: concurrent.futures.Future[t.Any] = concurrent.futures.Future()
        self._queue.append((future, call))
        return future

    def result(self, future: concurrent.futures.Future[t.Any]) -> t.Any:
        assert not self._busy, "a job waits for a job"
        while not future.done():
            under_way = min(self.size, len(self._queue))
            picked, call = self._queue.pop(self._rng.randrange(under_way))
            if picked.cancelled():
                continue
            self._busy = True
            try:
                found = call()
                if not picked.cancelled():  # by what the job has led to
                    picked.set_result(found)
            except Exception as error:  # noqa: BLE001 - it belongs to whoever takes the result
                if not picked.cancelled():
                    picked.set_exception(error)
            finally:
                self._busy = False
        return future.result()


@dataclasses.dataclass
class Target:
    """What has arrived, and the state it arrived with."""

    rows: Rows = dataclasses.field(default_factory=lambda: {s.name: {} for s in STREAMS})
    state: State = dataclasses.field(default_factory=lambda: {s.name: {} for s in STREAMS})
    emitted: int = 0

    def take(self, stream: str, row: dict[str, t.Any]) -> None:
        """A record comes."""
        self.rows[stream][row["id"]] = _version(stream, row)
        self.emitted += 1

    def unread(self) -> set[str]:
        """The issues that the state owes."""
        return {ident for each in self.state.values() for ident in each.get("unread", ())}


@dataclasses.dataclass
class Rig:
    """The tap's pass over a model, without the command line around it."""

    jira: ModelJira
    page_size: int
    workers: Workers

    def run(self, target: Target, *, stop_after: int | None = None) -> set[str]:
        """One pass from the bookmark; hands back the issues that it found."""
        started = from_ms(self.jira.now)
        limit = self.jira.now - LOOKBACK * 1000
        family = [self._stream(kind, target, started) for kind in STREAMS]
        leader = family[0]
        prepare(leader.run.issues, family, leader.filling)
        reading = issue_based._make_pass(family)
        account = Account(None, None, lambda: None)
        found: set[str] = set()
        target.emitted = 0
        for row in leader._ask_again(Family(leader, family[1:]), reading):
            target.take(leader.name, row)
        events = reading.events(leader.span, small=not leader.bookmark.is_first_run)
        for number, event in enumerate(events):
            if isinstance(event, Trouble):
                raise event.error
            if isinstance(event, Milestone):
                for stream in family:
                    before = stream.bookmark.value
                    stream.bookmark.advance(event.reached, settles=event.calm)
                    value = stream.bookmark.value
                    assert value is not None or stream.bookmark.unread
                    assert value is None or to_ms(value) <= limit or value == before
                    assert before is None or (value is not None and before <= value)
                if stop_after is not None and number >= stop_after:
                    return found
                continue
            leader._account(family, reading, event, account)
            if isinstance(event, IssuesRead):
                found.update(issue["id"] for issue in event.issues)
            if isinstance(event, HistoriesRead):
                assert self.jira.cloud
            for stream in family:
                for row in stream.records_of(event):
                    target.take(stream.name, row)
        return found

    def _stream(self, kind: t.Any, target: Target, started: t.Any) -> t.Any:
        """A stream with no tap behind it: only what it makes of a pass is wanted."""
        stream: t.Any = kind.__new__(kind)
        indexed_until = floor_minute(started.subtract(seconds=LOOKBACK))
        scope = Scope((), started, indexed_until, lambda: PROJECTS)
        cloud = self.jira.cloud
        maker: t.Any = CloudSearch if cloud else OffsetSearch
        size = min(self.page_size, self.jira.manners.cap) if cloud else max(2, self.page_size)
        stream.connection = SimpleNamespace(
            client=self.jira,
            workers=self.workers,
            site=SimpleNamespace(is_cloud=cloud),
            settings=SimpleNamespace(jql=None, end_date=None),
            fields=[],
        )
        source: t.Any = IssueSource(stream.connection)
        source.newest_issue_before = lambda _: "0"
        source.search = lambda *_: maker(self.jira, self.workers, scope, size)
        progress = SimpleNamespace(issues=lambda *_: None)
        stream.run = SimpleNamespace(
            connection=stream.connection,
            issues=source,
            report=SimpleNamespace(progress=progress),
            census=None,
        )

        def write_records_of(event: t.Any) -> None:
            for row in stream.records_of(event):
                target.take(stream.name, row)

        stream.write_records_of = write_records_of
        stream.__dict__["writes_as_built"] = True
        stream.__dict__["rows_type"] = t.Any
        stream.batches = None
        stream._issues = {}
        stream._history = t.Any
        stream.record = _Merged()
        if kind is IssuesStream:
            fields = ("project", "version", "updated")
            stream._held, stream._lists_comments = {}, True
            needs = Needs(fields, frozenset({"project"}), comments=stream._may_be_due)
            stream.needs = lambda: needs
        stream.__dict__["bookmark"] = Bookmark(
            stream.name,
            target.state[stream.name],
            "updated",
            started_at=started,
            lookback=LOOKBACK,
            period=(None, None),
        )
        return stream


class _Merged:
    """Records with all members of their objects."""

    def __call__(self, *objects: t.Any) -> dict[str, t.Any]:
        return {name: value for each in reversed(objects) for name, value in each.items()}

    def page(self, objects: t.Any, others: t.Any) -> list[dict[str, t.Any]]:
        beside = zip(*others.values(), strict=True)
        return [
            self(each, dict(zip(others, values, strict=True)))
            for each, values in zip(objects, beside, strict=True)
        ]


def _version(stream: str, row: dict[str, t.Any]) -> t.Any:
    if stream == "issues":
        return row["version"]
    text = row["body"] if stream == "comments" else epoch_ms(row["created"])
    return text, row["issueKey"]


@contextlib.contextmanager
def tiny(manners: Manners, offset_window: int) -> Iterator[None]:
    """The tap with caps as small as the model's."""
    with (
        mock.patch.object(search_cloud, "CLOUD_ID_PAGE", manners.id_cap),
        mock.patch.object(search_dc, "OFFSET_WINDOW", offset_window),
        mock.patch.object(windows, "EARLIEST_YEAR", 2025),
        mock.patch.multiple(histories, HISTORY_ISSUES=4, SAMPLE=2, LEAST_PAGE=2),
        mock.patch.object(histories, "HISTORY_PAGE", 5),
        mock.patch.object(comment_lists, "COMMENT_PAGE", 3),
    ):
        yield


def check(rig: Rig, rng: random.Random, passes: int) -> None:
    """Passes while things change, some of them broken off; then a quiet one; then compare."""
    jira, target = rig.jira, Target()
    for _ in range(passes):
        jira.changing, jira.budget = True, 100
        started = jira.now
        before = {i.id: i.entry for i in jira.issues.values()}
        indexed = dict(jira.index)
        last = target.state["issues"]
        since = last.get("read_until", last.get("replication_key_value"))
        stop = rng.randrange(1, 30) if rng.random() < 0.3 else None
        try:
            found = rig.run(target, stop_after=stop)
        except IncompleteReadError:
            # Said aloud, and the bookmark stays before what could not be read: the next run's.
            continue
        finally:
            jira.now += rng.randrange(20 * MINUTE)
        after = {i.id: i.entry for i in jira.issues.values()}
        first_ms = epoch_ms(since) if since else 0
        # While the index lags, what is not in it for certain may need the next run.
        last_ms = started - LOOKBACK * 1000 - MINUTE if jira.manners.lag else started
        steady = {
            ident
            for ident, stamp in before.items()
            if after.get(ident) == stamp == indexed.get(ident)
            and first_ms <= stamp.updated <= last_ms
        }
        if stop is None:
            assert not steady - found - jira.poison, "an issue that did not change was skipped"
    jira.settle(LOOKBACK * 1000 + 2 * MINUTE)
    # A ranking comes with the next change of the issue.
    for issue in jira.issues.values():
        if any(each.field == "Rank" for each in issue.histories):
            jira.now += 1
            jira._touch(issue, "comment")
    jira.settle(LOOKBACK * 1000 + 2 * MINUTE)
    rig.run(target)
    ailing = jira.poison & jira.issues.keys()
    if ailing:
        check_others(rig, target, ailing)
        for each in sorted(ailing)[::2]:
            jira.issues.pop(each)
            jira.index.pop(each)
        jira.poison.clear()
        for _ in range(5):  # each run asks once, and may be lied to
            rig.run(target)
        assert not target.unread()
    compare(jira, target)
    for _ in range(2):
        jira.settle(LOOKBACK * 1000 + 2 * MINUTE)
        rig.run(target)
    assert target.emitted == 0, "sent again though nothing changed"


def compare(jira: ModelJira, target: Target, without: frozenset[str] = frozenset()) -> None:
    """All that is in Jira must have arrived as it is there."""
    for name, rows in jira.truth(without).items():
        lost = {ident: version for ident, version in rows.items() if ident not in target.rows[name]}
        assert not lost, f"lost from {name}"
        stale = {i: v for i, v in rows.items() if target.rows[name][i] != v}
        assert not stale, f"old versions in {name}"


def check_others(rig: Rig, target: Target, ailing: set[str]) -> None:
    """Issues that cannot be read hold up no other, and are not passed over."""
    jira = rig.jira
    for _ in range(3):  # others may have been lied about
        if target.unread() != ailing:
            rig.run(target)
    assert target.unread() == ailing
    compare(jira, target, frozenset(ailing))
    for state in target.state.values():
        passed = epoch_ms(state.get("replication_key_value"))
        assert passed <= min(jira.issues[each].updated for each in state["unread"])
        assert epoch_ms(state["read_until"]) >= jira.now - 2 * LOOKBACK * 1000


CHANCE = st.sampled_from([0.0, 0.0, 0.1, 0.3])
COMMON = {
    "seed": st.integers(0, 1_000_000_000),
    "issues": st.integers(0, 30),
    "change": st.sampled_from([0.1, 0.3, 0.5, 0.7]),
    "pause": st.sampled_from([10, 5_000, 120_000]),
    "lag": st.sampled_from([0, 0, 30_000, LOOKBACK * 1000]),
    "crowd": st.sampled_from([0, 0, 8, 20]),
    "embedded": st.integers(1, 3),
    "short": CHANCE,
    "twice": CHANCE,
    "more": CHANCE,
    "order_ms": st.sampled_from([1, 1000, 1000]),
    "comment_cap": st.sampled_from([None, None, 2]),
    "no_comments": CHANCE,
    "further": st.sampled_from([(), (), ("import", "rank"), ("hide", "show", "import", "rank")]),
    "hidden": st.sampled_from([0.0, 0.0, 0.3]),
    "totals": st.sampled_from([True, True, True, False]),
    "heavy": st.sampled_from([None, None, None, 1, 2]),
    "poison": st.sampled_from([0, 0, 0, 1]),
}
CLOUD = st.builds(
    Manners,
    **COMMON,
    id_cap=st.integers(3, 12),
    cap=st.integers(2, 6),
    stable=st.booleans(),
    is_last=st.booleans(),
    repeat=CHANCE,
    no_token=CHANCE,
    errors=CHANCE,
    blank=CHANCE,
    bulkfetch=st.sampled_from([True, True, True, False]),
    last_denied=st.sampled_from([False, False, False, True]),
    terse=st.booleans(),
    heavy_histories=st.sampled_from([None, None, None, 1, 2]),
)
OFFSET = st.builds(
    Manners,
    **COMMON,
    cap=st.integers(2, 9),
    result_window=st.sampled_from([None, 20, 30]),
    cut=st.sampled_from([0.0, 0.0, 0.0, 0.1]),
)
# The same cases every time where a run decides over a change; new ones everywhere else.
SAME_CASES = bool(os.environ.get("CI"))
MANY = settings(
    max_examples=int(os.environ.get("EXAMPLES", "500")),
    derandomize=SAME_CASES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@MANY
@found.pinned(found.CLOUD)
@given(manners=CLOUD, page_size=st.integers(2, 8), size=st.integers(1, 5), passes=st.integers(1, 3))
def test_cloud(manners: Manners, page_size: int, size: int, passes: int) -> None:
    rng = random.Random(manners.seed)
    rig = Rig(ModelJira(manners, cloud=True), page_size, ChanceWorkers(size, rng))
    with tiny(manners, offset_window=10):
        check(rig, rng, passes)


@MANY
@found.pinned(found.DATA_CENTER)
@given(
    manners=OFFSET, page_size=st.integers(2, 8), size=st.integers(1, 5), passes=st.integers(1, 3)
)
def test_data_center(manners: Manners, page_size: int, size: int, passes: int) -> None:
    rng = random.Random(manners.seed)
    rig = Rig(ModelJira(manners, cloud=False), page_size, ChanceWorkers(size, rng))
    with tiny(manners, offset_window=manners.result_window or 10):
        check(rig, rng, passes)


@pytest.mark.parametrize("cloud", [True, False])
@settings(max_examples=100, derandomize=SAME_CASES, deadline=None, print_blob=True)
@given(seed=st.integers(0, 1_000_000), size=st.integers(1, 6))
def test_real_threads(cloud: bool, seed: int, size: int) -> None:
    manners = Manners(seed=seed, issues=30, lag=30_000, stable=False)
    workers = Workers(size)
    rng = random.Random(seed)
    with tiny(manners, offset_window=10):
        check(Rig(ModelJira(manners, cloud=cloud), 3, workers), rng, 2)
