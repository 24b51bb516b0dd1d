"""Every fault, at several points of a run, in both personalities, alone and mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault, Options, Sandbox
from sandbox.faults import AFTER, INSTEAD
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
        "projects": ("/project/search", 2),
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
PLACES = [(one, point) for one in ("cloud", "dc") for point in POINTS[one]]  # type: ignore[index]

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
#: What does not pass, and a part of the message that says so.
LASTING: dict[str, tuple[dict[str, Any], str]] = {
    "login_page": ({}, "answered with a web page instead of JSON"),
    "redirect": ({}, "redirects to http://127.0.0.1:9/elsewhere"),
    "status 400": ({"status": 400}, "400"),
    "status 401": ({"status": 401, "body": {"code": 401, "message": "Unauthorized"}}, "credential"),
    "status 403": ({"status": 403}, "403"),
    "status 404": ({"status": 404}, "404"),
    "status 410": ({"status": 410, "body": {"errorMessages": "odd", "errors": [3]}}, "410"),
    "status 418": ({"status": 418, "body": "null"}, "418"),
    "status 503": ({"status": 503, "count": 999}, "kept failing with 503"),
    "reset": ({"count": 999}, "cannot be reached"),
    "truncate": ({"count": 999}, "broke off"),
    "invalid_json": ({"count": 999}, "not JSON"),
    "invalid_utf8": ({"count": 999}, ""),
    "deep_json": ({"count": 999}, "not JSON"),
    "empty": ({"count": 999}, "not JSON"),
    "token_400": ({}, "400"),
    "empty_page": ({}, ""),
    "vanish": ({}, ""),
}


def box(personality: str, **options: Any) -> Sandbox:
    chosen: dict[str, Any] = {"issues": 60, "caps": CAPS, "clock_runs": False, **options}
    return Sandbox(Options(personality=personality, **chosen))  # type: ignore[arg-type]


def fault(name: str, match: str, nth: int, options: dict[str, Any]) -> Fault:
    return Fault(name.split(maxsplit=1)[0], match, nth, **options)


def test_every_fault_is_in_the_matrix() -> None:
    assert {name.split()[0] for name in [*PASSING, *LASTING]} == AFTER | INSTEAD.keys()


@pytest.mark.parametrize("personality", POINTS)
@pytest.mark.parametrize("kind", PASSING)
def test_passes(kind: str, personality: Personality, tmp_path: Path) -> None:
    with box(personality) as jira:
        for match, nth in POINTS[personality].values():
            jira.faults.add(fault(kind, match, nth, PASSING[kind]))
        Tap(jira, tmp_path, page_size=20).sync()
        struck = {endpoint for _, endpoint in jira.faults.struck}
        assert kind in {"duplicate_rows", "missing_fields", "repeat_token"} or len(struck) > 7


@pytest.mark.parametrize(("personality", "point"), PLACES)
@pytest.mark.parametrize("kind", LASTING)
def test_lasts(kind: str, personality: Personality, point: str, tmp_path: Path) -> None:
    options, said = LASTING[kind]
    with box(personality) as jira:
        jira.faults.add(fault(kind, *POINTS[personality][point], options))
        tap = Tap(jira, tmp_path, page_size=20)
        run = tap.run()
        if run.code:
            assert any(said in line.text for line in run.lines if line.level != "INFO"), run.log
        sound(tap, run, gone=kind == "vanish")
