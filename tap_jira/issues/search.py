"""Issue search: every issue of a span of `updated`, exactly, while Jira changes.

What makes it hard. Cloud pages by an opaque token whose pages may repeat or skip rows while
issues change; Data Center pages by offset, so that an issue which changes while one reads moves
to the end and pulls an unread one into a page that was read already. Neither is relied on:

**A set that came in one answer is whole.** Cloud gives up to 5,000 ids in one answer, Data Center
up to a page of issues. A span that fits is read in one request and needs no proof. One that does
not is cut into windows small enough, sized by counts.

**Data Center's windows of several pages overlap by one row.** If the last row of each page is
the first of the next, then nothing between them was missed: rows are in a strict order, a page is
contiguous, and a row that did not change keeps its place between its neighbours. If it is not,
the window is cut and read again.

**An issue that changes leaves its window for the last one**, which is open, or for the next run.

Order of reading is order of `updated`, so that the end of each finished window is a watermark:
everything before it is out.
"""

from __future__ import annotations

from tap_jira.issues.search_cloud import CloudSearch
from tap_jira.issues.search_dc import OffsetSearch, Page
from tap_jira.issues.windows import ATTEMPTS, IDS, Issue, Scope

__all__ = [
    "ATTEMPTS",
    "IDS",
    "CloudSearch",
    "Issue",
    "OffsetSearch",
    "Page",
    "Scope",
]
