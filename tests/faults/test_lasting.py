"""What does not pass by itself: told in one line, and made good by the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.faults import AFTER, INSTEAD
from tests.faults.support import Tap, sound
from tests.faults.test_matrix import PASSING, PLACES, POINTS, box, fault

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.options import Personality

#: What does not pass, and a part of the message that says so.
LASTING: dict[str, tuple[dict[str, Any], str]] = {
    "login_page": ({}, "answered with a web page instead of JSON"),
    "status 401": ({"status": 401, "body": {"code": 401, "message": "Unauthorized"}}, "not accept"),
    "status 403": ({"status": 403}, "403"),
}
#: The same, at a few points only.
LASTING_SOMEWHERE: dict[str, tuple[dict[str, Any], str]] = {
    "redirect": ({}, "redirects to http://127.0.0.1:9/elsewhere"),
    "status 404": ({"status": 404}, "404"),
    "status 400": ({"status": 400}, "400"),
    "status 410": ({"status": 410, "body": {"errorMessages": "odd", "errors": [3]}}, "410"),
    "status 418": ({"status": 418, "body": "null"}, "418"),
    "status 503": ({"status": 503, "count": 999}, ""),
    "reset": ({"count": 999}, "cannot be reached"),
    "truncate": ({"count": 999}, ""),
    "invalid_json": ({"count": 999}, ""),
    "deep_json": ({"count": 999}, ""),
    "empty": ({"count": 999}, ""),
}
SOME: dict[str, list[str]] = {
    "cloud": ["first", "content", "changelogs", "comments", "worklog list"],
    "dc": ["myself", "search", "comments", "worklog feed", "users"],
}
#: Where Jira itself may answer with an empty page though there is more, or say how much there is.
MAY_BE_EMPTY = [("cloud", "search"), ("cloud", "projects"), ("dc", "search")]
LASTS = [
    *[(kind, one, point) for kind in LASTING for one, point in PLACES],
    *[(kind, one, point) for kind in LASTING_SOMEWHERE for one in SOME for point in SOME[one]],
    *[("empty_page", one, point) for one, point in MAY_BE_EMPTY],
    ("token_400", "cloud", "search"),
]
# An older Data Center does not know this resource and has another one for it.
LASTS.remove(("status 404", "dc", "users"))
# An issue that is gone when its comments are completed is no failure.
LASTS.remove(("status 404", "cloud", "comments"))
LASTS.remove(("status 404", "dc", "comments"))
# Cloud may refuse the parameter that asks for archived projects: then live ones are all there are.
LASTS.remove(("status 403", "cloud", "projects"))
#: Faults that are no trouble of the network's: what they spoil is shown by tests of its own.
ELSEWHERE = {
    *("vanish", "put", "replace", "without", "number_ids"),
    *("no_token", "empty_more", "lose_row", "drip_headers", "drip_body"),
}


def test_every_fault_is_in_the_matrix() -> None:
    tested = {*PASSING, *[kind for kind, _, _ in LASTS], *ELSEWHERE}
    assert {name.split()[0] for name in tested} == AFTER | INSTEAD


@pytest.mark.parametrize(("kind", "personality", "point"), LASTS)
def test_lasts(kind: str, personality: Personality, point: str, tmp_path: Path) -> None:
    options, said = {**LASTING, **LASTING_SOMEWHERE}.get(kind, ({}, ""))
    with box(personality) as jira:
        jira.faults.add(fault(kind, *POINTS[personality][point], options))
        tap = Tap(jira, tmp_path, page_size=20)
        run = tap.run()
        if run.code:
            told = [line.text for line in run.lines if line.level in {"WARNING", "ERROR"}]
            assert any(said in text or "does not accept" in text for text in told), run.log
        sound(tap, run)
