"""Windows of ``created`` that hold about as many issues as one answer does.

When an issue was created never changes, so such a window does not move while it is read. Ids that
are known tell where to cut: of some of them, evenly spread, is asked when they were created. That
takes a request, where finding the cuts by counts takes dozens. It does not matter to the result if
ids are not in the order of creation, as those of imported issues are: a window that turns out to
hold too many is cut again where it is read.
"""

from __future__ import annotations

import typing as t

from tap_jira.jira.jql import Span
from tap_jira.records.timestamps import epoch_ms, floor_minute, from_ms

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pendulum

    from tap_jira.issues.id_set import IdSet
    from tap_jira.issues.windows import Issue

PICKS = 100
"""About how many ids are asked for, if that is enough."""


def windows_of_creation(
    known: IdSet, size: int, ask: Callable[[Sequence[str]], list[Issue]]
) -> list[Span]:
    """Spans of ``created`` that follow one another, first and last open, of ``size`` issues each.

    ``ask`` tells when issues were created; those that are gone have no part in it.
    """
    total = len(known)
    if total <= size:
        return [Span()]
    # A whole number of picks to a window, so that windows are full.
    step = max(1, size // max(1, PICKS * size // total))
    issues = ask(list(known)[step::step])
    created = [epoch_ms((issue.get("fields") or {}).get("created")) for issue in issues]
    instants = [floor_minute(from_ms(each)) for each in sorted(created) if each]
    share = total / (len(instants) + 1)
    spans: list[Span] = []
    start: pendulum.DateTime | None = None
    held = 0.0
    for instant in instants:
        held += share
        if held + share > size and instant != start:
            spans.append(Span(start, instant))
            start, held = instant, 0.0
    return [*spans, Span(start)]
