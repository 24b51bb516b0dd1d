"""What passes: every such fault, at several points of a run, in both personalities, and mixed.

What does not is in :mod:`tests.faults.test_lasting`.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault, Options, Sandbox
from sandbox.options import PageCaps, Personality
from tests.faults.support import Tap, sound

if TYPE_CHECKING:
    from pathlib import Path

#: Small pages, so that a small site has second and third ones of everything.
CAPS = PageCaps(
    search=20,
    search_ids=25,
    search_dc=20,
    comments=10,
    feed=40,
    projects=2,
    user_list=10,
    embedded_comments=5,
)
#: Where a fault strikes: what the request's endpoint matches, and which of them.
POINTS: dict[Personality, dict[str, tuple[str, int]]] = {
    "cloud": {
        "first": ("", 1),
        "myself": ("/myself", 1),
        "fields": ("GET /field", 1),
        "search": ("/search/jql", 2),
        "content": ("/issue/bulkfetch", 2),
        "changelogs": ("/changelog/bulkfetch", 1),
        "comments": ("/comment$", 2),
        "worklog feed": ("/worklog/updated", 1),
        "worklog list": ("/worklog/list", 1),
        "deleted feed": ("/worklog/deleted", 1),
        "users": ("/users/search", 1),
        "projects": ("/project/search", 1),
    },
    "dc": {
        "first": ("", 1),
        "myself": ("/myself", 1),
        "fields": ("GET /field", 1),
        "first search": ("POST /search$", 1),
        "search": ("POST /search$", 3),
        "comments": ("/comment$", 2),
        "worklog feed": ("/worklog/updated", 1),
        "worklog list": ("/worklog/list", 1),
        "deleted feed": ("/worklog/deleted", 1),
        "users": ("/user/list", 2),
        "projects": ("GET /project$", 1),
    },
}
PLACES = [(one, point) for one in ("cloud", "dc") for point in POINTS[one]]

#: What passes: the run must not even show it.
PASSING: dict[str, dict[str, Any]] = {
    "reset": {"count": 2},
    "reset_body": {},
    "truncate": {},
    "slow": {"delay": 0.05},
    "empty": {},
    "truncated_json": {},
    "invalid_json": {},
    "deep_json": {},
    "huge_integers": {},
    "invalid_utf8": {},
    "indented": {"count": 99},
    "oversized": {},
    "more_rows": {},
    "no_is_last": {"count": 99},
    "repeat_token": {},
    "duplicate_rows": {},
    "missing_fields": {"fields": ("status", "updated")},
    "proxy_page": {"status": 502},
    "status 408": {"status": 408},
    "status 409": {"status": 409},
    "status 425": {"status": 425},
    "status 429": {"status": 429, "retry_after": 0, "count": 3},
    "status 500": {"status": 500, "html": True},
    "status 502": {"status": 502, "body": [1, None, "x"]},
    "status 503": {"status": 503, "retry_after": 0},
    "status 504": {"status": 504, "count": 3},
}


def box(personality: str, **options: Any) -> Sandbox:
    chosen: dict[str, Any] = {"issues": 32, "caps": CAPS, "clock_runs": False, **options}
    return Sandbox(Options(personality=personality, **chosen))  # type: ignore[arg-type]


def fault(name: str, match: str, nth: int, options: dict[str, Any]) -> Fault:
    return Fault(name.split(maxsplit=1)[0], match, nth, **options)


@pytest.mark.parametrize("personality", POINTS)
@pytest.mark.parametrize("kind", PASSING)
def test_passes(kind: str, personality: Personality, tmp_path: Path) -> None:
    """At all points of one run."""
    with box(personality) as jira:
        for match, nth in POINTS[personality].values():
            jira.faults.add(fault(kind, match, nth, PASSING[kind]))
        Tap(jira, tmp_path, page_size=20).sync(marks=kind in {"huge_integers", "invalid_utf8"})
        struck = {endpoint for _, endpoint in jira.faults.struck}
        assert kind in {"duplicate_rows", "missing_fields", "repeat_token"} or len(struck) > 7


@pytest.mark.parametrize(("personality", "point"), PLACES)
def test_issues_vanish(personality: Personality, point: str, tmp_path: Path) -> None:
    with box(personality) as jira:
        jira.faults.add(fault("vanish", *POINTS[personality][point], {}))
        tap = Tap(jira, tmp_path, page_size=20)
        sound(tap, tap.run(), gone=True)


#: Kinds that may strike anywhere in a mixture.
MIXED = [kind for kind in PASSING if kind not in {"missing_fields", "repeat_token"}]


@pytest.mark.parametrize("personality", POINTS)
@pytest.mark.parametrize("seed", range(6))
def test_mixed(seed: int, personality: Personality, tmp_path: Path) -> None:
    """Whatever comes, one request in six, while the site changes; then two quiet runs."""
    dice = random.Random(seed)
    with box(personality, clock_runs=True) as jira:
        for kind in dice.sample(MIXED, 8):
            options = {**PASSING[kind], "probability": 0.02, "count": 5, "seed": dice.random()}
            jira.faults.add(fault(kind, "", 1, options))
        jira.on_request(7, lambda mutations, rng: mutations.mutate_randomly(rng), seed=seed)
        tap = Tap(jira, tmp_path, page_size=20)
        tap.run()
        jira.faults.clear()
        jira.jira.clear_hooks()
        for _ in range(2):
            jira.jira.clock.advance(900)
            run = tap.run()
            assert run.code == 0, run.log
        tap.check(gone=True, marks=True)
