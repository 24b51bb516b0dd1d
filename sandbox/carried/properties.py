"""Properties that applications leave on issues: any text is a key, any JSON a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.carried.altered import Altered
from sandbox.model import mix

if TYPE_CHECKING:
    from collections.abc import Collection

    from sandbox.model import Issue
    from sandbox.render import Renderer
    from sandbox.shelf import Row
    from sandbox.site import Site

KEYS = (
    "request.channel.type",
    "com.example.app:state",
    "schlüssel mit Leerzeichen & 50%",
    "ключ",
    "a.b",
    "a_b",
)
VALUES: tuple[Any, ...] = (
    "jira ✓",
    42,
    [1, "two", None, {"deep": []}],
    {"ключ": {"x": [1.5, False]}, "": "empty name", "n": None},
    None,
    True,
    0.25,
    "",
    {},
    [],
    12345678901234567,
)


def rows(site: Site, _: Renderer, issue: Issue) -> list[Row]:
    """``{"key": …, "value": …}`` for each."""
    return [dict(each) for each in site.kept(Altered).of(site, issue, born)]


def born(_: Site, issue: Issue) -> list[Row]:
    """None on a third of the issues, all keys on some."""
    h = mix(issue.seed, 7300)
    count = len(KEYS) if h % 23 == 0 else h % 3
    chosen = (mix(issue.seed, 7400 + n) for n in range(count))
    return [
        {"key": KEYS[(h // 69 + n) % len(KEYS)], "value": VALUES[each % len(VALUES)]}
        for n, each in enumerate(chosen)
    ]


def asked(site: Site, issue: Issue, names: Collection[str]) -> dict[str, Any]:
    """The properties that ``properties=`` asks for: ``*all``, keys, and ``-key`` for not that."""
    every = {row["key"]: row["value"] for row in site.kept(Altered).of(site, issue, born)}
    return {
        key: value
        for key, value in every.items()
        if f"-{key}" not in names and ("*all" in names or key in names)
    }
