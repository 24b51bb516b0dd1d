"""Cases that chance found, pinned: each fails if the check is gone that is named beside it.

They are tried before chance is. A change of what is asked for changes what a seed does, so that a
case may come to show something else; ``make mutants`` tells whether each check is still missed.
"""

from __future__ import annotations

import typing as t

from hypothesis import example

from tests.exactness.model import Manners

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: How Jira behaves, issues a page, threads, and runs.
Case = tuple[Manners, int, int, int]
Test = t.TypeVar("Test", bound="Callable[..., None]")

CLOUD: tuple[Case, ...] = (
    # an answer without its token, taken for whole
    (
        Manners(seed=521500, issues=20, pause=10, embedded=3, id_cap=10, cap=6, no_token=0.1),
        4,
        2,
        3,
    ),
    # the same, on a walk
    (
        Manners(
            seed=49284,
            issues=24,
            change=0.1,
            pause=5000,
            lag=600000,
            short=0.3,
            id_cap=5,
            cap=5,
            is_last=False,
            no_token=0.3,
            errors=0.3,
        ),
        6,
        1,
        2,
    ),
    # the same, in an increment
    (
        Manners(
            seed=441581,
            issues=6,
            change=0.3,
            pause=10,
            lag=30000,
            embedded=3,
            id_cap=5,
            cap=2,
            no_token=0.3,
            errors=0.1,
        ),
        5,
        1,
        2,
    ),
    # one id that is gone takes the others with it
    (
        Manners(
            seed=545074,
            issues=8,
            pause=10,
            embedded=3,
            more=0.1,
            id_cap=7,
            is_last=False,
            bulkfetch=False,
        ),
        4,
        1,
        1,
    ),
    # walks that contradict each other, believed
    (
        Manners(
            seed=568785,
            issues=14,
            change=0.7,
            pause=5000,
            lag=30000,
            crowd=20,
            short=0.1,
            more=0.1,
            stable=False,
            is_last=False,
        ),
        2,
        2,
        1,
    ),
    # the last minute of each window, in none
    (Manners(seed=521500, issues=20, pause=10, embedded=3, id_cap=10, cap=6), 4, 2, 3),
    # a list of comments that is cut off, taken for whole
    (
        Manners(
            seed=703600,
            issues=4,
            change=0.3,
            pause=120000,
            comment_cap=2,
            id_cap=4,
            cap=6,
            stable=False,
        ),
        6,
        1,
        1,
    ),
    # issues without all of their fields, left out
    (
        Manners(
            seed=703600,
            issues=4,
            change=0.3,
            pause=120000,
            id_cap=4,
            cap=6,
            stable=False,
            blank=0.3,
        ),
        6,
        1,
        1,
    ),
    # an increment judges an issue by a part of its histories
    # the bookmark passes what the index may not know yet
    (Manners(seed=546253, change=0.7, pause=10, stable=False, bulkfetch=False), 8, 3, 1),
    # an issue that was moved into the scope comes without its comments
    (
        Manners(
            seed=835349, issues=4, change=0.3, pause=10, lag=600000, id_cap=10, cap=6, stable=False
        ),
        2,
        3,
        2,
    ),
    # an issue by itself, whose time is an empty object
    (
        Manners(
            seed=54451,
            issues=12,
            change=0.3,
            pause=10,
            id_cap=8,
            cap=3,
            embedded=1,
            crowd=8,
            stable=False,
            twice=0.1,
            blank=0.3,
            no_comments=0.1,
            bulkfetch=False,
            order_ms=1,
            further=("hide", "show", "import", "rank"),
            poison=1,
        ),
        3,
        1,
        1,
    ),
)
DATA_CENTER: tuple[Case, ...] = (
    # equal times in another order on each page
    (
        Manners(
            seed=703600, issues=22, change=0.3, pause=120000, crowd=20, short=0.3, result_window=30
        ),
        4,
        5,
        3,
    ),
    # pages that do not connect, believed
    (
        Manners(
            seed=382555,
            issues=15,
            pause=120000,
            short=0.3,
            more=0.3,
            cap=4,
            result_window=30,
            cut=0.1,
        ),
        3,
        1,
        3,
    ),
    # a result window ends the stream
    (
        Manners(
            seed=108800,
            change=0.7,
            pause=120000,
            lag=600000,
            crowd=8,
            short=0.1,
            twice=0.3,
            cap=8,
            result_window=20,
            cut=0.1,
        ),
        6,
        3,
        3,
    ),
    # a changelog that is cut off, taken for whole
    (
        Manners(seed=521500, issues=20, pause=10, embedded=3, cap=9, result_window=30, cut=0.1),
        6,
        1,
        2,
    ),
    # one id that is gone leaves another one out of the content of its page
    (
        Manners(
            seed=3083685,
            issues=17,
            change=0.1,
            pause=10,
            lag=0,
            crowd=20,
            embedded=1,
            short=0.1,
            order_ms=1,
            further=("import", "rank"),
            heavy=1,
            cap=7,
            result_window=20,
        ),
        7,
        2,
        1,
    ),
    # the bookmark passes what the index may not know yet
    (Manners(seed=546253, issues=22, change=0.7, pause=10, cap=5), 5, 1, 3),
)


def pinned(cases: Iterable[Case]) -> Callable[[Test], Test]:
    """Try these first."""

    def decorate(test: Test) -> Test:
        for manners, page_size, size, passes in cases:
            test = example(manners=manners, page_size=page_size, size=size, passes=passes)(test)
        return test

    return decorate
