"""What a first load in slices asks of Jira Cloud: the figures of `docs/scaling.md`, reckoned.

`tests/e2e/test_scaling.py` holds them against the requests that real slices send to a stand-in, and
sends as many through the real throttle in simulated time.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_jira.http.throttle import Throttle
from tests.exactness.simulation import Clock, Limit, Outcome, Scenario, simulate

if TYPE_CHECKING:
    import random

IDS, BULK, HISTORIES = "POST /search/jql", "POST /issue/bulkfetch", "POST /changelog/bulkfetch"
COMMENTS, WORKLOGS = "GET /issue/{ident}/comment", "GET /issue/{ident}/worklog"
DETAILS, COUNTS = "POST /worklog/list", "POST /search/approximate-count"
#: What is asked for once in each slice: which Jira, who, which fields and projects, the feed's end.
ONCE = 8
#: Issues in a window, in a request for content, in one for histories; histories in one of those.
WINDOW, CONTENT, CHANGED, PAGE = 4500, 100, 1000, 10_000
#: Requests a second to one endpoint that Jira Cloud allows, for all clients of a site together.
ALLOWED = 100


@dataclass(frozen=True)
class Site:
    """What a site holds, as far as it makes requests."""

    issues: int
    histories: int
    comment_pages: int
    """Of issues with more comments than come with the issue: pages of a hundred."""
    worklog_pages: int
    """Issues with more worklogs than come with them."""


#: The site that the documentation speaks of.
LARGE = Site(5_000_000, 45_000_000, comment_pages=75_000, worklog_pages=12_500)
SLICES, AT_ONCE, LATENCY = 40, 8, 0.35


def first_load(site: Site, slices: int) -> Counter[str]:
    """Requests by endpoint, of all slices together."""
    share = site.issues / slices
    windows = math.ceil(share / WINDOW)
    content = math.ceil(share / CONTENT)
    many = windows > 1
    return Counter(
        {
            # Once for issues, comments and histories, once for worklogs, and what is new since.
            IDS: slices * (2 * windows + 2),
            COUNTS: slices * 2 * 2 * windows if many else 0,
            BULK: slices * 2 * content,
            HISTORIES: max(slices * math.ceil(share / CHANGED), site.histories // PAGE),
            COMMENTS: site.comment_pages,
            # Those of an issue with many come by themselves.
            DETAILS: slices * content + site.worklog_pages,
            WORKLOGS: site.worklog_pages,
            "once": slices * ONCE,
        }
    )


def hours(requests: Counter[str]) -> float:
    """As long as it takes with so many requests under way, each of which takes so long."""
    return sum(requests.values()) * LATENCY / AT_ONCE / 3600


def points(site: Site) -> int:
    """What it takes of an OAuth app's quota: each issue is named and read, twice."""
    return 4 * site.issues


def through_the_throttle(requests: Counter[str], scale: int) -> Outcome:
    """One part in `scale` of it in simulated time, by slices side by side with a throttle each."""
    jobs = {name: max(count // scale, 1) for name, count in requests.items()}
    scenario = Scenario(
        Limit(ALLOWED, ALLOWED), "retry-after", LATENCY, jobs, workers=1, taps=AT_ONCE
    )

    def make(clock: Clock, dice: random.Random) -> Throttle:
        return Throttle(1, clock, dice, share=1 / AT_ONCE)

    return simulate(scenario, make)


def table() -> str:
    """The table of the documentation."""
    found = first_load(LARGE, SLICES)
    told = {
        IDS: "ids, 4,500 in a window",
        COUNTS: "how large the windows are to be",
        BULK: "issues with comments, and with worklogs, 100 each",
        HISTORIES: "histories of 1,000 issues each",
        COMMENTS: "comments of issues with more than 20",
        DETAILS: "worklogs in full",
        WORKLOGS: "worklogs of issues with more than 20",
        "once": "what every run begins with",
    }
    total = sum(found.values())
    rows = [f"| {count:,} | {told[name]} |" for name, count in found.items()]
    each, rate = total / SLICES, AT_ONCE / LATENCY
    said = f"in all, {each:,.0f} a slice: {hours(found):.1f} hours at {rate:.0f} requests a second"
    lines = ["| Requests | For |", "|--:|:--|", *rows, f"| **{total:,}** | **{said}** |"]
    return "\n".join(lines)
